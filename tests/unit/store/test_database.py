"""What is in the store stays there: reopened, killed, out of space, or from another version."""

import dataclasses
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crossload.errors import StoreError
from crossload.inspection.containers import container_of
from crossload.store import run_log
from crossload.store.artifact_files import digest_folder
from crossload.store.database import Store
from crossload.store.records import Artifact, Cell, content_key
from crossload.store.schema import MIGRATIONS, SCHEMA_VERSION

ARTIFACT = Artifact(
    "a1", "dense", "h5", "2.10-cpu", "cannot-save", "", "", "", 0, 0.5, {"error": "é\ud800", "stage": "fit"}
)
CELL = Cell("c1", "a1", "2.16-cpu", ("plain", "compile=False"), ({"attempt": "plain", "outcome": "raised"},), 0.25)


def reopened(store: Store) -> Store:
    store.close()
    return Store(store.folder)


def keep(store: Store, key: str = "a1", text: bytes = b"weights") -> Artifact:
    """Write an artifact as a run does."""
    staging = store.staging_folder()
    (staging / "model.h5").write_bytes(text)
    (staging / "reference.npz").write_bytes(b"reference")
    digest, size = store.keep_artifact(staging)
    artifact = Artifact(
        key, "dense", "h5", "2.10-cpu", "saved", digest, "model.h5", "other", size, 0.5, {"file": "model.h5"}
    )
    store.put_artifact(artifact)
    return artifact


