// The queue that cannot lose: each report goes out under its own UUID, its words first (they bring
// the number), then photo by photo, then a later fix. Every request is safe to repeat; what has
// arrived is noted before the next one starts; nothing here is let go before its receipt.

import { ask, digestOf, stop, Unanswered } from './send.js';
import { bytesOf, change, dropBytes, get, list, putBytes, remove, save } from './store.js';
import { shrink } from './picture.js';
import { mark } from './events.js';
import { tempo } from './tempo.js';
import { newId } from './words.js';

export const MOST = 30;
const DAY_MS = 86_400_000;
const AGAIN = new Set([401, 408, 421, 425, 429, 500, 502, 503, 504, 507]);
const CUT = new Set(['photo_cut', 'digest_differs', 'not_json']);
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('civicprobe') : null;
const listeners = new Set();
let sendingNow;
let timer;
let running;
let wanted = false;
export let skewMs = null;

/** Told of every change of the queue: which report, and how far the present photo is (0 to 1). */
export function onChange(listener) { listeners.add(listener); }

function tell(uuid, part, far = true) {
  for (const listener of listeners) listener({ uuid, part });
  if (far) channel?.postMessage({ uuid });
}

/** What waits to be sent, the oldest first. */
export const waiting = async () => (await list()).filter(({ state }) => state === 'waiting' || state === 'sending');

/** Take a report in: from here on it is sent by itself. */
export async function enqueue(entry, photos = []) {
  const kept = await save({ ...entry, state: 'waiting', tries: 0, next_at: 0 }, photos);
  tell(entry.uuid);
  wake();
  return kept;
}

/** A later position, or a pin: into the report while it has not been tried, else after it. */
export async function refix(uuid, where) {
  const changed = await change(uuid, (entry) => (entry.tried
    ? { later: { ...entry.later, ...where }, ...(entry.state === 'received' ? { state: 'waiting', next_at: 0 } : {}) }
    : { said: { ...entry.said, ...where } }));
  tell(uuid);
  wake();
  return changed;
}

/** Take it back: at once while nothing was sent, else by a withdrawal. */
export async function undo(uuid) {
  const entry = await get(uuid);
  if (!entry) return;
  if (!entry.tried) await remove(uuid);
  else await change(uuid, () => ({ undone: newId(), state: 'waiting', next_at: 0 }));
  if (sendingNow === uuid) stop();
  tell(uuid);
  wake();
}

/** Try what failed once more. */
export async function retry(uuid) {
  await change(uuid, () => ({ state: 'waiting', tries: 0, next_at: 0, reason: undefined }));
  tell(uuid);
  wake();
}

/** Forget about waiting times: something has changed for the better. */
export async function wake() {
  clearTimeout(timer);
  const due = (await waiting()).filter((entry) => entry.next_at > 0);
  for (const entry of due) await change(entry.uuid, () => ({ next_at: 0 }));
  return flush();
}

/** Send what is due, one at a time, in one tab at a time. */
export function flush() {
  wanted = true;
  running ??= untilDone().finally(() => { running = undefined; if (wanted) flush(); });
  return running;
}

async function untilDone() {
  while (wanted) {
    wanted = false;
    await inOneTab(run);
  }
}

async function inOneTab(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request('civicprobe.queue', { ifAvailable: true }, async (lock) => {
    if (lock) return work();
    timer = setTimeout(flush, tempo.first); // another tab is at it: look again
    return undefined;
  });
}

async function run() {
  await sweep();
  for (;;) {
    const all = await waiting();
    const online = navigator.onLine !== false;
    const due = online && all.find((entry) => entry.next_at <= Date.now());
    if (!due) {
      const wait = online ? Math.min(...all.map((entry) => entry.next_at)) - Date.now() : tempo.first;
      clearTimeout(timer);
      if (all.length) timer = setTimeout(flush, Math.max(250, Math.min(wait, tempo.most)));
      return;
    }
    await attempt(due);
  }
}

/** What arrived a day ago needs no line any more. */
async function sweep() {
  for (const entry of await list()) {
    if (entry.state === 'received' && Math.abs(Date.now() - entry.made_at) > DAY_MS) await remove(entry.uuid);
  }
}

async function attempt({ uuid }) {
  sendingNow = uuid;
  await change(uuid, () => ({ state: 'sending' }));
  tell(uuid, 0);
  try {
    await sendWords(uuid);
    if ((await get(uuid))?.undone) await takeBack(uuid);
    else {
      await sendPhotos(uuid);
      await sendLater(uuid);
      await settle(uuid);
    }
  } catch (fault) {
    await failed(uuid, fault);
  } finally {
    sendingNow = undefined;
    tell(uuid);
  }
}

/** Received, unless something was added while it was under way. */
const settle = (uuid) => change(uuid, (entry) => (entry.undone || entry.later
  ? { state: 'waiting', next_at: 0 }
  : { state: 'received', tries: 0, ...whyNotAll(entry.shots.find((shot) => shot.refused)) }));

