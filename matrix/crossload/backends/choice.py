"""Chooses a backend and says why."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from crossload.backends import BACKENDS
from crossload.backends.base import Backend
from crossload.config import MatrixConfig
from crossload.environments.model import Environment
from crossload.errors import CrossloadError, SelectionError, nearest


def backend_class(name: str) -> type[Backend]:
    """The class of a backend."""
    module, _, attribute = BACKENDS[name].partition(":")
    found: type[Backend] = getattr(import_module(module), attribute)
    return found


def choose(
    name: str, config: MatrixConfig, folder: Path, environments: Sequence[Environment], out: Path | None
) -> tuple[Backend, str]:
    """See :func:`crossload.backends.choose_backend`."""
    known = ("auto", *BACKENDS)
    if name not in known:
        raise SelectionError(f"unknown backend {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
    if name != "auto":
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
