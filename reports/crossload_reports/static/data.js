// The data of the page (see html/payload.py). Cells are known by their place in the columns.

import { explain } from "./failure.js";
import { unpack } from "./unpack.js";

export const DATA = await unpack(document.getElementById("data")).catch(explain);
export const TEXT = DATA.strings;
export const { cells: CELLS, outcomes: OUTCOMES, kinds: KINDS, trials: TRIALS, words: WORDS } = DATA;
export const ENVIRONMENTS = DATA.environments;
export const SCENARIOS = DATA.scenarios;
export const FORMATS = DATA.formats;
export const VERDICTS = [...WORDS.scored, ...WORDS.unscored];
export const RUNGS = WORDS.rungs;
// Worst first; what has no score comes last.
export const SEVERITY = [...WORDS.severity, ...WORDS.unscored];
export const COUNT = CELLS.outcome.length;
export const NO_LOADER = ENVIRONMENTS.length; // what could not be saved

const verdictOfOutcome = Uint8Array.from(OUTCOMES.verdict, (place) => VERDICTS.indexOf(TEXT[place]));
export const isScored = VERDICTS.map((verdict) => WORDS.scored.includes(verdict));
export const rankOf = VERDICTS.map((verdict) => SEVERITY.indexOf(verdict));
export const environmentOf = new Map(ENVIRONMENTS.map((one, place) => [one.id, place]));
const scenarioOf = new Map(SCENARIOS.map((one, place) => [one.name, place]));
export const formatOf = new Map(FORMATS.map((one, place) => [one.name, place]));

// Why a cell does not count, by its place in `CELLS.apart`: the first says that it does.
export const STANDINGS = Object.keys(WORDS.files);

/** Whether a cell counts for a score. */
export const doesCount = (cell) => CELLS.apart[cell] === 0;
/** Whether a cell's scenario is meant to fail or to differ. */
export const isControl = (cell) => CELLS.apart[cell] === STANDINGS.indexOf("control");

const firstTrial = new Uint32Array(COUNT + 1);
CELLS.tries.forEach((count, cell) => { firstTrial[cell + 1] = firstTrial[cell] + count; });

export const verdictOf = (cell) => verdictOfOutcome[CELLS.outcome[cell]];
/** The name of an environment as people say it; one that only an earlier run had keeps its id. */
export const labelOf = (id) => ENVIRONMENTS[environmentOf.get(id)]?.label ?? id;
const seconds = (hundredths) => (hundredths === 65535 ? null : hundredths / 100);

/** Everything the page says about one cell. */
export function cellFacts(cell) {
  const outcome = CELLS.outcome[cell];
  const text = (name) => TEXT[OUTCOMES[name][outcome]];
  return {
    scenario: SCENARIOS[CELLS.scenario[cell]], format: FORMATS[CELLS.format[cell]].name,
    saver: ENVIRONMENTS[CELLS.saver[cell]], loader: ENVIRONMENTS[CELLS.loader[cell]] || null,
    verdict: text("verdict"), attempt: text("attempt"), cause: text("cause"), evidence: text("evidence"), rungs: text("rungs"),
    diffs: TEXT[CELLS.diffs[cell]], errorType: text("error_type"), error: text("error"), stage: text("stage"),
    container: text("container"), reason: text("reason"), cost: text("cost"), route: text("route"), routeCost: text("route_cost"),
    twin: text("twin"),
    fidelity: OUTCOMES.fidelity[outcome] - 1,
    bytes: CELLS.bytes[cell] === 4294967295 ? null : CELLS.bytes[cell], seconds: seconds(CELLS.seconds[cell]),
  };
}

/** The attempts of one cell, in the order in which they were made. */
export function attemptsOf(cell) {
  const found = [];
  for (let trial = firstTrial[cell]; trial < firstTrial[cell + 1]; trial++) {
    const kind = TRIALS.kind[trial];
    const text = (name) => TEXT[KINDS[name][kind]];
    found.push({
      attempt: text("attempt"), outcome: text("outcome"), rungs: text("rungs"), diffs: TEXT[TRIALS.diffs[trial]],
      errorType: text("error_type"), error: text("error"), stage: text("stage"), note: text("note"),
      fidelity: KINDS.fidelity[kind] - 1, seconds: seconds(TRIALS.seconds[trial]),
    });
  }
  return found;
}

/** The place of a cell by places of its names, or -1. Cells are sorted by these four. */
export function findCell(scenario, format, saver, loader) {
  const wanted = [scenario, format, saver, loader];
  if (wanted.some((place) => place === undefined || place < 0)) return -1;
  const columns = [CELLS.scenario, CELLS.format, CELLS.saver, CELLS.loader];
  let low = 0;
  let high = COUNT - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const level = columns.findIndex((column, place) => column[middle] !== wanted[place]);
    if (level < 0) return middle;
    if (columns[level][middle] < wanted[level]) low = middle + 1; else high = middle - 1;
  }
  return -1;
}

export function findNamed(saver, loader, scenario, format) {
  return findCell(scenarioOf.get(scenario), formatOf.get(format), environmentOf.get(saver), loader ? environmentOf.get(loader) : NO_LOADER);
}
