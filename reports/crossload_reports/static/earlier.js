// Earlier runs: what differs from one of them, and what each saw of one cell.

import { cellFacts, DATA, findNamed, labelOf, TEXT, WORDS } from "./data.js";
import { badge, make, many, part, shellWord } from "./elements.js";
import { address, cellAddress, go, STATE } from "./state.js";

const RUNS = DATA.past.runs;
const MOST_CHANGES = 100;

/** What a run saw of a cell, by the place of its observation. */
function seenBefore(place) {
  if (place < 0) return null;
  const row = DATA.past.seen[place];
  return Object.fromEntries(DATA.past.names.map((name, column) => [name, name === "fidelity" ? row[column] : TEXT[row[column]]]));
}

/** The changes since a run, each with the cell's place now (-1 where it is gone) and what was seen before. */
function changesSince(run) {
  run.read ??= Array.from({ length: run.changes.length / 6 }, (_, number) => {
    const [kind, scenario, format, saver, loader, seen] = run.changes.slice(number * 6, number * 6 + 6);
    const names = { scenario: TEXT[scenario], format: TEXT[format], saver: TEXT[saver], loader: TEXT[loader] };
    return { kind: TEXT[kind], ...names, seen, cell: findNamed(names.saver, names.loader, names.scenario, names.format) };
  });
  return run.read;
}

const runName = (run) => `run ${run.id} of ${run.finished.slice(0, 16).replace("T", " ")}${run.accepted ? ", the baseline" : ""}`;

export function fillRuns() {
  const select = document.getElementById("run");
  select.replaceChildren(...RUNS.map((run) => make("option", { value: String(run.id) }, runName(run))));
  select.addEventListener("change", () => go({ run: select.value, cell: "" }));
}

export function drawChanges() {
  const run = RUNS.find((one) => String(one.id) === STATE.run) || RUNS[0];
  if (!run) return;
  document.getElementById("run").value = String(run.id);
  const changes = changesSince(run);
  const kinds = Object.entries(WORDS.changes).map(([kind, [name, sign]]) => {
    const count = changes.filter((change) => change.kind === kind).length;
    const chosen = STATE.kind === kind;
    return make("li", {}, make("a", {
      href: address({ kind: chosen ? "" : kind, cell: "" }), class: `button k-${kind}`, "aria-current": chosen ? "true" : null,
    }, make("span", { "aria-hidden": "true" }, sign), ` ${name} `, make("b", { "data-changes": kind }, count.toLocaleString("en"))));
  });
  document.getElementById("kinds").replaceChildren(...kinds);
  document.getElementById("changes-said").textContent = changes.length
    ? `${many(changes.length, "cell")} differ from ${runName(run)}, which saw ${run.cells.toLocaleString("en")}.`
    : `Nothing differs from ${runName(run)}, which saw ${many(run.cells, "cell")}.`;
  drawChangeList(changes.filter((change) => !STATE.kind || change.kind === STATE.kind));
  drawPinChanges(run);
}

function drawChangeList(changes) {
  const list = document.getElementById("change-list");
  list.replaceChildren();
  const show = (from) => {
    for (const change of changes.slice(from, from + MOST_CHANGES)) list.append(make("li", {}, changeItem(change)));
    const rest = changes.length - from - MOST_CHANGES;
    if (rest <= 0) return;
    const button = make("button", { type: "button", class: "more" }, `Show ${Math.min(rest, MOST_CHANGES)} of ${many(rest, "more cell")}`);
    button.addEventListener("click", () => { button.parentElement.remove(); show(from + MOST_CHANGES); });
    list.append(make("li", {}, button));
  };
  show(0);
  list.hidden = !changes.length;
}

function changeItem(change) {
  const before = seenBefore(change.seen);
  const now = change.cell < 0 ? null : cellFacts(change.cell);
  const side = (facts) => (facts ? make("span", { class: "side" }, badge(facts.verdict), ` ${facts.verdict}`) : make("span", { class: "side quiet" }, "–"));
  const where = `${change.format} · ${labelOf(change.saver)} → ${change.loader ? labelOf(change.loader) : "not saved"}`;
  const [name, sign] = WORDS.changes[change.kind];
  const content = [
    make("span", { class: `kind k-${change.kind}` }, make("span", { "aria-hidden": "true" }, sign), ` ${name}`),
    make("span", { class: "what" }, make("b", {}, change.scenario), " ", make("span", { class: "quiet" }, where)),
    make("span", { class: "sides" }, side(before), make("span", { "aria-label": "then" }, " → "), side(now)),
    ...errorLines(before, now),
  ];
  return change.cell < 0 ? make("div", { class: "change" }, ...content)
    : make("a", { class: "change", href: cellAddress(change.cell) }, ...content);
}

/** The first lines of both errors where they are not the same. */
function errorLines(before, now) {
  const first = (type, text) => (text ? `${type ? `${type}: ` : ""}${text.split("\n")[0]}` : "");
  const [was, is] = [before ? first(before.error_type, before.error) : "", now ? first(now.errorType, now.error) : ""];
  if (was === is) return is ? [make("span", { class: "said" }, is)] : [];
  return [was ? make("span", { class: "said" }, `− ${was}`) : null, is ? make("span", { class: "said" }, `+ ${is}`) : null];
}

function drawPinChanges(run) {
  const rows = run.pins.map((pin) => make("tr", {}, ...pin.map((place, column) =>
    make(column < 2 ? "th" : "td", column < 2 ? { scope: "row" } : {}, TEXT[place] || "–"))));
  document.getElementById("pin-changes").hidden = !rows.length;
  document.querySelector("#pin-changes tbody").replaceChildren(...rows);
}

/** What each stored run saw of this very cell, the newest first; runs that agree with the one after them are joined. */
export function historyPart(facts) {
  if (!RUNS.length) return null;
  const same = (change) => change.scenario === facts.scenario.name && change.format === facts.format
    && change.saver === facts.saver.id && change.loader === (facts.loader ? facts.loader.id : "");
  const points = [{ runs: ["now"], verdict: facts.verdict, said: facts.error.split("\n")[0] }];
  for (const run of RUNS) {
    const change = changesSince(run).find(same);
    const before = change ? seenBefore(change.seen) : null;
    const point = !change ? { verdict: facts.verdict, said: facts.error.split("\n")[0] }
      : before ? { verdict: before.verdict, said: before.error.split("\n")[0] } : { verdict: "", said: "" };
    const last = points[points.length - 1];
    if (last.verdict === point.verdict && last.said === point.said) last.runs.push(runName(run));
    else points.push({ ...point, runs: [runName(run)] });
  }
  return part("History of this cell", make("ol", { class: "history" }, ...points.map((point) => make("li", {},
    point.verdict ? badge(point.verdict) : make("span", { class: "badge v-not-applicable", "aria-hidden": "true" }, "–"),
    make("span", {}, make("b", {}, point.verdict || "not seen"), " ", make("span", { class: "quiet" },
      point.runs.length > 2 ? `${point.runs[0]} back to ${point.runs[point.runs.length - 1]}` : point.runs.join(" and "))),
    point.said ? make("span", { class: "said" }, point.said) : null))),
  make("p", { class: "quiet" }, "On a terminal: ", make("code", {}, `crossload history ${shellWord([facts.scenario.name, facts.format, facts.saver.id, facts.loader ? facts.loader.id : ""].join("/"))}`)));
}
