"""Static JSON for other programs: ``api/v1/index.json`` names every other file. The form is ``schemas/api-1.schema.json``."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crossload.util.files import write_text_atomically

FOLDER = "api/v1"
SCHEMA = "schema.json"


def write_api(
    folder: Path,
    about: Mapping[str, Any],
    environments: Sequence[Mapping[str, Any]],
    constructs: Sequence[Mapping[str, Any]],
    errors: Sequence[Mapping[str, Any]],
    pairs: Sequence[Mapping[str, Any]],
) -> list[Path]:
    """Write every file below ``folder/api/v1``; returns their paths, the index first.

    :param about: ``measured``, ``origin``, ``licence`` and ``version`` of what wrote it.
    :raises OSError: the folder cannot be written.
    """
    base = folder / FOLDER
    named: dict[str, list[dict[str, Any]]] = {"constructs": [], "errors": [], "pairs": []}
    written = []
    for kind, entries in (("constructs", constructs), ("errors", errors)):
        for entry in entries:
            place = f"{kind}/{entry['slug']}.json"
            written.append(_write(base / place, {"schema": 1, **about, **entry}))
            title = {"name": entry["name"]} if "name" in entry else {"title": entry["title"]}
            named[kind].append({"slug": entry["slug"], **title, "file": quote(place)})
    for pair in pairs:
        place = f"pairs/{pair['saved_with']}/{pair['loaded_with']}.json"
        written.append(_write(base / place, {"schema": 1, **about, **pair}))
        named["pairs"].append({name: pair[name] for name in ("saved_with", "loaded_with")} | {"file": quote(place)})
    schema = (files("crossload_reports") / "schemas" / "api-1.schema.json").read_text("utf-8")
    written.append(write_text_atomically(base / SCHEMA, schema))
    index = {"schema": 1, **about, "environments": list(environments), **named}
    return [_write(base / "index.json", index), *written]


def _write(path: Path, content: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_text_atomically(path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
