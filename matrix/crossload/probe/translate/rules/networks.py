"""``tf.nn``, and activations that have another meaning today."""

import numpy as np

from ...errors import NotTranslatableError
from .base import RULES, as_like, integers, is_tensor, rule


@rule("nn.softmax", "nn.softmax_v2")
def softmax(ops, logits, axis=None):
    return ops.softmax(logits, axis=-1 if axis is None else axis)


@rule("nn.log_softmax")
def log_softmax(ops, logits, axis=None):
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


@rule("nn.leaky_relu")
def leaky_relu(ops, features, alpha=0.2):
    return ops.leaky_relu(features, negative_slope=alpha)


@rule("nn.gelu")
def gelu(ops, features, approximate=False):
    return ops.gelu(features, approximate=approximate)


@rule("nn.silu", "nn.swish")
def silu(ops, features, beta=1.0):
    return ops.silu(features) if beta == 1.0 else ops.multiply(features, ops.sigmoid(ops.multiply(features, beta)))


@rule("keras.activations.hard_sigmoid", "keras.backend.hard_sigmoid")
def hard_sigmoid(ops, x):
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


@rule("nn.bias_add")
def bias_add(ops, value, bias, data_format=None):
    if data_format not in (None, "N...C", "NHWC", "NDHWC", "NWC"):
        if is_tensor(bias):
            raise NotTranslatableError("channels first")
        bias = np.reshape(np.asarray(bias), [-1] + [1] * (len(value.shape) - 2))
    return ops.add(value, as_like(value, bias))


@rule("nn.moments")
def moments(ops, x, axes, shift=None, keepdims=False):
    return list(ops.moments(x, integers(axes, "axes"), keepdims=keepdims))


def _pool(name):
    def rule(ops, input, ksize, strides, padding, data_format="NHWC"):
        size, steps = _spatial(ksize, len(input.shape)), _spatial(strides, len(input.shape))
        if data_format not in (None, "NHWC", "NWC"):
            raise NotTranslatableError("channels first")
        return getattr(ops, name)(input, size, steps, padding=padding.lower(), data_format="channels_last")

    return rule


def _spatial(value, rank):
    value = integers(value, "a size")
    if isinstance(value, int):
        return (value,) * (rank - 2)
    return tuple(value[1:-1]) if len(value) == rank else tuple(value)


RULES["nn.max_pool"] = RULES["nn.max_pool2d"] = _pool("max_pool")
RULES["nn.avg_pool"] = RULES["nn.avg_pool2d"] = _pool("average_pool")


