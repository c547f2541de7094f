"""Where environments live. A backend builds an environment and starts a worker in it; add one to :data:`BACKENDS`."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from crossload.backends.base import Backend, Worker, WorkerError
from crossload.config import MatrixConfig
from crossload.environments.model import Environment
from crossload.errors import CrossloadError, SelectionError, nearest

# Where each class is: the Docker SDK is imported only when it is going to be used.
BACKENDS = {
    "docker": "crossload.backends.docker.backend:DockerBackend",
    "venv": "crossload.backends.venv:VenvBackend",
}
AUTO = "auto"

__all__ = ["AUTO", "BACKENDS", "Backend", "Worker", "WorkerError", "backend_class", "check_backend", "choose_backend"]


def backend_class(name: str) -> type[Backend]:
    """The class of a backend."""
    module, _, attribute = BACKENDS[name].partition(":")
    found: type[Backend] = getattr(import_module(module), attribute)
    return found


def check_backend(name: str) -> None:
    """Raise SelectionError unless it is a backend, or ``auto``."""
    known = (AUTO, *BACKENDS)
    if name not in known:
        raise SelectionError(f"unknown backend {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")


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
    check_backend(name)
    if name != AUTO:
        return backend_class(name).create(config, folder, out), f"{name}: asked for"
    docker, reason = _docker(config, folder, environments, out)
    if docker is not None:
        return docker, f"docker: {reason}"
    return backend_class("venv").create(config, folder, out), f"venv (uv virtual environments): {reason}"


def _docker(
    config: MatrixConfig, folder: Path, environments: Sequence[Environment], out: Path | None
) -> tuple[Backend | None, str]:
    """The Docker backend where every image is there or can be built; None and the reason elsewhere."""
    try:
        from crossload.backends.docker.backend import DockerBackend
        from crossload.backends.docker.engine import engine_name
    except ImportError:
        # Without the SDK, `import docker` finds the folder of templates.
        return None, "the Docker SDK is not installed"
    try:
        backend = DockerBackend.create(config, folder, out)
        missing = backend.why_not(environments)
    except CrossloadError as error:
        return None, str(error)
    name = engine_name(backend.client)
    if missing:
        return None, f"{name} answers, but {missing}"
    return backend, f"{name} answers"
