"""Whatever runs something does it through the one runner: a probe that dies once is replaced, wherever it was asked from."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import Backend, WorkerError
from crossload.bisection.endpoints import Change
from crossload.bisection.probe_environment import Prober
from crossload.bisection.search import NEW, NOTHING, OLD
from crossload.config import MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.execution.local import Engine
from crossload.execution.provisioner import Provisioner
from crossload.execution.tasks import LoadTask, SaveTask, failed_artifact
from crossload.inspection import Inspection
from crossload.planning.keys import artifact_key
from crossload.planning.matrix import Work
from crossload.resources import PACKAGE
from crossload.results.changes import LOADER
from crossload.shipped.checking import COMPARED, Checker
from crossload.store.database import Store
from crossload.user_models.bench import Bench, Inputs
from crossload.user_models.model_file import UserModel
from crossload.user_models.user_code import UserCode
from tests.unit.doubles import (
    Event,
    ScriptedBackend,
    answer,
    config,
    ended,
    environment,
    matrix,
    put_artifact,
    raised,
    ready,
    scenario,
    tried,
)

PLACES = {name: environment(name) for name in ("2.10-cpu", "2.16-cpu")}
DENSE = scenario()


def cannot_load(request: Mapping[str, Any]) -> list[Event]:
    return [*tried(raised(request["attempts"][0], "no such class")), ended()]


class Mortal(ScriptedBackend):
    """A backend whose probes die over the first requests of each kind; what was loaded in 2.16 fails.

    :param deaths: how many, for each operation.
    """

    def __init__(self, deaths: int) -> None:
        self.deaths: dict[str, int] = {}

        def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
            left = self.deaths.setdefault(request["op"], deaths)
            if left:
                self.deaths[request["op"]] -= 1
                raise WorkerError("the probe ended")
            if request["op"] == "reference":
                for file in ("reference.json", "reference.npz"):
                    (Path(request["output"]) / file).write_text("{}", encoding="utf-8")
                return [{"event": "referenced", "custom_objects": [], "precision": "float32"}, ended()]
            if request["op"] == "resave":
                (Path(request["output"]) / "model.keras").write_bytes(b"PK\x03\x04")
                return [{"event": "saved", "file": "model.keras"}, ended()]
            return cannot_load(request) if request["op"] == "load" and name == "2.16-cpu" else answer(request)

        super().__init__(respond)


def by_the_engine(backend: Backend, store: Store, folder: Path) -> list[str]:
    engine = Engine(matrix(PLACES), config(), backend, store, 1)
    engine.run()
    return [line for line in engine.progress.messages if "harness error" in line]


def by_dask(backend: Backend, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    from crossload.execution.dask import worker_process
    from crossload.execution.dask.wire import plain_config, plain_environment, plain_task
    from tests.unit.execution.test_runner import ARTIFACT, NEAR, SAVE

    class Found:
        @staticmethod
        def create(config: MatrixConfig, folder: Path, out: Path) -> Backend:
            return backend

    monkeypatch.setattr(worker_process, "backend_class", lambda name: Found)
    machine = worker_process.Machine(folder / "machine")
    put_artifact(machine.files)
    load = LoadTask("c1", SAVE.work, ARTIFACT, "2.10-cpu", NEAR)
    answered = machine.run(
        {
            "run": "r",
            "backend": "scripted",
            "config": plain_config(config()),
            "depot": None,
            "environment": plain_environment(PLACES["2.10-cpu"]),
            "identity": None,
            "tasks": [plain_task(SAVE, (), ""), plain_task(load, (), "")],
            "packed": {},
            "packages": {},
        }
    )
    assert len(answered["finished"]) == 2
    return [item["fault"] for item in answered["finished"] if "fault" in item]


def by_bench(backend: Backend, store: Store, folder: Path) -> list[str]:
    (folder / "mine.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    model = UserModel(folder / "mine.h5", Inspection("hdf5"), "h5", 8)
    found = []
    with Provisioner(backend, PLACES, lambda line: None) as places:
        bench = Bench(Inputs(model, UserCode(folder)), config(), places, store)
        try:
            artifact = bench.reference("2.10-cpu")
            assert (store.artifact_folder(artifact) / "reference.json").is_file()
            bench.load(artifact, "2.10-cpu")
            written, why = bench.resave(artifact, "2.10-cpu", "plain", "keras")
            assert written is not None, why
        except Exception as error:
            found.append(str(error))
    return found


def by_the_shipped_check(backend: Backend, store: Store, folder: Path) -> list[str]:
    said = {"verdict": "exact", "fidelity": 5, "attempt": "plain", "error_type": ""}
    row: dict[str, Any] = {
        "scenario": "dense",
        "format": "h5",
        "saved_with": "2.10-cpu",
        "loaded_with": "2.10-cpu",
        **said,
    }
    with Provisioner(backend, PLACES, lambda line: None) as places:
        (checked,) = Checker(config(), places, store, {"dense": DENSE}, lambda line: None).run([row])
    assert checked.reason or [checked.here[name] for name in COMPARED] == list(said.values())
    return [checked.reason] if checked.reason else []


def by_bisect(backend: Backend, store: Store, folder: Path) -> list[str]:
    asked: list[str] = []
    shown = prober(backend, store, asked.append).configured("2.16-cpu")
    assert shown == NEW or "the probe ended" in asked[-1]
    return [] if shown == NEW else [shown]


def prober(backend: Backend, store: Store, say: Callable[[str], None]) -> Prober:
    def row(loader: str, **said: Any) -> dict[str, Any]:
        return {"scenario": "dense", "format": "h5", "saved_with": "2.10-cpu", "loaded_with": loader, **said}

    old = row("2.10-cpu", verdict="exact", error_type="", cause="")
    new = row("2.16-cpu", verdict="fails", error_type="TypeError", cause="unknown")
    places = Provisioner(backend, PLACES, lambda line: None)
    return Prober(Change(LOADER, old, new), Work(DENSE, "h5"), places, store, config(), say)


USERS = [by_the_engine, by_bench, by_the_shipped_check, by_bisect]


@pytest.mark.parametrize("by", USERS)
def test_a_probe_that_dies_once_is_replaced(by: Callable[..., list[str]], store: Store, tmp_path: Path) -> None:
    backend = Mortal(1)
    assert by(backend, store, tmp_path) == []
    assert set(backend.deaths.values()) == {0}
    assert [worker.killed for worker in backend.workers].count(True) == len(backend.deaths)
    assert all(worker.killed or worker.closed for worker in backend.workers) or by is by_bisect


@pytest.mark.parametrize("by", USERS)
def test_a_probe_that_dies_twice_is_said(by: Callable[..., list[str]], store: Store, tmp_path: Path) -> None:
    assert by(Mortal(2), store, tmp_path) != []


@pytest.mark.parametrize(("deaths", "faults"), [(1, 0), (2, 2)])
def test_and_so_it_is_on_a_worker_of_a_cluster(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deaths: int, faults: int
) -> None:
    assert len(by_dask(Mortal(deaths), store, tmp_path, monkeypatch)) == faults


def test_bisect_keeps_its_probes_and_reads_what_is_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("artifacts", "cells", "known_cells", "cell_keys"):
        monkeypatch.setattr(Store, name, lambda store: pytest.fail("the whole store was read"))
    backend = Mortal(0)
    made = prober(backend, store, lambda line: None)
    assert [made.configured(name) for name in PLACES] == [OLD, NEW]
    assert len(backend.workers) == len(PLACES)
    again = Mortal(0)
    assert prober(again, store, lambda line: None).configured("2.16-cpu") == NEW
    assert again.workers == []


def test_bisect_says_where_the_other_side_cannot_be_had(store: Store) -> None:
    class Lacking(Mortal):
        def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
            if environment.id == "2.10-cpu":
                return EnvironmentState(environment, "unavailable", "no Python 3.9")
            return super().build(environment, say)

    said: list[str] = []
    backend = Lacking(0)
    assert prober(backend, store, said.append).configured("2.16-cpu") == NOTHING
    assert said == ["  2.16-cpu: nothing (2.10-cpu is unavailable: no Python 3.9)"]
    assert backend.workers == []


def test_bisect_saves_again_what_failed_for_a_fault_of_ours(store: Store) -> None:
    work = Work(DENSE, "h5")
    key = artifact_key(work, ready(PLACES["2.10-cpu"]))
    store.put_artifact(failed_artifact(SaveTask(key, work, "2.10-cpu"), WorkerError("no")))
    assert prober(Mortal(0), store, lambda line: None).configured("2.16-cpu") == NEW


# Where each thing may be done. What finds a second place here makes it go through the first one.
ALONE = {
    r"\bbackend\.start\(": {"execution/worker_pool.py"},
    r"\brun_(save|load)\(": {"execution/runner.py"},
    r"\bworker\.ask\(": {"execution/probe_requests.py", "backends/docker/backend.py"},
    r'"op":': {"execution/probe_requests.py", "backends/base.py", "backends/docker/backend.py"},
    r'[!=]= "SIGKILL"': {"execution/probe_requests.py"},
}


@pytest.mark.parametrize("pattern", ALONE)
def test_one_place_does_it(pattern: str) -> None:
    files = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "probe" not in path.parents]
    found = {str(path.relative_to(PACKAGE)) for path in files if re.search(pattern, path.read_text(encoding="utf-8"))}
    assert found == ALONE[pattern]
