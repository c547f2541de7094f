"""Configurations of Keras 3 as classes of Keras 2 take them."""

import inspect

from ..errors import NotTranslatableError
from ..own_classes import bare

# Keys that have no effect on what a model computes, whatever they say.
_SHAPES_OF_ATTENTION = ("query_shape", "key_shape", "value_shape")
_OF_NO_EFFECT = ("flash_attention", "shared_object_id", *_SHAPES_OF_ATTENTION)
# What a setting says where it says what every older class does: those that lack it know no other way. ``lora_alpha`` is a part
# of ``lora_rank``.
_AS_BEFORE = {
    "autocast": (True,), "axis": (-1,), "fill_value": (0, 0.0), "label_smoothing": (0, 0.0), "ignore_class": (None,),
    "sparse_y_true": (True,), "sparse_y_pred": (True,), "from_logits": (False,), "dropout": (0, 0.0), "seed": (None,),
    "scale_mode": ("linear",), "data_format": ("channels_last",), "score_mode": ("dot",), "lora_alpha": (None, 1),
}  # fmt: skip
# What Keras 3 calls otherwise.
_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}, "InputLayer": {"batch_shape": "batch_input_shape"}}
# The same name, and another function in Keras 2.
_OTHER_FUNCTIONS = ("hard_sigmoid", "HardSigmoid")
# What the class of all layers takes, to which every other hands on the rest.
_OF_ALL_LAYERS = {"name", "trainable", "dtype", "batch_input_shape", "input_shape", "input_dim", "batch_size",
                  "activity_regularizer"}  # fmt: skip
_LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
_MODELS = ("Sequential", "Functional", "Model")
_CELLS = ("LSTMCell", "GRUCell")
# Where Keras 2 looks for its classes.
_PLACES = ("layers", "layers.experimental.preprocessing", "losses", "metrics", "optimizers", "initializers", "regularizers",
           "constraints")  # fmt: skip
# `tf.random_normal_initializer` and its like are Keras' own initializers of the same names.
_INITIALIZERS_OF_TENSORFLOW = ("tensorflow.python.ops.init_ops_v2",)


class Configurations(object):
    """Reads configurations.

    :param keras: ``tensorflow.keras`` of this environment.
    :param given: the user's own classes and functions by name.
    :param of_keras_3: whether they are Keras 3's, and not those of a newer Keras 2, whose names mean the same here.
    """

    def __init__(self, keras, given, of_keras_3=True):
        self.keras, self.given, self.of_keras_3 = keras, given, of_keras_3
        # Function of a functional model's configuration, as it is taken inside a layer; None where none is.
        self.functional = None

    def plain(self, value):
        """A value without the wrapping that Keras 3 writes around it.

        :raises NotTranslatableError: it means another thing in Keras 2.
        """
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if not isinstance(value, dict):
            if self.of_keras_3 and value in _OTHER_FUNCTIONS[:1]:
                raise NotTranslatableError("activation %s is another function in Keras 2" % value)
            return value
        kind = value.get("class_name")
        if kind == "__tuple__":
            return tuple(self.plain(item) for item in value["items"])
        if kind in ("DTypePolicy", "Policy", "PolicyV1"):
            name = value["config"]["name"]
            # Up to 2.5 a text is a type.
            return {"class_name": "Policy", "config": {"name": name}} if name.startswith("mixed") else name
        if kind == "function":
            return self.plain(value["config"])
        if kind in ("__tensor__", "__numpy__"):
            return value["config"]["value"]
        if isinstance(kind, str) and "config" in value:
            if self.of_keras_3 and kind in _OTHER_FUNCTIONS:
                raise NotTranslatableError("activation %s is another function in Keras 2" % kind)
            return self._object(value)
        return {key: self.plain(item) for key, item in value.items()}

    def _object(self, value):
        """``{"class_name", "config"}`` of an object that a configuration holds."""
        kind = value["class_name"]
        if kind in _MODELS and "layers" in value["config"] and kind not in self.given:
            if kind == _MODELS[0]:
                return {"class_name": kind, "config": self.plain(value["config"])}
            if self.functional is None:
                raise NotTranslatableError("a functional model inside of a layer")
            return self.functional(value)
        found = self.find(value)
        if not isinstance(value["config"], dict):
            return {"class_name": self._name(value), "config": value["config"]}
        return {"class_name": self._name(value), "config": self.arguments(found, value)}

    def _name(self, value):
        registered, kind = value.get("registered_name"), value["class_name"]
        module = str(value.get("module") or "keras")
        own = not module.startswith("keras") and module not in _INITIALIZERS_OF_TENSORFLOW
        if own and registered and registered not in self.given:
            return registered
        return self.find(value).__name__ if kind.endswith("Initializer") else kind

    def find(self, value):
        """The class that a configuration names.

        :raises NotTranslatableError: this Keras has none of that name.
        """
        kind = value["class_name"]
        registered = value.get("registered_name")
        for name in (kind, registered, bare(str(registered))):
            if name in self.given:
                return self.given[name]
        for name in (registered, kind):
            found = self.keras.utils.get_registered_object(name) if name and ">" in name else None
            if found is not None:
                return found
        module = str(value.get("module") or "keras")
        if module.startswith("keras") or module in _INITIALIZERS_OF_TENSORFLOW:
            # Keras 3.0 to 3.5 write ``OrthogonalInitializer``.
            for name in (kind, kind.replace("Initializer", "")):
                for place in _PLACES if module.startswith("keras") else ("initializers",):
                    found = _within(self.keras, "%s.%s" % (place, name))
                    if inspect.isclass(found):
                        return found
        raise NotTranslatableError("%s is not part of this Keras" % kind)

    def arguments(self, found, value):
        """The configuration of an object, as its class takes it.

        :raises NotTranslatableError: it says something that the class does not know.
        """
        kind, stored = value["class_name"], value["config"]
        if kind in _LOOKUPS and not stored.get("vocabulary"):
            raise NotTranslatableError("%s %s: its vocabulary is not in the configuration" % (kind, stored.get("name")))
        renamed = _RENAMED.get(kind, {})
        known = _parameters(found)
        made = {}
        for key, item in stored.items():
            key = renamed.get(key, key)
            if known is None or key in known:
                made[key] = self.plain(item)
            elif not _says_nothing(key, item):
                raise NotTranslatableError("%s: %s=%r is not known to this Keras" % (kind, key, item))
        return made


def _says_nothing(key, value):
    """Whether a setting that a class lacks may be left out. Zero is a number: it may mean another thing than no number."""
    if key in _OF_NO_EFFECT or value is None or value is False or value in ([], {}):
        return True
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in _AS_BEFORE.get(key, ()))


def _within(root, path):
    found = root
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _parameters(found):
    """Names of the arguments that a class takes; None where it may take any."""
    names = set()
    for base in inspect.getmro(found):
        # What some take without naming it.
        if base.__name__ == "RNN":
            names.update(("zero_output_for_mask", "implementation"))
        elif base.__name__ in _CELLS:
            names.add("implementation")
        elif base.__name__ == "MultiHeadAttention" and "from_config" in base.__dict__:
            names.update(_SHAPES_OF_ATTENTION)
        own = base.__dict__.get("__init__")
        if own is None:
            continue
        given = inspect.signature(own).parameters.values()
        names.update(item.name for item in given)
        if not any(item.kind == item.VAR_KEYWORD for item in given):
            return names | _OF_ALL_LAYERS if _is_layer(found) else names
    return names | _OF_ALL_LAYERS if _is_layer(found) else None


def _is_layer(found):
    return any(base.__name__ == "Layer" for base in inspect.getmro(found))
