"""Runs the command as a user does, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

REPOSITORY = Path(__file__).parent.parent.parent
# What PYTHONPATH needs for this checkout's own code, wherever an editable install may point.
SOURCES = (str(REPOSITORY / "matrix"), str(REPOSITORY / "reports"), str(REPOSITORY))


def command(*arguments: str) -> list[str]:
    """The command line of ``crossload`` with arguments."""
    return [sys.executable, "-m", "crossload", *arguments]


def crossload(*arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``crossload`` in the repository and capture what it prints."""
    return subprocess.run(
        command(*arguments),
        cwd=REPOSITORY,
        env=os.environ | dict(variables or {}),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def results(out: Path) -> pd.DataFrame:
    """The table of a run, empty fields as empty text."""
    return pd.read_csv(out / "results.csv", keep_default_na=False)


def config_with(folder: Path, *changes: tuple[str, str], first: str = "") -> Path:
    """A copy of the repository's configuration with some text replaced, and lines put first."""
    text = (REPOSITORY / "matrix.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"the configuration has no {old!r}"
        text = text.replace(old, new)
    path = folder / "matrix.toml"
    path.write_text(f"{first}\n{text}", encoding="utf-8")
    return path
