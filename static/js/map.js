// The window on the map as a map: drag it, zoom it, click a point. Each window comes from the server,
// which draws what it shows and nothing else; without this script the links do the same.
'use strict';

for (const box of document.querySelectorAll('[data-window]')) {
  const fingers = new Map();
  let asking = null;
  let waiting = 0;
  let start = null;

  const svg = () => box.querySelector('.map');
  const frame = () => {
    const { lat, lon, span } = svg().dataset;
    return { lat: Number(lat), lon: Number(lon), span: Number(span) };
  };
  // As the server measures: degrees of latitude and longitude on the ellipsoid.
  const lengths = (lat) => {
    const sin = Math.sin(lat * Math.PI / 180);
    const flat = 1 - 0.006694379990141317 * sin * sin;
    const prime = 6378137 / Math.sqrt(flat);
    return {
      north: prime * (1 - 0.006694379990141317) / flat * Math.PI / 180,
      east: prime * Math.cos(lat * Math.PI / 180) * Math.PI / 180,
    };
  };
  const placeOf = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg().getScreenCTM().inverse());
    const { lat, lon } = frame();
    const { north, east } = lengths(lat);
    return { lat: lat - at.y / north, lon: lon + at.x / east, x: at.x, y: at.y };
  };
  const asked = (see) => {
    const query = new URLSearchParams(location.search);
    query.set('see', `${see.lat.toFixed(6)},${see.lon.toFixed(6)}`);
    query.set('span', String(Math.round(Math.min(Math.max(see.span, 100), 400000))));
    return query;
  };

  async function go(see) {
    const query = asked(see);
    asking?.abort();
    asking = new AbortController();
    box.classList.add('map-waits');
    try {
      const answer = await fetch(`${box.dataset.window}?${query}`, { signal: asking.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const open = box.querySelector('details')?.open;
      const focused = document.activeElement?.dataset?.move;
      box.innerHTML = await answer.text();
      if (open) box.querySelector('details').open = true;
      if (focused) box.querySelector(`[data-move=${focused}]`)?.focus();
      history.replaceState(null, '', `${box.dataset.page}?${query}`);
      box.classList.remove('map-waits');
    } catch (fault) {
      if (fault.name === 'AbortError') return;
      box.classList.remove('map-waits');
      show(frame(), 0, 0, 1);
      let told = box.querySelector('[role=status]');
      if (!told) { told = document.createElement('p'); told.setAttribute('role', 'status'); box.append(told); }
      told.textContent = box.dataset.failed;
    }
  }

  // Until the answer comes, the picture that is there is moved.
  const show = ({ span }, x, y, scale) => {
    const wide = span * scale;
    svg().setAttribute('viewBox', `${x - wide / 2} ${y - wide * 0.375} ${wide} ${wide * 0.75}`);
  };
  const shifted = (x, y, scale) => {
    const { lat, lon, span } = frame();
    const { north, east } = lengths(lat);
    return { lat: lat - y / north, lon: lon + x / east, span: span * scale };
  };
  const spread = () => {
    const [one, two] = [...fingers.values()];
    return Math.hypot(one.x - two.x, one.y - two.y);
  };
  const move = (x, y, scale) => { start.x = x; start.y = y; start.scale = scale; show(frame(), x, y, scale); };

  box.addEventListener('pointerdown', (event) => {
    if (!event.target.closest('.map') || event.button) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const wide = svg().getBoundingClientRect().width;
    if (fingers.size === 1) start = { from: [event.clientX, event.clientY], per: frame().span / wide, x: 0, y: 0, scale: 1, moved: false };
    if (fingers.size === 2) { start.spread = spread(); start.moved = true; }
  });
  addEventListener('pointermove', (event) => {
    if (!start || !fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 2) { move(start.x, start.y, Math.min(Math.max(start.spread / spread(), 0.2), 5)); return; }
    const [right, down] = [event.clientX - start.from[0], event.clientY - start.from[1]];
    if (!start.moved && Math.hypot(right, down) < 6) return;
    start.moved = true;
    if (start.spread === undefined) move(-right * start.per, -down * start.per, 1);
  });
  const lift = (event) => {
    if (!fingers.delete(event.pointerId) || fingers.size || !start) return;
    const { moved, x, y, scale } = start;
    start = null;
    if (moved) { box.dragged = true; setTimeout(() => { box.dragged = false; }, 0); go(shifted(x, y, scale)); }
  };
  addEventListener('pointerup', lift);
  addEventListener('pointercancel', lift);
  box.addEventListener('dragstart', (event) => event.preventDefault());

  box.addEventListener('click', (event) => {
    if (event.target.closest('[data-leads]') && !box.dragged) return;
    const link = event.target.closest('[data-move]');
    if (link && !box.dragged) {
      event.preventDefault();
      const query = new URL(link.href.baseVal ?? link.href, location).searchParams;
      const [lat, lon] = query.get('see').split(',').map(Number);
      go({ lat, lon, span: Number(query.get('span')) });
      return;
    }
    if (!event.target.closest('.map')) return;
    event.preventDefault();
    if (box.dragged || 'still' in box.dataset) return;
    const { lat, lon } = placeOf(event);
    const query = asked(frame());
    for (const [name, text] of [['point', `${lat.toFixed(6)}, ${lon.toFixed(6)}`], ['datum', 'wgs84']]) query.set(name, text);
    location.assign(`${box.dataset.page}?${query}`);
  });

  box.addEventListener('wheel', (event) => {
    if (!event.target.closest('.map')) return;
    event.preventDefault();
    const now = box.zooming ?? { x: 0, y: 0, scale: 1 };
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    const at = placeOf(event);
    const x = at.x + (now.x - at.x) * factor;
    const y = at.y + (now.y - at.y) * factor;
    box.zooming = { x, y, scale: Math.min(Math.max(now.scale * factor, 0.05), 20) };
    show(frame(), x, y, box.zooming.scale);
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const { x, y, scale } = box.zooming;
      box.zooming = undefined;
      go(shifted(x, y, scale));
    }, 180);
  }, { passive: false });
}
