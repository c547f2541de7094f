"""Makes a process end by SIGKILL at one of its own writes, as near to it as can be.

``python -m tests.kills.dying STEP MILLISECONDS ARGUMENTS...`` is ``crossload ARGUMENTS`` that does so.
"""

import functools
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

# What the store does to files.
_FILE_EVENTS = ("os.rename", "os.mkdir", "shutil.rmtree", "os.remove")


def _die_soon(milliseconds: float) -> None:
    def die() -> None:
        time.sleep(milliseconds / 1000)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=die, daemon=True).start()


def watch_writes(on_step: Callable[[], None]) -> None:
    """Call a function before every SQL statement and every move of a file in this process."""

    class Watched(sqlite3.Connection):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.set_trace_callback(lambda statement: on_step())

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Watched)  # type: ignore[assignment]
    sys.addaudithook(lambda event, arguments: on_step() if event in _FILE_EVENTS else None)


def die_at(step: int, milliseconds: float) -> None:
    """End this process at its so-manieth write, or some milliseconds into it."""
    left = [step]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            if milliseconds:
                _die_soon(milliseconds)
            else:
                os.kill(os.getpid(), signal.SIGKILL)

    watch_writes(count)


if __name__ == "__main__":
    from crossload.cli.main import main

    die_at(int(sys.argv[1]), float(sys.argv[2]))
    del sys.argv[1:3]
    main()
