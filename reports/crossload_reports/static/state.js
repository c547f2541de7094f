// What is shown lives in the fragment and nowhere else. So every view has an address, and back and forward work.

import { cellFacts, DATA, environmentOf, findNamed, WORDS } from "./data.js";

export const FILTERS = ["family", "scenario", "format", "hardware", "verdict", "cause", "attempt", "text", "share", "files"];
const KEYS = ["page", "from", "to", "keep", "run", "kind", ...FILTERS, "saver", "loader", "cell"];
export const UNSAVED = "not-saved"; // stands for the loader of what could not be saved

function readState() {
  const state = {};
  const fragment = new URLSearchParams(location.hash.slice(1));
  for (const key of KEYS) state[key] = fragment.get(key) || "";
  if (!(state.page in WORDS.pages)) state.page = "";
  for (const key of ["from", "to"]) if (!environmentOf.has(state[key])) state[key] = "";
  return state;
}

/** The address of the present view with some of it changed. */
export function address(changes, state = STATE) {
  const fragment = new URLSearchParams();
  const next = { ...state, ...changes };
  for (const key of KEYS) if (next[key]) fragment.set(key, next[key]);
  // An empty fragment would jump to the top of the page.
  return `#${fragment.toString() || "all"}`;
}

export function cellAddress(cell, state = STATE) {
  const facts = cellFacts(cell);
  const names = [facts.saver.id, facts.loader ? facts.loader.id : "", facts.format, facts.scenario.name];
  return address({ cell: names.join(",") }, state);
}

/** The cell that the fragment names, or -1. Only the scenario's name may hold a comma, and it comes last. */
export function cellOfState(state) {
  if (!state.cell) return -1;
  const [saver, loader, format, ...scenario] = state.cell.split(",");
  return findNamed(saver, loader, scenario.join(","), format);
}

let shown = () => {};

/** Go to the present view with some of it changed. */
export function go(changes, { replace = false } = {}) {
  const next = address(changes);
  if (next === location.hash) return;
  // Not by setting the fragment: the browser would paint a frame of the old answer before it says that the fragment changed.
  try {
    history[replace ? "replaceState" : "pushState"](null, "", next);
  } catch {
    location.hash = next; // a frame that may not write history, such as a mail program's preview
    return;
  }
  shown();
}

/** What the address says now: every key, empty where it says nothing. Read by all, written here. */
export const STATE = readState();

/** Read the address again; returns what was shown before. */
export function readAgain() {
  const before = { ...STATE };
  Object.assign(STATE, readState());
  return before;
}

/** Name the function that shows whatever the address says. */
export function whenChanged(show) {
  shown = show;
}

/** The pair of environments that is asked about. */
export const chosenPair = () => [STATE.from || DATA.pair[0], STATE.to || DATA.pair[1]];
