"""Zips of a newer Keras 2 in one that reads none: with their optimizer, and used by that Keras alone."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.running import crossload
from tests.e2e.user_files import HERE, run_inside

pytestmark = [pytest.mark.e2e, pytest.mark.models]
MODELS = HERE / "user_models"
SAVER, TO = "2.15", "2.10"


@pytest.mark.parametrize("name", ["sequence", "gates", "own"])
def test_nothing_is_lost_on_the_way_back(name: str, tmp_path: Path) -> None:
    path, reference, destination = tmp_path / f"{name}.keras", tmp_path / f"{name}.npz", tmp_path / f"{name}.h5"
    made = run_inside(SAVER, str(MODELS / "translated.py"), name, str(path), str(reference))
    assert made.returncode == 0, made.stderr
    where = ["--to", TO, "--format", "h5", "--out", str(destination), "--backend", "venv"]
    where += ["--custom-objects", str(MODELS / "own_layers.py")] if name == "own" else []

    converted = crossload("convert", str(path), *where, "--keep", "optimizer", "--route", "direct")

    assert converted.returncode == 0, converted.stdout + converted.stderr
    proof = json.loads(destination.with_name(destination.name + ".json").read_text(encoding="utf-8"))
    assert proof["measured"]["rungs"]["optimizer"] == "pass"
    used = run_inside(
        TO, str(MODELS / "use_translated.py"), str(destination), str(reference), str(tmp_path / "again.h5")
    )
    assert used.returncode == 0, used.stderr
    found = json.loads(used.stdout.splitlines()[-1])
    with np.load(reference) as known:
        loss = float(known["loss"])
    assert found["difference"] <= 1e-5
    assert (found["steps"], found["saved again"]) == (2, True)
    assert abs(found["loss"] - loss) <= 1e-5 * abs(loss) + 1e-6, (found, loss)
