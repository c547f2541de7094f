"""What counts for a score, and what is put apart."""

import pytest

from crossload.domain.standing import CONTROL, COUNTS, WRONG_AT_HOME, apart


@pytest.mark.parametrize(
    ("is_control", "at_home", "expected"),
    [
        (False, "exact", COUNTS),
        (False, "lossy", COUNTS),
        (False, "remedy", COUNTS),  # it gives the right outputs where it was written, if not by the plain call
        (False, "", COUNTS),  # not measured there: nothing speaks against the file
        (False, "unavailable", COUNTS),
        (False, "fails", WRONG_AT_HOME),
        (False, "crashes", WRONG_AT_HOME),
        (False, "differs", WRONG_AT_HOME),
        (True, "exact", CONTROL),
        (True, "differs", CONTROL),
    ],
)
def test_a_share_is_of_files_that_are_meant_to_load_and_right_at_home(
    is_control: bool, at_home: str, expected: str
) -> None:
    assert apart(is_control, at_home) == expected
