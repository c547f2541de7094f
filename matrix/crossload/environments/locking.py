"""Locks: hash-pinned requirement files under ``locks/``, one per environment, resolved as of a date."""

import datetime
import hashlib
import re
import tempfile
from pathlib import Path

from crossload.config import EnvironmentConfig
from crossload.errors import LockError
from crossload.resources import LOCKS
from crossload.util.files import write_text_atomically
from crossload.util.uv import last_lines, run_uv

LOCK_FOLDER = LOCKS
# An exact version is what it is, whenever it was released.
_NEVER = datetime.date(2999, 12, 31)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def lock_path(environment_id: str) -> Path:
    """Where the lock of an environment lies."""
    return LOCK_FOLDER / f"{environment_id}.txt"


def read_pins(text: str) -> dict[str, str]:
    """The pinned versions of a lock, by normalised package name (PEP 503)."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in _PIN.findall(text)}


def lock_digest(text: str, python: str, variables: dict[str, str]) -> str:
    """Identity of an environment: SHA-256 over its pins with hashes, Python minor and environment variables.

    Comments are left out, so that the same pins give the same digest whatever made them.
    """
    significant = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    parts = [python, *(f"{key}={value}" for key, value in sorted(variables.items())), *significant]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def write_lock(
    environment_id: str, config: EnvironmentConfig, as_of: datetime.date, destination: Path | None = None
) -> Path:
    """Resolve an environment as of a date and write its lock, beside the others unless ``destination`` is given.

    One that is like another keeps that one's pins, but for what it varies and what cannot stand beside that.

    :raises LockError: nothing satisfies the requirements, or the index cannot be reached; with uv's own last lines.
    """
    destination = destination or lock_path(environment_id)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch, "requirements.in")
        wanted = [*config.requirements, *config.pins]
        result = Path(scratch, "lock.txt")
        if config.like:
            # uv keeps what it finds there where it can.
            base = _lock_of(config.like, environment_id)
            result.write_text(base, encoding="utf-8")
            if config.pins:
                # Exchanged packages stand in front of the base: what only the base needs stays importable, and in the lock.
                wanted += read_pins(base)
        requirements.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        arguments = [
            *("pip", "compile", str(requirements), "--output-file", str(result)),
            *("--python-version", config.python, "--python-platform", "linux"),
            *("--exclude-newer", as_of.isoformat()),
            *("--generate-hashes", "--no-annotate", "--no-emit-index-url", "--quiet"),
            *("--custom-compile-command", f"crossload lock {environment_id}"),
        ]
        exact = dict.fromkeys((pin.partition("==")[0] for pin in config.pins), _NEVER)
        for package, date in {**exact, **config.as_of_packages}.items():
            arguments += ["--exclude-newer-package", f"{package}={date.isoformat()}"]
        if config.overrides or config.pins:
            overrides = Path(scratch, "overrides.txt")
            overrides.write_text("\n".join([*config.overrides, *config.pins]) + "\n", encoding="utf-8")
            arguments += ["--override", str(overrides)]
        finished = run_uv(arguments)
        if finished.returncode != 0:
            raise LockError(f"{environment_id}: uv could not resolve it:\n{last_lines(finished.stderr)}")
        write_text_atomically(destination, result.read_text(encoding="utf-8"))
    return destination


def _lock_of(like: str, environment_id: str) -> str:
    try:
        return lock_path(like).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LockError(
            f"{environment_id} is like {like}, which has no lock. Make that first: `crossload lock {like}`."
        ) from None
