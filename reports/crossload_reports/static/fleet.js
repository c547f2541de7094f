// The table of a fleet: what the address names is shown, so that every view can be sent to somebody.

(() => {
  document.documentElement.classList.add("scripted");
  const fields = ["outcome", "format", "saver", "text"];
  const rows = [...document.querySelectorAll("#models tbody tr")];
  const controls = Object.fromEntries(fields.map((name) => [name, document.getElementById(`filter-${name}`)]));
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const found = document.getElementById("found");

  function stateOf() {
    const told = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries([...fields, "model"].map((name) => [name, told.get(name) ?? ""]));
  }

  function addressOf(state) {
    const told = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    return `#${told}`;
  }

  function show() {
    const state = stateOf();
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, place) => {
      const fits = ["outcome", "format", "saver"].every((name) => !state[name] || row.dataset[name] === state[name]);
      row.hidden = !(fits && words.every((word) => texts[place].includes(word)));
      count += row.hidden ? 0 : 1;
      if (state.model && row.dataset.model === state.model) {
        row.hidden = false;
        row.querySelector("details").open = true;
        row.scrollIntoView({ block: "center" });
      }
    });
    for (const name of fields) if (controls[name] && controls[name] !== document.activeElement) controls[name].value = state[name];
    for (const tile of document.querySelectorAll(".tiles a")) {
      if (state.outcome && tile.dataset.outcome === state.outcome) tile.setAttribute("aria-current", "true");
      else tile.removeAttribute("aria-current");
    }
    found.textContent = count === rows.length ? `${count} models` : `${count} of ${rows.length} models`;
  }

  for (const name of fields) {
    controls[name]?.addEventListener("input", () => {
      history.replaceState(null, "", addressOf({ ...stateOf(), model: "", [name]: controls[name].value }));
      show();
    });
  }
  for (const tile of document.querySelectorAll(".tiles a")) {
    tile.addEventListener("click", (event) => {
      event.preventDefault();
      const state = stateOf();
      const outcome = state.outcome === tile.dataset.outcome ? "" : tile.dataset.outcome;
      history.pushState(null, "", addressOf({ ...state, model: "", outcome }));
      show();
    });
  }
  addEventListener("hashchange", show);
  addEventListener("popstate", show);
  show();
})();
