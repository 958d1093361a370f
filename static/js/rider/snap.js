// From the tap to the receipt: the draft is kept before the camera opens, the photo as soon as it
// is there, and 提交 only moves it into the queue. Nothing here waits for a position or a network.

import { best, gradeOf, radiusAt, watch } from './place.js';
import { tellsPlace } from './picture.js';
import { MOST, enqueue, ready, refix, waiting } from './queue.js';
import { bytesOf, list, remove, save } from './store.js';
import { showReceipt } from './receipt.js';
import { tempo } from './tempo.js';
import { el, memo, newId, word } from './words.js';
import { guess } from './guess.js';
import { mark } from './events.js';

const FRESH_MS = 180_000;
const MOST_SHOTS = 3;
const SIGNS = { A: '●', B: '◐', C: '○', D: '✕' };

/** @type {HTMLFormElement} */ let form;
/** @type {import('./store.js').Entry|null} */ let draft = null;
let watcher = null;
let silent = '';
let saving = Promise.resolve();
const previews = new Map();

/** @param {HTMLFormElement} found */
export async function startSnap(found) {
  form = found;
  for (const input of form.querySelectorAll('input[type=file]')) {
    input.addEventListener('click', () => tapped(input.id === 'album' ? 'album' : 'camera'));
    input.addEventListener('change', () => chosen(input));
  }
  form.addEventListener('submit', submit);
  form.querySelector('[data-discard]')?.addEventListener('click', discard);
  form.querySelector('[data-place]')?.addEventListener('click', openMap);
  await resume();
}

/** The tap: keep an empty draft and look where we are, before the camera takes the screen. */
function tapped(from) {
  mark('cam_tap');
  draft ??= {
    uuid: newId(), state: 'draft', made_at: Date.now(), said: {}, shots: [], tried: false,
    tries: 0, next_at: 0, fixes: [],
  };
  if (!draft.shots.length) Object.assign(draft, { from, tapped_at: Date.now() });
  keep();
  if (from === 'camera') look();
}

function keep(photos = []) {
  const [entry, before] = [{ ...draft }, saving];
  saving = before.then(async () => {
    const kept = await save(entry, photos);
    if (draft?.uuid === entry.uuid && kept.dropped) {
      draft.shots = kept.entry.shots;
      showShots();
    }
    if (!kept.lasting || kept.dropped) warnOfStore(kept);
  });
  return saving;
}

function warnOfStore({ dropped }) {
  const note = document.querySelector('[data-store]');
  note.querySelector('p').textContent = word(dropped ? 'dropped' : 'no_store');
  note.hidden = false;
}

function look() {
  if (watcher) return;
  const of = draft;
  silent = '';
  const mine = watch((fix) => {
    mark('geo_first');
    of.fixes = mine.fixes.slice(-20);
    if (draft === of) { keep(); showPlace(); askGuess(); }
    else late(of, fix);
  }, (why) => { silent = why; showPlace(); });
  watcher = mine;
  showPlace();
}

/** A fix after 提交: sent after the report if it is better than what went with it. */
async function late(of, fix) {
  const known = best(of.fixes.filter((one) => one !== fix && one.at !== fix.at), of.shot_at);
  if (Date.parse(fix.at) - of.shot_at > tempo.after || of.said.pin) return;
  if (!known || radiusAt(fix, of.shot_at) < radiusAt(known, of.shot_at)) await refix(of.uuid, { fix });
}

async function chosen(input) {
  const files = [...input.files].slice(0, MOST_SHOTS - (draft?.shots.length ?? 0));
  if (!files.length) return;
  if (!draft) tapped(input.id === 'album' ? 'album' : 'camera');
  if (!draft.shot_at) draft.shot_at = shotAt(files[0]);
  const first = draft.shots.length + 1;
  const shots = files.map((file, at) => ({ n: first + at, type: file.type, size: file.size, raw: memo.get('originals') !== '1', done: false }));
  draft.shots = [...draft.shots, ...shots];
  files.forEach((file, at) => previews.set(first + at, URL.createObjectURL(file)));
  if (draft.from === 'album' && isFresh(draft.shot_at)) look();
  open();
  mark('photo_ready');
  const photos = await Promise.all(files.map(async (file, at) => ({ n: first + at, bytes: await file.arrayBuffer() })));
  input.value = '';
  if (draft.from === 'album') draft.told = tellsPlace(photos[0].bytes);
  showPlace();
  const { uuid } = draft;
  await keep(photos);
  for (const { n } of photos) if (draft?.uuid === uuid) await adopt(uuid, n);
}

