// The page of an upgrade: the answer, the ways drawn, one route for all, and every file.

import { DATA, environmentOf, ENVIRONMENTS, FORMATS, SCENARIOS, VERDICTS } from "./data.js";
import { badge, copyBox, make, many } from "./elements.js";
import { drawFlow } from "./flow.js";
import { CALL_ONLY, planUpgrade, STATE_LOST, WAYS, WORK } from "./planning.js";
import { cellAddress, chosenPair, STATE } from "./state.js";

const KEEPS = { "": STATE_LOST, optimizer: WORK, nothing: CALL_ONLY };

function pathText(path) {
  return path.steps.map((step, number) => `load in ${ENVIRONMENTS[step.loader].label}`
    + (step.attempt === "plain" ? "" : ` with ${step.attempt}`)
    + (number < path.hops ? `, save as ${FORMATS[path.steps[number + 1].format].name}` : "")).join("; ");
}

export function drawUpgrade() {
  const [start, to] = chosenPair().map((id) => environmentOf.get(id));
  document.getElementById("keep").value = STATE.keep in KEEPS ? STATE.keep : "";
  if (start === undefined || to === undefined) return;
  const plan = planUpgrade(start, to, KEEPS[STATE.keep] ?? STATE_LOST);
  const parts = document.getElementById("plan");
  if (!plan.entries.length) {
    parts.replaceChildren(make("p", { class: "lead" }, `Nothing was measured from ${ENVIRONMENTS[start].label} to ${ENVIRONMENTS[to].label}.`));
    return;
  }
  const counts = WAYS.map((way) => [way, plan.entries.filter((entry) => entry.way === way).length]).filter(([, count]) => count);
  parts.replaceChildren(
    make("p", { class: "plan-said" }, make("b", {}, `${many(plan.entries.length, "file")}: `),
      ...counts.flatMap(([way, count], place) => [place ? ", " : "", make("b", { "data-way": way }, count.toLocaleString("en")), ` ${way}`]), ".",
      plan.wrongAtHome ? ` Apart: ${plan.wrongAtHome.toLocaleString("en")} that are not right in ${ENVIRONMENTS[start].label} itself.` : ""),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The ways, drawn" }, drawFlow(plan)),
    make("div", { class: "columns" }, routeCard(plan), turningCard(plan)),
    waysTable(plan), ...fileLists(plan));
}

function routeCard(plan) {
  const { route } = plan;
  const card = make("section", { class: "card", "aria-label": "One route for all" }, make("h3", {}, "One route for all"));
  if (!route) { card.append(make("p", {}, "No route works for any file.")); return card; }
  const steps = [...route.recipe.map(([environment, format]) => `load in ${ENVIRONMENTS[environment].label} and save as ${FORMATS[format].name}`),
    `load in ${ENVIRONMENTS[plan.to].label}`];
  const recipe = route.recipe.map(([environment, format]) => `${ENVIRONMENTS[environment].id} ${FORMATS[format].name}`).join(";");
  card.append(make("ol", { id: "route", "data-recipe": recipe }, ...steps.map((step) => make("li", {}, step))),
    make("p", {}, "Works for ", make("b", { id: "route-works" }, String(route.works)), ` of ${route.of}. `,
      route.losses.length ? `On the way: ${route.losses.map(([loss, count]) => `${loss} (${count})`).join(", ")}.` : "Nothing is lost."),
    route.recipe.length ? make("p", { class: "quiet" }, DATA.terms.assumption) : "",
    copyBox(`crossload plan --from ${ENVIRONMENTS[plan.start].label} --to ${ENVIRONMENTS[plan.to].label}${STATE.keep === "optimizer" ? " --keep optimizer" : STATE.keep ? " --inference-only" : ""}`));
  return card;
}

function turningCard(plan) {
  const { latest, expensive } = plan;
  return make("section", { class: "card", "aria-label": "How far without work" }, make("h3", {}, "How far without work"),
    make("p", {}, latest === null ? "No version loads everything as the one that saved it."
      : `Up to ${ENVIRONMENTS[latest].label} everything loads as where it was saved, without any work.`),
    expensive ? make("p", {}, "The expensive step is from ", make("b", {}, ENVIRONMENTS[expensive.before].label), " to ",
      make("b", {}, ENVIRONMENTS[expensive.after].label), `: ${many(expensive.lost, "file")} stop${expensive.lost === 1 ? "s" : ""} loading as they do at home.`) : "");
}

/** One row a format: how many files go which way, and the most frequent way round. */
function waysTable(plan) {
  const rows = FORMATS.map((format, place) => {
    const entries = plan.entries.filter((entry) => entry.format === place);
    if (!entries.length) return null;
    const round = new Map();
    for (const entry of entries) if (entry.path && entry.way !== "plainly") round.set(pathText(entry.path), (round.get(pathText(entry.path)) || 0) + 1);
    const usual = [...round].sort((a, b) => b[1] - a[1])[0];
    return make("tr", {}, make("th", { scope: "row" }, format.name), ...WAYS.map((way) =>
      make("td", { class: "number" }, String(entries.filter((entry) => entry.way === way).length || "–"))),
    make("td", { class: "wide" }, usual ? `${usual[0]} (${usual[1]})` : ""));
  }).filter(Boolean);
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Ways by format" }, make("table", { class: "plain ways" },
    make("thead", {}, make("tr", {}, ...["format", ...WAYS, "usual way round"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows)));
}

/** Every file under its way; a list is filled when it is opened. */
function fileLists(plan) {
  return [...WAYS].reverse().map((way) => {
    const entries = plan.entries.filter((entry) => entry.way === way);
    if (!entries.length) return "";
    const details = make("details", { class: "files" }, make("summary", {}, `${many(entries.length, "file")} ${way}`));
    details.addEventListener("toggle", () => {
      if (!details.open || details.children.length > 1) return;
      details.append(make("ul", {}, ...entries.map((entry) => make("li", {}, badge(VERDICTS[entry.direct]), " ",
        make("a", { href: cellAddress(entry.cell) }, `${SCENARIOS[entry.scenario].name}, ${FORMATS[entry.format].name}`), " ",
        make("span", { class: "quiet" }, entry.path ? pathText(entry.path) + (entry.path.losses.length ? ` (${entry.path.losses.join(", ")})` : "") : "")))));
    });
    return details;
  });
}
