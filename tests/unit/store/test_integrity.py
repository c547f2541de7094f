"""A check finds each kind of damage, and a copy that is taken while a run goes on is whole."""

import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crossload.errors import StoreError
from crossload.execution.local import Engine
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.integrity import Checked, back_up, check
from tests.unit.doubles import ScriptedBackend, config, matrix
from tests.unit.runs.test_run_log import facts, row

NAMES = ("2.10-cpu", "2.16-cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with two artifacts, four cells and a run."""
    with closing(Store(tmp_path / "out" / "store")) as store:
        Engine(matrix(NAMES), config(), ScriptedBackend(), store, 2).run()
        run_log.record(store, facts(1), [row()])
    return tmp_path / "out" / "store"


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_whole_store_is_whole(folder: Path) -> None:
    found = check(folder)
    assert (found.artifacts, found.cells, found.runs, found.unused, found.problems) == (2, 4, 1, 0, ())


def test_a_scenario_may_be_about_a_file_that_is_not_there(folder: Path) -> None:
    with closing(Store(folder)) as store:
        for artifact in store.artifacts().values():
            store.put_artifact(replace(artifact, file="gone.h5"))
        assert "it has no gone.h5" in check(folder).problems[0]
        for artifact in store.artifacts().values():
            store.put_artifact(replace(artifact, container="missing"))
    assert check(folder).problems == ()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM artifacts", "refers to one of artifacts"),
        ("DELETE FROM observations", "refers to one of observations"),
        ("UPDATE artifacts SET payload = '{'", "cannot be read"),
        ("UPDATE cells SET records = '[{}]'", "has no outcome"),
        ("UPDATE cells SET requested = 'x'", "cannot be read"),
        ("UPDATE artifacts SET state = 'cannot-save', folder = ''", "was not saved"),
        ("UPDATE artifacts SET state = 'lost'", "does not go with"),
        ("UPDATE artifacts SET file = 'other.h5'", "has no other.h5"),
        ("UPDATE runs SET payload = ''", "facts cannot be read"),
        ("UPDATE cells SET records = replace(records, 'loaded', 'raised')", "cell {cell}: it has changed"),
        ("UPDATE cells SET seconds = 99", "cell {cell}: it has changed"),
        ("UPDATE cells SET loaded_with = '2.21-cpu'", "cell {cell}: it has changed"),
        ("UPDATE cells SET seal = ''", "cell {cell}: it has changed"),
        ("UPDATE artifacts SET saved_with = '2.21-cpu'", ": it has changed since it was stored"),
        ("UPDATE artifacts SET seconds = 99, bytes = 1", ": it has changed since it was stored"),
        ("UPDATE runs SET finished = 'never'", "run 1: it has changed since it was stored"),
        ("UPDATE observations SET verdict = 'fails'", "it has changed since it was recorded"),
        ("UPDATE observations SET fidelity = 1", "it has changed since it was recorded"),
        ("DROP TABLE run_cells", "no table run_cells"),
        ("PRAGMA user_version = 1", "next run"),
        ("PRAGMA user_version = 99", "newer Crossload"),
    ],
)
def test_each_kind_of_damage_is_found(folder: Path, statement: str, problem: str) -> None:
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
        cell = connection.execute("SELECT key FROM cells").fetchone()[0]
    change(folder, statement)
    problem = problem.replace("{cell}", cell[:16])
    assert any(problem in line for line in check(folder).problems)


def test_files_that_changed_or_went_are_found(folder: Path) -> None:
    places = sorted((folder / "artifacts").glob("*/*"))
    (places[0] / "model.h5").write_bytes(b"other bytes")
    shutil.rmtree(places[1])
    problems = check(folder).problems
    assert any("have changed" in line for line in problems)
    assert any("are gone" in line for line in problems)


def test_a_damaged_database_is_a_problem_and_no_traceback(folder: Path) -> None:
    path = folder / "results.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(range(256)) * 16
    path.write_bytes(bytes(content))
    assert check(folder).problems


