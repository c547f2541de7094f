// What every page is made of: elements, signs, numbers and names as people read them.

import { WORDS } from "./data.js";

/** Make an element; attributes that are null are left out, children may be text. */
export function make(tag, attributes = {}, ...children) {
  const svg = ["svg", "path", "g", "rect", "text", "title", "circle"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const badge = (verdict) => make("span", { class: `badge v-${verdict}`, "aria-hidden": "true" }, WORDS.signs[verdict]);
export const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;

/** A whole percentage that says 0 or 100 only when it is exactly that. */
export function percent(count, whole) {
  const share = count / whole;
  return `${share > 0 && share < 1 ? Math.min(99, Math.max(1, Math.round(share * 100))) : Math.round(share * 100)} %`;
}

/** The name of an environment in lines: the version, what is special about it, and the other of its two numbers. */
export function environmentName(environment) {
  const [, base, rest] = environment.label.match(/^([^+-]*)(.*)$/);
  // A column is as wide as a number: K is Keras.
  const version = base.replace(/^keras(?=\d)/, "K\u202f");
  const other = environment.other ? make("small", {}, environment.other.replaceAll("Keras ", "K\u202f").replaceAll("TF ", "TF\u202f")) : null;
  // The name of a variant may be broken behind its first word: a column is as wide as a number.
  const [first, ...more] = rest.split("_");
  const special = rest ? make("small", {}, first, ...more.flatMap((word) => ["_", make("wbr"), word])) : null;
  // Lines on the screen, words to whoever listens or copies.
  return [version, special, other].filter(Boolean).flatMap((line, place) => (place ? [" ", line] : [line]));
}

export function part(title, ...children) {
  return make("section", { class: "part" }, make("h3", {}, title), ...children.filter(Boolean));
}

/** Text to copy, with a button. */
export function copyBox(text, id = null) {
  const button = make("button", { type: "button" }, "Copy");
  const code = make("code", { id, tabindex: "0" }, text);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch { // a file opened from disk may not have the clipboard
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
  });
  return make("div", { class: "command" }, code, button);
}

/** A word as a POSIX shell takes it. */
export function shellWord(word) {
  return /^[\w.,+\-/:@%=]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
