"""Where the work of a run is executed: in this process's own workers, or on a cluster. Add one to :data:`EXECUTORS`."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.backends import AUTO, BACKENDS, Backend, check_backend, choose_backend
from crossload.config import MatrixConfig
from crossload.errors import ClusterError, SelectionError, nearest
from crossload.execution.options import RunOptions
from crossload.execution.run_state import RunState
from crossload.planning.matrix import Matrix
from crossload.store.database import Store

if TYPE_CHECKING:
    from crossload.execution.dask.cluster import Cluster


class Executor(ABC):
    """Runs one matrix.

    :ivar backend: name of the backend that it uses.
    :ivar reason: in one line, why that one.
    """

    backend: str
    reason: str

    @abstractmethod
    def engine(self, matrix: Matrix, config: MatrixConfig, store: Store) -> RunState:
        """What knows the state of the run and has it done."""

    def close(self) -> None:  # noqa: B027 - most have nothing to leave
        """Leave nothing running."""


class _Local(Executor):
    def __init__(self, options: RunOptions, config: MatrixConfig, matrix: Matrix) -> None:
        if options.scheduler is not None or options.artifacts is not None:
            raise SelectionError("--scheduler and --artifacts belong to --executor dask.")
        self._place: Backend
        folder = options.config.parent
        self._place, self.reason = choose_backend(options.backend, config, folder, matrix.environments, options.out)
        self.backend = self._place.name
        self._jobs = options.jobs or os.cpu_count() or 1

    def engine(self, matrix: Matrix, config: MatrixConfig, store: Store) -> RunState:
        from crossload.execution.local import Engine

        return Engine(matrix, config, self._place, store, self._jobs)


class _Dask(Executor):
    def __init__(self, options: RunOptions, config: MatrixConfig, matrix: Matrix) -> None:
        try:
            from crossload.execution.dask.cluster import Cluster
        except ImportError:
            raise ClusterError("--executor dask needs Dask: pip install 'crossload[dask]'.") from None
        own = options.scheduler is None
        check_backend(options.backend)
        self._depot = _as_url(options.artifacts)
        if own:
            folder = options.config.parent
            place, self.reason = choose_backend(options.backend, config, folder, matrix.environments, options.out)
            self.backend = place.name
        self._cluster = Cluster(options.scheduler, options.jobs or os.cpu_count() or 1)
        if not own:
            self.backend, why = _offered(options.backend, self._cluster)
            self.reason = f"{self.backend} on the workers at {options.scheduler}: {why}"

    def engine(self, matrix: Matrix, config: MatrixConfig, store: Store) -> RunState:
        from crossload.execution.dask.engine import DaskEngine

        return DaskEngine(matrix, config, self.backend, store, self._cluster, self._depot)

    def close(self) -> None:
        self._cluster.close()


def _as_url(artifacts: str | None) -> str | None:
    """Workers start in folders of their own: a path is made absolute."""
    return artifacts if artifacts is None or "://" in artifacts else f"file://{Path(artifacts).resolve()}"


def _offered(wanted: str, cluster: "Cluster") -> tuple[str, str]:
    """The backend that a cluster's workers offer as resources, and why that one."""
    if wanted != AUTO:
        return wanted, "asked for"
    offered = frozenset[str]().union(*(seat.resources for seat in cluster.seats(lambda message: None)))
    for name in BACKENDS:
        if name in offered:
            return name, f"workers offer {', '.join(sorted(offered))}"
    return "venv", "no worker says what it offers; start workers with --resources venv=1 or docker=1"


EXECUTORS: Mapping[str, Callable[[RunOptions, MatrixConfig, Matrix], Executor]] = {"local": _Local, "dask": _Dask}


def open_executor(options: RunOptions, config: MatrixConfig, matrix: Matrix) -> Executor:
    """The executor that was asked for, ready to be used.

    :raises SelectionError: there is no such executor, or an option does not belong to it.
    :raises CrossloadError: it cannot be used here.
    """
    if options.executor not in EXECUTORS:
        raise SelectionError(
            f"unknown executor {options.executor!r}.{nearest(options.executor, EXECUTORS)} Known: {', '.join(EXECUTORS)}."
        )
    return EXECUTORS[options.executor](options, config, matrix)
