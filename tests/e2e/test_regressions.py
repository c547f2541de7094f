"""A night on which a real load gets worse: what flips is flaky, what stays is a regression, and the exit code says so."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from crossload.store.database import Store
from tests.e2e.running import config_with, crossload

pytestmark = pytest.mark.e2e

# Its load depends on a file beside it, as a real one may on anything outside: no key in the store knows of that.
SCENARIO = """
import os
from pathlib import Path

from tensorflow import keras

from scenarios import scenario

MOOD = Path(__file__).with_name("mood.txt")


def load(path, custom_objects):
    mood, _, seen = MOOD.read_text().partition(" ")
    if mood == "flips" and not seen:
        # In all of this run, and in no later one.
        seen = str(os.getppid())
        MOOD.write_text("flips " + seen)
    if mood == "bad" or seen == str(os.getppid()):
        raise ValueError("in a bad mood")
    return keras.models.load_model(path)


@scenario("moody", family="ours", inputs=(("float", (4,)),), targets=((1,),), load_with="load", formats=("keras",))
def moody():
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(4,))])
    model.compile("sgd", "mse")
    return model
"""


def test_flaky_regression_expected_and_fixed(tmp_path: Path) -> None:
    package = tmp_path / "moods"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "models.py").write_text(SCENARIO, encoding="utf-8")
    config = config_with(tmp_path, first=f'scenario_folders = ["{package}"]')
    out, summary = tmp_path / "out", tmp_path / "summary.md"

    def night(mood: str, *more: str) -> tuple[int, str, dict[str, int]]:
        (package / "mood.txt").write_text(mood)
        if (out / "store").exists():
            with closing(Store(out / "store")) as store:
                store.remove_cells(store.cells())  # as if the pins had moved
        finished = crossload(
            "nightly",
            "--config",
            str(config),
            "--out",
            str(out),
            "--tf",
            "2.16",
            "--scenario",
            "moody",
            "--backend",
            "venv",
            *more,
            variables={"GITHUB_STEP_SUMMARY": str(summary)},
        )
        path = out / "changes.json"
        counts = json.loads(path.read_text(encoding="utf-8"))["counts"] if path.exists() else {}
        return finished.returncode, finished.stdout + finished.stderr, counts

    code, said, _ = night("good")
    assert code == 0, said
    assert "is the baseline" in said

    code, said, counts = night("flips")
    assert (code, counts) == (0, {"flaky": 1}), said

    code, said, counts = night("bad")
    assert (code, counts) == (1, {"regression": 1}), said
    assert "| regression | `moody/keras/2.16-cpu/2.16-cpu` |" in summary.read_text(encoding="utf-8")
    assert night("bad", "--fail-on", "never")[0] == 0
    assert night("bad", "--fail-on", "unavailable")[0] == 0

    expected = tmp_path / "expectations.toml"
    entry = '[[expected]]\ncell = "moody/*/*/*"\nreason = "its mood"\nuntil = {}\n'
    expected.write_text(entry.format("2999-01-01"), encoding="utf-8")
    assert night("bad", "--expectations", str(expected))[0] == 0
    expected.write_text(entry.format("2026-01-01"), encoding="utf-8")
    assert night("bad", "--expectations", str(expected))[0] == 1

    assert crossload("accept", "last", "--out", str(out)).returncode == 0
    code, said, counts = night("good")
    assert (code, counts) == (0, {"fixed": 1}), said
