"""Canaries on real TensorFlow: what they are meant to do, they do where nothing stops them, and nowhere else."""

import json
import os
from pathlib import Path

import pytest

from crossload.backends.confinement import why_not
from crossload.inspection.security.canaries import read_flights
from crossload.probe.canaries.kinds import CANNOT_BE_MADE, KINDS
from tests.e2e.running import crossload
from tests.e2e.test_field_cases import make

_NEEDED = os.environ.get("CROSSLOAD_TEST_CONFINEMENT") == "required"
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(why_not()) and not _NEEDED, reason=why_not() or "confined")]


def test_what_an_old_keras_lets_the_newest_refuses_and_nothing_is_loaded_twice(tmp_path: Path) -> None:
    place = tmp_path / "canaries.csv"
    asked = (
        "data",
        "canaries",
        "--tf",
        "2.10,keras3.15",
        "--format",
        "h5,keras",
        "--backend",
        "venv",
        "--to",
        str(place),
    )
    done = crossload(*asked)
    assert done.returncode == 0, done.stderr
    found = {(item.environment, item.canary, item.format): item for item in read_flights(place)}
    assert len(found) == 2 * sum(len({"h5", "keras"} & set(kind.forms)) for kind in KINDS.values())
    for canary, form, effect in (
        ("lambda", "h5", "runs"),
        ("external-storage", "h5", "reads"),
        ("huge-shape", "h5", "takes"),
    ):
        assert found["2.10-cpu", canary, form].ending == effect
        refused = found["keras3.15-cpu", canary, form]
        assert (refused.ending, refused.is_guarded) == ("refused", True), refused
    assert found["2.10-cpu", "lambda", "keras"].ending == CANNOT_BE_MADE
    assert (found["keras3.15-cpu", "lambda", "keras"].ending, found["keras3.15-cpu", "lambda", "keras"].unsafe) == (
        "refused",
        "runs",
    )
    again = crossload(*asked)
    assert again.returncode == 0
    assert ", 0 of them now" in " ".join(again.stdout.split())


def test_a_safe_conversion_goes_through_no_keras_that_runs_what_the_file_carries(tmp_path: Path) -> None:
    path = make("doubled", "2.10", tmp_path)
    said, code = converted(path, "--to", "2.15", "--safe")
    # 2.15 is the target, and would run it itself.
    assert code == 1, said
    assert "The way through 2.15-cpu is not safe: Python bytecode that a Lambda layer runs: would run it" in said
    assert "every way to 2.15-cpu goes through a Keras that would run or read what the file carries" in said
    assert "reading the model where it was written" not in said
    assert converted(path, "--to", "2.15", "--safe", "--route", "direct")[1] == 1
    said, code = converted(path, "--to", "2.21", "--safe", "--trust")
    assert code == 0, said
    assert "The way through 2.15-cpu is not safe" in said
    assert "they are operations now" in said
    new = path.with_suffix(".keras")
    assert new.is_file()
    # What was written carries nothing any more.
    found = json.loads(crossload("inspect", str(new), "--json").stdout)
    assert "lambda" not in json.dumps(found["carries"]), found["carries"]


def converted(path: Path, *asked: str) -> tuple[str, int]:
    done = crossload("convert", str(path), *asked, "--backend", "venv", "--out", str(path.with_suffix(".keras")))
    return " ".join((done.stdout + done.stderr).split()), done.returncode
