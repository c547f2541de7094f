"""Classes that Keras 3 has under another name, with other arguments, or not at all, and what does the same there.

Add one by adding a function to :data:`CHANGED`: it changes the :class:`Change` that it is given, or raises NotTranslatableError.
"""

import importlib

import numpy as np

from ..errors import NotTranslatableError

# Classes of ``keras.applications`` that stand in models of it and have no public place: module, by class.
_INTERNAL = {"LayerScale": "keras.src.applications.convnext", "StochasticDepth": "keras.src.applications.convnext"}
_APPLICATIONS = "inception_resnet_v2"
CHANGED = {}


class Change(object):
    """What becomes of one layer.

    :ivar kind: class in Keras 3.
    :ivar config: its configuration, which the function may change.
    :ivar layers: layers that stand for it instead; None where ``kind`` does. ``weights_in`` is the place of the one with weights.
    :ivar take: function ``(layer, arrays)`` that sets its weights; None where the file's arrays are its weights.
    :ivar counts: numbers of trainable and of other arrays in the file, where they differ.
    :ivar is_same: see ``tree.Leaf``.
    :ivar behind: layers, or operations in the place of some, that follow it.
    """

    def __init__(self, kind, config):
        self.kind, self.config = kind, config
        self.layers, self.weights_in, self.take, self.counts = None, None, None, None
        self.is_same, self.behind = True, []


def _for(*kinds):
    def added(function):
        for kind in kinds:
            CHANGED[kind] = function
        return function

    return added


def internal_class(kind):
    """A class that Keras 3 has in a module of its own only; None where there is none."""
    if kind not in _INTERNAL:
        return None
    try:
        return getattr(importlib.import_module(_INTERNAL[kind]), kind, None)
    except ImportError:
        return None


@_for("LeakyReLU")
def _leaky_relu(change, keras):
    if "alpha" in change.config:
        change.config["negative_slope"] = _number(change.config.pop("alpha"))


@_for("ELU")
def _elu(change, keras):
    change.config["alpha"] = _number(change.config.get("alpha", 1.0))


@_for("ReLU")
def _relu(change, keras):
    for key in ("max_value", "negative_slope", "threshold"):
        if change.config.get(key) is not None:
            change.config[key] = _number(change.config[key])


@_for("ThresholdedReLU")
def _thresholded_relu(change, keras):
    change.kind = "ReLU"
    change.config["threshold"] = _number(change.config.pop("theta", 1.0))


def _number(value):
    return float(np.asarray(value))


@_for("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization")
def _batch_normalization(change, keras):
    if change.kind == "SyncBatchNormalization":
        change.config["synchronized"] = True
    change.kind = "BatchNormalization"
    axis = change.config.get("axis")
    if isinstance(axis, list):
        if len(axis) != 1:
            raise NotTranslatableError("it normalizes over several axes")
        change.config["axis"] = axis[0]


@_for("GRU", "GRUCell")
def _gru(change, keras):
    change.config.setdefault("reset_after", False)


@_for("MultiHeadAttention")
def _attention(change, keras):
    shape = change.config.get("output_shape")
    if isinstance(shape, int):
        change.config["output_shape"] = (shape,)


@_for("CuDNNLSTM", "CuDNNGRU")
def _cudnn(change, keras):
    gates = 4 if change.kind == "CuDNNLSTM" else 3
    change.kind = change.kind[len("CuDNN") :]
    change.config.update(activation="tanh", recurrent_activation="sigmoid")
    if gates == 3:
        change.config["reset_after"] = True
    change.take = lambda layer, arrays: _take_cudnn(layer, arrays, gates)
    change.is_same = False


def _take_cudnn(layer, arrays, gates):
    """Kernels of cuDNN lie transposed, gate by gate, and there are two biases for each gate.

    Source: ``_convert_rnn_weights`` of Keras 2 (``keras/saving/hdf5_format.py``).
    """
    kernel, recurrent, bias = arrays
    kernels = [part.T.reshape(part.shape, order="F") for part in np.hsplit(kernel, gates)]
    recurrents = [part.T for part in np.hsplit(recurrent, gates)]
    bias = np.sum(np.split(bias, 2), axis=0) if gates == 4 else bias.reshape(2, -1)
    for variable, array in zip(layer.weights, (np.hstack(kernels), np.hstack(recurrents), bias)):
        variable.assign(array)


@_for("Normalization")
def _normalization(change, keras):
    if change.config.get("mean") is not None:
        return
    # Mean and variance, and the number of batches that they were taken from.
    change.counts = (0, 3)
    change.take = _take_normalization
    axis = change.config.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        change.config["axis"] = axis[0]


