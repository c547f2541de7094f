"""Loads the models of a fleet: one of each group in full, the others compared in the target by what worked for that one."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crossload import __version__
from crossload.domain.verdicts import HARNESS_ERROR, UNAVAILABLE, USABLE
from crossload.environments.model import Environment
from crossload.errors import CrossloadError, StoreError
from crossload.execution.run_state import Progress
from crossload.fleet.crew import Crew, Job
from crossload.fleet.journal import Journal
from crossload.fleet.reading import Read
from crossload.fleet.results import Load, Measured, load_of
from crossload.probe import attempts, protocol
from crossload.probe.formats import STEPS, USE
from crossload.store.records import content_key
from crossload.user_models.bench import read_inputs
from crossload.user_models.check import compare, measure
from crossload.user_models.model_file import ModelError
from crossload.user_models.saver import Writer
from crossload.user_models.seat import Given, Seat

# Which environment wrote a model.
FindWriter = Callable[[Read], Writer]


@dataclass(frozen=True)
class Wanted:
    """What is to be measured.

    :param target: one of the loaders, in which every model is compared.
    :param every: measure every model in full, everywhere.
    :param code: digest of the code and the inputs that go with a model, so that other code is measured again.
    :param again: names of models that are measured anew, whatever the journal holds of them.
    """

    loaders: Sequence[Environment]
    target: Environment
    every: bool = False
    code: Callable[[Given], str] = lambda given: ""
    again: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Way:
    """How a model is measured.

    :param loaders: environments that it is measured in.
    :param work: measures it in those of them that are named.
    :param others: what is said of the other environments, where it was not run there after all.
    """

    name: str
    loaders: Sequence[Environment]
    work: Callable[[Read, Writer, Seat, Sequence[str]], Measured]
    others: Mapping[str, Load] = field(default_factory=dict)


class Measuring:
    """Measures models with a crew.

    :param find_writer: which environment wrote a model; asked once for each group.
    :ivar loads: in how many environments models were loaded, each counted; what the journal held is not among them.
    """

    def __init__(self, wanted: Wanted, crew: Crew, find_writer: FindWriter, journal: Journal) -> None:
        self.wanted, self.crew, self.find_writer, self.journal = wanted, crew, find_writer, journal
        self.results: dict[str, Measured] = {}
        self.loads = 0
        self._lock = threading.Lock()
        self._writers: dict[str, Writer | ModelError] = {}

    @property
    def progress(self) -> Progress:
        return self.crew.progress

    def run(self, groups: Sequence[Sequence[Read]], tick: Callable[[Progress], None]) -> dict[str, Measured]:
        """Measure groups; what each model gave, by its name. What the journal holds of an environment is not run again.

        :param groups: models that are made alike, the leader first.
        :raises KeyboardInterrupt: somebody stopped it; what was measured is in the journal.
        :raises StoreError: the disk is full.
        """
        self.progress.total = sum(len(group) for group in groups)
        if self.wanted.every:
            self._together([item for group in groups for item in group], self._full, tick)
        else:
            self._together([group[0] for group in groups], self._full, tick)
            leaders = {item.found.name: group[0] for group in groups for item in group[1:]}
            followers = [item for group in groups for item in group[1:]]
            self._together(followers, lambda item: self._follows(leaders[item.found.name]), tick)
        return self.results

    def _full(self, item: Read) -> "_Way":
        return _Way("in full", self.wanted.loaders, self._in_full)

    def _follows(self, leader: Read) -> "_Way":
        """A model in the target alone; elsewhere it says that it was not run."""
        others = {
            item.id: Load(like=leader.found.name) for item in self.wanted.loaders if item.id != self.wanted.target.id
        }

        def work(item: Read, writer: Writer, seat: Seat, missing: Sequence[str]) -> Measured:
            found = self._compared(item, leader, writer, seat)
            return found if found.problem else replace(found, loads={**others, **found.loads})

        return _Way(f"like {self._proven(leader)}", [self.wanted.target], work)

    def _together(
        self, items: Sequence[Read], way_of: Callable[[Read], "_Way"], tick: Callable[[Progress], None]
    ) -> None:
        """Measure every item, but for what the journal holds; what one raises is that one's problem."""
        jobs = []
        for item in items:
            if self.crew.stopped:
                return
            writer = self._writer(item)
            if not isinstance(writer, Writer):
                self._finish(item, Measured(problem=item.found.named(str(writer))), {})
                continue
            way = way_of(item)
            keys = {loader.id: self._key(item, writer, way.name, loader) for loader in way.loaders}
            known = {name: found for name, key in keys.items() if (found := self.journal.get(key)) is not None}
            if item.found.name in self.wanted.again:
                known = {}
            if len(known) == len(keys):
                self.progress.reused += 1
                self._finish(item, _joined(known.values()), way.others)
            else:
                missing = {name: key for name, key in keys.items() if name not in known}
                jobs.append(self._job(item, writer, way, missing, list(known.values())))
            tick(self.progress)
        self.crew.run(jobs, tick)

    def _writer(self, item: Read) -> Writer | ModelError:
        """What wrote a model; the same for all of a group."""
        if item.group not in self._writers:
            try:
                self._writers[item.group] = self.find_writer(item)
            except ModelError as error:
                self._writers[item.group] = error
        return self._writers[item.group]

    def _job(
        self, item: Read, writer: Writer, way: "_Way", missing: Mapping[str, str], known: Sequence[Measured]
    ) -> Job:
        """Measures a model in the environments that are missing.

        :param missing: the keys of what is measured now, by environment.
        """

        def measured_by(work: Callable[[], Measured]) -> None:
            started = time.monotonic()
            nothing = Measured(saver=writer.environment.id, why=writer.why, exact=writer.exact)
            try:
                measured = work()
            except StoreError:
                raise
            except CrossloadError as error:
                measured = replace(nothing, problem=item.found.named(str(error)))
            except Exception as error:  # our own fault: said, and the others go on
                problem = f"a fault of Crossload, which says nothing about the model: {type(error).__name__}: {error}"
                measured = replace(nothing, problem=problem)
            if self.crew.stopped:
                return  # what was being measured when it was stopped, was not
            self.progress.executed += 1
            measured = replace(measured, seconds=round(time.monotonic() - started, 2))
            for name, key in missing.items():
                one = len(way.loaders) > 1 or name not in measured.loads
                kept = {name: measured.loads[name]} if one and name in measured.loads else measured.loads
                self._keep(key, replace(measured, loads=kept), name)
            self._finish(item, _joined([measured, *known]), way.others)

        def refuse(error: CrossloadError) -> None:
            def no_seat() -> Measured:
                raise error

            measured_by(no_seat)

        def do(seat: Seat) -> None:
            measured_by(lambda: way.work(item, writer, seat, list(missing)))

        return Job(item, (writer.environment.sort_key, item.found.name), do, refuse)

    def _finish(self, item: Read, measured: Measured, others: Mapping[str, Load]) -> None:
        if not measured.problem:
            measured = replace(measured, loads={**others, **measured.loads})
        with self._lock:
            self.results[item.found.name] = measured
            self.progress.done += 1

    def _keep(self, key: str, measured: Measured, name: str) -> None:
        with self._lock:
            self.loads += name in measured.loads and measured.loads[name].was_run
        if _stands(measured):
            self.journal.put(key, measured)

    def _key(self, item: Read, writer: Writer, mode: str, loader: Environment) -> str:
        """Everything that a measurement in one environment depends on."""
        home = (writer.environment.id, writer.environment.digest, writer.exact)
        code = self.wanted.code(item.given)
        said = [__version__, protocol.PROBE_VERSION, mode, item.digest, item.group, code]
        return content_key(*said, home, (loader.id, loader.digest))

    def _in_full(self, item: Read, writer: Writer, seat: Seat, missing: Sequence[str]) -> Measured:
        assert item.opened is not None
        if item.opened.needs_code and not item.given.build:
            raise ModelError(
                f"{item.found.name}: {item.opened.weights_alone} Say what builds the model: --build, or build in fleet.toml."
            )
        bench = seat.bench(item.opened, _arrays(item.given), item.found.path)
        only = missing if len(missing) < len(self.wanted.loaders) else None
        found = measure(bench, writer, self.wanted.loaders, lambda line: None, only)
        loads = {str(row["loaded_with"]): load_of(row) for row in found["rows"]}
        return Measured(loads, found["saver"], found["why"], found["exact"])

    def _proven(self, leader: Read) -> tuple[str, ...]:
        """What is tried for the others of a group: the plain attempt, and what worked for the leader in the target."""
        load = self._of_leader(leader).loads.get(self.wanted.target.id, Load())
        names = (attempts.PLAIN, load.attempt) if load.verdict in USABLE and load.attempt else (attempts.PLAIN,)
        return tuple(dict.fromkeys(names))

    def _of_leader(self, leader: Read) -> Measured:
        return self.results.get(leader.found.name, Measured())

    def _compared(self, item: Read, leader: Read, writer: Writer, seat: Seat) -> Measured:
        """A model in the target, by what worked for its leader; in full there where it fares otherwise."""
        of_leader, target = self._of_leader(leader), self.wanted.target
        known = {loader.id: loader for loader in (*self.wanted.loaders, writer.environment, *writer.others)}
        saver = known.get(of_leader.saver)
        expected = of_leader.loads.get(target.id, Load())
        if (
            of_leader.problem
            or saver is None
            or not expected.was_run
            or expected.verdict in (UNAVAILABLE, HARNESS_ERROR)
        ):
            # Nothing was learned from the leader.
            return self._in_full(item, writer, seat, [loader.id for loader in self.wanted.loaders])
        assert item.opened is not None
        bench = seat.bench(item.opened, _arrays(item.given), item.found.path)
        tried = self._proven(leader)
        # What people do after loading depends on what a model is made of; where it goes wrong for the first, each is asked.
        as_leader = USE not in expected.lost.split(",")
        bench.uses = () if as_leader else STEPS
        load = load_of(compare(bench, saver, target, tried), tried)
        load = replace(load, use_like=leader.found.name if as_leader else "")
        if load.verdict != expected.verdict and not {load.verdict, expected.verdict} <= {"exact", "equal"}:
            bench.uses = STEPS
            found = measure(bench, replace(writer, environment=saver), [target], lambda line: None)
            row = next(row for row in found["rows"] if row["loaded_with"] == target.id)
            load = load_of(row)
        return Measured({target.id: load}, of_leader.saver, of_leader.why, of_leader.exact)


def _joined(parts: Iterable[Measured]) -> Measured:
    """What was measured of one model at different times."""
    found = list(parts)
    loads = {name: load for part in reversed(found) for name, load in part.loads.items()}
    problem = next((part.problem for part in found if part.problem), "")
    return replace(found[0], loads=loads, problem=problem, seconds=max(part.seconds for part in found))


def _arrays(given: Given) -> Mapping[str, Any] | None:
    return read_inputs(given.inputs) if given.inputs is not None else None


def _stands(measured: Measured) -> bool:
    """Whether a measurement says something of the model that will be the same next time."""
    words = ("unavailable", "a fault of Crossload", "the worker ended")
    if any(word in measured.problem for word in words):
        return False
    return not any(load.verdict in (UNAVAILABLE, HARNESS_ERROR) for load in measured.loads.values())
