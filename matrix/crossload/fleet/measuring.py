"""Loads the models of a fleet: one of each group in full, the others compared in the target by what worked for that one."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from crossload import __version__
from crossload.domain.verdicts import HARNESS_ERROR, UNAVAILABLE, USABLE
from crossload.environments.model import Environment
from crossload.errors import CrossloadError, StoreError
from crossload.execution.run_state import Progress
from crossload.fleet.journal import Journal
from crossload.fleet.reading import Read
from crossload.fleet.results import Load, Measured, load_of
from crossload.fleet.settings import Given
from crossload.probe import attempts, protocol
from crossload.store.records import content_key
from crossload.user_models.bench import limits_for, read_inputs
from crossload.user_models.check import compare, measure
from crossload.user_models.model_file import ModelError
from crossload.user_models.saver import Writer
from crossload.user_models.seat import Seat

# Memory that an idle TensorFlow takes, MB, and how much of what is free may be taken at once.
_OF_TENSORFLOW_MB, _SHARE = 600, 0.8
# That threads have to leave nothing behind when they are stopped.
_SECONDS_TO_LEAVE = 5

# Opens a place to measure at, for the code that goes with models; it says what takes long.
OpenSeat = Callable[[Given, Callable[[str], None]], AbstractContextManager[Seat]]
# Which environment wrote a model.
FindWriter = Callable[[Read], Writer]


@dataclass(frozen=True)
class Wanted:
    """What is to be measured.

    :param target: one of the loaders, in which every model is compared.
    :param every: measure every model in full, everywhere.
    :param code: digest of the code and the inputs that go with a model, so that other code is measured again.
    """

    loaders: Sequence[Environment]
    target: Environment
    every: bool = False
    code: Callable[[Given], str] = lambda given: ""


@dataclass
class Crew:
    """Measures with a few threads, each at a seat of its own.

    :param memory_mb: that all of them together may take; what needs more than its share waits until it is alone.
    """

    wanted: Wanted
    open_seat: OpenSeat
    find_writer: FindWriter
    journal: Journal
    jobs: int
    memory_mb: int
    progress: Progress = field(default_factory=Progress)
    results: dict[str, Measured] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Bytes of the largest model: no process may take more memory than that one needs.
        self.largest = 0
        self._lock = threading.Lock()
        self._room = threading.Condition()
        self._taken = 0
        self._stopped = threading.Event()
        self._writers: dict[str, Writer | ModelError] = {}
        self._seats: list[Seat] = []
        self._ours: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    def run(self, groups: Sequence[Sequence[Read]], tick: Callable[[Progress], None]) -> dict[str, Measured]:
        """Measure groups; what each model gave, by its name.

        :param groups: models that are made alike, the leader first.
        :raises KeyboardInterrupt: somebody stopped it; what was measured is in the journal.
        :raises StoreError: the disk is full.
        """
        self.progress.total = sum(len(group) for group in groups)
        self.largest = max((item.opened.bytes for group in groups for item in group if item.opened), default=0)
        try:
            if self.wanted.every:
                self._together([item for group in groups for item in group], self._in_full, tick)
            else:
                self._together([group[0] for group in groups], self._in_full, tick)
                leaders = {item.found.name: group[0] for group in groups for item in group[1:]}
                self._together(
                    [item for group in groups for item in group[1:]],
                    lambda item, writer, seat: self._compared(item, leaders[item.found.name], writer, seat),
                    tick,
                    lambda item: "like " + str(self._proven(leaders[item.found.name])),
                )
        except BaseException:
            self.stop()
            raise
        return self.results

    def stop(self) -> None:
        """End what is going on, at once."""
        self._stopped.set()
        with self._room:
            self._room.notify_all()
        for seat in list(self._seats):
            seat.places.stop()
        for thread in self._threads:
            thread.join(_SECONDS_TO_LEAVE)

    def _together(
        self,
        items: Sequence[Read],
        work: Callable[[Read, Writer, Seat], Measured],
        tick: Callable[[Progress], None],
        mode: Callable[[Read], str] = lambda item: "in full",
    ) -> None:
        """Do work for every item, but for what the journal holds; what one raises is that one's problem."""
        waiting: SimpleQueue[tuple[Read, Writer, str]] = SimpleQueue()
        queued = []
        for item in items:
            if self._stopped.is_set():
                return
            writer = self._writer(item)
            if not isinstance(writer, Writer):
                self._finish(item, Measured(problem=str(writer)), "")
                continue
            key = self._key(item, writer, mode(item))
            known = self.journal.get(key)
            if known is not None:
                self.progress.reused += 1
                self._finish(item, known, "")
            else:
                queued.append((item, writer, key))
            tick(self.progress)
        # One code and one saver after the other: a process that is warm serves many.
        queued.sort(key=lambda entry: (str(entry[0].given), entry[1].environment.sort_key, entry[0].found.name))
        for entry in queued:
            waiting.put(entry)
        threads = self._threads = [
            threading.Thread(target=self._serve, args=(number, waiting, work), daemon=True)
            for number in range(min(self.jobs, len(queued)))
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            tick(self.progress)
            time.sleep(0.1)
        if self._ours:
            raise self._ours[0]

    def _writer(self, item: Read) -> Writer | ModelError:
        """What wrote a model; the same for all of a group."""
        if item.group not in self._writers:
            try:
                self._writers[item.group] = self.find_writer(item)
            except ModelError as error:
                self._writers[item.group] = error
        return self._writers[item.group]

    def _serve(self, number: int, waiting: "SimpleQueue[tuple[Read, Writer, str]]", work: Any) -> None:
        """What one thread does: a seat for as long as the same code goes with what comes next."""
        given: Given | None = None
        with ExitStack() as open_now:
            seat: Seat | CrossloadError | None = None
            while not self._stopped.is_set():
                try:
                    item, writer, key = waiting.get_nowait()
                except Empty:
                    return
                code = replace(item.given, inputs=None, saved_with=None)
                if seat is None or code != given:
                    self._leave(open_now, seat)
                    given, seat = code, self._sit_down(open_now, code)
                self.progress.doing[number] = item.found.name
                self._one(item, writer, key, seat, work)
                self.progress.doing.pop(number, None)

    def _sit_down(self, open_now: ExitStack, code: Given) -> Seat | CrossloadError:
        try:
            seat = open_now.enter_context(self.open_seat(code, self.progress.messages.append))
        except CrossloadError as error:
            return error
        self._seats.append(seat)
        return seat

    def _leave(self, open_now: ExitStack, seat: "Seat | CrossloadError | None") -> None:
        if isinstance(seat, Seat):
            self._seats.remove(seat)
        open_now.close()

    def _one(self, item: Read, writer: Writer, key: str, seat: "Seat | CrossloadError", work: Any) -> None:
        started = time.monotonic()
        try:
            if isinstance(seat, CrossloadError):
                raise seat
            with self._space(item, seat):
                measured: Measured = work(item, writer, seat)
            seat.clear()
        except StoreError as error:  # the disk is full: that is no finding about any model
            self._ours.append(error)
            self._stopped.set()
            return
        except CrossloadError as error:
            measured = Measured(saver=writer.environment.id, why=writer.why, exact=writer.exact, problem=str(error))
        except Exception as error:  # our own fault: said, and the others go on
            problem = f"a fault of Crossload, which says nothing about the model: {type(error).__name__}: {error}"
            measured = Measured(saver=writer.environment.id, why=writer.why, exact=writer.exact, problem=problem)
        if self._stopped.is_set():
            return  # what was being measured when it was stopped, was not
        self.progress.executed += 1
        self._finish(item, replace(measured, seconds=round(time.monotonic() - started, 2)), key)

    def _finish(self, item: Read, measured: Measured, key: str) -> None:
        with self._lock:
            self.results[item.found.name] = measured
            self.progress.done += 1
        if key and _stands(measured):
            self.journal.put(key, measured)

    @contextmanager
    def _space(self, item: Read, seat: Seat) -> Iterator[None]:
        """Wait until a model has the memory that it may take; one that needs more than there is goes alone."""
        assert item.opened is not None
        need = _OF_TENSORFLOW_MB + min(limits_for(seat.settings.limits, item.opened.bytes).memory_mb, _likely(item))
        with self._room:
            while self._taken and self._taken + need > self.memory_mb and not self._stopped.is_set():
                self._room.wait(1)
            self._taken += need
        try:
            yield
        finally:
            with self._room:
                self._taken -= need
                self._room.notify_all()

    def _key(self, item: Read, writer: Writer, mode: str) -> str:
        """Everything that a measurement depends on."""
        loaders = [(loader.id, loader.digest) for loader in self.wanted.loaders]
        home = (writer.environment.id, writer.environment.digest, writer.exact)
        code = self.wanted.code(item.given)
        said = [__version__, protocol.PROBE_VERSION, mode, item.digest, item.group, code, self.wanted.target.id]
        return content_key(*said, home, loaders)

    def _in_full(self, item: Read, writer: Writer, seat: Seat) -> Measured:
        assert item.opened is not None
        if item.opened.needs_code and not item.given.build:
            raise ModelError(
                f"{item.found.name}: holds weights alone. Say what builds the model: --build, or build in fleet.toml."
            )
        bench = seat.bench(item.opened, _arrays(item.given), item.found.path)
        found = measure(bench, writer, self.wanted.loaders, lambda line: None)
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
            return self._in_full(item, writer, seat)
        assert item.opened is not None
        bench = seat.bench(item.opened, _arrays(item.given), item.found.path)
        tried = self._proven(leader)
        load = load_of(compare(bench, saver, target, tried), tried)
        if load.verdict != expected.verdict and not {load.verdict, expected.verdict} <= {"exact", "equal"}:
            found = measure(bench, replace(writer, environment=saver), [target], lambda line: None)
            row = next(row for row in found["rows"] if row["loaded_with"] == target.id)
            load = load_of(row)
        others = {loader.id: Load(like=leader.found.name) for loader in self.wanted.loaders if loader.id != target.id}
        return Measured({**others, target.id: load}, of_leader.saver, of_leader.why, of_leader.exact)


def _arrays(given: Given) -> Mapping[str, Any] | None:
    return read_inputs(given.inputs) if given.inputs is not None else None


def _stands(measured: Measured) -> bool:
    """Whether a measurement says something of the model that will be the same next time."""
    words = ("unavailable", "a fault of Crossload", "the worker ended")
    if any(word in measured.problem for word in words):
        return False
    return not any(load.verdict in (UNAVAILABLE, HARNESS_ERROR) for load in measured.loads.values())


def _likely(item: Read) -> int:
    """Memory that loading a model is likely to take, MB: the file, the model, copies of it."""
    assert item.opened is not None
    return int(400 + item.opened.bytes / 1e6 * 4)


def free_memory_mb() -> int:
    """Memory of this machine that may be taken now."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            told = dict(line.split(":", 1) for line in stream)
        return int(int(told["MemAvailable"].split()[0]) / 1024 * _SHARE)
    except (OSError, KeyError, ValueError):
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 20) * _SHARE)
