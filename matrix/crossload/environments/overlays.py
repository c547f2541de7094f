"""Overlays: an environment that exchanges a few packages of another, as those packages in front of an untouched base.

The lock of an overlay is as whole as any other: every package is in it, those of the base too. What is told from the two
locks is only how little has to be installed.
"""

import re
from collections.abc import Sequence

from packaging.utils import canonicalize_name

from crossload.domain.versions import TENSORFLOW_PACKAGES

_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=(\S+)")


def _entries(lock: str) -> dict[str, str]:
    """The entries of a lock with their hashes, by normalised package name (PEP 503)."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in lock.splitlines():
        if match := _ENTRY.match(line):
            lines = found.setdefault(canonicalize_name(match[1]), [])
        if line.strip() and not line.lstrip().startswith("#"):
            lines.append(line)
    return {name: "\n".join(entry) for name, entry in found.items()}


def _alike(one: str, other: str) -> bool:
    """Whether two entries pin the same version, and a file that satisfies one can satisfy the other."""
    versions = [match[2] if (match := _ENTRY.match(entry)) else "" for entry in (one, other)]
    hashes, known = set(_HASH.findall(one)), set(_HASH.findall(other))
    return versions[0] == versions[1] and (hashes == known or bool(hashes & known))


def exchanged(lock: str, base: str) -> tuple[str, ...]:
    """What has to stand in front of a base to make it the environment of another lock: names of packages, in order.

    Empty where that cannot be: nothing differs, the base has a package that the lock lacks (it would stay importable),
    or TensorFlow itself is another.
    """
    wanted, there = _entries(lock), _entries(base)
    names = tuple(sorted(name for name in wanted if name not in there or not _alike(wanted[name], there[name])))
    if set(there) - set(wanted) or set(names) & set(TENSORFLOW_PACKAGES):
        return ()
    return names


def entries_of(lock: str, names: Sequence[str]) -> str:
    """The part of a lock that pins these packages, hashes included."""
    entries = _entries(lock)
    return "\n".join(entries[name] for name in names) + "\n"