def test_what_only_the_database_itself_can_tell_is_found(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "results.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        # Whoever looks a cell up by its index finds none of them.
        other = "CREATE UNIQUE INDEX cells_by_key ON cells (requested)"
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'cells_by_key'", (other,))
    assert any("cells_by_key" in problem for problem in check(folder).problems)


def test_a_copy_holds_what_is_still_in_the_log_of_an_open_store(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "out" / "store")) as store:
        Engine(matrix(NAMES), config(), ScriptedBackend(), store, 2).run()
        copied = back_up(store.folder, tmp_path / "copy")
    assert (copied.artifacts, copied.cells, copied.problems) == (2, 4, ())


def test_what_a_killed_run_left_is_no_damage(folder: Path) -> None:
    (folder / "artifacts" / "ab" / ("ab" * 32)).mkdir(parents=True)
    (folder / "staging" / "half").mkdir()
    found = check(folder)
    assert (found.unused, found.problems) == (1, ())


def test_without_a_store_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no results"):
        check(tmp_path / "store")


def test_a_copy_taken_while_a_run_writes_is_whole_and_the_run_is_not_disturbed(tmp_path: Path) -> None:
    from crossload.planning.matrix import Work
    from tests.unit.doubles import scenario

    works = [Work(scenario(f"dense{number}"), "h5") for number in range(30)]
    with closing(Store(tmp_path / "out" / "store")) as store:
        engine = Engine(matrix(NAMES, works), config(), ScriptedBackend(), store, 2)
        running = threading.Thread(target=engine.run)
        running.start()
        copies: list[Checked] = []
        while running.is_alive() or not copies:
            copies.append(back_up(store.folder, tmp_path / f"copy{len(copies)}"))
        running.join()
        assert engine.progress.done == engine.progress.total == 30 * 2 * 3
    assert all(copy.problems == () for copy in copies)
    # A copy is a store like any other: a run on it executes what was not there yet, and nothing twice.
    with closing(Store(tmp_path / "copy0" / "store")) as store:
        backend = ScriptedBackend()
        engine = Engine(matrix(NAMES, works), config(), backend, store, 2)
        engine.run()
        assert len(backend.asked) + copies[0].artifacts + copies[0].cells == 30 * 2 * 3
    with pytest.raises(StoreError, match="already"):
        back_up(tmp_path / "out" / "store", tmp_path / "copy0")


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_what_a_killed_writer_left_half_done_is_no_damage(folder: Path, tmp_path: Path, mode: str) -> None:
    before = check(folder)
    with closing(sqlite3.connect(folder / "results.sqlite", isolation_level=None)) as writer:
        writer.execute(f"PRAGMA journal_mode={mode}")
        writer.execute("PRAGMA cache_size=1")  # so that what is not committed reaches the files
        writer.execute("BEGIN IMMEDIATE")
        for number in range(200):
            payload = "x" * 3000
            writer.execute("INSERT INTO runs (started, payload) VALUES (?, ?)", (str(number), payload))
        # As the files lie when the writer is killed now.
        killed = tmp_path / "killed" / "store"
        shutil.copytree(folder, killed, ignore=shutil.ignore_patterns("*-shm"))
        writer.execute("ROLLBACK")
    copied = back_up(killed, tmp_path / "copy")
    assert copied == before
    assert check(killed) == before


@pytest.mark.parametrize("value", ["[" * 100_000, "7", b"\xff\xfe", 1e300, "\x1b[31m"])
def test_rows_of_nonsense_are_named_and_end_nothing(folder: Path, value: object) -> None:
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
        for table, columns in {
            "artifacts": "payload, folder",
            "cells": "requested, records",
            "runs": "payload",
        }.items():
            for column in columns.split(", "):
                connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        connection.commit()
    problems = check(folder).problems
    assert any("has changed since it was stored" in problem for problem in problems)
    assert any("cannot be read" in problem for problem in problems)
    with closing(Store(folder)) as store:
        for read in (lambda: run_log.runs(store), store.cells):
            with pytest.raises(StoreError, match="store check"):
                read()


def test_a_view_or_a_trigger_is_none_of_ours(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
        connection.execute("ALTER TABLE cells RENAME TO kept")
        connection.execute(
            "CREATE VIEW cells AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS key FROM c"
        )
    assert any("the view cells, which Crossload did not make" in problem for problem in check(folder).problems)
    with pytest.raises(StoreError, match="the view cells"):
        Store(folder)
