"""The tables as files: CSV for people with a spreadsheet, JSON for programs, Parquet for notebooks."""

import csv
import io
import json
import math
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.cells import ATTEMPT_COLUMNS, RESULT_COLUMNS
from crossload.util.files import write_atomically
from crossload_reports.analysis.frame import tidy
from crossload_reports.exports.junit import write_junit

JSON_SCHEMA = 1


def write_tables(
    results: pd.DataFrame, attempts: pd.DataFrame, environments: list[dict[str, Any]], run: dict[str, Any], out: Path
) -> dict[str, Path]:
    """Write results.csv, .json (with its schema), .parquet and .junit.xml, and attempts.csv under `out`.

    :return: their paths by name.
    """
    results, attempts = tidy(results, RESULT_COLUMNS), tidy(attempts, ATTEMPT_COLUMNS)
    told = {"schema": JSON_SCHEMA, "run": plain(run), "environments": plain(environments)}
    writers: dict[str, Callable[[Path], object]] = {
        "results.csv": lambda path: _write_csv(results, path),
        "results.json": lambda path: _write_json(told | {"results": records(results)}, path),
        "results.parquet": lambda path: results.to_parquet(path, index=False),
        "results.junit.xml": lambda path: write_junit(results, path),
        "results.schema.json": lambda path: path.write_text(json_schema(), encoding="utf-8"),
        "attempts.csv": lambda path: _write_csv(attempts, path),
    }
    out.mkdir(parents=True, exist_ok=True)
    return {name: write_atomically(out / name, write) for name, write in writers.items()}


def json_schema() -> str:
    """Return the JSON Schema of results.json."""
    return (files("crossload_reports") / "schemas" / f"results-{JSON_SCHEMA}.schema.json").read_text("utf-8")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dicts of what JSON knows; a missing value is None."""
    columns = {str(name): _plain_column(frame[name]) for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain_column(values: pd.Series) -> list[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.tolist()  # tidy texts need no second look
    if not pd.api.types.is_numeric_dtype(values.dtype):
        return [plain(value) for value in values.tolist()]
    as_float = values.to_numpy(dtype=float, na_value=math.nan)
    found: list[Any] = values.astype(object).tolist()
    for place in np.flatnonzero(~np.isfinite(as_float)):
        found[place] = plain(found[place])
    return found


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
    """What ``DataFrame.to_csv`` writes, in less than half the time: a text is quoted once, however many rows say it."""
    columns = [_csv_column(frame[name]) for name in frame.columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(map(_csv_field, frame.columns)) + "\n")
        file.writelines(f"{line}\n" for line in map(",".join, zip(*columns, strict=True)))


def _csv_column(values: pd.Series) -> list[str]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        words = [*map(_csv_field, values.cat.categories), ""]  # the last stands for what is missing, with the code -1
        return [words[code] for code in values.cat.codes.tolist()]
    written = str if pd.api.types.is_numeric_dtype(values.dtype) else _csv_field
    return list(map(written, values.astype("object").where(values.notna(), "").tolist()))


def _csv_field(value: object) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow((value, ""))
    return line.getvalue()[: -len(",\n")]


def _write_json(document: dict[str, Any], path: Path) -> None:
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")
