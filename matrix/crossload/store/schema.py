"""The tables of a store, and how a store of an earlier Crossload comes to have them."""

import hashlib
import json
import sqlite3
from typing import Any

from crossload.errors import StoreError
from crossload.inspection.bounds import json_value, printable

# The columns of a row that its seal covers, by table.
SEALED = {
    "artifacts": "key, scenario, format, saved_with, state, folder, file, container, bytes, seconds, payload",
    "cells": "key, artifact_key, loaded_with, requested, records, seconds",
    "runs": "started, finished, payload",
}


def row_seal(*values: Any) -> str:
    """A digest of the values of a row, the same before they are stored and after: SQLite keeps a whole number as a float where
    the column says so.
    """
    plain = [float(value) if isinstance(value, int | float) else value for value in values]
    return hashlib.blake2b(json.dumps(plain, default=repr).encode(), digest_size=8).hexdigest()


def foreign(connection: sqlite3.Connection) -> str:
    """What in a database is none of ours, by its name; empty where there is nothing. A view may give rows without end, and a
    trigger does something whenever a row is written.
    """
    found = connection.execute(
        "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger') LIMIT 1"
    ).fetchone()
    return f"the {found[0]} {printable(str(found[1]))}" if found else ""


def stored_json(text: Any, kind: type) -> Any:
    """What a column of JSON holds.

    :raises StoreError: it is none of that kind: something else than Crossload has written the row.
    """
    if not is_json(text, kind):
        raise StoreError("a row of the store cannot be read. `crossload store check` says which.")
    return json.loads(text)


def is_json(text: Any, kind: type) -> bool:
    """Whether a column holds JSON of a kind."""
    try:
        return isinstance(json_value(text), kind)
    except (ValueError, TypeError):
        return False


def sealed_insert(table: str, verb: str = "INSERT") -> str:
    """A statement that inserts a row with its seal; its values are those that the seal covers, in their order."""
    columns = SEALED[table]
    marks = ", ".join(f"?{number}" for number, _ in enumerate(columns.split(","), 1))
    return f"{verb} INTO {table} ({columns}, seal) VALUES ({marks}, row_seal({marks}))"


INSERT_RUN = sealed_insert("runs")

# Each entry brings a store from the version before it to the next; entries are only ever added.
MIGRATIONS = (
    """
CREATE TABLE artifacts (
    key TEXT PRIMARY KEY, scenario TEXT NOT NULL, format TEXT NOT NULL, saved_with TEXT NOT NULL,
    state TEXT NOT NULL, folder TEXT NOT NULL, file TEXT NOT NULL, container TEXT NOT NULL, bytes INTEGER NOT NULL,
    seconds REAL NOT NULL, payload TEXT NOT NULL, created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;
CREATE TABLE cells (
    key TEXT PRIMARY KEY, artifact_key TEXT NOT NULL REFERENCES artifacts (key), loaded_with TEXT NOT NULL,
    requested TEXT NOT NULL, records TEXT NOT NULL, seconds REAL NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, payload TEXT NOT NULL
);
""",
    """
ALTER TABLE runs ADD COLUMN accepted TEXT;
CREATE TABLE observations (
    id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE,
    scenario TEXT NOT NULL, format TEXT NOT NULL, saved_with TEXT NOT NULL, loaded_with TEXT NOT NULL,
    verdict TEXT NOT NULL, fidelity INTEGER, lost TEXT NOT NULL, attempt TEXT NOT NULL, cause TEXT NOT NULL,
    error_type TEXT NOT NULL, error TEXT NOT NULL, reason TEXT NOT NULL, key TEXT NOT NULL
);
CREATE INDEX observations_by_cell ON observations (scenario, format, saved_with, loaded_with);
CREATE TABLE run_cells (
    run INTEGER NOT NULL REFERENCES runs (id), observation INTEGER NOT NULL REFERENCES observations (id),
    PRIMARY KEY (run, observation)
) WITHOUT ROWID;
""",
    # Which run was accepted last must not depend on the clock.
    """
ALTER TABLE runs ADD COLUMN acceptance INTEGER;
UPDATE runs SET acceptance = (SELECT count(*) FROM runs AS other WHERE other.accepted <= runs.accepted)
    WHERE accepted IS NOT NULL;
""",
    # The cells of an artifact lie side by side: they are read together, and by key they were all over the file.
    """
CREATE TABLE cells_of_artifacts (
    key TEXT NOT NULL, artifact_key TEXT NOT NULL REFERENCES artifacts (key), loaded_with TEXT NOT NULL,
    requested TEXT NOT NULL, records TEXT NOT NULL, seconds REAL NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (artifact_key, key)
) WITHOUT ROWID;
INSERT INTO cells_of_artifacts SELECT key, artifact_key, loaded_with, requested, records, seconds, created FROM cells
    ORDER BY artifact_key, key;
DROP TABLE cells;
ALTER TABLE cells_of_artifacts RENAME TO cells;
CREATE UNIQUE INDEX cells_by_key ON cells (key);
""",
    # What files say of themselves, by their content: it costs more to read again than all the rest of a report.
    """
CREATE TABLE inspections (
    folder TEXT NOT NULL, file TEXT NOT NULL, reader TEXT NOT NULL, found TEXT NOT NULL, PRIMARY KEY (folder, file)
) WITHOUT ROWID;
""",
    # Each result says what it is made of: SQLite finds a damaged page, but not a changed record.
    f"""
ALTER TABLE artifacts ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE cells ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN seal TEXT NOT NULL DEFAULT '';
UPDATE artifacts SET seal = row_seal({SEALED["artifacts"]});
UPDATE cells SET seal = row_seal({SEALED["cells"]});
UPDATE runs SET seal = row_seal({SEALED["runs"]});
""",
    # Artifacts that hold the same, and of those the ones whose loads differed all the same.
    """
CREATE TABLE contents (artifact_key TEXT PRIMARY KEY, class TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dissolved_classes (class TEXT PRIMARY KEY) WITHOUT ROWID;
""",
)
SCHEMA_VERSION = len(MIGRATIONS)
