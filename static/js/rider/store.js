// What waits on this phone: reports and their photos in IndexedDB, and in memory beside it.
// Memory serves where there is no IndexedDB (private mode), where it is full, and when it is
// cleared under an open page: what is on the page is never lost to the disk.

import { openDB } from './idb.js';

/** @typedef {{n: number, type: string, size: number, raw: boolean, done: boolean, refused?: string}} Shot */
/** @typedef {{uuid: string, state: 'draft'|'waiting'|'sending'|'failed'|'received', made_at: number,
 *   said: Record<string, any>, shots: Shot[], tried: boolean, number?: string, version?: number,
 *   later?: object, undone?: string, tries: number, next_at: number, reason?: string, note?: string,
 *   from?: 'camera'|'album', shot_at?: number, tapped_at?: number, fixes?: object[]}} Entry */

const NAMES = ['reports', 'photos'];
/** @type {{reports: Map<string, Entry>, photos: Map<string, {uuid: string, n: number, bytes: ArrayBuffer}>}} */
const memory = { reports: new Map(), photos: new Map() };
let opening;
let refused = false;

/** Whether what is kept outlives this page. */
export const lasts = () => !refused;

function open() {
  opening ??= openDB('civicprobe', 1, {
    upgrade(db) {
      db.createObjectStore('reports', { keyPath: 'uuid' });
      db.createObjectStore('photos', { keyPath: ['uuid', 'n'] });
    },
    blocking(_now, _next, event) { event.target.close(); opening = undefined; },
    terminated() { opening = undefined; },
  });
  return opening;
}

/** Work in one transaction; null where there is no IndexedDB. A full disk is the caller's. */
async function inStore(mode, work, again = true) {
  try {
    const db = await open();
    const tx = db.transaction(NAMES, mode, { durability: 'strict' });
    const [answer] = await Promise.all([work(tx.objectStore('reports'), tx.objectStore('photos')), tx.done]);
    refused = false;
    return { answer };
  } catch (fault) {
    opening = undefined;
    if (fault?.name === 'QuotaExceededError') throw fault;
    if (again && fault?.name === 'InvalidStateError') return inStore(mode, work, false);
    refused = true;
    return null;
  }
}

const key = (uuid, n) => `${uuid} ${n}`;

/**
 * Keep a report with the photos that are new. When the disk is full the later photos are let go
 * first (`dropped`), and if even that is too much all stays in memory (`lasting` is false).
 * @param {Entry} entry @param {{n: number, bytes: ArrayBuffer}[]} [photos]
 */
export async function save(entry, photos = []) {
  const rows = photos.map(({ n, bytes }) => ({ uuid: entry.uuid, n, bytes }));
  const write = (some, value = entry) => inStore('readwrite', async (reports, pictures) => {
    await Promise.all([reports.put(value), ...some.map((row) => pictures.put(row))]);
  });
  memory.reports.set(entry.uuid, entry);
  for (const row of rows) memory.photos.set(key(row.uuid, row.n), row);
  try {
    return { lasting: (await write(rows)) !== null, dropped: 0, entry };
  } catch {
    const first = { ...entry, shots: entry.shots.slice(0, 1), said: { ...entry.said, photos: 1 } };
    const dropped = entry.shots.length - first.shots.length;
    try {
      if (!dropped) throw new Error('full');
      await write(rows.filter((row) => row.n === 1), first);
      memory.reports.set(entry.uuid, first);
      for (const row of rows) if (row.n > 1) memory.photos.delete(key(row.uuid, row.n));
      return { lasting: true, dropped, entry: first };
    } catch {
      refused = true;
      return { lasting: false, dropped: 0, entry };
    }
  }
}

/** All that is here, the oldest first. @returns {Promise<Entry[]>} */
export async function list() {
  const kept = await inStore('readonly', (reports) => reports.getAll());
  const all = new Map(memory.reports);
  for (const entry of kept?.answer ?? []) all.set(entry.uuid, entry);
  return [...all.values()].sort((a, b) => a.made_at - b.made_at);
}

/** @param {string} uuid @returns {Promise<Entry|undefined>} */
export async function get(uuid) {
  const kept = await inStore('readonly', (reports) => reports.get(uuid));
  return kept?.answer ?? memory.reports.get(uuid);
}

/** The bytes of a photo. @returns {Promise<ArrayBuffer|undefined>} */
export async function bytesOf(uuid, n) {
  const kept = await inStore('readonly', (_, photos) => photos.get([uuid, n]));
  return (kept?.answer ?? memory.photos.get(key(uuid, n)))?.bytes;
}

/** Change a report as it is now; what is cleared from the disk meanwhile is written again. */
export async function change(uuid, alter) {
  let changed;
  const work = (known) => {
    changed = known && { ...known, ...alter(known) };
    return changed;
  };
  try {
    const done = await inStore('readwrite', async (reports) => {
      const next = work((await reports.get(uuid)) ?? memory.reports.get(uuid));
      if (next) await reports.put(next);
    });
    if (done === null) work(memory.reports.get(uuid));
  } catch {
    refused = true;
    work(memory.reports.get(uuid));
  }
  if (changed && (memory.reports.has(uuid) || refused)) memory.reports.set(uuid, changed);
  return changed;
}

/** Put other bytes in the place of a photo's. */
export async function putBytes(uuid, n, bytes) {
  const row = { uuid, n, bytes };
  if (memory.photos.has(key(uuid, n))) memory.photos.set(key(uuid, n), row);
  await inStore('readwrite', (_, photos) => photos.put(row)).catch(() => null);
}

/** Let a photo go: it has arrived, or is not wanted. */
export async function dropBytes(uuid, n) {
  memory.photos.delete(key(uuid, n));
  await inStore('readwrite', (_, photos) => photos.delete([uuid, n])).catch(() => null);
}

/** Let a report and its photos go. */
export async function remove(uuid) {
  memory.reports.delete(uuid);
  for (const n of [1, 2, 3]) memory.photos.delete(key(uuid, n));
  await inStore('readwrite', (reports, photos) => Promise.all([
    reports.delete(uuid), ...[1, 2, 3].map((n) => photos.delete([uuid, n])),
  ])).catch(() => null);
}
