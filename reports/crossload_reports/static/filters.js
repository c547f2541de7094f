// Which cells pass the filters that the address names.

import { CELLS, COUNT, ENVIRONMENTS, formatOf, OUTCOMES, SCENARIOS, STANDINGS, TEXT } from "./data.js";

/** Which cells are wanted by whether they count, as a place in `STANDINGS`; -1 for all. A control that is named is wanted. */
function standingOf(files, scenario) {
  if (files === "all") return -1;
  if (!files && SCENARIOS.find((one) => one.name === scenario)?.control) return STANDINGS.indexOf("control");
  return Math.max(0, STANDINGS.indexOf(files));
}

/** The cells that pass every filter but the verdict, and but those named: grids count what a verdict is a share of. */
export function pool(state, except = []) {
  const wanted = (name) => (except.includes(name) ? "" : state[name]);
  const [scenario, family, hardware, cause, attempt] = ["scenario", "family", "hardware", "cause", "attempt"].map(wanted);
  const format = wanted("format") ? formatOf.get(wanted("format")) ?? -1 : null;
  const scenarios = SCENARIOS.map((one) => (!scenario || one.name === scenario) && (!family || one.family === family));
  const machines = [...ENVIRONMENTS.map((one) => !hardware || one.hardware === hardware), false];
  const standing = standingOf(wanted("files"), scenario);
  const hits = words(state.text);
  const outcomes = OUTCOMES.cause.map((place, outcome) => Number((!cause || TEXT[place] === cause)
    && (!attempt || TEXT[OUTCOMES.attempt[outcome]] === attempt)));
  const found = new Uint32Array(COUNT);
  let count = 0;
  for (let cell = 0; cell < COUNT; cell++) {
    const outcome = CELLS.outcome[cell];
    if (!outcomes[outcome] || !scenarios[CELLS.scenario[cell]]) continue;
    if (standing >= 0 && CELLS.apart[cell] !== standing) continue;
    if (format !== null && CELLS.format[cell] !== format) continue;
    if (hardware && !machines[CELLS.saver[cell]] && !machines[CELLS.loader[cell]]) continue;
    if (hits.some((hit) => !hit.outcomes[outcome] && !hit.scenarios[CELLS.scenario[cell]])) continue;
    found[count++] = cell;
  }
  return found.subarray(0, count);
}

const SEARCHED = ["error_type", "error", "attempt", "cause", "stage", "reason", "verdict"];
let lowered = null;

/** The strings that a search looks at, in small letters; the others stay empty. */
export function lowercase() {
  if (lowered) return lowered;
  lowered = new Array(TEXT.length).fill("");
  for (const name of SEARCHED) for (const place of OUTCOMES[name]) if (!lowered[place]) lowered[place] = TEXT[place].toLowerCase();
  return lowered;
}

/** For each word of a search, which outcomes and scenarios hold it. */
function words(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const strings = lowercase();
  return wanted.map((word) => {
    const holds = Uint8Array.from(strings, (one) => Number(one.includes(word)));
    return {
      outcomes: OUTCOMES.error.map((_, outcome) => Number(SEARCHED.some((name) => holds[OUTCOMES[name][outcome]]))),
      scenarios: SCENARIOS.map((one) => `${one.name} ${one.family} ${one.title} ${one.case}`.toLowerCase().includes(word)),
    };
  });
}
