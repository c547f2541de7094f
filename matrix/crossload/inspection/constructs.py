"""What a saved model is made of, as marks: words that can be looked up among those of measured files.

==============================  =====================================================================
``LSTM``                        a class: of a layer, a model, an initializer, an optimizer ...
``LSTM.units=number``           a value of its configuration, by its kind where it is free
``Bidirectional.layer>LSTM``    a layer, or a model, inside another one
``Sequential:Functional->Dense``  a layer that takes what a nested model gives
``Sequential:unknown->Dense``   a layer that is first and whose input may have any size
``masked:Concatenate``          a layer that a mask reaches, of those that do something with it
``masked:GRU.initial_state``    such a layer that is given more than its tensor
``Lambda:uses abs``             a name that the function of a Lambda layer asks for, an attribute's, too
``Encoder:holds Dense``         a layer that a layer of one's own holds, where the file lists it: SavedModel
``RandomNormal:of tensorflow``  a class that is not Keras' own, by the package that its module is of
``call:LSTM.initial_state``     an argument of a call besides its tensors
``graph:...``                   how a model is put together: its inputs and outputs, layers used twice
``loss:...``, ``metrics:...``   what it is compiled with, and in which form
==============================  =====================================================================

Nothing here knows one version from another: the same configuration gives the same marks, whoever wrote it.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crossload.inspection.builtin_names import BUILT_IN
from crossload.util.marshalled import UnreadableCodeError, names_in

_WORD = re.compile(r"^[A-Za-z_][\w.-]{0,31}$")
# Names are free, and what else says nothing of how a model loads.
_UNSAID = frozenset({"name", "module", "registered_name", "build_config", "keras_version", "backend", "batch_input_shape",
                     "batch_shape", "shared_object_id", "metric_name"})  # fmt: skip
# Functions of Python's own modules are named by themselves.
_OF_KERAS = re.compile(r"^(?:tf_)?keras\b|^tensorflow\.(?:python\.)?keras\b|^builtins$|^$")
_SHAPES = ("batch_input_shape", "batch_shape", "shape")
# What comes from data, not from a choice.
_DATA = ("vocabulary", "idf_weights", "mean", "variance", "input_mean", "input_variance", "bin_boundaries", "function")
MODELS = ("Functional", "Sequential", "Model")
# Layers that use a mask or must pass it on.
_MASK_USERS = frozenset({"Concatenate", "Add", "Multiply", "Average", "Dot", "TimeDistributed", "Flatten", "Reshape", "Lambda",
                         "GlobalAveragePooling1D", "GlobalMaxPooling1D", "MultiHeadAttention", "Attention", "AdditiveAttention",
                         "Bidirectional", "LSTM", "GRU", "SimpleRNN", "RNN", "Conv1D", "BatchNormalization"})  # fmt: skip
_SETTINGS = ("loss", "metrics", "weighted_metrics", "loss_weights", "optimizer", "optimizer_config")
_DEEPEST = 60
# A name of Python's is shorter than a code object is.
_LONGEST_NAME = 60


def of_architecture(config: Any) -> Iterator[str]:
    """Marks of a model's or a layer's configuration, ``{"class_name": ..., "config": ...}``, nested ones included."""
    if isinstance(config, dict):
        yield from _of_object(config, 0)


def of_training(config: Any) -> Iterator[str]:
    """Marks of what a model is compiled with: ``training_config`` of HDF5, ``compile_config`` of ``.keras``."""
    if not isinstance(config, dict):
        return
    yield "compiled"
    for key in _SETTINGS:
        if key in config:
            role = key.removesuffix("_config")
            yield from _of_setting(role, config[key], 0)


def of_objects(objects: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Marks of what layers of one's own hold, which no configuration says.

    :param objects: configurations by path from the model, ``root.layer-1.attention``.
    """
    for path, item in objects.items():
        holder = next((objects[above] for above in _above(path) if above in objects), None)
        if holder is not None and class_of(holder) not in BUILT_IN and class_of(holder) != "Model":
            yield f"{class_of(holder)}:holds {class_of(item)}"


def _above(path: str) -> Iterator[str]:
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _of_setting(role: str, value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":  # a list, as a SavedModel has it
        value = _list(value.get("items"))
    if isinstance(value, dict):
        if _is_object(value):
            yield f"{role}:{class_of(value)}"
            yield from _of_object(value, depth)
        else:
            yield f"{role}:dictionary"
            for item in value.values():
                yield from _of_setting(role, item, depth + 1)
    elif isinstance(value, list):
        yield f"{role}:list"
        for item in value:
            yield from _of_setting(role, item, depth + 1)
    elif value is not None:
        name = isinstance(value, str) and value.isidentifier()
        yield f"{role}:{value if name else _value(value)}"


def class_of(item: Mapping[str, Any]) -> str:
    """The class of a serialized object without its package; a function by its own name."""
    name, inner = str(item["class_name"]), item.get("config")
    if name == "function" and isinstance(inner, str):
        return f"function {inner}"
    return name.rpartition(">")[2]


def _package_of(item: Mapping[str, Any]) -> str:
    """The package that a class is of where that is not Keras; empty where nothing is said of it."""
    module = item.get("module")
    if not isinstance(module, str) or _OF_KERAS.match(module):
        return ""
    return module.partition(".")[0]


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("class_name"), str)


