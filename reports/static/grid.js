// Who loads whom: savers down, loaders across.

const SHARES = {
  "": { name: "load", verdicts: WORDS.loadable },
  plain: { name: "load plainly", verdicts: ["exact", "equal", "lossy"] },
  whole: { name: "load plainly and whole", verdicts: ["exact", "equal"] },
};

/** Count the verdicts of each square, those of what could not be saved in a column of their own. */
function tally(cells) {
  const counts = new Uint32Array(ENVIRONMENTS.length * (NO_LOADER + 1) * VERDICTS.length);
  for (const cell of cells) counts[(CELLS.saver[cell] * (NO_LOADER + 1) + CELLS.loader[cell]) * VERDICTS.length + verdictOf(cell)]++;
  return counts;
}

function squareOf(squares, saver, loader) {
  const start = (saver * (NO_LOADER + 1) + loader) * VERDICTS.length;
  return squares.subarray(start, start + VERDICTS.length);
}

function sums(counts, state = STATE) {
  const total = (chosen) => counts.reduce((sum, count, verdict) => sum + (chosen(verdict) ? count : 0), 0);
  const good = (SHARES[state.share] || SHARES[""]).verdicts;
  const worst = SEVERITY.find((verdict) => counts[VERDICTS.indexOf(verdict)] && WORDS.scored.includes(verdict)) || "";
  return {
    scored: total((verdict) => isScored[verdict]),
    good: total((verdict) => good.includes(VERDICTS[verdict])),
    all: total(() => true),
    worst,
    unavailable: counts[VERDICTS.indexOf("unavailable")],
  };
}

// Every environment, whatever could be run in it: what is missing has to be seen.
const SAVERS = ENVIRONMENTS.map((_, place) => place);
const LOADERS = SAVERS;

const FAITHFUL = ["exact", "equal"];
const TINY = 16; // more environments than this have squares without signs, but for what is silently wrong

function drawGrid(cells) {
  const squares = tally(cells);
  const unsaved = SAVERS.some((saver) => squareOf(squares, saver, NO_LOADER).some(Boolean));
  const [start, goal] = chosenPair();
  let most = 1;
  for (const saver of SAVERS) {
    for (const loader of LOADERS) most = Math.max(most, squareOf(squares, saver, loader)[VERDICTS.indexOf(STATE.verdict)] || 0);
  }
  const head = make("tr", {}, make("th", { class: "corner", scope: "col" },
    make("span", { class: "down" }, "saved ↓"), make("span", { class: "across" }, "loaded →")));
  for (const loader of LOADERS) head.append(make("th", { scope: "col", class: ENVIRONMENTS[loader].id === goal ? "asked" : null }, ...environmentName(ENVIRONMENTS[loader])));
  if (unsaved) head.append(make("th", { scope: "col", class: "unsaved" }, "not saved"));
  const body = make("tbody");
  for (const saver of SAVERS) {
    const row = make("tr", {}, make("th", { scope: "row", class: ENVIRONMENTS[saver].id === start ? "asked" : null }, ...environmentName(ENVIRONMENTS[saver])));
    for (const loader of LOADERS) {
      const square = drawSquare(saver, loader, squareOf(squares, saver, loader), most);
      row.append(make("td", { class: saver === loader ? "same" : null }, square));
    }
    if (unsaved) row.append(make("td", { class: "unsaved" }, drawUnsaved(saver, squareOf(squares, saver, NO_LOADER))));
    body.append(row);
  }
  const size = LOADERS.length > TINY ? "tiny" : LOADERS.length > 9 ? "small" : "large";
  const table = make("table", { class: `grid ${size}`, "aria-label": "Saved with, by row; loaded with, by column" },
    make("thead", {}, head), body);
  const place = document.getElementById("grid");
  const focused = document.activeElement?.dataset?.square;
  place.replaceChildren(table);
  roam(table, focused);
}

