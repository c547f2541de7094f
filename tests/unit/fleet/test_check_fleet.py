"""``crossload check`` for many models, with a probe that says what it finds: groups, resuming, tables, exit codes."""

import csv
import json
import os
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import h5py
import jsonschema
import numpy as np
import pytest

from crossload.app import model_bench
from crossload.app.fleet import check as fleet_command
from crossload.errors import StoreError
from crossload.fleet.journal import Journal
from crossload.fleet.results import Load, Measured
from crossload.shipped.construct_data import ConstructData, read_constructs
from tests.unit.cli.test_answers import KERAS_2, Shell, crossload
from tests.unit.doubles import Event, ScriptedBackend, answer, ended, loaded, raised, tried
from tests.unit.inspection import files

__all__ = ["crossload"]


class Probes(ScriptedBackend):
    """Says what a probe would of files by their names, and notes what it was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str, tuple[str, ...]]] = []
        self.broken: set[str] = set()

        def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
            file = str(request.get("file", ""))
            self.seen.append((str(request["op"]), name, file, tuple(request.get("attempts", ()))))
            if file in self.broken:
                return [{"event": "harness-error", "error_type": "KeyError", "error": "'x'"}, ended()]
            if request["op"] == "reference":
                for reference in ("reference.json", "reference.npz"):
                    (Path(request["output"]) / reference).write_text("{}", encoding="utf-8")
                facts = {"custom_objects": [], "precision": "float32", "compiled": True, "unmeasured": {}, "inputs": []}
                return [{"event": "referenced", **facts}, ended()]
            if request["op"] == "load" and name == "2.16-cpu":
                return [event for attempt in request["attempts"] for event in self._in_target(file, attempt)] + [
                    ended()
                ]
            if request["op"] == "load":
                return [*tried(loaded(request["attempts"][0])), ended()]
            return answer(request)

        super().__init__(respond)

    @staticmethod
    def _in_target(file: str, attempt: str) -> list[Event]:
        if file.startswith("wrong"):
            return list(tried(loaded(attempt, "beyond")))
        if file.startswith("old") and attempt != "translate":
            return list(tried(raised(attempt)))
        return list(tried(loaded(attempt)))

    def loads(self, environment: str) -> list[str]:
        return [file for op, name, file, _ in self.seen if op == "load" and name == environment]


def model(path: Path, units: int = 1) -> None:
    config = json.loads(json.dumps(KERAS_2))
    config["config"]["layers"][0]["config"]["units"] = units
    files.hdf5(path, config)
    with h5py.File(path, "a") as file:
        file["model_weights/kernel"] = np.random.rand(8, units)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Seven models of three groups, one that is damaged, one of weights alone, and a text."""
    folder = tmp_path / "models"
    (folder / "deep").mkdir(parents=True)
    for number in range(3):
        model(folder / "deep" / f"plain {number}.h5")
    for number in range(3):
        model(folder / f"old {number}.h5", units=2)
    model(folder / "wrong <b>.h5", units=3)
    files.hdf5(folder / "weights.h5")
    (folder / "broken.h5").write_bytes((folder / "old 0.h5").read_bytes()[:700])
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    return folder


@cache
def known() -> ConstructData:
    """The shipped cells of constructs, read once for all of these tests."""
    return read_constructs()


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> Probes:
    made = Probes()
    monkeypatch.setattr(model_bench, "choose_backend", lambda *arguments: (made, "scripted"))
    monkeypatch.setattr(fleet_command, "read_constructs", known)
    return made


ASKED = ("check", "models", "--tf", "2.10,2.15,2.16", "--jobs", "2")


def table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("build/fleet/fleet.json").read_text(encoding="utf-8"))
    schema = json.loads((resources("crossload_reports") / "schemas" / "fleet-1.schema.json").read_text("utf-8"))
    jsonschema.validate(found, schema)
    return found


