"""The books of a run: what is planned, what waits in which environment, what has arrived, and what is finished.

Whoever executes the work, threads of this process or other machines, keeps these books: what counts and in which order it
becomes possible is decided here alone.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from crossload.backends import WorkerError
from crossload.config import MatrixConfig
from crossload.domain.verdicts import HARNESS_ERROR
from crossload.environments.model import Environment, EnvironmentState
from crossload.execution.queues import Durations, Task, TaskQueue
from crossload.execution.tasks import LoadTask, SaveTask, failed_artifact, failed_cell
from crossload.execution.twins import Twins
from crossload.planning.keys import CellKeys, artifact_key
from crossload.planning.matrix import Matrix, Work, why_not_applicable, why_not_loaded
from crossload.planning.remaining import attempts_to_run
from crossload.planning.retry_policy import hung
from crossload.planning.tolerances import tolerance_for
from crossload.planning.twins import copy_of
from crossload.store.database import Store
from crossload.store.lazy_cells import Shelf
from crossload.store.records import Artifact, Cell

# When an attempt hung over the artifacts of so many savers in one environment, it gets less time for the next ones of that
# scenario and format.
_HANGS_TO_EXPECT_MORE = 2


@dataclass
class Progress:
    """What a display shows. Written under the lock of the books, read by anyone.

    :ivar copied: cells that were measured on a twin of their file.
    """

    total: int = 0
    done: int = 0
    reused: int = 0
    executed: int = 0
    copied: int = 0
    doing: dict[int, str] = field(default_factory=dict)
    building: dict[str, float] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: {"build": 0.0, "save": 0.0, "load": 0.0})


class RunState(ABC):
    """What is still to be done, less what the store holds. Every method that changes them takes the lock ``changed``."""

    def __init__(self, matrix: Matrix, config: MatrixConfig, store: Store) -> None:
        self.matrix, self.config, self.store = matrix, config, store
        self.progress = Progress()
        self.states: dict[str, EnvironmentState] = {}
        self.artifacts: dict[str, Artifact] = {}
        self.cells = Shelf(store)
        self._keys = CellKeys(self.states)
        self.changed = threading.Condition()
        self.environments = {environment.id: environment for environment in matrix.environments}
        self._known_artifacts = store.artifacts()
        self._known_cells = store.known_cells()
        self._twins = Twins(store, config.sample, self._keys, self._known_cells)
        self.durations = Durations(self._known_artifacts, store.load_seconds())
        self.saves = {name: TaskQueue(self.durations) for name in self.environments}
        self.loads = {name: TaskQueue(self.durations) for name in self.environments}
        self._waiting: dict[str, list[tuple[Work, Artifact]]] = {name: [] for name in self.environments}
        self._hangs: Counter[tuple[Work, str, str]] = Counter()
        self._attempts = {work: work.attempts() for work in matrix.works}
        self._files: dict[str, list[Work]] = {name: [] for name in self.environments}
        for work, environment in matrix.pairs():
            if not why_not_applicable(work.scenario, environment):
                self._files[environment.id].append(work)
                self.progress.total += 1 + self._load_count(work, environment.id)

    @abstractmethod
    def run(self, tick: Callable[[Progress], None] = lambda progress: None) -> None:
        """Build and run everything; call ``tick`` a few times a second."""

    def _load_count(self, work: Work, saver: str) -> int:
        """In how many environments the file of a saver is loaded."""
        return sum(not why_not_loaded(work.scenario, item) for item in self.matrix.loaders(work, saver))

    @property
    def has_copies(self) -> bool:
        """Whether the store holds cells that were measured on a twin of their file."""
        return self.progress.copied > 0 or any(cell.is_copy for cell in self._known_cells.values())

    @property
    def unbuilt(self) -> int:
        """How many environments it is not known of yet whether they are there."""
        return len(self.environments) - len(self.states)

    def say(self, message: str) -> None:
        self.progress.messages.append(message)

    def begin_build(self, environment: Environment) -> None:
        """An environment is not there and is being built."""
        with self.changed:
            self.progress.building[environment.id] = time.monotonic()

    def end_build(self, environment: Environment, state: EnvironmentState, seconds: float) -> None:
        """It is there, or cannot be had: its work is queued, or dropped."""
        with self.changed:
            self.progress.building.pop(environment.id, None)
            self.progress.seconds["build"] += seconds
            self.states[environment.id] = state
            if state.state == "ready":
                self._open(environment, state)
            else:
                self.say(f"{environment.id}: unavailable: {state.reason}")
                self._drop(environment)
            self.changed.notify_all()

    def _drop(self, environment: Environment) -> None:
        """Take the cells of an unavailable environment out of what is still to be done."""
        for work in self._files[environment.id]:
            self.progress.total -= 1 + self._load_count(work, environment.id)
        waiting = self._waiting.pop(environment.id, [])
        self.progress.total -= sum(not why_not_loaded(work.scenario, environment) for work, _ in waiting)

    def _open(self, environment: Environment, state: EnvironmentState) -> None:
        """Queue the saves of an environment that has just become ready, and the loads that were waiting for it."""
        for work in self._files[environment.id]:
            key = artifact_key(work, state)
            known = self._known_artifacts.get(key)
            if known is not None and known.state != HARNESS_ERROR:
                self._finished(reused=True)
                self._twins.enter(work, known, environment)
                self._arrive(work, known, environment.id)
            else:
                self.saves[environment.id].add(SaveTask(key, work, environment.id))
        for work, artifact in self._waiting.pop(environment.id, []):
            self._queue_load(work, artifact, environment)

    def _finished(self, reused: bool) -> None:
        self.progress.done += 1
        if reused:
            self.progress.reused += 1
        else:
            self.progress.executed += 1

    def _arrive(self, work: Work, artifact: Artifact, saver: str) -> None:
        """An artifact is there: queue its loads, everywhere or where a sample has them."""
        self.artifacts[artifact.key] = artifact
        if artifact.state != "saved":
            self.progress.total -= self._load_count(work, saver)
            return
        for environment in self.matrix.loaders(work, saver):
            state = self.states.get(environment.id)
            if state is None:
                self._waiting[environment.id].append((work, artifact))
            elif state.state == "ready":
                self._queue_load(work, artifact, environment)
            elif not why_not_loaded(work.scenario, environment):
                self.progress.total -= 1

    def _queue_load(self, work: Work, artifact: Artifact, environment: Environment) -> None:
        if why_not_loaded(work.scenario, environment):
            return
        key = self._keys.key(artifact.key, environment.id)
        near = tolerance_for(self.config, work.scenario, self.environments[artifact.saved_with], environment)
        wanted = self._attempts[work]
        known = self._known_cells.get(key)
        if known is not None and not known.covers(wanted) and (known.is_copy or not known.sound):
            known = None  # all of it is run again, or taken from a twin again
        cell = None if known is None or known.covers(wanted) else self.store.cell(key)
        if known is not None and (cell is None or not attempts_to_run(wanted, cell, near)):
            self.cells.add(key)
            self._finished(reused=True)
            return
        task = LoadTask(key, work, artifact, environment.id, near, cell)
        donor = self._twins.donor(task) if cell is None else None
        if donor is not None:
            self._copy(task, donor)
        elif cell is not None or self._twins.claim(task):
            self.loads[environment.id].add(task)

    def _copy(self, task: LoadTask, donor: Cell) -> None:
        """Take what was measured on a twin of a load's file."""
        saver = self._known_artifacts.get(donor.artifact_key) or self.artifacts[donor.artifact_key]
        self.store.put_cell(copy_of(donor, task.key, task.artifact, saver.saved_with))
        self.cells.add(task.key)
        self.progress.done += 1
        self.progress.copied += 1

    def _release(self, task: LoadTask, cell: Cell | None) -> None:
        """A load has ended: those that waited for it have their result too, or one of them runs in its place."""
        for waiting in self._twins.ended(task, cell):
            if cell is not None:
                self._copy(waiting, cell)
            elif self._twins.claim(waiting):
                self.loads[waiting.loaded_with].add(waiting)

    def expected_hangs(self, task: LoadTask) -> frozenset[str]:
        """Attempts with which its like has hung often enough."""
        seen = {name: self._hangs[task.work, task.loaded_with, name] for name in self._attempts[task.work]}
        return frozenset(name for name, count in seen.items() if count >= _HANGS_TO_EXPECT_MORE)

    def enter_artifact(self, task: SaveTask, artifact: Artifact, seconds: float) -> None:
        """An artifact was made and is durable: its loads become possible."""
        self._twins.enter(task.work, artifact, self.environments[task.saved_with])
        with self.changed:
            self._arrive(task.work, artifact, task.saved_with)
            self._finished(reused=False)
            self.progress.seconds["save"] += seconds
            self.changed.notify_all()

    def enter_cell(self, task: LoadTask, cell: Cell, seconds: float) -> None:
        """A cell was run and is durable."""
        with self.changed:
            self.cells.add(cell.key)
            self._hangs.update((task.work, task.loaded_with, attempt) for attempt in hung(cell.records))
            self._finished(reused=False)
            self._release(task, None if cell.is_faulty else cell)
            self.progress.seconds["load"] += seconds
            self.changed.notify_all()

    def give_up(self, task: Task, error: WorkerError) -> None:
        """Our own machinery could not run it: a harness error, which the next run tries again."""
        with self.changed:
            self.say(f"harness error: {task.work.scenario.name} {task.work.format}: {error}")
            if isinstance(task, SaveTask):
                self._arrive(task.work, failed_artifact(task, error), task.saved_with)
            else:
                self.cells.keep(failed_cell(task, error))
                self._release(task, None)
            self._finished(reused=False)
            self.changed.notify_all()
