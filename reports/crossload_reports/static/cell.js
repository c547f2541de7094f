// The panel of one cell: what happened, what was tried, how the two environments differ, how to see it again.

import { attemptsOf, cellFacts, DATA, labelOf, RUNGS, TEXT, WORDS } from "./data.js";
import { historyPart } from "./earlier.js";
import { badge, copyBox, make, many, part, shellWord } from "./elements.js";
import { shown } from "./list.js";
import { pinsPart } from "./pins.js";
import { address, cellAddress, cellOfState, go, STATE } from "./state.js";

const RUNG_MEANINGS = {
  architecture: "same layers, names and shapes", weights: "the same, bit by bit", outputs: "agree within tolerance",
  optimizer: "slots, steps, compile config", training: "one more step, same loss", use: "predict, evaluate, fit and save go on",
};
const RUNG_STATES = { p: ["pass", "✓"], l: ["lost", "×"], n: ["n/a", "–"], ".": ["not reached", ""] };

export const panel = document.getElementById("cell");
let openCell = -1;

export function drawCell() {
  const cell = cellOfState(STATE);
  if (cell < 0) {
    if (panel.open) panel.close();
    openCell = -1;
    if (STATE.cell) document.getElementById("status").textContent = "The link names a cell that this run does not have.";
    return;
  }
  if (cell === openCell && panel.open) return;
  openCell = cell;
  const facts = cellFacts(cell);
  document.getElementById("cell-body").replaceChildren(...panelParts(cell, facts).filter(Boolean));
  const place = STATE.page ? -1 : shown.cells.indexOf(cell);
  link("cell-previous", place > 0 ? shown.cells[place - 1] : -1);
  link("cell-next", place >= 0 && place < shown.cells.length - 1 ? shown.cells[place + 1] : -1);
  document.getElementById("cell-place").textContent = place < 0 ? "" : `${place + 1} of ${shown.cells.length.toLocaleString("en")}`;
  if (!panel.open) panel.showModal();
  document.getElementById("cell-body").scrollTop = 0;
}

function link(id, cell) {
  const anchor = document.getElementById(id);
  if (cell < 0) anchor.removeAttribute("href");
  else anchor.href = cellAddress(cell);
}

export const closeCell = () => go({ cell: "" });

function panelParts(cell, facts) {
  return [
    make("header", { class: `cell-head v-${facts.verdict}` },
      badge(facts.verdict),
      make("div", {},
        make("p", { class: "cell-verdict" }, facts.verdict),
        make("p", { class: "meaning" }, WORDS.meanings[facts.verdict]))),
    make("h2", { id: "cell-title" }, facts.scenario.name,
      facts.scenario.title ? make("small", {}, facts.scenario.title) : null),
    make("p", { class: "route" }, make("span", { class: "chip" }, facts.format),
      facts.loader ? " saved with " : " could not be written by ", make("b", {}, facts.saver.label),
      facts.loader ? ", loaded with " : null, facts.loader ? make("b", {}, facts.loader.label) : null),
    facts.reason ? make("p", { class: "reason" }, facts.reason) : null,
    facts.twin ? make("p", { class: "reason" }, `Measured on its twin: the file of ${labelOf(facts.twin)} was loaded, which holds the same but for the version that it names.`) : null,
    facts.cause ? causePart(facts) : null,
    remedyPart(facts),
    WORDS.scored.includes(facts.verdict) ? part("Fidelity", ladder(facts), differences(facts.diffs)) : null,
    facts.error ? part(facts.verdict === "remedy" ? "Error of the plain load" : "Error", errorBox(facts)) : null,
    attemptsPart(cell, facts),
    historyPart(facts),
    pinsPart(facts),
    part("Run this cell again", copyBox(commandOf(facts), "cell-command")),
    scenarioPart(facts),
  ];
}