def _is_layer(value: Mapping[str, Any]) -> bool:
    inner = value.get("config")
    return isinstance(inner, dict) and ("trainable" in inner or "layers" in inner or "batch_shape" in inner)


def _of_object(item: Mapping[str, Any], depth: int) -> Iterator[str]:
    name, inner = class_of(item), item.get("config")
    yield name
    if package := _package_of(item):
        yield f"{name}:of {package}"
    if depth > _DEEPEST or not isinstance(inner, dict):
        return
    if name in MODELS or isinstance(inner.get("layers"), list):
        yield from _of_model(name, inner, depth)
        return
    if isinstance(inner.get("name"), str) and "/" in inner["name"] and _is_layer(item):
        yield "graph:a name with /"
    if name == "Lambda":
        yield from _of_function(inner.get("function"))
    for key, value in inner.items():
        if key in _SHAPES:
            yield f"{name}.{key}=shape"
        elif key not in _UNSAID:
            yield from _of_value(name, key, value, depth)


def _of_function(function: Any) -> Iterator[str]:
    """What the bytecode of a Lambda asks for besides its arguments: a list, ``__tuple__`` or ``__lambda__`` holds it."""
    while isinstance(function, dict):
        inner = function.get("config")
        function = inner.get("code") if isinstance(inner, dict) else function.get("items")
    code = function[0] if isinstance(function, list) and function else function
    if isinstance(code, str) and len(code) > _LONGEST_NAME:
        try:
            names = sorted(names_in(code))
        except UnreadableCodeError:
            yield "Lambda:code that is not read"
        else:
            yield from (f"Lambda:uses {name}" for name in names)


def _of_value(name: str, key: str, value: Any, depth: int) -> Iterator[str]:
    if key in _DATA and not _is_object(value):
        yield f"{name}.{key}={_kind_of_data(value)}"
    elif _is_object(value):
        yield f"{name}.{key}{'>' if _is_layer(value) else '='}{class_of(value)}"
        yield from _of_object(value, depth + 1)
    elif isinstance(value, list) and any(_is_object(part) for part in value):
        yield f"{name}.{key}=[objects]"
        for part in value:
            if _is_object(part):
                yield f"{name}.{key}>{class_of(part)}"
                yield from _of_object(part, depth + 1)
    elif key == "fn" and isinstance(value, str) and value.isidentifier():  # a name, however long
        yield f"{name}.{key}={value}"
    else:
        yield f"{name}.{key}={_value(value)}"


def _kind_of_data(value: Any) -> str:
    if isinstance(value, str):
        return _value(value)
    return "none" if value is None else "data"