def test_one_of_each_group_in_full_and_the_others_in_the_target(crossload: Shell, fleet: Path, probes: Probes) -> None:
    said = crossload(*ASKED)
    assert "9 models in 4 groups" in said
    assert "1 GIVES OTHER OUTPUTS IN SILENCE" in said
    found = table()
    assert found["counts"] == {
        **{"loads": 3, "converts": 3, "needs-code": 1, "no-way": 0, "differs": 1, "unreadable": 1, "not-measured": 0}
    }
    assert found["others"] == {".txt": 1}
    rows = {row["name"]: row for row in found["models"]}
    leader, other = rows["old 0.h5"], rows["old 1.h5"]
    assert leader["loads"]["2.15-cpu"]["verdict"] == "exact"
    assert other["loads"]["2.15-cpu"]["verdict"] == ""
    assert other["loads"]["2.15-cpu"]["like"] == "old 0.h5"
    assert not other["loads"]["2.15-cpu"]["run"]
    assert other["loads"]["2.16-cpu"]["verdict"] == "remedy"
    assert other["loads"]["2.16-cpu"]["tried"] == ["plain", "translate"]
    assert sorted(probes.loads("2.15-cpu")) == ["old 0.h5", "plain 0.h5", "wrong <b>.h5"]
    assert rows["weights.h5"]["outcome"] == "needs-code"
    assert "--build" in rows["weights.h5"]["reason"]


def test_the_same_models_give_the_same_table_wherever_they_lie(
    crossload: Shell, fleet: Path, probes: Probes, tmp_path: Path
) -> None:
    shutil.copytree(fleet, tmp_path / "else where")
    crossload(*ASKED, "--static")
    here = table()["models"]
    assert {row["reason"].split(":")[0] for row in here if row["outcome"] == "unreadable"} == {"broken.h5"}
    crossload("check", str(tmp_path / "else where"), "--tf", "2.10,2.15,2.16", "--static")
    places = ("path", "source")
    there = table()["models"]
    assert [{k: v for k, v in row.items() if k not in places} for row in there] == [
        {k: v for k, v in row.items() if k not in places} for row in here
    ]


def test_every_model_everywhere(crossload: Shell, fleet: Path, probes: Probes) -> None:
    crossload(*ASKED, "--every")
    assert len(probes.loads("2.15-cpu")) == 7
    assert all(row["loads"]["2.15-cpu"]["run"] for row in table()["models"] if row["outcome"] in ("loads", "converts"))


def test_nothing_is_measured_twice_and_what_changed_is(crossload: Shell, fleet: Path, probes: Probes) -> None:
    crossload(*ASKED)
    probes.seen.clear()
    crossload(*ASKED)
    assert probes.seen == []
    model(fleet / "deep" / "plain 1.h5")
    model(fleet / "new.h5", units=9)
    (fleet / "old 2.h5").unlink()
    said = crossload(*ASKED)
    assert {file for _, _, file, _ in probes.seen} == {"plain 1.h5", "new.h5"}
    assert "Since the last scan: 1 new, 1 gone." in said


def test_a_scan_that_was_stopped_goes_on(crossload: Shell, fleet: Path, probes: Probes) -> None:
    crossload(*ASKED)
    whole = table()["models"]
    journal = Path("build/fleet/journal.jsonl")
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    # Killed while a line was being written.
    journal.write_text("".join(lines[:-3]) + lines[-3][:40], encoding="utf-8")
    probes.seen.clear()
    crossload(*ASKED)
    assert 0 < len({file for _, _, file, _ in probes.seen}) < 7
    again = table()["models"]
    for row in (*whole, *again):
        row.pop("seconds")
    assert again == whole


def test_ctrl_c_loses_nothing(crossload: Shell, fleet: Path, probes: Probes, monkeypatch: pytest.MonkeyPatch) -> None:
    def tick(display: Any, progress: Any) -> None:
        if progress.executed >= 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("crossload.app.progress.Display.tick", tick)
        said = crossload(*ASKED, code=130)
    assert "the same command goes on from there" in said
    assert not Path("build/fleet/fleet.json").exists()
    done = len(Path("build/fleet/journal.jsonl").read_text(encoding="utf-8").splitlines())
    assert done >= 2
    probes.seen.clear()
    crossload(*ASKED)
    assert table()["counts"]["loads"] == 3
    assert len({file for _, _, file, _ in probes.seen}) < 7


def test_one_that_breaks_our_own_code_does_not_stop_the_others(crossload: Shell, fleet: Path, probes: Probes) -> None:
    probes.broken.add("wrong <b>.h5")
    crossload(*ASKED)
    (row,) = (row for row in table()["models"] if row["name"] == "wrong <b>.h5")
    assert row["outcome"] == "not-measured"
    assert "a fault of Crossload" in row["reason"]
    assert table()["counts"]["loads"] == 3
    probes.broken.clear()
    crossload(*ASKED)  # a fault of ours is not kept
    assert table()["counts"]["differs"] == 1