/** Why: the cause in words, what shows it, what to try, and who reported it. */
function causePart(facts) {
  const cause = WORDS.causes[facts.cause] || { title: facts.cause, explanation: "", remedies: [], links: [] };
  const lines = facts.evidence.split("\n").filter(Boolean);
  const told = [
    cause.remedies.length ? ["to try", [cause.remedies.join(" · ")]] : null,
    cause.links.length ? ["reported as", cause.links.flatMap(([text, reference], place) => [place ? ", " : "",
      make("a", { href: reference, rel: "noreferrer" }, text.replace(/^https:\/\/github\.com\/(.+)\/(?:issues|pull)\/(\d+)$/, "$1#$2"))])] : null,
  ].filter(Boolean);
  return part("Cause",
    make("p", {}, make("b", {}, cause.title), " ",
      make("a", { class: "quiet", href: address({ page: "", cause: facts.cause, verdict: "", saver: "", loader: "", cell: "" }) }, facts.cause)),
    cause.explanation ? make("p", {}, ...cause.explanation.split("`").map((text, place) =>
      place % 2 ? make("code", {}, text) : text)) : null,
    lines.length ? make("ul", { class: "evidence", "aria-label": "Evidence" }, ...lines.map((line) => make("li", {}, line))) : null,
    told.length ? make("dl", { class: "facts" }, ...told.map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, ...value)))) : null);
}

/** What works instead: the attempt that repairs it, as code, and a way round through another environment. */
function remedyPart(facts) {
  const ways = [
    facts.verdict === "remedy" ? ["load with", facts.attempt, facts.cost] : null,
    facts.route ? ["or go round", facts.route, facts.routeCost] : null,
  ].filter(Boolean);
  const code = facts.verdict === "remedy" ? DATA.code[`${facts.attempt}|${facts.format}`] : "";
  return ways.length ? part("What works", make("dl", { class: "facts" }, ...ways.map(([name, way, cost]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, way, cost ? make("small", { class: "quiet" }, ` (${cost})`) : null)))),
  code ? copyBox(code, "remedy-code") : null) : null;
}

function ladder(facts) {
  const based = facts.attempt ? ` by ${facts.attempt === "plain" ? "the plain load" : facts.attempt}` : "";
  const steps = RUNGS.map((rung, place) => {
    const [state, sign] = RUNG_STATES[facts.rungs[place]];
    return make("li", { class: `rung r-${state.replace(/\W/g, "-")}` },
      make("span", { class: "step", "aria-hidden": "true" }, sign || String(place + 1)),
      make("span", { class: "rung-name" }, `${place + 1} ${rung}`),
      make("span", { class: "rung-state" }, state),
      make("span", { class: "rung-meaning" }, RUNG_MEANINGS[rung]));
  });
  return make("div", {}, make("p", { class: "quiet" }, facts.fidelity <= 0 ? "No rung was reached."
    : `Reaches ${facts.fidelity} of ${RUNGS.length} rungs${based}.`), make("ol", { class: "ladder", "aria-label": "Fidelity ladder" }, ...steps));
}

function differences(diffs) {
  const [absolute, relative, ulp] = diffs.split(" ");
  if (absolute === "-" && relative === "-" && ulp === "-") return null;
  return make("dl", { class: "facts" }, ...[["largest difference", absolute], ["relative", relative], ["in ULP", ulp]]
    .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value === "-" ? "not measured" : value))));
}

/** The line that matters on top, the rest folded. */
function errorBox(facts) {
  const lines = facts.error.split("\n");
  const top = lineThatMatters(lines);
  return make("div", { class: "error" }, make("p", {}, make("b", {}, facts.errorType || "error"),
    facts.stage ? make("span", { class: "quiet" }, `, stage: ${facts.stage}`) : null),
  make("pre", { tabindex: "0", "aria-label": "Error, the line that matters" }, top),
  top === facts.error.trim() ? null : make("details", {}, make("summary", {}, `all ${many(lines.length, "line")}`),
    make("pre", { tabindex: "0", "aria-label": "The whole error" }, facts.error)));
}

