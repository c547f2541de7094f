"""Python's cycle collector, and where it is in the way."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Without the cycle collector: it would walk through a million rows, all of which stay, again and again.

    Nor does it walk through them afterwards, the last time when the process ends. What is not part of a cycle is freed as ever.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