def test_a_name_in_no_encoding_has_a_digest(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff\x1b.bin", "wb") as stream:
        stream.write(b"words")
    assert digest_folder(tmp_path)[1] == 5


def test_the_keys_of_the_cells_are_those_that_were_put(store: Store) -> None:
    store.put_artifact(ARTIFACT)
    store.put_cell(CELL)
    store.put_cell(dataclasses.replace(CELL, key="c2"))
    assert store.cell_keys() == {"c1", "c2"} == store.known_cells().keys()


def test_a_new_store_is_empty(store: Store) -> None:
    assert (store.artifacts(), store.cells()) == ({}, {})


def test_what_was_put_is_there_when_it_is_opened_again(store: Store) -> None:
    store.put_artifact(ARTIFACT)
    store.put_cell(CELL)
    saved = keep(store, "a2")
    again = reopened(store)
    assert again.artifacts() == {"a1": ARTIFACT, "a2": saved}
    assert again.cells() == {"c1": CELL}
    assert (again.artifact_folder(saved) / "model.h5").read_bytes() == b"weights"
    again.close()


def test_numbers_that_are_not_finite_survive(store: Store) -> None:
    record: Any = {"attempt": "plain", "difference": float("inf")}
    store.put_cell(dataclasses.replace(CELL, records=(record,)))
    again = reopened(store)
    assert again.cells()["c1"].records == (record,)
    again.close()


def test_a_later_result_replaces_the_earlier_one(store: Store) -> None:
    store.put_cell(CELL)
    store.put_artifact(ARTIFACT)
    store.put_cell(dataclasses.replace(CELL, seconds=9.0))
    store.put_artifact(dataclasses.replace(ARTIFACT, state="crashes"))
    assert [cell.seconds for cell in store.cells().values()] == [9.0]
    assert [artifact.state for artifact in store.artifacts().values()] == ["crashes"]


def test_runs_are_recorded(store: Store) -> None:
    run_log.record(store, {"started": "then", "finished": "now", "executed": 3}, [])
    rows = (
        sqlite3.connect(store.folder / "results.sqlite")
        .execute("SELECT started, finished, payload FROM runs")
        .fetchall()
    )
    assert rows == [("then", "now", '{"started": "then", "finished": "now", "executed": 3}')]


# Artifacts


def test_the_size_is_that_of_the_model_and_not_of_our_reference(store: Store) -> None:
    assert keep(store).bytes == len(b"weights")


def test_the_same_bytes_are_kept_once(store: Store) -> None:
    first, second, other = keep(store, "a1"), keep(store, "a2"), keep(store, "a3", b"other")
    assert first.folder == second.folder
    assert first.folder != other.folder
    assert len(list((store.folder / "artifacts").glob("*/*"))) == 2
    assert list((store.folder / "staging").iterdir()) == []


@pytest.mark.parametrize(("name", "text"), [("model.h5", b"weighty"), ("model2.h5", b"weights")])
def test_other_names_and_other_bytes_are_other_artifacts(store: Store, name: str, text: bytes) -> None:
    first = keep(store)
    staging = store.staging_folder()
    (staging / name).write_bytes(text)
    (staging / "reference.npz").write_bytes(b"reference")
    assert store.keep_artifact(staging)[0] != first.folder


def test_folders_are_kept_whole(store: Store) -> None:
    staging = store.staging_folder()
    (staging / "model" / "variables").mkdir(parents=True)
    (staging / "model" / "saved_model.pb").write_bytes(b"12345")
    (staging / "model" / "variables" / "variables.index").write_bytes(b"123")
    digest, size = store.keep_artifact(staging)
    assert size == 8
    kept = store.artifact_folder(dataclasses.replace(ARTIFACT, folder=digest))
    assert (kept / "model" / "variables" / "variables.index").read_bytes() == b"123"


def test_an_artifact_whose_files_are_gone_is_left_out(store: Store) -> None:
    gone, there = keep(store, "a1", b"gone"), keep(store, "a2", b"there")
    store.put_artifact(dataclasses.replace(ARTIFACT, key="a3"))
    shutil.rmtree(store.artifact_folder(gone))
    again = reopened(store)
    assert set(again.artifacts()) == {there.key, "a3"}
    again.close()


def test_what_a_killed_run_left_half_written_is_cleared(store: Store) -> None:
    kept = keep(store)
    (store.staging_folder() / "half").write_bytes(b"x")
    store.staging_folder()
    store.clear_staging()
    assert list((store.folder / "staging").iterdir()) == []
    assert store.artifact_folder(kept).is_dir()


def test_staging_folders_are_new_and_empty(store: Store) -> None:
    first, second = store.staging_folder(), store.staging_folder()
    assert first != second
    assert list(first.iterdir()) == list(second.iterdir()) == []


def test_containers_are_read_from_the_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.keras").write_bytes(b"\x89HDF\r\n\x1a\n and more")
    (tmp_path / "b.h5").write_bytes(b"PK\x03\x04 and more")
    (tmp_path / "c").write_bytes(b"")
    (tmp_path / "checkpoint.index").write_bytes(b"x")
    found = {
        name: container_of(tmp_path / name) for name in ("folder", "a.keras", "b.h5", "c", "checkpoint", "nothing")
    }
    assert found == {
        **{"folder": "directory", "a.keras": "hdf5", "b.h5": "zip", "c": "other"},
        **{"checkpoint": "tf-checkpoint", "nothing": "missing"},
    }


# Keys


def test_a_key_depends_on_every_part_and_on_their_order() -> None:
    keys = [
        content_key(*parts)
        for parts in [("a", "b"), ("b", "a"), ("ab",), ("a", ["b"]), ("a", "b", None), ("a", 1), ("a", "1")]
    ]
    assert len(set(keys)) == len(keys)
    assert content_key("a", {"x": 1, "y": 2}) == content_key("a", {"y": 2, "x": 1})


# Other versions and damage


def test_a_store_from_a_newer_crossload_is_refused_and_left_alone(store: Store) -> None:
    store.put_cell(CELL)
    store.close()
    with sqlite3.connect(store.folder / "results.sqlite") as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match="newer Crossload"):
        Store(store.folder)
    with sqlite3.connect(store.folder / "results.sqlite") as connection:
        assert connection.execute("SELECT key FROM cells").fetchall() == [("c1",)]


