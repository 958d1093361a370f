// How long things take, in milliseconds. A test, or a very slow network, may set others.

const usual = { stall: 15_000, first: 5_000, most: 300_000, undo: 60_000, before: 15_000, after: 20_000 };

function kept() {
  try {
    return JSON.parse(localStorage.getItem('civicprobe.tempo') ?? '{}');
  } catch {
    return {};
  }
}

export const tempo = { ...usual, ...kept() };
