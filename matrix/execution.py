"""Runs a matrix: environments are built side by side, and each one's saves and loads flow through workers in it.

There is no barrier: a load is queued as soon as its artifact is there and its environment is built.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from matrix.backends import Backend, Worker, WorkerError
from matrix.config import MatrixConfig
from matrix.environments import Environment, EnvironmentState
from matrix.outcomes import HARNESS_ERROR
from matrix.planning import (
    Matrix,
    Work,
    artifact_key,
    attempts_to_run,
    cell_key,
    tolerance_for,
    why_not_applicable,
)
from matrix.queues import Durations, Task, TaskQueue
from matrix.requests import LoadTask, SaveTask, failed_artifact, failed_cell, hangs, run_load, run_save
from matrix.store import Artifact, Cell, Store

# A second worker in the same environment costs an import of TensorFlow: worth it from this many tasks on.
_ENOUGH_FOR_TWO = 12

# When the artifacts of so many savers hung in one environment, the next ones of that scenario and format get less time.
_HANGS_TO_EXPECT_MORE = 2


@dataclass
class Progress:
    """What a display shows. Written by the engine under its lock, read by anyone."""

    total: int = 0
    done: int = 0
    reused: int = 0
    executed: int = 0
    doing: dict[int, str] = field(default_factory=dict)
    building: dict[str, float] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"build": 0.0, "save": 0.0, "load": 0.0})


class Engine:
    """Runs what the store does not hold yet.

    :param jobs: number of workers at a time; each runs one child process.
    """

    def __init__(self, matrix: Matrix, config: MatrixConfig, backend: Backend, store: Store, jobs: int) -> None:
        self.matrix, self.config, self.backend, self.store, self.jobs = matrix, config, backend, store, jobs
        self.progress = Progress()
        self.states: dict[str, EnvironmentState] = {}
        self.artifacts: dict[str, Artifact] = {}
        self.cells: dict[str, Cell] = {}
        self._known_artifacts = store.artifacts()
        self._known_cells = store.cells()
        self._environments = {environment.id: environment for environment in matrix.environments}
        durations = Durations(self._known_artifacts, self._known_cells.values())
        self._saves = {name: TaskQueue(durations) for name in self._environments}
        self._loads = {name: TaskQueue(durations) for name in self._environments}
        self._waiting: dict[str, list[tuple[Work, Artifact]]] = {name: [] for name in self._environments}
        self._hangs: Counter[tuple[Work, str]] = Counter()
        self._servers: dict[str, int] = dict.fromkeys(self._environments, 0)
        self._active = 0
        self._unbuilt = len(self._environments)
        self._changed = threading.Condition()
        self._stopping = False
        self._failure: BaseException | None = None
        self._workers: set[Worker] = set()
        self._loaders = {work: self._loader_count(work) for work in matrix.works}
        self.progress.total = sum(
            1 + self._loaders[work]
            for work, environment in matrix.pairs()
            if not why_not_applicable(work.scenario, environment)
        )

    def _loader_count(self, work: Work) -> int:
        return sum(not why_not_applicable(work.scenario, item) for item in self.matrix.environments)

    def run(self, tick: Callable[[Progress], None] = lambda progress: None) -> None:
        """Build and run everything; call ``tick`` a few times a second. On an interrupt workers are ended at once.

        :raises CrossloadError: the store can not be written.
        """
        self.store.clear_staging()
        slots = [threading.Thread(target=self._serve, args=(number,), daemon=True) for number in range(self.jobs)]
        builders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="build")
        try:
            for environment in self.matrix.environments:
                builders.submit(self._build, environment)
            for slot in slots:
                slot.start()
            while any(slot.is_alive() for slot in slots):
                next(slot for slot in slots if slot.is_alive()).join(timeout=0.2)
                tick(self.progress)
            tick(self.progress)
        finally:
            with self._changed:
                self._stopping = True
                self._changed.notify_all()
                for worker in list(self._workers):
                    worker.kill()
            builders.shutdown(wait=False, cancel_futures=True)
        if self._failure is not None:
            raise self._failure

    def prepare(self) -> None:
        """Build everything and plan what must run, without running it."""
        for environment in self.matrix.environments:
            self._build(environment)

    def _build(self, environment: Environment) -> None:
        started = time.monotonic()
        try:
            state = self.backend.state(environment)
            if state.state == "missing":
                with self._changed:
                    self.progress.building[environment.id] = started
                state = self.backend.build(environment, self._say)
        except Exception as error:
            # A surprise in one environment must not end the others.
            reason = f"building failed: {type(error).__name__}: {error}"
            state = EnvironmentState(environment, "unavailable", reason)
        with self._changed:
            self.progress.building.pop(environment.id, None)
            self.progress.seconds["build"] += time.monotonic() - started
            self.states[environment.id] = state
            if state.state == "ready":
                self._open(environment, state)
            else:
                self._say(f"{environment.id}: unavailable: {state.reason}")
                self._drop(environment)
            self._unbuilt -= 1
            self._changed.notify_all()

    def _drop(self, environment: Environment) -> None:
        """Take the cells of an unavailable environment out of what is still to be done."""
        for work in self.matrix.works:
            if not why_not_applicable(work.scenario, environment):
                self.progress.total -= 1 + self._loaders[work]
        waiting = self._waiting.pop(environment.id, [])
        self.progress.total -= sum(not why_not_applicable(work.scenario, environment) for work, _ in waiting)

    def _say(self, message: str) -> None:
        self.progress.messages.append(message)

    def _open(self, environment: Environment, state: EnvironmentState) -> None:
        """Queue the saves of an environment that has just become ready, and the loads that were waiting for it."""
        for work in self.matrix.works:
            if why_not_applicable(work.scenario, environment):
                continue
            key = artifact_key(work, state)
            known = self._known_artifacts.get(key)
            if known is not None and known.state != HARNESS_ERROR:
                self._finished(reused=True)
                self._arrive(work, known)
            else:
                self._saves[environment.id].add(SaveTask(key, work, environment.id))
        for work, artifact in self._waiting.pop(environment.id, []):
            self._queue_load(work, artifact, environment)

    def _finished(self, reused: bool) -> None:
        self.progress.done += 1
        if reused:
            self.progress.reused += 1
        else:
            self.progress.executed += 1

    def _arrive(self, work: Work, artifact: Artifact) -> None:
        """An artifact is there: queue its loads everywhere."""
        self.artifacts[artifact.key] = artifact
        if artifact.state != "saved":
            self.progress.total -= self._loaders[work]
            return
        for environment in self.matrix.environments:
            state = self.states.get(environment.id)
            if state is None:
                self._waiting[environment.id].append((work, artifact))
            elif state.state == "ready":
                self._queue_load(work, artifact, environment)
            elif not why_not_applicable(work.scenario, environment):
                self.progress.total -= 1

    def _queue_load(self, work: Work, artifact: Artifact, environment: Environment) -> None:
        if why_not_applicable(work.scenario, environment):
            return
        key = cell_key(artifact.key, self.states[environment.id])
        near = tolerance_for(self.config, work.scenario, self._environments[artifact.saved_with], environment)
        known = self._known_cells.get(key)
        if known is not None and not attempts_to_run(work.attempts(), known, near):
            self.cells[key] = known
            self._finished(reused=True)
        else:
            self._loads[environment.id].add(LoadTask(key, work, artifact, environment.id, near, known))

    def _choose(self) -> str | None:
        """The environment that a free slot should serve next: unsaved work first, then what will take longest."""

        def tasks(name: str) -> int:
            return len(self._saves[name]) + len(self._loads[name])

        def need(name: str) -> tuple[bool, float]:
            return bool(self._saves[name]), self._saves[name].seconds + self._loads[name].seconds

        open_names = [name for name in self._environments if tasks(name)]
        unserved = [name for name in open_names if not self._servers[name]]
        shared = [name for name in open_names if tasks(name) >= _ENOUGH_FOR_TWO * (self._servers[name] + 1)]
        return max(unserved or shared, key=need, default=None)

    def _serve(self, slot: int) -> None:
        try:
            while True:
                with self._changed:
                    name = self._choose()
                    while name is None and not self._stopping and (self._unbuilt or self._active):
                        self._changed.wait(timeout=1)
                        name = self._choose()
                    if name is None or self._stopping:
                        return
                    self._servers[name] += 1
                    self._active += 1
                try:
                    self._serve_environment(slot, name)
                finally:
                    with self._changed:
                        self._servers[name] -= 1
                        self._active -= 1
                        self.progress.doing.pop(slot, None)
                        self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._failure = self._failure or (None if self._stopping else error)
                self._stopping = True
                self._changed.notify_all()

    def _next_task(self, name: str, group: str) -> Task | None:
        with self._changed:
            if self._stopping:
                return None
            task = self._saves[name].take(group)
            if task is None and any(self._saves[other] and not self._servers[other] for other in self._environments):
                # Saves elsewhere first: the more artifacts are there, the fewer visits an environment needs.
                return None
            return task or self._loads[name].take(group)

    def _start(self, name: str) -> Worker:
        worker = self.backend.start(self._environments[name])
        with self._changed:
            self._workers.add(worker)
            if self._stopping:
                worker.kill()
            if worker.isolation != "fork":
                self._say(f"{name}: TensorFlow can not be forked here; every cell gets a fresh process (slower)")
        return worker

    def _serve_environment(self, slot: int, name: str) -> None:
        worker: Worker | None = None
        group = ""
        try:
            while (task := self._next_task(name, group)) is not None:
                group = TaskQueue.group_of(task)
                verb = "saving" if isinstance(task, SaveTask) else "loading"
                self.progress.doing[slot] = f"{name}: {verb} {task.work.scenario.name} {task.work.format}"
                worker = self._run_task(task, name, worker)
        finally:
            if worker is not None:
                worker.close()
                with self._changed:
                    self._workers.discard(worker)

    def _run_task(self, task: Task, name: str, worker: Worker | None) -> Worker | None:
        """Run one task; a probe that died is started again once before the task counts as a harness error."""
        started = time.monotonic()
        for is_last in (False, True):
            try:
                if worker is None:
                    worker = self._start(name)
                self._finish(task, worker, started)
                return worker
            except WorkerError as error:
                worker = None
                if self._stopping:
                    return None
                if is_last:
                    self._give_up(task, error)
        return worker

    def _finish(self, task: Task, worker: Worker, started: float) -> None:
        if isinstance(task, SaveTask):
            artifact = run_save(task, worker, self.store, self.config.limits)
            with self._changed:
                self._arrive(task.work, artifact)
        else:
            like = (task.work, task.loaded_with)
            cell = run_load(task, worker, self.store, self.config.limits, self._hangs[like] >= _HANGS_TO_EXPECT_MORE)
            with self._changed:
                self.cells[cell.key] = cell
                self._hangs[like] += hangs(cell)
        with self._changed:
            self._finished(reused=False)
            self.progress.seconds["save" if isinstance(task, SaveTask) else "load"] += time.monotonic() - started
            self._changed.notify_all()

    def _give_up(self, task: Task, error: WorkerError) -> None:
        with self._changed:
            self._say(f"harness error: {task.work.scenario.name} {task.work.format}: {error}")
            if isinstance(task, SaveTask):
                self._arrive(task.work, failed_artifact(task, error))
            else:
                self.cells[task.key] = failed_cell(task, error)
            self._finished(reused=False)
