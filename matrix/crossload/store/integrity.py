"""Looks whether a store is whole, and copies one while it is being written."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from crossload.domain.verdicts import CANNOT_SAVE, CRASHES, HARNESS_ERROR
from crossload.errors import StoreError
from crossload.store.artifact_files import digest_folder
from crossload.store.run_log import changed_observations
from crossload.store.schema import SCHEMA_VERSION, SEALED, foreign, is_json, row_seal

_TABLES = {"artifacts", "cells", "runs", "observations", "run_cells", "inspections"}
_SAVED = "saved"


@dataclass(frozen=True)
class Checked:
    """What a check found.

    :param problems: what is damaged, one line each; empty for a store that is whole.
    :param unused: folders of files that no result names: left by a run that was killed, and harmless.
    """

    artifacts: int
    cells: int
    runs: int
    unused: int
    problems: tuple[str, ...]


def _database(folder: Path) -> Path:
    path = folder / "results.sqlite"
    if not path.is_file():
        raise StoreError(f"{folder.parent}: holds no results. Give the folder that `crossload run --out` wrote.")
    return path


def open_reader(path: Path) -> sqlite3.Connection:
    """Open for reading. What a killed run left in SQLite's log is taken in first, as by whoever opens the store next; only a
    writer may do that.
    """
    reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)
    try:
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        reader.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
            raise
        return sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30)
    return reader


def check(folder: Path) -> Checked:
    """Verify a store without changing it: SQLite's own integrity, the schema, references, and every file's digest.

    :param folder: ``build/store``.
    :raises StoreError: there is no store.
    """
    path = _database(folder)
    problems: list[str] = []
    counts = {"artifacts": 0, "cells": 0, "runs": 0}
    used: set[str] = set()
    try:
        with closing(open_reader(path)) as connection:
            connection.execute("BEGIN")  # one view of everything, also while a run goes on
            problems += _schema(connection)
            if not problems and connection.execute("PRAGMA user_version").fetchone()[0]:
                counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in counts}
                problems += _rows(connection)
                problems += _changes(connection)
                for key, digest, file, container in connection.execute(
                    "SELECT key, folder, file, container FROM artifacts WHERE state = ?", (_SAVED,)
                ):
                    # A scenario may be about a file that is not there.
                    sought = file if container != "missing" else ""
                    problems += [f"artifact {str(key)[:16]}: {problem}" for problem in _files(folder, digest, sought)]
                    used.add(digest)
    except sqlite3.Error as error:
        problems.append(f"{path.name}: {error}")
    present = {item.name for item in (folder / "artifacts").glob("*/*") if not item.name.startswith(".")}
    return Checked(counts["artifacts"], counts["cells"], counts["runs"], len(present - used), tuple(problems))


def _schema(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield f"results.sqlite: {line}"
    if strange := foreign(connection):
        yield f"results.sqlite: holds {strange}, which Crossload did not make"
        return
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not version and not found:
        return  # killed before its first write: as good as new
    if version != SCHEMA_VERSION:
        newer = (
            "was written by a newer Crossload" if version > SCHEMA_VERSION else "is brought up to date by the next run"
        )
        yield f"results.sqlite: has schema {version}, not {SCHEMA_VERSION}: it {newer}"
        return
    yield from (f"results.sqlite: has no table {name}" for name in sorted(_TABLES - found))


def _rows(connection: sqlite3.Connection) -> Iterator[str]:
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} refers to one of {parent} that is not there"
    known = (_SAVED, CANNOT_SAVE, CRASHES, HARNESS_ERROR)
    for key, state, folder, payload in connection.execute("SELECT key, state, folder, payload FROM artifacts"):
        if state not in known or bool(folder) != (state == _SAVED):
            yield f"artifact {str(key)[:16]}: its state {state!r} does not go with its files"
        if not is_json(payload, dict):
            yield f"artifact {str(key)[:16]}: what the probe reported cannot be read"
    for key, requested, records in connection.execute("SELECT key, requested, records FROM cells"):
        if not is_json(requested, list) or not is_json(records, list):
            yield f"cell {str(key)[:16]}: what the probe reported cannot be read"
        elif not all(isinstance(item, dict) and {"attempt", "outcome"} <= item.keys() for item in json.loads(records)):
            yield f"cell {str(key)[:16]}: an attempt has no outcome"
    for (key,) in connection.execute(
        "SELECT cells.key FROM cells JOIN artifacts ON artifacts.key = artifact_key WHERE state != ?", (_SAVED,)
    ):
        yield f"cell {str(key)[:16]}: it loads an artifact that was not saved"
    for number, payload in connection.execute("SELECT id, payload FROM runs"):
        if not is_json(payload, dict):
            yield f"run {number}: its facts cannot be read"


def _changes(connection: sqlite3.Connection) -> Iterator[str]:
    for table, columns in SEALED.items():
        name = "id" if table == "runs" else "key"
        for key, seal, *values in connection.execute(f"SELECT {name}, seal, {columns} FROM {table}"):
            if seal != row_seal(*values):
                yield f"{table[:-1]} {str(key)[:16]}: it has changed since it was stored"
    yield from changed_observations(connection)


def _files(folder: Path, digest: str, file: str) -> Iterator[str]:
    if not isinstance(digest, str) or not digest.isalnum() or not isinstance(file, str):
        yield "its files have no name"
        return
    place = folder / "artifacts" / digest[:2] / digest
    try:
        if not place.is_dir():
            yield "its files are gone; the next run writes them again"
        elif digest_folder(place)[0] != digest:
            yield f"its files have changed ({place})"
        elif file and not any(path.name.startswith(Path(file).name) for path in (place / file).parent.iterdir()):
            yield f"it has no {file}"
    except OSError as error:
        yield f"its files cannot be read ({error})"


def back_up(folder: Path, destination: Path) -> Checked:
    """Copy a store with SQLite's backup API, also while a run writes to it; what is copied is checked.

    A row is written after the files that it names, so the copied rows find all theirs.

    :param destination: a folder that can be given as ``--out`` afterwards; it must not hold a store yet.
    :raises StoreError: there is no store, one is there already, or the copy could not be written.
    """
    path = _database(folder)
    target = destination / "store"
    if (target / "results.sqlite").exists():
        raise StoreError(f"{destination}: holds a store already. Choose another folder.")
    unfinished = target / ".results.sqlite.tmp"
    try:
        (target / "staging").mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with (
            closing(open_reader(path)) as source,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy)
            digests = [
                row[0] for row in copy.execute("SELECT DISTINCT folder FROM artifacts WHERE state = ?", (_SAVED,))
            ]
        for digest in digests:
            here = folder / "artifacts" / digest[:2] / digest
            if here.is_dir():
                shutil.copytree(here, target / "artifacts" / digest[:2] / digest, dirs_exist_ok=True)
        # Last: a backup that was interrupted is no store.
        unfinished.rename(target / "results.sqlite")
    except (OSError, sqlite3.Error, shutil.Error) as error:
        raise StoreError(
            f"{destination}: the copy could not be written ({error}). The store itself is untouched."
        ) from None
    return check(target)
