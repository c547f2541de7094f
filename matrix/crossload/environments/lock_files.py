"""The lock files that there are, and what they pin: nothing is made or asked for here.

Locks are hash-pinned requirement files, one per environment. A user's own lie beside their ``matrix.toml`` and go before those
that come with Crossload; what floats (``today``, nightlies) has one for each day on which it was resolved.
"""

import hashlib
import re
from pathlib import Path

from packaging.utils import canonicalize_name

from crossload.domain.versions import TODAY
from crossload.resources import LOCKS
from crossload.util.cache import cache_folder

SHIPPED = "that came with Crossload"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def lock_path(environment_id: str, own: Path | None = None) -> Path:
    """Where the lock of an environment lies: in a user's own folder of locks, or else in Crossload's."""
    name = f"{environment_id}.txt"
    return own / name if own is not None and (own / name).is_file() else LOCKS / name


def read_pins(text: str) -> dict[str, str]:
    """The pinned versions of a lock, by normalised package name (PEP 503)."""
    return {canonicalize_name(name): version for name, version in _PIN.findall(text)}


def lock_digest(text: str, python: str, variables: dict[str, str]) -> str:
    """Identity of an environment: SHA-256 over its pins with hashes, Python minor and environment variables.

    Comments are left out, so that the same pins give the same digest whatever made them.
    """
    significant = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    parts = [python, *(f"{key}={value}" for key, value in sorted(variables.items())), *significant]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def last_lock(environment: str, kept: Path | None = None) -> tuple[Path | None, str]:
    """The newest lock of a floating environment that is on this machine, and in words which: nothing is asked for.

    :param environment: its id.
    """
    locks = [path for folder in folders_of(environment, kept) for path in folder.glob("????-??-??.txt")]
    if locks:
        newest = max(locks, key=lambda path: path.stem)
        return newest, f"of {newest.stem}"
    shipped = lock_path(environment)
    return (shipped, SHIPPED) if shipped.is_file() else (None, "")


def known_pins(environment: str = f"{TODAY}-cpu") -> tuple[dict[str, str], str]:
    """What pip gives, as far as this machine knows without asking anybody: the pins, and in words of when they are.

    Both are empty where nothing is known.
    """
    path, told = last_lock(environment)
    try:
        return (read_pins(path.read_text(encoding="utf-8")), told) if path is not None else ({}, "")
    except OSError:
        return {}, ""


def folders_of(environment: str, kept: Path | None) -> list[Path]:
    """Where the locks of a floating environment lie: this machine's, and those kept with the results of a run."""
    return [cache_folder() / "locks" / environment, *([kept / environment] if kept is not None else [])]
