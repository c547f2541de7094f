"""Makes locks, resolved as of a date, and says whether one meets what an environment asks for."""

import datetime
import tempfile
from collections.abc import Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crossload.config import EnvironmentConfig
from crossload.environments.lock_files import lock_path, read_pins
from crossload.errors import LockError
from crossload.resources import CONFIG, IS_CHECKOUT, LOCKS
from crossload.util.files import write_text_atomically
from crossload.util.uv import last_lines, run_uv

# An exact version is what it is, whenever it was released.
_NEVER = datetime.date(2999, 12, 31)


def folder_to_write(own: Path | None) -> Path:
    """Where ``crossload lock`` writes: beside a user's configuration, and in a checkout for the one that lies there.

    :raises LockError: the configuration in use is part of an installed Crossload, which nothing writes into.
    """
    if own is None and not IS_CHECKOUT:
        raise LockError(
            f"the configuration that comes with Crossload has its locks. To make others, copy it here, change it and run "
            f"this again: cp {CONFIG} matrix.toml"
        )
    return own or LOCKS


def unmet(pins: Mapping[str, str], config: EnvironmentConfig) -> str:
    """The first requirement of an environment that a lock does not meet, and what it has instead; empty when it meets all."""
    replaced = {canonicalize_name(Requirement(line).name) for line in config.overrides}
    for line in [*config.requirements, *config.pins]:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue  # uv knows further forms
        name = canonicalize_name(wanted.name)
        if name in replaced or wanted.marker:
            continue
        if name not in pins or not wanted.specifier.contains(pins[name], prereleases=True):
            return f"{line} is asked for, and it has {pins.get(name, 'none')}"
    return ""


def write_lock(
    environment_id: str,
    config: EnvironmentConfig,
    as_of: datetime.date | None,
    destination: Path,
    own: Path | None = None,
) -> Path:
    """Resolve an environment as of a date and write its lock.

    :param as_of: None for what an installer would take now.

    One that is like another keeps that one's pins, but for what it varies and what cannot stand beside that.

    :param own: the user's folder of locks, where there is one.
    :raises LockError: nothing satisfies the requirements, or the index cannot be reached; with uv's own last lines.
    """
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LockError(f"{destination.parent}: cannot be written ({error.strerror}).") from None
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch, "requirements.in")
        wanted = [*config.requirements, *config.pins]
        result = Path(scratch, "lock.txt")
        if config.like:
            # uv keeps what it finds there where it can.
            base = _lock_of(config.like, environment_id, own)
            result.write_text(base, encoding="utf-8")
            if config.pins:
                # Exchanged packages stand in front of the base: what only the base needs stays importable, and in the lock.
                wanted += read_pins(base)
        requirements.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        arguments = [
            "pip",
            "compile",
            str(requirements),
            "--output-file",
            str(result),
            "--python-version",
            config.python,
            "--python-platform",
            "linux",
            *(("--exclude-newer", as_of.isoformat()) if as_of is not None else ()),
            "--generate-hashes",
            "--no-annotate",
            "--no-emit-index-url",
            "--quiet",
            "--custom-compile-command",
            f"crossload lock {environment_id}",
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


def _lock_of(like: str, environment_id: str, own: Path | None) -> str:
    try:
        return lock_path(like, own).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LockError(
            f"{environment_id} is like {like}, which has no lock. Make that first: `crossload lock {like}`."
        ) from None
