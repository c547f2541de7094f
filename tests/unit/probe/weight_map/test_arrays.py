"""Arrays by name, out of every layout of HDF5 that Keras has written. h5py only: TensorFlow is not installed here."""

import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.probe.weight_map import arrays

of_file: Any = arrays.of_file  # the probe carries no annotations
of_model: Any = arrays.of_model


def names(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    return [(item.name, item.shape) for item in of_file(str(path))]


def old_layout(group: Any) -> None:
    group.attrs["layer_names"] = [b"dense_10", b"dense_2", b"drop"]
    for layer, weights in {"dense_10": ["m/dense_10/kernel:0"], "dense_2": ["kernel:0", "bias:0"], "drop": []}.items():
        below = group.create_group(layer)
        below.attrs["weight_names"] = [name.encode() for name in weights]
        for name in weights:
            below[name] = np.zeros((2, 3) if "kernel" in name else (3,), "float32")


@pytest.mark.parametrize("is_whole_model", [True, False])
def test_the_old_layout_says_names_and_their_order(tmp_path: Path, is_whole_model: bool) -> None:
    path = tmp_path / "old.h5"
    with h5py.File(path, "w") as file:
        old_layout(file.create_group("model_weights") if is_whole_model else file)
        file["optimizer_weights/iterations"] = 3
    assert names(path) == [("m/dense_10/kernel", (2, 3)), ("dense_2/kernel", (2, 3)), ("dense_2/bias", (3,))]


def new_layout(file: Any) -> None:
    for name in ("layers/dense_10/vars/0", "layers/dense_2/vars/0", "layers/dense_2/vars/1", "optimizer/vars/0"):
        file[name] = np.zeros(4, "float32")


def test_the_new_layout_has_paths_and_what_an_optimizer_keeps_is_no_weight(tmp_path: Path) -> None:
    path = tmp_path / "new.weights.h5"
    with h5py.File(path, "w") as file:
        new_layout(file)
    expected = ["layers/dense_2/vars/0", "layers/dense_2/vars/1", "layers/dense_10/vars/0"]
    assert [name for name, _ in names(path)] == expected
    zipped = tmp_path / "new.keras"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(path, "model.weights.h5")
    assert [name for name, _ in names(zipped)] == expected


def test_a_file_of_nothing_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.h5"
    h5py.File(path, "w").close()
    with pytest.raises(ValueError, match="it holds no arrays"):
        of_file(str(path))
    (tmp_path / "text.h5").write_text("weights", encoding="utf-8")
    with pytest.raises(ValueError, match="it is no file of weights"):
        of_file(str(tmp_path / "text.h5"))


def variable(name: str, value: float) -> Any:
    return SimpleNamespace(name=name, numpy=lambda: np.full(2, value, "float32"))


def test_weights_stand_by_layer_each_once_and_names_that_come_again_are_numbered() -> None:
    """Keras 2 puts all that is trained first; files go layer by layer."""
    gamma, mean, kernel = variable("gamma:0", 1), variable("mean:0", 2), variable("gamma:0", 3)
    inner = SimpleNamespace(layers=[SimpleNamespace(weights=[gamma, mean])], weights=[gamma, mean])
    model = SimpleNamespace(layers=[inner, SimpleNamespace(weights=[kernel])], weights=[gamma, kernel, mean])
    found, listed = of_model(model)
    assert found == [gamma, mean, kernel]
    assert [item.name for item in listed] == ["gamma", "mean", "gamma#1"]
