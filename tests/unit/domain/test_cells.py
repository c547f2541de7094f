"""How a cell is named, and what is declared once about its columns."""

import json
from pathlib import Path
from typing import Any

import pytest

import crossload_reports
from crossload.domain.cells import (
    ATTEMPT_COLUMNS,
    AXES,
    FLOAT_COLUMNS,
    INTEGER_COLUMNS,
    RESULT_COLUMNS,
    SEEN_COLUMNS,
    CellName,
    axes_of,
)
from crossload.domain.rows import AttemptOutcome, AttemptRow, Outcome, ResultRow
from crossload.domain.verdicts import SCORED, UNSCORED

NAME = CellName("2.10-cpu", "2.16-cpu", "h5", "dense,with-comma")
ROW: dict[str, Any] = {
    "scenario": "dense,with-comma",
    "format": "h5",
    "saved_with": "2.10-cpu",
    "loaded_with": "2.16-cpu",
    "key": "a",
}


def test_a_name_is_written_and_read() -> None:
    assert str(NAME) == "2.10-cpu,2.16-cpu,h5,dense,with-comma"
    assert CellName.parse(str(NAME)) == CellName.of(ROW) == NAME
    assert CellName.parse(f"https://example.org/report/index.html#format=h5&cell={NAME}") == NAME
    assert CellName.parse(NAME.path) == NAME


def test_axes_are_the_order_of_tables() -> None:
    assert NAME.axes == axes_of(ROW) == tuple(ROW[name] for name in AXES)
    assert RESULT_COLUMNS[0] == AXES[0]


@pytest.mark.parametrize("text", ["", "dense", "2.10-cpu,2.16-cpu,h5", "dense/h5/2.10-cpu", "0123456789abcdef"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        CellName.parse(text)


def test_columns_of_rows_and_runs_are_columns_of_the_table() -> None:
    assert set(ResultRow.OWN) < set(RESULT_COLUMNS)
    assert set(AttemptRow.OWN) == {*AXES, "seconds"}
    assert set(SEEN_COLUMNS) < set(RESULT_COLUMNS)
    assert set(RESULT_COLUMNS) >= FLOAT_COLUMNS | INTEGER_COLUMNS


def test_what_rows_share_are_the_other_columns() -> None:
    assert Outcome.__annotations__.keys() == set(RESULT_COLUMNS) - set(ResultRow.OWN)
    assert AttemptOutcome.__annotations__.keys() == set(ATTEMPT_COLUMNS) - set(AttemptRow.OWN)


def test_the_schema_of_the_json_file_has_the_columns_and_their_types() -> None:
    path = Path(crossload_reports.__file__).parent / "schemas" / "results-1.schema.json"
    items = json.loads(path.read_text("utf-8"))["properties"]["results"]["items"]
    assert items["required"] == list(RESULT_COLUMNS)
    numbers = {name for name, rule in items["properties"].items() if {"number", "integer"} & types(rule)}
    assert numbers == FLOAT_COLUMNS | INTEGER_COLUMNS
    assert items["properties"]["verdict"]["enum"] == [*SCORED, *UNSCORED]


def types(rule: dict[str, Any]) -> set[str]:
    """What JSON Schema's ``type`` allows, in any of its forms."""
    told = [one.get("type", []) for one in (rule, *rule.get("anyOf", ()))]
    return {name for one in told for name in ([one] if isinstance(one, str) else one)}
