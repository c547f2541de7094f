"""What a saved model is made of: marks of its configuration, the same for whoever wrote it."""

import base64
import marshal
from typing import Any

import pytest

from crossload.inspection.constructs import of_architecture, of_objects, of_training


def layer(kind: str, name: str = "x", nodes: Any = None, **config: Any) -> dict[str, Any]:
    written: dict[str, Any] = {"class_name": kind, "config": {"name": name, "trainable": True, **config}, "name": name}
    return written if nodes is None else {**written, "inbound_nodes": nodes}


def functional(*layers: Any, inputs: Any = None, outputs: Any = None, **config: Any) -> dict[str, Any]:
    ends = {"input_layers": inputs or [["a", 0, 0]], "output_layers": outputs or [["z", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "m", "layers": list(layers), **ends, **config}}


def marks(config: Any) -> set[str]:
    return set(of_architecture(config))


def test_values_are_told_by_kind_where_they_are_free() -> None:
    found = marks(
        layer("Dense", units=4, rate=0, axis=-1, sizes=[3, None], activation="relu", text="a b", bias=None, on=True)
    )
    assert found >= {
        *("Dense", "Dense.units=number", "Dense.rate=0", "Dense.axis=negative", "Dense.sizes=[None number]"),
        *("Dense.activation=relu", "Dense.text=text", "Dense.bias=None", "Dense.on=True"),
    }
    assert not any("name" in mark for mark in found)


def test_objects_and_layers_inside_are_told_apart() -> None:
    initializer = {"class_name": "GlorotUniform", "config": {"seed": None}}
    found = marks(layer("Bidirectional", layer=layer("LSTM", kernel_initializer=initializer), merge_mode="concat"))
    assert found >= {"Bidirectional.layer>LSTM", "LSTM.kernel_initializer=GlorotUniform", "GlorotUniform.seed=None"}
    cells = marks(layer("StackedRNNCells", cells=[layer("GRUCell"), layer("LSTMCell")]))
    assert cells >= {
        "StackedRNNCells.cells=[objects]",
        "StackedRNNCells.cells>GRUCell",
        "StackedRNNCells.cells>LSTMCell",
    }


def test_a_nested_model_and_what_takes_its_outputs() -> None:
    inner = {**functional(layer("Dense")), "name": "inner", "inbound_nodes": [[["a", 0, 0, {}]]]}
    inner["config"]["name"] = "inner"
    outer = marks(functional(layer("InputLayer", "a"), inner, layer("Dropout", "z", [[["inner", 1, 0, {}]]])))
    assert {"Functional>Functional", "Functional:Functional->Dropout"} <= outer
    sequential = {"class_name": "Sequential", "config": {"name": "s", "layers": [inner, layer("Dense")]}}
    assert {"Sequential>Functional", "Sequential:Functional->Dense", "Sequential:no input shape"} <= marks(sequential)


def test_a_graph_says_how_it_is_put_together() -> None:
    twice = marks(
        functional(layer("Concatenate", "z", [[["a", 0, 0, {}], ["a", 0, 0, {}]]]), inputs={"a": ["a", 0, 0]})
    )
    assert {"graph:a tensor twice to Concatenate", "graph:input_layers=by name"} <= twice
    shared = marks(functional(layer("Dense", "z", [[["a", 0, 0, {}]], [["b", 0, 0, {}]]])))
    assert "graph:a layer used twice" in shared
    assert "graph:a name with /" in marks(functional(layer("Dense", "block/dense")))
    call = marks(functional(layer("LSTM", "z", [[["a", 0, 0, {"initial_state": [["b", 0, 1], ["b", 0, 2]]}]]])))
    assert "call:LSTM.initial_state=tensor" in call


def test_calls_of_keras_3_read_the_same() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["a", 0, 0], "shape": [None, 2]}}
    node = {"args": [tensor, tensor], "kwargs": {"mask": None, "attention_mask": tensor}}
    found = marks(functional(layer("MultiHeadAttention", "z", [node]), inputs=["a", 0, 0]))
    assert {"graph:input_layers=one", "call:MultiHeadAttention.attention_mask=tensor"} <= found
    assert "call:MultiHeadAttention.2 tensors" in found


def test_a_mask_reaches_those_that_use_it() -> None:
    found = marks(
        functional(
            layer("Embedding", "e", [[["a", 0, 0, {}]]], mask_zero=True),
            layer("Dropout", "d", [[["e", 0, 0, {}]]]),
            layer("Concatenate", "z", [[["d", 0, 0, {}]]]),
            layer("Add", "apart", [[["a", 0, 0, {}]]]),
        )
    )
    assert "masked:Concatenate" in found
    assert not {"masked:Add", "masked:Dropout"} & found


def test_a_layer_that_a_mask_reaches_and_that_is_given_more_is_another_thing() -> None:
    """Keras 3 hands no mask on to a recurrent layer that is given a state; Keras 2 does."""
    given = {"initial_state": [["s", 0, 0]]}
    found = marks(
        functional(
            layer("Embedding", "e", [[["a", 0, 0, {}]]], mask_zero=True),
            layer("GRU", "z", [[["e", 0, 0, given]]]),
            layer("LSTM", "apart", [[["a", 0, 0, given]]]),
        )
    )
    assert "masked:GRU.initial_state" in found
    assert "masked:LSTM.initial_state" not in found


def in_base64(function: Any) -> str:
    return base64.b64encode(marshal.dumps(function.__code__)).decode()


