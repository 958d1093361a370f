// A photo made small enough to send: at most 1600 px on the long edge, its EXIF block kept.
// A canvas loses the block, and with it the time and place of the shot: it is put back, with the
// orientation set to upright, because what is drawn is upright already.

const LONG_EDGE = 1600;
const QUALITY = 0.72;
const SMALL_ENOUGH = 500_000;
const ORIENTATION = 0x0112;
const GPS_BLOCK = 0x8825;

/**
 * The smaller photo, or the same bytes where that gains nothing or cannot be done here.
 * @param {ArrayBuffer} bytes @param {string} type @returns {Promise<{bytes: ArrayBuffer, type: string}>}
 */
export async function shrink(bytes, type) {
  const same = { bytes, type };
  if (bytes.byteLength <= SMALL_ENOUGH) return same;
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(1, LONG_EDGE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    canvas.getContext('2d').drawImage(await smaller(image, bytes, type, canvas), 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/jpeg', QUALITY); });
    if (!blob || blob.type !== 'image/jpeg') return same;
    const small = withExif(await blob.arrayBuffer(), exifOf(bytes));
    return small.byteLength < bytes.byteLength ? { bytes: small, type: 'image/jpeg' } : same;
  } catch {
    return same; // HEIC, or too large for this phone's memory: the server reads it
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Decoded and made smaller beside the page, so that a tap meanwhile is not kept waiting. */
async function smaller(image, bytes, type, { width, height }) {
  const wanted = { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' };
  const made = await globalThis.createImageBitmap?.(new Blob([bytes], { type }), wanted).catch(() => null);
  return made ?? image;
}

/** The EXIF segment of a JPEG, its marker included. @param {ArrayBuffer} bytes @returns {Uint8Array|null} */
export function exifOf(bytes) {
  const view = new DataView(bytes);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= view.byteLength && view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    const length = view.getUint16(at + 2);
    if (marker === 0xda || at + 2 + length > view.byteLength) return null;
    if (marker === 0xe1 && length > 8 && view.getUint32(at + 4) === 0x45786966) {
      return new Uint8Array(bytes.slice(at, at + 2 + length));
    }
    at += 2 + length;
  }
  return null;
}

/** Whether the photo itself says where it was taken (some phones write zeros instead). */
export function tellsPlace(bytes) {
  const exif = exifOf(bytes);
  if (!exif) return false;
  try {
    const tiff = tiffOf(exif);
    const block = find(tiff, tiff.first, GPS_BLOCK);
    const latitude = block && find(tiff, tiff.view.getUint32(block + 8, tiff.little), 2);
    if (!latitude) return false;
    const at = tiff.view.getUint32(latitude + 8, tiff.little);
    return [0, 8, 16].some((step) => tiff.view.getUint32(at + step, tiff.little) !== 0);
  } catch (fault) {
    if (fault instanceof RangeError) return false;
    throw fault;
  }
}

function withExif(jpeg, exif) {
  if (!exif) return jpeg;
  upright(exif);
  const source = new Uint8Array(jpeg);
  const out = new Uint8Array(source.length + exif.length);
  out.set(source.subarray(0, 2));
  out.set(exif, 2);
  out.set(source.subarray(2), 2 + exif.length);
  return out.buffer;
}

function upright(exif) {
  try {
    const tiff = tiffOf(exif);
    const entry = find(tiff, tiff.first, ORIENTATION);
    if (entry) tiff.view.setUint16(entry + 8, 1, tiff.little);
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
  }
}

/** The TIFF inside a segment: 4 bytes of marker and length, then `Exif\0\0`. */
function tiffOf(exif) {
  const view = new DataView(exif.buffer, exif.byteOffset + 10, exif.byteLength - 10);
  const little = view.getUint16(0) === 0x4949;
  return { view, little, first: view.getUint32(4, little) };
}

/** Where the entry of a tag lies in a directory, or 0. */
function find({ view, little }, directory, tag) {
  const count = view.getUint16(directory, little);
  for (let n = 0; n < count; n += 1) {
    const at = directory + 2 + 12 * n;
    if (view.getUint16(at, little) === tag) return at;
  }
  return 0;
}
