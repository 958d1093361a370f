// The report's page: one tap fills in where we are, and the page looks again while a worker is at it.

import { fixOf } from './place.js';

export function startCase() {
  for (const button of document.querySelectorAll('[data-locate]')) {
    if (!navigator.geolocation) continue;
    button.hidden = false;
    button.addEventListener('click', () => here(document.getElementById(button.dataset.locate)));
  }
  if (document.querySelector('[data-again]')) lookAgain();
}

function here(field) {
  navigator.geolocation.getCurrentPosition((position) => {
    const { lat, lon } = fixOf(position);
    field.value = `${lat.toFixed(6)}, ${lon.toFixed(6)}`;
    field.focus();
  }, () => {}, { enableHighAccuracy: true, timeout: 20_000 });
}

/** A few times, and not while somebody is about to do something here. */
function lookAgain() {
  const looks = Number(sessionStorage.getItem(location.pathname) ?? 0);
  if (looks >= 5) return;
  setTimeout(() => {
    if (document.querySelector('details[open], :focus:not(body)')) return;
    sessionStorage.setItem(location.pathname, String(looks + 1));
    location.reload();
  }, 2500);
}
