// The cells of a clicked square, or of the whole grid; the worst first.

import { cellFacts, CELLS, environmentOf, labelOf, NO_LOADER, rankOf, RUNGS, SEVERITY, verdictOf, VERDICTS } from "./data.js";
import { badge, make, many } from "./elements.js";
import { address, cellAddress, STATE, UNSAVED } from "./state.js";

const PAGE = 40;
/** The cells of the list as it stands, for going from one to the next. */
export const shown = { cells: [] };

/** The chosen cells, the worst first; inside a verdict they keep the order of the columns. */
export function listed(cells) {
  const saver = STATE.saver ? environmentOf.get(STATE.saver) ?? -1 : null;
  const loader = !STATE.loader ? null : STATE.loader === UNSAVED ? NO_LOADER : environmentOf.get(STATE.loader) ?? -1;
  const verdict = STATE.verdict ? VERDICTS.indexOf(STATE.verdict) : null;
  const chosen = cells.filter((cell) => (saver === null || CELLS.saver[cell] === saver)
    && (loader === null || CELLS.loader[cell] === loader) && (verdict === null || verdictOf(cell) === verdict));
  const starts = new Uint32Array(SEVERITY.length + 1);
  for (const cell of chosen) starts[rankOf[verdictOf(cell)] + 1]++;
  for (let rank = 0; rank < SEVERITY.length; rank++) starts[rank + 1] += starts[rank];
  const sorted = new Uint32Array(chosen.length);
  for (const cell of chosen) sorted[starts[rankOf[verdictOf(cell)]]++] = cell;
  return sorted;
}

export function drawList(cells) {
  shown.cells = listed(cells);
  const heading = document.getElementById("list-title");
  const title = STATE.loader === UNSAVED ? `${labelOf(STATE.saver)}: not saved`
    : STATE.saver && STATE.loader ? `${labelOf(STATE.saver)} → ${labelOf(STATE.loader)}`
      : "All squares";
  heading.replaceChildren(title, make("small", {}, many(shown.cells.length, "cell")));
  document.getElementById("all-squares").hidden = !(STATE.saver || STATE.loader);
  document.getElementById("all-squares").href = address({ saver: "", loader: "", cell: "" });
  const list = document.getElementById("list");
  list.replaceChildren();
  more(list, 0);
}

function more(list, from) {
  const pair = !(STATE.saver && STATE.loader);
  for (const cell of shown.cells.slice(from, from + PAGE)) list.append(make("li", {}, listItem(cell, pair)));
  const rest = shown.cells.length - from - PAGE;
  if (rest > 0) {
    const button = make("button", { type: "button", class: "more" }, `Show ${Math.min(PAGE, rest)} of ${many(rest, "more cell")}`);
    button.addEventListener("click", () => {
      const item = button.parentElement;
      more(list, from + PAGE);
      item.nextElementSibling?.querySelector("a")?.focus();
      item.remove();
    });
    list.append(make("li", {}, button));
  }
  if (!shown.cells.length) list.append(make("li", { class: "empty" }, "No cell matches. Loosen a filter, or reset them all."));
}

function listItem(cell, pair) {
  const facts = cellFacts(cell);
  const said = facts.error ? `${facts.errorType}: ${facts.error.split("\n")[0]}` : facts.reason || whatWasLost(facts);
  const route = `${facts.saver.label} → ${facts.loader ? facts.loader.label : "not saved"}`;
  return make("a", { class: "item", href: cellAddress(cell), "data-cell": cell },
    badge(facts.verdict),
    make("span", { class: "what" }, make("b", {}, facts.scenario.name), " ",
      make("span", { class: "quiet" }, pair ? `${facts.format} · ${route}` : facts.format)),
    make("span", { class: "verdict-word" }, facts.verdict, facts.verdict === "remedy" ? make("small", {}, facts.attempt) : null),
    said ? make("span", { class: "said" }, said) : null);
}

function whatWasLost(facts) {
  const [absolute] = facts.diffs.split(" ");
  if (facts.verdict === "differs" && absolute !== "-") return `outputs are off by up to ${absolute}`;
  const lost = RUNGS.filter((_, place) => facts.rungs[place] === "l");
  return lost.length ? `lost: ${lost.join(", ")}` : "";
}
