"""What runs on the workers of a cluster: module-level functions with plain arguments."""

import hashlib
import platform
import sys
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from crossload import __version__
from crossload.probe import protocol
from crossload.resources import BUNDLED, PACKAGE, SCENARIOS

_PACKAGES = (PACKAGE, SCENARIOS)
_lock = threading.Lock()


@cache
def _code() -> str:
    """Digest of everything that measures: two checkouts of the same version may differ."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(item for item in package.rglob("*") if item.is_file() and "__pycache__" not in item.parts):
            # What a wheel bundles lies elsewhere in a checkout: the two may work together.
            if not path.is_relative_to(BUNDLED):
                digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def identity() -> dict[str, str]:
    """What scheduler, workers and host must have in common."""
    return {
        "Crossload": f"{__version__} (code {_code()}, probe {protocol.PROBE_VERSION})",
        "Python": ".".join(map(str, sys.version_info[:2])),
        "system": f"{platform.system()} {platform.machine()}",
    }


@cache
def _machine(folder: str) -> Any:
    from crossload.execution.dask.worker_process import Machine

    return Machine(Path(folder))


def _machine_in(local_directory: str) -> Any:
    """This process's machine. Its folder is in the worker's own, which Dask removes with the worker."""
    with _lock:
        return _machine(str(Path(local_directory) / "crossload"))


def run_batch(batch: Mapping[str, Any]) -> dict[str, Any]:
    """Build an environment unless it is there, and run saves and loads in it.

    :param batch: ``run``, ``backend``, ``config``, ``environment``, ``identity`` (of the environment, None for the first
        that builds it), ``tasks``, ``packed`` (artifacts by digest), ``packages`` (of scenarios by digest), ``depot`` (URL).
    :return: ``state``, ``finished`` (one entry a task, with its ``artifact``, ``cell`` or ``fault``), ``packed``,
        ``missing`` (digests of artifacts that were not at hand), ``why`` and ``retire`` where this machine is not fit,
        ``warm`` (environments in which a probe waits), ``messages``, ``address`` and ``machine``.
    """
    from distributed import get_worker

    worker = get_worker()
    try:
        answer: dict[str, Any] = _machine_in(worker.local_directory).run(batch)
    except OSError as error:
        # Not even its folder could be made.
        answer = {"finished": [], "packed": {}, "messages": [], "missing": [], "warm": []}
        answer |= {"why": str(error), "retire": True}
    return {**answer, "address": worker.address, "machine": worker.ip}


def stop_run(dask_worker: Any, run: str) -> None:
    """End what a run still does on this worker."""
    if (Path(dask_worker.local_directory) / "crossload").is_dir():
        _machine_in(dask_worker.local_directory).stop(run)
