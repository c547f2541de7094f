// What is shown lives in the fragment and nowhere else. So every view has an address, and back and forward work.

const FILTERS = ["family", "scenario", "format", "verdict", "cause", "text", "share"];
const KEYS = [...FILTERS, "saver", "loader", "cell"];
const UNSAVED = "not-saved"; // stands for the loader of what could not be saved

function readState() {
  const state = {};
  const fragment = new URLSearchParams(location.hash.slice(1));
  for (const key of KEYS) state[key] = fragment.get(key) || "";
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
  return findCell(saver, loader, scenario.join(","), format);
}

function go(changes, { replace = false } = {}) {
  const next = address(changes);
  if (!replace) { location.hash = next; return; }
  history.replaceState(null, "", next);
  show();
}

let STATE = readState();

/** The cells that pass every filter but the verdict, and but those named: grids count what a verdict is a share of. */
function pool(state, except = []) {
  const wanted = (name) => (except.includes(name) ? "" : state[name]);
  const scenario = wanted("scenario");
  const family = wanted("family");
  const format = wanted("format") ? DATA.formats.indexOf(wanted("format")) : null;
  const passes = SCENARIOS.map((one) => (!scenario || one.name === scenario) && (!family || one.family === family));
  const cause = wanted("cause");
  const caused = OUTCOMES.cause.map((place) => !cause || TEXT[place] === cause);
  const hits = words(state.text);
  const found = [];
  for (let cell = 0; cell < COUNT; cell++) {
    if (!passes[CELLS.scenario[cell]]) continue;
    if (format !== null && CELLS.format[cell] !== format) continue;
    if (!caused[CELLS.outcome[cell]]) continue;
    if (hits.some((hit) => !hit.outcomes[CELLS.outcome[cell]] && !hit.scenarios[CELLS.scenario[cell]])) continue;
    found.push(cell);
  }
  return found;
}

let haystacks = null;

/** For each word of a search, which outcomes and scenarios hold it. */
function words(text) {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  haystacks ??= {
    outcomes: OUTCOMES.error.map((_, outcome) => ["error_type", "error", "attempt", "cause", "stage", "reason", "verdict"]
      .map((name) => TEXT[OUTCOMES[name][outcome]]).join(" ").toLowerCase()),
    scenarios: SCENARIOS.map((one) => `${one.name} ${one.family} ${one.title} ${one.case}`.toLowerCase()),
  };
  return wanted.map((word) => ({
    outcomes: haystacks.outcomes.map((hay) => hay.includes(word)),
    scenarios: haystacks.scenarios.map((hay) => hay.includes(word)),
  }));
}
