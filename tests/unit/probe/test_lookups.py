"""Which inputs are looked up in a table, read off graphs as Keras keeps them; run in seven versions of TensorFlow by hand."""

from types import SimpleNamespace
from typing import Any

from crossload.probe.operations import sample_inputs

fed: Any = sample_inputs._fed_to_lookups


def layer(kind: str, taken: Any = (), given: Any = (), module: str = "keras.layers", **more: Any) -> Any:
    """A layer that was called once: with some tensors, giving others."""
    node = SimpleNamespace(input_tensors=taken, output_tensors=given)
    return type(kind, (), {"__module__": module})(), {"_inbound_nodes": [node], **more}


def graph(inputs: list[Any], *layers: Any, kind: str = "Functional") -> Any:
    model = type(kind, (), {})()
    model.inputs, model.layers = inputs, []
    for made, facts in layers:
        vars(made).update(facts)
        model.layers.append(made)
    return model


def test_a_table_in_a_nested_model_is_found_at_the_input_that_reaches_it() -> None:
    a, b, c, inner_a, inner_b, out = (object() for _ in range(6))
    inner = graph([inner_a, inner_b], layer("Dense", inner_a), layer("Embedding", inner_b))
    inner._inbound_nodes = [SimpleNamespace(input_tensors=[c, a], output_tensors=out)]
    model = graph([a, b, c], layer("Dense", b))
    model.layers.append(inner)
    assert fed(model) == {0}


def test_values_that_pass_a_layer_are_still_the_input_s() -> None:
    a, shaped, rated = object(), object(), object()
    assert fed(graph([a], layer("Reshape", a, shaped), layer("Embedding", shaped))) == {0}
    assert fed(graph([a], layer("Dense", a, rated), layer("Embedding", rated))) == set()


def test_a_table_that_is_called_twice_or_lies_in_another_layer() -> None:
    a, b = object(), object()
    table, facts = layer("Embedding", a)
    facts["_inbound_nodes"].append(SimpleNamespace(input_tensors=b, output_tensors=()))
    assert fed(graph([a, b], (table, facts))) == {0, 1}
    wrapped, _ = layer("Embedding")
    assert fed(graph([a], layer("TimeDistributed", a, layer=wrapped))) == {0}
    parts: dict[str, Any] = {"_flatten_layers": lambda include_self: [wrapped]}
    assert fed(graph([a], layer("Tokens", a, module="mine", **parts))) == {0}
    assert fed(graph([a], layer("Dense", a, **parts))) == set()


def test_a_sequential_looks_up_what_comes_first() -> None:
    inner = graph([], layer("Embedding"), layer("Flatten"), kind="Sequential")
    model = graph([], layer("InputLayer"), kind="Sequential")
    model.layers.append(inner)
    assert fed(model) == {0}
    assert fed(graph([], layer("Dense"), layer("Embedding"), kind="Sequential")) == set()
