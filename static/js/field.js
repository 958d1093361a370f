// On the street: a decision rises as a sheet, how far it is, and the camera with the old photo over it.
'use strict';

(() => {
  // Sheets

  function rise(act) {
    act.classList.add('up');
    act.open = true;
    (act.querySelector('form :is(input:checked, select, textarea, .btn)') || act).focus?.({ preventScroll: true });
  }

  for (const link of document.querySelectorAll('.decide a[href^="#act-"]')) {
    link.addEventListener('click', (event) => {
      const act = document.querySelector(link.getAttribute('href'));
      if (!act) return;
      event.preventDefault();
      for (const other of document.querySelectorAll('.act.up')) { other.open = false; }
      rise(act);
      const preset = link.dataset.preset;
      if (preset) { const box = act.querySelector(`[value="${preset}"]`); if (box) box.checked = true; }
    });
  }
  document.addEventListener('toggle', (event) => {
    if (event.target.matches?.('.act.up') && !event.target.open) {
      event.target.classList.remove('up');
      document.querySelector(`.decide a[href="#${event.target.id}"]`)?.focus({ preventScroll: true });
    }
  }, true);
  document.addEventListener('keydown', (event) => {
    const up = document.querySelector('.act.up');
    if (event.key === 'Escape' && up && !event.isComposing) up.open = false;
  });
  document.addEventListener('click', (event) => {
    const up = document.querySelector('.act.up');
    if (up && event.target === document.body) up.open = false;
  });

  // One press is one action

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = '1';
    event.submitter?.setAttribute('aria-busy', 'true');
    if (!form.getAttribute('action').startsWith('/g/C')) return;
    event.preventDefault();
    goOn(form, event.submitter);
  });

  // A decision is answered with the next card itself: one round instead of two.
  async function goOn(form, button) {
    try {
      const body = new FormData(form, button);
      const answer = await fetch(form.getAttribute('action'), { method: 'POST', body, headers: { 'X-Part': 'next' } });
      const page = await answer.text();
      const address = answer.headers.get('X-Page') ?? answer.url;
      document.open();
      document.write(page);
      document.close();
      if (address !== location.href) history.pushState(null, '', address);
      scrollTo(0, 0);
    } catch {
      delete form.dataset.sent;
      button?.removeAttribute('aria-busy');
      alert(document.querySelector('[data-failed]')?.dataset.failed ?? '');
    }
  }
  addEventListener('popstate', () => location.reload());
  addEventListener('pageshow', () => {
    for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
  });

  // How far from me: asked for, never on load

  const RADIUS_M = 6371008.8;
  const rad = (degrees) => degrees * Math.PI / 180;
  for (const button of document.querySelectorAll('[data-far]')) {
    if (!('geolocation' in navigator)) continue;
    button.hidden = false;
    button.addEventListener('click', () => {
      const [lat, lon] = button.dataset.far.split(',').map(Number);
      button.setAttribute('aria-busy', 'true');
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        const [a, b] = [rad(lat), rad(coords.latitude)];
        const part = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(rad(coords.longitude - lon) / 2) ** 2;
        const metres = 2 * RADIUS_M * Math.asin(Math.sqrt(part));
        button.textContent = button.dataset.words.replace('{m}', metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`);
        button.removeAttribute('aria-busy');
      }, () => { button.textContent = button.dataset.none; button.removeAttribute('aria-busy'); }, { enableHighAccuracy: true, timeout: 15000 });
    });
  }

  // The toast of what was just done goes by itself, when it can no longer be undone

  const toast = document.querySelector('[data-toast]');
  if (toast) setTimeout(() => toast.remove(), Number(toast.dataset.toast));

  // Ghost: the photo from before over the camera, so that both are taken from the same spot

  function part(tag, type, values) { return { tag, type, values }; }
  function degrees(value) {
    const minutes = Math.abs(value) * 60;
    return [[Math.floor(minutes / 60), 1], [Math.floor(minutes % 60), 1], [Math.round((minutes % 1) * 60 * 10000), 10000]];
  }

  // An EXIF block with time and position, as a camera would write it (TIFF 6.0, big-endian).
  function exif(at, fix) {
    const two = (n) => String(n).padStart(2, '0');
    const time = `${at.getFullYear()}:${two(at.getMonth() + 1)}:${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    const offset = -at.getTimezoneOffset();
    const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
    const shot = [part(0x9003, 2, time), part(0x9011, 2, zone)];
    const gps = fix ? [
      part(1, 2, fix.latitude < 0 ? 'S' : 'N'), part(2, 5, degrees(fix.latitude)),
      part(3, 2, fix.longitude < 0 ? 'W' : 'E'), part(4, 5, degrees(fix.longitude)),
      part(0x1f, 5, [[Math.round(fix.accuracy * 100), 100]]),
    ] : [];
    const bytes = new DataView(new ArrayBuffer(1024));
    bytes.setUint32(0, 0x4d4d002a);
    bytes.setUint32(4, 8);
    const heads = gps.length ? [part(0x8769, 4, 0), part(0x8825, 4, 0)] : [part(0x8769, 4, 0)];
    const first = 8;
    const shotAt = first + 2 + heads.length * 12 + 4;
    let end = write(bytes, shotAt, shot);
    heads[0].values = shotAt;
    if (gps.length) { heads[1].values = end; end = write(bytes, end, gps); }
    write(bytes, first, heads);
    return new Uint8Array(bytes.buffer, 0, end);
  }

  function write(bytes, at, parts) {
    let data = at + 2 + parts.length * 12 + 4;
    bytes.setUint16(at, parts.length);
    parts.forEach(({ tag, type, values }, n) => {
      const entry = at + 2 + n * 12;
      const count = type === 2 ? values.length + 1 : type === 5 ? values.length : 1;
      bytes.setUint16(entry, tag);
      bytes.setUint16(entry + 2, type);
      bytes.setUint32(entry + 4, count);
      if (type === 4) { bytes.setUint32(entry + 8, values); return; }
      const size = type === 2 ? count : count * 8;
      const to = size <= 4 ? entry + 8 : data;
      if (size > 4) { bytes.setUint32(entry + 8, data); data += size + (size % 2); }
      if (type === 2) [...values].forEach((letter, i) => bytes.setUint8(to + i, letter.charCodeAt(0)));
      else values.forEach(([over, under], i) => { bytes.setUint32(to + i * 8, over); bytes.setUint32(to + i * 8 + 4, under); });
    });
    return data;
  }

  async function withExif(blob, at, fix) {
    const picture = new Uint8Array(await blob.arrayBuffer());
    const block = exif(at, fix);
    const head = new Uint8Array([0xff, 0xd8, 0xff, 0xe1, (block.length + 8) >> 8, (block.length + 8) & 255, 0x45, 0x78, 0x69, 0x66, 0, 0]);
    return new File([head, block, picture.subarray(2)], `${at.getTime()}.jpg`, { type: 'image/jpeg', lastModified: at.getTime() });
  }

  async function open(button) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1440 } } });
    let fix = null;
    const watch = navigator.geolocation?.watchPosition(({ coords }) => { if (!fix || coords.accuracy < fix.accuracy) fix = coords; }, () => {}, { enableHighAccuracy: true, maximumAge: 0 });
    const view = document.getElementById('ghost').content.firstElementChild.cloneNode(true);
    const video = view.querySelector('video');
    const before = view.querySelector('.ghost-before');
    before.src = button.dataset.ghost;
    video.srcObject = stream;
    document.body.append(view);
    await video.play();
    const shut = () => { stream.getTracks().forEach((track) => track.stop()); if (watch !== undefined) navigator.geolocation.clearWatch(watch); view.remove(); button.focus(); };
    view.querySelector('[type=range]').addEventListener('input', ({ target }) => { before.style.opacity = target.value; });
    view.querySelector('[data-shut]').addEventListener('click', shut);
    view.addEventListener('keydown', (event) => { if (event.key === 'Escape') { event.stopPropagation(); shut(); } });
    view.querySelector('.shutter').addEventListener('click', () => {
      const canvas = document.createElement('canvas');
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext('2d').drawImage(video, 0, 0);
      canvas.toBlob(async (blob) => {
        const files = new DataTransfer();
        const input = document.getElementById(button.dataset.into);
        for (const file of input.files) files.items.add(file);
        files.items.add(await withExif(blob, new Date(), fix));
        input.files = files.files;
        input.dispatchEvent(new Event('change', { bubbles: true }));
        const place = document.getElementById(button.dataset.place);
        if (place && fix) place.value = `${fix.latitude.toFixed(6)}, ${fix.longitude.toFixed(6)}`;
        button.nextElementSibling.hidden = false;
        shut();
      }, 'image/jpeg', 0.85);
    });
    view.querySelector('.shutter').focus();
  }

  for (const button of document.querySelectorAll('[data-ghost]')) {
    if (!navigator.mediaDevices?.getUserMedia) continue;
    button.hidden = false;
    button.addEventListener('click', () => open(button).catch(() => { button.hidden = true; }));
  }
})();
