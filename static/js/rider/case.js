// The report's page: a place by a thumb on the map, a photo that answers at once, before and after in
// one frame, and another look while a worker is at it.

import { shrink } from './picture.js';
import { fixOf } from './place.js';
import { act } from './queue.js';
import { memo, newId } from './words.js';

export function startCase(box) {
  for (const button of document.querySelectorAll('[data-locate]')) {
    if (!navigator.geolocation) continue;
    button.hidden = false;
    button.addEventListener('click', () => here(document.getElementById(button.dataset.locate)));
  }
  for (const button of document.querySelectorAll('button[data-pin]')) button.addEventListener('click', () => point(box.dataset.case));
  for (const input of document.querySelectorAll('form[enctype] input[type=file]')) {
    input.addEventListener('change', () => lighten(input));
    if (input.files.length) lighten(input); // chosen before this script was there
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) link.addEventListener('click', () => unfold(link.hash));
  for (const frame of document.querySelectorAll('[data-compare]')) compare(frame);
  unfold(location.hash);
  if (document.querySelector('[data-again]')) lookAgain();
}

function here(field) {
  navigator.geolocation.getCurrentPosition((position) => {
    const { lat, lon } = fixOf(position);
    field.value = `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
    field.focus();
  }, () => {}, { enableHighAccuracy: true, timeout: 20_000 });
}

/** The place on the map: its landmark goes as words, its point through the form for numbers. */
async function point(number) {
  const { placeByHand } = await import('./pin.js');
  const said = document.querySelector('input[data-landmark]');
  const asked = await placeByHand({ landmark: said?.value ?? '' });
  if (!asked) return;
  const { pin, landmark } = asked;
  if (landmark && pin) await act(number, { id: newId(), action: 'add', data: { note: landmark } }).catch(() => {});
  if (pin) {
    const field = document.getElementById('place-point');
    field.value = `${pin.lat}, ${pin.lon}`;
    field.form.requestSubmit();
  } else if (landmark && said) {
    said.value = landmark;
    said.form.requestSubmit();
  }
}

/** Photos as small as they may be; one that answers a question is sent as soon as it is there. */
async function lighten(input) {
  const small = new DataTransfer();
  for (const file of input.files) {
    const { bytes, type } = memo.get('originals') === '1' ? { bytes: file, type: file.type } : await shrink(await file.arrayBuffer(), file.type);
    small.items.add(new File([bytes], file.name, { type }));
  }
  input.files = small.files;
  if (input.files.length && input.form.matches('[data-at-once]')) input.form.requestSubmit();
}

/** What a link leads into is opened first. */
function unfold(hash) {
  const found = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  const folded = found && found.closest('details');
  if (folded) folded.open = true;
}

function compare(frame) {
  const handle = frame.querySelector('input');
  handle.addEventListener('input', () => frame.style.setProperty('--at', `${handle.value}%`));
  frame.hidden = false;
}

/** A few times, and never once somebody has begun something here: a photo on its way would be lost. */
function lookAgain() {
  const looks = Number(sessionStorage.getItem(location.pathname) ?? 0);
  if (looks >= 5) return;
  const look = setTimeout(() => {
    if (document.querySelector('details[open], .pin-map, :focus:not(body)')) return;
    sessionStorage.setItem(location.pathname, String(looks + 1));
    location.reload();
  }, 2500);
  for (const begun of ['input', 'submit']) addEventListener(begun, () => clearTimeout(look), { capture: true });
}
