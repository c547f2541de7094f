// Unpacks the embedded data (see reports/payload.py). Cells are known by their place in the columns.

const DATA = JSON.parse(document.getElementById("data").textContent);
const TEXT = DATA.strings;
const { cells: CELLS, outcomes: OUTCOMES, kinds: KINDS, trials: TRIALS, words: WORDS } = DATA;
const ENVIRONMENTS = DATA.environments;
const SCENARIOS = DATA.scenarios;
const VERDICTS = [...WORDS.scored, ...WORDS.unscored];
const RUNGS = ["architecture", "weights", "outputs", "optimizer", "training"];
// Worst first, as in reports/columns.py; what has no score comes last.
const SEVERITY = ["differs", "crashes", "fails", "lossy", "remedy", "equal", "exact", ...WORDS.unscored];
const COUNT = CELLS.outcome.length;

const verdictOfOutcome = OUTCOMES.verdict.map((place) => VERDICTS.indexOf(TEXT[place]));
const isScored = VERDICTS.map((verdict) => WORDS.scored.includes(verdict));
const isLoadable = VERDICTS.map((verdict) => WORDS.loadable.includes(verdict));
const rankOf = VERDICTS.map((verdict) => SEVERITY.indexOf(verdict));

const firstTrial = new Uint32Array(COUNT + 1);
CELLS.tries.forEach((count, cell) => { firstTrial[cell + 1] = firstTrial[cell] + count; });

const verdictOf = (cell) => verdictOfOutcome[CELLS.outcome[cell]];

/** Everything the page says about one cell. */
function cellFacts(cell) {
  const outcome = CELLS.outcome[cell];
  const text = (name) => TEXT[OUTCOMES[name][outcome]];
  return {
    scenario: SCENARIOS[CELLS.scenario[cell]],
    format: DATA.formats[CELLS.format[cell]],
    saver: ENVIRONMENTS[CELLS.saver[cell]],
    loader: ENVIRONMENTS[CELLS.loader[cell]] || null,
    verdict: text("verdict"), attempt: text("attempt"), cause: text("cause"), evidence: text("evidence"), rungs: text("rungs"), diffs: text("diffs"),
    errorType: text("error_type"), error: text("error"), stage: text("stage"), container: text("container"),
    reason: text("reason"), cost: text("cost"), route: text("route"), routeCost: text("route_cost"), fidelity: OUTCOMES.fidelity[outcome],
    bytes: CELLS.bytes[cell], seconds: CELLS.seconds[cell],
  };
}

/** The attempts of one cell, in the order in which they were made. */
function attemptsOf(cell) {
  const found = [];
  for (let trial = firstTrial[cell]; trial < firstTrial[cell + 1]; trial++) {
    const kind = TRIALS.kind[trial];
    const text = (name) => TEXT[KINDS[name][kind]];
    found.push({
      attempt: text("attempt"), outcome: text("outcome"), rungs: text("rungs"), diffs: text("diffs"),
      errorType: text("error_type"), error: text("error"), stage: text("stage"),
      fidelity: KINDS.fidelity[kind], seconds: TRIALS.seconds[trial],
    });
  }
  return found;
}

/** The place of a cell by its four names, or -1. */
function findCell(saver, loader, scenario, format) {
  const from = ENVIRONMENTS.findIndex((environment) => environment.id === saver);
  const to = loader ? ENVIRONMENTS.findIndex((environment) => environment.id === loader) : -1;
  const model = SCENARIOS.findIndex((one) => one.name === scenario);
  const kind = DATA.formats.indexOf(format);
  for (let cell = 0; cell < COUNT; cell++) {
    if (CELLS.saver[cell] === from && CELLS.loader[cell] === to && CELLS.scenario[cell] === model
      && CELLS.format[cell] === kind) return cell;
  }
  return -1;
}

// --- small helpers -------------------------------------------------------------------------------------------------

/** Make an element. Children are nodes or text: nothing is ever parsed as markup. */
function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "title", "g"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const badge = (verdict) => make("span", { class: `badge v-${verdict}`, "aria-hidden": "true" }, WORDS.signs[verdict]);

/** As in reports/analysis.py: 0 % and 100 % are said only when they are exactly that. */
function percent(part, whole) {
  const exact = (100 * part) / whole;
  const rounded = part > 0 && part < whole ? Math.min(99, Math.max(1, Math.round(exact))) : Math.round(exact);
  return `${rounded} %`;
}

const many = (count, one, more) => `${count.toLocaleString("en")} ${count === 1 ? one : more || `${one}s`}`;

function environmentName(environment) {
  const [version, ...variant] = environment.label.split("+");
  return [version, variant.length ? make("small", {}, `+${variant.join("+")}`) : null].filter(Boolean);
}