/** Make it small while the rider looks at the tiles, so that sending need not. */
async function adopt(uuid, n) {
  await ready(uuid, n);
  const kept = (await list()).find((entry) => entry.uuid === uuid);
  if (draft?.uuid === uuid && kept) draft.shots = draft.shots.map((shot) => kept.shots.find((one) => one.n === shot.n) ?? shot);
}

const isFresh = (at) => Math.abs(Date.now() - at) <= FRESH_MS;

/** When the shutter went: the file's own time where it can be, else now. */
function shotAt(file) {
  const { lastModified } = file;
  const plausible = draft.from === 'album' || (lastModified >= draft.tapped_at - 2000 && lastModified <= Date.now() + 2000);
  return plausible && lastModified ? lastModified : Date.now();
}

function open() {
  document.querySelector('[data-receipt]').hidden = true;
  form.classList.add('snap-open');
  document.body.classList.add('confirming');
  showShots();
  showPlace();
  askGuess();
  const privacy = form.querySelector('[data-privacy]');
  if (privacy) privacy.hidden = memo.get('privacy') === '1';
  scrollTo(0, 0);
  form.querySelector('h1[tabindex]')?.focus({ preventScroll: true });
}

function showShots() {
  const box = form.querySelector('[data-shots]');
  box.replaceChildren(...draft.shots.map(({ n }) => el('div', { className: 'shot' },
    el('img', { src: previews.get(n) ?? '', alt: word('photo', { n }) }),
    removal(n))));
  box.hidden = !draft.shots.length;
  form.querySelector('.far').hidden = draft.shots.length >= MOST_SHOTS;
}

function removal(n) {
  const button = el('button', { type: 'button', className: 'shot-off', ariaLabel: word('drop_photo', { n }) }, '×');
  button.addEventListener('click', async () => {
    const left = draft.shots.filter((shot) => shot.n !== n);
    if (!left.length) { await discard(); return; }
    const photos = await Promise.all(left.map(async (shot, at) => ({ n: at + 1, bytes: await bytesOf(draft.uuid, shot.n) })));
    const urls = left.map((shot) => previews.get(shot.n));
    previews.clear();
    urls.forEach((url, at) => previews.set(at + 1, url));
    draft.shots = left.map((shot, at) => ({ ...shot, n: at + 1 }));
    showShots();
    await keep(photos);
  });
  return button;
}

/** The best that is known of where: the pin, else the fix around the shutter. */
function placeNow() {
  if (draft.said.pin) return { source: 'pin', metres: 30 };
  const fix = draft.shot_at ? best(draft.fixes, draft.shot_at) : draft.fixes.at(-1);
  return fix ? { source: 'fix', metres: Math.round(radiusAt(fix, draft.shot_at ?? Date.now())), fix } : null;
}

function showPlace() {
  if (!draft) return;
  const chip = form.querySelector('[data-place]');
  const known = placeNow();
  const waiting_ = watcher && !silent && !draft.fixes.length;
  const grade = known ? gradeOf(known.metres) : 'D';
  const [sign, words] = known
    ? [SIGNS[grade], word(`grade_${grade.toLowerCase()}`, { m: known.metres })]
    : draft.told ? ['●', word('in_photo')]
      : waiting_ ? ['…', word('asking')] : ['✕', word(silent === 'denied' ? 'denied' : 'grade_d')];
  chip.dataset.grade = known || !draft.told ? grade : 'B';
  chip.querySelector('[data-sign]').textContent = sign;
  chip.querySelector('[data-words]').textContent = words;
  chip.querySelector('[data-source]').textContent = known ? word(`from_${known.source}`) : '';
}

