"""Names with numbers in them come in the order of the numbers."""

from typing import Any

from crossload.probe import ordering

natural: Any = ordering.natural


def test_numbers_in_names_are_numbers() -> None:
    names = ["dense_10", "dense_9", "dense", "a2/b10", "a2/b9"]
    assert sorted(names, key=natural) == ["a2/b9", "a2/b10", "dense", "dense_9", "dense_10"]
