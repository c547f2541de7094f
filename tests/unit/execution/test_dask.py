"""The cluster's engine on workers that are threads of this process: whatever happens to them, every cell is entered once."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

from crossload.backends import Backend, WorkerError
from crossload.config import MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import ClusterError, StoreError
from crossload.execution.dask import worker_process as machine_module
from crossload.execution.dask.cluster import Seat
from crossload.execution.dask.engine import DaskEngine
from crossload.execution.dask.transfer import Depot, keep, pack, unpack
from crossload.execution.dask.wire import (
    cell_from,
    environment_from,
    package_of,
    plain_cell,
    plain_config,
    plain_environment,
    plain_task,
    task_from,
)
from crossload.execution.dask.worker_process import Machine
from crossload.execution.local import Engine
from crossload.execution.tasks import LoadTask
from crossload.planning.matrix import Work
from crossload.results.tables import Tables
from crossload.store.artifact_files import ArtifactFiles, digest_folder
from crossload.store.database import Store
from crossload.store.records import Cell
from tests.unit.doubles import ScriptedBackend, answer, config, environment, matrix, ready, scenario

NAMES = ("2.10-cpu", "2.16-cpu")
WORKS = tuple(Work(scenario(name), form) for name in ("dense", "lstm", "gru") for form in ("h5", "keras"))
TOTAL = len(WORKS) * len(NAMES) * (1 + len(NAMES))


class Future:
    """What Dask gives for a batch."""

    def __init__(self, key: str, run: Callable[[], Any]) -> None:
        self.key, self.status, self._run = key, "pending", run
        self._error: BaseException | None = None
        self._result: Any = None

    def start(self, done: Callable[["Future"], None]) -> None:
        try:
            self._result = self._run()
            self.status = "finished"
        except BaseException as error:
            self._error, self.status = error, "error"
        done(self)

    def add_done_callback(self, done: Callable[["Future"], None]) -> None:
        threading.Thread(target=self.start, args=(done,), daemon=True).start()

    def exception(self) -> BaseException | None:
        return self._error

    def result(self, timeout: float) -> Any:
        return self._result

    def cancel(self) -> None:
        pass

    release = cancel


class Cluster:
    """Workers with folders of their own. ``meddle`` may do something to a batch before or instead of running it."""

    def __init__(self, folder: Path, count: int = 2, meddle: Any = None) -> None:
        self.machines = {f"w{number}": Machine(folder / f"w{number}") for number in range(count)}
        self.meddle = meddle or (lambda address, batch, run: run())
        self.retired: dict[str, str] = {}
        self.batches: list[tuple[str, Mapping[str, Any]]] = []
        self.stopped: list[str] = []

    def seats(self, say: Any) -> list[Seat]:
        found = [Seat(name, 0, name, frozenset({"scripted"})) for name in self.machines if name not in self.retired]
        if not found:
            raise ClusterError("no worker is left")
        return found

    def retire(self, address: str, reason: str) -> None:
        self.retired[address] = reason

    def check_patience(self, what: str) -> None:
        pass

    def someone_works(self) -> None:
        pass

    def submit(self, batch: Mapping[str, Any], seat: Seat, resources: Mapping[str, float]) -> Future:
        self.batches.append((seat.address, batch))

        def run() -> dict[str, Any]:
            return {**self.machines[seat.address].run(batch), "address": seat.address, "machine": seat.machine}

        return Future(f"batch{len(self.batches)}", lambda: self.meddle(seat.address, batch, run))

    def stop(self, run: str) -> None:
        self.stopped.append(run)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> ScriptedBackend:
    """The backend of every worker."""
    made = ScriptedBackend()

    class Found:
        @staticmethod
        def create(config: MatrixConfig, folder: Path, out: Path) -> Backend:
            return made

    monkeypatch.setattr(machine_module, "backend_class", lambda name: Found)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "out" / "store")
    yield opened
    opened.close()


def run(store: Store, cluster: Cluster, depot: str | None = None, works: tuple[Work, ...] = WORKS) -> DaskEngine:
    engine = DaskEngine(matrix(NAMES, works), config(), "scripted", store, cluster, depot)  # type: ignore[arg-type]
    engine.run()
    return engine


def table(engine: Engine | DaskEngine) -> Any:
    tables = Tables(engine.matrix, config(), engine.states, engine.artifacts, engine.cells)
    return tables.results().drop(columns="seconds").to_csv(index=False)


@pytest.fixture
def locally(tmp_path: Path) -> str:
    """The table of a local run."""
    with closing(Store(tmp_path / "local" / "store")) as store:
        engine = Engine(matrix(NAMES, WORKS), config(), ScriptedBackend(), store, 2)
        engine.run()
        return str(table(engine))


def whole(engine: DaskEngine, store: Store, locally: str) -> None:
    """Everything is there, as it is locally, and was counted once."""
    assert table(engine) == locally
    assert (engine.progress.done, engine.progress.total, engine.progress.executed) == (TOTAL, TOTAL, TOTAL)
    assert len(store.artifacts()) + len(store.cells()) == TOTAL


@pytest.mark.parametrize("over_a_depot", [False, True])
def test_the_table_is_that_of_a_local_run(
    store: Store, backend: ScriptedBackend, tmp_path: Path, locally: str, over_a_depot: bool
) -> None:
    cluster = Cluster(tmp_path)
    engine = run(store, cluster, f"file://{tmp_path / 'depot'}" if over_a_depot else None)
    whole(engine, store, locally)
    assert len(backend.asked) == TOTAL
    sent = [digest for _, batch in cluster.batches for digest in batch["packed"]]
    assert bool(sent) != over_a_depot
    assert len(cluster.stopped) == 1


def test_a_second_run_sends_no_work(store: Store, backend: ScriptedBackend, tmp_path: Path) -> None:
    run(store, Cluster(tmp_path / "first"))
    cluster = Cluster(tmp_path / "second")
    engine = run(store, cluster)
    assert (engine.progress.executed, engine.progress.reused) == (0, TOTAL)
    assert all(not batch["tasks"] for _, batch in cluster.batches)


def test_a_batch_that_is_lost_runs_elsewhere(
    store: Store, backend: ScriptedBackend, tmp_path: Path, locally: str
) -> None:
    lost: list[str] = []

    def meddle(address: str, batch: Mapping[str, Any], run: Callable[[], Any]) -> Any:
        if batch["tasks"] and len(lost) < 2:
            lost.append(address)
            run()  # its results never arrive
            raise OSError("connection lost")
        return run()

    engine = run(store, Cluster(tmp_path, meddle=meddle))
    whole(engine, store, locally)
    assert sum("was lost with its worker" in message for message in engine.progress.messages) == 2


def test_what_kills_every_worker_is_a_harness_error_alone(
    store: Store, backend: ScriptedBackend, tmp_path: Path
) -> None:
    def meddle(address: str, batch: Mapping[str, Any], run: Callable[[], Any]) -> Any:
        if any("artifact" not in task and task["scenario"]["name"] == "gru" for task in batch["tasks"]):
            raise OSError("the worker died")
        return run()

    engine = run(store, Cluster(tmp_path, meddle=meddle))
    faulty = [artifact.scenario for artifact in engine.artifacts.values() if artifact.state == "harness-error"]
    assert faulty == ["gru"] * 4
    assert engine.progress.done == engine.progress.total


def test_a_worker_without_room_gets_no_more_work(
    store: Store, backend: ScriptedBackend, tmp_path: Path, locally: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster(tmp_path)

    def full(staging: Path) -> tuple[str, int]:
        raise StoreError("the disk is full")

    monkeypatch.setattr(cluster.machines["w0"].files, "keep_artifact", full)
    engine = run(store, cluster)
    whole(engine, store, locally)
    assert "disk is full" in cluster.retired["w0"]
    assert all(batch["tasks"] == [] or address == "w1" for address, batch in cluster.batches[4:])


def test_artifacts_that_a_worker_turns_out_not_to_have_are_sent(
    store: Store, backend: ScriptedBackend, tmp_path: Path, locally: str
) -> None:
    import shutil

    def meddle(address: str, batch: Mapping[str, Any], run: Callable[[], Any]) -> Any:
        # As when Dask moved the batch to a worker that nothing was sent to.
        if any("artifact" in task for task in batch["tasks"]) and not batch["packed"]:
            shutil.rmtree(tmp_path / address / "artifacts")
            (tmp_path / address / "artifacts").mkdir()
        return run()

    whole(run(store, Cluster(tmp_path, count=1, meddle=meddle)), store, locally)


def test_a_probe_that_fails_on_one_worker_is_tried_on_another(
    store: Store, backend: ScriptedBackend, tmp_path: Path, locally: str
) -> None:
    failed: list[int] = []

    def respond(name: str, request: Mapping[str, Any]) -> Any:
        if request["op"] == "load" and len(failed) < 2:
            failed.append(1)
            raise WorkerError("the probe ended")
        return answer(request)

    backend._respond = respond
    whole(run(store, Cluster(tmp_path)), store, locally)


def test_another_python_on_one_worker_is_not_mixed_in(
    store: Store, backend: ScriptedBackend, tmp_path: Path, locally: str
) -> None:
    cluster = Cluster(tmp_path)

    class Other(ScriptedBackend):
        def build(self, environment: Environment, say: Any) -> EnvironmentState:
            return ready(environment, python="3.9.1")

    other = Other()
    cluster.machines["w1"]._backend = lambda name, config: other  # type: ignore[method-assign]
    engine = run(store, cluster)
    # Whoever builds an environment first decides; each cell is then measured in that one alone.
    assert len(store.artifacts()) + len(store.cells()) == TOTAL
    for name, state in engine.states.items():
        asked = {place for place in (backend, other) if any(where == name for where, _ in place.asked)}
        assert asked == {other if state.facts["python"] == "3.9.1" else backend}


def test_a_worker_says_when_its_environment_is_another_one(backend: ScriptedBackend, tmp_path: Path) -> None:
    batch: dict[str, Any] = {
        **{"run": "r", "backend": "scripted", "config": plain_config(config()), "depot": None},
        **{"environment": plain_environment(environment("2.16-cpu")), "identity": None},
        **{"tasks": [], "packed": {}, "packages": {}},
    }
    machine = Machine(tmp_path)
    answer = machine.run(batch)
    assert (answer["why"], answer["state"]["state"]) == ("", "ready")
    identity = answer["state"]["identity"]
    assert machine.run({**batch, "identity": identity})["why"] == ""
    refused = machine.run({**batch, "identity": ["of", "another"]})
    assert "is another one" in refused["why"]
    assert not refused["retire"]


def test_a_warm_probe_is_used_again(store: Store, backend: ScriptedBackend, tmp_path: Path) -> None:
    run(store, Cluster(tmp_path, count=1))
    assert len(backend.workers) == len(NAMES)


def test_a_folder_travels_whole_and_nothing_leaves_it(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "variables" / "x.bin").write_bytes(bytes(range(256)))
    (folder / "empty").mkdir()
    (tmp_path / "copy").mkdir()
    unpack(pack(folder), tmp_path / "copy")
    assert digest_folder(folder) == digest_folder(tmp_path / "copy")
    assert (tmp_path / "copy" / "empty").is_dir()
    files = ArtifactFiles(tmp_path / "files")
    with pytest.raises(ClusterError, match="damaged"):
        keep(pack(folder), "ab" * 32, files)
    assert not list((files.folder / "staging").iterdir())
    depot = Depot(f"file://{tmp_path / 'depot'}")
    digest = digest_folder(folder)[0]
    assert depot.get(digest) is None
    depot.put(digest, pack(folder))
    assert depot.get(digest) == pack(folder)
    with pytest.raises(ClusterError, match="--artifacts"):
        Depot("nonsense://x")


def test_environments_tasks_and_cells_come_back_as_they_were(tmp_path: Path) -> None:
    made = environment("2.16-cpu")
    back = environment_from(plain_environment(made), tmp_path)
    assert (back.id, back.digest, back.pins) == (made.id, made.digest, made.pins)
    cell = Cell("c", "a", "2.16-cpu", ("plain",), ({"attempt": "plain", "outcome": "loaded"},), 0.5)
    assert cell_from(plain_cell(cell)) == cell
    from tests.unit.execution.test_runner import ARTIFACT, NEAR

    task = LoadTask("c", WORKS[0], ARTIFACT, "2.16-cpu", NEAR, cell)
    again = task_from(plain_task(task, (), ""), "2.16-cpu", {})
    assert isinstance(again, LoadTask)
    assert (again.key, again.artifact, again.near, again.known) == (task.key, ARTIFACT, NEAR, cell)
    assert again.work.scenario.request()["options"] == task.work.scenario.request()["options"]


def test_scenarios_of_the_user_s_own_travel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    from crossload.execution.dask.transfer import pack, unpack
    from crossload.scenario_index import BUILT_IN
    from crossload.util.import_roots import import_root

    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    for name in ("ours", "beside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "models.py").write_text("MODEL = 1\n", encoding="utf-8")
    built_in = str(import_root(BUILT_IN))
    own = dataclasses.replace(scenario(), module="ours.models", roots=(built_in, str(import_root(tmp_path / "ours"))))
    found = package_of(own)
    assert found is not None
    (tmp_path / "there").mkdir()
    unpack(pack(found.parent, found.name), tmp_path / "there")
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["ours"]
    assert (tmp_path / "there" / "ours" / "models.py").read_text(encoding="utf-8") == "MODEL = 1\n"
    assert package_of(dataclasses.replace(own, module="scenarios.core", roots=(built_in,))) is None