const whyNotAll = (shot) => ({ reason: shot?.refused, reason_words: shot?.words });

async function failed(uuid, fault) {
  const refused = fault instanceof Refused;
  if (!refused && !(fault instanceof Unanswered)) console.error(fault);
  const [reason, reason_words] = [fault.message || 'network', fault.title];
  await change(uuid, (entry) => {
    if (refused) return { state: 'failed', reason, reason_words };
    if (reason === 'stopped') return { state: 'waiting', next_at: 0 };
    mark('retried');
    const wait = Math.min(tempo.most, tempo.first * 2 ** entry.tries);
    return { state: 'waiting', reason, reason_words, tries: entry.tries + 1, next_at: Date.now() + wait };
  });
}

/** An answer that sending again would not change. */
class Refused extends Error {}

async function sendWords(uuid) {
  const entry = await change(uuid, () => ({ tried: true }));
  if (entry.number) return;
  const body = await call('PUT', `/api/v1/reports/${uuid}`, { json: entry.said });
  await change(uuid, () => ({ number: body.number, version: body.version }));
  tell(uuid, 0);
}

async function sendPhotos(uuid) {
  const { shots } = await get(uuid);
  for (const [at, { n, done, refused }] of shots.entries()) {
    if (done || refused) continue;
    const bytes = await ready(uuid, n);
    if (!bytes) {
      await shotIs(uuid, n, { refused: 'photo_gone' });
      continue;
    }
    const { type } = (await get(uuid)).shots.find((shot) => shot.n === n);
    const onProgress = (part) => tell(uuid, (at + part) / shots.length, false);
    const headers = { 'Content-Type': type || 'application/octet-stream', ...(await digestOf(bytes)) };
    try {
      await call('PUT', `/api/v1/reports/${uuid}/photos/${n}`, { bytes, headers, onProgress });
      await shotIs(uuid, n, { done: true });
      await dropBytes(uuid, n);
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      // The bytes stay, for the rider to export.
      await shotIs(uuid, n, { refused: fault.message, words: fault.title });
    }
  }
}

const shotIs = (uuid, n, now) => change(uuid, ({ shots }) => ({
  shots: shots.map((shot) => (shot.n === n ? { ...shot, ...now } : shot)),
}));

/** The bytes as they go out: made small once, then never changed again. */
export async function ready(uuid, n) {
  const [entry, bytes] = [await get(uuid), await bytesOf(uuid, n)];
  const shot = entry?.shots.find((one) => one.n === n);
  if (!bytes || !shot?.raw) return bytes;
  const small = await shrink(bytes, shot.type);
  if (small.bytes !== bytes) await putBytes(uuid, n, small.bytes);
  await shotIs(uuid, n, { raw: false, type: small.type, size: small.bytes.byteLength });
  return small.bytes;
}

async function sendLater(uuid) {
  const { later } = await get(uuid);
  if (!later) return;
  await call('PUT', `/api/v1/reports/${uuid}/fix`, { json: later });
  await change(uuid, (entry) => (entry.later === later || JSON.stringify(entry.later) === JSON.stringify(later)
    ? { later: undefined } : {}));
}

async function takeBack(uuid) {
  const { number, version, undone } = await get(uuid);
  try {
    await act(number, { id: undone, action: 'withdraw', version, data: {} });
    await remove(uuid);
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    await change(uuid, () => ({ undone: undefined, state: 'waiting', next_at: 0, note: 'not_taken_back' }));
  }
}

/** One action on a report; where it has moved on meanwhile it is asked of the report as it is. */
export async function act(number, asked, again = 2) {
  const path = `/api/v1/reports/${number}/actions`;
  const { status, body } = await ask('POST', path, { json: asked });
  if (status === 409 && body.code === 'stale_version' && again) {
    return act(number, { ...asked, id: newId(), version: body.params.report.version }, again - 1);
  }
  if (status >= 400) throw problem(status, body);
  return body;
}

async function call(method, path, what, again = true) {
  const { status, body, skew_ms } = await ask(method, path, what);
  skewMs = skew_ms;
  if (status === 401 && body.code === 'no_device' && again) {
    await ask('POST', '/api/v1/device');
    return call(method, path, what, false);
  }
  if (status >= 400) throw problem(status, body);
  return body;
}

/** The server's own words for it come along, in the reader's language. */
function problem(status, body) {
  const again = AGAIN.has(status) || CUT.has(body.code);
  return Object.assign(new (again ? Unanswered : Refused)(body.code ?? 'server'), { title: body.title });
}

/** Send on every sign that it may work now. */
export function start() {
  for (const name of ['online', 'pageshow', 'focus']) addEventListener(name, wake);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) wake(); });
  channel?.addEventListener('message', ({ data }) => {
    tell(data.uuid, undefined, false);
    if (!running) flush();
  });
  wake();
}
