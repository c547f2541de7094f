"""Recorded runs and what each of them saw.

An observation is what a run can say of one cell. It is stored once, however many runs see it; a run is the set of its
observations.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.domain.cells import AXES, SEEN_COLUMNS, CellRow, Column
from crossload.errors import SelectionError
from crossload.store.database import Store
from crossload.store.schema import INSERT_RUN, stored_json

_COLUMNS: tuple[Column, ...] = (*AXES, *SEEN_COLUMNS, "key")


# What differs between two runs of the same program in an error's text: addresses, folders, line numbers, counters.
_NOISE = re.compile(r"0x[0-9a-fA-F]+|/[^\s'\"]+|line \d+|_\d+\b|\d{4,}")


@dataclass(frozen=True)
class Run:
    """One recorded run.

    :param accepted: when it was made the baseline, ISO 8601; empty otherwise.
    :param acceptance: number that orders the acceptances, for a clock can be set back; 0 where it was never accepted.
    :param payload: what is known of it, ``environments`` with their pins among it.
    """

    id: int
    started: str
    finished: str
    accepted: str
    acceptance: int
    cells: int
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Observation:
    """What one run saw of one cell."""

    cell: tuple[str, ...]
    seen: Mapping[str, Any]
    key: str

    @property
    def verdict(self) -> str:
        return str(self.seen["verdict"])

    def same_as(self, other: "Observation") -> bool:
        """Whether nothing that matters differs; error texts are compared without addresses, folders and numbers."""
        return self._compared() == other._compared()

    def _compared(self) -> list[Any]:
        return [_NOISE.sub("#", self.seen[name]) if name == "error" else self.seen[name] for name in SEEN_COLUMNS]


def _plain(value: Any) -> Any:
    return None if value is None or value != value else value


def _digest(values: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def changed_observations(connection: sqlite3.Connection) -> Iterator[str]:
    """What runs saw and no longer reads as it was recorded, by its cell."""
    fidelity = _COLUMNS.index("fidelity")
    for number, digest, *values in connection.execute(
        f"SELECT observations.id, digest, {', '.join(_COLUMNS)} FROM observations"
    ):
        # Tables may have had it as a float; SQLite keeps a whole number.
        other = [
            float(value) if place == fidelity and value is not None else value for place, value in enumerate(values)
        ]
        if digest not in (_digest(values), _digest(other)):
            yield f"observation {number} ({' '.join(map(str, values[: len(AXES)]))}): it has changed since it was recorded"


def record(store: Store, facts: Mapping[str, Any], rows: Iterable[CellRow]) -> int:
    """Store a finished run and what it saw; returns its number.

    :param rows: one mapping a cell, with at least the columns of ``AXES``, ``SEEN_COLUMNS`` and ``key``.
    """
    prepared = []
    for row in rows:
        values = [_plain(row[name]) for name in _COLUMNS]
        prepared.append((_digest(values), *values))
    with store.transaction() as connection:
        run = _insert_run(connection, facts)
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        connection.executemany(
            f"INSERT OR IGNORE INTO observations (digest, {', '.join(_COLUMNS)}) VALUES ({marks})", prepared
        )
        connection.executemany(
            "INSERT OR IGNORE INTO run_cells SELECT ?, id FROM observations WHERE digest = ?",
            [(run, row[0]) for row in prepared],
        )
    return run


def record_again(store: Store, facts: Mapping[str, Any]) -> int:
    """Store a run that saw exactly what the one before it saw; returns its number."""
    with store.transaction() as connection:
        run = _insert_run(connection, facts)
        connection.execute(
            "INSERT INTO run_cells SELECT ?, observation FROM run_cells WHERE run ="
            " (SELECT max(run) FROM run_cells WHERE run < ?)",
            (run, run),
        )
    return run


def _insert_run(connection: Any, facts: Mapping[str, Any]) -> int:
    cursor = connection.execute(
        INSERT_RUN,
        (facts["started"], facts["finished"], json.dumps(dict(facts))),
    )
    return int(cursor.lastrowid)


def runs(store: Store) -> list[Run]:
    """Every recorded run, oldest first."""
    rows = store.read(
        "SELECT id, started, coalesce(finished, ''), coalesce(accepted, ''), coalesce(acceptance, 0),"
        " (SELECT count(*) FROM run_cells WHERE run = runs.id), payload FROM runs ORDER BY id"
    )
    return [
        Run(number, started, finished, accepted, acceptance, cells, stored_json(payload, dict))
        for number, started, finished, accepted, acceptance, cells, payload in rows
    ]


def find_run(store: Store, word: str) -> Run:
    """A run by its number, ``last``, ``previous`` or ``baseline`` (the one accepted last).

    :raises SelectionError: there is no such run.
    """
    known = [run for run in runs(store) if run.cells]
    if word in ("last", "previous"):
        position = {"last": 1, "previous": 2}[word]
        if len(known) >= position:
            return known[-position]
        raise SelectionError(f"there is no {word} run: {len(known)} recorded.")
    if word == "baseline":
        accepted = [run for run in known if run.accepted]
        if accepted:
            return max(accepted, key=lambda run: run.acceptance)
        raise SelectionError("no run is accepted yet. `crossload accept RUN` makes one the baseline.")
    found = [run for run in known if str(run.id) == word]
    if not found:
        numbers = ", ".join(str(run.id) for run in known[-8:]) or "none"
        raise SelectionError(f"there is no run {word!r}. Known: {numbers}; or last, previous, baseline.")
    return found[0]


def recorded_states(store: Store) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Environments as the last run that had them ready recorded them, by id and digest of the lock."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for run in runs(store):
        for state in run.payload.get("states", ()):
            if state["state"] == "ready":
                found[state["id"], state["digest"]] = state
    return found


def observations(store: Store, run: int) -> dict[tuple[str, ...], Observation]:
    """What a run saw, by cell."""
    rows = store.read(
        f"SELECT {', '.join(_COLUMNS)} FROM observations JOIN run_cells ON observation = observations.id WHERE run = ?",
        (run,),
    )
    return {tuple(row[:4]): _observation(row) for row in rows}


def _observation(row: Sequence[Any]) -> Observation:
    return Observation(tuple(row[:4]), dict(zip(SEEN_COLUMNS, row[4:-1], strict=True)), row[-1])


def history(store: Store, cell: Sequence[str]) -> list[tuple[Run, Observation]]:
    """Every run that has a cell, oldest first, with what it saw."""
    by_id = {run.id: run for run in runs(store)}
    rows = store.read(
        f"SELECT run, {', '.join(_COLUMNS)} FROM observations JOIN run_cells ON observation = observations.id"
        " WHERE scenario = ? AND format = ? AND saved_with = ? AND loaded_with = ? ORDER BY run",
        cell,
    )
    return [(by_id[row[0]], _observation(row[1:])) for row in rows]


def cells(store: Store) -> list[tuple[str, ...]]:
    """The names of every cell that any run has seen, by their axes."""
    return store.read(f"SELECT DISTINCT {', '.join(AXES)} FROM observations")


def accept(store: Store, run: int, now: str) -> None:
    """Make a run the baseline that later ones are compared with."""
    with store.transaction() as connection:
        connection.execute(
            "UPDATE runs SET accepted = ?, acceptance = (SELECT coalesce(max(acceptance), 0) + 1 FROM runs) WHERE id = ?",
            (now, run),
        )


def forget(store: Store, keep: int) -> list[int]:
    """Remove all but the last ``keep`` runs and the baseline; returns the numbers of those removed."""
    known = runs(store)
    accepted = [run for run in known if run.accepted]
    kept = {run.id for run in known[max(0, len(known) - keep) :]}
    kept |= {max(accepted, key=lambda run: run.acceptance).id} if accepted else set()
    gone = [run.id for run in known if run.id not in kept]
    with store.transaction() as connection:
        for number in gone:
            connection.execute("DELETE FROM run_cells WHERE run = ?", (number,))
            connection.execute("DELETE FROM runs WHERE id = ?", (number,))
        connection.execute("DELETE FROM observations WHERE id NOT IN (SELECT observation FROM run_cells)")
    return gone
