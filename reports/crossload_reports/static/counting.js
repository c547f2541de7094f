// Cells counted by square and verdict, and what the counts amount to.

import { CELLS, DATA, ENVIRONMENTS, isScored, NO_LOADER, SEVERITY, verdictOf, VERDICTS, WORDS } from "./data.js";
import { STATE } from "./state.js";

// Every environment, whatever could be run in it: what is missing has to be seen.
// Side by side stand those with the same kind of Keras.
export const SAVERS = DATA.groups.flatMap((group) => group.places);
export const LOADERS = SAVERS;

/** The groups by the environment that each begins with. */
export const GROUP_AT = new Map(DATA.groups.map((group) => [group.places[0], group]));

/** What the number of a square may be a share of. */
export const SHARES = {
  "": { name: "load", verdicts: WORDS.loadable },
  plain: { name: "load plainly", verdicts: WORDS.plain },
  whole: { name: "load plainly and whole", verdicts: WORDS.faithful },
};

/** Count the verdicts of each square, those of what could not be saved in a column of their own. */
export function tally(cells) {
  const counts = new Uint32Array(ENVIRONMENTS.length * (NO_LOADER + 1) * VERDICTS.length);
  for (const cell of cells) counts[(CELLS.saver[cell] * (NO_LOADER + 1) + CELLS.loader[cell]) * VERDICTS.length + verdictOf(cell)]++;
  return counts;
}

export function squareOf(squares, saver, loader) {
  const start = (saver * (NO_LOADER + 1) + loader) * VERDICTS.length;
  return squares.subarray(start, start + VERDICTS.length);
}

export function sums(counts, state = STATE) {
  const total = (chosen) => counts.reduce((sum, count, verdict) => sum + (chosen(verdict) ? count : 0), 0);
  const good = (SHARES[state.share] || SHARES[""]).verdicts;
  const worst = SEVERITY.find((verdict) => counts[VERDICTS.indexOf(verdict)] && WORDS.scored.includes(verdict)) || "";
  return {
    scored: total((verdict) => isScored[verdict]),
    good: total((verdict) => good.includes(VERDICTS[verdict])),
    all: total(() => true),
    worst,
    unavailable: counts[VERDICTS.indexOf("unavailable")],
  };
}
