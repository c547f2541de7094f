"""Sums, products, orders and norms."""

import numpy as np

from ...errors import NotTranslatableError
from .base import RULES, alike, as_like, dtype_of, integers, is_tensor, rule


@rule("linalg.matmul", "matmul")
def matmul(ops, a, b, transpose_a=False, transpose_b=False, adjoint_a=False, adjoint_b=False, a_is_sparse=False,
           b_is_sparse=False, output_type=None, **grad):  # fmt: skip
    tensor = a if is_tensor(a) else b
    a, b = as_like(tensor, a), as_like(tensor, b)
    a = ops.swapaxes(a, -1, -2) if (transpose_a or adjoint_a) else a
    b = (np.swapaxes(b, -1, -2) if not is_tensor(b) else ops.swapaxes(b, -1, -2)) if (transpose_b or adjoint_b) else b
    return ops.matmul(a, b)


@rule("tensordot")
def tensordot(ops, a, b, axes):
    tensor = a if is_tensor(a) else b
    axes = integers(axes, "axes")
    return ops.tensordot(as_like(tensor, a), as_like(tensor, b), axes=axes)


@rule("einsum")
def einsum(ops, equation, *inputs, **keywords):
    # Keras 2 notes the operands, which have no names, under the name of the variable argument.
    operands = list(inputs) or list(keywords.get("inputs") or [])
    if not isinstance(equation, str) or not operands:
        raise NotTranslatableError("operands that the file does not name")
    return ops.einsum(equation, *operands)


def _arg(name):
    def rule(ops, input, axis=None, output_type="int64", dimension=None):
        axis = axis if axis is not None else dimension
        made = getattr(ops, name)(input, axis=0 if axis is None else integers(axis, "axis"))
        return ops.cast(made, dtype_of(output_type or "int64"))

    return rule


RULES["math.argmax"] = RULES["compat.v1.argmax"] = RULES["argmax"] = _arg("argmax")
RULES["math.argmin"] = RULES["compat.v1.argmin"] = RULES["argmin"] = _arg("argmin")


@rule("math.cumsum")
def cumsum(ops, x, axis=0, exclusive=False, reverse=False):
    return _cumulated(ops, "cumsum", x, axis, exclusive, reverse)


@rule("math.cumprod")
def cumprod(ops, x, axis=0, exclusive=False, reverse=False):
    return _cumulated(ops, "cumprod", x, axis, exclusive, reverse)


def _cumulated(ops, name, x, axis, exclusive, reverse):
    axis = integers(axis, "axis")
    if exclusive:
        if reverse:
            return ops.flip(_cumulated(ops, name, ops.flip(x, axis=axis), axis, True, False), axis=axis)
        rank = len(x.shape)
        all_but_last = (slice(None),) * (axis % rank) + (slice(None, -1),)
        first = (slice(None),) * (axis % rank) + (slice(0, 1),)
        start = getattr(ops, "zeros_like" if name == "cumsum" else "ones_like")(ops.get_item(x, first))
        x = ops.concatenate([start, ops.get_item(x, all_but_last)], axis=axis)
    if not reverse:
        return getattr(ops, name)(x, axis=axis)
    return ops.flip(getattr(ops, name)(ops.flip(x, axis=axis), axis=axis), axis=axis)


@rule("math.top_k", "nn.top_k")
def top_k(ops, input, k=1, sorted=True, index_type=None):
    values, indices = ops.top_k(input, integers(k, "k"), sorted=sorted)
    return [values, indices]


@rule("sort")
def sort(ops, values, axis=-1, direction="ASCENDING"):
    made = ops.sort(values, axis=axis)
    return made if direction == "ASCENDING" else ops.flip(made, axis=axis)


@rule("math.squared_difference")
def squared_difference(ops, x, y):
    return ops.square(ops.subtract(*alike({"x1": x, "x2": y}).values()))


@rule("math.divide_no_nan")
def divide_no_nan(ops, x, y):
    if hasattr(ops, "divide_no_nan"):
        return ops.divide_no_nan(*alike({"x1": x, "x2": y}).values())
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.divide(x, ops.where(ops.equal(y, 0), ops.ones_like(y), y)))


@rule("math.multiply_no_nan")
def multiply_no_nan(ops, x, y):
    return ops.where(ops.equal(y, 0), ops.zeros_like(x), ops.multiply(x, y))


@rule("math.add_n")
def add_n(ops, inputs):
    total = inputs[0]
    for item in inputs[1:]:
        total = ops.add(total, item)
    return total


@rule("math.round")
def round_(ops, x):
    return ops.round(x)


@rule("math.xlogy")
def xlogy(ops, x, y):
    return ops.where(ops.equal(x, 0), ops.zeros_like(x), ops.multiply(x, ops.log(y)))


@rule("norm", "linalg.norm")
def norm(ops, tensor, ord="euclidean", axis=None, keepdims=None):
    if ord in ("euclidean", 2, 2.0) and not (isinstance(axis, list) and len(axis) == 2 and ord != "euclidean"):
        return ops.sqrt(ops.sum(ops.square(tensor), axis=axis, keepdims=bool(keepdims)))
    if ord in (1, 1.0) and not isinstance(axis, list):
        return ops.sum(ops.absolute(tensor), axis=axis, keepdims=bool(keepdims))
    raise NotTranslatableError("a norm of order %s" % ord)


