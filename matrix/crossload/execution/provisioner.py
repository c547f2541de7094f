"""Environments for one question: built on demand, saying how long that takes, and runners in them."""

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from crossload.backends import Backend
from crossload.config import Limits
from crossload.environments.model import Environment, EnvironmentState
from crossload.execution.runner import Runner
from crossload.execution.worker_pool import WorkerPool
from crossload.store.artifact_files import ArtifactFiles

# Seconds that an environment takes to build from downloaded packages, and with their download; megabytes of that.
_WARM, _COLD, _DOWNLOAD = 15, 60, 300


class Provisioner:
    """Builds what is asked for and keeps a few workers warm. A context manager; not shared between threads.

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
        self._backend, self._say = backend, say
        self.environments = dict(environments)
        self.states: dict[str, EnvironmentState] = {}
        self._pool = WorkerPool(most_workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def stop(self) -> None:
        """End at once what is going on in environments, from another thread; nothing more is started."""
        self._pool.stop()

    def add(self, environment: Environment) -> None:
        """Take in an environment that no configuration names."""
        if self.environments.get(environment.id) != environment:
            self.environments[environment.id] = environment
            self.states.pop(environment.id, None)

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
            self.states[name] = self._backend.provide(
                self.environments[name], self._say, lambda: self._say(f"{name}: building")
            )
        return self.states[name]

    def runner(self, name: str, files: ArtifactFiles, limits: Limits) -> Runner:
        """What saves and loads in a built environment; its worker is given back when the ``with`` block ends."""
        return Runner(self._pool, self._backend, self.environments[name], files, limits)


def _duration(seconds: int) -> str:
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"
