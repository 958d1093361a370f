// What waits on this phone, on every page of the rider: one line, and each report below it.

import { onChange, retry } from './queue.js';
import { lasts, list, remove } from './store.js';
import { exportEntry } from './keep.js';
import { stateWords } from './receipt.js';
import { el, icon, word } from './words.js';

let far = {};
let drawn = '';

/** @param {HTMLElement} box */
export function startStrip(box) {
  onChange(({ uuid, part }) => { far = { uuid, part }; draw(box); });
  for (const name of ['online', 'offline']) addEventListener(name, () => draw(box));
  addEventListener('beforeunload', (event) => { if (!lasts() && box.dataset.waits) event.preventDefault(); });
  draw(box);
}

async function draw(box) {
  const open = (await list()).filter(({ state, reason, shots }) => (state === 'draft' ? shots.length : state !== 'received' || reason));
  const unsent = open.filter(({ state }) => state !== 'draft' && state !== 'received');
  box.dataset.waits = unsent.length || '';
  box.hidden = !open.length || document.body.classList.contains('confirming');
  const lines = open.map((entry) => stateWords(entry, entry.uuid === far.uuid ? far.part : undefined));
  const now = JSON.stringify([open.map(({ uuid, state }) => [uuid, state]), lines, navigator.onLine]);
  if (now === drawn) return;
  drawn = now;
  const failed = open.filter(({ state }) => state === 'failed').length;
  box.querySelector('[data-line]').textContent = [
    unsent.length && word('strip_waiting', { n: unsent.length }),
    unsent.some(({ state }) => state === 'sending') && word('strip_sending'),
    failed && word('strip_failed', { n: failed }),
    open.some(({ state }) => state === 'draft') && word('strip_draft'),
    navigator.onLine === false && word('no_network'),
  ].filter(Boolean).join(' · ');
  box.querySelector('[data-list]').replaceChildren(...open.map((entry, at) => row(entry, lines[at])));
}

function row(entry, words) {
  const when = new Intl.DateTimeFormat(document.documentElement.lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const shape = entry.state === 'failed' ? 'warn' : entry.state === 'draft' ? 'camera' : 'send';
  const buttons = el('div', { className: 'row' });
  const add = (name, action) => {
    const button = el('button', { type: 'button', className: 'btn' }, word(name));
    button.addEventListener('click', action);
    buttons.append(button);
  };
  if (entry.state === 'draft') {
    buttons.append(el('a', { className: 'btn', href: '/r' }, word('go_on')));
  } else {
    if (entry.state === 'failed' || (entry.state === 'waiting' && entry.reason)) add('retry', () => retry(entry.uuid));
    if (entry.reason) add('export', () => exportEntry(entry.uuid));
  }
  if (entry.state === 'failed' || entry.state === 'received' || entry.state === 'draft') {
    add('forget', async () => { if (confirm(word('forget_sure'))) { await remove(entry.uuid); location.reload(); } });
  }
  return el('li', { className: 'waiting' }, icon(shape), el('div', { className: 'stack-s' },
    el('p', {}, el('strong', {}, entry.number ?? word(entry.state === 'draft' ? 'draft' : 'not_yet')), ` ${when.format(entry.made_at)}`),
    el('p', { className: 'small' }, entry.state === 'draft' ? word('draft_is') : words), buttons));
}
