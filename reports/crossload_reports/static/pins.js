// The pins of the two environments of a cell, side by side.

import { TEXT } from "./data.js";
import { make, many, part } from "./elements.js";

function pinsOf(environment) {
  const pins = new Map([["python", environment.python || ""]]);
  for (let place = 0; place < environment.pins.length; place += 2) {
    pins.set(TEXT[environment.pins[place]], TEXT[environment.pins[place + 1]]);
  }
  return pins;
}

export function pinsPart(facts) {
  const sides = [facts.saver, facts.loader || facts.saver].map(pinsOf);
  const names = [...new Set([...sides[0].keys(), ...sides[1].keys()])].sort();
  const row = (name) => {
    const [left, right] = sides.map((pins) => pins.get(name) || "");
    const differs = left !== right;
    return [differs, make("tr", { class: differs ? "different" : null },
      make("td", { class: "mark" }, differs ? make("span", { role: "img", "aria-label": "differs" }, "≠") : ""),
      make("th", { scope: "row" }, name), make("td", {}, left || "–"), make("td", {}, right || "–"))];
  };
  const rows = names.map(row);
  const table = (chosen) => make("div", { class: "scroll" }, make("table", { class: "plain pins" }, make("thead", {}, make("tr", {},
    make("td", {}), make("th", { scope: "col" }, "package"), make("th", { scope: "col" }, facts.saver.label),
    make("th", { scope: "col" }, facts.loader ? facts.loader.label : "–"))), make("tbody", {}, ...chosen)));
  const different = rows.filter(([differs]) => differs).map(([, element]) => element);
  const same = rows.filter(([differs]) => !differs).map(([, element]) => element);
  if (!facts.loader || facts.loader === facts.saver) {
    return part("Pins", make("details", {}, make("summary", {}, `${many(same.length, "pin")} of ${facts.saver.label}`), table(same)));
  }
  return part("Pins of both environments",
    different.length ? table(different) : make("p", { class: "quiet" }, "Nothing differs."),
    same.length ? make("details", {}, make("summary", {}, `${many(same.length, "pin")} the same in both`), table(same)) : null);
}
