"""The shares of what crosses from Keras 2 into Keras 3, as ``benchmarks.divide`` counts them."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.divide import crossings, main, table

OLD, NEW = "2.10-cpu", "2.21-cpu"


def cell(scenario: str, loader: str, verdict: str = "exact", attempt: str = "plain", **more: str) -> dict[str, Any]:
    return {
        "scenario": scenario, "format": "h5", "saved_with": OLD, "loaded_with": loader, "verdict": verdict, "attempt": attempt,
        "cause": "", "lost": "", "apart": "", "rung_training": "pass", "rung_optimizer": "pass",
    } | more  # fmt: skip


def rows() -> list[dict[str, Any]]:
    crossed = [
        cell("kept", NEW, "remedy", "translate"),
        cell("untrained", NEW, "remedy", "translate", rung_training="lost"),
        cell("code", NEW, "remedy", "rebuild+weights"),
        cell("inference", NEW, "remedy", "TFSMLayer"),
        cell("none", NEW, "fails", ""),
        cell("control", NEW, "fails", "", apart="control"),
        cell("wrong", NEW),
    ]
    homes = [cell(row["scenario"], OLD) for row in crossed[:-1]] + [cell("wrong", OLD, "fails", "")]
    return [*crossed, *homes, cell("weights", NEW, format="weights.h5"), cell("weights", OLD, format="weights.h5")]


def test_only_whole_models_that_are_right_at_home_count() -> None:
    found = crossings(rows())
    assert [item.row["scenario"] for item in found] == ["kept", "untrained", "code", "inference", "none"]
    assert [item.is_full for item in found] == [True, True, False, False, False]
    assert [item.keeps_training for item in found] == [True, False, False, False, False]


def test_the_table_and_the_exit_code_say_what_does_not_arrive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = table(crossings(rows()))
    assert lines[2] == "| 2.10-cpu | 2.21-cpu | 5 | 2 (40.0%) | 5 | 1 (20.0%) |"
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": rows()}), encoding="utf-8")
    assert main([str(path)]) == 1
    said = capsys.readouterr().out
    assert "- code h5 2.10-cpu > 2.21-cpu: remedy rebuild+weights" in said
    assert "- untrained h5" in said
    path.write_text(json.dumps({"results": [cell("kept", OLD), cell("kept", NEW, "remedy", "translate")]}))
    assert main([str(path)]) == 0
