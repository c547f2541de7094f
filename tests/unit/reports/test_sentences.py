"""Sentences that can be said again in a meeting: each kind of answer, for one file and for many."""

import pytest

from crossload_reports.analysis.sentences import Break, Numbers, sentence


def numbers(plain: int = 0, **more: int) -> Numbers:
    others = ("lossy", "stepped", "called", "detours", "wrong", "lost", "routed")
    assert set(more) <= set(others)
    return Numbers(plain, *(more.get(name, 0) for name in others))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (numbers(81), "Yes: all 81 files saved by 2.10 load in 2.21 as they are."),
        (numbers(1), "Yes: the one file saved by 2.10 loads in 2.21 as it is."),
        (
            numbers(1, stepped=80, called=21),
            "Yes, with work: of 81 files saved by 2.10, 1 loads in 2.21 as it is and 80 after a measured step "
            "(21 of them for predictions only).",
        ),
        (
            numbers(1, stepped=8, called=3, detours=3),
            "Yes, with work: of 9 files saved by 2.10, 1 loads in 2.21 as it is and 8 after a measured step "
            "(3 of them for predictions only; a detour keeps them trainable).",
        ),
        (
            numbers(stepped=8, called=3, detours=1),
            "Yes, with work: of 8 files saved by 2.10, 8 load in 2.21 after a measured step "
            "(3 of them for predictions only; a detour keeps 1 of these trainable).",
        ),
        (
            numbers(stepped=3, called=3),
            "Yes, with work: of 3 files saved by 2.10, 3 load in 2.21 after a measured step (for predictions only).",
        ),
        (
            numbers(2, stepped=1, lost=4, routed=3),
            "In part: of 7 files saved by 2.10, 2 load in 2.21 as they are and 1 after a measured step; "
            "4 do not load, and 3 of them get there through another version.",
        ),
        (
            numbers(1, lost=1, routed=1),
            "In part: of 2 files saved by 2.10, 1 loads in 2.21 as it is; "
            "1 does not load, and it gets there through another version.",
        ),
        (numbers(lost=1), "No: the one file saved by 2.10 does not load in 2.21."),
        (
            numbers(lost=5, routed=5),
            "No: none of 5 files saved by 2.10 loads in 2.21, but all of them get there through another version.",
        ),
        (
            numbers(3, wrong=1),
            "Careful: of 4 files saved by 2.10, 1 loads in 2.21 without a word and computes something else; "
            "3 load as they are.",
        ),
        (
            numbers(wrong=2, lost=1),
            "Careful: of 3 files saved by 2.10, 2 load in 2.21 without a word and compute something else; 1 does not load.",
        ),
        (numbers(), "Nothing was measured from 2.10 to 2.21."),
        (None, "Nothing was measured from 2.10 to 2.21."),
    ],
)
def test_the_answer_begins_with_yes_or_no_and_counts_files(found: Numbers | None, said: str) -> None:
    assert sentence(found, "2.10", "2.21", None) == said


@pytest.mark.parametrize(
    ("broke", "said"),
    [
        (Break("2.15", "2.16", 60, 81), "The break is 2.16: in 2.15, 60 of them still load as they are."),
        (Break("2.15", "2.16", 81, 81), "The break is 2.16: in 2.15, all 81 still load as they are."),
        (Break("2.18", "2.21", 1, 81), "In 2.18, 1 of them still loads as it is."),
    ],
)
def test_the_version_that_breaks_most_is_named(broke: Break, said: str) -> None:
    assert sentence(numbers(1, stepped=80), "2.10", "2.21", broke).endswith(f". {said}")
