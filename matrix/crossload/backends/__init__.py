"""Where environments live. A backend builds an environment and starts a worker in it; add one to :data:`BACKENDS`."""

from collections.abc import Sequence
from pathlib import Path

from crossload.backends.base import Backend, Worker, WorkerError
from crossload.config import MatrixConfig
from crossload.environments.model import Environment

# Where each class is: the Docker SDK is imported only when it is going to be used.
BACKENDS = {
    "docker": "crossload.backends.docker.backend:DockerBackend",
    "venv": "crossload.backends.venv:VenvBackend",
}

__all__ = ["BACKENDS", "Backend", "Worker", "WorkerError", "choose_backend"]


def choose_backend(
    name: str, config: MatrixConfig, folder: Path, environments: Sequence[Environment] = (), out: Path | None = None
) -> tuple[Backend, str]:
    """The backend that a name stands for, and in one line why.

    :param folder: what the configuration's relative paths start from.
    :param environments: what is going to be used; ``auto`` takes Docker only where their images can be had.
    :param out: the folder of the run's store, where there is a run.
    :raises crossload.errors.SelectionError: the name is not known.
    :raises crossload.errors.CrossloadError: that backend was asked for and cannot be used here.
    """
    from crossload.backends.choice import choose

    return choose(name, config, folder, environments, out)
