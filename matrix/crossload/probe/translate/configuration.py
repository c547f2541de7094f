"""Values in a configuration of Keras 2 as Keras 3 reads them."""

import inspect

from ..errors import NotTranslatableError

# Names of functions that Keras 2 took from TensorFlow.
_ACTIVATIONS = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax", "swish_impl": "silu"}
_ACTIVATION_KEYS = ("activation", "recurrent_activation")
# Keras 2 has 0.2 x + 0.5 between 0 and 1, Keras 3 x / 6 + 0.5: https://github.com/keras-team/keras/pull/18591
_HARD_SIGMOID = "hard_sigmoid"
_SLOPE, _OFFSET = 0.2, 0.5
# Number of axes of what the gates of a recurrent layer compute with.
_GATE_AXES = {"LSTM": 2, "GRU": 2, "SimpleRNN": 2, "LSTMCell": 2, "GRUCell": 2, "SimpleRNNCell": 2, "ConvLSTM1D": 3,
              "ConvLSTM2D": 4, "ConvLSTM3D": 5}  # fmt: skip
# Layers whose activation is the last that they do, so that it can stand behind them.
_LAST = ("Dense", "EinsumDense", "Activation", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D",
         "SeparableConv1D", "SeparableConv2D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")  # fmt: skip
_KINDS = ("initializers", "regularizers", "constraints", "layers", "models", "losses", "metrics", "optimizers")


class Values(object):
    """Rewrites values; ``keras`` and ``own`` as in ``layers.Makers``."""

    def __init__(self, keras, own):
        self._keras = keras
        self._own = own

    def plain(self, value, key=""):
        """A value without what only Keras 2 understands: policies as texts, tuples and shapes as lists, objects with modules."""
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        kind = value.get("class_name")
        if kind in ("__tuple__", "TensorShape"):
            return self.plain(value.get("items"))
        if kind in ("Policy", "PolicyV1", "DTypePolicy") and isinstance(value.get("config"), dict):
            return value["config"].get("name")
        if kind in ("__tensor__", "__numpy__"):
            return (value.get("config") or {}).get("value")
        if key == "dtype" and isinstance(value.get("config"), dict) and "name" in value["config"]:
            return value["config"]["name"]
        made = {
            name: self.plain(item, name)
            for name, item in value.items()
            if name not in ("shared_object_id", "build_config")
        }
        if isinstance(kind, str) and isinstance(made.get("config"), dict):
            self._place(made, kind)
        return made

    def _place(self, made, kind):
        """Say where Keras 3 has a class, which the file says for Keras 2 or not at all."""
        if self._own.find(kind, made.get("registered_name")) is not None:
            return
        for place in _KINDS:
            if inspect.isclass(getattr(getattr(self._keras, place), kind, None)):
                made.update(module="keras." + place, registered_name=None)
                if place == "initializers":
                    made["config"].pop("dtype", None)
                return

    def with_activations(self, kind, config):
        """A layer's configuration with its activations as Keras 3 has them, and layers that have to stand behind it.

        :raises NotTranslatableError: an activation is not part of Keras 3 and was not given.
        """
        config, behind = dict(config), []
        for key in _ACTIVATION_KEYS:
            value = self._activation(config.get(key))
            if value == _HARD_SIGMOID:
                if self._takes_objects():
                    value = self._hard_sigmoid(_GATE_AXES.get(kind))
                elif kind in _LAST and key == "activation":
                    value, behind = "linear", self._hard_sigmoid_layers(config.get("name"))
                else:
                    raise NotTranslatableError(
                        "its hard_sigmoid is another function in Keras 3, and this version takes no layer in its place"
                    )
            if key in config:
                config[key] = value
        return config, behind

    def _activation(self, value):
        if isinstance(value, dict) and value.get("class_name") in ("function", "Custom>function"):
            value = value.get("config")
        if not isinstance(value, str):
            return value
        value = _ACTIVATIONS.get(value, value)
        own = self._own.find(value)
        if own is not None:
            return own
        try:
            self._keras.activations.get(value)
        except Exception:
            raise NotTranslatableError("the activation %s is not part of Keras 3 and was not given" % value) from None
        return value

    def _takes_objects(self):
        """Whether this Keras gives a layer back that stands for an activation in a file."""
        relu = {"module": "keras.layers", "class_name": "ReLU", "config": {}, "registered_name": None}
        try:
            return isinstance(self._keras.activations.get(relu), self._keras.layers.Layer)
        except Exception:
            return False

    def _hard_sigmoid(self, axes):
        layers = self._hard_sigmoid_layers(None)
        if axes is not None:
            layers.insert(0, self._keras.Input(batch_shape=(None,) * axes))
        return self._keras.Sequential(layers, name="hard_sigmoid")

    def _hard_sigmoid_layers(self, name):
        names = (
            {"rescaling": None, "relu": None}
            if name is None
            else {"rescaling": name + "_scaled", "relu": name + "_clipped"}
        )
        return [
            self._keras.layers.Rescaling(_SLOPE, offset=_OFFSET, name=names["rescaling"]),
            self._keras.layers.ReLU(max_value=1.0, name=names["relu"]),
        ]