def test_a_damaged_store_is_an_error_that_says_what_to_do(store: Store) -> None:
    store.close()
    for leftover in store.folder.glob("results.sqlite*"):
        leftover.unlink()
    (store.folder / "results.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="--out"):
        Store(store.folder)


def test_a_file_where_the_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("", encoding="utf-8")
    with pytest.raises(StoreError, match="--out"):
        Store(tmp_path / "store")


def test_results_that_can_not_be_read_are_an_error(store: Store) -> None:
    with sqlite3.connect(store.folder / "results.sqlite") as connection:
        connection.execute("DROP TABLE cells")
    with pytest.raises(StoreError, match="cannot be read"):
        store.cells()


# A full disk


def test_a_full_disk_is_said(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.check_space("some other error")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 100, 0))
    with pytest.raises(StoreError, match="disk is full"):
        store.check_space()


def test_a_message_that_says_so_is_believed(store: Store) -> None:
    with pytest.raises(StoreError, match="disk is full"):
        store.check_space("[Errno 28] No space left on device: 'model.h5'")


def test_a_database_that_can_not_grow_loses_nothing_that_was_written(store: Store) -> None:
    store.put_cell(CELL)
    store._connection.execute("PRAGMA max_page_count=1")  # SQLite then fails as it does on a full disk
    big: Any = {"attempt": "plain", "error": "x" * 200_000}
    with pytest.raises(StoreError, match=r"full.*free some space"):
        store.put_cell(dataclasses.replace(CELL, key="c2", records=(big,)))
    again = reopened(store)
    assert set(again.cells()) == {"c1"}
    again.close()


def no_space(*arguments: Any, **keywords: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(("owner", "name"), [(os, "rename"), (Path, "mkdir")])
def test_an_artifact_that_can_not_be_moved_to_its_place_is_an_error(
    store: Store, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    staging = store.staging_folder()
    (staging / "model.h5").write_bytes(b"x")
    monkeypatch.setattr(owner, name, no_space)
    with pytest.raises(StoreError, match="No space left"):
        store.keep_artifact(staging)


def test_a_folder_that_can_not_be_made_is_an_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "mkdir", no_space)
    with pytest.raises(StoreError, match="No space left"):
        store.staging_folder()


# Threads and kills


def test_threads_write_side_by_side(store: Store) -> None:
    def write(number: int) -> None:
        for index in range(20):
            store.put_cell(dataclasses.replace(CELL, key=f"{number}-{index}"))
            keep(store, f"{number}-{index}", b"%d" % (index % 3))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.cells()) == len(store.artifacts()) == 80
    assert len(list((store.folder / "artifacts").glob("*/*"))) == 3


_WRITER = """
import sys
from pathlib import Path
from crossload.store.database import Store
from crossload.store.records import Artifact, Cell

store = Store(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    staging = store.staging_folder()
    (staging / "model.h5").write_text(str(number))
    digest, size = store.keep_artifact(staging)
    key = f"a{number}"
    store.put_artifact(Artifact(key, "dense", "h5", "2.10-cpu", "saved", digest, "model.h5", "other", size, 0.1, {}))
    store.put_cell(Cell(f"c{number}", key, "2.16-cpu", ("plain",), ({"attempt": "plain"},), 0.1))
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_loses_nothing_that_it_had_finished(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path / "store")], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    told = [int(writer.stdout.readline()) for _ in range(40)]
    writer.send_signal(signal.SIGKILL)
    told += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    store = Store(tmp_path / "store")
    artifacts, cells = store.artifacts(), store.cells()
    for number in told:
        artifact = artifacts[f"a{number}"]
        assert (store.artifact_folder(artifact) / "model.h5").read_text(encoding="utf-8") == str(number)
        assert cells[f"c{number}"].artifact_key == artifact.key
    assert len(cells) <= len(told) + 1
    store.clear_staging()
    store.put_cell(CELL)
    store.close()


def _store_of_the_first_schema(folder: Path, key: str, records: str) -> None:
    """A store as the first schema had it, with one cell and one run."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "results.sqlite")) as connection, connection:
        connection.executescript(f"{MIGRATIONS[0]};PRAGMA user_version=1;")
        connection.execute(
            "INSERT INTO cells (key, artifact_key, loaded_with, requested, records, seconds) VALUES"
            " (?, 'a1', '2.16-cpu', '[\"plain\"]', ?, 1.0)",
            [key, records],
        )
        connection.execute("INSERT INTO runs (started, finished, payload) VALUES ('then', 'now', '{}')")


