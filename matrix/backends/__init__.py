"""Where environments live. A backend builds an environment and starts a worker in it; add one to :data:`BACKENDS`."""

from matrix.backends.base import Backend, Worker, WorkerError
from matrix.backends.venv import VenvBackend

BACKENDS: dict[str, type[Backend]] = {"venv": VenvBackend}

__all__ = ["BACKENDS", "Backend", "VenvBackend", "Worker", "WorkerError", "choose_backend"]


def choose_backend(name: str) -> tuple[Backend, str]:
    """The backend that a name stands for, and in one line why.

    :raises matrix.errors.SelectionError: the name is not known, or that backend can not be used here.
    """
    from matrix.backends.choice import choose

    return choose(name, BACKENDS)
