"""After a hang: what is still tried, and with how much time."""

from typing import Any

import pytest

from crossload.planning.retry_policy import first_alike, hung, worth_trying

BOTH = "edit-config+compile=False"


@pytest.mark.parametrize(
    ("names", "died", "hanging", "left"),
    [
        # What kills alone kills in company; plain is part of everything and says nothing about the others.
        (["compile=False", "rename"], ["plain"], ["plain"], ["compile=False", "rename"]),
        (["rename+compile=False", "edit-config"], ["rename"], [], ["edit-config"]),
        # An edited copy is another file.
        (["rename+compile=False", "rename+edit-config"], ["rename"], ["rename"], ["rename+edit-config"]),
        ([BOTH, "TFSMLayer"], ["plain", "compile=False"], ["plain", "compile=False"], [BOTH, "TFSMLayer"]),
        ([BOTH, "edit-config+safe_mode=False"], ["edit-config"], ["edit-config"], []),
        # After two hangs only another file, or another way to load it.
        (
            ["safe_mode=False", "rebuild+weights"],
            ["plain", "compile=False"],
            ["plain", "compile=False"],
            ["rebuild+weights"],
        ),
        (["safe_mode=False"], ["plain", "compile=False"], ["plain"], ["safe_mode=False"]),
        (["rename+edit-config"], ["plain", "edit-config"], ["plain", "edit-config"], []),
    ],
)
def test_what_is_worth_trying(names: list[str], died: list[str], hanging: list[str], left: list[str]) -> None:
    assert worth_trying(names, died, hanging) == left


def test_what_is_expected_to_hang_goes_alone() -> None:
    names = ["plain", "rename", "edit-config"]
    assert first_alike(names, ()) == (names, [])
    assert first_alike(names, {"rename"}) == (["plain"], ["rename", "edit-config"])
    assert first_alike(names, {"plain"}) == (["plain"], ["rename", "edit-config"])


def test_only_the_time_limit_is_a_hang() -> None:
    records: list[Any] = [
        {"attempt": "plain", "outcome": "crashed", "error_type": "SIGSEGV"},
        {"attempt": "rename", "outcome": "crashed", "error_type": "time limit"},
        {"attempt": "edit-config", "outcome": "loaded"},
    ]
    assert hung(records) == {"rename"}
