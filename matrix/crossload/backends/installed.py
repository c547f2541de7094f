"""Whether a virtual environment still holds what was installed into it.

Every package says in its ``RECORD`` which files it has, with their digests; a lock says which packages there are. What was found
right is noted with each file's size and time of change, so that looking again takes a tenth of a second for TensorFlow's 13,000
files. A file whose time is another one is read. Bytecode is not looked at: it is made by whoever imports.
"""

import base64
import contextlib
import csv
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from crossload.util.files import write_text_atomically

_NOTES = "crossload-files.json"
# Written by whoever makes a virtual environment, or by us; no package records them.
_OURS = re.compile(r"^(_virtualenv\.(py|pth)|zz-crossload-base\.pth|_distutils_hack.*|distutils-precedence\.pth)$")
_VERSION = re.compile(r"^(?P<name>.+)-(?P<version>[^-]+)\.dist-info$")

# Size, time of change in nanoseconds.
Seen = tuple[int, int]


def damage(folder: Path, pins: Mapping[str, str], only: Sequence[str] = (), read: bool = True) -> str:
    """What is wrong with a virtual environment, in a few words; empty where nothing is.

    :param folder: of the virtual environment.
    :param pins: versions by package, as the lock has them.
    :param only: packages that were installed here; empty for all of the lock's.
    :param read: read the files that are not noted as right; else, for what was installed by hash just now, look at their sizes.
    """
    packages = next(folder.glob("lib/python3*/site-packages"), None)
    if packages is None:
        return "its packages are gone"
    try:
        present = dict(_files(packages))
        if wrong := _other_versions(packages, pins, only):
            return wrong
        notes = _notes(folder)
        if notes == present:
            return ""
        wrong = _against_records(packages, present, notes, read)
    except OSError as error:
        return str(error)
    if not wrong:
        # A folder that cannot be written to is read again next time.
        with contextlib.suppress(OSError):
            write_text_atomically(folder / _NOTES, json.dumps(present))
    return wrong


def _files(packages: Path) -> Iterator[tuple[str, Seen]]:
    """Every file below a folder but bytecode, by its path in it."""
    pending = [""]
    while pending:
        below = pending.pop()
        with os.scandir(packages / below) as entries:
            for entry in entries:
                name = f"{below}/{entry.name}" if below else entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        pending.append(name)
                elif not entry.name.endswith(".pyc"):
                    status = entry.stat(follow_symlinks=False)
                    yield name, (status.st_size, status.st_mtime_ns)


def _notes(folder: Path) -> dict[str, Seen]:
    try:
        found = json.loads((folder / _NOTES).read_text(encoding="utf-8"))
        return {str(name): (int(seen[0]), int(seen[1])) for name, seen in found.items()}
    except (OSError, ValueError, TypeError, AttributeError, IndexError):
        return {}


def _other_versions(packages: Path, pins: Mapping[str, str], only: Sequence[str]) -> str:
    found: dict[str, list[str]] = {}
    for entry in packages.glob("*.dist-info"):
        if match := _VERSION.match(entry.name):
            found.setdefault(canonicalize_name(match["name"]), []).append(match["version"])
    wanted: dict[str, str] = {canonicalize_name(name): version for name, version in pins.items()}
    for name in [canonicalize_name(name) for name in only] or wanted:
        versions = found.get(name, [])
        if name in wanted and versions != [_as_named(wanted[name])] and versions != [wanted[name]]:
            there = " and ".join(versions) or "no version"
            return f"{name} {wanted[name]} is locked, and {there} installed"
    more = sorted(set(found) - set(wanted))
    return f"{more[0]} is installed, and not in the lock" if more else ""


def _as_named(version: str) -> str:
    """As the name of a folder has it."""
    return version.replace("-", "_")


def _against_records(packages: Path, present: Mapping[str, Seen], notes: Mapping[str, Seen], read: bool) -> str:
    recorded: set[str] = set()
    for record in sorted(packages.glob("*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream):
                if len(row) != 3 or row[0].endswith(".pyc") or row[0].startswith(("..", "/")):
                    continue
                name, digest, size = os.path.normpath(row[0]), row[1], row[2]
                recorded.add(name)
                if name not in present:
                    return f"{name} is gone"
                if present[name] == notes.get(name):
                    continue
                is_long = size and present[name][0] != int(size)
                if is_long or (read and digest and not _has_digest(packages / name, digest)):
                    return f"{name} has changed"
    strange = sorted(
        name
        for name in set(present) - recorded
        if not _OURS.match(name) and not name.partition("/")[0].endswith(".dist-info")
    )
    return f"{strange[0]} belongs to no package" if strange else ""


def _has_digest(path: Path, recorded: str) -> bool:
    """Whether a file has the digest that a RECORD says (PEP 376: algorithm, ``=``, base64 for URLs without padding)."""
    algorithm, _, expected = recorded.partition("=")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, algorithm).digest()
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode() == expected
