"""Reads every model of a fleet without running anything of it, and puts those together that are made alike."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from crossload.fleet.settings import FleetSettings
from crossload.fleet.sources import NAMED_AS_MODELS, Finds, Found
from crossload.inspection.guarded import GuardedReader
from crossload.store.records import content_key
from crossload.user_models.digests import digest_of_model
from crossload.user_models.model_file import ModelError, NoModelError, UserModel, open_model
from crossload.user_models.seat import Given


@dataclass(frozen=True)
class Read:
    """One model of a fleet, as far as it can be read.

    :param opened: what it is; None where it is damaged, with ``problem`` saying what is wrong and what to do.
    :param digest: SHA-256 of its content; empty where it could not be read.
    :param given: what goes with it.
    """

    found: Found
    opened: UserModel | None
    problem: str
    digest: str
    given: Given

    @property
    def group(self) -> str:
        """Digest of what models have in common that fare alike: format, writer, configuration, shapes, the code that goes with
        them. Without structure a model is alone.
        """
        if self.opened is None:
            return ""
        found = self.opened.found
        same = found.structure or self.digest
        said = [self.opened.format, found.suffix, found.keras, found.tensorflow, found.weights_layout, same]
        return content_key(*said, *(str(value) for value in vars(self.given).values()))


class Readers:
    """Reads with a few guarded processes, each of which serves one thread."""

    def __init__(self) -> None:
        self._mine = threading.local()
        self._all: list[GuardedReader] = []

    def reader(self) -> GuardedReader:
        """The process of this thread."""
        if not hasattr(self._mine, "reader"):
            self._mine.reader = GuardedReader()
            self._all.append(self._mine.reader)
        found: GuardedReader = self._mine.reader
        return found

    def close(self) -> None:
        for reader in self._all:
            reader.close()


def read_all(
    finds: Finds,
    settings: FleetSettings,
    jobs: int | None = None,
    tick: Callable[[int, int], None] = lambda done, all: None,
) -> list[Read]:
    """Every model that was found, in their order; what turns out to be no model is counted, and left out.

    :param jobs: as many are read at once; one a processor by default.
    :param tick: told how many of how many are read.
    """
    readers = Readers()

    def read(found: Found) -> Read | None:
        given = settings.of(found.name)
        try:
            opened = open_model(found.path, readers.reader().inspect)
        except NoModelError as error:
            if found.path.is_file() and not _claims_to_be_one(found.path, error.container):
                return None
            return Read(found, None, found.named(str(error)), "", given)
        except (ModelError, OSError) as error:
            return Read(found, None, found.named(str(error)), "", given)
        try:
            digest = str(digest_of_model(opened.path)["sha256"])
        except OSError as error:
            return Read(found, None, f"{found.name}: cannot be read ({error.strerror}).", "", given)
        return Read(found, opened, "", digest, given)

    kept: list[Read] = []
    try:
        with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
            for number, (found, made) in enumerate(zip(finds.found, pool.map(read, finds.found), strict=True), 1):
                if made is None:
                    finds.other(found.path)
                else:
                    kept.append(made)
                tick(number, len(finds.found))
    finally:
        readers.close()
    return kept


def _claims_to_be_one(path: Path, container: str) -> bool:
    """Whether a file that is no model is named as one. HDF5 is a format of everybody: sound data in it are no broken model."""
    return path.suffix.lower() in NAMED_AS_MODELS and not (container == "hdf5" and path.suffix.lower() != ".keras")


def groups_of(read: Iterable[Read]) -> list[list[Read]]:
    """Readable models that are made alike, the leader of each group first: the largest groups first."""
    groups: dict[str, list[Read]] = {}
    for item in read:
        if item.opened is not None:
            groups.setdefault(item.group, []).append(item)
    return sorted(groups.values(), key=lambda group: -len(group))
