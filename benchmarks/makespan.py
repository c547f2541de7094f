"""How long a matrix takes on many workers: simulated with measured seconds, by the very rules that the engine places by.

``python -m benchmarks.makespan OUT [--profile full] [--workers 1,4,16,64,256]`` takes the output folder of a run. What that run
did not measure (a pair of environments, a scenario) takes the seconds of its like: the same scenario and format in the measured
environments nearest to the pair, else the mean of the format.

Modelled: one task after another on a worker; a probe's start where it is cold; building once per machine; batches; and the
host, which enters one result at a time. Not modelled: the network between machines, and lost workers.
"""

import argparse
import heapq
import json
from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from statistics import fmean

from crossload.app.selection import select_matrix
from crossload.config import load_config
from crossload.domain.versions import EnvironmentId, sort_key
from crossload.execution.options import RunOptions, Selection
from crossload.execution.scheduling import BUILD_SECONDS, START_SECONDS, Waiting, batch_seconds, choose
from crossload.planning.matrix import Matrix, Work, why_not_applicable, why_not_loaded
from crossload.store.database import Store

# Seconds of the host for each batch and for each of its results, measured by `python -m benchmarks.host` (0.7 and 1.2 ms),
# with an allowance of 5 ms a batch for what Dask's own threads do on the way, which that does not measure.
HOST_SECONDS_A_BATCH = 0.0057
HOST_SECONDS_A_RESULT = 0.0012
_UNDER_KERAS = 18
# Workers on one machine share its built environments.
WORKERS_A_MACHINE = 4
# Probes that a worker keeps warm: as matrix/crossload/execution/dask/worker_process.py.
_WARM = 2


class Measured:
    """Seconds of saves and loads, from a store."""

    def __init__(self, out: Path) -> None:
        with closing(Store(out / "store")) as store:
            artifacts = store.read("SELECT scenario, format, saved_with, state, seconds FROM artifacts")
            cells = store.read(
                "SELECT scenario, format, saved_with, loaded_with, cells.seconds FROM cells"
                " JOIN artifacts ON artifacts.key = artifact_key"
            )
        self._saves = {(row[0], row[1], row[2]): (float(row[4]), row[3] == "saved") for row in artifacts}
        self._loads = {(row[0], row[1], row[2], row[3]): float(row[4]) for row in cells}
        self.environments = sorted({row[2] for row in artifacts}, key=sort_key)
        self._save_means = _means((row[1], float(row[4])) for row in artifacts)
        self._load_means = _means((row[1], float(row[4])) for row in cells)

    @cache  # noqa: B019 - one object a run
    def _nearest(self, environment: str) -> tuple[str, ...]:
        """Measured environments, the nearest version first."""
        wanted = _minor(environment)
        return tuple(sorted(self.environments, key=lambda name: (abs(_minor(name) - wanted), name)))

    def save(self, work: Work, environment: str) -> tuple[float, bool]:
        """Seconds, and whether there is an artifact then."""
        for like in self._nearest(environment):
            if found := self._saves.get((work.scenario.name, work.format, like)):
                return found
        return self._save_means.get(work.format, 0.5), True

    def load(self, work: Work, saver: str, loader: str) -> float:
        """Seconds."""
        for like in self._nearest(loader):
            for other in self._nearest(saver):
                found = self._loads.get((work.scenario.name, work.format, other, like))
                if found is not None:
                    return found
        return self._load_means.get(work.format, 0.3)


def _minor(environment: str) -> int:
    name = EnvironmentId.parse(environment)
    # The minors of Keras 3 stand on one TensorFlow.
    return _UNDER_KERAS if name.is_keras_3 else (name.numbers or (2, 99))[1]


def _means(rows: Iterator[tuple[str, float]] | Sequence[tuple[str, float]]) -> dict[str, float]:
    seconds: dict[str, list[float]] = {}
    for form, value in rows:
        seconds.setdefault(form, []).append(value)
    return {form: fmean(values) for form, values in seconds.items()}


@dataclass
class _Worker:
    machine: int
    warm: "OrderedDict[str, None]" = field(default_factory=OrderedDict)


@dataclass
class _Queue:
    """What waits in one environment: (seconds, what becomes possible afterwards)."""

    saves: deque[tuple[float, Work]] = field(default_factory=deque)
    loads: deque[float] = field(default_factory=deque)
    save_seconds: float = 0.0
    load_seconds: float = 0.0
    servers: int = 0


@dataclass(frozen=True)
class Makespan:
    """What a simulation found. ``work`` is the seconds of all saves and loads alone."""

    workers: int
    affinity: bool
    seconds: float
    work: float
    starts: int
    builds: int
    host_seconds: float

    @property
    def efficiency(self) -> float:
        """Part of the workers' time that is work."""
        return self.work / (self.seconds * self.workers)


