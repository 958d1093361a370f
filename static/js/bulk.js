// One action for many picked rows, over the API, a few at a time; what came of each is told row by
// row as it comes. Safe to press again: what was done is answered as done.
'use strict';

(() => {
  const bar = document.querySelector('[data-bulk]');
  const rows = document.getElementById('rows');
  const results = document.getElementById('bulk-results');
  if (!bar || !rows) return;

  const AT_ONCE = 20;
  const MOST_PICKED = 1000;
  const boxes = () => [...rows.querySelectorAll('.pickrow')];
  const say = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const all = bar.querySelector('[data-bulk-all]');
  // Picked beyond the page: number to version.
  let beyond = new Map();
  // The same asking keeps its id: a second press after a lost answer repeats nothing.
  let id = crypto.randomUUID();

  function picked() {
    const found = new Map(beyond);
    for (const box of boxes()) if (box.checked) found.set(box.value, Number(box.dataset.version));
    return [...found].map(([number, version]) => ({ number, version }));
  }

  function show() {
    const n = picked().length;
    bar.hidden = n === 0;
    const words = bar.querySelector('[data-bulk-n]');
    words.textContent = say(words.dataset.bulkN, { n });
    all.hidden = beyond.size > 0 || !rows.querySelector('a[rel=next]') || boxes().some((box) => !box.checked);
    for (const field of bar.querySelectorAll('[data-for]')) field.hidden = field.dataset.for !== bar.elements.action.value;
  }

  function clear() {
    beyond = new Map();
    for (const box of boxes()) box.checked = false;
    show();
  }

  /** Every case of the list, not this page alone. */
  async function pickAll() {
    bar.setAttribute('aria-busy', 'true');
    try {
      const found = new Map();
      let cursor = '';
      do {
        const query = new URLSearchParams(bar.dataset.query);
        query.set('limit', '100');
        if (cursor) query.set('cursor', cursor);
        const answer = await fetch(`/api/v1/queue?${query}`, { cache: 'no-store' });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = await answer.json();
        for (const { number, version } of page.items) found.set(number, version);
        cursor = page.next;
      } while (cursor && found.size < MOST_PICKED);
      beyond = found;
    } catch {
      alert(document.querySelector('[data-desk]').dataset.failed);
    } finally {
      bar.removeAttribute('aria-busy');
      show();
    }
  }

  function data() {
    const found = {};
    for (const field of bar.querySelectorAll('[data-for]:not([hidden]) [name]')) {
      found[field.name] = 'number' in field.dataset ? Number(field.value) : field.value;
    }
    return found;
  }

  async function send(chunk, ask) {
    const answer = await fetch('/api/v1/reports/actions', {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...ask, rows: chunk }),
    });
    const body = await answer.json();
    if (answer.ok) return body.rows;
    return chunk.map(({ number }) => ({ number, status: answer.status, title: body.title }));
  }

  const title = results.querySelector('h2');
  const meter = results.querySelector('progress');
  const body = results.querySelector('tbody');

  function open(n) {
    body.replaceChildren();
    meter.max = n;
    meter.value = 0;
    meter.hidden = false;
    title.textContent = say(bar.dataset.working, { n });
    results.showModal();
  }

  /** What came back, those that were not done first. */
  function add(found, n) {
    for (const { number, status, title: words } of found) {
      const row = document.createElement('tr');
      const link = document.createElement('a');
      link.href = `/o/${number}`;
      link.textContent = number;
      row.insertCell().append(link);
      row.insertCell().textContent = status === 200 ? '✓' : words;
      row.dataset.status = status;
      if (status === 200) body.append(row); else body.prepend(row);
    }
    meter.value += found.length;
    title.textContent = `${say(bar.dataset.working, { n })} ${meter.value}`;
  }

  function finish(n) {
    const done = body.querySelectorAll('[data-status="200"]').length;
    meter.hidden = true;
    title.textContent = say(bar.dataset.done, { done, left: n - done });
  }

  async function run(wanted, ask) {
    open(wanted.length);
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      add(await send(wanted.slice(at, at + AT_ONCE), ask), wanted.length);
    }
  }

  bar.addEventListener('submit', async (event) => {
    event.preventDefault();
    const wanted = picked();
    const n = wanted.length;
    if (n > Number(bar.dataset.most) && prompt(say(bar.dataset.sure, { n })) !== String(n)) return;
    const button = bar.querySelector('.btn-go');
    button.disabled = true;
    bar.setAttribute('aria-busy', 'true');
    try {
      await run(wanted, { id, action: bar.elements.action.value, data: data() });
      id = crypto.randomUUID();
      clear();
      document.dispatchEvent(new Event('desk:look'));
    } catch {
      alert(document.querySelector('[data-desk]').dataset.failed);
    } finally {
      finish(n);
      button.disabled = false;
      bar.removeAttribute('aria-busy');
    }
  });

  // Other words or another action is another asking.
  bar.addEventListener('change', () => { id = crypto.randomUUID(); show(); });
  rows.addEventListener('change', () => { beyond = new Map(); show(); });
  bar.querySelector('[data-bulk-clear]').addEventListener('click', clear);
  all.addEventListener('click', pickAll);
  rows.addEventListener('click', (event) => {
    if (!event.target.matches('[data-all]')) return;
    for (const box of boxes()) box.checked = event.target.checked;
    show();
  });
  show();
})();