def test_names_that_the_function_of_a_lambda_asks_for_are_a_mark() -> None:
    asks, asks_nothing = in_base64(lambda pair: abs(pair[0] - pair[1])), in_base64(lambda tensor: tensor * 2.0 + 1.0)
    for function in ([asks, None, None], {"class_name": "__tuple__", "items": [asks, None, None]},
                     {"class_name": "__lambda__", "config": {"code": asks, "defaults": None, "closure": None}}):  # fmt: skip
        assert "Lambda:uses abs" in marks(functional(layer("Lambda", "z", function=function)))
    assert not {mark for mark in marks(functional(layer("Lambda", "z", function=[asks_nothing]))) if "uses" in mark}
    assert "Lambda:code that is not read" in marks(functional(layer("Lambda", "z", function=["4wE" + "A" * 80])))
    assert not {
        mark for mark in marks(functional(layer("Lambda", "z", function="halved"))) if mark.startswith("Lambda:")
    }


def test_each_name_of_a_lambda_is_a_mark_of_its_own() -> None:
    function = in_base64(lambda tensor: abs(len(tensor)))
    assert {"Lambda:uses abs", "Lambda:uses len"} <= marks(functional(layer("Lambda", "z", function=[function])))


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("tensorflow.python.ops.init_ops_v2", "tensorflow"),
        ("team.layers", "team"),
        ("keras.initializers", ""),
        ("keras.src.initializers", ""),
        ("tf_keras.src.initializers", ""),
        ("tensorflow.python.keras.initializers", ""),
        ("builtins", ""),
        (None, ""),
    ],
)
def test_a_class_that_is_not_keras_own_says_so(module: str | None, package: str) -> None:
    """`tf.random_normal_initializer` is called like Keras' own, and a layer of one's own may be."""
    initializer: dict[str, Any] = {"module": module, "class_name": "RandomNormal", "config": {}}
    found = marks(functional(layer("Dense", "z", kernel_initializer=initializer)))
    assert "RandomNormal" in found
    assert {mark for mark in found if ":of " in mark} == ({f"RandomNormal:of {package}"} if package else set())


def test_a_layer_that_stands_in_a_nested_model_and_beside_it_is_a_mark() -> None:
    """A variational autoencoder's loss is made of the encoder's own tensors."""
    inner = functional(layer("Dense", "hidden"))
    nested = {"name": "encoder", "class_name": "Functional", "config": {**inner["config"], "name": "encoder"}}
    nested["inbound_nodes"] = [[["a", 0, 0, {}]]]
    assert "graph:a layer in two models" in marks(functional(nested, layer("Dense", "hidden")))
    assert "graph:a layer in two models" not in marks(functional(nested, layer("Dense", "another")))


@pytest.mark.parametrize(
    ("shape", "unknown"), [([None, None], True), ([None, None, None], True), ([None, 9], False), ([None], False)]
)
def test_a_first_layer_whose_input_may_have_any_size_is_a_mark(shape: list[int | None], unknown: bool) -> None:
    """An adapted Normalization in front of a Sequential: no version can build it from such a file."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": shape}},
        {"class_name": "Normalization", "config": {"name": "n"}},
    ]
    found = set(of_architecture({"class_name": "Sequential", "config": {"name": "s", "layers": layers}}))
    assert ("Sequential:unknown->Normalization" in found) is unknown


def test_the_name_of_a_function_is_told_however_long_it_is() -> None:
    name = "softmax_cross_entropy_with_logits_of_mine"
    metric = {"class_name": "MeanMetricWrapper", "config": {"fn": name}}
    found = set(of_training({"loss": name, "metrics": [metric]}))
    assert {f"loss:{name}", f"MeanMetricWrapper.fn={name}"} <= found


def test_what_a_model_is_compiled_with_and_in_which_form() -> None:
    found = set(
        of_training(
            {
                "loss": {"one": "mse", "two": {"class_name": "Huber", "config": {"delta": 1.0}}},
                "metrics": [["accuracy"]],
                "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.1}},
            }
        )
    )
    assert found >= {"compiled", "loss:dictionary", "loss:mse", "loss:Huber", "Huber.delta=number"}
    assert found >= {"metrics:list", "metrics:accuracy", "optimizer:Adam", "Adam.learning_rate=number"}


def test_what_a_layer_of_ones_own_holds_is_known_by_the_paths_of_a_savedmodel() -> None:
    kinds = {
        "root": "Functional",
        "root.layer-1": "Encoder",
        "root.layer-1.attention": "MultiHeadAttention",
        "root.layer-1.attention._query_dense": "EinsumDense",
        "root.layer-1.stages.0": "Team>Stage",
        "root.layer-1.way": "Sequential",
        "root.layer-1.way.layer-0": "Dense",
        "root.layer-2": "Dense",
    }
    found = set(of_objects({path: {"class_name": kind, "config": {}} for path, kind in kinds.items()}))
    # What a layer of Keras holds is known with it, and a model says itself what it is made of.
    assert found == {f"Encoder:holds {kind}" for kind in ("MultiHeadAttention", "Stage", "Sequential")}


def test_nothing_that_stands_in_a_file_makes_it_raise() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = layer("Wrapper", layer=deep)
    broken = functional(layer("Dense", "z", "nodes"), {"class_name": "Dense"}, None, outputs=7)
    odds: list[Any] = [
        None,
        [],
        3,
        {"class_name": 3},
        {"class_name": "Functional", "config": {"layers": 4}},
        deep,
        broken,
    ]
    for odd in odds:
        list(of_architecture(odd))
        list(of_training(odd))
