"""The store: results in SQLite, artifacts in a content-addressed folder. What is in it survives ``kill -9``."""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matrix.errors import StoreError
from matrix.store_schema import MIGRATIONS, SCHEMA_VERSION

# Bytes of write-ahead log that stay on disk between writes.
_JOURNAL_BYTES = 64 << 20

# Bytes that must be free for a failed save to count as the model's own fault.
_LEAST_FREE = 1 << 20

_MAGIC = ((b"\x89HDF\r\n\x1a\n", "hdf5"), (b"PK\x03\x04", "zip"))


@dataclass(frozen=True)
class Artifact:
    """What one environment wrote for one scenario and format, or why it could not.

    :param state: ``saved``, ``cannot-save``, ``crashes`` or ``harness-error``.
    :param folder: digest of the artifact's folder; empty unless saved.
    :param payload: what the probe reported of it.
    """

    key: str
    scenario: str
    format: str
    saved_with: str
    state: str
    folder: str
    file: str
    container: str
    bytes: int
    seconds: float
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One artifact loaded in one environment: the attempts asked for, and the probe's records of those that ran."""

    key: str
    artifact_key: str
    loaded_with: str
    requested: tuple[str, ...]
    records: tuple[Mapping[str, Any], ...]
    seconds: float


_CELL_COLUMNS = "key, artifact_key, loaded_with, requested, records, seconds"


def _cell(row: tuple[Any, ...]) -> Cell:
    key, artifact_key, loader, requested, records, seconds = row
    return Cell(key, artifact_key, loader, tuple(json.loads(requested)), tuple(json.loads(records)), seconds)


@dataclass(frozen=True)
class KnownCell:
    """What tells whether a cell is finished.

    :param requested: the attempts that were asked for.
    :param sound: whether the plain attempt is recorded and no attempt failed for a fault of ours.
    """

    requested: frozenset[str]
    sound: bool

    def covers(self, wanted: Iterable[str]) -> bool:
        """Whether nothing of what is wanted is left to be run. Where it is False, its records decide."""
        return self.sound and self.requested.issuperset(wanted)


def content_key(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def container_of(path: Path) -> str:
    """What a saved file really is, read from its first bytes; ``missing`` where there is nothing."""
    if path.is_dir():
        return "directory"
    # First, because TensorFlow keeps a small text file called `checkpoint` beside its checkpoints.
    if path.with_name(path.name + ".index").exists():
        return "tf-checkpoint"
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except FileNotFoundError:
        return "missing"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "other")


def digest_folder(folder: Path) -> tuple[str, int]:
    """SHA-256 over names and contents of all files, and the bytes of the model's own ones."""
    digest, size = hashlib.sha256(), 0
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode())
        digest.update(content)
        if not path.name.startswith("reference."):
            size += len(content)
    return digest.hexdigest(), size


class ArtifactFiles:
    """The files of artifacts under one folder, by digest. Safe to use from several threads and processes.

    :raises OSError: the folder can not be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        (folder / "staging").mkdir(exist_ok=True)

    def check_space(self, message: str = "") -> None:
        """Raise StoreError when the disk is full: what fails for that reason is no finding about TensorFlow.

        :param message: an error that came from writing, which may say so itself.
        """
        if "No space left on device" in message or shutil.disk_usage(self.folder).free < _LEAST_FREE:
            where = f" ({' '.join(message.split())[:200]})" if message else ""
            raise StoreError(
                f"{self.folder}: the disk is full{where}, or that of {tempfile.gettempdir()}. Results so far are kept; "
                "free some space and run the same command again."
            )

    def staging_folder(self) -> Path:
        """A new empty folder for an artifact that is being written."""
        folder = self.folder / "staging" / uuid.uuid4().hex
        try:
            folder.mkdir()
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}. Free some space and run the same command again.") from None
        return folder

    def clear_staging(self) -> None:
        """Remove what a run that was killed left half written."""
        for leftover in (self.folder / "staging").iterdir():
            shutil.rmtree(leftover, ignore_errors=True)

    def artifact_folder(self, artifact: Artifact) -> Path:
        """Where the files of an artifact lie."""
        return self.folder_of(artifact.folder)

    def folder_of(self, digest: str) -> Path:
        """Where the files with a digest lie."""
        return self.folder / "artifacts" / digest[:2] / digest

    def keep_artifact(self, staging: Path) -> tuple[str, int]:
        """Move a written artifact to its place. Returns its digest and the bytes of the model's own files."""
        digest, size = digest_folder(staging)
        destination = self.folder_of(digest)
        try:
            destination.parent.mkdir(exist_ok=True)
            os.rename(staging, destination)
        except OSError as error:
            if not destination.is_dir():
                raise StoreError(
                    f"{destination}: {error.strerror}. Results so far are kept; mend that and run the same command again."
                ) from None
            shutil.rmtree(staging)  # the same bytes are there already
        return digest, size

    def put_artifact(self, artifact: Artifact) -> None:
        """Its files are all that is kept here; a :class:`Store` keeps its row too."""

    def put_cell(self, cell: Cell) -> None:
        """Nothing of a cell is kept here; a :class:`Store` keeps its row."""


