// The first screen: from where, to where, and what the cells say to that.

import { GROUP_AT, LOADERS, squareOf, tally } from "./counting.js";
import { COUNT, DATA, doesCount, environmentOf, ENVIRONMENTS, isScored, TEXT, VERDICTS, WORDS } from "./data.js";
import { environmentName, make, percent } from "./elements.js";
import { isTiny } from "./grid.js";
import { address, chosenPair, go, STATE } from "./state.js";

export function fillChoosers() {
  for (const select of document.querySelectorAll("select[data-pair]")) {
    const key = select.dataset.pair;
    const options = DATA.groups.map((group) => [group.name, group.places.map((place) => make("option", { value: ENVIRONMENTS[place].id }, ENVIRONMENTS[place].said))]);
    select.replaceChildren(...(options.length > 1 ? options.map(([label, own]) => make("optgroup", { label }, ...own)) : options.flatMap(([, own]) => own)));
    select.addEventListener("change", () => go({ [key]: select.value, cell: "" }));
  }
}

/** The sentences of a pair; all of them were made from the tables when the report was written. */
function answerOf(start, to) {
  const place = environmentOf.get(start) * ENVIRONMENTS.length + environmentOf.get(to);
  return DATA.answers[place].map((text) => TEXT[text]);
}

let everything = null;
let askedFirst = "";

export function drawFirst() {
  const [start, to] = chosenPair();
  if (!environmentOf.has(start) || !environmentOf.has(to)) return;
  if (askedFirst === `${start} ${to}`) return;
  askedFirst = `${start} ${to}`;
  const [sentence, more] = answerOf(start, to);
  document.getElementById("headline").textContent = sentence;
  document.getElementById("answer-more").textContent = more;
  everything ??= tally(Uint32Array.from({ length: COUNT }, (_, cell) => cell).filter(doesCount));
  drawJourney(environmentOf.get(start), to);
}

export function drawChoosers() {
  const [start, to] = chosenPair();
  for (const select of document.querySelectorAll("select[data-pair]")) select.value = select.dataset.pair === "from" ? start : to;
  document.querySelectorAll("a[data-keeps]").forEach((anchor) => {
    anchor.href = address({ page: anchor.dataset.keeps, from: STATE.from, to: STATE.to, cell: "" });
  });
}

// The filters of the moment stay, whatever they were when the bars were drawn.
document.getElementById("journey").addEventListener("click", (event) => {
  const bar = event.target.closest("a[data-to]");
  if (!bar || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  go({ to: bar.dataset.to, cell: "" });
});

/** What one environment wrote, in every environment that loads it: a bar each. */
function drawJourney(start, to) {
  const bars = LOADERS.map((loader) => {
    const environment = ENVIRONMENTS[loader];
    const counts = squareOf(everything, start, loader);
    const scored = VERDICTS.reduce((sum, _, place) => sum + (isScored[place] ? counts[place] : 0), 0);
    const plain = WORDS.plain.reduce((sum, verdict) => sum + counts[VERDICTS.indexOf(verdict)], 0);
    const said = WORDS.scored.filter((verdict) => counts[VERDICTS.indexOf(verdict)])
      .map((verdict) => `${counts[VERDICTS.indexOf(verdict)]} ${verdict}`).join(", ");
    const stack = WORDS.scored.map((verdict) => {
      const count = counts[VERDICTS.indexOf(verdict)];
      return count ? make("i", { class: `v-${verdict}`, style: { "flex-grow": count } }) : null;
    });
    const group = DATA.groups.length > 1 && GROUP_AT.get(loader);
    return make("li", { class: group ? "begins" : null, "data-group": group ? group.name : null }, make("a", {
      href: address({ to: environment.id, cell: "" }), "data-to": environment.id, class: scored ? null : "empty", "aria-current": environment.id === to ? "true" : null,
      "aria-label": `${ENVIRONMENTS[start].label} to ${environment.label}: ${said || "not measured"}`, title: said || "not measured",
    }, make("span", { class: "journey-share", "aria-hidden": "true" }, scored ? percent(plain, scored).replace(" %", "") : "–"),
    make("span", { class: "stack", "aria-hidden": "true" }, ...stack), make("span", { class: "journey-name" }, ...environmentName(environment))));
  });
  const journey = document.getElementById("journey");
  journey.closest(".hero").classList.toggle("many", isTiny);
  journey.replaceChildren(...bars);
  // Where there is not room for all of them, the one that is asked about must be in sight.
  const asked = journey.querySelector("[aria-current]")?.parentElement;
  if (asked) journey.scrollLeft = asked.offsetLeft + asked.offsetWidth - journey.offsetLeft - journey.clientWidth;
  document.getElementById("journey-title").textContent = `Files of ${ENVIRONMENTS[start].label}, loaded in … (% plainly)`;
}
