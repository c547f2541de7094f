"""Environments as uv virtual environments in the user's cache, shared by every checkout."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from filelock import FileLock
from packaging.version import Version

from crossload.backends import installed
from crossload.backends.base import Backend, Worker, WorkerError
from crossload.backends.channels import ProcessChannel
from crossload.backends.confinement import Visible, confined, hand_over, needed_by, why_not
from crossload.config import MatrixConfig
from crossload.domain.versions import BUNDLED_KERAS
from crossload.environments.model import Environment, EnvironmentState
from crossload.environments.overlays import entries_of
from crossload.errors import SelectionError
from crossload.resources import PROBE
from crossload.util.cache import cache_folder
from crossload.util.files import write_text_atomically
from crossload.util.uv import find_python, last_lines, run_uv

_MARKER = "crossload.json"
# Comes after every other .pth file: packages of namespaces that both have are found in the overlay first.
_PATH_TO_BASE = "zz-crossload-base.pth"
_VARIABLES = {
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
}
# Megabytes of data that TensorFlow itself takes, beyond which a child's limit counts.
_OF_TENSORFLOW_MB = 4096
# Megabytes that all children together may hold beyond that limit.
_TOGETHER_MB = 2048
BUBBLEWRAP = "bubblewrap"
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


def _packages_of(folder: Path) -> Path:
    """The folder of the packages of a virtual environment."""
    return next(folder.glob("lib/python3*/site-packages"))


def _not_what_is_imported(environment: Environment, facts: Mapping[str, Any]) -> str:
    """Why an overlay is not what its lock says, from what its probe imported; empty where it is."""
    pins = environment.pins
    for name in set(environment.overlay) & {"keras", "h5py", "numpy", "protobuf"}:
        seen = facts.get(name)
        if name == "keras" and (environment.name.is_legacy_keras or environment.name.base in BUNDLED_KERAS):
            continue
        if seen is not None and Version(seen) != Version(pins[name]):
            return f"{name} {pins[name]} stands in front of its base, and {seen} is imported"
    return ""


class _ConfinedWorker(Worker):
    """A worker whose probe may be another user than we: what a request lets it write to, it must own."""

    def ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        for name in ("directory", "output"):
            if request.get(name):
                hand_over(Path(request[name]))
        return super().ask(request)


class VenvBackend(Backend):
    """The embedded default: no engine needed."""

    name = "venv"
    _visible: Visible | None = None
    _memory_mb = 4096

    def __init__(self) -> None:
        # Environments that were damaged: so may be what uv keeps of their packages, which it installs by hard links.
        self._suspect: set[str] = set()

    @classmethod
    def create(cls, config: MatrixConfig, folder: Path, out: Path | None = None) -> Self:
        made = cls()
        made._memory_mb = config.limits.memory_mb
        return made

    def confine(self, readable: Sequence[Path], writable: Sequence[Path], named: Sequence[Path] = ()) -> str:
        reason = why_not()
        if reason:
            return f"none: {reason}"
        self._visible = Visible((*readable, *named), tuple(writable))
        return f"{BUBBLEWRAP}: no network, nothing of this machine but the model, limits on memory and processes"

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
        if "base" in marker and not self._stands_on(environment, marker["base"]):
            return EnvironmentState(environment, "missing", "its base is gone")
        return EnvironmentState(environment, "ready", "", marker["size_mb"], marker["facts"])

    def damage(self, environment: Environment) -> str:
        folder = self.folder(environment)
        found = installed.damage(folder, environment.pins, environment.overlay)
        if not found and environment.overlay and environment.base is not None:
            found = self.damage(environment.base)
        return found

    def forget(self, environment: Environment) -> None:
        for known in (environment, environment.base if environment.overlay else None):
            if known is not None and self.damage(known):
                self._suspect.add(known.id)
                (self.folder(known) / _MARKER).unlink(missing_ok=True)

    def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
        state = self.state(environment)
        if state.state != "missing":
            return state
        if environment.overlay:
            assert environment.base is not None
            base = self.build(environment.base, say)
            if base.state != "ready":
                return EnvironmentState(
                    environment, "unavailable", f"its base, {environment.base.id}, is unavailable: {base.reason}"
                )
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
                else:
                    reason = _not_what_is_imported(environment, worker.facts)
            if reason:
                shutil.rmtree(folder, ignore_errors=True)
                return EnvironmentState(environment, "unavailable", reason)
            marker = {
                "facts": worker.facts,
                "isolation": worker.isolation,
                "size_mb": _size_mb(folder),
                "seconds": round(time.monotonic() - started, 2),
            }
            if environment.overlay and environment.base is not None:
                marker |= {"base": str(self.folder(environment.base)), "overlay": environment.overlay}
            if environment.id not in self._suspect:
                installed.damage(folder, environment.pins, environment.overlay, read=False)
            # Written last: a build that was killed leaves no marker and is done again.
            write_text_atomically(folder / _MARKER, json.dumps(marker))
        say(f"{environment.id}: built in {marker['seconds']} s, {marker['size_mb']:.0f} MB")
        return self.state(environment)

    def _install(self, environment: Environment, folder: Path) -> str:
        """Install the lock, or the part of it that its base lacks; returns why that failed, or an empty string."""
        base = self.folder(environment.base) if environment.overlay and environment.base else None
        if base is None:
            python, reason = find_python(environment.config.python)
            if python is None:
                return reason
        else:
            python = base / "bin" / "python"
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix="crossload-") as scratch:
            lock = environment.lock_file
            if base is not None:
                lock = Path(scratch, "overlay.txt")
                lock.write_text(entries_of(environment.lock_text, environment.overlay), encoding="utf-8")
            steps: list[Sequence[str]] = [
                ["venv", "--no-project", "--python", str(python), str(folder)],
                [
                    "pip",
                    "install",
                    "--python",
                    str(folder / "bin" / "python"),
                    "--no-deps",
                    "--require-hashes",
                    # Bytecode is made by the first import (``matrix/crossload/probe/process/bytecode.py``), below the
                    # folder of the environment that imports: an overlay writes nothing into its base.
                    "--link-mode",
                    "hardlink",
                    "-r",
                    str(lock),
                ],
            ]
            for step in steps:
                finished = run_uv(step)
                if finished.returncode != 0:
                    return f"uv {' '.join(step[:2])} failed: {last_lines(finished.stderr)}"
        if base is not None:
            packages = _packages_of(folder)
            line = f"import site; site.addsitedir({str(_packages_of(base))!r})\n"
            write_text_atomically(packages / _PATH_TO_BASE, line)
        return ""

    def _stands_on(self, environment: Environment, base: str) -> bool:
        """Whether the base that an overlay was put in front of is still there, and still the same."""
        known = environment.base
        return known is not None and str(self.folder(known)) == base and self._marker(known) is not None

    def _programs(self, environment: Environment) -> str:
        """Folders of programs, to be put in front of PATH."""
        bases = [environment.base] if environment.overlay and environment.base else []
        return os.pathsep.join(str(self.folder(item) / "bin") for item in (environment, *bases))

    def start(self, environment: Environment, extra: Sequence[str] = ()) -> Worker:
        folder = self.folder(environment)
        variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        # Converters of TensorFlow 2.0 to 2.2 look for tools on PATH.
        variables["PATH"] = f"{self._programs(environment)}{os.pathsep}{variables.get('PATH', os.defpath)}"
        scratch = Path(tempfile.mkdtemp(prefix="crossload-"))
        variables |= {"TMPDIR": str(scratch), **_VARIABLES, **environment.config.variables}
        python = folder / "bin" / "python"
        command = [str(python), str(PROBE), *extra]
        if self._visible is not None:
            base = [self.folder(environment.base)] if environment.overlay and environment.base else []
            readable = (*self._visible.readable, *needed_by(python), *base, PROBE)
            visible = Visible(readable, (scratch, *self._visible.writable))
            bounds = (self._memory_mb + _OF_TENSORFLOW_MB, self._memory_mb + _TOGETHER_MB)
            command, variables = confined(command, variables, visible, *bounds)
            return _ConfinedWorker(ProcessChannel(command, variables), scratch)
        return Worker(ProcessChannel(command, variables), scratch)

    def command_line(self, environment: Environment, request: Mapping[str, Any]) -> list[str]:
        if self._marker(environment) is None:
            raise SelectionError(f"{environment.id} is not built here. `crossload run --backend venv` builds it.")
        folder = self.folder(environment)
        programs = f"{self._programs(environment)}{os.pathsep}{os.defpath}"
        variables = {**_VARIABLES, **environment.config.variables, "PATH": programs}
        return [
            *("env", *(f"{name}={value}" for name, value in variables.items())),
            str(folder / "bin" / "python"),
            str(PROBE),
            "--show",
            json.dumps(request),
        ]
