"""The model of a newer Keras 2's configuration: an older one reads calls and operations as they are, its settings rewritten."""

from ..errors import NotTranslatableError
from .graph import Part

_MODELS = ("Functional", "Model", "Sequential")
# Layers around operations, which are no part of the public API. Their functions go by TensorFlow's own names.
_OPERATIONS = ("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty")
# Before, a functional model was of class Model.
_FUNCTIONAL_SINCE = (2, 3)


class Builder(object):
    """Builds models.

    :param tf: TensorFlow.
    :param configurations: ``configuration.Configurations``.
    """

    def __init__(self, tf, configurations):
        self._keras, self._configurations = tf.keras, configurations
        version = tuple(int(part) for part in tf.__version__.split(".")[:2])
        configurations.functional = self._rewritten
        self._functional = "Functional" if version >= _FUNCTIONAL_SINCE else "Model"

    def build(self, said):
        """A ``graph.Part`` of a stored model.

        :raises NotTranslatableError: something of it has no equal.
        """
        if not _is_model(said):
            raise NotTranslatableError("the model is of class %s, whose code is needed" % said["class_name"])
        model = self._keras.models.model_from_config(self._rewritten(said), custom_objects=self._configurations.given)
        if not model.built:
            shape = said["config"].get("build_input_shape") or (said.get("build_config") or {}).get("input_shape")
            if not shape:
                raise NotTranslatableError("model %s has no input shape" % model.name)
            model.build(self._configurations.plain(shape))
        return _part(said, model)

    def _rewritten(self, said):
        """A layer or model as ``model_from_config`` takes it."""
        kind, config = said["class_name"], said["config"]
        if _is_model(said):
            config = dict(config, layers=[self._rewritten(item) for item in config["layers"]])
            config = {
                key: self._configurations.plain(value) if key != "layers" else value for key, value in config.items()
            }
            made = {"class_name": kind if kind == "Sequential" else self._functional, "config": config}
        elif kind in _OPERATIONS:
            made = {"class_name": kind, "config": self._configurations.plain(config)}
        else:
            made = self._configurations.plain({key: said[key] for key in said if key not in ("name", "inbound_nodes")})
        if "inbound_nodes" in said:
            made.update(name=said["name"], inbound_nodes=self._configurations.plain(said["inbound_nodes"]))
        return made


def _is_model(said):
    of_keras = str(said.get("module") or "keras").startswith("keras")
    config = said.get("config")
    return of_keras and said["class_name"] in _MODELS and isinstance(config, dict) and "layers" in config


def _part(said, layer):
    """The tree of what was built, with every layer that the file counts."""
    kind, name = said["class_name"], layer.name
    if not _is_model(said):
        return Part(kind, name, layer)
    # A Sequential hides its input among its layers; it holds nothing.
    stored = [item for item in said["config"]["layers"] if item["class_name"] != "InputLayer"]
    held = layer.layers if kind == "Sequential" else [layer.get_layer(item["name"]) for item in stored]
    parts = [_part(item, inner) for item, inner in zip(stored, held)]
    if said["config"].get("trainable") is False:
        layer.trainable = False
    return Part(kind, name, layer, parts)
