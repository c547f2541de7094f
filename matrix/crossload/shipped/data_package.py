"""The measurements as a package of their own, ``crossload-data``: for programs that have no Crossload.

The wheel needs nothing but Python. Its version is the day of the newest measurement, its cells are columns of numbers in
compressed JSON, and its only module is :mod:`crossload.shipped.standalone`, which reads them.
"""

import json
import lzma
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from crossload.domain.cells import CellRow
from crossload.domain.verdicts import SCORED
from crossload.errors import StoreError
from crossload.resources import PACKAGE
from crossload.shipped.construct_data import ConstructData
from crossload.shipped.file_format import Measurements
from crossload.util.uv import last_lines, run_uv

NAME = "crossload-data"
_FOLDER = PACKAGE / "shipped"
_OUTCOME = ("verdict", "attempt", "lost", "cause")


def content(
    measured: Measurements,
    constructs: ConstructData,
    said: Iterable[tuple[str, str, str, str, Mapping[str, str]]],
    licence: str,
) -> dict[str, Any]:
    """What the package holds, as its ``schema.json`` says.

    :param said: of each construct that was measured: writer, format, reader, construct, and its outcome.
    """
    scenarios, environments, formats = (_Places() for _ in range(3))
    names, outcomes = _Places(), _Places()
    for item in measured.environments:
        environments.of(str(item["id"]))
    cells = sorted(
        [
            scenarios.of(row["scenario"]),
            formats.of(row["format"]),
            environments.of(row["saved_with"]),
            environments.of(row["loaded_with"]),
            outcomes.of(_outcome(row)),
            environments.of(row["twin"]) if row["twin"] else -1,
        ]
        for row in measured.rows()
        if row["loaded_with"] and row["verdict"] in SCORED
    )
    of_constructs = [
        [names.of(name), formats.of(form), environments.of(writer), environments.of(reader), outcomes.of(_outcome(row))]
        for writer, form, reader, name, row in said
    ]
    facts = {str(item["id"]): item for item in (*constructs.measured.environments, *measured.environments)}
    return {
        "schema": 1,
        "measured": measured.dates,
        "licence": licence,
        "environments": [
            {"id": name, **{key: facts.get(name, {}).get(key) or "" for key in ("tensorflow", "keras", "python")}}
            for name in environments.items
        ],
        "formats": formats.items,
        "scenarios": scenarios.items,
        "constructs": names.items,
        "outcomes": [dict(zip(_OUTCOME, outcome, strict=True)) for outcome in outcomes.items],
        "cells": [list(column) for column in zip(*(cell[:5] for cell in cells), strict=True)] or [[]] * 5,
        "twins": [cell[5] for cell in cells],
        "construct_cells": list(map(list, zip(*sorted(of_constructs), strict=True))) or [[]] * 5,
    }


class _Places:
    """Gives each value its place in a list."""

    def __init__(self) -> None:
        self._known: dict[Any, int] = {}

    def of(self, value: Any) -> int:
        return self._known.setdefault(value, len(self._known))

    @property
    def items(self) -> list[Any]:
        return list(self._known)


def _outcome(row: CellRow | Mapping[str, str]) -> tuple[str, ...]:
    return tuple(str(row.get(name) or "") for name in _OUTCOME)  # type: ignore[arg-type]


def version_of(measured: Measurements) -> str:
    """The day of the newest measurement, as a version: ``2026.11.27``."""
    newest = measured.dates.split(" ")[-1]
    return ".".join(str(int(part)) for part in newest.split("-"))


def build_wheel(holds: Mapping[str, Any], version: str, folder: Path) -> Path:
    """Build the wheel with uv; returns its path.

    :param folder: receives it.
    :raises StoreError: it could not be built, for instance because no build backend can be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        source = Path(place)
        inner = source / "crossload_data"
        inner.mkdir()
        shutil.copyfile(_FOLDER / "standalone.py", inner / "__init__.py")
        shutil.copyfile(_FOLDER / "data-1.schema.json", inner / "schema.json")
        packed = json.dumps(holds, separators=(",", ":"), sort_keys=True).encode()
        (inner / "cells.json.xz").write_bytes(lzma.compress(packed, preset=9 | lzma.PRESET_EXTREME))
        (inner / "py.typed").touch()
        (source / "pyproject.toml").write_text(_project(version, str(holds["licence"])), encoding="utf-8")
        done = run_uv(["build", "--wheel", "--out-dir", str(folder.resolve()), str(source)])
    wheel = folder / f"crossload_data-{version}-py3-none-any.whl"
    if done.returncode or not wheel.is_file():
        raise StoreError(f"{NAME} could not be built:\n{last_lines(done.stderr)}")
    return wheel


def _project(version: str, licence: str) -> str:
    return f'''[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{NAME}"
version = "{version}"
description = "Which saved Keras models load in which TensorFlow and Keras: measured cells"
license = "{licence}"
requires-python = ">=3.10"

[tool.hatch.build.targets.wheel]
packages = ["crossload_data"]
'''