class Store(ArtifactFiles):
    """Results and artifacts under one folder. Safe to use from several threads.

    :raises StoreError: the folder can not be used, or was written by a newer Crossload.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        try:
            super().__init__(folder)
            self._connection = sqlite3.connect(
                folder / "results.sqlite", timeout=30, check_same_thread=False, isolation_level=None
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            # A migration writes every cell at once; without a limit its log would stay on disk at that size.
            self._connection.execute(f"PRAGMA journal_size_limit={_JOURNAL_BYTES}")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version < SCHEMA_VERSION:
                self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{folder}: the store can not be opened ({error}). Choose another folder with --out."
            ) from None
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{folder}: written by a newer Crossload (schema {version}). Upgrade, or choose another --out."
            )

    def _migrate(self) -> None:
        """Bring the schema up to date, in one transaction; another process may be doing the same."""
        self._connection.execute("BEGIN IMMEDIATE")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        for statements in MIGRATIONS[version:]:
            for statement in statements.split(";"):
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version={max(version, SCHEMA_VERSION)}")
        self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _write(self, statement: str, values: Iterable[Any]) -> None:
        try:
            with self._lock:
                self._connection.execute(statement, tuple(values))
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.folder}: a result could not be written ({error}). Results so far are kept; "
                "free some space and run the same command again."
            ) from None

    def put_artifact(self, artifact: Artifact) -> None:
        """Make an artifact durable, replacing an earlier row of the same key."""
        self._write(
            "INSERT OR REPLACE INTO artifacts (key, scenario, format, saved_with, state, folder, file, container, bytes,"
            " seconds, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(
                    artifact.key,
                    artifact.scenario,
                    artifact.format,
                    artifact.saved_with,
                    artifact.state,
                    artifact.folder,
                ),
                *(
                    artifact.file,
                    artifact.container,
                    artifact.bytes,
                    artifact.seconds,
                    json.dumps(dict(artifact.payload)),
                ),
            ),
        )

    def put_cell(self, cell: Cell) -> None:
        """Make a cell durable, replacing an earlier row of the same key."""
        records = json.dumps([dict(record) for record in cell.records])
        self._write(
            "INSERT OR REPLACE INTO cells (key, artifact_key, loaded_with, requested, records, seconds)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (cell.key, cell.artifact_key, cell.loaded_with, json.dumps(cell.requested), records, cell.seconds),
        )

    def remove_cells(self, keys: Iterable[str]) -> None:
        """Forget results, given by the first 16 characters of their keys, so that the next run measures them again."""
        with self.transaction() as connection:
            connection.executemany(
                "DELETE FROM cells WHERE key >= ? AND key < ?", [(key[:16], key[:16] + "g") for key in keys]
            )

    def _rows(self, table: str) -> list[tuple[Any, ...]]:
        columns = {
            "artifacts": "key, scenario, format, saved_with, state, folder, file, container, bytes, seconds, payload",
            "cells": _CELL_COLUMNS,
        }[table]
        return self.read(f"SELECT {columns} FROM {table}")

    def artifacts(self) -> dict[str, Artifact]:
        """Every artifact by key; those whose files are gone are left out, so that they are made again."""
        found = {}
        for row in self._rows("artifacts"):
            artifact = Artifact(*(*row[:10], json.loads(row[10])))
            if artifact.state != "saved" or self.artifact_folder(artifact).is_dir():
                found[artifact.key] = artifact
        return found

    def cells(self) -> dict[str, Cell]:
        """Every cell by key. Many do not fit in memory: see :meth:`cell` and :meth:`known_cells`."""
        return {row[0]: _cell(row) for row in self._rows("cells")}

    def cell(self, key: str) -> Cell | None:
        """One cell; None where there is none of that key."""
        rows = self.read(f"SELECT {_CELL_COLUMNS} FROM cells WHERE key = ?", (key,))
        return _cell(rows[0]) if rows else None

    def records(self, artifact_key: str) -> list[tuple[str, str, float]]:
        """Key, records as JSON and seconds of every cell of an artifact."""
        return self.read("SELECT key, records, seconds FROM cells WHERE artifact_key = ?", (artifact_key,))

    def known_cells(self) -> dict[str, "KnownCell"]:
        """Every cell by key, without what was measured of it."""
        rows = self.read(
            "SELECT key, requested, instr(records, ?) > 0 AND instr(records, ?) = 0 FROM cells",
            ('"attempt": "plain"', '"outcome": "harness-error"'),
        )
        known: dict[tuple[str, int], KnownCell] = {}
        for _, requested, sound in rows:
            if (requested, sound) not in known:
                known[requested, sound] = KnownCell(frozenset(json.loads(requested)), bool(sound))
        return {key: known[requested, sound] for key, requested, sound in rows}

    def cell_keys(self) -> set[str]:
        """The keys of every cell, and nothing else of them: an index has these alone."""
        return {key for (key,) in self.read("SELECT key FROM cells")}

    def load_seconds(self) -> dict[str, tuple[float, int]]:
        """Seconds that the loads of each artifact took together, and their number, by the artifact's key."""
        rows = self.read("SELECT artifact_key, sum(seconds), count(*) FROM cells GROUP BY artifact_key")
        return {key: (seconds, count) for key, seconds, count in rows}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, with everything that is done in the block made durable at once or not at all.

        :raises StoreError: it could not be written; nothing of it is kept.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise StoreError(f"{self.folder}: the store could not be written ({error}). Nothing is lost.") from None
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def read(self, statement: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query.

        :raises StoreError: the store can not be read.
        """
        try:
            with self._lock:
                return self._connection.execute(statement, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.folder}: the results can not be read ({error}).") from None
