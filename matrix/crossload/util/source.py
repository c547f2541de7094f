"""Python source, taken apart in one thread at a time.

CPython 3.11 counts how deep a syntax tree is in one place for all threads: where the collector runs in between and another
thread goes on, ``SystemError: AST constructor recursion depth mismatch`` ends one of them (gh-106905; seen in 3.11.7, within
seconds where four threads do nothing else).
"""

import ast
from threading import Lock

# Held by whatever makes syntax trees beside other threads: NumPy reads the header of an array by one, too.
ONE_AT_A_TIME = Lock()


def parse(source: str | bytes, filename: str) -> ast.Module:
    """The syntax tree of a module.

    :raises SyntaxError: it is no Python; ``ValueError``, ``RecursionError`` and ``MemoryError`` as ``ast.parse`` does.
    """
    with ONE_AT_A_TIME:
        return ast.parse(source, filename)
