"""Builds models from what Keras 2 says of their layers and of who feeds whom."""

import re

from ..errors import NotTranslatableError
from ..own_classes import bare
from . import layers, operations
from .tree import Branch

_CONSTANT = "_CONSTANT_VALUE"
MODELS = ("Functional", "Model", "Sequential")
# Calls of layers that Keras 2 notes with their states among the inputs.
_RECURRENT = ("RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional",
              "CuDNNLSTM", "CuDNNGRU")  # fmt: skip
_AUTOMATIC = re.compile(r"(_\d+)?$")


class Builder(object):
    """Builds one model and what is inside it.

    :param keras: the package, of this environment.
    :param own: classes and functions of the user's: ``own.Own``.
    """

    def __init__(self, keras, own):
        self.keras = keras
        self.notes, self.renamed = [], []
        self.makers = layers.Makers(keras, own, self.build, self.renamed)

    def build(self, node, name=None):
        """A model or layer, and its tree.

        :param node: ``{"class_name", "config"}``.
        """
        kind = node.get("class_name")
        if kind in MODELS and isinstance(node.get("config"), (dict, list)) and not self.makers.is_own(kind):
            # Before 2.2.3 the configuration of a Sequential was the list of its layers.
            config = (
                node["config"]
                if isinstance(node["config"], dict)
                else {"name": name or "sequential", "layers": node["config"]}
            )
            made = self._sequential if kind == "Sequential" else self._functional
            return made(config)
        return self.makers.make(node)

    def _sequential(self, config):
        keras = self.keras
        stored = list(config.get("layers") or [])
        taken = None
        if stored and stored[0].get("class_name") == "InputLayer":
            taken = self._input(stored.pop(0)["config"])
        elif stored and _first_shape(stored[0]) is not None:
            taken = keras.Input(batch_shape=_first_shape(stored[0]), dtype=_input_dtype(stored[0]["config"]))
        elif config.get("build_input_shape"):
            taken = keras.Input(batch_shape=tuple(config["build_input_shape"]))
        children, parts = [], []
        for item in stored:
            layer, tree = self.build(item)
            parts += layer if isinstance(layer, list) else [layer]
            children.append(tree)
        kinds = [bare(item["class_name"]) for item in stored]
        if all(isinstance(part, keras.layers.Layer) for part in parts):
            model = keras.Sequential(name=self._name(config.get("name")))
            for part in [taken, *parts] if taken is not None else parts:
                model.add(part)
        else:
            model = self._chain(config, taken, parts)
        return model, Branch("Sequential", config.get("name"), children, _trainable(config), None, kinds,
                             list(range(len(children))), model)  # fmt: skip

    def _chain(self, config, taken, parts):
        """A functional model in place of a Sequential, of which operations have become a part."""
        if taken is None:
            raise NotTranslatableError("%s has no input shape" % config.get("name"))
        result = taken
        for part in parts:
            result = part(result)
        self.notes.append("%s became a functional model" % config.get("name"))
        return self.keras.Model(taken, result, name=self._name(config.get("name")))

    def _functional(self, config):
        graph = _Graph(self, config)
        model = graph.build()
        stored = config["layers"]
        places = [place for place, item in enumerate(stored) if item["name"] in graph.trees]
        children = [graph.trees[stored[place]["name"]] for place in places]
        kinds = [bare(item["class_name"]) for item in stored]
        return model, Branch("Functional", config.get("name"), children, _trainable(config), None, kinds, places, model)

    def _name(self, name):
        return layers.legal_name(name, self.renamed)

    def _input(self, config):
        shape = config.get("batch_input_shape", config.get("batch_shape"))
        if config.get("ragged"):
            raise NotTranslatableError("input %s is ragged, which Keras 3 does not know" % config.get("name"))
        if shape is None:
            raise NotTranslatableError("input %s has no shape" % config.get("name"))
        return self.keras.Input(
            batch_shape=tuple(shape),
            dtype=config.get("dtype"),
            sparse=bool(config.get("sparse")),
            name=self._name(config.get("name")),
        )


