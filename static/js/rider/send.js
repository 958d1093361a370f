// One request that tells how far it is, and gives up when nothing moves.

import { tempo } from './tempo.js';

/** What kept a request from being answered: `network`, `stalled` or `stopped`. */
export class Unanswered extends Error {}

/** @type {XMLHttpRequest|undefined} */
let current;

/**
 * @param {string} method @param {string} path
 * @param {{json?: object, bytes?: ArrayBuffer, headers?: Record<string, string>, onProgress?: (part: number) => void}} [what]
 * @returns {Promise<{status: number, body: any, skew_ms: number|null}>}
 */
export function ask(method, path, { json, bytes, headers = {}, onProgress } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer;
    const end = (why) => { clearTimeout(timer); if (current === request) current = undefined; reject(new Unanswered(why)); };
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => { end('stalled'); request.abort(); }, tempo.stall);
    };
    request.open(method, path);
    request.setRequestHeader('Accept', 'application/json');
    if (json) request.setRequestHeader('Content-Type', 'application/json');
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => { alive(); if (total) onProgress?.(loaded / total); };
    request.onprogress = alive;
    request.onreadystatechange = alive;
    request.onerror = () => end('network');
    request.onabort = () => end('stopped');
    request.onload = () => {
      clearTimeout(timer);
      if (current === request) current = undefined;
      // Our answers are JSON: anything else is some portal in between, and nothing has arrived.
      const ours = /json/.test(request.getResponseHeader('Content-Type') ?? '');
      const told = Date.parse(request.getResponseHeader('Date') ?? '');
      try {
        if (!ours) throw new SyntaxError('not ours');
        resolve({
          status: request.status,
          body: JSON.parse(request.responseText || '{}'),
          skew_ms: Number.isNaN(told) ? null : Date.now() - told,
        });
      } catch {
        reject(new Unanswered(request.status >= 500 ? 'server' : 'portal'));
      }
    };
    current = request;
    alive();
    request.send(json ? JSON.stringify(json) : bytes ?? null);
  });
}

/** Stop what is under way. */
export const stop = () => current?.abort();

/** RFC 9530's digest, where the page may compute one. @param {ArrayBuffer} bytes */
export async function digestOf(bytes) {
  if (!globalThis.crypto?.subtle) return {};
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return { 'Repr-Digest': `sha-256=:${btoa(String.fromCharCode(...hash))}:` };
}
