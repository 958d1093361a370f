// The words of the page for what a script says: they stand in the template, in the reader's tongue.

const said = document.getElementById('words')?.dataset ?? {};

/** @param {string} name @param {Record<string, unknown>} [params] @returns {string} */
export function word(name, params = {}) {
  return (said[name] ?? '').replace(/\{(\w+)\}/g, (_, key) => String(params[key] ?? ''));
}

/** An icon of our sheet. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `${said.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** An element with text or children. @param {string} tag @param {object} [props] @param {...(Node|string)} inside */
export function el(tag, props = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...inside);
  return made;
}

/** A random UUID; `crypto.randomUUID` is there on secure pages only. */
export function newId() {
  if (globalThis.crypto?.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A small note of this phone's own, such as what was read once; null where nothing is kept. */
export const memo = {
  get(name) { try { return localStorage.getItem(`civicprobe.${name}`); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(`civicprobe.${name}`, value); } catch { /* private mode */ } },
};