class Simulation:
    """One matrix on so many workers."""

    def __init__(self, matrix: Matrix, measured: Measured, workers: int, affinity: bool) -> None:
        self._matrix, self._measured, self._affinity = matrix, measured, affinity
        self._workers = [_Worker(number // WORKERS_A_MACHINE) for number in range(workers)]
        self._queues = {environment.id: _Queue() for environment in matrix.environments}
        self._unseen = [environment.id for environment in matrix.environments]
        self._open: set[str] = set()
        self._arrived: list[tuple[Work, str]] = []
        self._built: set[tuple[int, str]] = set()
        self._events: list[tuple[float, int, int, str, list[Work]]] = []
        self._sizes: dict[int, int] = {}
        self._work = self._host = self._host_free = 0.0
        self._starts = self._builds = self._sequence = 0
        pairs = [*matrix.pairs()]
        self._saved = {(work, item.id): not why_not_applicable(work.scenario, item) for work, item in pairs}
        self._loaded = {(work, item.id): not why_not_loaded(work.scenario, item) for work, item in pairs}

    def run(self) -> Makespan:
        """Simulate it."""
        now, idle = 0.0, list(range(len(self._workers)))
        while True:
            idle = [number for number in idle if not self._place(number, now)]
            if not self._events:
                break
            now, sequence, number, name, saved = heapq.heappop(self._events)
            cost = HOST_SECONDS_A_BATCH + HOST_SECONDS_A_RESULT * self._sizes.pop(sequence)
            self._host += cost
            self._host_free = now = max(now, self._host_free) + cost
            self._land(name, saved)
            idle.append(number)
        return Makespan(len(self._workers), self._affinity, now, self._work, self._starts, self._builds, self._host)

    def _place(self, number: int, now: float) -> bool:
        worker = self._workers[number]
        if self._unseen:
            name = self._unseen.pop(0)
            self._send(number, name, now, self._ready(worker, name), [], 0)
            return True
        waiting = {
            name: Waiting(found.save_seconds, found.load_seconds, found.servers)
            for name, found in self._queues.items()
            if found.saves or found.loads
        }

        def start(name: str) -> float:
            if name in worker.warm:
                return 0.0
            return START_SECONDS + (0.0 if (worker.machine, name) in self._built else BUILD_SECONDS)

        chosen = choose(waiting, start if self._affinity else lambda name: START_SECONDS)
        if chosen is None:
            return False
        left = sum(found.saves + found.loads for found in waiting.values())
        work, saved, size = self._take(self._queues[chosen], batch_seconds(left, len(self._workers)))
        self._work += work
        self._send(number, chosen, now, self._ready(worker, chosen) + work, saved, size)
        return True

    @staticmethod
    def _take(queue: _Queue, seconds: float) -> tuple[float, list[Work], int]:
        taken, saved, size = 0.0, [], 0
        while taken < seconds and (queue.saves or queue.loads):
            if queue.saves:
                value, work = queue.saves.popleft()
                queue.save_seconds -= value
                saved.append(work)
            else:
                value = queue.loads.popleft()
                queue.load_seconds -= value
            taken += value
            size += 1
        if not queue.saves:
            queue.save_seconds = 0.0
        if not queue.loads:
            queue.load_seconds = 0.0
        return taken, saved, size

    def _ready(self, worker: _Worker, name: str) -> float:
        """Seconds until a probe runs there; it is warm afterwards."""
        seconds = 0.0
        if (worker.machine, name) not in self._built:
            self._built.add((worker.machine, name))
            self._builds += 1
            seconds += BUILD_SECONDS
        if name not in worker.warm:
            self._starts += 1
            seconds += START_SECONDS
        worker.warm[name] = None
        worker.warm.move_to_end(name)
        while len(worker.warm) > _WARM:
            worker.warm.popitem(last=False)
        return seconds

    def _send(self, number: int, name: str, now: float, seconds: float, saved: list[Work], size: int) -> None:
        self._sequence += 1
        self._queues[name].servers += 1
        self._sizes[self._sequence] = size
        heapq.heappush(self._events, (now + seconds, self._sequence, number, name, saved))

    def _land(self, name: str, saved: list[Work]) -> None:
        self._queues[name].servers -= 1
        if name not in self._open:
            self._open.add(name)
            queue = self._queues[name]
            for work in self._matrix.works:
                if self._saved[work, name]:
                    seconds, _ = self._measured.save(work, name)
                    queue.saves.append((seconds, work))
                    queue.save_seconds += seconds
            for work, saver in self._arrived:
                self._queue_load(work, saver, name)
        for work in saved:
            if self._measured.save(work, name)[1]:
                self._arrived.append((work, name))
                for loader in self._open:
                    self._queue_load(work, name, loader)

    def _queue_load(self, work: Work, saver: str, loader: str) -> None:
        if self._loaded[work, loader]:
            seconds = self._measured.load(work, saver, loader)
            self._queues[loader].loads.append(seconds)
            self._queues[loader].load_seconds += seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--profile", default="full")
    parser.add_argument("--tf", default="all")
    parser.add_argument("--workers", default="1,4,16,64,256")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    config = Path("matrix.toml")
    options = RunOptions(
        config=config, out=asked.out, selection=Selection(profile=asked.profile, tf=asked.tf.split(","))
    )
    # Every cell, also of environments that a run would only sample.
    matrix, measured = replace(select_matrix(options, load_config(config)), sample=None), Measured(asked.out)
    known = [environment.id for environment in matrix.environments if environment.id in measured.environments]
    print(
        f"{len(matrix.environments)} environments, {len(matrix.works)} scenarios in formats; "
        f"measured in {len(known)}: {', '.join(known)}"
    )
    print("workers  affinity   makespan h  efficiency  starts  builds  host busy")
    found = []
    for workers in map(int, asked.workers.split(",")):
        for affinity in (True, False):
            made = Simulation(matrix, measured, workers, affinity).run()
            found.append({**vars(made), "efficiency": round(made.efficiency, 4)})
            print(
                f"{workers:7} {'warm' if affinity else 'none':>9} {made.seconds / 3600:12.3f} {made.efficiency:11.1%}"
                f" {made.starts:7} {made.builds:7} {made.host_seconds / made.seconds:10.1%}",
                flush=True,
            )
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
