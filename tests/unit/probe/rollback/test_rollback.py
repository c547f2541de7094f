"""Keras 3 files read for Keras 2: what they say, what of it means another thing there, and the order of what they hold."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.probe.errors import NotApplicableError, NotTranslatableError
from crossload.probe.rollback import configuration, graph, older, operations, reading, training, weights
from crossload.probe.translate import stored

# The probe carries no annotations.
Configurations: Any = configuration.Configurations
Builder: Any = graph.Builder
Part: Any = graph.Part
read: Any = reading.read
call: Any = operations.call
LayerWeights: Any = stored.LayerWeights
TreeWeights: Any = stored.TreeWeights
slots_of: Any = weights._slots


class Layer:
    """A layer of Keras 2, as far as its arguments go."""

    def __init__(self, name: str = "", trainable: bool = True, dtype: str = "float32", **more: Any) -> None:
        self.given = {"name": name, "trainable": trainable, "dtype": dtype, **more}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**config)


class Dense(Layer):
    def __init__(self, units: int, kernel_initializer: Any = None, activation: Any = None, **more: Any) -> None:
        super().__init__(**more)
        self.given |= {"units": units, "kernel_initializer": kernel_initializer, "activation": activation}


class LeakyReLU(Layer):
    def __init__(self, alpha: float = 0.3, **more: Any) -> None:
        super().__init__(**more)


class Orthogonal:
    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None: ...


REGISTERED = {"team>Scale": Layer}
KERAS = SimpleNamespace(
    layers=SimpleNamespace(Dense=Dense, LeakyReLU=LeakyReLU, InputLayer=Layer, StringLookup=Layer),
    initializers=SimpleNamespace(Orthogonal=Orthogonal),
    **{name: SimpleNamespace() for name in ("losses", "metrics", "optimizers", "regularizers", "constraints")},
    utils=SimpleNamespace(get_registered_object=REGISTERED.get),
)


def said(kind: str, **config: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def arguments(value: dict[str, Any], given: dict[str, Any] | None = None) -> dict[str, Any]:
    configurations = Configurations(KERAS, given or {})
    found: dict[str, Any] = configurations.arguments(configurations.find(value), value)
    return found


POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}, "registered_name": None}
ORTHOGONAL = {
    "module": "keras.initializers",
    "class_name": "OrthogonalInitializer",
    "config": {"gain": 1.0, "seed": None},
}


def test_what_keras_3_wraps_around_a_setting_is_taken_off() -> None:
    made = arguments(said("Dense", units=4, dtype=POLICY, kernel_initializer=ORTHOGONAL, quantization_config=None))
    assert made == {
        "units": 4,
        "dtype": {"class_name": "Policy", "config": {"name": "mixed_float16"}},
        "kernel_initializer": {"class_name": "Orthogonal", "config": {"gain": 1.0, "seed": None}},
    }


def test_an_argument_has_the_name_that_it_had() -> None:
    assert arguments(said("LeakyReLU", negative_slope=0.1)) == {"alpha": 0.1}
    assert arguments(said("InputLayer", batch_shape=[None, 3], optional=False)) == {"batch_input_shape": [None, 3]}


@pytest.mark.parametrize("value", ["hard_sigmoid", {"class_name": "HardSigmoid", "config": {}}])
def test_a_function_of_the_same_name_that_computes_something_else_is_refused(value: Any) -> None:
    with pytest.raises(NotTranslatableError, match="another function in Keras 2"):
        arguments(said("Dense", units=4, activation=value))


def test_a_setting_that_this_keras_lacks_is_left_out_only_where_it_says_nothing() -> None:
    assert arguments(said("LeakyReLU", rms_scaling=False, seed=None)) == {}

    class Narrow(Layer):
        def __init__(self, name: str = "") -> None: ...

    with pytest.raises(NotTranslatableError, match="rms_scaling=True"):
        arguments(said("Narrow", rms_scaling=True), {"Narrow": Narrow})


@pytest.mark.parametrize(
    ("key", "value"),
    [("shift", 0), ("shift", 0.0), ("axis", 0), ("autocast", False), ("zero_output_for_mask", True), ("lora_rank", 4)],
)
def test_zero_is_a_number_and_what_changes_a_layer_is_no_matter_of_no_effect(key: str, value: Any) -> None:
    class Narrow(Layer):
        def __init__(self, name: str = "") -> None: ...

    # Booleans that say what every layer without the setting does are left out, too: ``autocast`` is on there.
    if (key, value) == ("autocast", False):
        assert arguments(said("Narrow", autocast=True), {"Narrow": Narrow}) == {}
        return
    with pytest.raises(NotTranslatableError, match=f"{key}={value}"):
        arguments(said("Narrow", **{key: value}), {"Narrow": Narrow})


def test_what_is_always_so_in_an_older_class_may_be_left_out() -> None:
    class Loss:
        def __init__(self, name: str = "") -> None: ...

    assert arguments(said("Narrow", axis=-1, fill_value=0.0, score_mode="dot"), {"Narrow": Loss}) == {}


def test_every_layer_takes_the_shape_of_its_input() -> None:
    class Own(Layer):
        def __init__(self, by: float = 1.0, **more: Any) -> None: ...

    assert arguments(said("Own", by=2.0, input_shape=[8]), {"Own": Own}) == {"by": 2.0, "input_shape": [8]}


def test_layers_one_after_the_other_may_stand_inside_of_a_layer() -> None:
    inner = said("Sequential", name="s", layers=[said("Dense", units=1, quantization_config=None)])
    made = Configurations(KERAS, {}).plain(inner)
    assert made["config"] == {"name": "s", "layers": [{"class_name": "Dense", "config": {"units": 1}}]}


def test_a_name_means_the_same_in_two_keras_2() -> None:
    configurations = Configurations(KERAS, {}, of_keras_3=False)
    value = said("Dense", units=4, activation="hard_sigmoid")
    assert configurations.arguments(Dense, value)["activation"] == "hard_sigmoid"


def test_an_unknown_class_and_a_vocabulary_elsewhere_are_named() -> None:
    with pytest.raises(NotTranslatableError, match="ReversibleEmbedding is not part of this Keras"):
        arguments(said("ReversibleEmbedding"))
    with pytest.raises(NotTranslatableError, match="vocabulary is not in the configuration"):
        arguments(said("StringLookup", name="words", vocabulary=None))


def test_an_initializer_of_tensorflow_is_keras_own_and_nothing_else_of_it_is() -> None:
    """`tf.random_normal_initializer` is saved under its own module."""
    configurations = Configurations(KERAS, {})
    value = {"module": "tensorflow.python.ops.init_ops_v2", "class_name": "Orthogonal", "config": {"gain": 1.0}}
    value["registered_name"] = "Orthogonal"
    assert configurations.plain(value) == {"class_name": "Orthogonal", "config": {"gain": 1.0}}
    with pytest.raises(NotTranslatableError, match="Dense is not part of this Keras"):
        configurations.find({**value, "class_name": "Dense"})
    with pytest.raises(NotTranslatableError, match="Orthogonal is not part of this Keras"):
        configurations.find({**value, "module": "team.initializers"})


def test_a_registered_class_is_found_wherever_the_file_says_its_name() -> None:
    configurations = Configurations(KERAS, {})
    zipped = {"module": "team", "class_name": "Scale", "config": {}, "registered_name": "team>Scale"}
    assert configurations.find(zipped) is Layer
    assert configurations.find({"class_name": "team>Scale", "config": {}}) is Layer
    assert Configurations(KERAS, {"Scale": Dense}).find(zipped) is Dense


def test_operations_are_known_with_and_without_modules() -> None:
    is_operation: Any = graph._is_operation
    assert is_operation({"module": "keras.src.ops.numpy", "class_name": "Add", "config": {"name": "add"}})
    assert is_operation({"class_name": "GetItem", "config": {"name": "get_item"}})
    assert not is_operation({"module": "keras.layers", "class_name": "Add", "config": {"trainable": True}})
    assert not is_operation({"class_name": "Add", "config": {"name": "add", "trainable": True}})
    assert not is_operation({"class_name": "InputLayer", "config": {"name": "in"}})


def test_an_operation_is_called_as_it_was() -> None:
    tf = SimpleNamespace(
        multiply=lambda x, y: x * y,
        reduce_mean=lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims),
        concat=lambda xs, axis: np.concatenate(xs, axis),
        math=SimpleNamespace(),
        reshape=np.reshape,
    )
    x = np.arange(6.0).reshape(2, 3)
    assert call(tf, "Multiply", {"name": "m"}, [x, 2.0], {}).sum() == 30
    assert call(tf, "Mean", {"axis": 1, "keepdims": True}, [x], {}).shape == (2, 1)
    assert call(tf, "Concatenate", {"axis": -1}, [[x, x]], {}).shape == (2, 6)
    assert call(tf, "GetItem", {}, [x, [slice(None), slice(None, 2)]], {}).shape == (2, 2)
    for kind in ("Erf", "Reshape", "Qr"):
        with pytest.raises(NotTranslatableError):
            call(tf, kind, {}, [x], {})


def test_a_tensor_that_nothing_gives_is_no_endless_search() -> None:
    node = {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["nowhere", 0, 0]}}], "kwargs": {}}
    dense = said("Dense", units=1, name="d") | {"inbound_nodes": [node]}
    config = {"name": "m", "layers": [dense], "input_layers": [], "output_layers": ["d", 0, 0]}
    model = {"module": "keras", "class_name": "Functional", "config": config}
    with pytest.raises(NotTranslatableError, match="layer d takes what nothing gives"):
        Builder(SimpleNamespace(), Configurations(KERAS, {})).build(model)


def test_arguments_of_a_call_are_read_at_any_depth() -> None:
    builder = Builder(SimpleNamespace(), Configurations(KERAS, {}))
    cut = {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": None}}
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["a", 0, 1]}}
    value = [tensor, {"class_name": "__tuple__", "items": [cut, {"class_name": "__ellipsis__", "config": {}}]}]
    made: Any = graph._Made()
    made.add("a", ["x", "y"])
    assert builder._value(value, made) == ["y", (slice(1, None, None), Ellipsis)]
    with pytest.raises(NotTranslatableError, match="of kind __other__"):
        builder._value({"class_name": "__other__", "config": {}}, {})


def test_the_only_call_of_a_model_is_meant_however_it_is_counted() -> None:
    made: Any = graph._Made()
    made.calls = {"inner": 1, "twice": 2}
    assert not made.has(["inner", 1, 0])
    made.add("inner", "x")
    made.add("twice", "first")
    assert (made.has(["inner", 1, 0]), made.tensor(["inner", 1, 0])) == (True, "x")
    assert (made.has(["twice", 0, 0]), made.has(["twice", 1, 0])) == (True, False)


def test_slots_are_told_apart_by_their_order() -> None:
    arrays = [np.array(5), np.array(0.1), *(np.full(2, number) for number in range(4))]
    steps, slots = slots_of(arrays, "Adam", {"name": "mine", "amsgrad": False}, 2)
    assert int(steps) == 5
    assert [int(array[0]) for array in slots["m", "_momentums"]] == [0, 2]
    assert [int(array[0]) for array in slots["v", "_velocities"]] == [1, 3]


def test_a_loss_scale_stands_in_front_of_what_it_is_about() -> None:
    without_scale: Any = weights._without_scale
    inner = [np.array(5), np.array(0.1), np.ones(2)]
    scale = [np.array(5), np.array(0.0), np.array(7), np.array(1024.0)]
    assert without_scale([*scale, *inner]) == (inner, scale[2:])
    assert without_scale(inner) == (inner, None)


def test_a_model_inside_another_one_holds_what_is_trained_first(tmp_path: Path) -> None:
    scale, mean, kernel = Variable(2), Variable(2), Variable(2)
    held = SimpleNamespace(
        weights=[scale, mean, kernel], trainable_weights=[scale, kernel], non_trainable_weights=[mean]
    )
    weights._set(Part("Functional", "base", held), [np.full(2, 1.0), np.full(2, 2.0), np.full(2, 3.0)])
    assert [int(item.held[0]) for item in (scale, kernel, mean)] == [1, 2, 3]


def test_a_zip_of_keras_2_counts_layers_with_weights_twice(tmp_path: Path) -> None:
    one, two = Variable(2), Variable(3)
    layers = [weighted(one), weighted(), weighted(two)]
    parts = [
        Part(kind, str(place), layer)
        for place, (kind, layer) in enumerate(zip(["Dense", "Flatten", "Dense"], layers, strict=True))
    ]
    model = Part("Sequential", "model", weighted(one, two), parts)
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file["_layer_checkpoint_dependencies/dense/vars/0"] = np.ones(2)
        file["_layer_checkpoint_dependencies/dense_2/vars/0"] = np.ones(3)
    with h5py.File(path) as file:
        tree = TreeWeights(stored.Group(file, counts_twice=True))
        weights.fill(model, SimpleNamespace(weights=tree, of_keras_3=False))
    assert (one.held.shape, two.held.shape) == ((2,), (3,))


def test_a_newer_configuration_is_rewritten_and_its_calls_are_kept() -> None:
    tf = SimpleNamespace(keras=KERAS, __version__="2.2.3")
    builder: Any = older.Builder(tf, Configurations(KERAS, {}, of_keras_3=False))
    node = [["in", 0, 0, {"axis": {"class_name": "__tuple__", "items": [1, 2]}}]]
    layers = [
        said("Dense", units=1, name="d") | {"name": "d", "inbound_nodes": node, "build_config": {}},
        {
            "class_name": "TFOpLambda",
            "config": {"name": "o", "function": "math.multiply"},
            "name": "o",
            "inbound_nodes": [],
        },
    ]
    config = {"name": "m", "trainable": True, "layers": layers, "input_layers": [], "output_layers": ["d", 0, 0]}
    made = builder._rewritten({"module": "keras", "class_name": "Functional", "config": config})
    assert made["class_name"] == "Model"
    assert made["config"]["layers"][0] == {
        "class_name": "Dense",
        "config": {"units": 1, "name": "d"},
        "name": "d",
        "inbound_nodes": [["in", 0, 0, {"axis": (1, 2)}]],
    }
    assert made["config"]["layers"][1]["config"]["function"] == "math.multiply"
    inner = {"module": "keras", "class_name": "Functional", "config": config}
    assert builder._configurations.plain(inner) == made
    with pytest.raises(NotTranslatableError, match="functional model inside of a layer"):
        Configurations(KERAS, {}).plain(inner)
    with pytest.raises(NotTranslatableError, match="of class Own, whose code is needed"):
        builder.build({"module": "team", "class_name": "Own", "config": {}})


def test_a_momentum_that_nobody_uses_may_be_missing_and_another_number_of_arrays_may_not() -> None:
    plain = {"name": "mine", "momentum": 0.0}
    assert slots_of([np.array(1), np.array(0.1)], "SGD", plain, 2)[1] == {}
    assert slots_of([np.array(1), np.array(0.1), np.zeros(2), np.zeros(2)], "SGD", plain, 2)[1] == {}
    # 2.11 to 2.15 keep the last step there.
    assert slots_of([np.array(1), np.array(0.1), np.ones(2), np.ones(2)], "SGD", plain, 2)[1] == {}
    for config, rest in ((plain, [np.ones(2)]), ({"name": "mine", "momentum": 0.9}, [np.ones(2)])):
        with pytest.raises(NotTranslatableError, match="1 arrays of its optimizer for 2 weights"):
            slots_of([np.array(1), np.array(0.1), *rest], "SGD", config, 2)


class Variable:
    dtype = SimpleNamespace(is_integer=False)

    def __init__(self, *shape: int) -> None:
        self.shape, self.name = shape, "w"
        self.held: Any = None

    def assign(self, array: Any) -> None:
        self.held = array


def weighted(*variables: Any) -> Any:
    return SimpleNamespace(weights=list(variables), trainable_weights=list(variables), non_trainable_weights=[])


def test_weights_go_by_classes_counted_and_never_into_another_shape(tmp_path: Path) -> None:
    one, two = Variable(2), Variable(3)
    parts = [
        Part("Dense", "first", weighted(one)),
        Part("Dense", "other", weighted(two)),
    ]
    model = Part("Sequential", "model", weighted(one, two), parts)
    path = tmp_path / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = np.ones(2)
        file["layers/dense_1/vars/0"] = np.ones(3)
    with h5py.File(path) as file:
        weights.fill(model, SimpleNamespace(weights=TreeWeights(stored.Group(file)), of_keras_3=True))
    assert (one.held.shape, two.held.shape) == ((2,), (3,))
    unnamed = Part("Sequential", "model", weighted(one, two), [Part("Own", None, weighted(two)), parts[0]])
    held = LayerWeights({"first": [np.full(2, 7.0)], "own_3": [np.full(3, 8.0)]})
    weights.fill(unnamed, SimpleNamespace(weights=held))
    assert (int(one.held[0]), int(two.held[0])) == (7, 8)
    with pytest.raises(NotTranslatableError, match="layer first: the file holds"):
        weights.fill(model, SimpleNamespace(weights=LayerWeights({"first": [np.ones(5)], "other": [np.ones(3)]})))
    with pytest.raises(NotTranslatableError, match="layer first: the file holds 0 arrays"):
        weights.fill(model, SimpleNamespace(weights=LayerWeights({"other": [np.ones(3)]})))


def zipped(path: Path, version: str, **members: Any) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {}}))
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def test_only_files_of_keras_3_and_zips_are_read(tmp_path: Path) -> None:
    # No Keras up to 2.11 reads the zips of Keras 2.
    for version in ("2.15.0", "3.13.2"):
        with pytest.raises(NotTranslatableError, match="no weights"):
            read(zipped(tmp_path / f"{version}.keras", version))
    with pytest.raises(NotApplicableError):
        read(zipped(tmp_path / "none.keras", "1.0"))
    with pytest.raises(NotTranslatableError, match="no weights"):
        read(zipped(tmp_path / "three.keras", "3.13.2"))
    (tmp_path / "cut.keras").write_bytes(Path(zipped(tmp_path / "whole.keras", "3.13.2")).read_bytes()[:40])
    with pytest.raises((NotApplicableError, NotTranslatableError)):
        read(str(tmp_path / "cut.keras"))
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = "2.10.0", "{}"
    with pytest.raises(NotApplicableError):
        read(str(tmp_path / "model.h5"))


class Adam:
    def __init__(self, learning_rate: float = 0.001, **more: Any) -> None:
        self.given = {"learning_rate": learning_rate, **more}


def test_what_an_optimizer_was_told_is_kept_or_named() -> None:
    keras = SimpleNamespace(**{**vars(KERAS), "optimizers": SimpleNamespace(Adam=Adam, schedules=SimpleNamespace())})
    optimizer: Any = training._optimizer
    configurations = Configurations(keras, {})

    def adam(**config: Any) -> dict[str, Any]:
        return {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.1, **config}}

    assert optimizer(adam(clipnorm=1.0, use_ema=False, ema_momentum=0.99), configurations).given == {
        "learning_rate": 0.1,
        "clipnorm": 1.0,
    }
    # Other names for how a step is compiled, and settings of averages that nobody keeps.
    assert optimizer(adam(jit_compile=True, ema_overwrite_frequency=100), configurations).given == {
        "learning_rate": 0.1
    }
    for told in ({"use_ema": True, "ema_momentum": 0.9}, {"gradient_accumulation_steps": 0}):
        with pytest.raises(NotTranslatableError, match="is not known to this Keras"):
            optimizer(adam(**told), configurations)
    with pytest.raises(NotTranslatableError, match="gradient_accumulation_steps=4"):
        optimizer(adam(gradient_accumulation_steps=4), configurations)
    with pytest.raises(NotTranslatableError, match="schedule Warm is not part"):
        optimizer(adam(learning_rate={"class_name": "Warm", "config": {}}), configurations)


class RMSprop:
    def __init__(self, learning_rate: float = 0.001, momentum: float = 0.0, epsilon: float = 1e-7, **more: Any) -> None:
        self.given = {"momentum": momentum, "epsilon": epsilon}


class LossScaleOptimizer:
    def __init__(self, inner: Any, initial_scale: float | None = None) -> None:
        self.inner, self.initial_scale = inner, initial_scale


def keras_2_with(**more: Any) -> Any:
    places = SimpleNamespace(Adam=Adam, RMSprop=RMSprop, schedules=SimpleNamespace())
    return Configurations(SimpleNamespace(**{**vars(KERAS), "optimizers": places, **more}), {})


def test_rmsprop_without_momentum_gets_one_too_small_to_matter() -> None:
    optimizer: Any = training._optimizer

    def rmsprop(**config: Any) -> dict[str, Any]:
        return {"module": "keras.optimizers", "class_name": "RMSprop", "config": {"epsilon": 1e-7, **config}}

    assert optimizer(rmsprop(momentum=0.0), keras_2_with()).given == {"momentum": 1e-30, "epsilon": 1e-7}
    assert np.float32(1e-30) > 0
    assert optimizer(rmsprop(momentum=0.5), keras_2_with()).given["momentum"] == 0.5
    # Keras 3 keeps no momentum of it.
    arrays = [np.array(1), np.array(0.1), np.ones(2)]
    assert set(slots_of(arrays, "RMSprop", {"momentum": 1e-30, "centered": False}, 1)[1]) == {("rms", "_velocities")}


def test_a_scaled_loss_stays_scaled() -> None:
    optimizer: Any = training._optimizer
    inner = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.1}}
    stored: Any = {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": inner, "initial_scale": 64.0}}
    place = SimpleNamespace(LossScaleOptimizer=LossScaleOptimizer)
    made = optimizer(stored, keras_2_with(mixed_precision=place))
    assert (made.inner.given, made.initial_scale) == ({"learning_rate": 0.1}, 64.0)
    settings: Any = training.arguments
    scaled = settings({"optimizer": inner}, keras_2_with(mixed_precision=place), is_scaled=True)
    assert scaled["optimizer"].inner.given == {"learning_rate": 0.1}
    with pytest.raises(NotTranslatableError, match="LossScaleOptimizer is not part"):
        optimizer(stored, keras_2_with(mixed_precision=SimpleNamespace()))
    stored["config"]["dynamic"] = False
    with pytest.raises(NotTranslatableError, match="does not change"):
        optimizer(stored, keras_2_with(mixed_precision=place))


def test_what_an_embedding_steps_otherwise_is_said() -> None:
    class Embedding:
        trainable_weights = ("table",)

    model = SimpleNamespace(layers=[SimpleNamespace(layers=[Embedding()])], optimizer=Adam())
    notes: Any = training.notes
    assert "Embedding" in notes(model)[0]
    model.layers = [Layer()]
    assert notes(model) == []
