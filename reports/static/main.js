// Wires the page: one function shows whatever the fragment says.

let drawn = null;

function show() {
  STATE = readState();
  const view = address({ cell: "" });
  if (view !== drawn) showView();
  drawn = view;
  drawCell();
}

function showView() {
  document.getElementById("status").textContent = "";
  for (const name of FILTERS) {
    const field = document.getElementById(`filter-${name}`);
    if (document.activeElement !== field || field.tagName === "SELECT") field.value = STATE[name];
  }
  const filtered = FILTERS.some((name) => name !== "share" && STATE[name]);
  document.getElementById("reset").hidden = !filtered && !STATE.saver;
  const cells = pool(STATE);
  drawGrid(cells);
  drawList(cells);
  drawSmallGrids();
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
    : `The number is the percentage of scored cells that ${name} with the right outputs; the sign is the worst verdict inside.`;
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

// Links inside the page scroll; the fragment belongs to the view.
document.querySelectorAll("a[data-section]").forEach((anchor) => anchor.addEventListener("click", (event) => {
  event.preventDefault();
  const section = document.getElementById(anchor.dataset.section);
  section.scrollIntoView();
  section.focus({ preventScroll: true });
}));
// A verdict, a finding or a small grid chosen elsewhere on the page is shown in the grid.
document.addEventListener("click", (event) => {
  if (event.target.closest("a.tile, a.to-grid") && !event.metaKey && !event.ctrlKey) {
    document.getElementById("who").scrollIntoView();
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
window.addEventListener("hashchange", show);
document.documentElement.classList.add("scripted");
show();
