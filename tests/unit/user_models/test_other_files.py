"""What people have instead of a saved model is named for what it is."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from crossload.user_models.model_file import ModelError, open_model
from crossload.user_models.other_files import kind_of_file, kind_of_folder

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 94765736\n"
PAGE = b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return stream.getvalue()


def arrays() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, a=np.zeros(2))
    return stream.getvalue()


CASES = [
    ("model.h5", b"", "empty"),
    ("model.h5", POINTER, "git lfs pull"),
    ("model.keras", POINTER, "git lfs pull"),
    ("model.h5", PAGE, "web page"),
    ("model.keras", PAGE, "web page"),
    ("model.tflite", b"\x1c\x00\x00\x00TFL3" + b"\0" * 20, "TensorFlow Lite"),
    ("model.h5", b"\x1c\x00\x00\x00TFL3" + b"\0" * 20, "TensorFlow Lite"),
    ("model.zip", zipped("export/saved_model.pb", "export/variables/variables.index"), "zipped SavedModel"),
    ("model.keras", zipped("saved_model.pb"), "zipped SavedModel"),
    ("model.zip", zipped("weights/best.h5"), "zip around weights/best.h5"),
    ("model.pt", zipped("archive/data.pkl", "archive/data/0"), "PyTorch"),
    ("weights.npz", arrays(), "arrays"),
    ("model.pkl", pickle.dumps({"a": 1}), "pickle"),
    ("model.h5", pickle.dumps([1, 2], protocol=2), "pickle"),
    ("model.json", json.dumps({"class_name": "Sequential", "config": {}}).encode(), "model.json"),
    ("model.json", json.dumps({"modelTopology": {}, "weightsManifest": []}).encode(), "TensorFlow.js"),
    ("frozen.pb", b"\x0a\x2b\x0a\x01x\x12\x0bPlaceholder*\x0b\x0a\x05dtype\x12\x020\x01", "frozen graph"),
    ("model.h5.gz", b"\x1f\x8b\x08\x00aaaa", "Unpack"),
]


@pytest.mark.parametrize(("name", "content", "words"), CASES, ids=[f"{case[0]}: {case[2]}" for case in CASES])
def test_a_file_is_named_for_what_it_is(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in str(kind_of_file(path))
    with pytest.raises(ModelError, match=words) as refused:
        open_model(path)
    assert len(str(refused.value).splitlines()) == 1


def test_nobody_guesses_at_other_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(bytes(range(5, 200)))
    assert kind_of_file(path) is None


def test_a_folder_of_mlflow_names_the_model_within(tmp_path: Path) -> None:
    (tmp_path / "data" / "model").mkdir(parents=True)
    (tmp_path / "MLmodel").write_text("flavors:\n")
    (tmp_path / "data" / "model" / "saved_model.pb").write_bytes(b"")
    assert f"Give the Keras model in it: {tmp_path / 'data' / 'model'}" in str(kind_of_folder(tmp_path))
    with pytest.raises(ModelError, match="MLflow"):
        open_model(tmp_path)


def test_a_folder_around_one_model_names_it(tmp_path: Path) -> None:
    assert kind_of_folder(tmp_path) is None
    (tmp_path / "best.keras").write_bytes(b"PK")
    assert str(tmp_path / "best.keras") in str(kind_of_folder(tmp_path))
    (tmp_path / "last.h5").write_bytes(b"")
    assert kind_of_folder(tmp_path) is None
