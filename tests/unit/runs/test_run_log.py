"""Recorded runs: what each saw, what differs between two, and since when."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crossload.domain.cells import AXES
from crossload.errors import SelectionError
from crossload.runs import compare
from crossload.runs.text import change_lines, describe_change, history_lines
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.schema import MIGRATIONS

CELL = ("dense", "h5", "2.10-cpu", "2.16-cpu")


def row(cell: tuple[str, ...] = CELL, verdict: str = "exact", error: str = "", **more: Any) -> dict[str, Any]:
    """A row of the results table."""
    return {
        **dict(zip(AXES, cell, strict=True)),
        **{"verdict": verdict, "fidelity": 5 if verdict == "exact" else None, "lost": "", "attempt": "plain"},
        **{"cause": "", "error_type": "ValueError" if error else "", "error": error, "reason": "", "key": "k1"},
        **more,
    }


def facts(day: int, pins: dict[str, str] | None = None) -> dict[str, Any]:
    """What a run says of itself."""
    environments = [{"id": "2.16-cpu", "python": "3.11.7", "pins": pins or {"keras": "3.4.1"}}]
    moment = f"2026-11-{day:02}T01:00:00+00:00"
    return {"started": moment, "finished": moment, "seconds": 60.0, "executed": 1, "environments": environments}


def test_a_run_remembers_what_it_saw(store: Store) -> None:
    other = ("lstm", "keras", "2.10-cpu", "2.16-cpu")
    number = run_log.record(store, facts(1), [row(), row(other, "fails", "no such layer")])
    seen = run_log.observations(store, number)
    assert set(seen) == {CELL, other}
    assert seen[other].verdict == "fails"
    assert seen[other].seen["error"] == "no such layer"
    assert [run.cells for run in run_log.runs(store)] == [2]


def test_what_two_runs_see_alike_is_stored_once(store: Store) -> None:
    for day in (1, 2, 3):
        run_log.record(store, facts(day), [row()])
    assert store.read("SELECT count(*) FROM observations") == [(1,)]
    assert [run.cells for run in run_log.runs(store)] == [1, 1, 1]


def test_a_run_with_nothing_to_do_sees_what_the_last_one_saw(store: Store) -> None:
    first = run_log.record(store, facts(1), [row(), row(("lstm", *CELL[1:]))])
    again = run_log.record_again(store, facts(2))
    assert run_log.observations(store, again) == run_log.observations(store, first)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("exact", "fails", compare.REGRESSION),
        ("equal", "lossy", compare.REGRESSION),
        ("remedy", "crashes", compare.REGRESSION),
        ("fails", "differs", compare.REGRESSION),
        ("exact", "equal", compare.CHANGED),
        ("fails", "remedy", compare.FIXED),
        ("differs", "exact", compare.FIXED),
        ("exact", "unavailable", compare.WENT_UNAVAILABLE),
        ("unavailable", "fails", compare.CHANGED),
        ("cannot-save", "exact", compare.CHANGED),
        ("exact", "exact", None),
        ("unavailable", "unavailable", None),
    ],
)
def test_kinds_of_change(store: Store, old: str, new: str, kind: str | None) -> None:
    sides = [
        run_log.observations(store, run_log.record(store, facts(1), [row(verdict=verdict)])) for verdict in (old, new)
    ]
    assert [change.kind for change in compare.compare(*sides)] == ([kind] if kind else [])


def test_an_error_that_differs_in_addresses_and_paths_only_is_the_same(store: Store) -> None:
    texts = [
        "<Layer object at 0x7f01> in /tmp/a/x.py, line 12",
        "<Layer object at 0x7f99> in /home/b/x.py, line 14",
        "Unknown layer: Scale",
    ]
    seen = [
        run_log.observations(store, run_log.record(store, facts(1), [row(verdict="fails", error=text)]))
        for text in texts
    ]
    assert compare.compare(seen[0], seen[1]) == []
    assert [change.kind for change in compare.compare(seen[1], seen[2])] == [compare.ERROR_CHANGED]


def test_cells_come_and_go_and_regressions_stand_first(store: Store) -> None:
    gone, new = ("gone", *CELL[1:]), ("a-new-one", *CELL[1:])
    before = run_log.observations(store, run_log.record(store, facts(1), [row(), row(gone)]))
    after = run_log.observations(store, run_log.record(store, facts(2), [row(verdict="fails", error="no"), row(new)]))
    changes = compare.compare(before, after)
    assert [(change.kind, change.cell) for change in changes] == [
        (compare.REGRESSION, CELL),
        (compare.NEW, new),
        (compare.GONE, gone),
    ]
    assert change_lines(changes)[:2] == [
        "1 regression, 1 new, 1 gone",
        "regression    dense/h5/2.10-cpu/2.16-cpu: exact → fails: no",
    ]
    assert describe_change(changes[2])["after"] is None


def test_runs_are_found_by_number_and_by_name(store: Store) -> None:
    numbers = [run_log.record(store, facts(day), [row()]) for day in (1, 2, 3)]
    assert run_log.find_run(store, "last").id == numbers[2]
    assert run_log.find_run(store, "previous").id == numbers[1]
    assert run_log.find_run(store, str(numbers[0])).id == numbers[0]
    with pytest.raises(SelectionError, match="accept"):
        run_log.find_run(store, "baseline")
    with pytest.raises(SelectionError, match="no run '77'"):
        run_log.find_run(store, "77")
    run_log.accept(store, numbers[1], "2026-11-04")
    run_log.accept(store, numbers[0], "2026-11-05")
    assert run_log.find_run(store, "baseline").id == numbers[0]


def test_history_names_the_run_and_the_pins_that_changed(store: Store) -> None:
    run_log.record(store, facts(1), [row()])
    run_log.record(store, facts(2), [row()])
    bad = run_log.record(store, facts(3, {"keras": "3.5.0"}), [row(verdict="fails", error="Unrecognized keyword")])
    seen = run_log.history(store, CELL)
    assert [run.id for run, _ in compare.turning_points(seen)] == [1, bad]
    lines = history_lines(seen, CELL)
    assert lines[0] == "dense/h5/2.10-cpu/2.16-cpu: 3 runs, 1 changes"
    assert "    2.16-cpu: keras 3.4.1 → 3.5.0" in lines
    assert lines[-1].startswith("last run in which it loaded plainly: 2 ")


def test_forgetting_keeps_the_newest_and_the_baseline(store: Store) -> None:
    numbers = [
        run_log.record(store, facts(day), [row(verdict="fails", error=f"kind {'x' * day}")]) for day in range(1, 6)
    ]
    run_log.accept(store, numbers[0], "2026-11-04")
    assert run_log.forget(store, 2) == numbers[1:3]
    assert [run.id for run in run_log.runs(store)] == [numbers[0], *numbers[3:]]
    assert store.read("SELECT count(*) FROM observations") == [(3,)]
    assert run_log.observations(store, numbers[0])[CELL].verdict == "fails"


def test_a_run_that_can_not_be_recorded_leaves_nothing(store: Store) -> None:
    half: dict[str, Any] = {"scenario": "half a row"}
    with pytest.raises(KeyError):
        run_log.record(store, facts(1), [row(), half])
    assert run_log.runs(store) == []


def test_a_clock_that_is_set_back_changes_no_order(store: Store) -> None:
    first = run_log.record(store, facts(9), [row()])
    second = run_log.record(store, facts(2), [row(verdict="fails", error="no such layer")])
    assert run_log.find_run(store, "last").id == second
    assert [run.id for run, _ in run_log.history(store, CELL)] == [first, second]
    run_log.accept(store, first, "2026-11-09")
    run_log.accept(store, second, "2026-11-02")
    assert run_log.find_run(store, "baseline").id == second
    assert first in run_log.forget(store, 1)
    # Forgetting the newest acceptance but one does not bring it back.
    assert run_log.find_run(store, "baseline").id == second


def test_acceptances_of_an_older_store_keep_their_order(tmp_path: Path) -> None:
    folder = tmp_path / "older"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
        connection.executescript(f"{MIGRATIONS[0]}{MIGRATIONS[1]};PRAGMA user_version=2;")
        rows = [("2026-11-05",), (None,), ("2026-11-04",)]
        connection.executemany("INSERT INTO runs (started, payload, accepted) VALUES ('then', '{}', ?)", rows)
        connection.commit()
    with closing(Store(folder)) as opened:
        assert [(run.id, run.acceptance) for run in run_log.runs(opened)] == [(1, 2), (2, 0), (3, 1)]


def test_a_run_that_saw_nothing_is_no_last_one(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "store")) as store:
        seen = run_log.record(store, facts(1), [row()])
        run_log.record(store, facts(2), [])
        assert run_log.find_run(store, "last").id == seen
