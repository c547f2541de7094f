"""The package of measurements: what a program reads from the wheel is what is shipped here."""

import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from crossload.app.data.lookup import build_data_package
from crossload.domain.verdicts import SCORED
from crossload.resources import MEASURED
from crossload.shipped import standalone
from crossload.shipped.construct_data import read_constructs
from crossload.shipped.data_package import content
from crossload.shipped.file_format import pack, read

READING = """
import collections, json, crossload_data as data
cells = list(data.cells())
try:
    data.verdict("1.0", "2.16", "h5", "Dense")
    unknown = ""
except KeyError as error:
    unknown = str(error)
print(json.dumps({
    "cells": len(cells), "verdicts": collections.Counter(cell.outcome.verdict for cell in cells),
    "first": data.verdict("2.10", "2.10-cpu", "h5", "Dense"), "none": data.verdict("2.10", "2.10", "h5", "Nothing"),
    "unknown": unknown, "environments": [item["id"] for item in data.environments()], "measured": data.measured(),
    "constructs": data.constructs(), "formats": data.formats(),
}))
"""


def test_a_program_without_crossload_reads_the_wheel(tmp_path: Path) -> None:
    wheel = build_data_package(tmp_path / "dist")
    assert wheel.stat().st_size < 3_000_000
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    inner = tmp_path / "installed" / "crossload_data"
    assert (inner / "py.typed").is_file()
    # -I: nothing of this checkout is on the path.
    script = f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r})\n{READING}"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    measured = read(MEASURED)
    rows = [row for row in measured.rows() if row["loaded_with"] and row["verdict"] in SCORED]
    assert said["cells"] == len(rows)
    assert said["verdicts"] == Counter(row["verdict"] for row in rows)
    assert said["first"][0] == "exact"
    assert said["none"] is None
    assert "environments() lists them" in said["unknown"]
    assert set(measured.environment_ids) <= set(said["environments"])
    assert said["measured"] == measured.dates
    assert "LSTM" in said["constructs"]


def test_a_cell_of_a_twin_says_whose_file_was_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = read(MEASURED)
    ids = measured.environment_ids
    scored = next(row for row in measured.rows() if row["loaded_with"] and row["verdict"] in SCORED)
    twin = next(name for name in ids if name not in (scored["saved_with"], scored["loaded_with"]))
    packed = pack([scored | {"twin": twin}, scored | {"saved_with": twin}], {"date": "2026-11-27"}, measured.environments,
                  measured.scenarios)  # fmt: skip
    held = content(packed, read_constructs(), (), "Apache-2.0")
    monkeypatch.setattr(standalone, "_data", lambda: held)
    standalone._outcomes.cache_clear()
    assert {cell.writer: cell.twin for cell in standalone.cells()} == {scored["saved_with"]: twin, twin: ""}
    standalone._outcomes.cache_clear()


def test_the_cells_are_as_their_schema_says(tmp_path: Path) -> None:
    wheel = build_data_package(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        import lzma

        schema = json.loads(archive.read("crossload_data/schema.json"))
        cells = json.loads(lzma.decompress(archive.read("crossload_data/cells.json.xz")))
        metadata = next(archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    assert list(Draft202012Validator(schema).iter_errors(cells)) == []
    assert "License-Expression: Apache-2.0" in metadata
    assert wheel.name.split("-")[1] in metadata