def _value(value: Any, depth: int = 0) -> str:
    """A value by its kind where it is free: numbers but for 0 and their sign, texts that are no words, and what lists hold."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float):
        return "0" if value == 0 else "negative" if value < 0 else "number"
    if isinstance(value, str):
        return value if _WORD.match(value) else "text"
    if isinstance(value, list):
        return f"[{' '.join(sorted({_value(item, depth + 1) for item in value[:20]}))}]" if depth < 4 else "[...]"
    return f"{{{' '.join(sorted(str(key) for key in value)[:8])}}}" if isinstance(value, dict) else "?"


# Models


def _of_model(name: str, inner: Mapping[str, Any], depth: int) -> Iterator[str]:
    layers = _parts({"config": inner})
    names = {_name_of(layer): class_of(layer) for layer in layers}
    if any("/" in layer for layer in names):
        yield "graph:a name with /"
    if name == "Sequential":
        edges = [(class_of(one), class_of(two)) for one, two in itertools.pairwise(layers)]
        behind_mask = [*itertools.dropwhile(lambda layer: not _makes_mask(layer), layers)][1:]
        if not any(key in _config(layer) for layer in layers[:1] for key in ("batch_input_shape", "batch_shape")):
            yield "Sequential:no input shape" if not inner.get("build_input_shape") else "Sequential:input shape apart"
        # An adapted layer in front says a shape of which nothing is known.
        if len(layers) > 1 and class_of(layers[0]) == "InputLayer" and _is_unknown(_config(layers[0])):
            yield f"Sequential:unknown->{class_of(layers[1])}"
    else:
        named = [*_edges(layers)]
        edges = [(names.get(one, "?"), names.get(two, "?")) for one, two in named]
        behind_mask = _behind_mask(layers, named)
        yield from _of_graph(layers, inner)
    for layer in layers:
        kind = class_of(layer)
        if kind in MODELS:
            yield f"{name}>{kind}"
            if any(_name_of(part) in names and class_of(part) != "InputLayer" for part in _parts(layer)):
                yield "graph:a layer in two models"
            if depth:
                yield "graph:models nested twice"
        yield from _of_object(layer, depth + 1)
    yield from (f"{name}:{one}->{two}" for one, two in edges if one in MODELS)
    yield from _of_masked(layer for layer in behind_mask if class_of(layer) in _MASK_USERS)


def _of_masked(layers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for layer in layers:
        yield f"masked:{class_of(layer)}"
        for argument in {
            argument for call in _calls(layer) for argument in _call_arguments(call) if "=tensor" in argument
        }:
            yield f"masked:{class_of(layer)}.{argument.partition('=')[0]}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _config(layer: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = layer.get("config")
    return inner if isinstance(inner, dict) else {}


def _parts(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [layer for layer in _list(_config(model).get("layers")) if _is_object(layer)]


def _name_of(layer: Mapping[str, Any]) -> str:
    return str(layer.get("name") or _config(layer).get("name") or "")


def _is_unknown(config: Mapping[str, Any]) -> bool:
    shape = config.get("batch_input_shape") or config.get("batch_shape")
    return isinstance(shape, list) and len(shape) > 1 and not any(shape[1:])


def _makes_mask(layer: Mapping[str, Any]) -> bool:
    return class_of(layer) == "Masking" or bool(_config(layer).get("mask_zero"))


def _behind_mask(layers: list[Any], edges: list[tuple[str, str]]) -> list[Any]:
    """The layers that lie behind one that makes a mask."""
    behind: dict[str, set[str]] = {}
    for one, two in edges:
        behind.setdefault(one, set()).add(two)
    pending = [_name_of(layer) for layer in layers if _makes_mask(layer)]
    seen: set[str] = set()
    while pending:
        fresh = behind.get(pending.pop(), set()) - seen
        seen |= fresh
        pending.extend(fresh)
    return [layer for layer in layers if _name_of(layer) in seen]


def _calls(layer: Mapping[str, Any]) -> list[Any]:
    return _list(layer.get("inbound_nodes"))


def _edges(layers: list[Any]) -> Iterator[tuple[str, str]]:
    for layer in layers:
        for call in _calls(layer):
            for source in _sources(call):
                yield source, _name_of(layer)


def _sources(call: Any) -> Iterator[str]:
    """Layers whose outputs a call takes: ``["dense", 0, 0, {}]`` in Keras 2, a history in Keras 3."""
    pending = [call]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            if len(item) >= 3 and isinstance(item[0], str) and isinstance(item[1], int) and isinstance(item[2], int):
                yield item[0]
                pending.extend(item[3:])
            else:
                pending.extend(item)
        elif isinstance(item, dict):
            history = item.get("keras_history")
            if isinstance(history, list) and history and isinstance(history[0], str):
                yield history[0]
            else:
                pending.extend(item.values())


def _of_graph(layers: list[Any], inner: Mapping[str, Any]) -> Iterator[str]:
    for side in ("input_layers", "output_layers"):
        yield f"graph:{side}={_ends(inner.get(side))}"
    for layer in layers:
        calls, kind = _calls(layer), class_of(layer)
        if len(calls) > 1:
            yield "graph:a layer used twice"
        for call in calls:
            sources = list(_sources(call))
            if len(set(map(str, sources))) < len(sources):
                yield f"graph:a tensor twice to {kind}"
            yield from (f"call:{kind}.{name}" for name in _call_arguments(call))


def _ends(value: Any) -> str:
    if isinstance(value, dict):
        return "by name"
    if isinstance(value, list) and value and isinstance(value[0], str):
        return "one"
    return "list of one" if isinstance(value, list) and len(value) == 1 else "list"


def _call_arguments(call: Any) -> Iterator[str]:
    """Arguments of a call that are said, besides its first tensors."""
    if isinstance(call, dict):  # Keras 3
        given = call.get("kwargs")
        for name, value in given.items() if isinstance(given, dict) else ():
            if value is not None:
                yield f"{name}={_argument(value)}"
        if len(_list(call.get("args"))) > 1:
            yield f"{len(call['args'])} tensors"
    elif isinstance(call, list):
        parts = [call] if call and isinstance(call[0], str) else call
        for part in parts:
            if isinstance(part, list) and len(part) > 3 and isinstance(part[3], dict):
                for name, value in part[3].items():
                    if value is not None and name != "name":
                        yield f"{name}={_argument(value)}"


def _argument(value: Any) -> str:
    if isinstance(value, dict) or (isinstance(value, list) and next(_sources(value), None) is not None):
        return "tensor"
    return _value(value)
