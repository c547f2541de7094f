"""The command that runs a stored cell again asks for what the run asked for."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from crossload.app import reproduce as module
from crossload.app.reproduce import reproduce
from crossload.errors import SelectionError, StoreError
from crossload.execution.local import Engine
from crossload.planning.matrix import Work
from crossload.store.database import Store
from tests.unit.doubles import ScriptedBackend, config, environment, matrix, scenario

PLACES = ("2.10-cpu", "2.16-cpu")
TOLERANCES = {
    "float32": {"atol": 1e-6, "rtol": 1e-5, "spread": 100.0},
    "mixed_float16": {"atol": 1e-2, "rtol": 1e-2, "spread": 100.0},
    "cpu_cuda": {"atol": 1e-4, "rtol": 1e-3, "spread": 100.0},
}


class Telling(ScriptedBackend):
    """Gives the request instead of a command."""

    def command_line(self, environment: Any, request: Any) -> list[str]:
        return [environment.id, json.dumps(request)]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    half = scenario("half", precision="mixed_float16")
    settings = config(tolerances=TOLERANCES)
    backend = Telling()
    monkeypatch.setattr(module, "load_config", lambda path: settings)
    monkeypatch.setattr(module, "all_environments", lambda settings: {name: environment(name) for name in PLACES})
    monkeypatch.setattr(module, "index_scenarios", lambda folders: {"half": half})
    monkeypatch.setattr(module, "choose_backend", lambda *more: (backend, ""))
    store = Store(tmp_path / "store")
    Engine(matrix(PLACES, [Work(half, "h5")]), settings, backend, store, 1).run()
    keys = {**dict.fromkeys(store.artifacts(), backend), **store.cells()}
    store.close()

    def ask(key: str) -> tuple[str, dict[str, Any]]:
        place, request = shlex.split(reproduce(key, Path("matrix.toml"), tmp_path, "venv"))
        return place, json.loads(request)

    ask.asked = {request["id"]: (name, json.loads(json.dumps(request))) for name, request in backend.asked}  # type: ignore[attr-defined]
    ask.keys = keys  # type: ignore[attr-defined]
    return ask


def test_every_cell_and_artifact_is_asked_for_as_in_the_run(told: Any) -> None:
    assert len(told.keys) == 2 + 4
    for key in told.keys:
        place, request = told(key[:16])
        name, asked = told.asked[key]
        assert place == name
        for part in ("op", "id", "scenario", "format", "limits", *(("near", "file") if "near" in asked else ())):
            assert request[part] == asked[part], part
        assert request["share"] is None


def test_the_tolerance_is_that_of_the_scenario(told: Any) -> None:
    found = [request["near"] for _, request in map(told, told.keys) if "near" in request]
    assert found == [TOLERANCES["mixed_float16"]] * 4


def test_what_is_not_there_is_said(told: Any, tmp_path: Path) -> None:
    with pytest.raises(SelectionError, match="no cell 'ffffff'"):
        told("ffffff")
    with pytest.raises(StoreError, match="nothing has been run here yet"):
        reproduce("ab", Path("matrix.toml"), tmp_path / "other", "venv")
