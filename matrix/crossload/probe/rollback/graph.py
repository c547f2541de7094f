"""The model of a Keras 3 configuration, built of Keras 2's classes."""

from ..errors import NotTranslatableError
from . import operations

_SEQUENTIAL, _FUNCTIONAL = "Sequential", ("Functional", "Model")
# Made as a program makes them: what they were built for is no part of Keras 3's configuration.
_BY_ARGUMENTS = ("InputLayer", "MultiHeadAttention")


class Part(object):
    """A layer of the file, in the order of the file.

    :param layer: what it became; None for an operation.
    :param parts: the parts inside a model; None for a layer.
    """

    # What ``stored.Group`` asks of a model: it counts its layers.
    attributes = None

    def __init__(self, kind, name, layer, parts=None):
        self.kind, self.name, self.layer, self.parts = kind, name, layer, parts

    @property
    def children(self):
        return self.parts

    @property
    def places(self):
        return range(len(self.parts))

    @property
    def stored_kinds(self):
        return [part.kind for part in self.parts]

    @property
    def has_weights(self):
        return bool(self.layer.weights)

    @property
    def leaves(self):
        """The layers inside, in order; itself where it is one."""
        if self.parts is None:
            return [self]
        return [leaf for part in self.parts for leaf in part.leaves]


class Builder(object):
    """Builds models.

    :param tf: TensorFlow.
    :param configurations: ``configuration.Configurations``.
    """

    def __init__(self, tf, configurations):
        self._tf, self._keras = tf, configurations.keras
        self._configurations = configurations

    def build(self, said):
        """A :class:`Part` of a stored model or layer.

        :raises NotTranslatableError: something of it has no equal.
        """
        kind, config = said["class_name"], said["config"]
        name = config.get("name") or said.get("name")
        of_keras = str(said.get("module") or "keras").startswith("keras")
        if of_keras and kind == _SEQUENTIAL:
            return self._sequential(said, name)
        if of_keras and kind in _FUNCTIONAL and "layers" in config:
            return self._functional(config, kind, name)
        if of_keras and kind == "Lambda":
            return Part(kind, name, self._lambda(config, name))
        found = self._configurations.find(said)
        if of_keras and kind in _BY_ARGUMENTS:
            return Part(kind, name, found(**self._configurations.arguments(found, said)))
        return Part(kind, name, found.from_config(self._configurations.arguments(found, said)))

    def _lambda(self, config, name):
        """A Lambda that names a function of the user's: what holds code holds that of another Python."""
        stored = config.get("function")
        function = None
        if isinstance(stored, dict) and stored.get("class_name") == "function":
            function = self._configurations.given.get(str(stored.get("config")))
        if function is None:
            raise NotTranslatableError("layer %s: a Lambda holds code of another Python" % name)
        settings = {key: config[key] for key in ("arguments", "dtype") if config.get(key)}
        return self._keras.layers.Lambda(function, name=name, **self._configurations.plain(settings))

    def _sequential(self, said, name):
        config = said["config"]
        parts = [self.build(item) for item in config["layers"]]
        model = self._keras.Sequential([part.layer for part in parts], name=name)
        shape = config.get("build_input_shape") or (said.get("build_config") or {}).get("input_shape")
        if not model.built and shape:
            model.build(shape)
        if not model.built:
            raise NotTranslatableError("model %s has no input shape" % name)
        return Part(_SEQUENTIAL, name, self._frozen(model, config), parts)

    def _functional(self, config, kind, name):
        parts, made, waiting = [], _Made(), []
        for item in config["layers"]:
            own = item.get("name") or item["config"].get("name")
            made.calls[own] = len(item["inbound_nodes"])
            if _is_operation(item):
                waiting += [(own, item, node, None) for node in item["inbound_nodes"]]
                continue
            part = self.build(item)
            parts.append(part)
            if item["class_name"] == "InputLayer":
                made.add(own, part.layer.output)
            waiting += [(own, item, node, part.layer) for node in item["inbound_nodes"]]
        while waiting:
            left = []
            for own, item, node, layer in waiting:
                earlier = any(other[0] == own for other in left)
                if earlier or not all(made.has(place) for place in _history(node)):
                    left.append((own, item, node, layer))
                    continue
                made.add(own, self._call(own, item, node, layer, made))
            if len(left) == len(waiting):
                raise NotTranslatableError("model %s: layer %s takes what nothing gives" % (name, left[0][0]))
            waiting = left
        model = self._keras.Model(_ends(config["input_layers"], made), _ends(config["output_layers"], made), name=name)
        return Part(kind, name, self._frozen(model, config), parts)

    def _call(self, own, item, node, layer, made):
        arguments = [self._value(value, made) for value in node["args"]]
        keywords = {key: self._value(value, made) for key, value in node["kwargs"].items() if value is not None}
        try:
            if layer is None:
                said = self._configurations.plain(item["config"])
                return operations.call(self._tf, item["class_name"], said, arguments, keywords)
            return layer(*arguments, **keywords)
        except NotTranslatableError as error:
            raise NotTranslatableError("layer %s: %s" % (own, error)) from error

    def _value(self, value, made):
        if isinstance(value, list):
            return [self._value(item, made) for item in value]
        if not isinstance(value, dict):
            return value
        kind, said = value.get("class_name"), value.get("config")
        if kind == "__keras_tensor__":
            return made.tensor(said["keras_history"])
        if kind == "__slice__":
            return slice(*[self._value(said[key], made) for key in ("start", "stop", "step")])
        if kind == "__ellipsis__":
            return Ellipsis
        if kind == "__tuple__":
            return tuple(self._value(item, made) for item in value["items"])
        if kind in ("__tensor__", "__numpy__"):
            return self._tf.constant(said["value"], said["dtype"])
        if kind is not None:
            raise NotTranslatableError("an argument of kind %s" % kind)
        return {key: self._value(item, made) for key, item in value.items()}

    @staticmethod
    def _frozen(model, config):
        if config.get("trainable") is False:
            model.trainable = False
        return model


def _is_operation(item):
    """Whether it is no layer. HDF5 says no modules; there, an operation has no settings that every layer has."""
    if item.get("module"):
        return item["module"].startswith("keras") and ".ops" in item["module"]
    return item["class_name"] != "InputLayer" and "trainable" not in item["config"]


class _Made(object):
    """The tensors that were made, by the places that a file names: layer, call, tensor.

    ``calls`` holds how often each layer is called. Of a model that is called once, Keras 3 counts the call otherwise than of a
    layer: there is only one that can be meant.
    """

    def __init__(self):
        self.calls = {}
        self._tensors = {}

    def add(self, name, value):
        self._tensors.setdefault(name, []).append(list(value) if isinstance(value, (list, tuple)) else [value])

    def has(self, place):
        return len(self._tensors.get(place[0], ())) > self._call(place)

    def tensor(self, place):
        return self._tensors[place[0]][self._call(place)][place[2]]

    def _call(self, place):
        return 0 if self.calls.get(place[0]) == 1 else place[1]


def _history(value):
    """Places of the tensors that a node takes: name, node, tensor."""
    if isinstance(value, list):
        return [place for item in value for place in _history(item)]
    if not isinstance(value, dict):
        return []
    if value.get("class_name") == "__keras_tensor__":
        return [value["config"]["keras_history"]]
    return [place for item in value.values() for place in _history(item)]


def _ends(said, made):
    if isinstance(said, dict):
        return {key: _ends(item, made) for key, item in said.items()}
    if len(said) == 3 and isinstance(said[0], str) and isinstance(said[1], int):
        return made.tensor(said)
    return [_ends(item, made) for item in said]
