// Who loads whom: savers down, loaders across.

import { GROUP_AT, LOADERS, SAVERS, squareOf, sums, tally } from "./counting.js";
import { DATA, ENVIRONMENTS, NO_LOADER, VERDICTS, WORDS } from "./data.js";
import { environmentName, make, many, percent } from "./elements.js";
import { address, chosenPair, STATE, UNSAVED } from "./state.js";

const DENSE = 30; // more than this, and squares are as small as can be read
const TINY = 16; // more environments than this have squares without signs, but for what is silently wrong
export const isTiny = LOADERS.length > TINY;

let GRID = null; // what is drawn: the table, its squares and the headings it was drawn for

export function drawGrid(cells) {
  const squares = tally(cells);
  const unsaved = SAVERS.some((saver) => squareOf(squares, saver, NO_LOADER).some(Boolean));
  const pair = chosenPair();
  const headings = [unsaved, ...pair].join(" ");
  const focused = document.activeElement?.dataset?.square;
  // A table that is drawn anew is laid out anew: with five hundred squares, a filter would be answered late.
  if (GRID?.headings !== headings) GRID = { headings, ...makeGrid(unsaved, pair) };
  let most = 1;
  for (const saver of SAVERS) {
    for (const loader of LOADERS) most = Math.max(most, squareOf(squares, saver, loader)[VERDICTS.indexOf(STATE.verdict)] || 0);
  }
  for (const saver of SAVERS) {
    for (const loader of LOADERS) drawSquare(GRID.squares[saver][loader], saver, loader, squareOf(squares, saver, loader), most);
    if (unsaved) GRID.unsaved[saver].replaceChildren(drawUnsaved(saver, squareOf(squares, saver, NO_LOADER)));
  }
  const place = document.getElementById("grid");
  if (place.firstElementChild !== GRID.table) place.replaceChildren(GRID.table);
  roam(GRID.table, focused);
}

const classOf = (...names) => names.filter(Boolean).join(" ") || null;

/** An environment with both of its numbers, and how much of it was measured. */
function nameOf({ said, sample }) {
  return sample ? `${said}; a sample of ${sample.compared.toLocaleString("en")} of ${sample.cells.toLocaleString("en")} cells, compared with ${sample.like}` : said;
}

/** A table of empty squares. */
function makeGrid(unsaved, [start, goal]) {
  const head = make("tr", {}, make("th", { class: "corner", scope: "col" },
    make("span", { class: "down" }, "saved ↓"), make("span", { class: "across" }, "loaded →")));
  for (const loader of LOADERS) head.append(make("th", { scope: "col", class: classOf(ENVIRONMENTS[loader].id === goal && "asked", GROUP_AT.has(loader) && "begins"), title: nameOf(ENVIRONMENTS[loader]) }, ...environmentName(ENVIRONMENTS[loader])));
  if (unsaved) head.append(make("th", { scope: "col", class: "unsaved" }, "not saved"));
  const made = { squares: [], unsaved: [] };
  const body = make("tbody");
  for (const saver of SAVERS) {
    if (DATA.groups.length > 1 && GROUP_AT.has(saver)) {
      body.append(make("tr", { class: "group" }, make("th", { scope: "rowgroup" }, GROUP_AT.get(saver).name)));
    }
    const row = make("tr", {}, make("th", { scope: "row", class: ENVIRONMENTS[saver].id === start ? "asked" : null, title: nameOf(ENVIRONMENTS[saver]) }, ...environmentName(ENVIRONMENTS[saver])));
    made.squares[saver] = [];
    LOADERS.forEach((loader) => {
      const pair = { saver: ENVIRONMENTS[saver].id, loader: ENVIRONMENTS[loader].id };
      const square = make("a", { "data-square": `${pair.saver}>${pair.loader}`, href: address(pair, {}) },
        ...(isTiny ? [" "] : [make("b", {}, " "), make("small", {}, " "), make("span", { "aria-hidden": "true" }, " ")]));
      row.append(make("td", { class: classOf(saver === loader && "same", GROUP_AT.has(loader) && "begins") }, square));
      made.squares[saver][loader] = square;
    });
    if (unsaved) {
      made.unsaved[saver] = make("td", { class: "unsaved" });
      row.append(made.unsaved[saver]);
    }
    body.append(row);
  }
  const size = LOADERS.length > DENSE ? "tiny dense" : isTiny ? "tiny" : LOADERS.length > 9 ? "small" : "large";
  const groups = DATA.groups.length > 1 ? make("tr", { class: "groups" }, make("td", {}),
    ...DATA.groups.map((group) => make("th", { scope: "colgroup", colspan: group.places.length, class: "begins" }, make("span", {}, group.name)))) : null;
  made.table = make("table", { class: `grid ${size}`, "aria-label": "Saved with, by row; loaded with, by column" }, make("thead", {}, groups, head), body);
  made.table.addEventListener("keydown", moveWithArrows);
  for (const occasion of ["pointerover", "pointerdown", "focusin", "click"]) made.table.addEventListener(occasion, aim, { capture: true });
  return made;
}

