"""What people write between the layers of a functional model of Keras 2, one small model for each line.

``python idioms.py symbols FILE.json`` notes which operations these lines, and the networks of ``applications.py``, put into a
graph: ``{version: {class of the layer: {symbol of TensorFlow: [two of what holds it]}}}``; with it the list is made that
``tests/unit/probe/translate`` holds the table to. ``python idioms.py models FILE.npz`` writes the
models: configuration, inputs and outputs. Both add to what the file holds. Runs inside environments of Keras 2.
"""

import json
import os
import sys

import applications
import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers
# As many names of what holds an operation are noted.
_HOLDERS = 2
# Inputs by letter: shape without the batch, type, lowest and highest value.
INPUTS = {
    "x": ((6, 4), "float32", -2.0, 2.0),
    "y": ((6, 4), "float32", -2.0, 2.0),
    "p": ((6, 4), "float32", 0.1, 2.0),
    "u": ((6, 4), "float32", -0.9, 0.9),
    "v": ((5,), "float32", -2.0, 2.0),
    "i": ((6,), "int32", 0, 6),
    "m": ((8, 8, 3), "float32", 0.0, 255.0),
}
_TABLE = np.arange(21, dtype="float32").reshape(7, 3) / 7.0
_ROW = np.asarray([0.5, -1.0, 2.0, 0.25], "float32")
# A line each; what a version does not have is left out by it.
LINES = """
x + y; x - y; x * y; x / p; x // p; x % p; p ** x; -x; abs(x); 1.0 + x; 1.0 - x; 2.0 * x; 1.0 / p; p // 0.3; p % 0.3; p ** 2
2.0 ** x; x + _ROW; _ROW * x; x - [1.0, 2.0, 3.0, 4.0]; x / 255.0; (x - 0.5) * 2.0; m / 127.5 - 1.0; m[..., ::-1]; i + 1
i * 2; -i; i // 2; i % 3; tf.add(x, y); tf.subtract(x, y); tf.multiply(x, y); tf.divide(x, p); tf.math.floordiv(x, p)
tf.math.mod(x, p); tf.pow(p, 2.0); tf.negative(x); tf.add_n([x, y, p]); tf.math.divide_no_nan(x, y)
tf.math.multiply_no_nan(x, y); tf.math.squared_difference(x, y); tf.math.reciprocal(p); tf.math.truediv(x, p)
tf.math.floormod(x, p); tf.math.scalar_mul(0.5, x); tf.math.xlogy(p, p); tf.math.reciprocal_no_nan(p)
tf.cast(x > y, "float32"); tf.cast(x >= y, "float32"); tf.cast(x < 0.5, "float32"); tf.cast(x <= y, tf.float32)
tf.cast(i == 2, tf.float32); tf.cast(tf.equal(i, 3), "float32"); tf.cast(tf.not_equal(i, 0), "float32")
tf.cast(tf.greater(x, 0.0), "float32"); tf.cast(tf.less(x, y), "float32"); tf.cast(tf.greater_equal(x, 0.0), "float32")
tf.cast(tf.less_equal(x, y), "float32"); tf.cast(x != y, "float32"); tf.cast(i, tf.float32) / 6.0
tf.cast(tf.logical_and(x > 0, y > 0), "float32"); tf.cast(tf.logical_or(x > 0, y > 0), "float32")
tf.cast(tf.logical_not(x > 0), "float32"); tf.cast((x > 0) & (y > 0), "float32"); tf.cast((x > 0) | (y > 0), "float32")
tf.cast(~(x > 0), "float32"); tf.cast((x > 0) ^ (y > 0), "float32"); tf.cast(tf.math.logical_xor(x > 0, y > 0), "float32")
tf.cast(tf.reduce_any(x > 0, axis=-1), "float32"); tf.cast(tf.reduce_all(x > 0, axis=-1), "float32")
tf.cast(tf.math.is_nan(x), "float32"); tf.cast(tf.math.is_finite(x), "float32"); tf.cast(tf.math.is_inf(x), "float32")
tf.cast(x, tf.int32) + 1; tf.reduce_sum(x, axis=1); tf.reduce_mean(x, axis=[1, 2], keepdims=True); tf.reduce_max(x, axis=-1)
tf.reduce_min(x, 1); tf.reduce_prod(x, axis=1); tf.reduce_mean(x, -1, True); tf.reduce_sum(x, (1, 2))
tf.math.reduce_variance(x, axis=1); tf.math.reduce_std(x, axis=1); tf.reduce_logsumexp(x, axis=1)
tf.reduce_max(x, axis=1, keepdims=True); tf.math.reduce_euclidean_norm(x, axis=1)
tf.math.count_nonzero(x, axis=1, dtype=tf.float32); tf.nn.moments(x, axes=[1])[0]; tf.math.argmax(x, axis=-1)
tf.argmin(x, axis=1); tf.argmax(x, axis=-1, output_type=tf.int32); tf.math.l2_normalize(x, axis=-1)
tf.concat([x, y], axis=-1); tf.concat([x, y, p], 1); tf.stack([x, y], axis=1); tf.stack([x, y]); tf.unstack(x, axis=1)[2]
tf.split(x, 2, axis=-1)[1]; tf.split(x, [1, 2, 1], axis=-1)[1]; tf.split(x, num_or_size_splits=3, axis=1)[0] + 1.0
tf.reshape(x, [-1, 24]); tf.reshape(x, (-1, 3, 8)); tf.transpose(x, [0, 2, 1]); tf.transpose(x, perm=(0, 2, 1))
tf.expand_dims(x, -1); tf.expand_dims(x, axis=1); tf.squeeze(tf.expand_dims(x, 1), axis=1)
tf.squeeze(tf.expand_dims(x, 1), [1]); tf.reshape(x, tf.stack([tf.shape(x)[0], 24])); tf.reshape(x, [tf.shape(x)[0], 24])
tf.reshape(x, (tf.shape(x)[0], tf.shape(x)[1] * tf.shape(x)[2])); tf.reshape(x, tf.concat([tf.shape(x)[:1], [24]], axis=0))
tf.reshape(x, tf.shape(y)); x * tf.cast(tf.shape(x)[1], tf.float32); tf.ones_like(x) * x
tf.zeros((tf.shape(x)[0], 3)) + x[:, :3, 0]; tf.ones([tf.shape(x)[0], 1]) * x[:, 0]
tf.fill([tf.shape(x)[0], 1], 2.0) + x[:, 0]; tf.tile(x[:, :1], [1, 3, 1]); tf.tile(_TABLE[None], [tf.shape(x)[0], 1, 1])
tf.broadcast_to(x[:, :1], tf.shape(x)); tf.range(6, dtype=tf.float32) + x[:, :, 0]; tf.repeat(x, 2, axis=1)
tf.rank(x) + tf.cast(x, tf.int32); tf.size(x[0]) + tf.cast(x, tf.int32); tf.linspace(0.0, 1.0, 4) + x; tf.constant(2.0) * x
tf.convert_to_tensor(x) + 1.0; x[:, 0]; x[:, -1, :]; x[:, 1:3]; x[:, ::2]; x[..., 0]; x[:, :, tf.newaxis]; x[:, None, 1:, -1]
x[..., tf.newaxis, :]; x[:, ::-1]; x[:, 1:-1, 1:]; x[:, tf.newaxis]; tf.slice(x, [0, 1, 0], [-1, 2, 3])
tf.strided_slice(x, [0, 0, 0], [1, 6, 4], [1, 2, 1]); tf.gather(x, [0, 2], axis=1); tf.gather(_TABLE, i)
tf.gather(x, 1, axis=-1); tf.gather(x, i, axis=1, batch_dims=1); tf.gather_nd(x, [[0, 1]]); tf.one_hot(i, 6)
tf.one_hot(i, depth=6, on_value=1.0, off_value=-1.0); tf.one_hot(i, 6, axis=1); tf.nn.embedding_lookup(_TABLE, i)
tf.boolean_mask(x, [True, False, True, False, True, True], axis=1); tf.reverse(x, axis=[1]); tf.roll(x, 1, axis=1)
tf.sort(x, axis=-1); tf.argsort(x, axis=-1); tf.math.top_k(x, 2)[0]; tf.nn.top_k(x, k=2).values; tf.cumsum(x, axis=1)
tf.math.cumprod(x, axis=1); tf.cumsum(x, 1, reverse=True); tf.cumsum(x, axis=1, exclusive=True)
tf.searchsorted(_ROW[None], x[0]); tf.meshgrid(x[0, 0], x[0, 1])[0]; tf.where(x > 0, x, y); tf.where(x > 0, x, 0.0)
tf.where(x > 0, 1.0, -1.0); tf.where(tf.greater(x, 0.0), x, tf.zeros_like(x)); tf.clip_by_value(x, -1.0, 1.0)
tf.clip_by_value(x, clip_value_min=0.0, clip_value_max=0.5); tf.clip_by_norm(x, 1.0, axes=[1]); tf.maximum(x, y)
tf.maximum(x, 0.0); tf.minimum(x, 1.0); tf.maximum(0.0, x); tf.math.sign(x); tf.sign(x); tf.floor(x); tf.math.ceil(x)
tf.round(x); tf.math.rint(x); tf.identity(x); tf.exp(x); tf.math.log(p); tf.sqrt(p); tf.math.rsqrt(p); tf.square(x)
tf.math.log1p(p); tf.math.expm1(x); tf.sin(x); tf.cos(x); tf.tan(u); tf.abs(x); tf.math.erf(x); tf.sinh(x); tf.cosh(x)
tf.asin(u); tf.acos(u); tf.atan(x); tf.atan2(x, p); tf.asinh(x); tf.acosh(p + 1.0); tf.atanh(u); tf.math.sigmoid(x)
tf.tanh(x); tf.math.softplus(x); tf.math.log_sigmoid(x); tf.math.lgamma(p); tf.math.digamma(p); tf.math.erfinv(u)
tf.math.special.bessel_i0(x); tf.stop_gradient(x); tf.math.angle(x); tf.math.real(x); tf.math.conj(x)
tf.matmul(x, y, transpose_b=True); x @ tf.transpose(y, [0, 2, 1]); tf.linalg.matmul(x, y, transpose_a=True)
tf.matmul(x, tf.constant(_TABLE[:4])); tf.matmul(v, np.eye(5, dtype="float32")); tf.einsum("bij,bkj->bik", x, y)
tf.einsum("bij,jk->bik", x, _TABLE[:4]); tf.einsum("bij->bji", x); tf.tensordot(x, _TABLE[:4], axes=1)
tf.tensordot(x, _TABLE[:4], axes=[[2], [0]]); tf.linalg.matvec(x, tf.reduce_sum(y, axis=1)); tf.norm(x, axis=-1)
tf.norm(x, ord=1, axis=1); tf.norm(x, axis=1, keepdims=True); tf.linalg.norm(x, axis=-1); tf.nn.l2_normalize(x, axis=1)
tf.linalg.band_part(tf.matmul(x, y, transpose_b=True), -1, 0); tf.linalg.diag_part(tf.matmul(x, y, transpose_b=True))
tf.linalg.diag(v); tf.linalg.trace(tf.matmul(x, x, transpose_b=True)); tf.linalg.det(tf.matmul(x, y, transpose_a=True))
tf.linalg.inv(tf.matmul(x, y, transpose_a=True) + 4.0 * np.eye(4, dtype="float32")); tf.linalg.cross(x[..., :3], y[..., :3])
tf.eye(4) + x[:, :4]; tf.nn.softmax(x); tf.nn.softmax(x, axis=1); tf.nn.log_softmax(x); tf.nn.relu(x); tf.nn.relu6(x)
tf.nn.elu(x); tf.nn.selu(x); tf.nn.gelu(x); tf.nn.gelu(x, approximate=True); tf.nn.crelu(x); tf.nn.leaky_relu(x, alpha=0.1)
tf.nn.silu(x); tf.nn.swish(x); tf.nn.sigmoid(x); tf.nn.tanh(x); tf.nn.softplus(x); tf.nn.softsign(x); tf.nn.bias_add(x, _ROW)
tf.sigmoid(x) * x; tf.nn.max_pool2d(m, 2, 2, "VALID"); tf.nn.avg_pool2d(m, 2, 2, "SAME"); tf.nn.max_pool(m, 2, 2, "SAME")
tf.nn.avg_pool(m, [2, 2], [2, 2], "VALID"); tf.nn.avg_pool1d(x, 2, 2, "VALID")
tf.nn.conv2d(m, np.ones((3, 3, 3, 2), "float32") / 9.0, 1, "SAME")
tf.nn.depthwise_conv2d(m, np.ones((3, 3, 3, 1), "float32"), [1, 1, 1, 1], "SAME")
tf.nn.conv1d(x, np.ones((3, 4, 2), "float32"), 1, "SAME"); tf.nn.space_to_depth(m, 2)
tf.nn.depth_to_space(tf.tile(m, [1, 1, 1, 4]), 2); tf.nn.local_response_normalization(m / 255.0); tf.nn.dropout(x, 0.0)
tf.nn.normalize_moments(4.0, x[0], x[1], None)[0]; tf.nn.batch_normalization(x, _ROW * 0.1, _ROW ** 2, 0.5, 2.0, 1e-3)
tf.nn.sigmoid_cross_entropy_with_logits(labels=p, logits=x); tf.nn.softmax_cross_entropy_with_logits(labels=p, logits=x)
tf.nn.l2_loss(x); tf.nn.in_top_k(i[:, 0], x[:, 0], 2); tf.nn.zero_fraction(x); tf.nn.weighted_moments(x, [1], p)[0]
tf.nn.sparse_softmax_cross_entropy_with_logits(labels=i % 4, logits=x); tf.image.resize(m, [12, 12])
tf.image.resize(m, (6, 6), method="nearest"); tf.image.resize(m, [12, 12], method="bicubic")
tf.compat.v1.image.resize_bilinear(m, [4, 4]); tf.image.resize(m, [4, 4], antialias=True); tf.image.rgb_to_grayscale(m)
tf.image.grayscale_to_rgb(m[..., :1]); tf.image.flip_left_right(m); tf.image.flip_up_down(m); tf.image.central_crop(m, 0.5)
tf.image.per_image_standardization(m); tf.image.adjust_brightness(m / 255.0, 0.1); tf.image.adjust_contrast(m / 255.0, 0.5)
tf.image.crop_to_bounding_box(m, 1, 1, 4, 4); tf.image.pad_to_bounding_box(m, 1, 1, 12, 12); tf.image.rot90(m)
tf.image.rgb_to_hsv(m / 255.0); tf.image.convert_image_dtype(m / 255.0, tf.float32); tf.image.sobel_edges(m)
tf.image.resize_with_pad(m, 10, 12); tf.image.resize_with_crop_or_pad(m, 6, 10); tf.image.transpose(m)
tf.pad(x, [[0, 0], [1, 1], [0, 2]]); tf.pad(m, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
tf.pad(x, [[0, 0], [1, 1], [0, 0]], constant_values=-1.0); tf.pad(x, tf.constant([[0, 0], [0, 1], [0, 0]]), "SYMMETRIC")
tf.ones_like(x) + y; tf.zeros_like(x) + y; tf.zeros_like(x[:, :1]); tf.fill([6, 4], 2.0) * x; tf.zeros([6, 4]) + x
tf.sequence_mask(i, 6); tf.math.segment_sum(x[0], [0, 0, 1, 1, 2, 2]); tf.scan(lambda a, b: a + b, x)
tf.map_fn(lambda t: t * 2.0, x); tf.vectorized_map(lambda t: t * 2.0, x); tf.foldl(lambda a, b: a + b, x)
tf.math.bincount(i, minlength=7, axis=-1); tf.unique_with_counts(x[0, 0])[0]; tf.signal.rfft(x)
tf.signal.frame(x, 2, 1, axis=1); tf.math.cumulative_logsumexp(x, axis=1); tf.math.polyval([1.0, x], y)
tf.math.nextafter(x, y); tf.math.zero_fraction(x); tf.math.confusion_matrix(i[:, 0], i[:, 1], 7)
tf.bitwise.bitwise_and(i, 1); tf.histogram_fixed_width(x, [0.0, 1.0]); tf.tensor_scatter_nd_update(x, [[0, 0, 0]], [1.0])
tf.scatter_nd([[0]], x[:1, 0], [3, 4]); tf.dynamic_partition(x[0], [0, 0, 1, 1, 0, 1], 2)[0]
tf.extract_volume_patches(m[:, None], [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "VALID")
tf.image.extract_patches(m, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"); tf.random.normal(tf.shape(x)) * 0.0 + x
tf.random.uniform(tf.shape(x)) * 0.0 + x; tf.debugging.check_numerics(x, "x"); tf.ensure_shape(x, [None, 6, 4])
tf.compat.v1.transpose(x, [0, 2, 1]); tf.compat.v1.reduce_mean(x, axis=1); tf.compat.v1.squeeze(x[:, :1], axis=1)
tf.compat.v1.where(x > 0, x, y); tf.compat.v1.pad(x, [[0, 0], [1, 0], [0, 0]]); tf.compat.v1.gather(x, [0, 1], axis=1)
keras.backend.mean(x, axis=1); keras.backend.sum(x, axis=-1, keepdims=True); keras.backend.max(x, axis=1)
keras.backend.square(x); keras.backend.sqrt(p); keras.backend.exp(x); keras.backend.log(p); keras.backend.abs(x)
keras.backend.concatenate([x, y], axis=-1); keras.backend.stack([x, y], axis=1); keras.backend.expand_dims(x, 1)
keras.backend.squeeze(x[:, :1], 1); keras.backend.permute_dimensions(x, (0, 2, 1)); keras.backend.reshape(x, (-1, 24))
keras.backend.batch_dot(x, keras.backend.permute_dimensions(y, (0, 2, 1))); keras.backend.dot(x, tf.constant(_TABLE[:4]))
keras.backend.l2_normalize(x, axis=-1); keras.backend.clip(x, -1.0, 1.0); keras.backend.relu(x, alpha=0.1)
keras.backend.softmax(x); keras.backend.sigmoid(x); keras.backend.tanh(x); keras.backend.hard_sigmoid(x)
keras.backend.flatten(x); keras.backend.batch_flatten(x); keras.backend.repeat(v, 3); keras.backend.tile(x, (1, 2, 1))
keras.backend.cast(i, "float32"); keras.backend.one_hot(i, 6); keras.backend.switch(x > 0, x, y); keras.backend.maximum(x, y)
keras.backend.argmax(x); keras.backend.std(x, axis=1); keras.backend.var(x, axis=1); keras.backend.prod(x, axis=1)
keras.backend.resize_images(m, 2, 2, "channels_last"); keras.backend.reverse(x, 1); keras.backend.zeros_like(x) + y
keras.backend.ones_like(x) + y; keras.backend.pow(p, 2); keras.backend.cumsum(x, axis=1); keras.backend.int_shape(x)[1] * x
keras.backend.temporal_padding(x, (1, 1)); keras.backend.spatial_2d_padding(m); keras.backend.gather(tf.constant(_TABLE), i)
keras.backend.bias_add(x, _ROW); keras.backend.elu(x); keras.backend.softplus(x); keras.backend.in_top_k(x[:, 0], i[:, 0], 2)
keras.backend.repeat_elements(x, 2, axis=1); keras.backend.equal(x, y); keras.backend.greater(x, y)
keras.backend.any(x > 0, axis=1); keras.backend.all(x > 0, axis=1); keras.backend.round(x); keras.backend.sign(x)
keras.backend.sin(x); keras.activations.relu(x); keras.activations.softmax(x); keras.activations.sigmoid(x)
keras.activations.tanh(x); keras.activations.swish(x); keras.activations.elu(x); keras.activations.gelu(x)
keras.activations.hard_sigmoid(x); keras.activations.relu(x, max_value=1.0); keras.losses.mean_squared_error(x, y)
keras.losses.cosine_similarity(x, y); keras.losses.binary_crossentropy(p / 3.0, p / 4.0)
keras.losses.categorical_crossentropy(p, p); keras.losses.kl_divergence(p / 3.0, p / 4.0); keras.losses.huber(x, y)
x.shape[1] * x; tf.shape(x)[0] + tf.cast(x, tf.int32); tf.math.reduce_sum(x ** 2, axis=-1, keepdims=True) ** 0.5
x / (tf.reduce_sum(x, axis=-1, keepdims=True) + 10.0)
tf.nn.softmax(tf.matmul(x, y, transpose_b=True) / tf.math.sqrt(4.0)) @ y
tf.exp(-tf.reduce_sum(tf.square(tf.expand_dims(x, 2) - tf.expand_dims(y, 1)), axis=-1))
tf.concat([x, tf.tile(tf.reduce_mean(x, axis=1, keepdims=True), [1, tf.shape(x)[1], 1])], -1)
x + tf.cast(tf.range(tf.shape(x)[1]), tf.float32)[:, None]
"""


