"""Operations that say where numbers stand: slices, shapes, parts, places."""

import numpy as np

from ...errors import NotTranslatableError
from .base import Shape, Unknown, as_like, dtype_of, integers, is_tensor, rule, tensors_in, typed


@rule("__operators__.getitem", "slice")
def getitem(ops, tensor, slice_spec=None, begin=None, size=None):
    if begin is not None:
        starts, sizes = integers(begin, "begin"), integers(size, "size")
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
        return slice(*(integers(key.get(part), "a slice") for part in ("start", "stop", "step")))
    return integers(key, "an index")


@rule("strided_slice", "compat.v1.strided_slice")
def strided_slice(ops, input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0,
                  shrink_axis_mask=0, var=None):  # fmt: skip
    begin, end = integers(begin, "begin"), integers(end, "end")
    strides = [1] * len(begin) if strides is None else integers(strides, "strides")
    keys = []
    for place, (start, stop, step) in enumerate(zip(begin, end, strides)):
        bit = 1 << place
        if ellipsis_mask & bit:
            keys.append({"class_name": "__ellipsis__"})
        elif new_axis_mask & bit:
            keys.append(None)
        elif shrink_axis_mask & bit:
            keys.append(start)
        else:
            start, stop = None if begin_mask & bit else start, None if end_mask & bit else stop
            keys.append({"start": start, "stop": stop, "step": step})
    return getitem(ops, input_, keys)


@rule("shape", "compat.v1.shape", "keras.backend.shape")
def shape(ops, input, out_type=None, optimize=True):
    if isinstance(input, (list, np.ndarray)):
        return Shape(np.shape(input))
    return Shape(Unknown(input, axis) if size is None else int(size) for axis, size in enumerate(input.shape))


@rule("size", "compat.v1.size")
def size(ops, input, out_type="int32"):
    if None not in tuple(input.shape):
        return int(np.prod(tuple(input.shape)))
    return ops.sum(ops.cast(ops.ones_like(input), dtype_of(out_type or "int32")))


@rule("ensure_shape")
def ensure_shape(ops, x, shape):
    return x


@rule("range")
def range_(ops, start, limit=None, delta=1, dtype=None):
    if limit is None:
        start, limit = 0, start
    if isinstance(limit, Unknown) and start == 0 and delta == 1:
        return ops.subtract(ops.cumsum(ops.add(limit.zeros(ops, dtype_of(dtype or "int32")), 1)), 1)
    if any(isinstance(value, Unknown) or is_tensor(value) for value in (start, limit, delta)):
        raise NotTranslatableError("a range whose length is known only when the model runs")
    whole = all(float(value).is_integer() and not isinstance(value, float) for value in (start, limit, delta))
    return np.arange(start, limit, delta).astype(dtype_of(dtype) if dtype else "int32" if whole else "float32")


@rule("rank")
def rank(ops, input):
    return len(input.shape)


@rule("cast")
def cast(ops, x, dtype):
    if isinstance(x, Unknown):
        return x if "int" in dtype_of(dtype) else ops.cast(x.tensor(ops), dtype_of(dtype))
    if isinstance(x, Shape):
        if "int" in dtype_of(dtype):
            return x
        x = list(integers(x, "a size"))
    if not is_tensor(x):
        return np.asarray(x, dtype_of(dtype))
    return ops.cast(x, dtype_of(dtype))


@rule("identity")
def identity(ops, input):
    return input


@rule("convert_to_tensor", "constant")
def convert(ops, value, dtype=None, dtype_hint=None, shape=None):
    return value if is_tensor(value) else np.asarray(value, dtype and dtype_of(dtype))


