// What somebody will read, as it is typed: words of a field shown where they will stand.
'use strict';

document.addEventListener('input', ({ target }) => {
  const shown = target.id && document.querySelector(`[data-reads="${target.id}"]`);
  if (shown) shown.textContent = target.value;
});
