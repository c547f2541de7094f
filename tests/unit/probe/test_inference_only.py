"""What the function of a SavedModel is called with."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from crossload.probe.remedies.replace_load import _in_order


class Type(str):
    """A type of tensors, as TensorFlow has them."""

    @property
    def is_integer(self) -> bool:
        return self.startswith("int")


class Signature:
    """A function that takes values of its own types alone, as a restored signature does."""

    def __init__(self, **types: str) -> None:
        self.structured_input_signature = (
            (),
            {name: SimpleNamespace(dtype=Type(kind)) for name, kind in types.items()},
        )
        self.given: dict[str, str] = {}

    def __call__(self, **values: SimpleNamespace) -> list[str]:
        for name, spec in self.structured_input_signature[1].items():
            if values[name].dtype != spec.dtype:
                raise TypeError(f"{name} was expected to be a {spec.dtype} tensor but is a {values[name].dtype} tensor")
        self.given = {name: str(value.dtype) for name, value in values.items()}
        return ["called"]


@pytest.fixture(autouse=True)
def _tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = lambda value, dtype: SimpleNamespace(dtype=dtype)  # noqa: E731
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(cast=cast))


def tensors(*kinds: str) -> list[SimpleNamespace]:
    return [SimpleNamespace(dtype=Type(kind)) for kind in kinds]


def saved(folder: Path, input_layers: object) -> str:
    """A SavedModel's metadata alone, as Keras 2.5 and later write it."""
    said = json.dumps({"model_config": {"config": {"input_layers": input_layers, "layers": []}}}).encode()
    fields = b"\x22" + bytes([len(b"_tf_keras_network")]) + b"_tf_keras_network"
    fields += b"\x2a" + bytes([len(said) & 0x7F | 0x80, len(said) >> 7]) + said
    (folder / "keras_metadata.pb").write_bytes(b"\x0a" + bytes([len(fields) & 0x7F | 0x80, len(fields) >> 7]) + fields)
    return str(folder)


def test_inputs_are_given_in_the_order_in_which_the_model_takes_them(tmp_path: Path) -> None:
    """A signature knows them by name alone: by that order a number would be taken for a text."""
    path = saved(tmp_path, [["words", 0, 0], ["age", 0, 0], ["ids", 0, 0]])
    signature = Signature(age="float32", ids="int64", words="string")
    assert _in_order(path, signature)(tensors("string", "float32", "int64")) == ["called"]


@pytest.mark.parametrize(
    "said", [{"words": ["words", 0, 0]}, [["others", 0, 0]], ["words", 0, 0], [[]], [[1, 0, 0]], None]
)
def test_where_the_file_does_not_say_an_order_that_of_the_names_is_taken(tmp_path: Path, said: object) -> None:
    signature = Signature(age="float32", ids="int64", words="string")
    assert _in_order(saved(tmp_path, said), signature)(tensors("float32", "int64", "string")) == ["called"]


def test_integers_are_given_in_the_type_that_the_signature_declares(tmp_path: Path) -> None:
    signature = Signature(age="float32", ids="int64", words="string")
    assert _in_order(str(tmp_path), signature)(tensors("float32", "int32", "string")) == ["called"]
    assert signature.given == {"age": "float32", "ids": "int64", "words": "string"}


def test_nothing_else_is_made_to_fit(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="ids was expected to be a int64"):
        _in_order(str(tmp_path), Signature(ids="int64"))(tensors("float32"))
