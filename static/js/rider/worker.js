// The service worker of the rider's pages: what was loaded once opens without a network.
// It sends nothing and knows nothing of the queue, which lives in the page.

const FILES = 'files-1';
const PAGES = 'pages-1';
const MOST_FILES = 60;
const MOST_PAGES = 20;
const PATIENCE_MS = 4000;

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

// The page that installed us was loaded before we were there: it says what it holds.
addEventListener('message', (event) => {
  if (event.data?.keep) event.waitUntil(keep(event.data.keep));
  if (event.data?.forget) event.waitUntil(Promise.all([caches.delete(FILES), caches.delete(PAGES)]));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (isFile(url)) event.respondWith(file(request));
  else if (request.mode === 'navigate') event.respondWith(page(event, url));
});

const isFile = (url) => url.pathname.startsWith('/r/app/') || (url.pathname.startsWith('/static/') && url.searchParams.has('v'));

async function keep(addresses) {
  const urls = addresses.map((address) => new URL(address)).filter((url) => url.origin === location.origin && isFile(url));
  const files = await caches.open(FILES);
  for (const url of urls) if (!(await files.match(url))) await files.add(url).catch(() => {});
  await trim(files, MOST_FILES);
  const home = await fetch('/r').catch(() => null);
  if (home?.ok) await (await caches.open(PAGES)).put('/r', home);
}

/** Its address changes with its content: kept once, it is right for good. */
async function file(request) {
  const files = await caches.open(FILES);
  const kept = await files.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await files.put(request, answer.clone());
  return answer;
}

/** The page as it is now; without a network, or when the button must not wait, as it was. */
async function page(event, url) {
  const pages = await caches.open(PAGES);
  const key = url.pathname;
  const fresh = fetch(event.request).then(async (answer) => {
    if (answer.ok && !answer.redirected) {
      await pages.put(key, answer.clone());
      await trim(pages, MOST_PAGES);
    }
    return answer;
  });
  const kept = await pages.match(key);
  if (!kept) return fresh.catch(async () => (await pages.match('/r')) ?? Response.error());
  event.waitUntil(fresh.catch(() => {}));
  const patience = new Promise((done) => { setTimeout(() => done(kept), PATIENCE_MS); });
  return Promise.race([fresh, patience]).catch(() => kept);
}

async function trim(cache, most) {
  const keys = await cache.keys();
  for (const key of keys.slice(0, Math.max(0, keys.length - most))) await cache.delete(key);
}
