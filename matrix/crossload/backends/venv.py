"""Environments as uv virtual environments in the user's cache, shared by every checkout."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from crossload.backends.base import Backend, Worker, WorkerError
from crossload.backends.channels import ProcessChannel
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import SelectionError
from crossload.resources import PROBE
from crossload.util.cache import cache_folder
from crossload.util.files import write_text_atomically
from crossload.util.uv import find_python, last_lines, run_uv

_MARKER = "crossload.json"
_VARIABLES = {
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


def _size_mb(folder: Path) -> float:
    total, seen = 0, set()
    for root, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(root, name))
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_blocks * 512
    return round(total / 1e6, 1)


class VenvBackend(Backend):
    """The embedded default: no engine needed."""

    name = "venv"

    def folder(self, environment: Environment) -> Path:
        """Where an environment lies; the digest in the name makes a new lock a new environment."""
        return cache_folder() / "environments" / f"{environment.id}-{environment.digest[:16]}"

    def _marker(self, environment: Environment) -> dict[str, Any] | None:
        try:
            marker = json.loads((self.folder(environment) / _MARKER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return marker if isinstance(marker, dict) else None

    def state(self, environment: Environment) -> EnvironmentState:
        if environment.unresolved:
            return EnvironmentState(environment, "unavailable", environment.unresolved)
        if environment.is_floating and environment.resolved is None:
            return EnvironmentState(environment, "missing", "resolved when it runs")
        if environment.hardware != "cpu":
            return EnvironmentState(environment, "unavailable", "the venv backend runs on CPU only")
        marker = self._marker(environment)
        if marker is None:
            return EnvironmentState(environment, "missing", "not built yet")
        return EnvironmentState(environment, "ready", "", marker["size_mb"], marker["facts"])

    def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
        state = self.state(environment)
        if state.state != "missing":
            return state
        folder = self.folder(environment)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            state = self.state(environment)
            if state.state != "missing":
                return state
            started = time.monotonic()
            reason = self._install(environment, folder)
            if not reason:
                try:
                    worker = self.start(environment)
                    worker.close()
                except WorkerError as error:
                    reason = f"TensorFlow cannot be imported: {error}"
            if reason:
                shutil.rmtree(folder, ignore_errors=True)
                return EnvironmentState(environment, "unavailable", reason)
            marker = {
                "facts": worker.facts,
                "isolation": worker.isolation,
                "size_mb": _size_mb(folder),
                "seconds": round(time.monotonic() - started, 2),
            }
            # Written last: a build that was killed leaves no marker and is done again.
            write_text_atomically(folder / _MARKER, json.dumps(marker))
        say(f"{environment.id}: built in {marker['seconds']} s, {marker['size_mb']:.0f} MB")
        return self.state(environment)

    def _install(self, environment: Environment, folder: Path) -> str:
        """Install the lock; returns why that failed, or an empty string."""
        python, reason = find_python(environment.config.python)
        if python is None:
            return reason
        shutil.rmtree(folder, ignore_errors=True)
        steps: list[Sequence[str]] = [
            ["venv", "--no-project", "--python", str(python), str(folder)],
            [
                *("pip", "install", "--python", str(folder / "bin" / "python"), "--no-deps", "--require-hashes"),
                # Bytecode is made by the first import (``matrix/crossload/probe/process/bytecode.py``).
                *("--link-mode", "hardlink", "-r", str(environment.lock_file)),
            ],
        ]
        for step in steps:
            finished = run_uv(step)
            if finished.returncode != 0:
                return f"uv {' '.join(step[:2])} failed: {last_lines(finished.stderr)}"
        return ""

    def start(self, environment: Environment, extra: Sequence[str] = ()) -> Worker:
        folder = self.folder(environment)
        variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # Converters of TensorFlow 2.0 to 2.2 look for tools on PATH.
        variables["PATH"] = f"{folder / 'bin'}{os.pathsep}{variables.get('PATH', os.defpath)}"
        scratch = Path(tempfile.mkdtemp(prefix="crossload-"))
        variables |= {"TMPDIR": str(scratch), **_VARIABLES, **environment.config.variables}
        return Worker(ProcessChannel([str(folder / "bin" / "python"), str(PROBE), *extra], variables), scratch)

    def command_line(self, environment: Environment, request: Mapping[str, Any]) -> list[str]:
        if self._marker(environment) is None:
            raise SelectionError(f"{environment.id} is not built here. `crossload run --backend venv` builds it.")
        folder = self.folder(environment)
        variables = {**_VARIABLES, **environment.config.variables, "PATH": f"{folder / 'bin'}{os.pathsep}{os.defpath}"}
        return [
            *("env", *(f"{name}={value}" for name, value in variables.items())),
            *(str(folder / "bin" / "python"), str(PROBE), "--show", json.dumps(request)),
        ]
