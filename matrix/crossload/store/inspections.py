"""Inspections of stored artifacts: a file is read once, and what it says of itself stays in the store."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from crossload.errors import StoreError
from crossload.inspection import Inspection, inspect
from crossload.resources import PACKAGE
from crossload.store.database import Store
from crossload.store.records import Artifact

_INSPECTION: TypeAdapter[Inspection] = TypeAdapter(Inspection)


@contextmanager
def inspector(store: Store) -> Iterator[Callable[[Artifact], Inspection]]:
    """Reads the files of a store's artifacts; what it had to read is kept at the end.

    A store that cannot be written (it is busy, the disk is full) is no reason to fail: the files are read again next time.
    """
    kept = {
        (folder, file): found
        for folder, file, found in store.read(
            "SELECT folder, file, found FROM inspections WHERE reader = ?", (reader_version(),)
        )
    }
    new: dict[tuple[str, str], str] = {}

    def read(artifact: Artifact) -> Inspection:
        place = (artifact.folder, artifact.file)
        if place in kept:
            with suppress(ValidationError):
                return _INSPECTION.validate_json(kept[place])
        found = inspect(store.artifact_folder(artifact) / artifact.file)
        # A file that cannot be read may be readable next time.
        if found.container != "missing" and not found.damage:
            with suppress(PydanticSerializationError):  # names that are no text of Unicode
                new[place] = _INSPECTION.dump_json(found).decode()
        return found

    yield read
    rows = [(*place, reader_version(), found) for place, found in new.items()]
    if rows:
        with suppress(StoreError, sqlite3.Error), store.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO inspections VALUES (?, ?, ?, ?)", rows)


@cache
def reader_version() -> str:
    """Digest of the code that reads files: what another one found is not trusted."""
    folder = PACKAGE / "inspection"
    content = b"\0".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(content).hexdigest()[:16]
