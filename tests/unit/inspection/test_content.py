"""Files that hold the same but for their writer's version have one digest; anything else that differs gives another."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.inspection.content import content_digest


def digest(folder: Path, **files: bytes) -> str:
    """The digest of a folder with these files; two underscores in a name are its dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return content_digest(folder)


def hdf5(
    version: str = "3.1.1", config: Any = None, value: float = 1.0, inner: str = "", name: str = "kernel"
) -> bytes:
    """A small model in HDF5."""
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config or {"class_name": "Sequential", "config": []})
        weights = file.create_group("model_weights")
        weights.attrs["keras_version"] = version
        layer = weights.create_group("dense")
        layer.attrs["weight_names"] = [b"dense/" + name.encode()]
        layer.attrs["keras_version"] = inner
        layer.create_dataset(name, data=np.full((2, 3), value, "float32"))
    return stream.getvalue()


def archive(
    version: str = "3.1.1", date: str = "2024-01-01", config: Any = None, stored: bool = False, **more: str
) -> bytes:
    """A small model as Keras 3 writes it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as file:
        file.writestr("metadata.json", json.dumps({"keras_version": version, "date_saved": date, **more}))
        file.writestr("config.json", json.dumps(config or {"class_name": "Sequential", "config": {}}))
        file.writestr("model.weights.h5", hdf5(version))
    return stream.getvalue()


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return bytes([number << 3 | 2, len(content)]) + content


def saved_model(version: str = "2.10.0", git: str = "v2.10", tag: str = "serve", producer: int = 26) -> bytes:
    """The outer parts of a SavedModel."""
    info = field(4, tag.encode()) + field(5, version.encode()) + field(6, git.encode())
    graph = field(4, bytes([1 << 3, producer]))
    return bytes([1 << 3, 1]) + field(2, field(1, info) + field(2, graph))


def test_an_hdf5_file_is_known_again_whatever_version_wrote_it(tmp_path: Path) -> None:
    same = {digest(tmp_path, model__h5=hdf5(version)) for version in ("3.1.1", "3.10.0", "2.15.0")}
    others = [
        hdf5(value=2.0),
        hdf5(config={"class_name": "Functional"}),
        hdf5(config={"config": [], "class_name": "Sequential"}),
        hdf5(inner="3.2"),
        hdf5(name="bias"),
    ]
    found = {digest(tmp_path, model__h5=content) for content in others}
    assert len(same) == 1
    assert len(found) == len(others)
    assert not same & found


def test_an_archive_is_known_again_whenever_it_was_written_and_however_packed(tmp_path: Path) -> None:
    same = {
        digest(tmp_path, model__keras=content)
        for content in (archive(), archive("3.12.0", "2025-02-02"), archive(stored=True))
    }
    others = [
        archive(config={"class_name": "Functional"}),
        archive(config={"keras_version": "3"}),
        archive(author="me"),
    ]
    found = {digest(tmp_path, model__keras=content) for content in others}
    assert len(same) == 1
    assert len(found) == len(others)
    assert not same & found


def test_a_version_deep_in_a_configuration_is_somebodys_own(tmp_path: Path) -> None:
    def config(version: str) -> bytes:
        return archive(config={"class_name": "Mine", "config": {"keras_version": version}})

    def architecture(outer: str, inner: str) -> bytes:
        return json.dumps({"keras_version": outer, "config": {"keras_version": inner}}).encode()

    assert digest(tmp_path, model__keras=config("1")) != digest(tmp_path, model__keras=config("2"))
    plain = digest(tmp_path, model__json=architecture("2.9", "1"))
    assert plain == digest(tmp_path, model__json=architecture("2.10", "1"))
    assert plain != digest(tmp_path, model__json=architecture("2.9", "2"))


@pytest.mark.parametrize("write", [lambda config: archive(config=config), lambda config: hdf5(config=config)])
def test_addresses_of_objects_count_by_what_they_share(tmp_path: Path, write: Any) -> None:
    def config(*addresses: int) -> dict[str, Any]:
        return {"layers": [{"class_name": "Dense", "shared_object_id": address} for address in addresses]}

    def found(*addresses: int) -> str:
        return digest(tmp_path, model=write(config(*addresses)))

    assert found(140028640209296, 7, 7) == found(3, 140625040895312, 140625040895312)
    assert found(1, 2, 2) != found(1, 2, 1)
    assert found(1, 2, 2) != found(1, 2, 3)


def test_a_saved_model_counts_by_its_graph_not_by_who_wrote_it(tmp_path: Path) -> None:
    def found(content: bytes, **more: bytes) -> str:
        return digest(tmp_path, saved_model__pb=content, **more)

    same = found(saved_model())
    assert same == found(saved_model("2.11.0", "v2.11"))
    assert same not in {
        found(saved_model(tag="train")),
        found(saved_model(producer=27)),
        found(saved_model() + b"\x08\x02"),
    }
    assert found(saved_model(), fingerprint__pb=b"1") == found(saved_model(), fingerprint__pb=b"2")
    assert found(saved_model(), keras_metadata__pb=b"1") != found(saved_model(), keras_metadata__pb=b"2")


def test_what_is_damaged_counts_byte_for_byte(tmp_path: Path) -> None:
    cut, other = hdf5("3.1.1")[:700], hdf5("3.1.2")[:700]
    assert digest(tmp_path, model__h5=cut) == digest(tmp_path, model__h5=cut)
    assert (digest(tmp_path, model__h5=cut) == digest(tmp_path, model__h5=other)) == (cut == other)
    assert digest(tmp_path, model__h5=cut) != digest(tmp_path, model__h5=hdf5("3.1.1"))


def test_names_and_the_reference_beside_a_model_count(tmp_path: Path) -> None:
    def reference(value: float, compress: bool = False) -> bytes:
        stream = io.BytesIO()
        (np.savez_compressed if compress else np.savez)(stream, outputs_0=np.full(3, value))
        return stream.getvalue()

    def found(**files: bytes) -> str:
        return digest(tmp_path, **files)

    same = found(model__h5=hdf5(), reference__npz=reference(1.0))
    assert same == found(model__h5=hdf5("3.2"), reference__npz=reference(1.0, compress=True))
    assert same != found(model__h5=hdf5(), reference__npz=reference(1.0000001))
    assert same != found(other__h5=hdf5(), reference__npz=reference(1.0))
