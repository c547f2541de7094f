from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossload.inspection import inspect
from crossload.inspection.checkpoint import tensors
from tests.unit.inspection import files


def test_a_whole_model_in_hdf5(tmp_path: Path) -> None:
    files.hdf5(tmp_path / "model.h5", files.KERAS_2, files.TRAINING)

    found = inspect(tmp_path / "model.h5")

    assert (found.container, found.suffix, found.keras) == ("hdf5", ".h5", "2.10.0")
    assert found.weights_layout == "legacy"
    assert found.classes == ("Sequential", "Dense", "Lambda", "Gate", "Scale")
    assert found.custom == ("curve", "Gate", "Scale")
    assert found.registered == ("ours>Scale",)
    assert found.lambdas == 1
    assert {"batch_input_shape", "limit"} <= found.config_keys
    assert found.compiled == ("Adam", "lopsided", "mae")
    assert found.damage == ""


def test_a_keras_zip(tmp_path: Path) -> None:
    files.keras_zip(tmp_path / "model.keras")

    found = inspect(tmp_path / "model.keras")

    assert (found.container, found.suffix, found.keras, found.weights_layout) == ("zip", ".keras", "3.4.1", "new")
    assert found.classes == ("Sequential", "InputLayer", "Dense", "Gate")
    assert found.custom == ("curve", "Gate")
    assert "our.gate" in found.modules
    assert "batch_shape" in found.config_keys
    assert found.compiled == ("Adam", "lopsided")
    assert found.damage == ""


@pytest.mark.parametrize("metadata_file", [True, False])
def test_a_savedmodel_of_any_age(tmp_path: Path, metadata_file: bool) -> None:
    files.savedmodel(tmp_path / "model", metadata_file)

    found = inspect(tmp_path / "model")

    assert (found.container, found.suffix, found.keras, found.tensorflow) == ("savedmodel", "", "2.10.0", "2.10.1")
    assert found.custom == ("curve", "Gate", "Scale")
    assert found.lambdas > 0
    assert "lopsided" in found.compiled
    assert found.damage == ""


@pytest.mark.parametrize("layout", ["legacy", "new"])
def test_weights_tell_their_layout(tmp_path: Path, layout: str) -> None:
    files.hdf5(tmp_path / "model.weights.h5", layout=layout)

    found = inspect(tmp_path / "model.weights.h5")

    assert (found.suffix, found.weights_layout, found.classes) == (".weights.h5", layout, ())
    assert found.weights_root == ("layers" if layout == "new" else "")


def test_names_with_the_separator_of_windows_are_seen(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        file.create_group("vars")
        file.create_dataset("layers\\conv1d/vars/0", data=[1.0])

    found = inspect(tmp_path / "model.weights.h5")

    assert (found.weights_layout, found.weights_root) == ("new", "\\")


def test_a_checkpoint_names_its_tensors(tmp_path: Path) -> None:
    keys = ["_CHECKPOINTABLE_OBJECT_GRAPH", "layer_with_weights-0/kernel/.ATTRIBUTES/VARIABLE_VALUE", "optimizer/iter"]
    files.checkpoint(tmp_path / "ckpt", keys)

    assert [name for name, _ in tensors((tmp_path / "ckpt.index").read_bytes())] == keys
    found = inspect(tmp_path / "ckpt")
    assert (found.container, found.compiled, found.damage) == ("tf-checkpoint", ("optimizer",), "")


def test_what_is_not_there_or_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    assert inspect(tmp_path / "gone.h5").container == "missing"
    assert inspect(tmp_path / "notes.txt").container == "other"
    assert inspect(tmp_path).container == "directory"


def test_a_link_out_of_the_file_is_not_followed(tmp_path: Path) -> None:
    import h5py

    files.hdf5(tmp_path / "model.h5", files.KERAS_2)
    with h5py.File(tmp_path / "model.h5", "a") as file:
        file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/")

    assert inspect(tmp_path / "model.h5").damage == ""


def _written(folder: Path, kind: str) -> tuple[Path, Path]:
    """A model of a kind: what is inspected, and the file in it that gets damaged."""
    if kind == "hdf5":
        files.hdf5(folder / "model.h5", files.KERAS_2, files.TRAINING)
        return folder / "model.h5", folder / "model.h5"
    if kind == "zip":
        files.keras_zip(folder / "model.keras")
        return folder / "model.keras", folder / "model.keras"
    if kind == "checkpoint":
        files.checkpoint(folder / "ckpt", ["a/b", "optimizer/iter"])
        return folder / "ckpt", folder / "ckpt.index"
    files.savedmodel(folder / "model")
    return folder / "model", folder / "model" / ("keras_metadata.pb" if kind == "metadata" else "saved_model.pb")


KINDS = ["hdf5", "zip", "savedmodel", "metadata", "checkpoint"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_short_is_damaged(tmp_path: Path, kind: str) -> None:
    path, victim = _written(tmp_path, kind)
    content = victim.read_bytes()
    victim.write_bytes(content[: len(content) // 2])

    assert inspect(path).damage


@given(kind=st.sampled_from(KINDS), place=st.floats(0, 1), change=st.binary(min_size=1, max_size=40))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_damage_makes_it_raise(
    tmp_path_factory: pytest.TempPathFactory, kind: str, place: float, change: bytes
) -> None:
    path, victim = _written(tmp_path_factory.mktemp("damaged"), kind)
    content = bytearray(victim.read_bytes())
    start = int(place * len(content))
    content[start : start + len(change)] = change
    victim.write_bytes(bytes(content))

    inspect(path)


def test_a_wrong_checksum_in_a_zip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    files.keras_zip(path)
    content = bytearray(path.read_bytes())
    place = content.index(b"layers/dense") if b"layers/dense" in content else content.index(b"\x89HDF") + 600
    content[place] ^= 0xFF
    path.write_bytes(bytes(content))

    assert inspect(path).damage == "model.weights.h5: its checksum is wrong"


def test_the_structure_is_the_same_for_other_weights_and_numbers_of_names(tmp_path: Path) -> None:
    def written(name: str, layer: str, units: int = 1, width: int = 2) -> str:
        path = tmp_path / name
        inner = {"name": layer, "units": units, "batch_input_shape": [None, 8]}
        config = {
            "class_name": "Sequential",
            "config": {"name": "s", "layers": [{"class_name": "Dense", "config": inner}]},
        }
        files.hdf5(path, config)
        with h5py.File(path, "a") as file:
            file[f"model_weights/{layer}/{layer}/kernel:0"] = np.random.rand(8, width)
        return inspect(path).structure

    first = written("a.h5", "dense")
    assert first
    assert written("b.h5", "dense_7") == first
    assert written("c.h5", "dense", units=2) != first
    assert written("d.h5", "dense", width=3) != first
    assert inspect(tmp_path / "none.h5").structure == ""
