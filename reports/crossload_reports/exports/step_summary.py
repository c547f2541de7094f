"""Shows a summary that lies in a folder where a CI job shows such things; needs no table, and so no pandas."""

import os
from collections.abc import Mapping
from pathlib import Path


def append_step_summary(summary: Path, variables: Mapping[str, str] = os.environ) -> None:
    """Append a written summary to what a CI job shows, where its system names a file for that."""
    place = variables.get("GITHUB_STEP_SUMMARY")
    if place and summary.is_file():
        with open(place, "a", encoding="utf-8") as stream:
            stream.write(summary.read_text(encoding="utf-8"))