def lines():
    """Every line once, in order."""
    return list(dict.fromkeys(part.strip() for part in LINES.replace("\n", ";").split(";") if part.strip()))


def model_of(line):
    """The model of one line."""
    names = [name for name in INPUTS if name in compile(line, "line", "eval").co_names]
    inputs = {name: keras.Input(INPUTS[name][0], dtype=INPUTS[name][1], name=name) for name in names}
    return keras.Model(list(inputs.values()), eval(line, dict(globals(), **inputs))), names


def data(names):
    """Four rows of each input, the same for each line."""
    made = []
    for name in names:
        shape, dtype, low, high = INPUTS[name]
        draw = np.random.RandomState(ord(name))
        whole = draw.randint if dtype == "int32" else draw.uniform
        made.append(whole(low, high, (4, *shape)).astype(dtype))
    return made


def flat(value):
    return (
        [array for item in value for array in flat(item)] if isinstance(value, (list, tuple)) else [np.asarray(value)]
    )


def operations_of(config, found, name):
    """Note the operations of a configuration and of the models in it."""
    for item in config.get("layers", []):
        kind, inner = item["class_name"], item["config"]
        if kind in ("TFOpLambda", "SlicingOpLambda"):
            symbol = inner["function"]
        elif kind in ("ClassMethod", "InstanceMethod"):
            symbol = "%s.%s" % (inner.get("cls_symbol", ""), inner.get("method_name"))
        elif kind == "InstanceProperty":
            symbol = inner["attr_name"]
        elif kind == "TensorFlowOpLayer":
            symbol = (
                json.loads(inner["node_def"])["op"] if isinstance(inner["node_def"], str) else inner["node_def"]["op"]
            )
        elif kind == "Lambda":
            symbol = inner.get("module", "")
        else:
            operations_of(inner, found, name)
            continue
        holders = found.setdefault(kind, {}).setdefault(symbol, [])
        if name not in holders and len(holders) < _HOLDERS:
            holders.append(name)


