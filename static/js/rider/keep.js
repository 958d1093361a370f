// A way out: the report and its photos as files of the rider's own, whatever became of sending.

import { bytesOf, get } from './store.js';

const ENDINGS = { 'image/png': 'png', 'image/webp': 'webp', 'image/heic': 'heic', 'image/avif': 'avif' };

/** Save a report's words and the photos that are still here. @param {string} uuid */
export async function exportEntry(uuid) {
  const entry = await get(uuid);
  if (!entry) return;
  const name = `report-${uuid.slice(0, 8)}`;
  const { said, number, reason } = entry;
  save(`${name}.json`, new Blob([JSON.stringify({ uuid, number, reason, ...said }, null, 2)], { type: 'application/json' }));
  for (const { n, type } of entry.shots) {
    const bytes = await bytesOf(uuid, n);
    if (bytes) save(`${name}-${n}.${ENDINGS[type] ?? 'jpg'}`, new Blob([bytes], { type }));
  }
}

function save(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
