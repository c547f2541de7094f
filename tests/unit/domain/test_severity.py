"""The one order of verdicts and the named groups, which everybody uses."""

import itertools

import pytest

from crossload.domain import verdicts
from crossload.domain.verdicts import SCORED, SEVERITY, UNSCORED, is_comparable, severity


def test_worst_first_as_the_design_says() -> None:
    assert SEVERITY == ("differs", "crashes", "fails", "remedy", "lossy", "equal", "exact")


@pytest.mark.parametrize(("worse", "better"), [*itertools.combinations(SEVERITY, 2)])
def test_severity_follows_the_order(worse: str, better: str) -> None:
    assert severity(worse) > severity(better)


def test_what_could_not_be_saved_is_next_to_the_worst() -> None:
    assert severity("differs") > severity("cannot-save") > severity("crashes")


@pytest.mark.parametrize("verdict", ["not-applicable", "unavailable", "harness-error", "", "never"])
def test_what_says_nothing_of_a_model_is_not_compared(verdict: str) -> None:
    assert not is_comparable(verdict)
    with pytest.raises(KeyError):
        severity(verdict)


GROUPS = {
    "SCORED": {"exact", "equal", "lossy", "remedy", "fails", "crashes", "differs"},
    "UNSCORED": {"cannot-save", "not-applicable", "unavailable", "harness-error"},
    "LOADS": {"exact", "equal", "lossy"},
    "FAITHFUL": {"exact", "equal"},
    "USABLE": {"exact", "equal", "lossy", "remedy"},
    "WITHOUT_ERROR": {"exact", "equal", "lossy", "differs"},
    "RAISES": {"remedy", "fails", "crashes"},
    "BROKEN": {"differs", "fails", "crashes"},
    "NEEDS_WAY": {"differs", "fails", "crashes", "remedy"},
    "UNFAITHFUL": {"differs", "fails", "crashes", "remedy", "lossy"},
    "NEEDS_CAUSE": {"differs", "fails", "crashes", "remedy", "lossy", "cannot-save"},
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups(name: str) -> None:
    group = getattr(verdicts, name)
    assert set(group) == GROUPS[name]
    assert len(group) == len(GROUPS[name])


def test_groups_divide_the_scored_ones() -> None:
    assert {*SCORED} == {*verdicts.USABLE, *verdicts.BROKEN} == {*verdicts.FAITHFUL, *verdicts.UNFAITHFUL}
    assert {*SCORED} == {*verdicts.LOADS, *verdicts.NEEDS_WAY} == {*verdicts.WITHOUT_ERROR, *verdicts.RAISES}
    assert not {*SCORED} & {*UNSCORED}
