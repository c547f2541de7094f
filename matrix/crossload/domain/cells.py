"""How a cell is named for people: as permalinks of the report and `crossload bisect` name it."""

from collections.abc import Mapping
from typing import Any


def cell_name(row: Mapping[str, Any]) -> str:
    """``SAVER,LOADER,FORMAT,SCENARIO`` of a row of a result table."""
    return ",".join((row["saved_with"], row["loaded_with"], row["format"], row["scenario"]))
