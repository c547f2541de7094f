"""Writes files so that a reader never sees half of one, and a writer that is killed leaves the old one."""

import os
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a file beside `path` and move it there; returns `path`."""
    # Not the tempfile module: its files are readable by their owner only, and stay so after the move.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def write_text_atomically(path: Path, text: str) -> Path:
    """Write UTF-8 text; returns `path`."""
    return write_atomically(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))
