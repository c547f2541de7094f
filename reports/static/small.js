// The same grid once for each format and once for each scenario, small enough to compare at a glance.

// A sign for each verdict on a square of 10 by 10: the second cue beside the colour.
const STROKES = {
  equal: "M3 5q1-1.6 2 0t2 0", lossy: "M3 6.8h4", remedy: "M5 3v4M3 5h4",
  fails: "M3.2 3.2l3.6 3.6M6.8 3.2l-3.6 3.6", crashes: "M5 2.6v3M5 6.9v.6", differs: "M3 4.1h4M3 5.9h4M6.4 2.6l-2.8 4.8",
};

function drawSmall(cells, name, share) {
  const squares = tally(cells);
  const fills = {};
  const add = (kind, x, y) => { (fills[kind] ??= []).push([x * 10, y * 10]); };
  SAVERS.forEach((saver, y) => LOADERS.forEach((loader, x) => {
    const sum = sums(squares.get(`${saver}>${loader}`) || NONE);
    const count = (squares.get(`${saver}>${loader}`) || NONE)[VERDICTS.indexOf(STATE.verdict)];
    if (STATE.verdict && sum.scored) add(count ? STATE.verdict : "nothing", x, y);
    else add(sum.worst || (sum.unavailable ? "unavailable" : "nothing"), x, y);
  }));
  const svg = make("svg", {
    viewBox: `0 0 ${LOADERS.length * 10} ${SAVERS.length * 10}`, class: "small-grid", role: "img",
    "aria-label": `${name}: ${share}. Savers down, loaders across; worst verdict of each square`,
  });
  for (const [kind, places] of Object.entries(fills)) {
    const boxes = places.map(([x, y]) => `M${x + 0.6} ${y + 0.6}h8.8v8.8h-8.8z`).join("");
    svg.append(make("path", { d: boxes, class: `fill f-${kind}` }));
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

function drawTile(key, name, cells) {
  const counts = new Uint32Array(VERDICTS.length);
  for (const cell of cells) counts[verdictOf(cell)]++;
  const sum = sums(counts);
  const share = sum.scored ? percent(sum.good, sum.scored) : "not scored";
  const chosen = STATE[key] === name;
  const shown = STATE.verdict ? many(counts[VERDICTS.indexOf(STATE.verdict)], "cell") : share;
  return make("a", {
    class: "tile", href: address({ [key]: chosen ? "" : name, saver: "", loader: "", cell: "" }), "aria-current": chosen ? "true" : null,
  }, drawSmall(cells, name, share), make("span", { class: "name" }, name), make("span", { class: "tile-share" }, shown));
}

function grouped(cells, keyOf) {
  const groups = new Map();
  for (const cell of cells) {
    const key = keyOf(cell);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(cell);
  }
  return groups;
}

function drawSmallGrids() {
  const formats = grouped(pool(STATE, ["format"]), (cell) => CELLS.format[cell]);
  document.getElementById("format-grids").replaceChildren(
    ...[...formats].map(([format, cells]) => drawTile("format", DATA.formats[format], cells)));
  const scenarios = grouped(pool(STATE, ["scenario"]), (cell) => CELLS.scenario[cell]);
  const families = new Map();
  SCENARIOS.forEach((scenario, place) => {
    if (!scenarios.has(place)) return;
    if (!families.has(scenario.family)) families.set(scenario.family, []);
    families.get(scenario.family).push(drawTile("scenario", scenario.name, scenarios.get(place)));
  });
  document.getElementById("scenario-grids").replaceChildren(...[...families].map(([family, tiles]) =>
    make("section", { class: "family" }, make("h3", {}, family), make("div", { class: "tiles" }, ...tiles))));
}
