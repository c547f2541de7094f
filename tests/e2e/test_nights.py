"""Three nights with real TensorFlow: everything, nothing new, and another Keras under the same TensorFlow.

The nightly environment of this test asks for a release of TensorFlow without a pin on Keras, so that another day brings another
Keras 3, as another day brings another tf-nightly, without its size.
"""

import json
from pathlib import Path

import pytest

from tests.e2e.running import crossload

pytestmark = pytest.mark.e2e

CONFIG = """
[environments]
"2.15-cpu" = { python = "3.11", as_of = "2024-03-20", requirements = ["tensorflow-cpu==2.15.1"] }
"nightly-cpu" = { python = "3.11", as_of = "run", requirements = ["tensorflow-cpu==2.16.2"] }

[profiles.quick]
environments = ["2.15-cpu"]
formats = ["h5", "keras"]
tags = ["quick"]
"""
FIRST_DAY, SAME_PINS, OTHER_KERAS = "2024-07-10", "2024-07-11", "2024-12-20"
SCENARIOS = "dense,dense-loss-object"
CELLS = 2 * 2 * 2 * 2
SAVES = 2 * 2 * 2


def test_three_nights(tmp_path: Path) -> None:
    config, out = tmp_path / "matrix.toml", tmp_path / "build"
    config.write_text(CONFIG, encoding="utf-8")

    def night(day: str) -> tuple[int, str]:
        finished = crossload(
            "nightly",
            "--config",
            str(config),
            "--out",
            str(out),
            "--scenario",
            SCENARIOS,
            "--as-of",
            day,
            "--backend",
            "venv",
        )
        return finished.returncode, finished.stdout + finished.stderr

    code, said = night(FIRST_DAY)
    assert code == 0, said
    assert "is the baseline" in said

    code, said = night(SAME_PINS)
    assert code == 0, said
    assert "Nothing to do" in said
    assert "nothing changed" in said

    code, said = night(OTHER_KERAS)
    changes = json.loads((out / "changes.json").read_text(encoding="utf-8"))
    listed = crossload("runs", "--out", str(out), "--json")
    # Only what involves the environment that moved: its saves, and cells with it on either side. A second run, if any, is of
    # cells that got worse. A file that holds what the night before wrote is loaded in no other environment again.
    executed = [item["executed"] + item["copied"] for item in json.loads(listed.stdout)]
    assert executed[:3] == [SAVES + CELLS, 0, SAVES // 2 + CELLS * 3 // 4], said
    assert all("nightly-cpu" in (item["saved_with"], item["loaded_with"]) for item in changes["changes"])
    assert code == (1 if changes["counts"].get("regression") else 0)

    told = crossload("history", "dense/h5/2.15-cpu/nightly-cpu", "--out", str(out))
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("dense/h5/2.15-cpu/nightly-cpu: ")
