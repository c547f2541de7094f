"""Rules for operations whose arguments have to be said otherwise in Keras 3. Each has the signature that TensorFlow has.

A rule gets ``keras.ops`` first. The shape of a tensor is a :class:`Shape`: Keras 3 has no tensor for it in a graph.
"""

import numpy as np

from ..errors import NotTranslatableError

RULES = {}


def _rule(*symbols):
    def added(function):
        for symbol in symbols:
            RULES[symbol] = function
        return function

    return added


class Unknown(object):
    """A size that is known only when the model runs."""


class Shape(tuple):
    """The shape of a tensor: integers, and :class:`Unknown`."""


def is_tensor(value):
    return hasattr(value, "_keras_history") or type(value).__name__ == "KerasTensor"


def alike(call):
    """Arguments by name, lists among them as arrays of the first tensor's type: so TensorFlow takes them."""
    tensor = next((value for value in call.values() if is_tensor(value)), None)
    if tensor is None:
        return call
    made = {}
    for key, value in call.items():
        if key in ("x", "y", "x1", "x2", "x3") and not is_tensor(value):
            if isinstance(value, (list, np.ndarray)):
                value = _typed(value, str(tensor.dtype))
            elif isinstance(value, (Shape, Unknown)):
                raise NotTranslatableError("a size that is known only when the model runs")
            elif isinstance(value, float) and "int" in str(tensor.dtype):
                raise NotTranslatableError("a fraction with a tensor of integers")
        made[key] = value
    return made


def _typed(value, dtype):
    if _tensors_in(value):
        raise NotTranslatableError("a list of tensors where one tensor is taken")
    if "bfloat16" in dtype:
        return np.asarray(value, "float32")
    return np.asarray(value, dtype)


def _tensors_in(value):
    if isinstance(value, (list, tuple)):
        return any(_tensors_in(item) for item in value)
    return is_tensor(value)


