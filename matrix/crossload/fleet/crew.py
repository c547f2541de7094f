"""A few threads that have something done to the models of a fleet, each at a seat of its own, with the memory that there is."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from crossload.errors import CrossloadError, StoreError
from crossload.execution.memory import limits_for
from crossload.execution.run_state import Progress
from crossload.fleet.reading import Read
from crossload.user_models.seat import Given, Seat

# Memory that an idle TensorFlow takes, MB.
_OF_TENSORFLOW_MB = 600
# Bytes from which a file is large: those go one after the other.
_LARGE = 256_000_000
# That threads have to leave nothing behind when they are stopped.
_SECONDS_TO_LEAVE = 5

# Opens a place to measure at, for the code that goes with models; it says what takes long.
OpenSeat = Callable[[Given, Callable[[str], None]], AbstractContextManager[Seat]]


@dataclass(frozen=True)
class Job:
    """What is to be done to one model.

    :param order: jobs with the same code go one after the other in this order: a process that is warm serves many.
    :param do: does it at a seat; raises StoreError where the disk is full, and nothing else.
    :param refuse: told why there is no seat.
    """

    item: Read
    order: tuple[Any, ...]
    do: Callable[[Seat], None]
    refuse: Callable[[CrossloadError], None]


@dataclass
class Crew:
    """Has jobs done by a few threads.

    :param memory_mb: that all of them together may take; what needs more than its share waits until it is alone.
    """

    open_seat: OpenSeat
    jobs: int
    memory_mb: int
    progress: Progress = field(default_factory=Progress)

    def __post_init__(self) -> None:
        self._room = threading.Condition()
        self._taken = 0
        self._large_at_work = False
        self._stopped = threading.Event()
        self._seats: list[Seat] = []
        self._ours: list[BaseException] = []
        self._threads: list[threading.Thread] = []

    @property
    def stopped(self) -> bool:
        """Whether what is being done does not count any more."""
        return self._stopped.is_set()

    def run(self, jobs: Sequence[Job], tick: Callable[[Progress], None]) -> None:
        """Do them all.

        :raises KeyboardInterrupt: somebody stopped it.
        :raises StoreError: the disk is full.
        """
        waiting: SimpleQueue[Job] = SimpleQueue()
        for job in sorted(jobs, key=lambda job: (str(_code(job.item)), job.order)):
            waiting.put(job)
        threads = self._threads = [
            threading.Thread(target=self._serve, args=(number, waiting), daemon=True)
            for number in range(min(self.jobs, len(jobs)))
        ]
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                tick(self.progress)
                time.sleep(0.1)
        except BaseException:
            self.stop()
            raise
        if self._ours:
            raise self._ours[0]

    def stop(self) -> None:
        """End what is going on, at once."""
        self._stopped.set()
        with self._room:
            self._room.notify_all()
        for seat in list(self._seats):
            seat.places.stop()
        for thread in self._threads:
            thread.join(_SECONDS_TO_LEAVE)

    def _serve(self, number: int, waiting: "SimpleQueue[Job]") -> None:
        """What one thread does: a seat for as long as the same code goes with what comes next."""
        given: Given | None = None
        with ExitStack() as open_now:
            seat: Seat | CrossloadError | None = None
            while not self._stopped.is_set():
                try:
                    job = waiting.get_nowait()
                except Empty:
                    return
                code = _code(job.item)
                if seat is None or code != given:
                    self._leave(open_now, seat)
                    given, seat = code, self._sit_down(open_now, code)
                self.progress.doing[number] = job.item.found.name
                self._one(job, seat)
                self.progress.doing.pop(number, None)

    def _one(self, job: Job, seat: "Seat | CrossloadError") -> None:
        if isinstance(seat, CrossloadError):
            job.refuse(seat)
            return
        try:
            with self._space(job.item, seat):
                job.do(seat)
            seat.clear()
        except StoreError as error:  # the disk is full: that is no finding about any model
            self._ours.append(error)
            self._stopped.set()

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

    @contextmanager
    def _space(self, item: Read, seat: Seat) -> Iterator[None]:
        """Wait until a model has the memory that it may take; one that needs more than there is goes alone."""
        assert item.opened is not None
        size = item.opened.bytes
        need = _OF_TENSORFLOW_MB + min(limits_for(seat.settings.limits, size, seat.memory_mb).memory_mb, _likely(size))
        large = size >= _LARGE
        with self._room:
            while not self._stopped.is_set() and (
                (self._taken and self._taken + need > self.memory_mb) or (large and self._large_at_work)
            ):
                self._room.wait(1)
            self._taken += need
            self._large_at_work |= large
        try:
            yield
        finally:
            with self._room:
                self._taken -= need
                if large:
                    self._large_at_work = False
                self._room.notify_all()


def largest_of(items: Sequence[Read]) -> int:
    """Bytes of the largest model."""
    return max((item.opened.bytes for item in items if item.opened), default=0)


def _code(item: Read) -> Given:
    """What goes with a model as far as a seat is for it."""
    return replace(item.given, inputs=None, saved_with=None)


def _likely(size: int) -> int:
    """Memory that loading a model of so many bytes is likely to take, MB: the file, the model, copies of it."""
    return int(400 + size / 1e6 * 4)
