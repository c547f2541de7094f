"""Reads a SavedModel of Keras 2: its metadata, and the checkpoint inside it."""

import json
import os
import re

import numpy as np

from ..errors import NotApplicableError, NotTranslatableError
from .stored import OptimizerState, StoredModel, TreeWeights

_MODELS = ("_tf_keras_network", "_tf_keras_sequential", "_tf_keras_model")
_SAVED = "saved_model.pb"
_METADATA = "keras_metadata.pb"
_LAYER = re.compile(r"layer-\d+$")
_ADAPTED = ("mean", "variance", "count")


class Node(object):
    """A node of the graph of objects that a checkpoint describes."""

    def __init__(self, checkpoint, number):
        self._checkpoint = checkpoint
        self._number = number

    def children_of(self, branch):
        if branch.attributes:
            return [self.child(name) for name in branch.attributes]
        first = 0
        if branch.kind == "Sequential":
            # 2.0 and 2.1 count the input of a Sequential, which its configuration does not have.
            counted = [name for name in self._checkpoint.children[self._number] if _LAYER.match(name)]
            first = max(0, len(counted) - len(branch.stored_kinds))
        return [self.child("layer-%d" % (first + place)) for place in branch.places]

    def child(self, name):
        number = self._checkpoint.children[self._number].get(name)
        return None if number is None else Node(self._checkpoint, number)

    def arrays(self, kind, layer=None):
        """A layer's arrays, trainable ones first, as it listed them. A text table, which holds no numbers, has none."""
        listed = self.child("variables")
        if listed is None:
            # A layer that was adapted lists none of what it learnt.
            named = [self._checkpoint.children[self._number].get(name) for name in _ADAPTED]
            return [self._checkpoint.array(number) for number in named if number is not None]
        numbers = self._checkpoint.children[listed._number]
        return [self._checkpoint.array(numbers[name]) for name in sorted(numbers, key=int)]


class _Checkpoint(object):
    def __init__(self, folder):
        import tensorflow as tf
        from tensorflow.core.protobuf import trackable_object_graph_pb2

        self._reader = tf.train.load_checkpoint(os.path.join(folder, "variables", "variables"))
        graph = trackable_object_graph_pb2.TrackableObjectGraph()
        graph.ParseFromString(self._reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
        self.nodes = graph.nodes
        self.children = [{child.local_name: child.node_id for child in node.children} for node in graph.nodes]
        self._keys = [node.attributes[0].checkpoint_key if node.attributes else None for node in graph.nodes]

    def array(self, number):
        if self._keys[number] is None:
            raise NotTranslatableError("the checkpoint holds no value for a variable")
        return np.asarray(self._reader.get_tensor(self._keys[number]))

    def has_value(self, number):
        return self._keys[number] is not None


def read(path):
    """Read a SavedModel; raises as ``reading.read`` does."""
    said = _said_of_the_model(path)
    if said is None:
        raise NotApplicableError("a SavedModel without a Keras model")
    config = said.get("model_config") or {}
    if not isinstance(config.get("config"), dict) or "layers" not in config["config"]:
        raise NotApplicableError("a subclassed model, of which the file has no configuration")
    checkpoint = _Checkpoint(path)
    top = Node(checkpoint, 0)
    training = said.get("training_config")
    return StoredModel(config, training, TreeWeights(top), _optimizer(checkpoint, top))


def _said_of_the_model(path):
    """Metadata of the model, of those of all objects; None where there is none."""
    return next((_decoded(said) for identifier, said in _metadata(path) if identifier in _MODELS), None)


def input_names(path):
    """Names of a model's inputs in the order in which it takes them; none where the file does not say them so."""
    try:
        ends = ((_said_of_the_model(path).get("model_config") or {}).get("config") or {}).get("input_layers")
        return [str(end[0]) for end in ends] if isinstance(ends, list) else []
    except Exception:  # another file than Keras writes says nothing of it
        return []


def _decoded(value):
    """Metadata without the objects that stand for tuples and shapes in its JSON."""
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("__tuple__", "TensorShape") and "items" in value:
        return _decoded(value["items"])
    return {key: _decoded(item) for key, item in value.items()}


def _metadata(path):
    """``(identifier, metadata)`` of every object of Keras: of a file of its own since 2.5, before of the graph's."""
    beside = os.path.join(path, _METADATA)
    if os.path.isfile(beside):
        with open(beside, "rb") as stream:
            return [(item[4], json.loads(item[5])) for item in _saved_metadata(stream.read())]
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    with open(os.path.join(path, _SAVED), "rb") as stream:
        saved.ParseFromString(stream.read())
    found = []
    for node in saved.meta_graphs[0].object_graph_def.nodes:
        if node.WhichOneof("kind") == "user_object" and node.user_object.identifier.startswith("_tf_keras"):
            found.append((node.user_object.identifier, json.loads(node.user_object.metadata or "{}")))
    return found


def _saved_metadata(content):
    """Fields by number of each object in a ``SavedMetadata`` message, whose classes Keras 3 does not have.

    Source of the numbers: ``keras/protobuf/saved_metadata.proto``.
    """
    return [
        {number: value.decode("utf-8") for number, value in _fields(item) if isinstance(value, bytes)}
        for number, item in _fields(content)
        if number == 1
    ]


def _fields(content):
    """``(number, value)`` of the fields of a message on the wire: bytes, or an integer."""
    place = 0
    while place < len(content):
        tag, place = _varint(content, place)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, place = _varint(content, place)
        elif kind == 2:
            length, place = _varint(content, place)
            value = content[place : place + length]
            place += length
        else:
            value = content[place : place + {1: 8, 5: 4}[kind]]
            place += {1: 8, 5: 4}[kind]
        yield number, value


def _varint(content, place):
    value = shift = 0
    while True:
        byte = content[place]
        value |= (byte & 127) << shift
        place += 1
        shift += 7
        if byte < 128:
            return value, place


def _optimizer(checkpoint, top):
    """The state of an optimizer: slots by variable up to 2.10, a list since."""
    node = top.child("optimizer")
    if node is None:
        return None
    number = node._number
    listed = node.child("_variables")
    if listed is not None and checkpoint.children[listed._number]:
        numbers = checkpoint.children[listed._number]
        ordered = [numbers[name] for name in sorted(numbers, key=int)]
        return OptimizerState([checkpoint.array(item) for item in ordered if checkpoint.has_value(item)])
    slots = {}
    order = _trainable_order(checkpoint, top)
    for slot in checkpoint.nodes[number].slot_variables:
        if slot.original_variable_node_id in order and checkpoint.has_value(slot.slot_variable_node_id):
            array = checkpoint.array(slot.slot_variable_node_id)
            slots.setdefault(slot.slot_name, {})[order[slot.original_variable_node_id]] = array
    children = checkpoint.children[number]
    single = {name: checkpoint.array(child) for name, child in children.items() if checkpoint.has_value(child)}
    iterations = single.get("iter", single.get("iterations"))
    if iterations is None:
        return None
    state = OptimizerState(slots=slots, iterations=iterations)
    state.single = single
    return state


def _trainable_order(checkpoint, top):
    """Place of each trainable variable, by node: an optimizer's slots name the variables by their nodes."""
    listed = top.child("trainable_variables")
    numbers = checkpoint.children[listed._number] if listed is not None else {}
    return {numbers[name]: int(name) for name in numbers}
