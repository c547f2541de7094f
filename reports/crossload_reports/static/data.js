// The data of the page (see reports/payload.py). Cells are known by their place in the columns.

const DATA = await unpack();
const TEXT = DATA.strings;
const { cells: CELLS, outcomes: OUTCOMES, kinds: KINDS, trials: TRIALS, words: WORDS } = DATA;
const ENVIRONMENTS = DATA.environments;
const SCENARIOS = DATA.scenarios;
const FORMATS = DATA.formats;
const VERDICTS = [...WORDS.scored, ...WORDS.unscored];
const RUNGS = ["architecture", "weights", "outputs", "optimizer", "training"];
// Worst first; what has no score comes last.
const SEVERITY = [...WORDS.severity, ...WORDS.unscored];
const COUNT = CELLS.outcome.length;
const NO_LOADER = ENVIRONMENTS.length; // what could not be saved

const verdictOfOutcome = Uint8Array.from(OUTCOMES.verdict, (place) => VERDICTS.indexOf(TEXT[place]));
const isScored = VERDICTS.map((verdict) => WORDS.scored.includes(verdict));
const rankOf = VERDICTS.map((verdict) => SEVERITY.indexOf(verdict));
const environmentOf = new Map(ENVIRONMENTS.map((one, place) => [one.id, place]));
const scenarioOf = new Map(SCENARIOS.map((one, place) => [one.name, place]));
const formatOf = new Map(FORMATS.map((one, place) => [one.name, place]));

const firstTrial = new Uint32Array(COUNT + 1);
CELLS.tries.forEach((count, cell) => { firstTrial[cell + 1] = firstTrial[cell] + count; });

const verdictOf = (cell) => verdictOfOutcome[CELLS.outcome[cell]];
const labelOf = (id) => id.replace(/-cpu$/, "");
const seconds = (hundredths) => (hundredths === 65535 ? null : hundredths / 100);

/** Everything the page says about one cell. */
function cellFacts(cell) {
  const outcome = CELLS.outcome[cell];
  const text = (name) => TEXT[OUTCOMES[name][outcome]];
  return {
    scenario: SCENARIOS[CELLS.scenario[cell]], format: FORMATS[CELLS.format[cell]].name,
    saver: ENVIRONMENTS[CELLS.saver[cell]], loader: ENVIRONMENTS[CELLS.loader[cell]] || null,
    verdict: text("verdict"), attempt: text("attempt"), cause: text("cause"), evidence: text("evidence"), rungs: text("rungs"),
    diffs: TEXT[CELLS.diffs[cell]], errorType: text("error_type"), error: text("error"), stage: text("stage"),
    container: text("container"), reason: text("reason"), cost: text("cost"), route: text("route"), routeCost: text("route_cost"),
    fidelity: OUTCOMES.fidelity[outcome] - 1,
    bytes: CELLS.bytes[cell] === 4294967295 ? null : CELLS.bytes[cell], seconds: seconds(CELLS.seconds[cell]),
  };
}

/** The attempts of one cell, in the order in which they were made. */
function attemptsOf(cell) {
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
function findCell(scenario, format, saver, loader) {
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

function findNamed(saver, loader, scenario, format) {
  return findCell(scenarioOf.get(scenario), formatOf.get(format), environmentOf.get(saver), loader ? environmentOf.get(loader) : NO_LOADER);
}

/** Make an element; attributes that are null are left out, children may be text. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "g", "rect", "text", "title", "circle"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name === "style") Object.entries(value).forEach(([key, one]) => element.style.setProperty(key, one));
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const badge = (verdict) => make("span", { class: `badge v-${verdict}`, "aria-hidden": "true" }, WORDS.signs[verdict]);
const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/** A whole percentage that says 0 or 100 only when it is exactly that. */
function percent(part, whole) {
  const share = part / whole;
  return `${share > 0 && share < 1 ? Math.min(99, Math.max(1, Math.round(share * 100))) : Math.round(share * 100)} %`;
}

/** The name of an environment in two lines: the version, and what is special about it. */
function environmentName(environment) {
  const [, version, rest] = environment.label.match(/^([^+-]*)(.*)$/);
  // The name of a variant may be broken behind its first word: a column is as wide as a number.
  const [first, ...more] = rest.split("_");
  return rest ? [version, make("small", {}, first, ...more.flatMap((word) => ["_", make("wbr"), word]))] : [environment.label];
}
