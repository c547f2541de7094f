"""Environments with one very version of Keras 3: a locked one where there is one, otherwise an overlay locked on demand."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import replace

from packaging.version import Version

from crossload.domain.versions import keras_of
from crossload.environments.locking import write_lock
from crossload.environments.model import Environment
from crossload.errors import LockError
from crossload.util.cache import cache_folder

# A release: nightlies and release candidates come and go.
_RELEASE = re.compile(r"3\.[0-9]{1,6}\.[0-9]{1,9}")


def locked_with(keras: str, environments: Mapping[str, Environment]) -> list[Environment]:
    """Environments on CPU with this very Keras 3, what people have before what is made for measuring, the newest first."""
    found = [
        item
        for item in environments.values()
        if item.hardware == "cpu"
        and not item.is_floating
        and not item.name.is_legacy_keras
        and keras_of(item.id, item.pins) == keras
    ]
    return sorted(found, key=lambda item: (item.name.is_plain, not item.variant, item.sort_key), reverse=True)


def lock_exact_keras(keras: str, environments: Mapping[str, Environment]) -> tuple[Environment | None, str]:
    """An overlay with this very Keras 3 over the base that the locked minors of Keras stand on.

    Resolved once, through the package index, and kept in the cache.

    :return: the environment and an empty text; or None and why it cannot be had.
    """
    if not _RELEASE.fullmatch(keras):
        return None, f"Keras {keras} is no release that an index keeps"
    minors = [item for item in environments.values() if item.name.is_keras_3 and item.hardware == "cpu" and item.base]
    if not minors:
        return None, "the configuration has no environments of Keras 3, such as keras3.15-cpu"
    wanted = Version(keras).release[:2]
    like = min(minors, key=lambda item: (item.name.numbers[:2] != wanted, item.name.numbers <= wanted, item.sort_key))
    config = like.config.model_copy(update={"pins": [f"keras=={keras}"]})
    name = f"keras{keras}-cpu"
    lock = cache_folder() / "locks" / "keras" / f"{name}.txt"
    if not lock.is_file():
        assert isinstance(config.as_of, datetime.date)
        try:
            write_lock(name, config, config.as_of, lock, like.own_locks)
        except LockError as error:
            return None, f"Keras {keras} cannot be had: {str(error).splitlines()[-1].strip()[:160]}"
    return replace(like, id=name, config=config, resolved=lock, base=like.base), ""
