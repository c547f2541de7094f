"""Numerical noise is not called another function, and another function is not called noise: real outputs of real versions.

``numeric_cells.json`` was measured with TensorFlow 2.4, 2.10, 2.15, 2.16 and 2.21, oneDNN on and off, called, through ``predict``
and one sample at a time, over 29 models with the same weights: 2,504 pairs of outputs of the same function that are not
bit-equal, and 1,575 of another function. Of the former the two worst of each model are kept, of the latter that which is hardest
to see, with the elements that decide: ``[difference, magnitude, noise, scale]``. ``python -m benchmarks.noise OUT --cells FILE``
measures them anew.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from crossload.config import Tolerance, Tolerances
from crossload.domain.verdicts import within
from crossload.probe.agreement import is_chance

CELLS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "numeric_cells.json").read_text("utf-8"))
HARMLESS = [cell for cell in CELLS if cell["kind"] == "harmless"]
REAL = [cell for cell in CELLS if cell["kind"] == "real"]
DEFAULT = Tolerances().float32
# Noise was not measured then: cancellation made it larger than the scale shows, or all outputs are smaller than `atol`.
NOT_SEEN_BEFORE = ("offset_norm", "tiny outputs off by 1 %", "tiny outputs, bias lost")


def named(cell: dict[str, Any]) -> str:
    return f"{cell['function']}: {cell['saved_with']} > {cell['loaded_with']}"


def test_the_table_is_large_enough() -> None:
    assert len(HARMLESS) >= 30
    assert len(REAL) >= 30


@pytest.mark.parametrize("cell", HARMLESS, ids=named)
def test_noise_is_no_other_function(cell: dict[str, Any]) -> None:
    assert within(cell["frontier"], DEFAULT)


@pytest.mark.parametrize("cell", REAL, ids=named)
def test_another_function_is_seen(cell: dict[str, Any]) -> None:
    assert not within(cell["frontier"], DEFAULT)


@pytest.mark.parametrize("spread", [70.0, 200.0])
def test_there_is_room_on_both_sides(spread: float) -> None:
    wider = Tolerance(atol=DEFAULT.atol, rtol=DEFAULT.rtol, spread=spread)
    assert all(within(cell["frontier"], wider) for cell in HARMLESS)
    assert not any(within(cell["frontier"], wider) for cell in REAL)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell["function"] not in NOT_SEEN_BEFORE], ids=named)
def test_measurements_of_before_are_judged_alike(cell: dict[str, Any]) -> None:
    pairs = [entry[:2] for entry in cell["frontier"]]
    assert within(pairs, DEFAULT) is (cell["kind"] == "harmless")


@pytest.mark.parametrize("cell", REAL, ids=named)
def test_another_function_is_never_excused_as_chance(cell: dict[str, Any]) -> None:
    assert not is_chance(cell["frontier"], DEFAULT.atol, DEFAULT.rtol, DEFAULT.spread)


def test_chance_is_what_the_saver_does_to_itself() -> None:
    """As far apart as the saver's own outputs, where these move by a large share of their scale; and nothing else."""
    near = DEFAULT.atol, DEFAULT.rtol, DEFAULT.spread
    assert is_chance([[0.98, 0.9, 0.25, 1.0], [0.3, 0.1, 0.0, 1.0]], *near)
    assert not is_chance([[0.98, 0.9, 0.001, 1.0]], *near)
    assert not is_chance([[0.98, 0.9, 0.05, 1.0]], *near)
    assert not is_chance([[0.98, 0.9, 0.25, 1.0], [1.9, 1.0, 1e-7, 2.0]], *near), "another output tensor is no chance"
    assert not is_chance([[1e-7, 0.9, 0.25, 1.0]], *near), "what agrees is judged"
    assert not is_chance([[0.98, 0.9]], *near)