/** Keras wraps errors: what was met inside comes after "Exception encountered:"; otherwise the first line says it. */
function lineThatMatters(lines) {
  const wrapped = lines.findLast((line) => line.includes("Exception encountered:"));
  const line = wrapped ? wrapped.slice(wrapped.indexOf("Exception encountered:") + 22) : lines.find((one) => one.trim()) || "";
  return line.trim() || lines.join("\n").trim();
}

function attemptsPart(cell, facts) {
  const tried = attemptsOf(cell);
  if (!tried.length) return null;
  const rows = tried.map((one) => make("tr", { class: one.attempt === facts.attempt ? "based" : null },
    make("th", { scope: "row" }, make("code", {}, one.attempt),
      one.attempt === facts.attempt && tried.length > 1 ? make("small", {}, "the verdict rests on this one") : null),
    make("td", {}, one.outcome),
    make("td", {}, one.outcome === "loaded" ? dots(one.rungs) : "–"),
    make("td", { class: "number" }, one.seconds === null ? "–" : `${one.seconds.toFixed(2)} s`),
    make("td", { class: "wide" }, one.error ? shortError(one) : outputsWords(one.diffs),
      one.note ? make("small", { class: "note-line" }, one.note) : null)));
  return part(`${many(tried.length, "attempt")}`, make("div", { class: "scroll" }, make("table", { class: "plain" },
    make("thead", {}, make("tr", {}, ...["way", "outcome", "rungs", "took", "gave"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows))));
}

function outputsWords(diffs) {
  const [absolute] = diffs.split(" ");
  return absolute === "-" ? "" : absolute === "0" ? "the same outputs" : `outputs off by up to ${absolute}`;
}

function shortError(one) {
  const whole = `${one.errorType ? `${one.errorType}: ` : ""}${one.error}`;
  if (whole.length < 90 && !whole.includes("\n")) return whole;
  return make("details", {}, make("summary", {}, `${whole.split("\n")[0].slice(0, 80)}…`), make("pre", {}, whole));
}

function dots(rungs) {
  const said = RUNGS.map((rung, place) => `${rung} ${RUNG_STATES[rungs[place]][0]}`).join(", ");
  return make("span", { class: "dots", role: "img", "aria-label": said, title: said }, ...[...rungs].map((letter) =>
    make("i", { class: `r-${RUNG_STATES[letter][0].replace(/\W/g, "-")}` }, RUNG_STATES[letter][1])));
}

/** A scenario is asked for by a glob; signs in a name stand for themselves. */
const globbed = (name) => name.replace(/[[*?]/g, "[$&]");

function commandOf(facts) {
  const environments = [...new Set([facts.saver, facts.loader].filter(Boolean).map((one) => one.label))].join(",");
  return `nox -s matrix -- --tf ${shellWord(environments)} --scenario ${shellWord(globbed(facts.scenario.name))} --format ${shellWord(facts.format)}`;
}

function scenarioPart(facts) {
  const { scenario } = facts;
  const source = TEXT[scenario.source];
  const size = facts.bytes === null ? "" : facts.bytes < 1024 ? `${facts.bytes} bytes`
    : facts.bytes < 1048576 ? `${(facts.bytes / 1024).toFixed(1)} KiB` : `${(facts.bytes / 1048576).toFixed(1)} MiB`;
  const told = [["family", scenario.family], ["case", scenario.case], ["artifact", [facts.container, size].filter(Boolean).join(", ")],
    ["took", facts.seconds === null ? "" : `${facts.seconds.toFixed(2)} s`]].filter(([, value]) => value);
  return part("Scenario and artifact",
    make("dl", { class: "facts" }, ...told.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value)))),
    !source ? null : source.includes("\n")
      ? make("details", {}, make("summary", {}, "Source"), make("pre", { tabindex: "0" }, source))
      : make("p", {}, make("code", {}, source)));
}
