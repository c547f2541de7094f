"""Runs a matrix: environments are built side by side, and each one's saves and loads flow through workers in it.

There is no barrier: a load is queued as soon as its artifact is there and its environment is built.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from crossload.backends import Backend, Worker, WorkerError
from crossload.config import MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.execution.queues import Task, TaskQueue
from crossload.execution.run_state import Progress, RunState
from crossload.execution.runner import Runner
from crossload.execution.tasks import SaveTask
from crossload.execution.worker_pool import WorkerPool
from crossload.planning.matrix import Matrix
from crossload.store.database import Store

# A second worker in the same environment costs an import of TensorFlow: worth it from this many tasks on.
_ENOUGH_FOR_TWO = 12


class Engine(RunState):
    """Runs what the store does not hold yet, on this machine.

    :param jobs: number of workers at a time; each runs one child process.
    """

    def __init__(self, matrix: Matrix, config: MatrixConfig, backend: Backend, store: Store, jobs: int) -> None:
        super().__init__(matrix, config, store)
        self.backend, self.jobs = backend, jobs
        self._servers: dict[str, int] = dict.fromkeys(self.environments, 0)
        self._active = 0
        self._stopping = False
        self._failure: BaseException | None = None
        # A worker ends with the visit to its environment: the next one there may be long after.
        self._pool = WorkerPool(most_idle=0, started=self._say_isolation)

    def run(self, tick: Callable[[Progress], None] = lambda progress: None) -> None:
        """Build and run everything; call ``tick`` a few times a second. On an interrupt workers are ended at once.

        :raises CrossloadError: the store cannot be written.
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
            with self.changed:
                self._stopping = True
                self.changed.notify_all()
            self._pool.stop()
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
            state = self.backend.provide(environment, self.say, lambda: self.begin_build(environment))
        except Exception as error:
            # A surprise in one environment must not end the others.
            reason = f"building failed: {type(error).__name__}: {error}"
            state = EnvironmentState(environment, "unavailable", reason)
        self.end_build(environment, state, time.monotonic() - started)

    def _choose(self) -> str | None:
        """The environment that a free slot should serve next: unsaved work first, then what will take longest."""

        def tasks(name: str) -> int:
            return len(self.saves[name]) + len(self.loads[name])

        def need(name: str) -> tuple[bool, float]:
            return bool(self.saves[name]), self.saves[name].seconds + self.loads[name].seconds

        open_names = [name for name in self.environments if tasks(name)]
        unserved = [name for name in open_names if not self._servers[name]]
        shared = [name for name in open_names if tasks(name) >= _ENOUGH_FOR_TWO * (self._servers[name] + 1)]
        return max(unserved or shared, key=need, default=None)

    def _serve(self, slot: int) -> None:
        try:
            while True:
                with self.changed:
                    name = self._choose()
                    while name is None and not self._stopping and (self.unbuilt or self._active):
                        self.changed.wait(timeout=1)
                        name = self._choose()
                    if name is None or self._stopping:
                        return
                    self._servers[name] += 1
                    self._active += 1
                try:
                    self._serve_environment(slot, name)
                finally:
                    with self.changed:
                        self._servers[name] -= 1
                        self._active -= 1
                        self.progress.doing.pop(slot, None)
                        self.changed.notify_all()
        except BaseException as error:
            with self.changed:
                self._failure = self._failure or (None if self._stopping else error)
                self._stopping = True
                self.changed.notify_all()

    def _next_task(self, name: str, group: str) -> Task | None:
        with self.changed:
            if self._stopping:
                return None
            task = self.saves[name].take(group)
            if task is None and any(self.saves[other] and not self._servers[other] for other in self.environments):
                # Saves elsewhere first: the more artifacts are there, the fewer visits an environment needs.
                return None
            return task or self.loads[name].take(group)

    def _say_isolation(self, environment: Environment, worker: Worker) -> None:
        if worker.isolation != "fork":
            self.say(f"{environment.id}: TensorFlow cannot be forked here; every cell gets a fresh process (slower)")

    def _serve_environment(self, slot: int, name: str) -> None:
        group = ""
        with Runner(self._pool, self.backend, self.environments[name], self.store, self.config.limits) as runner:
            while (task := self._next_task(name, group)) is not None:
                group = TaskQueue.group_of(task)
                verb = "saving" if isinstance(task, SaveTask) else "loading"
                self.progress.doing[slot] = f"{name}: {verb} {task.work.scenario.name} {task.work.format}"
                self._run_task(task, runner)

    def _run_task(self, task: Task, runner: Runner) -> None:
        started = time.monotonic()
        try:
            if isinstance(task, SaveTask):
                artifact = runner.save(task)
                self.enter_artifact(task, artifact, time.monotonic() - started)
            else:
                cell = runner.load(task, self.expected_hangs(task))
                self.enter_cell(task, cell, time.monotonic() - started)
        except WorkerError as error:
            self.give_up(task, error)
