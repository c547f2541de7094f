"""Canaries: what counts as having done it, and that what they do stays in a folder of their own."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.probe.canaries import kinds, load, make, models


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work" / "tmp").mkdir(parents=True)
    return tmp_path


def ending(name: str, folder: Path, model: Any = None, raised: Any = None, called: bool = False) -> str:
    return str(load._ending(name, str(folder), model, raised, called))


def model(weights: float = 0.0, words: tuple[str, ...] = ()) -> Any:
    layers = [SimpleNamespace(get_vocabulary=lambda: list(words))] if words else []
    return SimpleNamespace(get_weights=lambda: [np.full(3, weights)], layers=layers)


@pytest.mark.parametrize("place", [".", "work", "work/tmp"])
def test_a_marker_shows_that_code_ran_whatever_was_raised(folder: Path, place: str) -> None:
    assert ending("lambda", folder, raised=ValueError("no")) == kinds.REFUSED
    assert ending("lambda", folder, model()) == kinds.IDLE
    (folder / place / models.RAN).touch()
    assert ending("lambda", folder, raised=ValueError("no")) == kinds.RUNS


def test_what_unpacks_into_its_own_folder_has_not_escaped(folder: Path) -> None:
    (folder / "work" / "tmp" / "deep" / "a").mkdir(parents=True)
    (folder / "work" / "tmp" / "deep" / "a" / models.RAN).touch()
    assert ending("archive-path", folder, model()) == kinds.IDLE


def test_what_was_read_shows_in_the_model(folder: Path) -> None:
    assert ending("external-link", folder, model()) == kinds.IDLE
    assert ending("external-link", folder, model(models.SECRET)) == kinds.READS
    assert ending("vocabulary-path", folder, model(words=("one", "two"))) == kinds.IDLE
    assert ending("vocabulary-path", folder, model(words=("one", models.WORD))) == kinds.READS
    assert ending("tfsm-layer", folder, raised=ValueError("later"), called=True) == kinds.READS
    assert ending("unsafe-switch", folder, model(), called=True) == kinds.RUNS


def test_asking_for_the_memory_is_taking_it(folder: Path) -> None:
    assert ending("huge-shape", folder, raised=MemoryError()) == kinds.TAKES
    assert ending("huge-shape", folder, raised=ValueError("x: Unable to allocate 5.22 GiB")) == kinds.TAKES
    assert ending("huge-shape", folder, raised=ValueError("Not allowed")) == kinds.REFUSED
    assert ending("archive-bomb", folder, model()) == kinds.TAKES
    assert ending("lambda", folder, raised=MemoryError()) == kinds.REFUSED


def test_a_call_is_seen_and_nothing_else_is() -> None:
    def load_partial() -> None:
        """Of another file."""

    with load._Watch([("test_canaries.py", "load_partial")]) as watch:
        pass
    assert not watch.seen
    with load._Watch([("saved_model/load.py", "load_partial")]) as watch:
        load_partial()
    assert not watch.seen
    with load._Watch([("test_canaries.py", "load_partial")]) as watch:
        load_partial()
    assert watch.seen


def test_the_half_bomb_claims_what_it_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    monkeypatch.setattr(models, "plain", lambda: None)
    monkeypatch.setattr(models, "written", lambda *arguments: str(path))
    make.MAKERS["archive-bomb"]("keras", str(tmp_path))
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("config.json").file_size > 4 << 30
        assert archive.read("config.json") == b"{}"
    assert path.stat().st_size < 1000


def test_a_configuration_is_edited_wherever_a_format_keeps_it(tmp_path: Path) -> None:
    config = {"config": {"layers": [{"class_name": "Activation", "config": {"name": models.CANARY}}]}}
    files = {form: tmp_path / f"model.{form.partition('+')[0]}" for form in ("keras", "h5", "json+weights")}
    with zipfile.ZipFile(files["keras"], "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", "kept")
    with h5py.File(files["h5"], "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    files["json+weights"].write_text(json.dumps(config))

    def change(found: Any) -> None:
        models.replaced(models.place_of(found), "Lambda", {"name": "other"}, "elsewhere")

    for form, path in files.items():
        models.edit_configuration(str(path), form, change)
        # What is edited is found no more.
        with pytest.raises(StopIteration):
            models.edit_configuration(str(path), form, models.place_of)
    with zipfile.ZipFile(files["keras"]) as archive:
        assert json.loads(archive.read("config.json"))["config"]["layers"][0]["module"] == "elsewhere"
        assert archive.read("metadata.json") == b"kept"


@pytest.mark.parametrize("name", ["external-storage", "external-link", "external-group", "virtual-dataset"])
def test_what_a_file_of_weights_leads_to_is_read_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file["layer/vars/0"] = np.zeros((4, 3), "float32")
        file["layer/vars/1"] = np.ones(3, "float32")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(models, "plain", lambda: None)
    monkeypatch.setattr(models, "written", lambda *arguments: str(path))
    make.MAKERS[name]("weights.h5", str(tmp_path))
    with h5py.File(path) as file:
        assert np.all(file["layer/vars/0"][()] == models.SECRET)
        assert np.all(file["layer/vars/1"][()] == 1)
    assert np.float32(models.SECRET).tobytes() not in path.read_bytes()


def test_a_huge_shape_takes_no_room_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file["vars/0"] = np.zeros((4, 3), "float32")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(models, "plain", lambda: None)
    monkeypatch.setattr(models, "written", lambda *arguments: str(path))
    make.MAKERS["huge-shape"]("weights.h5", str(tmp_path))
    with h5py.File(path) as file:
        assert file["vars/0"].nbytes > 4 << 30
    assert path.stat().st_size < 100_000