def _integers(value, what):
    """Sizes or axes as integers."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [_integers(item, what) for item in value]
    if isinstance(value, Unknown) or is_tensor(value):
        raise NotTranslatableError("%s is known only when the model runs" % what)
    return None if value is None else int(value)


def _dtype(value):
    if isinstance(value, dict):
        value = (value.get("config") or {}).get("name") or value.get("name") or value.get("config")
    return str(value)


@_rule("__operators__.getitem", "slice", "strided_slice")
def getitem(ops, tensor, slice_spec=None, begin=None, size=None):
    if begin is not None:
        starts, sizes = _integers(begin, "begin"), _integers(size, "size")
        slice_spec = [{"start": a, "stop": None if n == -1 else a + n, "step": None} for a, n in zip(starts, sizes)]
    keys = slice_spec if isinstance(slice_spec, list) else [slice_spec]
    if isinstance(tensor, (Shape, np.ndarray, list)):
        found = tensor[_key(keys[0])] if len(keys) == 1 else np.asarray(tensor)[tuple(_key(key) for key in keys)]
        return Shape(found) if isinstance(found, tuple) else found
    if len(keys) == 1 and is_tensor(keys[0]):
        if str(keys[0].dtype) == "bool":
            raise NotTranslatableError("a mask as index, whose result has no known shape")
        return ops.take(tensor, keys[0], axis=0)
    made, new, place = [], [], 0
    rank = len(tensor.shape)
    taken = len([key for key in keys if key is not None and not _is_ellipsis(key)])
    for key in keys:
        if key is None:
            new.append(place)
            place += 1
            continue
        made.append(_key(key))
        if _is_ellipsis(key):
            place += rank - taken
        elif isinstance(made[-1], slice):
            place += 1
    if any(item != slice(None) and item is not Ellipsis for item in made):
        tensor = ops.get_item(tensor, made[0] if len(made) == 1 and isinstance(made[0], int) else tuple(made))
    for axis in new:
        tensor = ops.expand_dims(tensor, axis=axis)
    return tensor


def _is_ellipsis(key):
    return (isinstance(key, dict) and key.get("class_name") == "__ellipsis__") or key == "__ellipsis__"


def _key(key):
    if _is_ellipsis(key):
        return Ellipsis
    if isinstance(key, dict):
        return slice(*(_integers(key.get(part), "a slice") for part in ("start", "stop", "step")))
    return _integers(key, "an index")


@_rule("shape", "compat.v1.shape")
def shape(ops, input, out_type=None, optimize=True):
    return Shape(Unknown() if size is None else int(size) for size in input.shape)


@_rule("rank")
def rank(ops, input):
    return len(input.shape)


@_rule("cast")
def cast(ops, x, dtype):
    if isinstance(x, (Shape, Unknown)):
        return x
    if not is_tensor(x):
        return np.asarray(x, _dtype(dtype))
    return ops.cast(x, _dtype(dtype))


@_rule("identity")
def identity(ops, input):
    return input


@_rule("convert_to_tensor", "constant")
def convert(ops, value, dtype=None, dtype_hint=None, shape=None):
    return value if is_tensor(value) else np.asarray(value, dtype and _dtype(dtype))


@_rule("reshape", "compat.v1.reshape")
def reshape(ops, tensor, shape):
    if isinstance(shape, np.ndarray):
        shape = shape.tolist()
    if is_tensor(shape):
        raise NotTranslatableError("a shape that is known only when the model runs")
    sizes = [-1 if isinstance(size, Unknown) else _integers(size, "a size") for size in shape]
    if sizes.count(-1) > 1:
        # The batch is taken over as it is: what is left is the one size that follows from the others.
        known = tensor.shape
        raise NotTranslatableError("two sizes of %s that are known only when the model runs" % (tuple(known),))
    return ops.reshape(tensor, tuple(sizes))


@_rule("transpose", "compat.v1.transpose")
def transpose(ops, a, perm=None, conjugate=False):
    return ops.transpose(a, axes=None if perm is None else _integers(perm, "perm"))


@_rule("squeeze", "compat.v1.squeeze")
def squeeze(ops, input, axis=None, squeeze_dims=None):
    axis = axis if axis is not None else squeeze_dims
    axis = _integers(axis, "axis")
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if isinstance(axis, list):
        axes = sorted((item % len(input.shape) for item in axis), reverse=True)
        for item in axes:
            input = ops.squeeze(input, axis=item)
        return input
    return ops.squeeze(input, axis=axis)


@_rule("concat")
def concat(ops, values, axis=0):
    tensor = next((item for item in values if is_tensor(item)), None)
    if tensor is None:
        return np.concatenate([np.asarray(item) for item in values], axis=_integers(axis, "axis"))
    return ops.concatenate([_as(tensor, item) for item in values], axis=_integers(axis, "axis"))


@_rule("stack")
def stack(ops, values, axis=0):
    tensor = next((item for item in values if is_tensor(item)), None)
    if tensor is None:
        return Shape(values)
    return ops.stack([_as(tensor, item) for item in values], axis=_integers(axis, "axis"))


def _as(tensor, value):
    return value if is_tensor(value) else _typed(value, str(tensor.dtype))


@_rule("split")
def split(ops, value, num_or_size_splits, axis=0, num=None):
    sizes = _integers(num_or_size_splits, "a size")
    axis = _integers(axis, "axis")
    if isinstance(sizes, list):
        if -1 in sizes:
            whole = value.shape[axis]
            sizes = [whole - sum(size for size in sizes if size != -1) if size == -1 else size for size in sizes]
        sizes = [int(place) for place in np.cumsum(sizes)[:-1]]
        if not sizes:
            return [value]
    return ops.split(value, sizes, axis=axis)


@_rule("unstack")
def unstack(ops, value, num=None, axis=0):
    axis = _integers(axis, "axis") % len(value.shape)
    count = value.shape[axis] if num is None else num
    if count is None:
        raise NotTranslatableError("a number of parts that is known only when the model runs")
    return [ops.get_item(value, (slice(None),) * axis + (place,)) for place in range(count)]


@_rule("tile")
def tile(ops, input, multiples):
    return ops.tile(input, _integers(multiples, "multiples"))


@_rule("repeat")
def repeat(ops, input, repeats, axis=None):
    return ops.repeat(input, _integers(repeats, "repeats"), axis=axis)


@_rule("pad", "compat.v1.pad")
def pad(ops, tensor, paddings, mode="CONSTANT", constant_values=0):
    values = {} if mode.lower() != "constant" or not constant_values else {"constant_values": constant_values}
    return ops.pad(tensor, [tuple(pair) for pair in _integers(paddings, "paddings")], mode=mode.lower(), **values)


@_rule("where", "compat.v1.where")
def where(ops, condition, x=None, y=None):
    if x is None or y is None:
        raise NotTranslatableError("places of what is true, whose number is known only when the model runs")
    tensor = next((item for item in (x, y) if is_tensor(item)), None)
    if tensor is not None:
        x, y = (item if is_tensor(item) or np.isscalar(item) else _typed(item, str(tensor.dtype)) for item in (x, y))
    return ops.where(condition, x, y)


@_rule("clip_by_value")
def clip_by_value(ops, t, clip_value_min, clip_value_max):
    if np.isscalar(clip_value_min) and np.isscalar(clip_value_max):
        return ops.clip(t, clip_value_min, clip_value_max)
    return ops.minimum(ops.maximum(t, _as(t, clip_value_min)), _as(t, clip_value_max))


@_rule("linalg.matmul", "matmul")
def matmul(ops, a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False,
           b_is_sparse=False, output_type=None, **grad):  # fmt: skip
    tensor = a if is_tensor(a) else b
    a, b = _as(tensor, a), _as(tensor, b)
    a = ops.swapaxes(a, -1, -2) if (transpose_a or adjoint_a) else a
    b = (np.swapaxes(b, -1, -2) if not is_tensor(b) else ops.swapaxes(b, -1, -2)) if (transpose_b or adjoint_b) else b
    return ops.matmul(a, b)


@_rule("tensordot")
def tensordot(ops, a, b, axes):
    tensor = a if is_tensor(a) else b
    axes = _integers(axes, "axes")
    return ops.tensordot(_as(tensor, a), _as(tensor, b), axes=axes)


@_rule("einsum")
def einsum(ops, equation, *inputs, **keywords):
    # Keras 2 notes the operands, which have no names, under the name of the variable argument.
    operands = list(inputs) or list(keywords.get("inputs") or [])
    if not isinstance(equation, str) or not operands:
        raise NotTranslatableError("operands that the file does not name")
    return ops.einsum(equation, *operands)


@_rule("gather", "compat.v1.gather", "gather_v2")
def gather(ops, params, indices, validate_indices=None, axis=None, batch_dims=0):
    axis = _integers(axis, "axis")
    if batch_dims:
        raise NotTranslatableError("batch_dims")
    tensor = is_tensor(params)
    params = params if tensor else np.asarray(params, "float32" if np.asarray(params).dtype.kind == "f" else None)
    indices = indices if is_tensor(indices) or np.isscalar(indices) else np.asarray(indices, "int32")
    return ops.take(params, indices, axis=0 if axis is None else axis)


@_rule("nn.embedding_lookup")
def embedding_lookup(ops, params, ids, max_norm=None):
    if max_norm is not None:
        raise NotTranslatableError("max_norm")
    return gather(ops, params, ids)


@_rule("one_hot")
def one_hot(ops, indices, depth, on_value=None, off_value=None, axis=None, dtype=None):
    made = ops.one_hot(indices, _integers(depth, "depth"), axis=-1 if axis is None else axis,
                       dtype=None if dtype is None else _dtype(dtype))  # fmt: skip
    if on_value in (None, 1) and off_value in (None, 0):
        return made
    on_value, off_value = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    return ops.add(ops.multiply(made, on_value - off_value), off_value)


def _arg(name):
    def rule(ops, input, axis=None, output_type="int64", dimension=None):
        axis = axis if axis is not None else dimension
        made = getattr(ops, name)(input, axis=0 if axis is None else _integers(axis, "axis"))
        return ops.cast(made, _dtype(output_type or "int64"))

    return rule


RULES["math.argmax"] = RULES["compat.v1.argmax"] = RULES["argmax"] = _arg("argmax")
RULES["math.argmin"] = RULES["compat.v1.argmin"] = RULES["argmin"] = _arg("argmin")


@_rule("math.cumsum")
def cumsum(ops, x, axis=0, exclusive=False, reverse=False):
    return _cumulated(ops, "cumsum", x, axis, exclusive, reverse)


@_rule("math.cumprod")
def cumprod(ops, x, axis=0, exclusive=False, reverse=False):
    return _cumulated(ops, "cumprod", x, axis, exclusive, reverse)


def _cumulated(ops, name, x, axis, exclusive, reverse):
    if exclusive:
        raise NotTranslatableError("exclusive")
    if not reverse:
        return getattr(ops, name)(x, axis=axis)
    return ops.flip(getattr(ops, name)(ops.flip(x, axis=axis), axis=axis), axis=axis)


@_rule("math.top_k", "nn.top_k")
def top_k(ops, input, k=1, sorted=True, index_type=None):
    values, indices = ops.top_k(input, _integers(k, "k"), sorted=sorted)
    return [values, indices]


@_rule("sort")
def sort(ops, values, axis=-1, direction="ASCENDING"):
    made = ops.sort(values, axis=axis)
    return made if direction == "ASCENDING" else ops.flip(made, axis=axis)


@_rule("math.squared_difference")
def squared_difference(ops, x, y):
    return ops.square(ops.subtract(*alike({"x1": x, "x2": y}).values()))


@_rule("math.divide_no_nan")
def divide_no_nan(ops, x, y):
    if hasattr(ops, "divide_no_nan"):
        return ops.divide_no_nan(*alike({"x1": x, "x2": y}).values())
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.divide(x, ops.where(ops.equal(y, 0), ops.ones_like(y), y)))


@_rule("math.multiply_no_nan")
def multiply_no_nan(ops, x, y):
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.multiply(x, y))


@_rule("math.add_n")
def add_n(ops, inputs):
    total = inputs[0]
    for item in inputs[1:]:
        total = ops.add(total, item)
    return total


@_rule("math.round")
def round_(ops, x):
    return ops.round(x)


@_rule("math.xlogy")
def xlogy(ops, x, y):
    return ops.where(ops.equal(x, 0), ops.zeros_like(x), ops.multiply(x, ops.log(y)))


@_rule("nn.softmax", "nn.softmax_v2")
def softmax(ops, logits, axis=None):
    return ops.softmax(logits, axis=-1 if axis is None else axis)


@_rule("nn.log_softmax")
def log_softmax(ops, logits, axis=None):
    return ops.log_softmax(logits, axis=-1 if axis is None else axis)


@_rule("nn.leaky_relu")
def leaky_relu(ops, features, alpha=0.2):
    return ops.leaky_relu(features, negative_slope=alpha)


@_rule("nn.gelu")
def gelu(ops, features, approximate=False):
    return ops.gelu(features, approximate=approximate)


@_rule("nn.silu", "nn.swish")
def silu(ops, features, beta=1.0):
    return ops.silu(features) if beta == 1.0 else ops.multiply(features, ops.sigmoid(ops.multiply(features, beta)))


@_rule("keras.activations.hard_sigmoid", "keras.backend.hard_sigmoid")
def hard_sigmoid(ops, x):
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


@_rule("nn.bias_add")
def bias_add(ops, value, bias, data_format=None):
    if data_format not in (None, "N...C", "NHWC", "NDHWC", "NWC"):
        if is_tensor(bias):
            raise NotTranslatableError("channels first")
        bias = np.reshape(np.asarray(bias), [-1] + [1] * (len(value.shape) - 2))
    return ops.add(value, _as(value, bias))


@_rule("norm", "linalg.norm")
def norm(ops, tensor, ord="euclidean", axis=None, keepdims=None):
    if ord in ("euclidean", 2, 2.0) and not (isinstance(axis, list) and len(axis) == 2 and ord != "euclidean"):
        return ops.sqrt(ops.sum(ops.square(tensor), axis=axis, keepdims=bool(keepdims)))
    if ord in (1, 1.0) and not isinstance(axis, list):
        return ops.sum(ops.absolute(tensor), axis=axis, keepdims=bool(keepdims))
    raise NotTranslatableError("a norm of order %s" % ord)


@_rule("math.l2_normalize", "nn.l2_normalize", "linalg.l2_normalize")
def l2_normalize(ops, x, axis=None, epsilon=1e-12, dim=None):
    axis = axis if axis is not None else dim
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, epsilon)))


@_rule("nn.moments")
def moments(ops, x, axes, shift=None, keepdims=False):
    return list(ops.moments(x, _integers(axes, "axes"), keepdims=keepdims))


@_rule("image.resize", "compat.v1.image.resize", "image.resize_images")
def resize(ops, images, size, method="bilinear", preserve_aspect_ratio=False, antialias=False):
    if preserve_aspect_ratio:
        raise NotTranslatableError("preserve_aspect_ratio")
    method = str(method).lower()
    if method not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        raise NotTranslatableError("the method %s" % method)
    made = ops.image.resize(images, tuple(_integers(size, "size")), interpolation=method, antialias=antialias,
                            data_format="channels_last")  # fmt: skip
    return made


@_rule("image.rgb_to_grayscale")
def rgb_to_grayscale(ops, images):
    # Weights as in TensorFlow's image_ops_impl.py.
    weights = np.asarray([0.2989, 0.5870, 0.1140], str(images.dtype))
    return ops.sum(ops.multiply(images, weights), axis=-1, keepdims=True)


@_rule("image.flip_left_right")
def flip_left_right(ops, image):
    return ops.flip(image, axis=-2)


@_rule("image.flip_up_down")
def flip_up_down(ops, image):
    return ops.flip(image, axis=-3)


def _pool(name):
    def rule(ops, input, ksize, strides, padding, data_format="NHWC"):
        size, steps = _spatial(ksize, len(input.shape)), _spatial(strides, len(input.shape))
        if data_format not in (None, "NHWC", "NWC"):
            raise NotTranslatableError("channels first")
        return getattr(ops, name)(input, size, steps, padding=padding.lower(), data_format="channels_last")

    return rule


def _spatial(value, rank):
    value = _integers(value, "a size")
    if isinstance(value, int):
        return (value,) * (rank - 2)
    return tuple(value[1:-1]) if len(value) == rank else tuple(value)


RULES["nn.max_pool"] = RULES["nn.max_pool2d"] = _pool("max_pool")
RULES["nn.avg_pool"] = RULES["nn.avg_pool2d"] = _pool("average_pool")


@_rule("nn.space_to_depth", "nn.space_to_depth_v2")
def space_to_depth(ops, input, block_size, data_format="NHWC"):
    _, rows, columns, channels = input.shape
    size = block_size
    if None in (rows, columns) or data_format != "NHWC":
        raise NotTranslatableError("sizes that are known only when the model runs")
    made = ops.reshape(input, (-1, rows // size, size, columns // size, size, channels))
    return ops.reshape(
        ops.transpose(made, axes=[0, 1, 3, 2, 4, 5]), (-1, rows // size, columns // size, channels * size**2)
    )


@_rule("nn.depth_to_space", "nn.depth_to_space_v2")
def depth_to_space(ops, input, block_size, data_format="NHWC"):
    _, rows, columns, channels = input.shape
    size = block_size
    if None in (rows, columns) or data_format != "NHWC":
        raise NotTranslatableError("sizes that are known only when the model runs")
    made = ops.reshape(input, (-1, rows, columns, size, size, channels // size**2))
    return ops.reshape(
        ops.transpose(made, axes=[0, 1, 3, 2, 4, 5]), (-1, rows * size, columns * size, channels // size**2)
    )


@_rule("linalg.band_part")
def band_part(ops, input, num_lower, num_upper):
    if num_lower == -1 and num_upper == 0:
        return ops.tril(input)
    if num_lower == 0 and num_upper == -1:
        return ops.triu(input)
    raise NotTranslatableError("a band of %s and %s" % (num_lower, num_upper))


@_rule("fill", "zeros", "ones")
def filled(ops, dims, value=0.0, **keywords):
    sizes = _integers(list(dims), "a size")
    return np.full(sizes, value, "float32")
