"""The engine against ``golden.csv``, which plain Keras wrote (:mod:`tests.e2e.write_golden`) and the engine never does."""

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from crossload.probe import attempts
from tests.e2e.compare_with_plain import CANNOT_SAVE, engine_said

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[2]


def _read_golden(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


ROWS = _read_golden("golden.csv")
REMEDIES = _read_golden("golden_remedies.csv")


def _distinct(column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in [*ROWS, *REMEDIES] if row[column]))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the engine's tables lie, of every cell between the environments, scenarios and formats of the golden ones."""
    folder = tmp_path_factory.mktemp("golden")
    environments = dict.fromkeys([*_distinct("saved_with"), *_distinct("loaded_with")])
    selection = {
        "--profile": "full",
        "--tf": ",".join(name.removesuffix("-cpu") for name in environments),
        "--scenario": ",".join(_distinct("scenario")),
        "--format": ",".join(_distinct("format")),
        "--out": str(folder),
    }
    arguments = [word for pair in selection.items() for word in pair]
    finished = subprocess.run(
        [sys.executable, "-m", "crossload", "run", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return folder


@pytest.fixture(scope="module")
def table(out: Path) -> pd.DataFrame:
    """One row a cell."""
    return pd.read_csv(out / "results.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def tried(out: Path) -> pd.DataFrame:
    """One row an attempt."""
    return pd.read_csv(out / "attempts.csv", keep_default_na=False)


def _of_cell(row: Mapping[str, str], rows: pd.DataFrame) -> "pd.Series[bool]":
    same = [rows[name] == row[name] for name in ("scenario", "format", "saved_with", "loaded_with")]
    return same[0] & same[1] & same[2] & same[3]


@pytest.mark.parametrize("row", REMEDIES, ids=lambda row: f"{_name(row)} {row['remedy']}")
def test_a_remedy_works_where_plain_keras_says_so(
    row: dict[str, str], table: pd.DataFrame, tried: pd.DataFrame
) -> None:
    attempt = tried[_of_cell(row, tried) & (tried["attempt"] == row["remedy"])]
    (cell,) = table[_of_cell(row, table)].to_dict("records")
    if row["works"] == "true":
        assert (cell["verdict"], cell["attempt"]) == ("remedy", row["remedy"]), cell["error"]
        assert cell["cost"]
    assert len(attempt) == 1, "the engine did not come as far as this remedy"
    works = (attempt["outcome"] == "loaded") & (attempt["rung_outputs"] == "pass")
    assert works.item() == (row["works"] == "true"), attempt["error"].item()


def test_every_remedy_is_held_against_plain_keras() -> None:
    pieces = {part for row in REMEDIES if row["works"] == "true" for part in attempts.parts(row["remedy"])}
    assert pieces == set(attempts.PIECES)


def _name(row: Mapping[str, str]) -> str:
    return f"{row['scenario']} {row['format']} {row['saved_with']}>{row['loaded_with'] or '-'}"


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_the_engine_says_what_plain_keras_says(row: dict[str, str], table: pd.DataFrame) -> None:
    chosen = (table["scenario"] == row["scenario"]) & (table["format"] == row["format"])
    chosen &= table["saved_with"] == row["saved_with"]
    # What cannot be saved has one row without a loader, so whoever says the other thing is found too.
    chosen &= table["loaded_with"].eq(row["loaded_with"]) | table["verdict"].eq(CANNOT_SAVE)
    assert chosen.sum() == 1
    found = table[chosen].iloc[0]

    said = vars(engine_said(str(found["verdict"])))

    expected = {key: {"true": True, "false": False, "": None}[row[key]] for key in said}
    assert said == expected, f"{found['verdict']}: {found['error']}"


def test_the_golden_cells_are_broad() -> None:
    answers = {(row["saves"], row["loads"], row["outputs_match"]) for row in ROWS}
    assert answers == {("false", "", ""), ("true", "false", ""), ("true", "true", "true"), ("true", "true", "false")}
    assert len(ROWS) >= 40
    for saver in _distinct("saved_with"):
        assert {row["loaded_with"] for row in ROWS if row["saved_with"] == saver} >= set(_distinct("loaded_with"))
