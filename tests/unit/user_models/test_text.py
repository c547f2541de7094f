"""A check in words."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.domain.verdicts import NOT_COMPARED
from crossload.probe.formats import SAVE_AGAIN
from crossload.user_models.check import Check
from crossload.user_models.text import measured_row, summary


def checked(**row: Any) -> Check:
    base = {"loaded_with": "2.21-cpu", "verdict": "lossy", "stage": "", "error_type": "", "attempt": "plain"}
    model = SimpleNamespace(path=Path("mine.h5"))
    return cast(Check, SimpleNamespace(model=model, rows=[{**base, **row}], reference={}, exact=True, saver="2.13-cpu"))


@pytest.mark.parametrize(
    ("stage", "words"),
    [("evaluate", "evaluate RAISES ValueError in 2.21-cpu"), ("fit", "fit RAISES ValueError in 2.21-cpu"),
     ("training", "fit RAISES ValueError in 2.21-cpu"), (SAVE_AGAIN, "saving again RAISES ValueError in 2.21-cpu")],
)  # fmt: skip
def test_what_raises_after_loading_is_in_the_answer(stage: str, words: str) -> None:
    """Metrics that Keras 3 cannot take, as in files of Keras 2.13; or an optimizer that knows other variables."""
    assert words in summary(checked(stage=stage, error_type="ValueError"))


def test_what_never_loads_is_not_said_to_raise_later() -> None:
    assert "RAISES" not in summary(checked(verdict="fails", stage="fit", error_type="ValueError"))
    assert "RAISES" not in summary(checked(verdict="remedy", stage="load", error_type="ValueError"))
    assert "RAISES" not in summary(checked())


def test_what_the_translation_keeps_more_is_in_the_answer() -> None:
    answer = summary(checked(reason="of the kernel; translate keeps optimizer, training"))
    assert answer == "mine.h5 loads plainly in 2.21-cpu; `convert` keeps optimizer, training, too, in 2.21-cpu."
    assert "convert" not in summary(checked(verdict="remedy", reason="translate keeps optimizer, training"))
    assert "convert" not in summary(checked())


def test_what_was_not_compared_is_in_the_answer_and_what_follows_from_it_is_not() -> None:
    why = "RuntimeError: other outputs each time"
    check = checked(verdict="not-applicable", reason=f"{NOT_COMPARED} ({why}); it loads plainly", error="TypeError")
    cast(Any, check).reference = {"unmeasured": {"outputs": why, "training": why}, "use": {"predict": why}}
    assert summary(check) == (
        f"mine.h5 loads plainly nowhere; LOADS, AND ITS OUTPUTS WERE NOT COMPARED, in 2.21-cpu ({why})."
    )
    assert measured_row(check.rows[0])[-1].startswith(NOT_COMPARED)