async function askGuess() {
  const known = draft && placeNow();
  if (known?.fix) await guess(form, known.fix);
}

async function openMap() {
  const { placeByHand } = await import('./pin.js');
  if (!draft) tapped('words');
  const of = draft;
  const known = placeNow();
  const { landmark } = form.elements;
  const asked = await placeByHand({ start: of.said.pin ?? known?.fix, radius: known?.metres, landmark: landmark.value });
  if (!asked || draft !== of) return;
  if (asked.pin) of.said = { ...of.said, pin: asked.pin };
  landmark.value = asked.landmark;
  await keep();
  showPlace();
}

async function submit(event) {
  const note = form.elements.note.value.trim();
  if (!draft?.shots.length && !note) return; // the server says what is missing, beside the field
  event.preventDefault();
  if (!draft) tapped('words');
  mark('submit_tap');
  if ((placeNow()?.metres ?? Infinity) <= 100) mark('geo_good');
  if ((await waiting()).length >= MOST) {
    const full = document.querySelector('[data-full]');
    full.hidden = false;
    full.scrollIntoView({ block: 'center' });
    return;
  }
  await saving;
  const entry = { ...draft, said: said(note) };
  draft = null;
  entry.shots = entry.shots.map((shot) => ({ ...shot }));
  const kept = await enqueue(entry);
  mark('saved_local');
  if (!kept.lasting) warnOfStore(kept);
  showReceipt(entry, previews.get(1));
  close();
  watchOn(entry);
}

/** Fixes go on until 20 s after the shutter; a better one follows the report. */
function watchOn(entry) {
  const mine = watcher;
  const left = (entry.shot_at ?? Date.now()) + tempo.after - Date.now();
  setTimeout(() => { mine?.stop(); if (watcher === mine) watcher = null; }, Math.max(0, left));
  watcher = null;
}

function said(note) {
  const fields = Object.fromEntries(['category', 'landmark'].flatMap((name) => {
    const text = form.elements[name]?.value.trim();
    return text ? [[name, text]] : [];
  }));
  const known = placeNow();
  return {
    ...draft.said,
    ...fields,
    ...(note ? { note } : {}),
    ...(known?.fix ? { fix: known.fix } : {}),
    ...(draft.shot_at && draft.shots.length ? { taken_at: new Date(draft.shot_at).toISOString() } : {}),
    urgent: form.elements.urgent.checked,
    ...Object.fromEntries(['discreet', 'about_us'].filter((name) => form.elements[name]?.checked).map((name) => [name, true])),
    photos: draft.shots.length,
  };
}

function close() {
  previews.clear();
  form.reset();
  form.classList.remove('snap-open');
  document.body.classList.remove('confirming');
  memo.set('privacy', '1');
}

async function discard() {
  const { uuid } = draft ?? {};
  draft = null;
  watcher?.stop();
  watcher = null;
  await saving;
  if (uuid) await remove(uuid);
  previews.clear();
  form.reset();
  form.classList.remove('snap-open');
  document.body.classList.remove('confirming');
  if (form.hasAttribute('data-words-only')) location.assign('/r');
}

/** The page was closed over an open draft, by the camera perhaps: go on where it was. */
async function resume() {
  const drafts = (await list()).filter((entry) => entry.state === 'draft');
  for (const old of drafts.filter((entry) => !entry.shots.length && !isFresh(entry.made_at))) await remove(old.uuid);
  const last = drafts.at(-1);
  if (!last || (!last.shots.length && !isFresh(last.made_at))) return;
  draft = last;
  for (const { n, type } of last.shots) {
    const bytes = await bytesOf(last.uuid, n);
    if (bytes) previews.set(n, URL.createObjectURL(new Blob([bytes], { type })));
  }
  draft.shots = last.shots.filter(({ n }) => previews.has(n));
  if (last.shots.length && isFresh(last.shot_at ?? 0)) look();
  document.querySelector('[data-resumed]').hidden = false;
  if (draft.shots.length) open();
}
