// The place by hand: the map moves under a crosshair. Drawn from our own outlines, without a tile
// from anywhere. A finger, a tap, the arrow keys and buttons all do the same.

import { ask } from './send.js';
import { el, memo, word } from './words.js';

const CITY = { lat: 30.657, lon: 104.0657 };
const STEPS_M = { near: 10, far: 100 };
const WIDE_M = [80, 160, 320, 640, 1000];
const SAME_MAP_M = 250;
const LAT_M = 111_200;
const SVG = 'http://www.w3.org/2000/svg';

let box;
let map;
/** @type {{lat: number, lon: number}} */ let centre;
let origin;
let zoom = 1;
let drag = null;
let settled;

const lonMetres = (lat) => 111_300 * Math.cos(lat * Math.PI / 180);
const part = (name) => box.querySelector(`[data-${name}]`);

/**
 * Ask for a place; null when the rider thinks better of it.
 * @param {{start?: {lat: number, lon: number}, radius?: number, landmark?: string}} from
 * @returns {Promise<{pin?: object, landmark?: string}|null>}
 */
export function placeByHand({ start, radius = 30, landmark = '' }) {
  box = document.getElementById('pin-map').content.firstElementChild.cloneNode(true);
  document.body.append(box);
  map = part('map');
  origin = null;
  centre = { ...(start ?? recent()[0] ?? CITY) };
  zoom = start ? WIDE_M.findIndex((wide) => wide >= 3 * radius) : 3;
  if (zoom < 0) zoom = WIDE_M.length - 1;
  part('landmark').value = landmark;
  const behind = [...document.body.children].filter((one) => one !== box);
  for (const one of behind) one.inert = true;
  const back = document.activeElement;
  return new Promise((done) => {
    const end = (answer) => {
      for (const one of behind) one.inert = false;
      box.remove();
      back?.focus();
      done(answer);
    };
    listen(end);
    drawRecent(end);
    moved();
    if (!start) findMe();
    part('map').focus();
  });
}

function listen(end) {
  part('close').addEventListener('click', () => end(null));
  part('here').addEventListener('click', () => end(answer()));
  part('words').addEventListener('click', () => end({ landmark: part('landmark').value.trim() }));
  part('me').addEventListener('click', findMe);
  part('closer').addEventListener('click', () => zoomBy(-1));
  part('wider').addEventListener('click', () => zoomBy(1));
  for (const button of box.querySelectorAll('[data-move]')) {
    button.addEventListener('click', () => step(button.dataset.move, STEPS_M.near));
  }
  box.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Escape') end(null);
    if (event.target === map) byKey(event);
  });
  map.addEventListener('pointerdown', (event) => { drag = { x: event.clientX, y: event.clientY, way: 0 }; map.setPointerCapture(event.pointerId); });
  map.addEventListener('pointermove', (event) => { if (drag) dragTo(event); });
  map.addEventListener('pointerup', (event) => { if (drag && drag.way < 6) tapAt(event); drag = null; });
  map.addEventListener('pointercancel', () => { drag = null; });
  part('landmark').addEventListener('input', suggest);
}

const answer = () => {
  const landmark = part('landmark').value.trim();
  const pin = { lat: Number(centre.lat.toFixed(6)), lon: Number(centre.lon.toFixed(6)), at: new Date().toISOString() };
  remember({ ...pin, name: landmark || part('where').dataset.name || '' });
  return { pin, landmark };
};

const KEYS = { ArrowUp: 'north', ArrowDown: 'south', ArrowLeft: 'west', ArrowRight: 'east' };

function byKey(event) {
  if (KEYS[event.key]) step(KEYS[event.key], event.shiftKey ? STEPS_M.far : STEPS_M.near);
  else if (event.key === '+' || event.key === '=') zoomBy(-1);
  else if (event.key === '-') zoomBy(1);
  else return;
  event.preventDefault();
}

function step(way, metres) {
  const [east, north] = { north: [0, 1], south: [0, -1], west: [-1, 0], east: [1, 0] }[way];
  moveBy(east * metres, north * metres);
}

function moveBy(east, north) {
  centre = { lat: centre.lat + north / LAT_M, lon: centre.lon + east / lonMetres(centre.lat) };
  moved();
}

const metresPerPixel = () => WIDE_M[zoom] / Math.max(1, map.clientWidth);