def _take_normalization(layer, arrays):
    layer.adapt_mean.assign(np.reshape(arrays[0], tuple(layer.adapt_mean.shape)))
    layer.adapt_variance.assign(np.reshape(arrays[1], tuple(layer.adapt_variance.shape)))
    # Some versions of Keras 3 keep the number, and use it no more.
    if getattr(layer, "count", None) is not None:
        layer.count.assign(arrays[2])
    layer.finalize_state()


@_for("CategoryEncoding")
def _category_encoding(change, keras):
    config = change.config
    if "max_tokens" in config:
        config["num_tokens"] = config.pop("max_tokens")
    if config.get("output_mode") == "binary":
        config["output_mode"] = "multi_hot"


@_for("StringLookup", "IntegerLookup", "TextVectorization")
def _lookup(change, keras):
    config = change.config
    if config.get("output_mode") == "binary":
        config["output_mode"] = "multi_hot"
    if not config.get("vocabulary"):
        raise NotTranslatableError("its vocabulary is a table, which is not among what is read of the file")
    if change.kind == "IntegerLookup" and config.get("output_mode", "int") != "int":
        # Keras 3 gives the layer's own type, which is one of integers.
        change.behind = [_Cast(keras, config["name"])]


@_for("Lambda")
def _lambda(change, keras):
    config = change.config
    # The one Lambda of keras.applications up to 2.14: a residual connection. It is known by its module and arguments.
    scale = (config.get("arguments") or {}).get("scale")
    if (
        not str(config.get("module", "")).endswith(_APPLICATIONS)
        or scale is None
        or set(config["arguments"]) != {"scale"}
    ):
        raise NotTranslatableError(
            "its function is code of the file, which is not run (convert --trust runs it where the file was written)"
        )
    change.layers = [_Scaled(keras, float(scale), config["name"])]


class _Cast(object):
    """Gives floats: an operation, that stands for a layer in a graph."""

    def __init__(self, keras, name):
        self._keras, self.name = keras, name + "_cast"

    def __call__(self, inputs):
        return self._keras.ops.cast(inputs, "float32")

    call = __call__


class _Scaled(object):
    """Adds the second of two tensors, times a number, to the first: operations, that stand for a layer in a graph."""

    def __init__(self, keras, scale, name):
        self._keras, self._scale, self.name = keras, scale, name

    def __call__(self, inputs):
        return self._keras.ops.add(inputs[0], self._keras.ops.multiply(inputs[1], self._scale))

    call = __call__


@_for("CustomScaleLayer")
def _custom_scale(change, keras):
    change.layers = [_Scaled(keras, float(change.config["scale"]), change.config["name"])]


@_for("LocallyConnected1D", "LocallyConnected2D")
def _locally_connected(change, keras):
    config = change.config
    if config.get("padding", "valid") != "valid" or config.get("implementation", 1) != 1:
        raise NotTranslatableError("its padding or implementation")
    if config.get("data_format", "channels_last") != "channels_last":
        raise NotTranslatableError("channels first")
    change.layers = [_LocallyConnected(keras, config, 1 if change.kind.endswith("1D") else 2)]
    change.weights_in = 0
    change.take = lambda layer, arrays: layer.take(arrays)
    change.counts = (2, 0) if config.get("use_bias", True) else (1, 0)


class _LocallyConnected(object):
    """Patches of the input, each multiplied with a kernel of its own: an EinsumDense, and slices in front of it."""

    def __init__(self, keras, config, axes):
        self._keras, self._config, self._axes, self._dense = keras, config, axes, None
        self.name = config["name"]

    def __call__(self, tensor):
        ops, config = self._keras.ops, self._config
        sizes, strides = _sizes(config["kernel_size"], self._axes), _sizes(config["strides"], self._axes)
        counts = [(length - size) // stride + 1 for length, size, stride in zip(tensor.shape[1:-1], sizes, strides)]
        patches = []
        for place in np.ndindex(*counts):
            key = tuple(slice(p * stride, p * stride + size) for p, stride, size in zip(place, strides, sizes))
            part = ops.get_item(tensor, (slice(None), *key, slice(None)))
            patches.append(ops.reshape(part, (-1, int(np.prod(sizes)) * tensor.shape[-1])))
        stacked = ops.stack(patches, axis=1)
        self._dense = self._keras.layers.EinsumDense(
            "bpf,pfo->bpo", output_shape=(len(patches), config["filters"]), activation=config.get("activation"),
            bias_axes="po" if config.get("use_bias", True) else None, name=config["name"])  # fmt: skip
        result = self._dense(stacked)
        return result if self._axes == 1 else ops.reshape(result, (-1, *counts, config["filters"]))

    call = __call__

    @property
    def trainable_weights(self):
        return self._dense.trainable_weights

    @property
    def non_trainable_weights(self):
        return []

    def take(self, arrays):
        for variable, array in zip(self._dense.weights, arrays):
            variable.assign(np.reshape(array, tuple(variable.shape)))


def _sizes(value, axes):
    return [int(item) for item in value] if isinstance(value, list) else [int(value)] * axes
