"""Names in functions that every Python from 3.6 to 3.13 marshalled."""

import base64
import csv
import marshal
from pathlib import Path

import pytest

from crossload.util.marshalled import UnreadableCodeError, names_in

with (Path(__file__).parent / "marshalled_functions.csv").open(encoding="utf-8") as stream:
    FUNCTIONS = list(csv.DictReader(stream))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda row: f"{row['python']} {row['names'] or 'none'}")
def test_the_names_are_those_that_the_function_asks_for(function: dict[str, str]) -> None:
    """Each Python marshalled ``lambda x: x * 2.0``, and one with a function inside, every constant, and globals."""
    assert sorted(names_in(function["code"])) == function["names"].split()


def test_the_python_that_runs_is_read_too() -> None:
    code = marshal.dumps((lambda tensor: len(tensor) + tensor.shape[0]).__code__)
    assert names_in(base64.b64encode(code).decode()) == {"len", "shape"}


@pytest.mark.parametrize("code", ["", "no base64", "YWJj", "4wE=", base64.b64encode(marshal.dumps([1, 2])).decode()])
def test_what_is_no_function_is_refused(code: str) -> None:
    with pytest.raises(UnreadableCodeError):
        names_in(code)


def test_a_function_that_is_cut_is_refused() -> None:
    content = base64.b64decode(FUNCTIONS[0]["code"])
    for length in range(len(content)):
        with pytest.raises(UnreadableCodeError):
            names_in(base64.b64encode(content[:length]).decode())
