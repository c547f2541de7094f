"""Environments that are resolved when they run: nightlies as of a day, ``today`` as an installer does, without a date."""

import dataclasses
import datetime
from pathlib import Path

from crossload.config import AT_RUN
from crossload.environments.lock_files import folders_of, last_lock
from crossload.environments.locking import write_lock
from crossload.environments.model import Environment
from crossload.errors import LockError
from crossload.util.clock import today


def resolve(environment: Environment, day: datetime.date, kept: Path | None = None) -> Environment:
    """The environment with the lock of a day, made now unless it is there; one that cannot be resolved says why.

    The same pins on two days are the same environment: what one day measured holds for the other. Where no package index
    answers, ``today`` has the last lock there is, and its ``note`` says so.

    :param kept: the folder of locks that lies with the results of a run; it is read, :func:`keep` writes it.
    """
    if not environment.is_floating:
        return environment
    name = f"{day.isoformat()}.txt"
    folders = folders_of(environment.id, kept)
    found = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if found is not None:
        return dataclasses.replace(environment, resolved=found)
    # A day that is over is resolved as of it: today's pins are none of that day's.
    as_of = day if environment.config.as_of == AT_RUN or day < today() else None
    try:
        made = write_lock(environment.id, environment.config, as_of, folders[0] / name, environment.own_locks)
    except LockError as error:
        last, told = last_lock(environment.id, kept)
        if environment.config.as_of == AT_RUN or last is None:
            return dataclasses.replace(environment, unresolved=str(error))
        why = str(error).splitlines()[-1].strip()[:160]
        note = f"it could not be resolved for {day} ({why}): these are the pins {told}"
        return dataclasses.replace(environment, resolved=last, note=note)
    return dataclasses.replace(environment, resolved=made)


def keep(environment: Environment, kept: Path) -> None:
    """Put the lock that an environment was resolved to beside the results that are made with it."""
    if environment.is_floating and environment.resolved is not None:
        folder = kept / environment.id
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / environment.resolved.name
        if not path.is_file():
            path.write_text(environment.lock_text, encoding="utf-8")
