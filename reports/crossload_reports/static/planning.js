// The planner of crossload/upgrade, over the cells of this page; test vectors made by that one hold the two together.
// Environments, scenarios and formats are places. A step is one measured load; a loss is what it takes away:
// 0 nothing, 1 work (a remedy that keeps everything), 2 state of the optimizer or another rung, 3 all but calling it.

import { LOADERS } from "./counting.js";
import { CELLS, COUNT, DATA, doesCount, ENVIRONMENTS, findCell, FORMATS, isControl, isScored, NO_LOADER, OUTCOMES, RUNGS, SCENARIOS, TEXT, verdictOf, VERDICTS, WORDS } from "./data.js";

export const WORK = 1;
export const STATE_LOST = 2;
export const CALL_ONLY = 3;
const MOST_HOPS = 2;
const USABLE = WORDS.loadable;
export const WAYS = WORDS.ways;
const isRebuilt = (format) => FORMATS[format].gives === DATA.terms.rebuilt;

/** What each outcome loses in words, and how much, whatever the format. */
const lossesOfOutcome = Array.from(OUTCOMES.cost, (place, outcome) => {
  if (!USABLE.includes(TEXT[OUTCOMES.verdict[outcome]])) return null;
  const costs = TEXT[place] ? TEXT[place].split(", ") : [];
  const lost = RUNGS.filter((_, rung) => TEXT[OUTCOMES.rungs[outcome]][rung] === "l");
  if (lost.includes("optimizer") && !costs.includes(DATA.terms.optimizer_lost)) costs.push(DATA.terms.optimizer_lost);
  const dropped = costs.includes(DATA.terms.optimizer_lost);
  // Training does not go on from a state that is lost: said once.
  const rungs = lost.filter((rung) => !dropped || !["optimizer", "training"].includes(rung));
  const attempt = TEXT[OUTCOMES.attempt[outcome]];
  const loss = rungs.length || dropped ? STATE_LOST : costs.length ? WORK : 0;
  return { attempt, loss, losses: [...rungs.map((rung) => `${rung} lost`), ...costs], given: DATA.instead[attempt] || "" };
});

/** The steps of each scenario by saver and format. */
let stepsOfScenarios = null;

function stepsOf(scenario) {
  if (!stepsOfScenarios) {
    stepsOfScenarios = SCENARIOS.map(() => new Map());
    for (let cell = 0; cell < COUNT; cell++) {
      const found = lossesOfOutcome[CELLS.outcome[cell]];
      if (!found || CELLS.loader[cell] === NO_LOADER) continue;
      const steps = stepsOfScenarios[CELLS.scenario[cell]];
      const saver = CELLS.saver[cell];
      const format = CELLS.format[cell];
      if (!steps.has(saver)) steps.set(saver, new Map());
      if (!steps.get(saver).has(format)) steps.get(saver).set(format, []);
      const loss = (found.given || FORMATS[format].gives) === DATA.terms.inference ? CALL_ONLY : found.loss;
      steps.get(saver).get(format).push({ saver, format, loader: CELLS.loader[cell], attempt: found.attempt, loss, losses: found.losses, cell });
    }
  }
  return stepsOfScenarios[scenario];
}

/** A later step of a path that began with weights alone: the optimizer's state, which it loses, was in no file. */
function hadNoState(step) {
  const state = [DATA.terms.optimizer_lost, "training lost"];
  const losses = step.losses.filter((loss) => !state.includes(loss));
  if (step.loss !== STATE_LOST || losses.length === step.losses.length) return step;
  const isLost = RUNGS.some((rung) => losses.includes(`${rung} lost`));
  return { ...step, loss: isLost ? STATE_LOST : losses.length ? WORK : 0, losses };
}

/** A later step of a path; weights that are saved on the way leave behind whatever else the first file held. */
function afterSave(step, fromWeights) {
  if (fromWeights) return hadNoState(step);
  if (!isRebuilt(step.format)) return step;
  const losses = [...new Set([...step.losses, DATA.terms.optimizer_lost, DATA.terms.code_needed])];
  return { ...step, loss: Math.max(step.loss, STATE_LOST), losses };
}

function pathOf([first, ...later]) {
  const steps = [first, ...later.map((step) => afterSave(step, isRebuilt(first.format)))];
  return {
    steps, hops: later.length, loss: Math.max(...steps.map((step) => step.loss)),
    losses: [...new Set(steps.flatMap((step) => step.losses))],
    recipe: steps.slice(1).map((step) => [step.saver, step.format]),
  };
}

