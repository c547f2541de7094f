"""The store: results in SQLite, artifacts in a content-addressed folder. What is in it survives ``kill -9``."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crossload.errors import StoreError
from crossload.store.artifact_files import ArtifactFiles
from crossload.store.records import Artifact, Cell, KnownCell
from crossload.store.schema import MIGRATIONS, SCHEMA_VERSION, SEALED, foreign, row_seal, sealed_insert, stored_json

# Bytes of write-ahead log that stay on disk between writes.
_JOURNAL_BYTES = 64 << 20

# Of a cell that was measured on a file of another environment. Inside a text, quotes are escaped.
_IS_COPY = """instr(records, '"twin": "') > 0"""
_ARTIFACT_COLUMNS, _CELL_COLUMNS = SEALED["artifacts"], SEALED["cells"]
# In the place of one with the same key, where there is one.
_PUT_ARTIFACT, _PUT_CELL = (sealed_insert(table, "INSERT OR REPLACE") for table in ("artifacts", "cells"))


def _artifact(row: tuple[Any, ...]) -> Artifact:
    return Artifact(*(*row[:-1], stored_json(row[-1], dict)))


def _cell(row: tuple[Any, ...]) -> Cell:
    key, artifact_key, loader, requested, records, seconds = row
    wanted, told = tuple(stored_json(requested, list)), tuple(stored_json(records, list))
    return Cell(key, artifact_key, loader, wanted, told, seconds)


class Store(ArtifactFiles):
    """Results and artifacts under one folder. Safe to use from several threads.

    :raises StoreError: the folder cannot be used, or was written by a newer Crossload.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.RLock()
        try:
            super().__init__(folder)
            self._connection = sqlite3.connect(
                folder / "results.sqlite", timeout=30, check_same_thread=False, isolation_level=None
            )
            self._connection.create_function("row_seal", -1, row_seal, deterministic=True)
            self._write_ahead()
            self._connection.execute("PRAGMA synchronous=NORMAL")
            # A migration writes every cell at once; without a limit its log would stay on disk at that size.
            self._connection.execute(f"PRAGMA journal_size_limit={_JOURNAL_BYTES}")
            strange = foreign(self._connection)
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version < SCHEMA_VERSION and not strange:
                self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{folder}: the store cannot be opened ({error}). Choose another folder with --out."
            ) from None
        if strange:
            raise StoreError(
                f"{folder}: holds {strange}, which Crossload did not make. Choose another folder with --out."
            )
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{folder}: written by a newer Crossload (schema {version}). Upgrade, or choose another --out."
            )

    def _write_ahead(self) -> None:
        """Let readers and a writer work at once. While the mode changes, who comes second is refused whatever the timeout."""
        for wait in [*(0.05 * step for step in range(1, 20)), None]:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError:
                if wait is None:
                    raise
                time.sleep(wait)

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
            _PUT_ARTIFACT,
            (
                artifact.key,
                artifact.scenario,
                artifact.format,
                artifact.saved_with,
                artifact.state,
                artifact.folder,
                artifact.file,
                artifact.container,
                artifact.bytes,
                artifact.seconds,
                json.dumps(dict(artifact.payload)),
            ),
        )

    def put_cell(self, cell: Cell) -> None:
        """Make a cell durable, replacing an earlier row of the same key."""
        records = json.dumps([dict(record) for record in cell.records])
        self._write(
            _PUT_CELL,
            (cell.key, cell.artifact_key, cell.loaded_with, json.dumps(cell.requested), records, cell.seconds),
        )

    def remove_cells(self, keys: Iterable[str]) -> None:
        """Forget results, given by the first 16 characters of their keys, so that the next run measures them again."""
        with self.transaction() as connection:
            connection.executemany(
                "DELETE FROM cells WHERE key >= ? AND key < ?", [(key[:16], key[:16] + "g") for key in keys]
            )

    def artifacts(self) -> dict[str, Artifact]:
        """Every artifact by key; those whose files are gone are left out, so that they are made again."""
        rows = self.read(f"SELECT {_ARTIFACT_COLUMNS} FROM artifacts")
        return {artifact.key: artifact for artifact in map(_artifact, rows) if self._is_there(artifact)}

    def artifact(self, key: str) -> Artifact | None:
        """One artifact; None where there is none of that key, or its files are gone."""
        rows = self.read(f"SELECT {_ARTIFACT_COLUMNS} FROM artifacts WHERE key = ?", (key,))
        artifact = _artifact(rows[0]) if rows else None
        return artifact if artifact is not None and self._is_there(artifact) else None

    def _is_there(self, artifact: Artifact) -> bool:
        return artifact.state != "saved" or self.artifact_folder(artifact).is_dir()

    def cells(self) -> dict[str, Cell]:
        """Every cell by key. Many do not fit in memory: see :meth:`cell` and :meth:`known_cells`."""
        return {row[0]: _cell(row) for row in self.read(f"SELECT {_CELL_COLUMNS} FROM cells")}

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
            f"SELECT key, requested, instr(records, ?) > 0 AND instr(records, ?) = 0, {_IS_COPY} FROM cells",
            ('"attempt": "plain"', '"outcome": "harness-error"'),
        )
        known: dict[tuple[str, int, int], KnownCell] = {}
        for _, requested, sound, is_copy in rows:
            if (requested, sound, is_copy) not in known:
                wanted = frozenset(map(str, stored_json(requested, list)))
                known[requested, sound, is_copy] = KnownCell(wanted, bool(sound), bool(is_copy))
        return {key: known[requested, sound, is_copy] for key, requested, sound, is_copy in rows}

    def cell_keys(self) -> set[str]:
        """The keys of every cell, and nothing else of them: an index has these alone."""
        return {key for (key,) in self.read("SELECT key FROM cells")}

    def measured_last(self) -> str | None:
        """When the newest cell was stored, ISO 8601; None where there is none."""
        ((found,),) = self.read("SELECT max(created) FROM cells")
        return None if found is None else str(found)

    def load_seconds(self) -> dict[str, tuple[float, int]]:
        """Seconds that the loads of each artifact took together, and their number, by the artifact's key."""
        rows = self.read(
            f"SELECT artifact_key, sum(seconds), count(*) FROM cells WHERE NOT {_IS_COPY} GROUP BY artifact_key"
        )
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

        :raises StoreError: the store cannot be read.
        """
        try:
            with self._lock:
                return self._connection.execute(statement, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.folder}: the results cannot be read ({error}).") from None


def open_existing(out: Path) -> Store:
    """The store of a run.

    :param out: the run's folder.
    :raises StoreError: there is none yet.
    """
    if not (out / "store" / "results.sqlite").exists():
        raise StoreError(f"{out}: nothing has been run here yet. Run `crossload run --out {out}` first.")
    return Store(out / "store")
