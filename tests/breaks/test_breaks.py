"""Documented breaks on the real versions: ``nox -s breaks``; the ordinary test run takes a sample."""

import re
from pathlib import Path

import pandas as pd
import pytest

from crossload.diagnosis import load_catalogue
from crossload.environments.lock_files import lock_path, read_pins
from tests.breaks.documented import NOT_HERE, NOT_SEEN, REPRODUCED, Break
from tests.e2e.running import crossload, results

NUMBERS = range(1, 29)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One store for all: an artifact that two breaks share is written once."""
    return tmp_path_factory.mktemp("breaks")


def cell(one: Break, out: Path) -> pd.Series:
    """The cell of a break, run for real."""
    versions = ",".join(dict.fromkeys((one.saver, one.loader)))
    run = crossload("run", "--tf", versions, "--scenario", one.scenario, "--format", one.format, "--out", str(out))
    assert run.returncode == 0, run.stderr
    table = results(out)
    rows = table[(table["saved_with"] == f"{one.saver}-cpu") & table["loaded_with"].isin(["", f"{one.loader}-cpu"])]
    assert len(rows) == 1
    return rows.iloc[0]


def marks(one: Break) -> list[pytest.MarkDecorator]:
    return [pytest.mark.e2e] if one.sample else [pytest.mark.breaks]


def named(breaks: tuple[Break, ...]) -> list[object]:
    return [
        pytest.param(one, marks=marks(one), id=f"{one.number}-{one.scenario}-{one.format}-{one.saver}-to-{one.loader}")
        for one in breaks
    ]


@pytest.mark.parametrize("one", named(REPRODUCED))
def test_the_break_shows_and_is_diagnosed(one: Break, out: Path) -> None:
    found = cell(one, out)

    assert found["verdict"] in one.verdicts
    assert re.search(one.message, found["error"], re.DOTALL), found["error"]
    assert bool(found["error"]) == bool(one.message)
    assert found["cause"] == one.cause


@pytest.mark.parametrize("one", named(NOT_SEEN))
def test_the_break_does_not_show_here(one: Break, out: Path) -> None:
    found = cell(one, out)

    assert found["verdict"] in one.verdicts
    assert found["cause"] == one.cause
    assert one.number in NOT_HERE


def test_every_documented_break_has_a_cell_or_a_reason() -> None:
    reproduced = {one.number for one in REPRODUCED}

    assert reproduced | set(NOT_HERE) == set(NUMBERS)
    assert reproduced & set(NOT_HERE) == set()
    known = load_catalogue().by_id()
    assert all(one.cause in known for one in REPRODUCED)
    assert sum(one.sample for one in REPRODUCED) >= 3


@pytest.mark.parametrize("name", ["2.16+tf_keras-cpu", "2.18+tf_keras-cpu", "2.21+tf_keras-cpu"])
def test_legacy_keras_brings_no_full_tensorflow(name: str) -> None:
    pins = read_pins(lock_path(name).read_text("utf-8"))

    assert "tf-keras" in pins
    assert "tensorflow-cpu" in pins
    assert "tensorflow" not in pins