/** Whether the first of two lists of numbers comes first in the order of dictionaries. */
function isLess(one, other) {
  const place = one.findIndex((number, at) => number !== other[at]);
  return place >= 0 && one[place] < other[place];
}

/** The one with the smallest rank, the first of equal ones; null where there is none. */
function least(items, rankOfItem) {
  let best = null;
  for (const item of items) {
    const rank = rankOfItem(item);
    if (!best || isLess(rank, best.rank)) best = { item, rank };
  }
  return best?.item ?? null;
}

/**
 * The path that loses least and, among those, has the fewest hops; null where there is none. A remedy that keeps everything
 * counts as no loss here.
 */
export function bestPath(scenario, start, format, to, most) {
  const steps = stepsOf(scenario);
  const direct = (steps.get(start)?.get(format) || []).find((step) => step.loader === to && step.loss <= most);
  const found = direct ? [pathOf([direct])] : [];
  const stop = overOneStop(steps, start, format, to, most);
  if (stop) found.push(stop);
  if (!found.some((path) => path.loss <= WORK)) {
    for (let loss = 0; loss <= most; loss++) {
      const longer = search(steps, start, format, to, loss);
      if (longer) found.push(pathOf(longer));
    }
  }
  return least(found, (path) => [Math.max(path.loss, WORK), path.hops, path.loss]);
}

/**
 * The best path with one stop: it loses least; of equal ones it stops where the file was written (no other environment is
 * needed), then needs least, then stops at the newest version. What a stop saves is what comes through best from there.
 */
function overOneStop(steps, start, format, to, most) {
  const found = [];
  for (const first of steps.get(start)?.get(format) || []) {
    if (first.loss >= CALL_ONLY || first.loss > most || first.loader === to) continue;
    // A file that is loaded where it was written and saved as it was is the same file.
    const seconds = [...(steps.get(first.loader) || [])].filter(([form]) => first.loader !== start || form !== format)
      .flatMap(([, loads]) => loads.filter((step) => step.loader === to));
    const second = least(seconds, (step) => {
      const told = afterSave(step, isRebuilt(format));
      return [told.loss, told.losses.length, step.format];
    });
    if (second) found.push(pathOf([first, second]));
  }
  return least(found.filter((path) => path.loss <= most),
    (path) => [path.loss, Number(path.recipe[0][0] !== start), path.losses.length, -path.recipe[0][0]]);
}

function search(steps, start, format, to, most) {
  const carriesState = !isRebuilt(format);
  const seen = new Set();
  let files = [{ saver: start, format, before: [] }];
  let called = null; // ends with something that can only be called: taken where no model gets there
  for (let hops = 0; hops <= MOST_HOPS && files.length; hops++) {
    const models = [];
    for (const file of files) {
      for (const step of steps.get(file.saver)?.get(file.format) || []) {
        if (step.loss > most) continue;
        if (step.loss === CALL_ONLY) {
          if (step.loader === to) called ??= [...file.before, step];
        } else if (step.loader === to) return [...file.before, step];
        else if (!seen.has(step.loader)) { seen.add(step.loader); models.push([...file.before, step]); }
      }
    }
    // What wrote the file is at hand: it comes before environments that would have to be made.
    models.sort((a, b) => (b.at(-1).loader === start) - (a.at(-1).loader === start));
    files = models.flatMap((before) => [...(steps.get(before.at(-1).loader)?.keys() || [])]
      .filter((one) => most >= STATE_LOST || !isRebuilt(one) || !carriesState)
      .map((one) => ({ saver: before.at(-1).loader, format: one, before })));
  }
  return called;
}

/** The path over given stops; null where one of its loads does not work for this scenario. */
function follow(scenario, start, format, recipe, to) {
  const steps = stepsOf(scenario);
  const files = [[start, format], ...recipe];
  const found = [];
  for (const [number, [saver, one]] of files.entries()) {
    const last = number === files.length - 1;
    const stop = last ? to : recipe[number][0];
    const step = (steps.get(saver)?.get(one) || []).find((each) => each.loader === stop && (last || each.loss < CALL_ONLY));
    if (!step) return null;
    found.push(step);
  }
  return pathOf(found);
}

function wayOf(path) {
  if (!path) return "no way found";
  if (path.hops) return "with hops";
  if (path.loss === 0) return "plainly";
  return path.loss === WORK || path.steps[0].attempt !== "plain" ? "with a remedy" : "with loss";
}

