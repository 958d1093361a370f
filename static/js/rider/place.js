// Where the phone is: every fix from the tap on, the best one around the shutter, and its grade.

import { tempo } from './tempo.js';

/** @typedef {{lat: number, lon: number, accuracy_m: number, at: string, speed?: number}} Fix */

export const VAGUE_M = 1000;
const ALONG_MPS = 150;

/** How sure a fix is (ux 2.3). @param {number|undefined} metres @returns {'A'|'B'|'C'|'D'} */
export function gradeOf(metres) {
  if (metres === undefined || !(metres < VAGUE_M)) return 'D';
  return metres <= 30 ? 'A' : metres <= 100 ? 'B' : 'C';
}

/** @param {GeolocationPosition} position @returns {Fix} */
export function fixOf({ coords, timestamp }) {
  const fix = {
    lat: coords.latitude,
    lon: coords.longitude,
    accuracy_m: Math.min(100_000, Math.round(coords.accuracy)),
    at: new Date(timestamp).toISOString(),
  };
  if (coords.speed >= 0 && coords.speed < ALONG_MPS && coords.speed !== null) fix.speed = coords.speed;
  return fix;
}

/** How far off a fix may be of the place at the shutter: the rider may have been moving. */
export const radiusAt = (fix, shotAt) => fix.accuracy_m + (fix.speed ?? 0) * Math.abs(Date.parse(fix.at) - shotAt) / 1000;

/**
 * The best fix from 15 s before to 20 s after the shutter.
 * @param {Fix[]} fixes @param {number} shotAt @returns {Fix|undefined}
 */
export function best(fixes, shotAt) {
  const near = fixes.filter((fix) => {
    const off = Date.parse(fix.at) - shotAt;
    return off >= -tempo.before && off <= tempo.after && fix.accuracy_m < VAGUE_M;
  });
  return near.sort((a, b) => radiusAt(a, shotAt) - radiusAt(b, shotAt))[0];
}

/**
 * Watch from now on; never waited for. `onFix` gets each fix, `onNone` why there is none.
 * @returns {{fixes: Fix[], stop: () => void}}
 */
export function watch(onFix, onNone) {
  const fixes = [];
  if (!navigator.geolocation) {
    onNone('unavailable');
    return { fixes, stop() {} };
  }
  const id = navigator.geolocation.watchPosition(
    (position) => { fixes.push(fixOf(position)); if (fixes.length > 60) fixes.shift(); onFix(fixes.at(-1)); },
    (fault) => { if (!fixes.length) onNone(fault.code === 1 ? 'denied' : 'none'); },
    { enableHighAccuracy: true, maximumAge: 0, timeout: 20_000 },
  );
  return { fixes, stop: () => navigator.geolocation.clearWatch(id) };
}