@rule("nn.space_to_depth", "nn.space_to_depth_v2")
def space_to_depth(ops, input, block_size, data_format="NHWC"):
    _, rows, columns, channels = input.shape
    size = block_size
    if None in (rows, columns) or data_format != "NHWC":
        raise NotTranslatableError("sizes that are known only when the model runs")
    made = ops.reshape(input, (-1, rows // size, size, columns // size, size, channels))
    return ops.reshape(
        ops.transpose(made, axes=[0, 1, 3, 2, 4, 5]), (-1, rows // size, columns // size, channels * size**2)
    )


@rule("nn.depth_to_space", "nn.depth_to_space_v2")
def depth_to_space(ops, input, block_size, data_format="NHWC"):
    _, rows, columns, channels = input.shape
    size = block_size
    if None in (rows, columns) or data_format != "NHWC":
        raise NotTranslatableError("sizes that are known only when the model runs")
    made = ops.reshape(input, (-1, rows, columns, size, size, channels // size**2))
    return ops.reshape(
        ops.transpose(made, axes=[0, 1, 3, 2, 4, 5]), (-1, rows * size, columns * size, channels // size**2)
    )


def _pool_1d(name):
    def rule_of(ops, input, ksize, strides, padding, data_format="NWC"):
        if data_format not in (None, "NWC"):
            raise NotTranslatableError("channels first")
        size, step = (_spatial(value, 3) for value in (ksize, strides))
        return getattr(ops, name)(input, size, step, padding=padding.lower(), data_format="channels_last")

    return rule_of


RULES["nn.max_pool1d"], RULES["nn.avg_pool1d"] = _pool_1d("max_pool"), _pool_1d("average_pool")


@rule("nn.convolution", "nn.conv1d", "nn.conv2d", "nn.conv3d")
def convolution(ops, input=None, filters=None, strides=None, padding=None, data_format=None, dilations=None, value=None,
                stride=None, filter=None, use_cudnn_on_gpu=None, input_=None):  # fmt: skip
    tensor = next(item for item in (input, value, input_) if item is not None)
    kernel = filters if filters is not None else filter
    return _convolved(
        ops, "conv", tensor, kernel, strides if strides is not None else stride, padding, data_format, dilations
    )


@rule("nn.depthwise_conv2d")
def depthwise_convolution(ops, input, filter=None, strides=None, padding=None, rate=None, data_format=None, dilations=None,
                          filters=None):  # fmt: skip
    dilations = dilations if dilations is not None else rate
    kernel = filter if filter is not None else filters
    return _convolved(ops, "depthwise_conv", input, kernel, strides, padding, data_format, dilations)


def _convolved(ops, name, tensor, kernel, strides, padding, data_format, dilations):
    if data_format not in (None, "NWC", "NHWC", "NDHWC"):
        raise NotTranslatableError("channels first")
    if not isinstance(padding, str):
        raise NotTranslatableError("a padding of its own")
    rank = len(tensor.shape)
    steps, rates = (_spatial(1 if value is None else value, rank) for value in (strides, dilations))
    # Some versions take tuples alone where a file can hold lists alone: one number for all is taken by each.
    steps, rates = (value[0] if len(set(value)) == 1 else value for value in (steps, rates))
    return getattr(ops, name)(tensor, as_like(tensor, kernel), strides=steps, padding=padding.lower(),
                              data_format="channels_last", dilation_rate=rates)  # fmt: skip


@rule("nn.local_response_normalization", "nn.lrn")
def local_response_normalization(ops, input, depth_radius=5, bias=1, alpha=1, beta=0.5):
    radius, channels = integers(depth_radius, "a size"), integers(input.shape[-1], "a size")
    squares = ops.pad(ops.square(input), [(0, 0)] * (len(input.shape) - 1) + [(radius, radius)])
    total = None
    for place in range(2 * radius + 1):
        part = ops.get_item(squares, (Ellipsis, slice(place, place + channels)))
        total = part if total is None else ops.add(total, part)
    return ops.divide(input, ops.power(ops.add(ops.multiply(total, alpha), bias), beta))


@rule("nn.dropout")
def dropout(ops, x, rate=None, noise_shape=None, seed=None, keep_prob=None):
    if rate in (0, 0.0) or keep_prob in (1, 1.0):
        return x
    raise NotTranslatableError("it drops numbers at random, outside training too")


@rule("nn.crelu")
def crelu(ops, features, axis=-1):
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis=axis))


@rule("nn.l2_loss")
def l2_loss(ops, t):
    return ops.divide(ops.sum(ops.square(t)), 2.0)


@rule("nn.in_top_k", "math.in_top_k")
def in_top_k(ops, first, k=None, targets=None, predictions=None):
    # TensorFlow 1 and 2 have them in different orders.
    return ops.in_top_k(
        first if targets is None else targets, first if predictions is None else predictions, integers(k, "k")
    )


@rule("keras.backend.in_top_k")
def in_top_k_of_keras(ops, predictions, targets, k):
    return ops.in_top_k(targets, predictions, integers(k, "k"))


@rule("nn.weighted_moments")
def weighted_moments(ops, x, axes, frequency_weights, keepdims=None, keep_dims=None):
    axis, weights = integers(axes, "axes"), as_like(x, frequency_weights)
    whole = ops.sum(ops.add(weights, ops.zeros_like(x)), axis=axis, keepdims=True)
    mean = ops.divide(ops.sum(ops.multiply(x, weights), axis=axis, keepdims=True), whole)
    variance = ops.divide(
        ops.sum(ops.multiply(ops.square(ops.subtract(x, mean)), weights), axis=axis, keepdims=True), whole
    )
    if keepdims or keep_dims:
        return [mean, variance]
    return [squeezed(ops, item, axis) for item in (mean, variance)]


def squeezed(ops, tensor, axes):
    for axis in sorted(
        (item % len(tensor.shape) for item in (axes if isinstance(axes, list) else [axes])), reverse=True
    ):
        tensor = ops.squeeze(tensor, axis=axis)
    return tensor


@rule("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy(ops, labels=None, logits=None, _sentinel=None):
    labels, logits = _pair(labels, logits)
    positive = ops.subtract(ops.maximum(logits, 0.0), ops.multiply(logits, labels))
    return ops.add(positive, ops.log1p(ops.exp(ops.negative(ops.absolute(logits)))))


@rule("nn.softmax_cross_entropy_with_logits", "nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy(ops, labels=None, logits=None, axis=None, dim=None, _sentinel=None):
    labels, logits = _pair(labels, logits)
    axis = next((item for item in (axis, dim) if item is not None), -1)
    return ops.negative(ops.sum(ops.multiply(labels, ops.log_softmax(logits, axis=axis)), axis=axis))


@rule("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy(ops, labels=None, logits=None, _sentinel=None):
    chosen = ops.one_hot(labels, integers(logits.shape[-1], "a size"), dtype=str(logits.dtype))
    return softmax_cross_entropy(ops, chosen, logits)


def _pair(labels, logits):
    tensor = labels if is_tensor(labels) else logits
    return as_like(tensor, labels), as_like(tensor, logits)


@rule("keras.backend.binary_crossentropy")
def binary_crossentropy(ops, target, output, from_logits=False):
    return ops.binary_crossentropy(target, output, from_logits=from_logits)


@rule("keras.backend.categorical_crossentropy")
def categorical_crossentropy(ops, target, output, from_logits=False, axis=-1):
    return ops.categorical_crossentropy(target, output, from_logits=from_logits, axis=axis)