def note_symbols(path):
    found = {}
    if os.path.exists(path):
        with open(path) as stream:
            found = json.load(stream)
    version = ".".join(tf.__version__.split(".")[:2])
    noted = found.setdefault(version, {})
    for family in applications.FAMILIES:
        keras.backend.clear_session()
        try:
            model = applications.built(family)[0]
        except Exception as error:
            print("%s: not in %s: %s" % (family, tf.__version__, error))
            continue
        operations_of(json.loads(model.to_json())["config"], noted, family)
    for line in lines():
        keras.backend.clear_session()
        try:
            said = json.loads(model_of(line)[0].to_json())
        except Exception as error:
            print("%s: not in %s: %s: %s" % (line, tf.__version__, type(error).__name__, str(error)[:80]))
            continue
        operations_of(said["config"], noted, line)
    with open(path, "w") as stream:
        json.dump(found, stream, indent=1, sort_keys=True)
        stream.write("\n")


def write_models(path):
    arrays = dict(np.load(path)) if os.path.exists(path) else {}
    for line in lines():
        keras.backend.clear_session()
        try:
            model, names = model_of(line)
            given = data(names)
            outputs = flat(model(given if len(given) > 1 else given[0]))
            said = model.to_json()
        except Exception:
            continue
        key = "%s|%s|" % (tf.__version__, line)
        arrays[key + "config"] = np.asarray(said)
        arrays.update({key + "in%d" % place: array for place, array in enumerate(given)})
        arrays.update({key + "out%d" % place: array for place, array in enumerate(outputs)})
    np.savez(path, **arrays)


if __name__ == "__main__":
    {"symbols": note_symbols, "models": write_models}[sys.argv[1]](sys.argv[2])
