"""What the function of a SavedModel is called with."""

import sys
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


def test_integers_are_given_in_the_type_that_the_signature_declares() -> None:
    signature = Signature(age="float32", ids="int64", words="string")
    assert _in_order(signature)(tensors("float32", "int32", "string")) == ["called"]
    assert signature.given == {"age": "float32", "ids": "int64", "words": "string"}


def test_nothing_else_is_made_to_fit() -> None:
    with pytest.raises(TypeError, match="ids was expected to be a int64"):
        _in_order(Signature(ids="int64"))(tensors("float32"))
