// Without its cells a page has what was written into it, and says why there is no more.

/** Say what went wrong, and leave the error to whoever waits for the cells. */
export function explain(error) {
  document.documentElement.classList.remove("scripted");
  document.getElementById("status").textContent = "DecompressionStream" in window
    ? `The cells could not be shown: ${error.message}.`
    : "The cells could not be shown: this needs a browser of 2023 or later.";
  throw error;
}