@rule("reshape", "compat.v1.reshape")
def reshape(ops, tensor, shape):
    if isinstance(shape, np.ndarray):
        shape = shape.tolist()
    if isinstance(shape, (Unknown, int)):
        shape = [shape]
    if isinstance(tensor, (Shape, list)) and not any(isinstance(item, Unknown) for item in tensor):
        tensor = np.asarray(tensor)
    if isinstance(tensor, Shape) and len(shape) == 1:
        return tensor
    if is_tensor(shape):
        raise NotTranslatableError("a shape that is known only when the model runs")
    sizes = [-1 if isinstance(size, Unknown) else integers(size, "a size") for size in shape]
    if sizes.count(-1) > 1:
        first = shape[0]
        if sizes.count(-1) == 2 and isinstance(first, Unknown) and first.axis == 0 and tensor.shape[0] is None:
            # The first axis stays: the layer, other than the operation, takes it as it comes.
            import keras

            return keras.layers.Reshape(tuple(sizes[1:]))(tensor)
        raise NotTranslatableError("two sizes of %s that are known only when the model runs" % (tuple(tensor.shape),))
    return ops.reshape(tensor, tuple(sizes))


@rule("transpose", "compat.v1.transpose")
def transpose(ops, a, perm=None, conjugate=False):
    return ops.transpose(a, axes=None if perm is None else integers(perm, "perm"))


@rule("squeeze", "compat.v1.squeeze")
def squeeze(ops, input, axis=None, squeeze_dims=None):
    axis = axis if axis is not None else squeeze_dims
    axis = integers(axis, "axis")
    if isinstance(axis, list) and len(axis) == 1:
        axis = axis[0]
    if isinstance(axis, list):
        axes = sorted((item % len(input.shape) for item in axis), reverse=True)
        for item in axes:
            input = ops.squeeze(input, axis=item)
        return input
    return ops.squeeze(input, axis=axis)


@rule("concat")
def concat(ops, values, axis=0):
    tensor = next((item for item in values if is_tensor(item)), None)
    if tensor is None and any(isinstance(item, Shape) for item in values):
        return Shape(size for item in values for size in (item.tolist() if isinstance(item, np.ndarray) else item))
    if tensor is None:
        return np.concatenate([np.asarray(item) for item in values], axis=integers(axis, "axis"))
    return ops.concatenate([as_like(tensor, item) for item in values], axis=integers(axis, "axis"))


@rule("stack")
def stack(ops, values, axis=0):
    tensor = next((item for item in values if is_tensor(item)), None)
    if tensor is None:
        return Shape(values)
    return ops.stack([as_like(tensor, item) for item in values], axis=integers(axis, "axis"))


@rule("split")
def split(ops, value, num_or_size_splits, axis=0, num=None):
    sizes = integers(num_or_size_splits, "a size")
    axis = integers(axis, "axis")
    if isinstance(sizes, list):
        if -1 in sizes:
            whole = value.shape[axis]
            sizes = [whole - sum(size for size in sizes if size != -1) if size == -1 else size for size in sizes]
        sizes = [int(place) for place in np.cumsum(sizes)[:-1]]
        if not sizes:
            return [value]
    return ops.split(value, sizes, axis=axis)


@rule("unstack")
def unstack(ops, value, num=None, axis=0):
    if isinstance(value, (Shape, list, np.ndarray)):
        return list(value)
    axis = integers(axis, "axis") % len(value.shape)
    count = value.shape[axis] if num is None else num
    if count is None:
        raise NotTranslatableError("a number of parts that is known only when the model runs")
    return [ops.get_item(value, (slice(None),) * axis + (place,)) for place in range(count)]


@rule("tile")
def tile(ops, input, multiples):
    sizes = multiples.tolist() if isinstance(multiples, np.ndarray) else multiples
    if isinstance(sizes, (list, tuple)) and any(isinstance(size, Unknown) for size in sizes):
        held = input if is_tensor(input) else np.asarray(input, _kind_of(input))
        if any(isinstance(size, Unknown) and held.shape[axis] != 1 for axis, size in enumerate(sizes)):
            raise NotTranslatableError("how often it is repeated is known only when the model runs")
        known = [1 if isinstance(size, Unknown) else size for size in sizes]
        if any(size != 1 for size in known):
            held = ops.tile(held, known) if is_tensor(held) else np.tile(held, known)
        return ops.add(held, _zeros(ops, [size if isinstance(size, Unknown) else 1 for size in sizes], str(held.dtype)))
    if not is_tensor(input):
        return np.tile(np.asarray(input, _kind_of(input)), integers(multiples, "multiples"))
    return ops.tile(input, integers(multiples, "multiples"))