/** The best way for every file that was saved in one environment and loaded in the other. */
export function planUpgrade(start, to, most) {
  const entries = [];
  let wrongAtHome = 0;
  for (let cell = 0; cell < COUNT; cell++) {
    if (CELLS.saver[cell] !== start || CELLS.loader[cell] !== to || !isScored[verdictOf(cell)]) continue;
    if (!doesCount(cell)) {
      wrongAtHome += isControl(cell) ? 0 : 1;
      continue;
    }
    const scenario = CELLS.scenario[cell];
    const format = CELLS.format[cell];
    const path = bestPath(scenario, start, format, to, most);
    entries.push({ scenario, format, cell, path, way: wayOf(path), direct: verdictOf(cell) });
  }
  return { start, to, most, entries, wrongAtHome, route: fleetRoute(entries, start, to, most), ...turningPoint(entries, start, to) };
}

/** Every route with one stop from which something loads in the end. */
function singleStops(entries, to) {
  const found = new Map();
  for (const scenario of new Set(entries.map((entry) => entry.scenario)))
    for (const [saver, formats] of stepsOf(scenario)) for (const [format, steps] of formats)
      if (steps.some((step) => step.loader === to)) found.set(`${saver},${format}`, [[saver, format]]);
  return found;
}

/**
 * Of the routes that are best for some file or have one stop, the one that leaves behind and loses least, then has the fewest
 * hops, needs least, stops where the file was written (that is at hand), and has the newest stops.
 */
function fleetRoute(entries, start, to, most) {
  const recipes = singleStops(entries, to);
  if (entries.length) recipes.set("", []);
  for (const entry of entries) if (entry.path) recipes.set(entry.path.recipe.join(";"), entry.path.recipe);
  let best = null;
  for (const recipe of recipes.values()) {
    const paths = entries.map((entry) => follow(entry.scenario, start, entry.format, recipe, to));
    const working = paths.filter((path) => path && path.loss <= most);
    if (!working.length) continue;
    // A file that is left behind weighs more than one that can only be called afterwards.
    const price = working.reduce((sum, path) => sum + path.loss, 0) + (CALL_ONLY + 1) * (entries.length - working.length);
    const needed = working.reduce((sum, path) => sum + path.losses.length, 0);
    const elsewhere = recipe.filter(([stop]) => stop !== start).length;
    const rank = [price, recipe.length, needed, elsewhere, ...recipe.map(([stop]) => -stop), ...recipe.map(([, form]) => form)];
    if (best && !isLess(rank, best.rank)) continue;
    const losses = new Map();
    for (const path of working) for (const loss of path.losses) losses.set(loss, (losses.get(loss) || 0) + 1);
    best = { recipe, rank, works: working.length, of: entries.length, losses: [...losses].sort((a, b) => b[1] - a[1]) };
  }
  return best;
}

/** The newest plain version in which every file loads as where it was written, and the step on the way that costs most. */
function turningPoint(entries, start, to) {
  const own = entries.map((entry) => findCell(entry.scenario, entry.format, start, start));
  const home = entries.filter((_, place) => own[place] >= 0 && USABLE.includes(VERDICTS[verdictOf(own[place])]));
  const atHome = own.filter((cell) => cell >= 0 && USABLE.includes(VERDICTS[verdictOf(cell)]));
  // Nobody moves through a variant or another machine.
  const versions = LOADERS.filter((one) => one === start || one === to
    || (ENVIRONMENTS[one].plain && ENVIRONMENTS[one].hardware === ENVIRONMENTS[to].hardware));
  const count = (loader) => {
    let same = 0;
    for (const [place, entry] of home.entries()) {
      const cell = findCell(entry.scenario, entry.format, start, loader);
      if (cell < 0 || !isScored[verdictOf(cell)]) return null;
      same += WORDS.faithful.includes(VERDICTS[verdictOf(cell)]) || verdictOf(cell) === verdictOf(atHome[place]) ? 1 : 0;
    }
    return same;
  };
  const counts = new Map(versions.map((loader) => [loader, count(loader)]));
  const [since, goal] = [versions.indexOf(start), versions.indexOf(to)];
  const complete = versions.slice(since).filter((loader) => home.length && counts.get(loader) === home.length);
  const way = since <= goal ? versions.slice(since, goal + 1) : versions.slice(goal, since + 1).reverse();
  const known = way.filter((loader) => counts.get(loader) !== null);
  let expensive = null;
  for (let place = 1; place < known.length; place++) {
    const [before, after] = [known[place - 1], known[place]];
    const lost = counts.get(before) - counts.get(after);
    if (lost > (expensive ? expensive.lost : 0)) expensive = { before, after, lost };
  }
  return { latest: complete.length ? complete.at(-1) : null, expensive };
}
