// What is shown lives in the fragment and nowhere else. So every view has an address, and back and forward work.

const FILTERS = ["family", "scenario", "format", "hardware", "verdict", "cause", "attempt", "text", "share"];
const KEYS = ["page", "from", "to", "keep", "run", "kind", ...FILTERS, "saver", "loader", "cell"];
const UNSAVED = "not-saved"; // stands for the loader of what could not be saved

function readState() {
  const state = {};
  const fragment = new URLSearchParams(location.hash.slice(1));
  for (const key of KEYS) state[key] = fragment.get(key) || "";
  if (!(state.page in WORDS.pages)) state.page = "";
  for (const key of ["from", "to"]) if (!environmentOf.has(state[key])) state[key] = "";
  return state;
}

/** The address of the present view with some of it changed. */
function address(changes, state = STATE) {
  const fragment = new URLSearchParams();
  const next = { ...state, ...changes };
  for (const key of KEYS) if (next[key]) fragment.set(key, next[key]);
  // An empty fragment would jump to the top of the page.
  return `#${fragment.toString() || "all"}`;
}

function cellAddress(cell, state = STATE) {
  const facts = cellFacts(cell);
  const names = [facts.saver.id, facts.loader ? facts.loader.id : "", facts.format, facts.scenario.name];
  return address({ cell: names.join(",") }, state);
}

/** The cell that the fragment names, or -1. Only the scenario's name may hold a comma, and it comes last. */
function cellOfState(state) {
  if (!state.cell) return -1;
  const [saver, loader, format, ...scenario] = state.cell.split(",");
  return findNamed(saver, loader, scenario.join(","), format);
}

function go(changes, { replace = false } = {}) {
  const next = address(changes);
  if (next === location.hash) return;
  // Not by setting the fragment: the browser would paint a frame of the old answer before it says that the fragment changed.
  try {
    history[replace ? "replaceState" : "pushState"](null, "", next);
  } catch {
    location.hash = next; // a frame that may not write history, such as a mail program's preview
    return;
  }
  show();
}

let STATE = readState();

/** The pair of environments that is asked about. */
const chosenPair = () => [STATE.from || DATA.pair[0], STATE.to || DATA.pair[1]];

/** The cells that pass every filter but the verdict, and but those named: grids count what a verdict is a share of. */
function pool(state, except = []) {
  const wanted = (name) => (except.includes(name) ? "" : state[name]);
  const [scenario, family, hardware, cause, attempt] = ["scenario", "family", "hardware", "cause", "attempt"].map(wanted);
  const format = wanted("format") ? formatOf.get(wanted("format")) ?? -1 : null;
  const scenarios = SCENARIOS.map((one) => (!scenario || one.name === scenario) && (!family || one.family === family));
  const machines = [...ENVIRONMENTS.map((one) => !hardware || one.hardware === hardware), false];
  const hits = words(state.text);
  const outcomes = OUTCOMES.cause.map((place, outcome) => Number((!cause || TEXT[place] === cause)
    && (!attempt || TEXT[OUTCOMES.attempt[outcome]] === attempt)));
  const found = new Uint32Array(COUNT);
  let count = 0;
  for (let cell = 0; cell < COUNT; cell++) {
    const outcome = CELLS.outcome[cell];
    if (!outcomes[outcome] || !scenarios[CELLS.scenario[cell]]) continue;
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
function lowercase() {
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
