"""Environments that are resolved when they run: nightlies, whose pins are those of one day."""

import dataclasses
import datetime

from crossload.environments.locking import write_lock
from crossload.environments.model import Environment
from crossload.errors import LockError
from crossload.util.cache import cache_folder


def resolve(environment: Environment, day: datetime.date) -> Environment:
    """The environment with the lock of a day, made now unless it is there; one that cannot be resolved says why.

    The same pins on two days are the same environment: what one day measured holds for the other.
    """
    if not environment.is_floating:
        return environment
    destination = cache_folder() / "locks" / environment.id / f"{day.isoformat()}.txt"
    if not destination.is_file():
        try:
            write_lock(environment.id, environment.config, day, destination, environment.own_locks)
        except LockError as error:
            return dataclasses.replace(environment, unresolved=str(error))
    return dataclasses.replace(environment, resolved=destination)
