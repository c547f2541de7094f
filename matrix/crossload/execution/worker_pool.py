"""Environments for one question: built on demand, saying how long that takes, each with one worker that is kept."""

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from crossload.backends import Backend, Worker
from crossload.environments.model import Environment, EnvironmentState

# Seconds that an environment takes to build from downloaded packages, and with their download; megabytes of that.
_WARM, _COLD, _DOWNLOAD = 15, 60, 300


class Workshop:
    """Gives out workers. Not shared between threads.

    :param say: receives a line for everything that takes long.
    :param most_workers: as many are kept; each holds a TensorFlow in memory.
    """

    def __init__(
        self,
        backend: Backend,
        environments: Mapping[str, Environment],
        say: Callable[[str], None],
        most_workers: int = 2,
    ) -> None:
        self._backend, self.environments, self._say, self._most = backend, environments, say, most_workers
        self.states: dict[str, EnvironmentState] = {}
        self._workers: dict[str, Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers.values():
            if kind is None:
                worker.close()
            else:
                worker.kill()
        self._workers.clear()

    def announce(self, names: Iterable[str]) -> None:
        """Say how long building what is missing will take."""
        missing = [name for name in dict.fromkeys(names) if self._look(name).state == "missing"]
        if missing:
            count = len(missing)
            self._say(
                f"{count} environment{'s' if count > 1 else ''} to build: {', '.join(missing)}; about "
                f"{_duration(_WARM * count)}, or {_duration(_COLD * count)} where packages must be downloaded "
                f"(about {_DOWNLOAD * count} MB)."
            )

    def _look(self, name: str) -> EnvironmentState:
        return self.states.get(name) or self._backend.state(self.environments[name])

    def state(self, name: str) -> EnvironmentState:
        """An environment, built unless it is there."""
        if name not in self.states:
            state = self._look(name)
            if state.state == "missing":
                self._say(f"{name}: building")
                state = self._backend.build(self.environments[name], self._say)
            self.states[name] = state
        return self.states[name]

    def worker(self, name: str) -> Worker:
        """A worker in a built environment; the ones used longest ago are ended.

        :raises WorkerError: it does not start.
        """
        worker = self._workers.pop(name, None)
        while worker is None and len(self._workers) >= self._most:
            self._workers.pop(next(iter(self._workers))).close()
        self._workers[name] = worker or self._backend.start(self.environments[name])
        return self._workers[name]

    def forget(self, name: str) -> None:
        """Drop a worker that has died, so that the next question gets a new one."""
        worker = self._workers.pop(name, None)
        if worker is not None:
            worker.kill()


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"
