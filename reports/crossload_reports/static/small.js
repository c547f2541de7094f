// The same grid once for each format and once for each scenario, small enough to compare at a glance.

import { LOADERS, SAVERS, squareOf, sums, tally } from "./counting.js";
import { CELLS, FORMATS, SCENARIOS, TEXT, verdictOf, VERDICTS } from "./data.js";
import { make, many, percent } from "./elements.js";
import { pool } from "./filters.js";
import { address, STATE } from "./state.js";

// A sign for each verdict on a square of 10 by 10: the second cue beside the colour.
const STROKES = {
  equal: "M3 5q1-1.6 2 0t2 0", lossy: "M3 6.8h4", remedy: "M5 3v4M3 5h4",
  fails: "M3.2 3.2l3.6 3.6M6.8 3.2l-3.6 3.6", crashes: "M5 2.6v3M5 6.9v.6", differs: "M3 4.1h4M3 5.9h4M6.4 2.6l-2.8 4.8",
};

/** How a square looks: by its worst verdict, or, where it stands for many scenarios, by its share. */
function lookOf(sum, isShare) {
  if (!sum.scored) return sum.unavailable ? "unavailable" : "nothing";
  return isShare && sum.worst !== "differs" ? `share-${Math.round((10 * sum.good) / sum.scored)}` : sum.worst;
}

function shareFill(kind) {
  const good = 10 * Number(kind.slice(6));
  return good >= 50 ? `color-mix(in oklab, var(--exact) ${2 * good - 100}%, var(--lossy))` : `color-mix(in oklab, var(--lossy) ${2 * good}%, var(--fails))`;
}

function drawSmall(cells, name, share, shares) {
  const squares = tally(cells);
  const fills = {};
  for (const [y, saver] of SAVERS.entries()) {
    for (const [x, loader] of LOADERS.entries()) {
      const counts = squareOf(squares, saver, loader);
      const sum = sums(counts);
      const chosen = counts[VERDICTS.indexOf(STATE.verdict)] ? STATE.verdict : "nothing";
      const kind = STATE.verdict && sum.scored ? chosen : lookOf(sum, shares);
      fills[kind] ??= [];
      fills[kind].push([x * 10, y * 10]);
    }
  }
  const svg = make("svg", {
    viewBox: `0 0 ${LOADERS.length * 10} ${SAVERS.length * 10}`, class: "small-grid", role: "img",
    "aria-label": `${name}: ${share}. Savers down, loaders across; ${shares ? "share of right outputs" : "worst verdict"} of each square`,
  });
  for (const [kind, places] of Object.entries(fills)) {
    const boxes = places.map(([x, y]) => `M${x + 0.6} ${y + 0.6}h8.8v8.8h-8.8z`).join("");
    const shared = kind.startsWith("share-");
    svg.append(make("path", { d: boxes, class: `fill f-${shared ? "share" : kind}`, style: shared ? { fill: shareFill(kind) } : {} }));
    if (kind === "unavailable") {
      svg.append(make("path", { class: "stroke s-unavailable", d: places.map(([x, y]) => `M${x + 2} ${y + 8}l6-6`).join("") }));
    } else if (STROKES[kind] && LOADERS.length <= 12) {
      const moved = places.map(([x, y]) => STROKES[kind].replace(/M(-?[\d.]+) (-?[\d.]+)|M(-?[\d.]+) ?/g,
        (_, left, top) => `M${x + Number(left)} ${y + Number(top)}`)).join("");
      svg.append(make("path", { d: moved, class: `stroke s-${kind}` }));
    }
  }
  return svg;
}

function drawTile(key, name, cells, more = {}) {
  const counts = new Uint32Array(VERDICTS.length);
  for (const cell of cells) counts[verdictOf(cell)]++;
  const sum = sums(counts);
  const share = sum.scored ? percent(sum.good, sum.scored) : "not scored";
  const query = new URLSearchParams({ [key]: name, ...more });
  const chosen = STATE[key] === name;
  const shown = STATE.verdict ? many(counts[VERDICTS.indexOf(STATE.verdict)], "cell") : share;
  return make("a", {
    class: "tile", href: address({ page: "", ...more, [key]: chosen && !more.scenario ? "" : name, saver: "", loader: "", cell: "" }), "aria-current": chosen ? "true" : null,
  }, drawSmall(cells, name, share, key === "format" && !more.scenario), make("span", { class: "name" }, name), make("span", { class: "tile-share", "data-share": STATE.verdict || !sum.scored ? null : query }, shown));
}

/** The cells of each place of a column. */
function grouped(cells, column) {
  const groups = new Map();
  for (const cell of cells) {
    const group = groups.get(column[cell]);
    if (group) group.push(cell);
    else groups.set(column[cell], [cell]);
  }
  return groups;
}

export function drawSmallGrids() {
  const formats = grouped(pool(STATE, ["format"]), CELLS.format);
  document.getElementById("format-grids").replaceChildren(...FORMATS.map((format, place) =>
    (formats.has(place) ? drawTile("format", format.name, formats.get(place)) : "")));
  const scenarios = grouped(pool(STATE, ["scenario"]), CELLS.scenario);
  const families = new Map();
  SCENARIOS.forEach((scenario, place) => {
    if (!scenarios.has(place)) return;
    if (!families.has(scenario.family)) families.set(scenario.family, []);
    families.get(scenario.family).push(drawScenario(scenario, scenarios.get(place)));
  });
  document.getElementById("scenario-grids").replaceChildren(...[...families].map(([family, tiles]) =>
    make("section", { class: "family", "aria-label": family }, make("h3", {}, family), make("div", { class: "tiles" }, ...tiles))));
}

/** A scenario: its grid, the same for each of its formats, and the source of the model; the last two when they are opened. */
function drawScenario(scenario, cells) {
  const details = make("details", {}, make("summary", {}, "formats and source"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const formats = [...grouped(cells, CELLS.format)].sort(([a], [b]) => a - b);
    details.append(
      scenario.title ? make("p", {}, scenario.title, scenario.case ? make("span", { class: "quiet" }, ` (case ${scenario.case})`) : null) : "",
      make("div", { class: "tiles" }, ...formats.map(([format, own]) => drawTile("format", FORMATS[format].name, own, { scenario: scenario.name }))),
      TEXT[scenario.source] ? make("pre", { tabindex: "0", "aria-label": `Source of ${scenario.name}` }, TEXT[scenario.source]) : "");
  });
  return make("div", { class: "scenario" }, drawTile("scenario", scenario.name, cells), details);
}