@rule("repeat")
def repeat(ops, input, repeats, axis=None):
    return ops.repeat(input, integers(repeats, "repeats"), axis=axis)


@rule("pad", "compat.v1.pad")
def pad(ops, tensor, paddings, mode="CONSTANT", constant_values=0):
    values = {} if mode.lower() != "constant" or not constant_values else {"constant_values": constant_values}
    return ops.pad(tensor, [tuple(pair) for pair in integers(paddings, "paddings")], mode=mode.lower(), **values)


@rule("where", "compat.v1.where")
def where(ops, condition, x=None, y=None):
    if not any(is_tensor(item) for item in (condition, x, y)) and x is not None and y is not None:
        return Shape(a if met else b for met, a, b in zip(condition, x, y))
    if x is None or y is None:
        raise NotTranslatableError("places of what is true, whose number is known only when the model runs")
    tensor = next((item for item in (x, y) if is_tensor(item)), None)
    if tensor is not None:
        x, y = (item if is_tensor(item) or np.isscalar(item) else typed(item, str(tensor.dtype)) for item in (x, y))
    return ops.where(condition, x, y)


@rule("clip_by_value")
def clip_by_value(ops, t, clip_value_min, clip_value_max):
    if np.isscalar(clip_value_min) and np.isscalar(clip_value_max):
        return ops.clip(t, clip_value_min, clip_value_max)
    return ops.minimum(ops.maximum(t, as_like(t, clip_value_min)), as_like(t, clip_value_max))


def _kind_of(value):
    """TensorFlow's type of numbers that are no tensor."""
    return {"f": "float32", "i": "int32"}.get(np.asarray(value).dtype.kind)


def _gather_in_batches(ops, params, indices, axis, batch_dims):
    if batch_dims != 1 or axis != 1 or not (is_tensor(params) and is_tensor(indices)) or len(indices.shape) != 2:
        raise NotTranslatableError("batch_dims of %s along axis %s" % (batch_dims, axis))
    for _ in range(len(params.shape) - 2):
        indices = ops.expand_dims(indices, -1)
    return ops.take_along_axis(params, indices, axis=1)


def _zeros(ops, sizes, dtype):
    """Zeros whose sizes along some axes only the running model knows; the others are as they are said."""
    made = np.zeros([1 if isinstance(size, Unknown) else size for size in sizes], dtype)
    for axis, size in enumerate(sizes):
        if isinstance(size, Unknown):
            line = [1] * len(sizes)
            line[axis] = -1
            made = ops.add(ops.reshape(size.zeros(ops, dtype), tuple(line)), made)
    return made


@rule("gather", "compat.v1.gather", "gather_v2")
def gather(ops, params, indices, validate_indices=None, axis=None, batch_dims=0):
    axis = integers(axis, "axis")
    if isinstance(params, Shape):
        return getitem(ops, params, [indices]) if np.ndim(indices) == 0 else Shape(params[place] for place in indices)
    if batch_dims:
        return _gather_in_batches(ops, params, indices, batch_dims if axis is None else axis, batch_dims)
    tensor = is_tensor(params)
    params = params if tensor else np.asarray(params, "float32" if np.asarray(params).dtype.kind == "f" else None)
    indices = indices if is_tensor(indices) or np.isscalar(indices) else np.asarray(indices, "int32")
    return ops.take(params, indices, axis=0 if axis is None else axis)


@rule("nn.embedding_lookup")
def embedding_lookup(ops, params, ids, max_norm=None, partition_strategy="mod", validate_indices=True):
    if max_norm is not None or (isinstance(params, list) and tensors_in(params)):
        raise NotTranslatableError("max_norm")
    return gather(ops, params, ids)


