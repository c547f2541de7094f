"""Syntax trees are made in one thread at a time."""

import ast
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from crossload.util import source


def test_no_two_threads_make_a_syntax_tree_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them would end in a SystemError, in CPython 3.11, now and then."""
    real, inside, most = ast.parse, 0, 0

    def parse(text: str, filename: str) -> ast.Module:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.01)
        inside -= 1
        return real(text, filename)

    monkeypatch.setattr(ast, "parse", parse)
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(lambda number: source.parse(f"x = {number}", "x.py"), range(8)))
    assert [ast.unparse(tree) for tree in trees] == [f"x = {number}" for number in range(8)]
    assert most == 1
