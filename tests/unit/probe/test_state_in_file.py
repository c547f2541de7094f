"""An optimizer's state that the Keras which wrote a SavedModel does not restore itself is nobody's loss."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.probe.operations import user_model

stays: Any = user_model._state_stays_in_file  # the probe carries no annotations
STEPS = "optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"
SLOT = "layer-0/kernel/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE"


@pytest.mark.parametrize(
    ("names", "steps", "expected"),
    [
        ([SLOT], 0, True),
        ([STEPS, "optimizer/_variables/1"], 2, True),
        ([STEPS], 0, False),
        (["layer-0/kernel"], 0, False),
    ],
)
def test_slots_up_to_2_10_and_steps_since_2_11(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], steps: int, expected: bool
) -> None:
    train = SimpleNamespace(
        list_variables=lambda path: [(name, []) for name in names], load_variable=lambda path, name: steps
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(train=train))
    assert stays(str(tmp_path), {"steps": 0}) is expected
    # What did come is held against others.
    assert not stays(str(tmp_path), {"steps": 2})
    assert not stays(str(tmp_path), None)
    assert not stays(str(tmp_path / "model.h5"), {"steps": 0})
