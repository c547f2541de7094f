"""Files that users give: what each is, and one clear line for what is none."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crossload.inspection import Inspection, inspect
from crossload.user_models import model_file
from crossload.user_models.bench import read_inputs
from crossload.user_models.convert import check_destination
from crossload.user_models.model_file import ModelError, open_model
from crossload.user_models.user_code import prepare_code
from tests.unit.inspection import files


def test_every_kind_of_file_gets_its_format(tmp_path: Path) -> None:
    files.hdf5(tmp_path / "whole.h5", files.KERAS_2, files.TRAINING)
    files.hdf5(tmp_path / "old.h5")
    files.hdf5(tmp_path / "new.weights.h5", layout="new")
    files.keras_zip(tmp_path / "native.keras")
    files.savedmodel(tmp_path / "folder")
    files.checkpoint(tmp_path / "ckpt", ["layer/kernel"])
    formats = {
        name: open_model(tmp_path / name).format
        for name in ("whole.h5", "old.h5", "new.weights.h5", "native.keras", "folder", "ckpt", "ckpt.index")
    }
    assert formats == {
        **{"whole.h5": "h5", "old.h5": "weights-h5", "new.weights.h5": "weights.h5", "native.keras": "keras"},
        **{"folder": "savedmodel", "ckpt": "tf-checkpoint", "ckpt.index": "tf-checkpoint"},
    }
    assert open_model(tmp_path / "ckpt").bytes > 10


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        ({"cnn.json": files.KERAS_2}, "cnn.json"),
        ({"cnn.json": files.KERAS_2, "rnn.json": files.KERAS_2}, "cnn.json"),
        ({"other.json": files.KERAS_2, "labels.json": {"a": 1}}, "other.json"),
        ({"one.json": files.KERAS_2, "two.json": files.KERAS_2}, ""),
        ({"labels.json": {"a": 1}}, ""),
        ({}, ""),
    ],
)
def test_an_architecture_beside_weights_is_named(beside: dict[str, object], named: str, tmp_path: Path) -> None:
    files.hdf5(tmp_path / "cnn.h5")
    for name, content in beside.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "folder.json").mkdir()
    said = open_model(tmp_path / "cnn.h5").weights_alone
    assert said.startswith("holds weights alone.")
    assert (f" {named} beside it is an architecture" in said) is bool(named)
    assert ("model.weights.h5" in said) is bool(named)


def broken(folder: Path, kind: str) -> Path:
    path = folder / "model.h5"
    if kind == "text":
        path.write_text("these are not the bytes you are looking for", encoding="utf-8")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "truncated h5":
        files.hdf5(path, files.KERAS_2)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "other hdf5":
        import h5py

        with h5py.File(path, "w") as file:
            file["measurements"] = np.zeros(3)
    elif kind == "truncated keras":
        path = folder / "model.keras"
        files.keras_zip(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif kind == "other zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("notes.txt", "nothing")
    elif kind == "half a SavedModel":
        path = folder / "half"
        files.savedmodel(path)
        (path / "variables" / "variables.index").unlink()
    elif kind == "a SavedModel without its numbers":
        path = folder / "index"
        files.savedmodel(path)
        (path / "variables" / "variables.data-00000-of-00001").unlink()
    elif kind == "other half":
        path = folder / "half"
        files.savedmodel(path)
        (path / "saved_model.pb").unlink()
        (path / "keras_metadata.pb").unlink()
    elif kind == "empty folder":
        path = folder / "nothing"
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "there is no such file"),
        ("text", "is not a saved model"),
        ("empty", "is empty"),
        ("truncated h5", "is damaged"),
        ("other hdf5", "HDF5 without a model"),
        ("truncated keras", "is damaged"),
        ("other zip", "no .keras file"),
        ("half a SavedModel", "is damaged (variables: not in the folder"),
        ("a SavedModel without its numbers", "is damaged (variables: variables.data is not beside variables.index"),
        ("other half", "is no SavedModel: it has no saved_model.pb"),
        ("empty folder", "it holds nothing"),
    ],
)
def test_what_is_no_model_is_said(kind: str, words: str, tmp_path: Path) -> None:
    path = broken(tmp_path, kind)
    with pytest.raises(ModelError) as caught:
        open_model(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2
    assert len(str(caught.value).splitlines()) == 1


CODE = {
    "def make():\n    return 1\n": ":make",
    "def make(size, depth=2):\n    return 1\n": "asks for 1",
    "def make(*, size):\n    return 1\n": "asks for 1",
    "def other():\n    return 1\n": "defines no function 'make'. Its functions: other",
    "def make(:\n": "is no Python",
}


@pytest.mark.parametrize("text", CODE)
def test_a_factory_is_looked_at_before_anything_is_built(text: str, tmp_path: Path) -> None:
    factory = tmp_path / "factory.py"
    factory.write_text(text, encoding="utf-8")
    if CODE[text].startswith(":"):
        assert prepare_code(tmp_path / "work", None, f"{factory}:make").factory == "factory:make"
        return
    with pytest.raises(ModelError) as caught:
        prepare_code(tmp_path / "work", None, f"{factory}:make")
    assert CODE[text] in str(caught.value)


def test_options_that_name_no_code(tmp_path: Path) -> None:
    for custom, build, words in (
        ("nowhere.py", None, "there is no such file"),
        ("no.such.module", None, "neither such a file nor such a module"),
        (None, "factory.py", "is not of the form factory.py:function"),
        (None, "factory.py:lambda", "is not of the form"),
    ):
        with pytest.raises(ModelError, match=words):
            prepare_code(tmp_path / "work", custom, build)


def test_what_a_module_imports_beside_it_comes_with_it(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("import helper\n", encoding="utf-8")
    (tmp_path / "helper.py").write_text("", encoding="utf-8")
    (tmp_path / "secrets.txt").write_text("", encoding="utf-8")
    code = prepare_code(tmp_path / "work", str(tmp_path / "layers.py"), None)
    assert sorted(path.name for path in (code.package / "code").iterdir()) == ["helper.py", "layers.py"]
    assert code.custom == "layers"


@pytest.mark.timeout(20)
def test_what_is_no_file_beside_a_module_stays_there(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text("", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    (tmp_path / "folder.py").mkdir()
    code = prepare_code(tmp_path / "work", str(tmp_path / "layers.py"), None)
    assert [path.name for path in (code.package / "code").iterdir()] == ["layers.py"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"(" * 5000 + b")" * 5000, "is no Python"),
        (b"x = " + b"-" * 200_000 + b"1", "is no Python"),
        (b"x = 1\0", "is no Python"),
        (b"x = '\\d'\ny = (", "is no Python"),
        (bytes(21_000_000), "more than 1 MB"),
        (b"x = [" + b"1," * 600_000 + b"]", "more than 1 MB"),
    ],
)
def test_a_module_that_cannot_be_read_is_said_in_a_line(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "layers.py").write_bytes(content)
    with pytest.raises(ModelError, match=words) as caught:
        prepare_code(tmp_path / "work", str(tmp_path / "layers.py"), None)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("word", "said"), [("..", "neither such a file"), (".", "neither such a file"), ("notes.txt", "must end in .py")]
)
def test_what_names_no_module_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("x = 1", encoding="utf-8")
    for given in ((word, None), (None, f"{word}:make")):
        with pytest.raises(ModelError, match=said):
            prepare_code(tmp_path / "work", *given)


def test_inputs_are_arrays(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("../x\x1b[31m", b"words")
    with pytest.raises(ModelError, match=r"\.\./x\\x1b\[31m is no array"):
        read_inputs(tmp_path / "x.npz")


def test_inputs_are_a_few_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", *[np.zeros(1)] * 1001)
    with pytest.raises(ModelError, match="holds 1,001 arrays"):
        read_inputs(tmp_path / "x.npz")


def test_a_file_of_holes_is_refused(tmp_path: Path) -> None:
    files.hdf5(tmp_path / "a.h5", files.KERAS_2)
    with (tmp_path / "a.h5").open("r+b") as stream:
        stream.truncate(10 << 40)
    with pytest.raises(ModelError, match="a file with holes: it declares 10485760 MB"):
        open_model(tmp_path / "a.h5")


def test_a_folder_with_a_pipe_in_it_is_refused(tmp_path: Path) -> None:
    files.savedmodel(tmp_path / "model")
    os.mkfifo(tmp_path / "model" / "fingerprint.pb")
    with pytest.raises(ModelError, match="a folder with a named pipe in it"):
        open_model(tmp_path / "model")


@pytest.mark.parametrize(
    ("name", "target", "said"),
    [
        ("assets", "/", "assets is a link out of the folder"),
        ("key", "../secret", "key is a link out of the folder"),
        ("variables/again", "../variables", "again is a link to a folder"),
        ("gone", "nothing", "gone is a link that leads nowhere"),
        ("round", "round", "round is a link that leads nowhere"),
    ],
)
def test_a_folder_brings_nothing_by_its_links(tmp_path: Path, name: str, target: str, said: str) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    files.savedmodel(tmp_path / "model")
    (tmp_path / "model" / name).symlink_to(target)
    with pytest.raises(ModelError, match=f"a folder that does not hold all of itself: {said}"):
        open_model(tmp_path / "model")


def test_a_checkpoint_brings_nothing_by_its_links(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (tmp_path / "run").mkdir()
    files.checkpoint(tmp_path / "run" / "ckpt", ["layer/kernel"])
    data = tmp_path / "run" / "ckpt.data-00000-of-00001"
    data.unlink()
    data.symlink_to("../secret")
    with pytest.raises(ModelError, match="a checkpoint that does not hold all of itself"):
        open_model(tmp_path / "run" / "ckpt")


def test_a_link_within_a_folder_and_to_a_model_are_followed(tmp_path: Path) -> None:
    files.savedmodel(tmp_path / "model")
    (tmp_path / "model" / "fingerprint.pb").symlink_to("saved_model.pb")
    (tmp_path / "latest").symlink_to("model")
    assert open_model(tmp_path / "latest").format == "savedmodel"


@pytest.mark.parametrize("name", ["whole.h5", "folder", "junk.h5"])
def test_what_goes_away_while_it_is_read_is_a_line(tmp_path: Path, name: str) -> None:
    files.hdf5(tmp_path / "whole.h5", files.KERAS_2)
    files.savedmodel(tmp_path / "folder")
    (tmp_path / "junk.h5").write_bytes(b"junk")

    def read(path: Path) -> Inspection:
        found = inspect(path)
        path.rename(tmp_path / "gone")
        return found

    with pytest.raises(ModelError) as caught:
        open_model(tmp_path / name, read)
    assert len(str(caught.value).splitlines()) == 1


def test_what_ended_its_reader_is_not_opened_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.keras").write_bytes(b"PK\x03\x04")
    monkeypatch.setattr(model_file, "kind_of_file", lambda path: pytest.fail("it is opened"))
    ended = Inspection("other", damage="reading it ended the reader (signal 9), which may use 512 MB")
    with pytest.raises(ModelError, match="ended the reader"):
        open_model(tmp_path / "a.keras", lambda path: ended)


def test_inputs_that_can_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    cases: dict[str, Callable[[], object]] = {
        "there is no such file": lambda: None,
        "is not an npz": lambda: path.write_bytes(b"no numpy"),
        "not object": lambda: np.savez(path, x=np.array(["a", None], dtype=object)),
        "the same number of rows": lambda: np.savez(path, x=np.zeros((3, 2)), y=np.zeros((4, 2))),
        "holds no arrays": lambda: np.savez(path),
        "far more than it holds": lambda: np.savez_compressed(path, x=np.zeros((8, 1 << 20))),
    }
    for words, prepare in cases.items():
        prepare()
        with pytest.raises(ModelError, match=words):
            read_inputs(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelError, match="a named pipe"):
        read_inputs(path)
    path.unlink()
    np.savez(path, a=np.zeros((3, 2)), b=np.zeros((3, 1)))
    assert list(read_inputs(path)) == ["a", "b"]


def test_destinations_that_are_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken.keras"
    taken.write_text("mine", encoding="utf-8")
    (tmp_path / "proof.keras.json").write_text("mine", encoding="utf-8")
    for destination, form, words in (
        (taken, "keras", "exists already and is not overwritten"),
        (tmp_path / "proof.keras", "keras", "exists already"),
        (tmp_path / "new.h5", "keras", "needs .keras"),
        (tmp_path / "none" / "new.keras", "keras", "no folder that can be written"),
        (tmp_path / "new", "weights.h5", "is not a format of whole models"),
    ):
        with pytest.raises(ModelError, match=words):
            check_destination(destination, form)
    check_destination(tmp_path / "new.keras", "keras")
    check_destination(tmp_path / "folder", "savedmodel")
