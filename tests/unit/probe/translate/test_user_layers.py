"""What a class of the user's is given of a configuration that Keras 2 wrote."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.probe.errors import NotTranslatableError
from crossload.probe.translate import layers


class Layer:
    def __init__(self, name: str = "", dtype: str = "") -> None:
        self.name = name

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Layer":
        return cls(**config)


class Looked(Layer):
    def __init__(self, vocabulary_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size


@pytest.fixture
def made() -> Any:
    makers: Any = layers.Makers.__new__(layers.Makers)
    makers._renamed, makers._own = [], SimpleNamespace(scope=nullcontext)
    makers._values = SimpleNamespace(plain=lambda config: config)
    return lambda **config: makers._user_layer(Looked, {"config": config}, config["name"], "Looked")


def test_what_only_keras_2_wrote_goes_and_what_the_class_names_stays(made: Any) -> None:
    found = made(name="a/b", batch_input_shape=[None, 8], vocabulary_size=7)
    assert (found.name, found.vocabulary_size) == ("a_b", 7)


def test_what_the_class_does_not_know_is_refused(made: Any) -> None:
    with pytest.raises(NotTranslatableError, match=r"layer x \(Looked\): its class refuses its configuration.*factor"):
        made(name="x", vocabulary_size=7, factor=2)