class _Graph(object):
    """One functional model while it is built; ``trees`` holds those of its layers."""

    def __init__(self, builder, config):
        self._builder, self._config = builder, config
        self._keras = builder.keras
        self._stored = {item["name"]: item for item in config["layers"]}
        self._layers, self.trees = {}, {}
        self._results = {}
        self._operations = operations.Operations(builder.keras)
        self._first_call = dict.fromkeys(self._stored, 0)
        self._named = {}

    def build(self):
        for name, item in self._stored.items():
            self._make(name, item)
        self._count_calls()
        waiting = [
            (name, number, node)
            for name, item in self._stored.items()
            for number, node in enumerate(item.get("inbound_nodes") or [])
        ]
        while waiting:
            left = [call for call in waiting if not self._call(*call)]
            if len(left) == len(waiting):
                raise NotTranslatableError("the calls of %s wait for each other" % left[0][0])
            waiting = left
        inputs = _mapped(self._config["input_layers"], self._end)
        outputs = _mapped(self._config["output_layers"], self._end)
        if isinstance(inputs, list) and len(inputs) == 1:
            inputs = inputs[0]
        if isinstance(outputs, list) and len(outputs) == 1:
            outputs = outputs[0]
        self._rename(outputs)
        return self._keras.Model(inputs, outputs, name=self._builder._name(self._config.get("name")))

    def _make(self, name, item):
        kind = item["class_name"]
        if kind == "InputLayer":
            self._results[name, 0] = self._builder._input(dict(item["config"], name=item["config"].get("name", name)))
        elif kind in operations.KINDS:
            self._layers[name] = None
        else:
            self._layers[name], self.trees[name] = self._builder.build(item, name)

    def _count_calls(self):
        """Keras 2 counts the calls of a model that was built with inputs from 1, those of everything else from 0."""
        used = {}
        for reference in _references([item.get("inbound_nodes") for item in self._stored.values()], self._stored):
            used.setdefault(reference[0], set()).add(reference[1])
        for key in ("input_layers", "output_layers"):
            for reference in _references(self._config[key], self._stored):
                used.setdefault(reference[0], set()).add(reference[1])
        for name, item in self._stored.items():
            calls = len(item.get("inbound_nodes") or [])
            if calls and used.get(name) and max(used[name]) >= calls:
                self._first_call[name] = max(used[name]) - calls + 1

    def _has(self, reference):
        return (reference[0], reference[1] - self._first_call[reference[0]]) in self._results

    def _tensor(self, reference):
        result = self._results[reference[0], reference[1] - self._first_call[reference[0]]]
        found = operations.flat(result)
        return found[reference[2]]

    def _end(self, reference):
        if reference[0] not in self._stored or not self._has(reference):
            raise NotTranslatableError("the model gives out %s, which nothing makes" % reference[0])
        tensor = self._tensor(reference)
        if not isinstance(tensor, self._keras.KerasTensor):
            raise NotTranslatableError("the model gives out %s, which is a shape or a constant" % reference[0])
        return tensor

    def _call(self, name, number, node):
        """Make one call, once all it takes is there; whether it was made."""
        if not all(self._has(reference) for reference in _references(node, self._stored)):
            return False
        keywords = {}
        first = _mapped_inputs(node, self._taken, keywords)
        keywords = {key: _mapped_values(value, self._stored, self._tensor) for key, value in keywords.items()}
        item = self._stored[name]
        try:
            if item["class_name"] in operations.KINDS:
                result = self._operations.apply(item, first, keywords)
            else:
                result = self._call_layer(name, item, first, keywords)
        except NotTranslatableError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # whatever Keras raises here says that it does not take what Keras 2 took
            raise NotTranslatableError("layer %s (%s): %s: %s" % (
                name, item["class_name"], type(error).__name__, " ".join(str(error).split())[:400])) from error  # fmt: skip
        self._results[name, number] = result
        if item["class_name"] in operations.KINDS:
            for tensor in operations.flat(result):
                history = getattr(tensor, "_keras_history", None)
                if history is not None:
                    self._named.setdefault(id(history.operation), name)
        return True

    def _taken(self, reference):
        if reference[0] == _CONSTANT:
            return operations.constant(reference[2])
        return self._tensor(reference)

    def _call_layer(self, name, item, first, keywords):
        layer = self._layers[name]
        kind = bare(item["class_name"])
        if isinstance(first, list) and len(first) == 1:
            first = first[0]
        keywords = {key: value for key, value in keywords.items() if value is not None}
        if kind in _RECURRENT and isinstance(first, list):
            keywords["initial_state"] = first[1:]
            first = first[0]
        if "initial_state" in keywords and keywords.get("mask") is None:
            # Keras 3 hands no mask on to a call with several tensors.
            mask = getattr(first, "_keras_mask", None)
            keywords.update({} if mask is None else {"mask": mask})
        if keywords.get("training") is not None and hasattr(layer, "layers"):
            self._builder.notes.append(
                "%s was called with training=%s, which Keras 3 forgets while it trains" % (name, keywords["training"])
            )
        if kind == "Concatenate" and isinstance(first, list):
            return self._concatenate(layer, first)
        for part in layer if isinstance(layer, list) else [layer]:
            first = part(first, **layers.call_arguments(part, keywords, name))
        return first

    def _concatenate(self, layer, tensors):
        """Concatenate, with the mask made by operations of its own: those that Keras 3 puts there fail in some versions."""
        masks = [getattr(tensor, "_keras_mask", None) for tensor in tensors]
        rank = len(tensors[0].shape)
        axis = layer.axis % rank
        if any(mask is None or len(mask.shape) != rank - 1 for mask in masks) or axis == 0:
            return layer(tensors)
        for tensor in tensors:
            tensor._keras_mask = None
        try:
            result = layer(tensors)
        finally:
            for tensor, mask in zip(tensors, masks):
                tensor._keras_mask = mask
        ops = self._keras.ops
        if axis < rank - 1:
            result._keras_mask = ops.concatenate(masks, axis=axis)
            return result
        joined = masks[0]
        for mask in masks[1:]:
            joined = joined if mask is joined else ops.logical_and(joined, mask)
        result._keras_mask = joined
        return result

    def _rename(self, outputs):
        """Give every operation a name of its own. Where Keras names one anew on loading, no layer may have that name."""
        found = _operations_behind(operations.flat(outputs))
        layer_class = self._keras.layers.Layer
        made = [operation for operation in found if not isinstance(operation, layer_class)]
        own = [operation for operation in found if isinstance(operation, layer_class)]
        prefixes = set()
        taken = {operation.name for operation in own}
        for operation in made:
            if operations.keeps_name(operation):
                wanted = layers.legal_name(self._named.get(id(operation), operation.name), [])
                operation.name = _free(wanted, taken)
                taken.add(operation.name)
            else:
                prefixes.add(_AUTOMATIC.sub("", operation.name))
        for operation in own:
            if _AUTOMATIC.sub("", operation.name) in prefixes:
                renamed = _free(operation.name + layers.NAMED_LAYER, taken)
                self._builder.notes.append("layer %s called %s" % (operation.name, renamed))
                operation.name = renamed
                taken.add(renamed)


