// Wires the page: one function shows whatever the fragment says.

import { closeCell, drawCell, panel } from "./cell.js";
import { SHARES, sums } from "./counting.js";
import { verdictOf, VERDICTS, WORDS } from "./data.js";
import { drawChanges, fillRuns } from "./earlier.js";
import { make, many, percent } from "./elements.js";
import { explain } from "./failure.js";
import { lowercase, pool } from "./filters.js";
import { drawChoosers, drawFirst, fillChoosers } from "./first.js";
import { drawGrid } from "./grid.js";
import { drawList } from "./list.js";
import { drawSmallGrids } from "./small.js";
import { address, FILTERS, go, readAgain, STATE, whenChanged } from "./state.js";
import { drawUpgrade } from "./upgrade.js";

const DRAWN = { grid: drawGridPage, upgrade: drawUpgrade, changes: drawChanges, scenarios: drawSmallGrids };
const drawnFor = {};
let shownPage = null;

function show() {
  const before = readAgain();
  // Links in the text know nothing of the pair that was chosen: it stays until another one is.
  if (!STATE.from && !STATE.to && (before.from || before.to) && location.hash.length > 1) {
    history.replaceState(null, "", address({ from: before.from, to: before.to }));
    readAgain();
  }
  const page = STATE.page || "grid";
  const view = address({ page: "", cell: "" });
  showPage(page);
  if (drawnFor[page] !== view) {
    document.getElementById("status").textContent = "";
    drawChoosers();
    DRAWN[page]?.();
    drawnFor[page] = view;
  }
  drawCell();
}

/** Show one page and hide the others; a page that was not there before starts at its top. */
function showPage(page) {
  if (page === shownPage) return;
  for (const one of document.querySelectorAll(".page")) one.classList.toggle("current", one.dataset.page === page);
  for (const anchor of document.querySelectorAll(".top nav a")) {
    if (anchor.dataset.page === page) anchor.setAttribute("aria-current", "page"); else anchor.removeAttribute("aria-current");
  }
  const heading = document.querySelector(".page.current :is(h1, h2)[tabindex]");
  document.title = `${page === "grid" ? "" : `${WORDS.pages[page]}, `}Crossload: ${document.getElementById("headline").textContent}`;
  if (shownPage) {
    window.scrollTo({ top: 0, behavior: "instant" });
    heading?.focus({ preventScroll: true });
  }
  shownPage = page;
}

function drawGridPage() {
  // Before anything changes: asked of a changed page, it would lay out the whole of it twice.
  document.getElementById("list").scrollTop = 0;
  for (const name of FILTERS) {
    const field = document.getElementById(`filter-${name}`);
    if (document.activeElement !== field || field.tagName === "SELECT") field.value = STATE[name];
  }
  const filtered = FILTERS.some((name) => name !== "share" && STATE[name]);
  document.getElementById("reset").hidden = !filtered && !STATE.saver;
  document.getElementById("reset").href = address({ ...Object.fromEntries(FILTERS.map((name) => [name, ""])), saver: "", loader: "", cell: "" });
  drawFirst();
  const cells = pool(STATE);
  drawGrid(cells);
  drawList(cells);
  drawTotal(cells);
}

function drawTotal(cells) {
  const counts = new Uint32Array(VERDICTS.length);
  for (const cell of cells) counts[verdictOf(cell)]++;
  const sum = sums(counts);
  const unscored = WORDS.unscored.map((verdict) => [verdict, counts[VERDICTS.indexOf(verdict)]]).filter(([, count]) => count);
  const { name } = SHARES[STATE.share] || SHARES[""];
  const of = `of ${many(sum.scored, "scored cell")}`;
  const chosen = counts[VERDICTS.indexOf(STATE.verdict)];
  const said = STATE.verdict
    ? [make("b", {}, many(chosen, "cell")), ` with the verdict ${STATE.verdict}`, WORDS.scored.includes(STATE.verdict) ? `, ${of}` : ""]
    : sum.scored ? [make("b", {}, percent(sum.good, sum.scored)), ` ${of} `, make("b", {}, name)] : ["Nothing was scored."];
  document.getElementById("number-means").textContent = STATE.verdict
    ? `The number counts the cells of a square with the verdict ${STATE.verdict}, of all its cells.`
    : `${STATE.files ? "Of the files chosen" : "Of files that are right where they were written"}: the percentage that ${name} with the right outputs; the sign is the worst verdict inside.`;
  document.getElementById("grid-total").replaceChildren(
    ...said,
    !STATE.verdict && unscored.length ? make("span", { class: "quiet" }, ` · outside the score: ${unscored.map(([verdict, count]) => `${count.toLocaleString("en")} ${verdict}`).join(", ")}`) : "");
}

for (const name of FILTERS) {
  const field = document.getElementById(`filter-${name}`);
  const typed = field.tagName === "INPUT";
  field.addEventListener(typed ? "input" : "change", () => go({ [name]: field.value, cell: "" }, { replace: typed }));
}
document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("keep").addEventListener("change", (event) => go({ keep: event.target.value, cell: "" }));

document.querySelector("a.skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector(".page.current [tabindex='-1']")?.focus();
});
// A verdict, a finding or a small grid chosen elsewhere is shown in the grid.
document.addEventListener("click", (event) => {
  if (event.target.closest("a.tile, a.to-grid") && !event.metaKey && !event.ctrlKey) {
    setTimeout(() => document.getElementById("who").scrollIntoView());
  }
});

document.getElementById("cell-close").addEventListener("click", closeCell);
panel.addEventListener("cancel", (event) => { event.preventDefault(); closeCell(); });
panel.addEventListener("click", (event) => { if (event.target === panel) closeCell(); });
panel.addEventListener("keydown", (event) => {
  if (event.target.closest("pre, input")) return;
  const id = { ArrowLeft: "cell-previous", ArrowRight: "cell-next" }[event.key];
  if (id) document.getElementById(id).click();
});
fillChoosers();
fillRuns();
whenChanged(show);
window.addEventListener("hashchange", show);
document.documentElement.classList.add("scripted");
try {
  show();
} catch (error) {
  explain(error);
}
// The first search should not have to wait for this.
(window.requestIdleCallback || setTimeout)(lowercase);