def test_a_store_of_the_first_schema_is_brought_up_to_date_and_keeps_its_results(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    _store_of_the_first_schema(folder, "c1", "[]")
    store = Store(folder)
    assert list(store.cells()) == ["c1"]
    assert [(run.id, run.accepted, run.cells) for run in run_log.runs(store)] == [(1, "", 0)]
    assert store.read("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    store.close()


def test_bringing_a_store_up_to_date_leaves_no_log_of_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossload.store.database._JOURNAL_BYTES", 1 << 20)
    folder = tmp_path / "store"
    _store_of_the_first_schema(folder, "large", " " * (12 << 20))
    store = Store(folder)
    log = folder / "results.sqlite-wal"
    assert log.stat().st_size > 12 << 20
    store.put_cell(CELL)
    assert log.stat().st_size <= 1 << 20
    store.close()


_OPEN = (
    "import sys; from pathlib import Path; from crossload.store.database import Store; Store(Path(sys.argv[1])).close()"
)


def test_a_new_store_can_be_opened_by_several_at_once(tmp_path: Path) -> None:
    line = [sys.executable, "-c", _OPEN, str(tmp_path / "store")]
    processes = [subprocess.Popen(line, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[1] for process in processes] == [""] * 4
    assert [process.returncode for process in processes] == [0] * 4


def test_seconds_do_not_depend_on_the_time_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    from crossload.util.clock import Started

    started = Started()
    monkeypatch.setattr("time.time", lambda: 0.0)  # the clock was set back by decades
    assert 0 <= started.seconds < 60


def test_what_is_interrupted_leaves_nothing_behind(store: Store) -> None:
    def stop_halfway() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO runs (started, payload) VALUES ('now', '{}')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_halfway()
    assert store.read("SELECT count(*) FROM runs") == [(0,)]
    with store.transaction() as connection:
        connection.execute("INSERT INTO runs (started, payload) VALUES ('now', '{}')")
    assert store.read("SELECT count(*) FROM runs") == [(1,)]


def test_forgetting_a_cell_forgets_no_other(store: Store) -> None:
    artifact = keep(store)
    keys = ["a" * 64, "a" * 15 + "b" * 49, "ab" * 32]
    for key in keys:
        store.put_cell(Cell(key, artifact.key, "2.16-cpu", ("plain",), (), 1.0))
    store.remove_cells([keys[0]])
    assert set(store.cells()) == set(keys[1:])


def test_a_cell_is_known_where_plain_loading_was_measured_and_nothing_was_a_fault_of_ours(store: Store) -> None:
    artifact = keep(store)
    plain: Any = {"attempt": "plain", "outcome": "raised", "error_type": "ValueError", "error": "no"}
    fault: Any = {"attempt": "rename", "outcome": "harness-error", "error_type": "KeyError", "error": "x"}
    cells = {"sound": (plain,), "faulty": (plain, fault), "without": ({**plain, "attempt": "rename"},), "none": ()}
    for key, records in cells.items():
        store.put_cell(Cell(key, artifact.key, "2.16-cpu", ("plain", "rename"), records, 1.0))
    known = store.known_cells()
    assert {key for key, cell in known.items() if cell.sound} == {"sound"}
    assert known["sound"].covers(["plain"])
    assert not known["sound"].covers(["plain", "translate"])
    assert not known["faulty"].covers(["plain"])