def _operations_behind(tensors):
    """Every operation that tensors come from, once."""
    waiting, seen, found = list(tensors), set(), {}
    while waiting:
        operation, number, _ = waiting.pop()._keras_history
        if (id(operation), number) in seen:
            continue
        seen.add((id(operation), number))
        found[id(operation)] = operation
        waiting.extend(operation._inbound_nodes[number].input_tensors)
    return list(found.values())


def _free(name, taken):
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = "%s_%d" % (name, number)
    return candidate


def _trainable(config):
    return config.get("trainable", True) is not False


def _first_shape(item):
    """The shape that the first layer of a Sequential is given; None where it has none."""
    config = item.get("config")
    if not isinstance(config, dict):
        return None
    if item.get("class_name") in MODELS:
        return None
    shape = config.get("batch_input_shape")
    return tuple(shape) if shape else None


def _input_dtype(config):
    dtype = config.get("dtype")
    return dtype if isinstance(dtype, str) and "mixed" not in dtype else None


def _is_reference(value, stored):
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and (value[0] in stored or value[0] == _CONSTANT)
        and isinstance(value[1], int)
        and (isinstance(value[2], int) or value[0] == _CONSTANT)
        and (len(value) == 3 or isinstance(value[3], dict))
    )


def _references(value, stored):
    """``[layer, call, tensor]`` wherever a part of a configuration names one."""
    if _is_reference(value, stored):
        found = [] if value[0] == _CONSTANT else [value]
        return found + (_references(value[3], stored) if len(value) == 4 else [])
    if isinstance(value, dict):
        return [item for inner in value.values() for item in _references(inner, stored)]
    if isinstance(value, list):
        return [item for inner in value for item in _references(inner, stored)]
    return []


def _mapped(value, function):
    """What a model takes or gives, with tensors for ``[layer, call, tensor]``."""
    if isinstance(value, dict):
        return {key: _mapped(inner, function) for key, inner in value.items()}
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        return function(value)
    return [_mapped(inner, function) for inner in value]


def _mapped_inputs(node, function, keywords):
    """The first argument of a call, with tensors for ``[layer, call, tensor, keywords]``; collects the keywords."""
    if isinstance(node, dict):
        return {key: _mapped_inputs(inner, function, keywords) for key, inner in node.items()}
    if isinstance(node, list) and len(node) in (3, 4) and isinstance(node[0], str) and isinstance(node[1], int):
        if len(node) == 4:
            keywords.update(node[3])
        return function(node)
    return [_mapped_inputs(inner, function, keywords) for inner in node]


def _mapped_values(value, stored, function):
    """A keyword of a call, with tensors for ``[layer, call, tensor]``."""
    if _is_reference(value, stored) and value[0] != _CONSTANT:
        return function(value)
    if isinstance(value, dict):
        return {key: _mapped_values(inner, stored, function) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped_values(inner, stored, function) for inner in value]
    return value
