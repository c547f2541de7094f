"""Running probes: those that somebody uses, and idle ones that are still warm."""

import threading
import time
from collections.abc import Callable

from crossload.backends import Backend, Worker
from crossload.environments.model import Environment
from crossload.errors import CrossloadError

# Seconds for which an environment that was found to be what was built needs no other look before a worker in it is given out:
# looking takes a tenth of a second of a processor, a load not much more. Before an error counts it is always looked at.
_STAYS_WHOLE = 30


class StoppedError(CrossloadError):
    """What a worker was asked for has been stopped; nobody waits for it any more."""


class WorkerPool:
    """Gives out workers, takes them back, and ends them. Safe for several threads; a worker that is out belongs to one.

    :param most_idle: as many stay alive unused, each with an imported TensorFlow of 230 to 510 MB; those used longest ago go
        first, and before another one is started.
    :param idle_seconds: how long they stay; None for as long as there is room.
    :param started: told of every worker that starts.
    """

    def __init__(
        self,
        most_idle: int,
        idle_seconds: float | None = None,
        started: Callable[[Environment, Worker], None] = lambda environment, worker: None,
    ) -> None:
        self._most_idle, self._idle_seconds, self._started = most_idle, idle_seconds, started
        self._lock = threading.Lock()
        # The one used last at the end.
        self._idle: list[tuple[str, Worker, float]] = []
        self._busy: dict[Worker, tuple[str, str]] = {}
        self._stopped: set[str] = set()
        self._whole: dict[str, float] = {}

    @staticmethod
    def _name(environment: Environment, backend: Backend) -> str:
        return f"{environment.id} {environment.digest} {backend.name}"

    def take(self, environment: Environment, backend: Backend, owner: str = "") -> Worker:
        """A worker in a built environment: a warm one, or one that is started now.

        :param owner: on whose behalf, see :meth:`stop`.
        :raises WorkerError: it does not start.
        :raises StoppedError: the owner has been stopped.
        """
        name = self._name(environment, backend)
        with self._lock:
            self.check(owner)
            found = next((item for item in reversed(self._idle) if item[0] == name), None)
            if found is not None:
                self._idle.remove(found)
                self._busy[found[1]] = name, owner
                return found[1]
        self._close_idle(max(self._most_idle - 1, 0))
        worker = backend.start(environment)
        with self._lock:
            self._busy[worker] = name, owner
            stopped = owner in self._stopped
        if stopped:
            self.discard(worker)
            self.check(owner)
        self._started(environment, worker)
        return worker

    def was_whole(self, environment: Environment, backend: Backend) -> bool:
        """Whether an environment was found to be what was built a moment ago."""
        return time.monotonic() - self._whole.get(self._name(environment, backend), -_STAYS_WHOLE) < _STAYS_WHOLE

    def note_whole(self, environment: Environment, backend: Backend, whole: bool) -> None:
        """An environment was found to be what was built, or not to be."""
        self._whole[self._name(environment, backend)] = time.monotonic() if whole else -_STAYS_WHOLE

    def give_back(self, worker: Worker) -> None:
        """Its user is done with it: it may serve the next one."""
        with self._lock:
            name, owner = self._busy.pop(worker, ("", ""))
            if name and owner not in self._stopped:
                self._idle.append((name, worker, time.monotonic()))
        if not name:
            return  # it was ended meanwhile
        if owner in self._stopped:
            worker.close()
        self._close_idle(self._most_idle)
        if self._idle_seconds is not None:
            timer = threading.Timer(self._idle_seconds + 1, self._close_idle, [0, self._idle_seconds])
            timer.daemon = True
            timer.start()

    def discard(self, worker: Worker) -> None:
        """End a worker of which nobody knows what it is doing, or that has died."""
        with self._lock:
            self._busy.pop(worker, None)
        worker.kill()

    def idle_environments(self) -> list[str]:
        """Ids of the environments in which a worker waits."""
        with self._lock:
            return [name.split(" ")[0] for name, _, _ in self._idle]

    def check(self, owner: str) -> None:
        """Raise StoppedError where nothing is to be done on somebody's behalf any more."""
        if owner in self._stopped:
            raise StoppedError("the run has been stopped")

    def stop(self, owner: str = "") -> None:
        """End at once what is going on on somebody's behalf, and all idle workers; give out no more to that owner."""
        with self._lock:
            self._stopped.add(owner)
            busy = [worker for worker, (_, user) in self._busy.items() if user == owner]
        for worker in busy:
            worker.kill()
        self._close_idle(0)

    def close(self) -> None:
        """Let all idle workers end by themselves."""
        self._close_idle(0)

    def _close_idle(self, most: int, seconds: float = 0) -> None:
        """End idle workers until so many are left; but none that was used within the last seconds.

        Whoever asked for them may have been killed, and does not say goodbye.
        """
        now = time.monotonic()
        with self._lock:
            surplus = self._idle[: len(self._idle) - most] if len(self._idle) > most else []
            old = [item for item in surplus if now - item[2] >= seconds]
            self._idle = [item for item in self._idle if item not in old]
        for _, worker, _ in old:
            worker.close()
