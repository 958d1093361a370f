// Everything of this rider is forgotten on the server: so is what this phone holds.

export async function forgetAll() {
  indexedDB.deleteDatabase('civicprobe');
  for (const name of Object.keys(localStorage).filter((key) => key.startsWith('civicprobe.'))) localStorage.removeItem(name);
  const worker = await navigator.serviceWorker?.getRegistration('/r');
  worker?.active?.postMessage({ forget: true });
}
