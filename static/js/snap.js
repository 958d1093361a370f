// Progressive only: the phone's position for a field, and looking again. Nothing here is needed.
'use strict';

(() => {
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
})();
