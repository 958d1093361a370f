// One action for many picked rows, over the API; what came of each is told row by row.
'use strict';

(() => {
  const bar = document.querySelector('[data-bulk]');
  const rows = document.getElementById('rows');
  const results = document.getElementById('bulk-results');
  if (!bar || !rows) return;

  const picked = () => [...rows.querySelectorAll('.pickrow:checked')];
  const say = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  // The same asking keeps its id: a second press after a lost answer repeats nothing.
  let id = crypto.randomUUID();

  function show() {
    const n = picked().length;
    bar.hidden = n === 0;
    const words = bar.querySelector('[data-bulk-n]');
    words.textContent = say(words.dataset.bulkN, { n });
    for (const field of bar.querySelectorAll('[data-for]')) field.hidden = field.dataset.for !== bar.elements.action.value;
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

  function tell(found) {
    const done = found.filter(({ status }) => status === 200).length;
    results.querySelector('h2').textContent = say(bar.dataset.done, { done, left: found.length - done });
    const body = results.querySelector('tbody');
    body.replaceChildren(...found.sort((a, b) => b.status - a.status).map(({ number, status, title }) => {
      const row = document.createElement('tr');
      const link = document.createElement('a');
      link.href = `/o/${number}`;
      link.textContent = number;
      row.insertCell().append(link);
      row.insertCell().textContent = status === 200 ? '✓' : title;
      row.dataset.status = status;
      return row;
    }));
    results.showModal();
  }

  bar.addEventListener('submit', async (event) => {
    event.preventDefault();
    const all = picked().map((box) => ({ number: box.value, version: Number(box.dataset.version) }));
    const most = Number(bar.dataset.most);
    if (all.length > most && prompt(say(bar.dataset.sure, { n: all.length })) !== String(all.length)) return;
    const button = bar.querySelector('.btn-go');
    button.disabled = true;
    bar.setAttribute('aria-busy', 'true');
    const ask = { id, action: bar.elements.action.value, data: data() };
    try {
      const found = [];
      for (let at = 0; at < all.length; at += most) found.push(...await send(all.slice(at, at + most), ask));
      id = crypto.randomUUID();
      for (const box of picked()) box.checked = false;
      show();
      tell(found);
      document.dispatchEvent(new Event('desk:look'));
    } catch {
      alert(document.querySelector('[data-desk]').dataset.failed);
    } finally {
      button.disabled = false;
      bar.removeAttribute('aria-busy');
    }
  });

  bar.addEventListener('change', show);
  rows.addEventListener('change', show);
  bar.querySelector('[data-bulk-clear]').addEventListener('click', () => {
    for (const box of picked()) box.checked = false;
    show();
  });
  rows.addEventListener('click', (event) => {
    if (!event.target.matches('[data-all]')) return;
    for (const box of rows.querySelectorAll('.pickrow')) box.checked = event.target.checked;
    show();
  });
  show();
})();
