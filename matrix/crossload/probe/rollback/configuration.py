"""Configurations of Keras 3 as classes of Keras 2 take them."""

import inspect

from ..errors import NotTranslatableError

# Keys that only tell Keras 3 how it was made, or that have no effect on what a model computes.
_OF_NO_EFFECT = ("quantization_config", "lora_rank", "lora_alpha", "optional", "flash_attention", "ema_momentum",
                 "shared_object_id", "autocast", "zero_output_for_mask")  # fmt: skip
# What Keras 3 calls otherwise.
_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}, "InputLayer": {"batch_shape": "batch_input_shape"}}
# The same name, and another function in Keras 2.
_OTHER_FUNCTIONS = ("hard_sigmoid", "HardSigmoid")
# What the class of all layers takes, to which every other hands on the rest.
_OF_ALL_LAYERS = {"name", "trainable", "dtype", "batch_input_shape"}
_LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
# Where Keras 2 looks for its classes.
_PLACES = ("layers", "losses", "metrics", "optimizers", "initializers", "regularizers", "constraints")


class Configurations(object):
    """Reads configurations.

    :param keras: ``tensorflow.keras`` of this environment.
    :param given: the user's own classes and functions by name.
    """

    def __init__(self, keras, given):
        self.keras, self.given = keras, given

    def plain(self, value):
        """A value without the wrapping that Keras 3 writes around it.

        :raises NotTranslatableError: it means another thing in Keras 2.
        """
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if not isinstance(value, dict):
            if value in _OTHER_FUNCTIONS[:1]:
                raise NotTranslatableError("activation %s is another function in Keras 2" % value)
            return value
        kind = value.get("class_name")
        if kind == "__tuple__":
            return tuple(self.plain(item) for item in value["items"])
        if kind == "DTypePolicy":
            return value["config"]["name"]
        if kind == "function":
            return self.plain(value["config"])
        if isinstance(kind, str) and "config" in value:
            if kind in _OTHER_FUNCTIONS:
                raise NotTranslatableError("activation %s is another function in Keras 2" % kind)
            return self._object(value)
        return {key: self.plain(item) for key, item in value.items()}

    def _object(self, value):
        """``{"class_name", "config"}`` of an object that a configuration holds."""
        found = self.find(value)
        if not isinstance(value["config"], dict):
            return {"class_name": self._name(value), "config": value["config"]}
        return {"class_name": self._name(value), "config": self.arguments(found, value)}

    def _name(self, value):
        registered, kind = value.get("registered_name"), value["class_name"]
        own = not str(value.get("module") or "keras").startswith("keras")
        if own and registered and registered not in self.given:
            return registered
        return self.find(value).__name__ if kind.endswith("Initializer") else kind

    def find(self, value):
        """The class that a configuration names.

        :raises NotTranslatableError: this Keras has none of that name.
        """
        kind = value["class_name"]
        registered = value.get("registered_name")
        for name in (kind, registered, str(registered).split(">")[-1]):
            if name in self.given:
                return self.given[name]
        for name in (registered, kind):
            found = self.keras.utils.get_registered_object(name) if name and ">" in name else None
            if found is not None:
                return found
        if str(value.get("module") or "keras").startswith("keras"):
            # Keras 3.0 to 3.5 write ``OrthogonalInitializer``.
            for name in (kind, kind.replace("Initializer", "")):
                for place in _PLACES:
                    found = getattr(getattr(self.keras, place), name, None)
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
            elif key not in _OF_NO_EFFECT and item not in (None, False, [], {}):
                raise NotTranslatableError("%s: %s=%r is not known to this Keras" % (kind, key, item))
        return made


def _parameters(found):
    """Names of the arguments that a class takes; None where it may take any."""
    names = set()
    for base in inspect.getmro(found):
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
