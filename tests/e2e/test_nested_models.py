"""Keras 2 and 3 number the calls of a model inside another one differently: what that does, and that a translation mends it."""

from pathlib import Path

import pytest

from tests.e2e.running import REPOSITORY, config_with, crossload, results

pytestmark = pytest.mark.e2e

NESTED = f'scenario_folders = ["{REPOSITORY / "tests" / "e2e" / "nested_scenarios"}"]'


def test_a_translated_copy_of_a_nested_model_loads_on_the_other_side(tmp_path: Path) -> None:
    limits = ("seconds = 40\nseconds_after_hang = 5", "seconds = 8\nseconds_after_hang = 4")
    config = config_with(tmp_path, limits, first=NESTED)
    finished = crossload(
        "run",
        "--config",
        str(config),
        "--tf",
        "2.10,2.16",
        "--scenario",
        "nested-twice,nested-sequential,nested-last",
        "--format",
        "h5",
        "--out",
        str(tmp_path / "out"),
    )
    assert finished.returncode == 0, finished.stderr
    rows = results(tmp_path / "out")
    rows = rows[rows["saved_with"] != rows["loaded_with"]]
    assert len(rows) == 6
    assert set(rows["verdict"]) == {"remedy"}
    # Outputs to the bit, or within the rounding of another TensorFlow.
    assert set(rows["rung_weights"]) == set(rows["rung_outputs"]) == {"pass"}
    upwards, downwards = rows[rows["loaded_with"] == "2.16-cpu"], rows[rows["loaded_with"] == "2.10-cpu"]
    assert set(downwards["attempt"]) == {"translate"}
    assert set(downwards["rung_optimizer"]) == set(downwards["rung_training"]) == {"pass"}
    # What a model inside gives out at the end is numbered by both in the same way: there, only the loss is in the way.
    said = zip(upwards["scenario"], upwards["error_type"], upwards["cause"], upwards["attempt"], strict=True)
    assert {scenario: rest for scenario, *rest in said} == {
        "nested-twice": ["time limit", "nested-model-endless", "translate"],
        "nested-sequential": ["time limit", "nested-model-endless", "translate"],
        "nested-last": ["TypeError", "compile-string-h5", "translate"],
    }
