// The rider's pages come to life; without this they are plain forms that work.

import { start } from './queue.js';
import { startReceipt } from './receipt.js';
import { startSnap } from './snap.js';
import { startStrip } from './strip.js';
import { memo } from './words.js';

const strip = document.querySelector('[data-queue]');
if (strip) startStrip(strip);
startReceipt();
const form = document.querySelector('[data-snap]');
if (form) startSnap(form);
if (document.querySelector('[data-erased]')) import('./erased.js').then(({ forgetAll }) => forgetAll());
else start();
const shown = document.querySelector('[data-case]');
if (shown) import('./case.js').then(({ startCase }) => startCase(shown));
if (document.querySelector('section[data-ahead]')) import('./ahead.js').then(({ startAhead }) => startAhead());
document.getElementById('faults')?.focus();
const originals = document.querySelector('[data-originals]');
if (originals) {
  originals.checked = memo.get('originals') === '1';
  originals.addEventListener('change', () => memo.set('originals', originals.checked ? '1' : '0'));
}

navigator.serviceWorker?.register(`/r/sw.js`, { scope: '/r' }).then(async () => {
  const { active } = await navigator.serviceWorker.ready;
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name);
  active.postMessage({ keep: [...new Set([...loaded, ...later()])] });
}).catch(() => {}); // WeChat on iOS, private mode: an extra, never needed

/** Modules that are loaded when they are wanted, which may be without a network. */
function later() {
  return ['pin.js', 'ahead.js', 'case.js', 'erased.js'].map((name) => new URL(name, import.meta.url).href);
}