@rule("one_hot")
def one_hot(ops, indices, depth, on_value=None, off_value=None, axis=None, dtype=None):
    made = ops.one_hot(indices, integers(depth, "depth"), axis=-1 if axis is None else axis,
                       dtype=None if dtype is None else dtype_of(dtype))  # fmt: skip
    if on_value in (None, 1) and off_value in (None, 0):
        return made
    on_value, off_value = 1 if on_value is None else on_value, 0 if off_value is None else off_value
    return ops.add(ops.multiply(made, on_value - off_value), off_value)


@rule("fill")
def fill(ops, dims, value):
    if is_tensor(value):
        return ops.add(filled(ops, dims, 0, str(value.dtype)), value)
    return filled(ops, dims, value, _kind_of(value))


@rule("zeros", "compat.v1.zeros")
def zeros(ops, shape, dtype="float32", layout=None):
    return filled(ops, shape, 0, dtype_of(dtype))


@rule("ones", "compat.v1.ones")
def ones(ops, shape, dtype="float32", layout=None):
    return filled(ops, shape, 1, dtype_of(dtype))


def filled(ops, sizes, value, dtype):
    sizes = sizes.tolist() if isinstance(sizes, np.ndarray) else list(sizes)
    if any(isinstance(size, Unknown) for size in sizes):
        return ops.add(_zeros(ops, sizes, dtype), np.asarray(value, dtype))
    return np.full(integers(sizes, "a size"), value, dtype)


@rule("eye")
def eye(ops, num_rows, num_columns=None, batch_shape=None, dtype="float32"):
    if batch_shape is not None:
        raise NotTranslatableError("batch_shape")
    rows, columns = integers(num_rows, "a size"), integers(num_columns, "a size")
    return np.eye(rows, columns, dtype=dtype_of(dtype))


@rule("linspace", "linspace_nd")
def linspace(ops, start, stop, num, axis=0):
    if is_tensor(start) or is_tensor(stop):
        raise NotTranslatableError("ends that are known only when the model runs")
    return np.linspace(start, stop, integers(num, "num"), dtype="float32")


@rule("broadcast_to")
def broadcast_to(ops, input, shape):
    sizes = shape.tolist() if isinstance(shape, np.ndarray) else list(shape)
    if not any(isinstance(size, Unknown) for size in sizes):
        return ops.broadcast_to(input, tuple(integers(sizes, "a size")))
    held = input if is_tensor(input) else np.asarray(input, _kind_of(input))
    return ops.add(held, _zeros(ops, sizes, str(held.dtype)))


@rule("boolean_mask", "compat.v1.boolean_mask")
def boolean_mask(ops, tensor, mask, axis=None, name=None):
    if is_tensor(mask) or np.ndim(mask) != 1:
        raise NotTranslatableError("a mask that is known only when the model runs")
    return ops.take(tensor, np.flatnonzero(mask).astype("int32"), axis=integers(axis, "axis") or 0)


@rule("roll")
def roll(ops, input, shift, axis):
    return ops.roll(input, integers(shift, "shift"), axis=integers(axis, "axis"))


@rule("sequence_mask")
def sequence_mask(ops, lengths, maxlen=None, dtype="bool"):
    places = None if maxlen is None else range_(ops, maxlen)
    if places is None:
        raise NotTranslatableError("a length that is known only when the model runs")
    made = ops.less(places, ops.expand_dims(ops.cast(lengths, "int32"), -1))
    return made if dtype_of(dtype) == "bool" else ops.cast(made, dtype_of(dtype))


@rule("tensor_scatter_nd_update")
def scatter_update(ops, tensor, indices, updates):
    return ops.scatter_update(tensor, _constant(indices, "int32"), as_like(tensor, updates))


@rule("scatter_nd")
def scatter(ops, indices, updates, shape):
    return ops.scatter(_constant(indices, "int32"), updates, tuple(integers(shape, "a size")))


def _constant(value, dtype):
    return value if is_tensor(value) else np.asarray(value, dtype)


@rule("keras.backend.batch_flatten")
def batch_flatten(ops, x):
    return ops.reshape(x, (-1, int(np.prod(integers(list(x.shape[1:]), "a size")))))