function dragTo(event) {
  const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
  drag = { x: event.clientX, y: event.clientY, way: drag.way + Math.hypot(x, y) };
  moveBy(-x * metresPerPixel(), y * metresPerPixel());
}

function tapAt(event) {
  const frame = map.getBoundingClientRect();
  const [x, y] = [event.clientX - frame.left - frame.width / 2, event.clientY - frame.top - frame.height / 2];
  moveBy(x * metresPerPixel(), -y * metresPerPixel());
}

function zoomBy(steps) {
  zoom = Math.max(0, Math.min(WIDE_M.length - 1, zoom + steps));
  moved();
}

function moved() {
  const wide = WIDE_M[zoom];
  const high = wide * (map.clientHeight / Math.max(1, map.clientWidth) || 1);
  const [x, y] = offset();
  map.setAttribute('viewBox', `${x - wide / 2} ${-y - high / 2} ${wide} ${high}`);
  const bar = WIDE_M[zoom] / 4;
  part('bar').textContent = word('step_m', { m: Math.round(bar) });
  clearTimeout(settled);
  settled = setTimeout(fetchAround, 350);
}

/** Metres east and north of where the outlines were asked for. */
function offset() {
  if (!origin) return [0, 0];
  return [(centre.lon - origin.lon) * lonMetres(origin.lat), (centre.lat - origin.lat) * LAT_M];
}

async function fetchAround() {
  const far = Math.hypot(...offset());
  const asked = `lat=${centre.lat.toFixed(5)}&lon=${centre.lon.toFixed(5)}`;
  const told = await ask('GET', `/api/v1/rider/around?${asked}`).catch(() => null);
  if (!box.isConnected) return;
  if (told?.status !== 200) {
    part('where').textContent = word('no_map');
    return;
  }
  const name = told.body.names.slice(-3).join(' ');
  part('where').dataset.name = told.body.names.slice(-2).join(' ');
  part('where').textContent = name ? word('map_at', { where: name }) : word('outside');
  part('synthetic').hidden = !told.body.synthetic;
  if (!origin || far > SAME_MAP_M) {
    origin = { lat: told.body.lat, lon: told.body.lon };
    part('lines').replaceChildren(...told.body.paths.map((d) => {
      const path = document.createElementNS(SVG, 'path');
      path.setAttribute('d', d);
      return path;
    }));
    const [x, y] = offset();
    const [, , wide, high] = (map.getAttribute('viewBox') ?? '0 0 1 1').split(' ').map(Number);
    map.setAttribute('viewBox', `${x - wide / 2} ${-y - high / 2} ${wide} ${high}`);
  }
}

function findMe() {
  navigator.geolocation?.getCurrentPosition(({ coords }) => {
    centre = { lat: coords.latitude, lon: coords.longitude };
    zoom = Math.max(0, WIDE_M.findIndex((wide) => wide >= 3 * coords.accuracy));
    moved();
  }, () => {}, { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 });
}

let asking;
/** Names of the city that fit what is typed; a tap puts the crosshair there. */
function suggest() {
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const typed = part('landmark').value.trim();
    if (!typed) return;
    const asked = new URLSearchParams({ q: typed });
    const told = await ask('GET', `/api/v1/grid/landmarks?${asked}`).catch(() => null);
    const found = told?.status === 200 ? told.body.landmarks : [];
    if (!box.isConnected) return;
    part('names').replaceChildren(...found.slice(0, 6).map(({ name, point }) => chip(name, () => {
      part('landmark').value = name;
      centre = { lat: point.lat, lon: point.lon };
      moved();
    })));
  }, 300);
}

const chip = (name, action) => {
  const button = el('button', { type: 'button', className: 'btn' }, name);
  button.addEventListener('click', action);
  return button;
};

function recent() {
  try { return JSON.parse(memo.get('places') ?? '[]'); } catch { return []; }
}

function remember(place) {
  const others = recent().filter((one) => Math.hypot(one.lat - place.lat, one.lon - place.lon) > 0.0003);
  memo.set('places', JSON.stringify([place, ...others].slice(0, 5)));
}

function drawRecent() {
  const places = recent().filter(({ name }) => name);
  part('recent').hidden = !places.length;
  part('recent-list').replaceChildren(...places.map((place) => chip(place.name, () => { centre = { lat: place.lat, lon: place.lon }; moved(); })));
}
