"""Joins the stores of several machines that ran shards of one matrix."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from crossload.errors import StoreError
from crossload.store.database import Store
from crossload.store.integrity import open_reader
from crossload.store.run_log import recorded_states
from crossload.store.schema import INSERT_RUN, SCHEMA_VERSION


def merge(sources: Sequence[Path], out: Path) -> tuple[int, int]:
    """Join the stores of several output folders; returns how many artifacts and cells are new in ``out``.

    :raises StoreError: a folder holds no store, or one that does not belong to the others.
    """
    stores = [folder / "store" / "results.sqlite" for folder in sources]
    for path in stores:
        if not path.is_file():
            raise StoreError(
                f"{path.parent.parent}: holds no results. Give the folders that `crossload run --out` wrote."
            )
    with closing(Store(out / "store")) as target:
        _check_same_environments((*sources, out))
        before = [len(target.read(f"SELECT key FROM {table}")) for table in ("artifacts", "cells")]
        for folder in sources:
            _copy(folder / "store", target)
        after = [len(target.read(f"SELECT key FROM {table}")) for table in ("artifacts", "cells")]
    return after[0] - before[0], after[1] - before[1]


def _check_same_environments(folders: Sequence[Path]) -> None:
    """Refuse stores that mean different things by the same environment id: their cells would stand side by side."""
    seen: dict[str, tuple[str, Path]] = {}
    for folder in folders:
        with closing(Store(folder / "store")) as store:
            for name, digest in recorded_states(store):
                known, where = seen.setdefault(name, (digest, folder))
                if known != digest:
                    raise StoreError(
                        f"{folder}: its {name} has other pins than that of {where}. Only results of the same locks can be joined."
                    )


def _copy(source: Path, target: Store) -> None:
    for folder in (source / "artifacts").glob("*/*"):
        destination = target.folder / "artifacts" / folder.parent.name / folder.name
        if not destination.exists():
            destination.parent.mkdir(parents=True, exist_ok=True)
            unfinished = destination.with_name(f".{destination.name}.tmp")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(folder, unfinished)
            unfinished.rename(destination)
    with closing(Store(source)) as store:
        # Opening it has brought it up to date: the columns are the same on both sides.
        # Not by the time alone: machines start at the same second, and clocks are set back.
        known = set(target.read("SELECT started, finished, payload FROM runs"))
        new_runs = [row for row in store.read("SELECT started, finished, payload FROM runs") if row not in known]
    with closing(open_reader(source / "results.sqlite")) as reader:
        assert reader.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        with target.transaction() as connection:
            # What is there was measured as well and stays; a fault of ours gives way to a measurement.
            connection.execute("DELETE FROM artifacts WHERE state = 'harness-error'")
            connection.execute('DELETE FROM cells WHERE records LIKE \'%"outcome": "harness-error"%\'')
            for table in ("artifacts", "cells"):
                cursor = reader.execute(f"SELECT * FROM {table}")
                marks = ", ".join("?" * len(cursor.description))
                connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", cursor)
            connection.executemany(INSERT_RUN, new_runs)