@rule("math.l2_normalize", "nn.l2_normalize", "linalg.l2_normalize")
def l2_normalize(ops, x, axis=None, epsilon=1e-12, dim=None):
    axis = axis if axis is not None else dim
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, epsilon)))


@rule("linalg.band_part")
def band_part(ops, input, num_lower, num_upper):
    if num_lower == -1 and num_upper == 0:
        return ops.tril(input)
    if num_lower == 0 and num_upper == -1:
        return ops.triu(input)
    raise NotTranslatableError("a band of %s and %s" % (num_lower, num_upper))


@rule("argsort")
def argsort(ops, values, axis=-1, direction="ASCENDING", stable=False):
    return ops.argsort(values if direction == "ASCENDING" else ops.negative(values), axis=axis)


@rule("math.scalar_mul")
def scalar_mul(ops, scalar, x):
    return ops.multiply(*alike({"x1": scalar, "x2": x}).values())


@rule("math.reciprocal_no_nan")
def reciprocal_no_nan(ops, x):
    is_zero = ops.equal(x, 0)
    return ops.where(is_zero, ops.zeros_like(x), ops.reciprocal(ops.where(is_zero, ops.ones_like(x), x)))


@rule("math.rint")
def rint(ops, x):
    return ops.round(x)


@rule("math.real", "math.conj")
def real(ops, input=None, x=None):
    tensor = input if input is not None else x
    if "complex" in str(tensor.dtype):
        raise NotTranslatableError("complex numbers")
    return tensor


@rule("math.reduce_euclidean_norm")
def euclidean_norm(ops, input_tensor, axis=None, keepdims=False):
    return ops.sqrt(ops.sum(ops.square(input_tensor), axis=axis, keepdims=bool(keepdims)))


@rule("math.count_nonzero")
def count_nonzero(ops, input=None, axis=None, keepdims=None, dtype="int64", input_tensor=None):
    tensor = input if input is not None else input_tensor
    counted = ops.cast(ops.not_equal(tensor, 0), dtype_of(dtype))
    return ops.sum(counted, axis=axis, keepdims=bool(keepdims))


@rule("math.zero_fraction", "nn.zero_fraction")
def zero_fraction(ops, value):
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


@rule("math.polyval")
def polyval(ops, coeffs, x):
    total = coeffs[0]
    for item in coeffs[1:]:
        total = ops.add(item, ops.multiply(total, x))
    return total


@rule("math.segment_sum")
def segment_sum(ops, data, segment_ids):
    if is_tensor(segment_ids):
        raise NotTranslatableError("segments whose number is known only when the model runs")
    ids = np.asarray(segment_ids, "int32")
    return ops.segment_sum(data, ids, num_segments=int(ids.max()) + 1)


@rule("clip_by_norm")
def clip_by_norm(ops, t, clip_norm, axes=None):
    length = ops.sqrt(ops.sum(ops.square(t), axis=axes, keepdims=True))
    return ops.divide(ops.multiply(t, clip_norm), ops.maximum(length, clip_norm))


@rule("linalg.diag_part")
def diag_part(ops, input, k=0, padding_value=0, align="RIGHT_LEFT"):
    if k not in (0, None):
        raise NotTranslatableError("a diagonal beside the main one")
    return ops.diagonal(input, axis1=-2, axis2=-1)


@rule("linalg.diag")
def diag(ops, diagonal, k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"):
    if k not in (0, None) or num_rows not in (-1, None) or num_cols not in (-1, None) or padding_value:
        raise NotTranslatableError("a diagonal beside the main one")
    count = integers(diagonal.shape[-1], "a size")
    return ops.where(
        np.eye(count, dtype=bool), ops.expand_dims(diagonal, -1), ops.zeros_like(ops.expand_dims(diagonal, -1))
    )


@rule("linalg.trace")
def trace(ops, x):
    return ops.sum(ops.diagonal(x, axis1=-2, axis2=-1), axis=-1)


@rule("linalg.matvec")
def matvec(ops, a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False):
    made = matmul(ops, a, ops.expand_dims(b, -1), transpose_a=transpose_a, adjoint_a=adjoint_a)
    return ops.squeeze(made, axis=-1)


@rule("linalg.inv")
def inverse(ops, input, adjoint=False):
    if adjoint:
        raise NotTranslatableError("adjoint")
    return ops.inv(input)


def _comparison(target):
    def rule_of(ops, x, *others, **keywords):
        other = next(
            (value for value in (*others, keywords.get("other"), keywords.get("y")) if value is not None), None
        )
        if other is None:
            raise NotTranslatableError(
                "the file does not say with what it compares: TensorFlow writes ``==`` and ``!=`` so"
            )
        return getattr(ops, target)(*alike({"x1": x, "x2": other}).values())

    return rule_of


RULES["__operators__.eq"], RULES["__operators__.ne"] = _comparison("equal"), _comparison("not_equal")


def _bitwise(name):
    def rule_of(ops, x, y):
        tensor = x if is_tensor(x) else y
        return getattr(ops, name)(
            *(item if is_tensor(item) else np.asarray(item, str(tensor.dtype)) for item in (x, y))
        )

    return rule_of


RULES.update({"bitwise." + name: _bitwise(name) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")})