function drawSquare(saver, loader, counts, most) {
  const from = ENVIRONMENTS[saver];
  const to = ENVIRONMENTS[loader];
  const chosen = STATE.saver === from.id && STATE.loader === to.id;
  const sum = sums(counts);
  const said = VERDICTS.map((verdict, place) => (counts[place] ? `${counts[place]} ${verdict}` : "")).filter(Boolean);
  const link = make("a", {
    class: "square", href: address(chosen ? { saver: "", loader: "", cell: "" } : { saver: from.id, loader: to.id, cell: "" }),
    "aria-current": chosen ? "true" : null, "data-square": `${from.id}>${to.id}`,
    "aria-label": `Saved with ${from.label}, loaded with ${to.label}: ${said.join(", ") || "nothing was run"}`,
    title: `${from.label} → ${to.label}\n${said.join("\n") || "nothing was run"}`,
  });
  if (STATE.verdict) fillCount(link, counts[VERDICTS.indexOf(STATE.verdict)], sum, most);
  else fillShare(link, counts, sum);
  return link;
}

/** A square with no scored cell says so, whatever the colour of its neighbours. */
function fillNothing(link, sum) {
  link.classList.add(sum.unavailable ? "unavailable" : "nothing");
  link.append(make("b", {}, sum.unavailable ? "?" : "–"));
}

function fillShare(link, counts, sum) {
  if (!sum.scored) { fillNothing(link, sum); return; }
  if (sum.all === 1) {
    link.classList.add("solo", `v-${sum.worst}`);
    link.append(make("b", {}, WORDS.signs[sum.worst]), make("small", {}, sum.worst));
    return;
  }
  const share = sum.good / sum.scored;
  link.classList.add("mixed");
  link.style.setProperty("--good", `${Math.round(share * 100)}%`);
  link.classList.add(share >= 0.5 ? "upper" : "lower");
  link.append(make("b", {}, percent(sum.good, sum.scored).replace(" %", "")), drawMix(counts, sum.scored));
  if (sum.worst === "differs" || (!FAITHFUL.includes(sum.worst) && LOADERS.length <= TINY)) link.append(badge(sum.worst));
  if (sum.worst === "differs") link.classList.add("wrong");
}

/** The verdicts of a square as one bar: a background, since some grids have five hundred squares. */
function drawMix(counts, scored) {
  let done = 0;
  const stops = [];
  WORDS.scored.forEach((verdict) => {
    const count = counts[VERDICTS.indexOf(verdict)];
    if (!count) return;
    const next = done + (100 * count) / scored;
    stops.push(`var(--${verdict}) ${done.toFixed(1)}% ${next.toFixed(1)}%`);
    done = next;
  });
  return make("span", { class: "mix", "aria-hidden": "true", style: { background: `linear-gradient(to right, ${stops.join(", ")})` } });
}

function fillCount(link, count, sum, most) {
  if (!count) {
    if (!sum.scored) fillNothing(link, sum);
    else { link.classList.add("nothing"); link.append(make("b", {}, "0")); }
    return;
  }
  link.classList.add("counted", `v-${STATE.verdict}`);
  link.style.setProperty("--depth", `${25 + Math.round((60 * count) / most)}%`);
  link.append(make("b", {}, String(count)), make("small", {}, `of ${sum.all}`), badge(STATE.verdict));
}

function drawUnsaved(saver, counts) {
  const count = counts[VERDICTS.indexOf("cannot-save")];
  if (!count || (STATE.verdict && STATE.verdict !== "cannot-save")) return make("span", { class: "square nothing" }, "");
  const from = ENVIRONMENTS[saver];
  const chosen = STATE.saver === from.id && STATE.loader === UNSAVED;
  return make("a", {
    class: "square notsaved", href: address(chosen ? { saver: "", loader: "", cell: "" } : { saver: from.id, loader: UNSAVED, cell: "" }),
    "aria-current": chosen ? "true" : null, "data-square": `${from.id}>`,
    "aria-label": `${many(count, "artifact")} could not be saved with ${from.label}`,
  }, make("b", {}, String(count)), make("small", {}, WORDS.signs["cannot-save"]));
}

/** One tab stop for the whole grid; the arrow keys move inside it. */
function roam(table, focused) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("a.square")]);
  const all = rows.flat();
  const start = all.find((square) => square.dataset.square === focused)
    || all.find((square) => square.getAttribute("aria-current")) || all[0];
  all.forEach((square) => { square.tabIndex = square === start ? 0 : -1; });
  if (focused && start) start.focus({ preventScroll: true });
  table.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const row = rows.findIndex((squares) => squares.includes(event.target));
    if (!step || row < 0) return;
    const next = rows[row + step[0]]?.[rows[row].indexOf(event.target) + step[1]];
    event.preventDefault();
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
