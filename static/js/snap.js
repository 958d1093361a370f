// Progressive only: previews, the phone's position, and a busy button. Nothing here is needed.
'use strict';

const shots = new Map();

function preview(form) {
  const box = form.querySelector('[data-shots]');
  const files = [...form.querySelectorAll('input[type=file]')].flatMap((input) => [...input.files]);
  for (const [file, image] of shots) {
    if (!files.includes(file)) { URL.revokeObjectURL(image.src); image.remove(); shots.delete(file); }
  }
  for (const file of files) {
    if (shots.has(file)) continue;
    const image = document.createElement('img');
    image.alt = '';
    image.src = URL.createObjectURL(file);
    shots.set(file, image);
    box.append(image);
  }
  box.hidden = files.length === 0;
  if (files.length) form.elements.taken_at.value = new Date(files[0].lastModified).toISOString();
}

// The best position from the moment the button is touched; it never holds anything up.
function watch(form) {
  if (form.watching || !('geolocation' in navigator)) return;
  const chip = form.querySelector('[data-fix]');
  const words = form.querySelector('[data-fix-words]');
  const say = (text) => { words.textContent = text; chip.hidden = false; };
  say(words.dataset.asking);
  let best = Infinity;
  const keep = ({ coords, timestamp }) => {
    if (coords.accuracy >= best) return;
    best = coords.accuracy;
    form.elements.fix_lat.value = coords.latitude;
    form.elements.fix_lon.value = coords.longitude;
    form.elements.fix_accuracy_m.value = Math.round(coords.accuracy);
    form.elements.fix_at.value = new Date(timestamp).toISOString();
    const grade = best <= 30 ? 'good' : best <= 100 ? 'fair' : 'poor';
    say(`${words.dataset[grade]} ±${Math.round(best)} ${words.dataset.metres}`);
  };
  const none = () => { if (best === Infinity) say(words.dataset.none); };
  form.watching = navigator.geolocation.watchPosition(keep, none, {
    enableHighAccuracy: true, maximumAge: 0, timeout: 20000,
  });
  setTimeout(() => navigator.geolocation.clearWatch(form.watching), 60000);
}

for (const form of document.querySelectorAll('[data-snap]')) {
  // A picture from the album may be of another day and place: only the camera asks where we are.
  form.querySelector('#camera').addEventListener('click', () => watch(form));
  form.addEventListener('change', () => preview(form));
  const button = form.querySelector('[data-send]');
  const words = button.innerHTML;
  form.addEventListener('submit', (event) => {
    // Leaving the page without a network would lose the photo: stay, and say so.
    const offline = form.querySelector('[data-offline]');
    offline.hidden = navigator.onLine;
    if (!navigator.onLine) { event.preventDefault(); offline.scrollIntoView({ block: 'center' }); return; }
    button.setAttribute('aria-busy', 'true');
    button.textContent = button.dataset.sending;
  });
  addEventListener('pageshow', () => { button.removeAttribute('aria-busy'); button.innerHTML = words; });
  preview(form);
}

for (const button of document.querySelectorAll('[data-locate]')) {
  if (!('geolocation' in navigator)) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const field = document.getElementById(button.dataset.locate);
      field.value = `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`;
      field.focus();
    }, () => {}, { enableHighAccuracy: true, timeout: 20000 });
  });
}

// While the worker is at it, look again, unless somebody is about to do something here.
const again = document.querySelector('[data-again]');
const looks = Number(sessionStorage.getItem(location.pathname) || 0);
if (again && looks < 5) {
  setTimeout(() => {
    const busy = document.querySelector('details[open], :focus:not(body)');
    if (busy) return;
    sessionStorage.setItem(location.pathname, looks + 1);
    location.reload();
  }, 2500);
}

document.getElementById('faults')?.focus();
