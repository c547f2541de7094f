"""Environments that are resolved when they run: nightlies, whose pins are those of one day."""

import dataclasses
import datetime

from matrix.backends.venv import cache_folder
from matrix.environments import Environment
from matrix.errors import LockError
from matrix.locking import write_lock


def resolve(environment: Environment, day: datetime.date) -> Environment:
    """The environment with the lock of a day, made now unless it is there; one that can not be resolved says why.

    The same pins on two days are the same environment: what one day measured holds for the other.
    """
    if not environment.is_floating:
        return environment
    destination = cache_folder() / "locks" / environment.id / f"{day.isoformat()}.txt"
    if not destination.is_file():
        try:
            write_lock(environment.id, environment.config, day, destination)
        except LockError as error:
            return dataclasses.replace(environment, unresolved=str(error))
    return dataclasses.replace(environment, resolved=destination)
