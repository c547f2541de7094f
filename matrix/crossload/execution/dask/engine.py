"""Runs a matrix on the workers of a cluster. The host keeps the books and the store; everything else happens elsewhere."""

import hashlib
import json
import queue
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crossload.backends import WorkerError
from crossload.config import MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import ClusterError, CrossloadError, StoreError
from crossload.execution.dask.cluster import Cluster, Seat
from crossload.execution.dask.transfer import Depot, keep, pack
from crossload.execution.dask.wire import (
    Plain,
    artifact_from,
    cell_from,
    package_of,
    plain_config,
    plain_environment,
    plain_task,
)
from crossload.execution.queues import Task, TaskQueue
from crossload.execution.run_state import Progress, RunState
from crossload.execution.scheduling import BUILD_SECONDS, START_SECONDS, Waiting, batch_seconds, choose
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.keys import environment_identity
from crossload.planning.matrix import Matrix
from crossload.store.database import Store

# What has been lost with its worker, or failed by our own fault, so often is given up.
_MOST_TRIES = 3
# Bytes of artifacts that travel with one batch.
_MOST_BYTES = 16 << 20


@dataclass
class _Flight:
    """A batch that is on its way."""

    seat: Seat
    environment: Environment
    tasks: list[Task]
    future: Any
    started: float = field(default_factory=time.monotonic)


@dataclass
class _Known:
    """What is known of one worker: where a probe is warm, and which artifacts it holds."""

    warm: set[str] = field(default_factory=set)
    holds: set[str] = field(default_factory=set)
    unfit: set[str] = field(default_factory=set)