/**
 * Before a square is used: its link keeps the filters, and a pointer sees what a screen reader says. Five hundred links that
 * are set with every filter would be hashed by the browser each time, for it knows which ones were visited.
 */
function aim({ target }) {
  const square = target.closest?.("a.square");
  if (!square) return;
  const [saver, named] = square.dataset.square.split(">");
  const loader = named || UNSAVED;
  const chosen = STATE.saver === saver && STATE.loader === loader;
  change(square, "href", address(chosen ? { saver: "", loader: "", cell: "" } : { saver, loader, cell: "" }));
  change(square, "title", square.getAttribute("aria-label"));
}

/** Set what differs, and nothing else. */
function change(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function say(element, text) {
  if (element.firstChild.data !== text) element.firstChild.data = text;
}

function drawSquare(link, saver, loader, counts, most) {
  const from = ENVIRONMENTS[saver];
  const to = ENVIRONMENTS[loader];
  const chosen = STATE.saver === from.id && STATE.loader === to.id;
  const sum = sums(counts);
  const said = VERDICTS.map((verdict, place) => (counts[place] ? `${counts[place]} ${verdict}` : "")).filter(Boolean);
  change(link, "aria-current", chosen ? "true" : null);
  change(link, "aria-label", `Saved with ${from.label}, loaded with ${to.label}: ${said.join(", ") || "nothing was run"}`);
  const look = STATE.verdict ? lookOfCount(counts[VERDICTS.indexOf(STATE.verdict)], sum, most) : lookOfShare(counts, sum);
  change(link, "class", `square ${look.class}`);
  change(link, "style", look.mix || null);
  if (isTiny) {
    // Nothing but a number in them: what hundreds of them hold takes the browser longer than what they say.
    say(link, look.number);
    change(link, "data-sign", look.sign ? WORDS.signs[look.sign] : null);
    return;
  }
  const [number, small, sign] = link.children;
  say(number, look.number);
  say(small, look.small || "");
  change(sign, "class", look.sign ? `badge v-${look.sign}` : null);
  say(sign, look.sign ? WORDS.signs[look.sign] : "");
}

/** A square with no scored cell says so, whatever the colour of its neighbours. */
const lookOfNothing = (sum) => ({ class: sum.unavailable ? "unavailable" : "nothing", number: sum.unavailable ? "?" : "–" });

// One rule for each tint: hundreds of squares that each bring a colour of their own would have to be worked out one by one.
const STEPS = 25;
const tints = new CSSStyleSheet();
const tint = (name, part) => `tint-${name}-${Math.round(part * STEPS)}`;
for (let step = 0; step <= STEPS; step++) {
  const part = step / STEPS;
  const [better, worse, place] = part >= 0.5 ? ["exact", "lossy", part * 2 - 1] : ["lossy", "fails", part * 2];
  const rules = [["share", `color-mix(in oklab, var(--${better}) ${place * 100}%, var(--${worse})) 30%`],
    ...VERDICTS.map((verdict) => [verdict, `var(--${WORDS.scored.includes(verdict) ? verdict : "none"}) ${25 + part * 60}%`])];
  for (const [name, colour] of rules) tints.insertRule(`.${tint(name, part)} { background-color: color-mix(in oklab, ${colour}, var(--surface)) }`);
}
document.adoptedStyleSheets.push(tints);

function lookOfShare(counts, sum) {
  if (!sum.scored) return lookOfNothing(sum);
  if (sum.all === 1) return { class: `solo v-${sum.worst}`, number: WORDS.signs[sum.worst], small: isTiny ? "" : sum.worst };
  const share = sum.good / sum.scored;
  const silent = sum.worst === "differs";
  return {
    class: `mixed ${tint("share", share)}${silent ? " wrong" : ""}`,
    number: percent(sum.good, sum.scored).replace(" %", ""), mix: mixOf(counts, sum.scored),
    sign: silent || (!WORDS.faithful.includes(sum.worst) && !isTiny) ? sum.worst : "",
  };
}

function lookOfCount(count, sum, most) {
  if (!count) return sum.scored ? { class: "nothing", number: "0" } : lookOfNothing(sum);
  return {
    class: `counted ${tint(STATE.verdict, count / most)}`,
    number: String(count), small: isTiny ? "" : `of ${sum.all}`, sign: isTiny ? "" : STATE.verdict,
  };
}

/** The verdicts of a square as one bar: a background, since some grids have five hundred squares. */
function mixOf(counts, scored) {
  let done = 0;
  const stops = [];
  WORDS.scored.forEach((verdict) => {
    const count = counts[VERDICTS.indexOf(verdict)];
    if (!count) return;
    const next = done + (100 * count) / scored;
    stops.push(`var(--${verdict}) ${done.toFixed(1)}% ${next.toFixed(1)}%`);
    done = next;
  });
  return `background-image: linear-gradient(to right, ${stops.join(", ")})`;
}

function drawUnsaved(saver, counts) {
  const count = counts[VERDICTS.indexOf("cannot-save")];
  if (!count || (STATE.verdict && STATE.verdict !== "cannot-save")) return make("span", { class: "square nothing" }, "");
  const from = ENVIRONMENTS[saver];
  const chosen = STATE.saver === from.id && STATE.loader === UNSAVED;
  return make("a", {
    class: "square notsaved", href: address({ saver: from.id, loader: UNSAVED }, {}),
    "aria-current": chosen ? "true" : null, "data-square": `${from.id}>`,
    "aria-label": `${many(count, "artifact")} could not be saved with ${from.label}`,
  }, ...(isTiny ? [String(count)] : [make("b", {}, String(count)), make("small", {}, WORDS.signs["cannot-save"])]));
}

/** One tab stop for the whole grid; the arrow keys move inside it. */
function roam(table, focused) {
  const all = [...table.querySelectorAll("a.square")];
  const start = all.find((square) => square.dataset.square === focused)
    || all.find((square) => square.getAttribute("aria-current")) || all[0];
  for (const square of all) change(square, "tabindex", square === start ? "0" : "-1");
  if (focused && start && start !== document.activeElement) start.focus({ preventScroll: true });
}

function moveWithArrows(event) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  const rows = [...event.currentTarget.tBodies[0].rows].map((row) => [...row.querySelectorAll("a.square")]).filter((row) => row.length);
  const row = rows.findIndex((squares) => squares.includes(event.target));
  if (!step || row < 0) return;
  const next = rows[row + step[0]]?.[rows[row].indexOf(event.target) + step[1]];
  event.preventDefault();
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
