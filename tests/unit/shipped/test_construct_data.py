"""The cells that predictions rest on: what is shipped can be read, says what files are made of, and is small."""

import ast
import csv
import time
from typing import cast

import pytest

from crossload.construct_table import _TWO_OUTPUTS, bouquets, is_bouquet, read_table
from crossload.domain.cells import CellRow
from crossload.domain.verdicts import LOADS
from crossload.probe.formats import FORMATS
from crossload.resources import CONSTRUCTS_MEASURED, SCENARIOS
from crossload.scenario_index import index_scenarios
from crossload.shipped.construct_data import _tells, read_constructs


def test_what_is_shipped_says_of_each_file_what_it_is_made_of() -> None:
    started = time.process_time()
    data = read_constructs()
    found = data.evidence("2.10-cpu", "h5")
    assert time.process_time() - started < 1
    assert CONSTRUCTS_MEASURED.stat().st_size < 500_000
    assert {"2.10-cpu", "2.15-cpu", "today-cpu"} <= set(data.writers)
    assert set(data.measured.formats) <= set(FORMATS)
    assert "LSTM" in found.marks["construct-layer-LSTM"]
    assert found.scenarios_with["LSTM"] >= {"construct-layer-LSTM", "construct-layer-Bidirectional"}
    assert found.cells["2.10-cpu"]["construct-layer-LSTM"]["verdict"] == "exact"


def test_controls_and_altered_files_are_no_evidence() -> None:
    known = index_scenarios()
    for item in read_constructs().measured.scenarios:
        scenario = known.get(item["name"])
        assert scenario is None or not (scenario.control or scenario.options["after_save"]), item["name"]


@pytest.mark.parametrize(
    ("verdict", "alone", "together"), [("exact", True, True), ("lossy", True, True), ("fails", True, False)]
)
def test_a_bouquet_that_does_not_load_blames_none_of_its_lines(verdict: str, alone: bool, together: bool) -> None:
    row = {"verdict": verdict, "loaded_with": "2.10-cpu"}
    assert _tells(cast(CellRow, {**row, "scenario": "construct-layer-LSTM"})) is alone
    assert _tells(cast(CellRow, {**row, "scenario": "bouquet-layer-17"})) is together
    shipped = [row for row in read_constructs().measured.rows() if is_bouquet(row["scenario"])]
    assert {row["verdict"] for row in shipped} <= set(LOADS)


def test_bouquets_are_made_alike_on_both_sides() -> None:
    """``scenarios/constructs.py`` is never imported here: its rule is taken out of its text."""
    tree = ast.parse((SCENARIOS / "constructs.py").read_text(encoding="utf-8"))
    wanted = [
        node
        for node in tree.body
        if (isinstance(node, ast.FunctionDef) and node.name == "bouquets")
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("_TOGETHER", "_MOST_TOGETHER"))
    ]
    names: dict[str, object] = {}
    exec(compile(ast.Module(body=list(wanted), type_ignores=[]), "constructs.py", "exec"), names)
    lines = [line for line, _ in read_table(SCENARIOS / "constructs.csv")]
    here = [(item.scenario, [line.scenario for line in item.lines]) for item in bouquets(lines)]
    with (SCENARIOS / "constructs.csv").open(encoding="utf-8") as stream:
        forms = [(row["kind"], row["form"], row["inputs"]) for row in csv.DictReader(stream)]
    given = [(line.scenario, *form) for line, form in zip(lines, forms, strict=True)]
    there = list(names["bouquets"](given))  # type: ignore[operator]
    assert here == there
    assert len(here) > 50


def test_which_forms_have_two_outputs_is_said_alike_on_both_sides() -> None:
    text = (SCENARIOS / "constructs.py").read_text(encoding="utf-8")
    assert f"_TWO_OUTPUTS = {_TWO_OUTPUTS!r}".replace("'", '"') in text
