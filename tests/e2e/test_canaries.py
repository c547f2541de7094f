"""Canaries on real TensorFlow: what they are meant to do, they do where nothing stops them, and nowhere else."""

import os
from pathlib import Path

import pytest

from crossload.backends.confinement import why_not
from crossload.inspection.security.canaries import read_flights
from crossload.probe.canaries.kinds import CANNOT_BE_MADE, KINDS
from tests.e2e.running import crossload

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
