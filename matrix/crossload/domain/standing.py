"""Whether a cell counts: a share is of files that are meant to load and that are right where they were written."""

from crossload.domain.verdicts import BROKEN

# Why a cell is apart from every score, finding and plan; empty where it counts.
COUNTS, CONTROL, WRONG_AT_HOME = "", "control", "wrong-at-home"


def apart(is_control: bool, at_home: str) -> str:
    """Why a cell counts for nothing but claims and a page of its own.

    :param is_control: the scenario is meant to fail or to differ.
    :param at_home: verdict of the same file in the environment that wrote it; empty where that was not measured: then
        nothing speaks against the file.
    """
    if is_control:
        return CONTROL
    return WRONG_AT_HOME if is_wrong(at_home) else COUNTS


def is_wrong(at_home: str) -> bool:
    """Whether a file gives no right outputs in the environment that wrote it, by any way of loading that was tried."""
    return at_home in BROKEN
