"""The engine against ``golden.csv``, which plain Keras wrote (:mod:`tests.e2e.write_golden`) and the engine never does."""

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.compare_with_plain import CANNOT_SAVE, engine_said

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[2]


def _read_golden() -> list[dict[str, str]]:
    with Path(__file__).with_name("golden.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


ROWS = _read_golden()


def _distinct(column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in ROWS if row[column]))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The engine's table of every cell between the environments, scenarios and formats of the golden ones."""
    out = tmp_path_factory.mktemp("golden")
    environments = dict.fromkeys([*_distinct("saved_with"), *_distinct("loaded_with")])
    selection = {
        "--profile": "full",
        "--tf": ",".join(name.removesuffix("-cpu") for name in environments),
        "--scenario": ",".join(_distinct("scenario")),
        "--format": ",".join(_distinct("format")),
        "--out": str(out),
    }
    arguments = [word for pair in selection.items() for word in pair]
    finished = subprocess.run(
        [sys.executable, "-m", "matrix", "run", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return pd.read_csv(out / "results.csv", keep_default_na=False)


def _name(row: Mapping[str, str]) -> str:
    return f"{row['scenario']} {row['format']} {row['saved_with']}>{row['loaded_with'] or '-'}"


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_the_engine_says_what_plain_keras_says(row: dict[str, str], table: pd.DataFrame) -> None:
    chosen = (table["scenario"] == row["scenario"]) & (table["format"] == row["format"])
    chosen &= table["saved_with"] == row["saved_with"]
    # What can not be saved has one row without a loader, so whoever says the other thing is found too.
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
