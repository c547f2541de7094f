"""When outputs agree, and when what was loaded can be recommended."""

from typing import Any

import pytest

from crossload.probe import agreement

within: Any = agreement.within
works: Any = agreement.works
LIMITS = (1e-6, 1e-5, 64.0)
GOOD: dict[str, Any] = {"bit_equal": True, "mismatch": None, "frontier": []}
OTHER: dict[str, Any] = {"bit_equal": False, "mismatch": None, "frontier": [[1.0, 1.0, 0.0, 1.0]]}


@pytest.mark.parametrize(
    ("entry", "agrees"),
    [
        ([0.009, 1.0, 1.0, 1.0], True),
        # However noisy an element is: a hundredth of the output's scale is another output.
        ([0.02, 1.0, 1.0, 1.0], False),
        ([0.02, 1.0, 1e9, 1.0], False),
        # Small outputs may not differ by as much as large ones.
        ([5e-7, 0.0, 0.0, 1.0], True),
        ([5e-7, 0.0, 0.0, 1e-3], False),
    ],
)
def test_noise_and_tolerance_are_bounded_by_the_scale_of_the_output(entry: list[float], agrees: bool) -> None:
    assert within([entry], *LIMITS) is agrees


@pytest.mark.parametrize(
    ("outputs", "use", "good"),
    [
        (GOOD, {}, True),
        (GOOD, {"predict": GOOD}, True),
        (GOOD, {"predict": {"error_type": "ValueError", "error": "no"}}, False),
        (GOOD, {"predict": OTHER}, False),
        (GOOD, {"predict": {**GOOD, "mismatch": "another shape"}}, False),
        (GOOD, {"predict": {"not_applicable": "raises at home"}}, True),
        (OTHER, {"predict": GOOD}, False),
        ({**GOOD, "mismatch": "another shape"}, {}, False),
        ({"error_type": "ValueError", "error": "no"}, {}, False),
    ],
)
def test_what_is_recommended_gives_the_right_outputs_called_and_by_predict(
    outputs: dict[str, Any], use: dict[str, Any], good: bool
) -> None:
    assert works({"outputs": outputs, "use": use}, *LIMITS) is good
