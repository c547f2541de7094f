"""One matrix on several machines: cut into shards of about the same time, run anywhere, and joined again.

A shard holds whole scenarios: their artifacts are loaded where they were saved, so nothing travels while it runs. The cut
depends on the selection and on measured durations that come with Crossload, never on a local store: every machine cuts alike.
"""

import re
import shutil
import tomllib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from matrix.errors import SelectionError, StoreError
from matrix.history import recorded_states
from matrix.planning import Matrix, Work
from matrix.store import Store
from matrix.store_check import open_reader
from matrix.store_schema import SCHEMA_VERSION

# The most jobs of one matrix on GitHub.
MOST_SHARDS = 256
_DURATIONS = Path(__file__).with_name("durations.toml")
_SHARD = re.compile(r"^([1-9]\d*)/([1-9]\d*)$")


@cache
def _durations() -> dict[str, dict[str, float]]:
    return tomllib.loads(_DURATIONS.read_text(encoding="utf-8"))


def expected_seconds(matrix: Matrix, work: Work) -> float:
    """Seconds that a scenario in one format takes in this matrix: a save in every environment, a load in every pair."""
    count = len(matrix.environments)

    def each(op: str) -> float:
        known = _durations()[op]
        return known.get(f"{work.scenario.name} {work.format}", known.get(work.format, known["any"]))

    return count * each("save") + count * count * each("load")


@dataclass(frozen=True)
class Shard:
    """Scenarios that one machine runs, and the seconds they are expected to take on one core."""

    number: int
    of: int
    scenarios: tuple[str, ...]
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.number}/{self.of}"


def cut(matrix: Matrix, count: int) -> list[Shard]:
    """Cut a matrix into at most ``count`` shards: the longest scenario first, always to the shard that has least.

    :raises SelectionError: the count is not from 1 to 256.
    """
    if not 1 <= count <= MOST_SHARDS:
        raise SelectionError(f"{count} shards: from 1 to {MOST_SHARDS} are possible.")
    seconds: dict[str, float] = {}
    for work in matrix.works:
        seconds[work.scenario.name] = seconds.get(work.scenario.name, 0.0) + expected_seconds(matrix, work)
    count = min(count, len(seconds))
    bins: list[tuple[float, list[str]]] = [(0.0, []) for _ in range(count)]
    for name in sorted(seconds, key=lambda item: (-seconds[item], item)):
        least = min(range(count), key=lambda number: (bins[number][0], number))
        bins[least] = (bins[least][0] + seconds[name], [*bins[least][1], name])
    return [Shard(number, count, tuple(sorted(names)), total) for number, (total, names) in enumerate(bins, start=1)]


def select_shard(matrix: Matrix, word: str) -> Matrix:
    """The part of a matrix that ``i/N`` names.

    :raises SelectionError: it is not of that form, or there is no such shard.
    """
    match = _SHARD.match(word)
    if not match or int(match[1]) > int(match[2]):
        raise SelectionError(f"--shard: {word!r} is not of the form i/N, such as 1/4.")
    shards = cut(matrix, int(match[2]))
    number = int(match[1])
    # More shards than scenarios: the last ones are empty, and their machines have nothing to do.
    names = shards[number - 1].scenarios if number <= len(shards) else ()
    if not names:
        raise SelectionError(f"--shard: {word} has nothing to do; {len(shards)} shards are enough for this selection.")
    return Matrix(matrix.environments, tuple(work for work in matrix.works if work.scenario.name in names))


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
            connection.executemany("INSERT INTO runs (started, finished, payload) VALUES (?, ?, ?)", new_runs)
