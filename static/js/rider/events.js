// How far riders get, without who: names of steps and coarse times, to our own server only, and
// only where the city has switched it on. Sent when the page is left; nothing is kept here.

const steps = [];
let began = performance.now();
const counted = document.documentElement.dataset.counted === '1';

/** A step was taken. @param {string} step */
export function mark(step) {
  if (step === 'cam_tap' && steps.every((one) => one.step === 'open' || one.step === 'acked')) began = performance.now();
  if (!counted || steps.some((one) => one.step === step)) return;
  steps.push({ step, after_ms: Math.round(performance.now() - began) });
  if (step === 'acked') send();
}

function shell() {
  if (/MicroMessenger/i.test(navigator.userAgent)) return 'wechat';
  return matchMedia('(display-mode: standalone)').matches ? 'pwa' : 'browser';
}

function send() {
  if (!steps.length) return;
  const body = JSON.stringify({ shell: shell(), steps: steps.splice(0) });
  fetch('/api/v1/rider/steps', { method: 'POST', body, keepalive: true, headers: { 'Content-Type': 'application/json' } }).catch(() => {});
}

addEventListener('pagehide', send);
if (document.querySelector('[data-snap]')) mark('open');
