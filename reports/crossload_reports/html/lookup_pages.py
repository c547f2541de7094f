"""The pages of what is looked up: an index with a search, a page for each construct and for each error."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from crossload.domain.verdicts import LOADS, severity
from crossload.domain.versions import spoken
from crossload.util.files import write_text_atomically
from crossload_reports.html.templating import static, templates
from crossload_reports.html.words import MEANINGS, SIGNS

INDEX = "lookup.html"
_STYLES = ("base.css", "first.css", "causes.css", "lookup.css", "print.css")
Entry = Mapping[str, Any]


def write_pages(
    folder: Path,
    about: Mapping[str, Any],
    order: Sequence[str],
    constructs: Sequence[Entry],
    errors: Sequence[Entry],
) -> Path:
    """Write ``lookup.html`` and a page for each entry; returns the index.

    :param order: ids of environments as they stand in tables.
    :raises OSError: the folder cannot be written.
    """
    shared = {
        "style": Markup("\n".join(static(name) for name in _STYLES)),
        "about": about,
        "signs": SIGNS,
        "meanings": {},
        "script": "",
        "up": "../",
        "pages": {entry["slug"] for entry in errors},
    }
    made = templates()
    for entry in constructs:
        _write(made, folder / "constructs" / f"{entry['slug']}.html", "lookup_construct.html.j2",
               shared | _construct(entry, order))  # fmt: skip
    for entry in errors:
        _write(made, folder / "errors" / f"{entry['slug']}.html", "lookup_error.html.j2", shared | _error(entry, order))
    script = static("lookup.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    listed = {
        "up": "",
        "script": Markup(script),
        "script_digest": digest,
        "constructs": [{**entry, **_gist(entry)} for entry in constructs],
        "errors": [{**entry, "words": " ".join((*entry["messages"], *entry["remedies"], entry["explanation"]))}
                   for entry in errors],
    }  # fmt: skip
    return _write(made, folder / INDEX, "lookup_index.html.j2", shared | listed)


def _write(made: jinja2.Environment, path: Path, template: str, variables: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    html = made.get_template(template).render(**variables)
    return write_text_atomically(path, html.encode("utf-8", "backslashreplace").decode("utf-8"))


def _gist(entry: Entry) -> dict[str, Any]:
    """The worst verdict of a construct's cells, where that is, and what a search finds it by."""
    cells = [(cell, strip) for strip in entry["strips"] for cell in strip["cells"]]
    worst, strip = max(cells, key=lambda item: severity(item[0]["verdict"]))
    bad = worst["verdict"] not in LOADS
    return {
        "worst": worst["verdict"] if bad else "",
        "note": f"{spoken(strip['saved_with'])} → {spoken(worst['loaded_with'])}, {strip['format']}" if bad else "",
        "words": " ".join(
            dict.fromkeys([cell["cause"] for cell, _ in cells] + [one["setting"] for one in entry["settings"]])
        ),
    }


def _construct(entry: Entry, order: Sequence[str]) -> dict[str, Any]:
    place = {name: number for number, name in enumerate(order)}
    tables = []
    for form in sorted({strip["format"] for strip in entry["strips"]}):
        strips = [strip for strip in entry["strips"] if strip["format"] == form]
        readers = sorted({cell["loaded_with"] for strip in strips for cell in strip["cells"]}, key=place.__getitem__)
        rows = []
        for strip in sorted(strips, key=lambda strip: place[strip["saved_with"]]):
            cells = {cell["loaded_with"]: cell for cell in strip["cells"]}
            rows.append({"saved_with": strip["saved_with"], "cells": [cells.get(reader) for reader in readers]})
        tables.append({"format": form, "readers": readers, "rows": rows})
    settings = []
    for one in entry["settings"]:
        places: defaultdict[str, list[str]] = defaultdict(list)
        for cell in one["cells"]:
            places[cell["verdict"]].append(
                f"{spoken(cell['saved_with'])} → {spoken(cell['loaded_with'])} ({cell['format']})"
            )
        settings.append({"setting": one["setting"], "places": places})
    used = {cell["verdict"] for strip in entry["strips"] for cell in strip["cells"]}
    meanings = {verdict: MEANINGS[verdict] for verdict in SIGNS if verdict in used}
    return {"entry": entry, "tables": tables, "settings": settings, "meanings": meanings}


def _error(entry: Entry, order: Sequence[str]) -> dict[str, Any]:
    counts = {(pair["saved_with"], pair["loaded_with"]): pair["cells"] for pair in entry["pairs"]}
    readers = [name for name in order if any(name == loader for _, loader in counts)]
    rows = [
        {"saved_with": saver, "counts": [counts.get((saver, reader), 0) for reader in readers]}
        for saver in order
        if any(saver == name for name, _ in counts)
    ]
    return {"entry": entry, "readers": readers, "rows": rows}
