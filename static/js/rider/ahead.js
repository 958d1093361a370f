// 前方隐患: open urgent cases near the rider, and repairs to look at. The phone asks for whole squares
// of the map and works out the rest alone: where it is, and which way it goes, leave it only with an
// answer that the rider taps. No sound, ever.

import { fixOf } from './place.js';
import { act } from './queue.js';
import { ask } from './send.js';
import { el, icon, memo, newId, word } from './words.js';

const STEP = 0.02;
const NEAR_M = 1000;
const THERE_M = 50;
const STANDING_MPS = 1.5;
const SHOWN = 3;
const LOOK_MS = 60_000;
const RAD = Math.PI / 180;

const answered = new Set();

/** @typedef {{lat: number, lon: number, heading: number|null}} Here */

export async function startAhead() {
  const box = document.querySelector('section[data-ahead]');
  const button = box.querySelector('[data-look]');
  if (!navigator.geolocation) return;
  box.hidden = false;
  button.addEventListener('click', () => look(box));
  const allowed = await navigator.permissions?.query({ name: 'geolocation' }).catch(() => null);
  if (allowed?.state !== 'granted') return;
  look(box);
  setInterval(() => { if (!document.hidden) look(box); }, LOOK_MS);
}

function look(box) {
  navigator.geolocation.getCurrentPosition(async (position) => {
    const { coords } = position;
    const here = { lat: coords.latitude, lon: coords.longitude, heading: coords.speed > 1 ? coords.heading : null };
    const found = near(here, await listAround(here));
    draw(box, found.filter(({ asks }) => !asks));
    if (!(coords.speed > STANDING_MPS)) askOf(box, found.find(({ asks, metres, number }) => asks && metres <= THERE_M && !answered.has(number)), fixOf(position));
  }, () => { box.querySelector('[data-said]').textContent = word('denied_ahead'); }, { maximumAge: 30_000, timeout: 20_000 });
}

/** The names of the squares that a circle of 1 km around a point touches: one to four. */
export function squaresAround({ lat, lon }) {
  const [high, wide] = [NEAR_M / 111_200, NEAR_M / (111_300 * Math.cos(lat * RAD))];
  const names = new Set();
  for (const y of [lat - high, lat + high]) {
    for (const x of [lon - wide, lon + wide]) names.add(`${Math.floor(y / STEP)}-${Math.floor(x / STEP)}`);
  }
  return [...names];
}

async function listAround(here) {
  const lists = await Promise.all(squaresAround(here).map(async (name) => {
    const answer = await ask('GET', `/api/v1/rider/ahead/${name}`).catch(() => null);
    if (answer?.status === 200) {
      memo.set(`ahead.${name}`, JSON.stringify(answer.body.items));
      return answer.body.items;
    }
    return JSON.parse(memo.get(`ahead.${name}`) ?? '[]');
  }));
  return lists.flat();
}

/** What lies within 1 km, the nearest first; `ahead` where the way leads to it. @param {Here} here */
export function near(here, items) {
  return items.map((item) => {
    const north = (item.lat - here.lat) * 111_200;
    const east = (item.lon - here.lon) * 111_300 * Math.cos(here.lat * RAD);
    const bearing = (Math.atan2(east, north) / RAD + 360) % 360;
    const off = here.heading === null ? 180 : Math.abs(((bearing - here.heading + 540) % 360) - 180);
    return { ...item, metres: Math.hypot(north, east), ahead: off <= 45 };
  }).filter(({ metres }) => metres <= NEAR_M).sort((a, b) => a.metres - b.metres);
}

function draw(box, found) {
  box.querySelector('[data-look]').hidden = true;
  box.classList.toggle('ahead-first', found.length > 0);
  box.querySelector('[data-said]').textContent = found.length ? '' : word('none_near');
  box.querySelector('[data-found]').replaceChildren(...found.slice(0, SHOWN).map((item) => el('li', { className: 'hazard' },
    icon(item.icon),
    el('div', {},
      el('p', { className: 'strong' }, word(item.ahead ? 'ahead' : 'near', { m: Math.max(10, Math.round(item.metres / 10) * 10) })),
      el('p', {}, [item.name, word(item.fenced ? 'fenced' : 'not_fenced')].filter(Boolean).join(' · '))),
    does(word('watch'), (button) => send(button, item.number, 'watch', { on: true })))));
}

/** Who stands beside a repair is asked what they see; the place goes with the answer. */
function askOf(box, item, fix) {
  const card = box.querySelector('[data-repaired]');
  card.hidden = !item;
  if (!item) return;
  const tell = (answer) => (button) => { answered.add(item.number); send(button, item.number, 'confirm', { answer, fix }, card); };
  card.querySelector('[data-what]').textContent = [item.name, word('near', { m: Math.round(item.metres) })].filter(Boolean).join(' · ');
  card.querySelector('[data-answers]').replaceChildren(...['fixed', 'not_fixed', 'unseen'].map((answer) => does(word(`found_${answer}`), tell(answer))));
}

function does(words, action) {
  const button = el('button', { type: 'button', className: 'btn' }, words);
  button.addEventListener('click', () => action(button));
  return button;
}

async function send(button, number, action, data, card = button) {
  button.disabled = true;
  try {
    await act(number, { id: newId(), action, data });
    card.replaceChildren(word(action === 'watch' ? 'watched' : 'thanks_seen'));
  } catch (fault) {
    button.disabled = false;
    button.after(el('p', { className: 'fault' }, fault.title ?? word('why_network')));
  }
}
