"""A stored file is inspected once, and what was found of it is what would be found again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from crossload.inspection import Inspection, inspect
from crossload.store.database import Store
from crossload.store.inspections import inspector
from crossload.store.records import Artifact

MODEL = (
    '{"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Mine", "config": {"name": "a"}}]}}'
)


def keep(store: Store, model: str = MODEL, file: str = "model.h5") -> Artifact:
    """Write an HDF5 file as a run keeps one."""
    staging = store.staging_folder()
    with h5py.File(staging / file, "w") as made:
        made.attrs["model_config"] = model
        made.attrs["keras_version"] = "2.9.0"
    digest, size = store.keep_artifact(staging)
    return Artifact("a1", "dense", "h5", "2.9-cpu", "saved", digest, file, "hdf5", size, 0.5, {})


def count_readings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Paths that are really read from here on."""
    read: list[Path] = []

    def counted(path: Path) -> Inspection:
        read.append(path)
        return inspect(path)

    monkeypatch.setattr("crossload.store.inspections.inspect", counted)
    return read


def test_a_second_report_reads_no_file_and_finds_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = keep(store)
    read = count_readings(monkeypatch)
    with inspector(store) as look:
        first = look(artifact)
    with inspector(store) as look:
        second = look(artifact)
    assert read == [store.artifact_folder(artifact) / "model.h5"]
    assert second == first
    assert (second.container, second.keras, second.custom) == ("hdf5", "2.9.0", ("Mine",))
    assert type(second.config_keys) is frozenset


def test_another_reader_reads_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = keep(store)
    with inspector(store) as look:
        look(artifact)
    read = count_readings(monkeypatch)
    monkeypatch.setattr("crossload.store.inspections.reader_version", lambda: "another")
    with inspector(store) as look:
        look(artifact)
    with inspector(store) as look:
        look(artifact)
    assert len(read) == 1
    assert store.read("SELECT reader FROM inspections") == [("another",)]


def test_what_is_damaged_or_missing_is_read_again(store: Store) -> None:
    artifact = keep(store, model='{"class_name":')
    gone = replace(artifact, key="a2", folder="ab" * 32)
    with inspector(store) as look:
        assert look(artifact).damage
        assert look(gone).container == "missing"
    assert store.read("SELECT * FROM inspections") == []


def test_a_kept_inspection_that_can_not_be_read_is_made_again(store: Store) -> None:
    artifact = keep(store)
    with inspector(store) as look:
        found = look(artifact)
    with store.transaction() as connection:
        connection.execute("UPDATE inspections SET found = '{'")
    with inspector(store) as look:
        assert look(artifact) == found
    assert store.read("SELECT found FROM inspections") != [("{",)]


def test_names_that_are_no_text_are_written_out(store: Store) -> None:
    artifact = keep(store, model=MODEL.replace("Mine", "Mine\\ud800"))
    for _ in range(2):  # read, then as it was kept
        with inspector(store) as look:
            assert look(artifact).custom == ("Mine\\ud800",)
    assert len(store.read("SELECT * FROM inspections")) == 1


def test_a_store_that_can_not_be_written_is_no_reason_to_fail(store: Store) -> None:
    artifact = keep(store)
    store.read("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(store.folder / "results.sqlite", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with inspector(store) as look:
            assert look(artifact).custom == ("Mine",)
    assert store.read("SELECT * FROM inspections") == []
