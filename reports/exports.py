"""The tables as files: CSV for people with a spreadsheet, JSON for programs, Parquet for notebooks."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from matrix.atomic import write_atomically
from reports.columns import ATTEMPTS, RESULTS, tidy

JSON_SCHEMA = 1


def write_tables(
    results: pd.DataFrame, attempts: pd.DataFrame, environments: list[dict[str, Any]], run: dict[str, Any], out: Path
) -> dict[str, Path]:
    """Write results.csv, results.json, results.parquet and attempts.csv under `out`; return their paths by name."""
    results, attempts = tidy(results, RESULTS), tidy(attempts, ATTEMPTS)
    document = {"schema": JSON_SCHEMA, "run": run, "environments": environments, "results": records(results)}
    writers: dict[str, Callable[[Path], None]] = {
        "results.csv": lambda path: _write_csv(results, path),
        "results.json": lambda path: _write_json(document, path),
        "results.parquet": lambda path: results.to_parquet(path, index=False),
        "attempts.csv": lambda path: _write_csv(attempts, path),
    }
    out.mkdir(parents=True, exist_ok=True)
    return {name: write_atomically(out / name, write) for name, write in writers.items()}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dicts of what JSON knows; a missing value is None."""
    columns = {str(name): [plain(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plain(value: Any) -> Any:
    """Return the value as JSON can say it. Infinity becomes the string "inf": null would hide the worst difference."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if isinstance(value, str | int | float) else str(value)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _write_json(document: dict[str, Any], path: Path) -> None:
    text = json.dumps(plain(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")
