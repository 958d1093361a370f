// The receipt: that it is kept, then that it has arrived, with its number; and what may be done.

import { ask } from './send.js';
import { act, onChange, skewMs, undo } from './queue.js';
import { get } from './store.js';
import { tempo } from './tempo.js';
import { memo, newId, word } from './words.js';
import { exportEntry } from './keep.js';
import { mark } from './events.js';

const ASK_AFTER_MS = [1500, 3000, 6000, 12_000, 24_000];
const CLOCK_OFF_MS = 600_000;
let shown = '';
let box;
let undoTimer;

const part = (name) => box.querySelector(`[data-${name}]`);

/** @param {import('./store.js').Entry} entry @param {string} [preview] */
export function showReceipt(entry, preview) {
  box = document.querySelector('[data-receipt]');
  shown = entry.uuid;
  part('alike').replaceChildren();
  part('thumb').hidden = !preview;
  if (preview) part('thumb').src = preview;
  box.hidden = false;
  part('undo').hidden = false;
  clearTimeout(undoTimer);
  undoTimer = setTimeout(() => { part('undo').hidden = true; }, tempo.undo);
  navigator.vibrate?.(30);
  draw(entry);
  scrollTo(0, 0);
  part('title').focus({ preventScroll: true });
  navigator.storage?.persist?.().catch(() => {});
}

export function startReceipt() {
  box = document.querySelector('[data-receipt]');
  if (!box) return;
  onChange(({ uuid, part: far }) => { if (uuid === shown) refresh(far); });
  part('undo').addEventListener('click', () => { part('undo').hidden = true; undo(shown); });
  part('export').addEventListener('click', () => exportEntry(shown));
}

async function refresh(far) {
  const entry = await get(shown);
  if (entry) draw(entry, far);
  else gone();
}

function gone() {
  part('title').textContent = word(part('number').hidden ? 'taken_back' : 'withdrawn');
  part('state').textContent = '';
  for (const name of ['number', 'undo', 'hint']) part(name).hidden = true;
}

function draw(entry, far) {
  const { number } = entry;
  const title = part('title');
  const before = title.textContent;
  title.textContent = number ? word('received') : word('kept');
  part('number').hidden = !number;
  if (number) {
    part('number').textContent = number;
    part('number').href = `/r/reports/${number}`;
  }
  part('state').textContent = stateWords(entry, far);
  part('export').hidden = entry.state !== 'failed' && !entry.reason;
  part('undo').hidden ||= Boolean(number && entry.said.urgent);
  part('clock').hidden = skewMs === null || Math.abs(skewMs) < CLOCK_OFF_MS;
  if (number && before !== title.textContent) {
    mark('acked');
    hint();
    lookForAlike(entry.uuid);
  }
}

/** What is going on with a report, in words. @param {import('./store.js').Entry} entry */
export function stateWords(entry, far) {
  if (entry.note === 'not_taken_back') return word('not_taken_back');
  if (entry.undone) return word('taking_back');
  if (entry.state === 'received') return entry.reason ? reasonWords(entry) : word('all_in');
  if (entry.state === 'failed') return reasonWords(entry);
  if (navigator.onLine === false) return word('offline');
  if (entry.state === 'sending') {
    const count = entry.shots.length;
    const percent = Math.round((far ?? entry.shots.filter((shot) => shot.done).length / (count || 1)) * 100);
    return word(count ? 'sending_photos' : 'sending', { n: percent });
  }
  return entry.reason ? `${reasonWords(entry)} ${word('again_soon')}` : word('waiting');
}

/** A reason in words: the server's, else ours. @param {{reason?: string, reason_words?: string}} entry */
const reasonWords = ({ reason, reason_words }) => reason_words || word(`why_${reason}`) || word('why_server');

/** Once, after the first report: how to have this at hand. */
function hint() {
  if (memo.get('hinted')) return;
  memo.set('hinted', '1');
  part('hint').hidden = false;
}

/** 是同一个吗？ The worker compares once the place is settled, and needs a moment for either; nobody
 *  waits for it. */
async function lookForAlike(uuid) {
  let settled = 0;
  for (const wait of ASK_AFTER_MS) {
    await new Promise((done) => { setTimeout(done, wait); });
    if (shown !== uuid || box.hidden) return;
    const answer = await ask('GET', `/api/v1/reports/${uuid}`).catch(() => null);
    const alike = answer?.body.alike?.find((other) => !other.answer);
    if (alike) { drawAlike(answer.body.number, alike); return; }
    if (answer && answer.body.state !== 'received') settled += 1;
    if (settled > 2) return;
  }
}

function drawAlike(number, other) {
  const card = document.getElementById('alike-card').content.firstElementChild.cloneNode(true);
  const image = card.querySelector('img');
  image.hidden = !other.screen_url;
  if (other.screen_url) image.src = other.screen_url;
  card.querySelector('[data-metres]').textContent = word('apart', { m: Math.round(other.distance_m) });
  for (const button of card.querySelectorAll('button')) {
    button.addEventListener('click', async () => {
      const data = { [button.dataset.answer]: other.number };
      try {
        await act(number, { id: newId(), action: 'add', data });
        card.replaceChildren(word('thanks'));
      } catch {
        card.append(word('why_network'));
      }
    });
  }
  part('alike').replaceChildren(card);
}