def test_the_tables_for_people_and_programs(crossload: Shell, fleet: Path, probes: Probes) -> None:
    crossload(*ASKED)
    folder = Path("build/fleet")
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "wrong &lt;b&gt;.h5" in page
    assert "<b>" not in page.split("<body>")[1]
    rows = list(csv.DictReader((folder / "fleet.csv").open(encoding="utf-8")))
    assert {row["name"]: row["2.15-cpu"] for row in rows}["old 1.h5"] == "not run"
    suite = ElementTree.parse(folder / "fleet.junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("9", "3")
    assert (len(suite.findall("testcase/failure")), len(suite.findall("testcase"))) == (3, 9)
    sarif = json.loads((folder / "fleet.sarif").read_text(encoding="utf-8"))
    assert {result["ruleId"] for result in sarif["runs"][0]["results"]} == {
        "differs", "needs-code", "unreadable", "converts",
    }  # fmt: skip
    markdown = (folder / "fleet.md").read_text(encoding="utf-8")
    assert "wrong \\<b\\>.h5" in markdown


def test_what_makes_the_exit_code_one(crossload: Shell, fleet: Path, probes: Probes) -> None:
    crossload(*ASKED, "--fail-on", "differs", code=1)
    crossload(*ASKED, "--fail-on", "no-way")
    crossload(*ASKED, "--fail-on", "worse")
    assert "Did you mean 'differs'" in crossload(*ASKED, "--fail-on", "difers", code=2)


def test_reading_alone_claims_nothing(crossload: Shell, fleet: Path, probes: Probes) -> None:
    said = crossload("check", "models", "--static", "--tf", "2.10,2.16")
    assert "none was loaded anywhere" in said
    assert probes.seen == []
    found = table()
    assert found["counts"]["not-measured"] == 8
    assert found["counts"]["unreadable"] == 1
    assert all(not load["run"] for row in found["models"] for load in row["loads"].values())


def test_many_as_json(crossload: Shell, fleet: Path, probes: Probes) -> None:
    said = crossload("check", "models/*.h5", "models/deep", "--tf", "2.16", "--json")
    assert json.loads(said[said.index("{") : said.rindex("}") + 1])["counts"]["loads"] == 3


def test_a_folder_without_models_and_a_source_that_is_not_there(crossload: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no saved model was found there" in crossload("check", "empty", code=2)
    assert "there is no such file" in crossload("check", "none", "empty", code=2)
    assert not Path("build/fleet/index.html").exists()


def test_a_journal_that_is_no_journal_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(
        '{"key": "a"}\nnonsense\n{"key": "b", "measured": {"loads": {"x": {"tried": [], "colour": 1}}}}\n{"ke'
    )
    journal = Journal(path)
    assert journal.get("a") is None
    assert journal.get("b") is None
    measured = Measured({"2.16-cpu": Load("exact", tried=("plain",))}, "2.10-cpu", "the file says so", seconds=1.5)
    journal.put("c", measured)
    journal.close()
    again = Journal(path)
    assert again.get("c") == measured
    again.close()
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": "fleet-1", "models": 7}',
        '{"schema": "fleet-1", "models": null}',
        '{"schema": "fleet-1", "models": ["a"]}',
        '{"schema": "fleet-1", "models": [{}]}',
        '{"schema": "fleet-1"}',
        '["fleet-1"]',
        "[" * 100_000,
    ],
)
def test_a_last_scan_of_another_shape_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "fleet.json").write_text(text, encoding="utf-8")
    assert fleet_command.read_scan(tmp_path / "fleet.json") is None


def test_a_last_scan_that_never_ends_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fleet.json")
    assert fleet_command.read_scan(tmp_path / "fleet.json") is None


def test_a_journal_that_is_no_file_and_lines_of_another_shape(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="is a named pipe"):
        Journal(tmp_path / "pipe")
    lines = ["7", '"key"', '{"key": [], "measured": {}}', '{"key": "a", "measured": 7}']
    lines += ['{"key": "a", "measured": {"loads": []}}', '{"key": "a", "measured": {"loads": {"b": 7}}}']
    (tmp_path / "lines").write_text("\n".join(lines), encoding="utf-8")
    assert Journal(tmp_path / "lines").get("a") is None