class DaskEngine(RunState):
    """Runs what the store does not hold yet, on a cluster.

    :param backend: name of the backend that workers use.
    :param depot: fsspec URL over which artifacts travel; None for Dask itself.
    """

    def __init__(
        self, matrix: Matrix, config: MatrixConfig, backend: str, store: Store, cluster: Cluster, depot: str | None
    ) -> None:
        super().__init__(matrix, config, store)
        self._backend, self._cluster = backend, cluster
        self._depot_url, self._depot = depot, Depot(depot) if depot else None
        self._run_id = uuid.uuid4().hex
        self._flights: dict[str, _Flight] = {}
        self._landed: queue.Queue[Any] = queue.Queue()
        self._known: dict[str, _Known] = {}
        self._built: set[tuple[str, str]] = set()
        self._refusals: dict[str, dict[str, str]] = {}
        self._tries: Counter[str] = Counter()
        self._on_depot: set[str] = set()
        self._packages: dict[Path, tuple[str, bytes]] = {}

    def run(self, tick: Callable[[Progress], None] = lambda progress: None) -> None:
        """Build and run everything; call ``tick`` a few times a second. On an interrupt the workers stop at once.

        :raises CrossloadError: the store cannot be written, or the cluster is gone.
        """
        self.store.clear_staging()
        for environment in self.matrix.environments:
            if environment.unresolved:
                self.end_build(environment, EnvironmentState(environment, "unavailable", environment.unresolved), 0.0)
        try:
            while self.unbuilt or self._flights or self._tasks_left():
                self._place()
                self._land(0.2)
                tick(self.progress)
            tick(self.progress)
        finally:
            for flight in self._flights.values():
                flight.future.cancel()
            self._cluster.stop(self._run_id)

    def _tasks_left(self) -> int:
        return sum(len(pool) for queues in (self.saves, self.loads) for pool in queues.values())

    # Who does what

    def _resources(self, environment: Environment) -> dict[str, float]:
        needed = {self._backend: 1.0}
        return needed | ({"cuda": 1.0} if environment.hardware == "cuda" else {})

    def _place(self) -> None:
        """Give every free seat something to do."""
        seats = self._cluster.seats(self.say)
        taken = {flight.seat for flight in self._flights.values()}
        if taken & set(seats):
            self._cluster.someone_works()
        for seat in seats:
            if seat in taken:
                continue
            found = self._next_batch(seat, len(seats))
            if found is not None:
                self._cluster.someone_works()
                self._send(seat, *found)
        if not self._flights:
            self._cluster.check_patience(self._backend)

    def _fits(self, seat: Seat, environment: Environment) -> bool:
        offered = set(self._resources(environment)) <= seat.resources
        return offered and environment.id not in self._of(seat.address).unfit

    def _of(self, address: str) -> _Known:
        return self._known.setdefault(address, _Known())

    def _next_batch(self, seat: Seat, seats: int) -> tuple[Environment, list[Task]] | None:
        """What a free seat should do: an environment that nobody has looked for yet, else what waits in one that is there."""
        looked_for = {flight.environment.id for flight in self._flights.values()}
        for environment in self.matrix.environments:
            if environment.id in self.states or environment.id in looked_for:
                continue
            if self._fits(seat, environment) and seat.machine not in self._refusals.get(environment.id, ()):
                with self.changed:
                    self.progress.building[environment.id] = time.monotonic()
                return environment, []
        servers = Counter(flight.environment.id for flight in self._flights.values())
        waiting = {
            name: Waiting(self.saves[name].seconds, self.loads[name].seconds, servers[name])
            for name, environment in self.environments.items()
            if (self.saves[name] or self.loads[name]) and self._fits(seat, environment)
        }

        def start(name: str) -> float:
            if name in self._of(seat.address).warm:
                return 0.0
            return START_SECONDS + (0 if (seat.machine, name) in self._built else BUILD_SECONDS)

        name = choose(waiting, start)
        if name is None:
            return None
        left = sum(found.saves + found.loads for found in waiting.values())
        return self.environments[name], self._take(name, batch_seconds(left, seats), seat)

    def _take(self, name: str, seconds: float, seat: Seat) -> list[Task]:
        """Tasks of about so many seconds; what was lost with a worker before goes alone, to find out whether it did that."""
        tasks: list[Task] = []
        size, group = 0, ""
        while seconds > 0 and size < _MOST_BYTES:
            task = self.saves[name].take(group) or self.loads[name].take(group)
            if task is None:
                break
            if self._tries[task.key] and tasks:
                self._put_back(task)
                break
            tasks.append(task)
            group = TaskQueue.group_of(task)
            seconds -= self.durations.expected(task) if not self._tries[task.key] else seconds
            if isinstance(task, LoadTask) and task.artifact.folder not in self._of(seat.address).holds:
                size += task.artifact.bytes
        return tasks

    def _put_back(self, task: Task) -> None:
        queues = self.saves if isinstance(task, SaveTask) else self.loads
        queues[task.saved_with if isinstance(task, SaveTask) else task.loaded_with].add(task)

    def _send(self, seat: Seat, environment: Environment, tasks: list[Task]) -> None:
        packed: dict[str, bytes] = {}
        packages: dict[str, bytes] = {}
        plain = []
        for task in tasks:
            source = self._package(task, packages)
            plain.append(plain_task(task, self.expected_hangs(task) if isinstance(task, LoadTask) else (), source))
            if isinstance(task, LoadTask):
                self._lay_ready(task.artifact.folder, seat, packed, task.key)
        state = self.states.get(environment.id)
        batch: Plain = {
            "run": self._run_id,
            "backend": self._backend,
            "config": plain_config(self.config),
            "environment": plain_environment(environment),
            "depot": self._depot_url,
            "identity": json.loads(json.dumps(environment_identity(state))) if state else None,
            "tasks": plain,
            "packed": packed,
            "packages": packages,
        }
        future = self._cluster.submit(batch, seat, self._resources(environment))
        self._flights[future.key] = _Flight(seat, environment, tasks, future)
        if tasks:
            verb = "saving" if isinstance(tasks[0], SaveTask) else "loading"
            works = f"{tasks[0].work.scenario.name} {tasks[0].work.format}"
            self.progress.doing[hash(seat)] = f"{environment.id}: {verb} {works} on {seat.address}"
        future.add_done_callback(self._landed.put)

    def _package(self, task: Task, packages: dict[str, bytes]) -> str:
        folder = package_of(task.work.scenario)
        if folder is None:
            return ""
        if folder not in self._packages:
            content = pack(folder.parent, folder.name)
            self._packages[folder] = hashlib.sha256(content).hexdigest(), content
        digest, content = self._packages[folder]
        packages[digest] = content
        return digest

    def _lay_ready(self, digest: str, seat: Seat, packed: dict[str, bytes], key: str) -> None:
        """See to it that a worker has an artifact when it comes to it."""
        if digest in self._of(seat.address).holds and not self._tries[key]:
            return
        if self._depot is None or self._tries[key]:
            packed[digest] = pack(self.store.folder_of(digest))
        elif digest not in self._on_depot:
            self._depot.put(digest, pack(self.store.folder_of(digest)))
            self._on_depot.add(digest)

    # What comes back

    def _land(self, seconds: float) -> None:
        """Wait for a batch to come back, and enter it and all others that have."""
        futures = []
        try:
            futures.append(self._landed.get(timeout=seconds))
            while True:
                futures.append(self._landed.get_nowait())
        except queue.Empty:
            pass
        for future in futures:
            flight = self._flights.pop(future.key, None)
            if flight is not None:
                self.progress.doing.pop(hash(flight.seat), None)
                self._enter(flight)

    def _enter(self, flight: _Flight) -> None:
        try:
            if flight.future.status != "finished":
                raise (
                    flight.future.exception() if flight.future.status == "error" else WorkerError("the batch was lost")
                )
            answer: Plain = flight.future.result(timeout=120)
        except CrossloadError as error:
            self._lost(flight, str(error))
            return
        except Exception as error:
            # Its worker died with it so often that Dask gave up, or the result could not be fetched.
            self._lost(flight, f"{type(error).__name__}: {error}")
            return
        flight.future.release()
        self._enter_answer(flight, answer)

    def _enter_answer(self, flight: _Flight, answer: Plain) -> None:
        address, environment = answer["address"], flight.environment
        known = self._of(address)
        known.warm = set(answer["warm"])
        for message in answer["messages"]:
            self.say(message)
        if answer["why"]:
            self.say(
                f"worker {address}: {answer['why']}: "
                + ("it gets no more work" if answer["retire"] else "going on elsewhere")
            )
            if answer["retire"]:
                self._cluster.retire(address, answer["why"])
            else:
                known.unfit.add(environment.id)
        if "state" in answer:
            self._built.add((answer["machine"], environment.id))
        if environment.id not in self.states:
            self._enter_state(flight, answer)
        tasks = {task.key: task for task in flight.tasks}
        for result in answer["finished"]:
            self._enter_result(tasks.pop(result["key"]), result, answer, known)
        known.holds -= set(answer["missing"])
        for task in tasks.values():
            if isinstance(task, LoadTask) and task.artifact.folder in answer["missing"]:
                self._tries[task.key] += 1  # sent along with it the next time
            self._put_back(task)

    def _enter_state(self, flight: _Flight, answer: Plain) -> None:
        environment, seconds = flight.environment, time.monotonic() - flight.started
        self.progress.building.pop(environment.id, None)
        if answer["why"]:
            return  # another worker will look
        state = EnvironmentState.from_record(environment, answer["state"])
        if state.state != "ready":
            # What this machine lacks another may have.
            refused = self._refusals.setdefault(environment.id, {})
            refused[answer["machine"]] = state.reason
            machines = {seat.machine for seat in self._cluster.seats(self.say) if self._fits(seat, environment)}
            if machines - set(refused):
                return
        elif answer.get("isolation", "fork") != "fork":
            self.say(f"{environment.id}: TensorFlow cannot be forked here; every cell gets a fresh process (slower)")
        self.end_build(environment, state, seconds)

    def _enter_result(self, task: Task, result: Plain, answer: Plain, known: _Known) -> None:
        if "fault" in result:
            self._failed(task, result["fault"])
        elif isinstance(task, SaveTask):
            artifact = artifact_from(result["artifact"])
            if artifact.folder:
                content = answer["packed"].get(artifact.folder)
                if content is None and self._depot is not None:
                    content = self._depot.get(artifact.folder)
                    self._on_depot.add(artifact.folder)
                if content is None:
                    self._failed(task, "the artifact has not arrived")
                    return
                try:
                    keep(content, artifact.folder, self.store)
                except ClusterError as error:
                    self._failed(task, str(error))
                    return
                except OSError as error:
                    self.store.check_space(str(error))
                    raise StoreError(f"{self.store.folder}: {error}. Results so far are kept.") from None
                known.holds.add(artifact.folder)
            self.store.put_artifact(artifact)
            self.enter_artifact(task, artifact, result["seconds"])
        else:
            known.holds.add(task.artifact.folder)
            cell = cell_from(result["cell"])
            self.store.put_cell(cell)
            self.enter_cell(task, cell, result["seconds"])

    def _failed(self, task: Task, reason: str) -> None:
        self._tries[task.key] += 1
        if self._tries[task.key] < _MOST_TRIES:
            self._put_back(task)
        else:
            self.give_up(task, WorkerError(reason))

    def _lost(self, flight: _Flight, reason: str) -> None:
        self.say(f"{flight.environment.id}: a batch was lost with its worker ({reason}); running it again")
        self.progress.building.pop(flight.environment.id, None)
        for task in flight.tasks:
            self._failed(task, reason)
