// Progressive only: boxes drawn on a picture become hidden fields; without it numbers are typed.
'use strict';

(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  let stroke = null;

  function at(canvas, event) {
    const area = canvas.getBoundingClientRect();
    const part = (value, size) => Math.min(100, Math.max(0, (value / size) * 100));
    return [part(event.clientX - area.left, area.width), part(event.clientY - area.top, area.height)];
  }

  function edges([x0, y0], [x1, y1]) {
    return [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
  }

  function place(rect, box) {
    ['x', 'y', 'width', 'height'].forEach((name, n) => rect.setAttribute(name, box[n].toFixed(2)));
  }

  function say(form) {
    const drawn = form.querySelectorAll('input[name=box]').length;
    const words = form.querySelector('[data-drawn]');
    words.textContent = words.dataset.words.replace('#', drawn);
    words.hidden = form.querySelector('[data-undo]').hidden = drawn === 0;
  }

  document.addEventListener('pointerdown', (event) => {
    const canvas = event.target.closest('[data-canvas]');
    if (!canvas || event.button !== 0) return;
    event.preventDefault();
    const rect = document.createElementNS(SVG, 'rect');
    rect.classList.add('new');
    canvas.querySelector('svg').append(rect);
    stroke = { canvas, rect, from: at(canvas, event) };
    canvas.setPointerCapture(event.pointerId);
  });

  document.addEventListener('pointermove', (event) => {
    if (stroke) place(stroke.rect, edges(stroke.from, at(stroke.canvas, event)));
  });

  document.addEventListener('pointerup', (event) => {
    if (!stroke) return;
    const { canvas, rect, from } = stroke;
    const box = edges(from, at(canvas, event));
    stroke = null;
    if (box[2] < 0.5 || box[3] < 0.5) { rect.remove(); return; }
    const field = document.createElement('input');
    field.type = 'hidden';
    field.name = 'box';
    field.value = box.map((edge) => edge.toFixed(2)).join(',');
    canvas.append(field);
    say(canvas.closest('form'));
  });

  document.addEventListener('pointercancel', () => { stroke?.rect.remove(); stroke = null; });

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-undo]');
    if (!button) return;
    const canvas = button.form.querySelector('[data-canvas]');
    [...canvas.querySelectorAll('rect.new')].pop()?.remove();
    [...canvas.querySelectorAll('input[name=box]')].pop()?.remove();
    say(button.form);
  });
})();
