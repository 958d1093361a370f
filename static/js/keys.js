// Single keys for the desks: each becomes a `command` event; a page answers those that it knows.
'use strict';

(() => {
  const OFF = 'keys-off';
  const COMMANDS = {
    j: 'next', k: 'previous', o: 'open', x: 'pick', X: 'pick-range', e: 'close', a: 'dispatch',
    w: 'whistle', d: 'merge', s: 'snooze', u: 'undo', m: 'map', '/': 'find', '[': 'previous-case',
    ']': 'next-case', Escape: 'shut',
  };
  const PLACES = { i: '/o', m: '/o/map', s: '/o/stats' };
  const help = document.getElementById('keys');
  const off = help?.querySelector('[data-keys-off]');
  let going = false;

  const isOff = () => localStorage.getItem(OFF) === '1';
  const isTyping = (event) => event.isComposing || event.keyCode === 229
    || event.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]');

  function showHelp() {
    if (help && !help.open) help.showModal();
  }

  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.ctrlKey && event.key === 'Enter') {
      event.target.closest?.('form')?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape' && !help?.open) {
      if (isTyping(event)) event.target.blur();
      else document.dispatchEvent(new CustomEvent('command', { detail: 'shut' }));
      return;
    }
    if (isTyping(event) || help?.open || isOff()) return;
    if (event.key === '?') { event.preventDefault(); showHelp(); return; }
    if (going) {
      going = false;
      if (PLACES[event.key]) { event.preventDefault(); location.assign(PLACES[event.key]); return; }
    }
    if (event.key === 'g') { going = true; setTimeout(() => { going = false; }, 1500); return; }
    const command = COMMANDS[event.key];
    if (!command) return;
    event.preventDefault();
    document.dispatchEvent(new CustomEvent('command', { detail: command }));
  });

  // From case to case, in the order of the list that one came from, which the desk left here.
  const BESIDE = { 'previous-case': -1, 'next-case': 1 };
  document.addEventListener('command', ({ detail }) => {
    const list = JSON.parse(sessionStorage.getItem('cases') || '[]');
    const at = list.indexOf(location.pathname.split('/')[2]);
    const number = at < 0 ? undefined : list[at + BESIDE[detail]];
    if (!number) return;
    sessionStorage.setItem('last:/o', number);
    location.assign(`/o/${number}`);
  });

  // From the map back to the list, by the key that led there.
  document.addEventListener('command', ({ detail }) => {
    if (detail === 'map') document.querySelector('[data-key-map]')?.click();
  });

  for (const button of document.querySelectorAll('[data-keys]')) {
    button.hidden = false;
    button.addEventListener('click', showHelp);
  }
  if (off) {
    off.checked = isOff();
    off.addEventListener('change', () => localStorage.setItem(OFF, off.checked ? '1' : '0'));
  }

  // An action of the bar: open its form and put the cursor where something is to be said.
  document.addEventListener('command', ({ detail }) => {
    const act = document.querySelector(`details#act-${detail}`);
    if (!act) return;
    act.open = true;
    act.scrollIntoView({ block: 'nearest' });
    const first = act.querySelector('select, textarea, input:not([type=hidden])') || act.querySelector('.btn');
    first?.focus();
  });
  document.addEventListener('command', ({ detail }) => {
    if (detail !== 'undo') return;
    document.querySelector('form:has(input[name=action][value=undo])')?.requestSubmit();
  });
})();
