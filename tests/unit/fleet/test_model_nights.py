"""``crossload nightly --models``: only what moved is run, what got worse is measured again, and what flips is no regression."""

import dataclasses
import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.app import model_bench
from crossload.app.fleet import check as fleet_command
from crossload.environments.model import Environment
from tests.unit.cli.test_answers import Shell, crossload
from tests.unit.doubles import Event, ScriptedBackend, answer, ended, loaded, raised, tried
from tests.unit.fleet.test_check_fleet import known, model

__all__ = ["crossload"]
NIGHT = ("nightly", "--models", "models", "--tf", "2.16,nightly")


class Moving(ScriptedBackend):
    """Models load everywhere, but for those that the nightly has come to refuse: always, or the first time alone."""

    def __init__(self) -> None:
        self.refused: dict[str, int] = {}

        def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
            file = str(request.get("file", ""))
            if request["op"] == "reference":
                for reference in ("reference.json", "reference.npz"):
                    (Path(request["output"]) / reference).write_text("{}", encoding="utf-8")
                facts = {"custom_objects": [], "precision": "float32", "compiled": True, "unmeasured": {}, "inputs": []}
                return [{"event": "referenced", **facts}, ended()]
            if request["op"] != "load":
                return answer(request)
            if name == "nightly-cpu" and self.refused.get(file, 0) > 0:
                if request["attempts"][0] == "plain":
                    self.refused[file] -= 1
                return [event for attempt in request["attempts"] for event in tried(raised(attempt))] + [ended()]
            return [*tried(loaded(request["attempts"][0])), ended()]

        super().__init__(respond)

    def loads(self) -> dict[str, int]:
        """How often files were loaded, by environment."""
        names = [name for name, request in self.asked if request["op"] == "load"]
        return {name: names.count(name) for name in sorted(set(names))}


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    """Three models that are made alike, and one that is not; a nightly whose pins are in ``lock.txt``."""
    made = Moving()
    lock = tmp_path / "lock.txt"
    lock.write_text("keras==3.14.0\n", encoding="utf-8")

    def resolve(environment: Environment, day: datetime.date) -> Environment:
        return dataclasses.replace(environment, resolved=lock) if environment.is_floating else environment

    monkeypatch.setattr(model_bench, "choose_backend", lambda *arguments: (made, "scripted"))
    monkeypatch.setattr(fleet_command, "read_constructs", known)
    monkeypatch.setattr(fleet_command, "resolve", resolve)
    (tmp_path / "models").mkdir()
    for number in range(3):
        model(tmp_path / "models" / f"alike {number}.h5")
    model(tmp_path / "models" / "other.h5", units=2)
    return made


def other_keras() -> None:
    Path("lock.txt").write_text("keras==3.15.0\n", encoding="utf-8")


def night() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path("build/models/changes.json").read_text(encoding="utf-8"))
    return found


def test_a_new_release_of_keras_runs_only_what_it_touches(crossload: Shell, backend: Moving) -> None:
    said = crossload(*NIGHT)
    assert said.count("it is the baseline from now on") == 2
    assert [item["measured"] for item in night()] == [4, 4]
    backend.asked.clear()
    said = crossload(*NIGHT)
    assert "nothing changed; 0 of 4 models measured (0 loads)" in said
    assert backend.asked == []
    other_keras()
    crossload(*NIGHT)
    assert [(item["environment"], item["measured"], item["loads"]) for item in night()] == [
        ("2.16-cpu", 0, 0),
        ("nightly-cpu", 4, 4),
    ]
    assert "2.16-cpu" not in backend.loads()


def test_what_got_worse_is_a_regression_until_it_is_accepted(crossload: Shell, backend: Moving) -> None:
    crossload(*NIGHT)
    other_keras()
    backend.refused["alike 1.h5"] = 1000
    said = crossload(*NIGHT, code=1)
    assert "Measuring 1 models again that got worse" in said
    assert "worse    alike 1.h5: loads -> no-way" in said
    assert "1 worse" in Path("build/models/changes.md").read_text(encoding="utf-8")
    crossload(*NIGHT, code=1)  # the next night it still is
    crossload(*NIGHT, "--fail-on", "never")
    assert "nightly is the baseline" in crossload("accept", "--models")
    assert "nothing changed" in crossload(*NIGHT)


def test_what_flips_is_no_regression(crossload: Shell, backend: Moving) -> None:
    crossload(*NIGHT)
    other_keras()
    backend.refused["other.h5"] = 1
    said = crossload(*NIGHT)
    assert "flaky    other.h5" in said
    assert [item["flaky"] for item in night()] == [[], ["other.h5"]]


def test_what_cannot_be_used_is_said(crossload: Shell, backend: Moving) -> None:
    assert "there is no such file" in crossload("nightly", "--models", "none", "--tf", "2.16", code=2)
    assert "unknown value 'regresion'" in crossload(*NIGHT, "--fail-on", "regresion", code=2)
    assert "holds no scan of models" in crossload("accept", "--models", code=2)
