// The case desk: preview beside the table, the keyboard's way through it, and looking again.
'use strict';

(() => {
  const desk = document.querySelector('[data-desk]');
  const rows = document.getElementById('rows');
  const preview = document.getElementById('preview');
  const views = document.getElementById('views');
  const news = document.querySelector('[data-news]');
  const stale = document.querySelector('[data-stale]');
  const wide = matchMedia('(min-width: 1000px)');
  const LAST = `last:${location.pathname}`;
  const EVERY_MS = 15000;

  const list = () => [...rows.querySelectorAll('tbody tr')];
  const current = () => document.activeElement?.closest?.('#rows tr') || rows.querySelector('tr.open');
  const link = (row) => row.querySelector('.td-number a');
  const shown = () => preview.querySelector('[data-number]')?.dataset.number;

  // The preview

  let wanted = '';
  function mark(number) {
    for (const row of list()) {
      row.classList.toggle('open', row.id === number);
      row.classList.toggle('last', !number && row.id === sessionStorage.getItem(LAST));
    }
    const url = new URL(location);
    if (number) url.searchParams.set('open', number); else url.searchParams.delete('open');
    history.replaceState(null, '', url);
  }

  async function show(number) {
    wanted = number;
    sessionStorage.setItem(LAST, number);
    mark(number);
    const answer = await ask(`${desk.dataset.case}${number}/preview`);
    if (!answer || wanted !== number) return;
    fill(await answer.text());
  }

  function fill(html) {
    preview.innerHTML = html;
    preview.hidden = false;
    desk.classList.add('desk-open');
    preview.scrollTop = 0;
  }

  function shut() {
    if (preview.hidden) return;
    const row = rows.querySelector('tr.open');
    wanted = '';
    preview.hidden = true;
    preview.innerHTML = '';
    desk.classList.remove('desk-open');
    mark('');
    if (row) link(row).focus();
  }

  async function ask(url, options = {}) {
    try {
      const answer = await fetch(url, { cache: 'no-store', ...options });
      if (answer.redirected && answer.url.includes('/login')) { location.reload(); return null; }
      return answer;
    } catch {
      return null;
    }
  }

  rows.addEventListener('click', (event) => {
    const row = event.target.closest('tbody tr');
    if (!row || event.target.closest('.td-pick')) return;
    const onLink = event.target.closest('a');
    if (!wide.matches || event.ctrlKey || event.metaKey || event.shiftKey) {
      if (!onLink) link(row).click();
      return;
    }
    event.preventDefault();
    link(row).focus({ preventScroll: true });
    show(row.id);
  });

  // What is decided in the preview is decided there: the answer is the preview afterwards.
  preview.addEventListener('submit', async (event) => {
    const form = event.target;
    if (form.getAttribute('method') !== 'post' || 'whole' in form.dataset) return;
    event.preventDefault();
    const button = event.submitter || form.querySelector('.btn');
    button.setAttribute('aria-busy', 'true');
    const answer = await ask(form.getAttribute('action'), { method: 'POST', body: new FormData(form, event.submitter), headers: { 'X-Part': 'preview' } });
    button.removeAttribute('aria-busy');
    if (!answer) { alert(desk.dataset.failed); return; }
    fill(await answer.text());
    const fault = preview.querySelector('[role=alert]');
    fault?.focus();
    await look({ take: true });
    if (!fault) goOn();
  });

  // Decided: on to the row that stands where this one stood, or to this one if it stays.
  function goOn() {
    const all = list();
    const row = rows.querySelector('tr.open') || all[Math.min(stood, all.length - 1)];
    if (row) link(row).focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'nearest' });
  }
  preview.addEventListener('click', (event) => { if (event.target.closest('[data-shut]')) shut(); });

  // Looking again: the counts at once, rows in their place; what is new is announced, not moved

  let tag = '';
  let fresh = null;
  let timer = 0;
  let pause = EVERY_MS;
  let seen = Date.now();
  let stood = 0;

  async function look({ take = false } = {}) {
    clearTimeout(timer);
    const answer = await ask(desk.dataset.rows, { headers: tag && !take ? { 'If-None-Match': tag } : {} });
    if (!answer || !(answer.ok || answer.status === 304)) {
      pause = Math.min(pause * 2, 300000);
      tell();
    } else {
      pause = EVERY_MS;
      seen = Date.now();
      stale.hidden = true;
      if (answer.status === 200) {
        tag = answer.headers.get('ETag') || '';
        compare(await answer.text(), take);
      }
    }
    timer = setTimeout(look, pause);
  }

  function tell() {
    stale.querySelector('[data-stale-at]').textContent = new Date(seen).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    stale.hidden = false;
  }

  function compare(html, take) {
    const page = new DOMParser().parseFromString(html, 'text/html');
    views.replaceChildren(...page.getElementById('views').childNodes);
    fresh = page.getElementById('rows');
    const known = new Map(list().map((row) => [row.id, row]));
    let changed = 0;
    let added = 0;
    for (const row of fresh.querySelectorAll('tbody tr')) {
      const old = known.get(row.id);
      if (!old) { added += 1; continue; }
      if (old.dataset.version !== row.dataset.version) changed += 1;
      const time = old.querySelector('.left');
      if (time && row.querySelector('.left')) time.replaceWith(row.querySelector('.left').cloneNode(true));
      known.delete(row.id);
    }
    changed += known.size;
    if (take || (!added && !changed)) { if (take) swap(); return; }
    const words = [];
    if (added) words.push(desk.dataset.new.replace('{n}', added));
    if (changed) words.push(desk.dataset.changed.replace('{n}', changed));
    news.textContent = `${words.join(' · ')} – ${desk.dataset.refresh}`;
    news.hidden = false;
  }

  function swap() {
    if (!fresh) return;
    const kept = current()?.id;
    const focused = rows.contains(document.activeElement);
    stood = Math.max(0, list().indexOf(current()));
    const picked = new Set([...rows.querySelectorAll('.pickrow:checked')].map((box) => box.value));
    rows.replaceChildren(...fresh.childNodes);
    fresh = null;
    news.hidden = true;
    for (const box of rows.querySelectorAll('.pickrow')) box.checked = picked.has(box.value);
    mark(wanted);
    const row = kept && document.getElementById(kept);
    if (row && focused) link(row).focus({ preventScroll: true });
    rows.dispatchEvent(new Event('change', { bubbles: true }));
  }

  news.addEventListener('click', swap);
  for (const [name, on] of [['visibilitychange', document], ['online', window], ['pageshow', window]]) {
    on.addEventListener(name, () => { if (!document.hidden) { pause = EVERY_MS; look(); } });
  }
  addEventListener('offline', tell);
  document.addEventListener('desk:look', () => look({ take: true }));

  // The keyboard

  let anchor = '';
  let soon = 0;
  function step(by) {
    const all = list();
    if (!all.length) return;
    const at = all.indexOf(current());
    const row = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    link(row).focus();
    row.scrollIntoView({ block: 'nearest' });
    if (preview.hidden) return;
    clearTimeout(soon);
    soon = setTimeout(() => show(row.id), 120);
  }

  function pick(range) {
    const all = list();
    const row = current();
    if (!row) return;
    const box = row.querySelector('.pickrow');
    const from = all.findIndex((other) => other.id === anchor);
    if (range && from >= 0) {
      const to = all.indexOf(row);
      all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((other) => { other.querySelector('.pickrow').checked = true; });
    } else {
      box.checked = !box.checked;
    }
    anchor = row.id;
    box.dispatchEvent(new Event('change', { bubbles: true }));
  }

  const COMMANDS = {
    next: () => step(1),
    previous: () => step(-1),
    open: () => {
      const row = current();
      if (!row) return;
      if (wide.matches && !row.classList.contains('open')) show(row.id); else location.assign(link(row).href);
    },
    pick: () => pick(false),
    'pick-range': () => pick(true),
    find: () => document.getElementById('find').focus(),
    map: () => location.assign(`/o/map${location.search}`),
    shut,
  };
  const ACTIONS = new Set(['close', 'dispatch', 'whistle', 'merge', 'snooze']);
  // An action is the row's that one stands on: before the form of another case could hear of it.
  document.addEventListener('command', async (event) => {
    const { detail } = event;
    COMMANDS[detail]?.();
    const row = current();
    if (!ACTIONS.has(detail) || !row || shown() === row.id) return;
    event.stopImmediatePropagation();
    await show(row.id);
    if (shown() === row.id) document.dispatchEvent(new CustomEvent('command', { detail }));
  }, { capture: true });

  // To a case and back: the way through this list is left for its page, and where one was is kept

  addEventListener('pagehide', () => sessionStorage.setItem('cases', JSON.stringify(list().map((row) => row.id))));

  wanted = rows.querySelector('tbody tr') && new URL(location).searchParams.get('open') || '';
  mark(wanted);
  const last = rows.querySelector('tr.open, tr.last') || (location.hash && document.getElementById(location.hash.slice(1)));
  if (last) { last.scrollIntoView({ block: 'nearest' }); link(last).focus({ preventScroll: true }); }
  timer = setTimeout(look, EVERY_MS);
})();
