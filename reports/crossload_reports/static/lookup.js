// The search of constructs and errors: what is sought stands in the address, so that a view can be sent to somebody.

(() => {
  document.documentElement.classList.add("scripted");
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const items = [...document.querySelectorAll("[data-list] li")];
  const words = items.map((item) => `${item.textContent} ${item.dataset.words}`.toLowerCase());

  function show() {
    const told = new URLSearchParams(location.hash.slice(1));
    const text = told.get("text") ?? "";
    const kind = told.get("kind") ?? "";
    const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (search.value !== text) search.value = text;
    for (const section of document.querySelectorAll("[data-kind]")) section.hidden = kind !== "" && section.dataset.kind !== kind;
    let count = 0;
    items.forEach((item, place) => {
      item.hidden = !wanted.every((word) => words[place].includes(word));
      if (!item.hidden && !item.closest("[data-kind]").hidden) count += 1;
    });
    found.textContent = wanted.length ? `${count} found` : "";
  }

  search.addEventListener("input", () => {
    const told = new URLSearchParams(location.hash.slice(1));
    if (search.value) told.set("text", search.value);
    else told.delete("text");
    history.replaceState(null, "", `#${told}`);
    show();
  });
  addEventListener("hashchange", show);
  show();
})();
