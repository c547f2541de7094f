"""Operations as TensorFlow 2.0 to 2.3 kept them in a model's graph: a node of TensorFlow's own graph, with its constants."""

import base64
import json

import numpy as np

from ..errors import NotTranslatableError
from .rules import arrays, base, images, mathematics, networks

_BINARY = {
    "Add": "add", "AddV2": "add", "Sub": "subtract", "Mul": "multiply", "RealDiv": "true_divide", "Div": "true_divide",
    "FloorDiv": "floor_divide", "FloorMod": "mod", "Pow": "power", "Maximum": "maximum", "Minimum": "minimum",
    "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less", "LessEqual": "less_equal", "Equal": "equal",
    "NotEqual": "not_equal", "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "Atan2": "arctan2", "Mod": "mod",
}  # fmt: skip
_UNARY = {
    "Neg": "negative", "Abs": "absolute", "Exp": "exp", "Log": "log", "Log1p": "log1p", "Sqrt": "sqrt", "Rsqrt": "rsqrt",
    "Square": "square", "Sign": "sign", "Floor": "floor", "Ceil": "ceil", "Sin": "sin", "Cos": "cos", "Tanh": "tanh",
    "Sigmoid": "sigmoid", "Relu": "relu", "Relu6": "relu6", "Elu": "elu", "Selu": "selu", "Softplus": "softplus",
    "Softsign": "softsign", "Softmax": "softmax", "LogSoftmax": "log_softmax", "LogicalNot": "logical_not",
    "ZerosLike": "zeros_like", "OnesLike": "ones_like", "StopGradient": "stop_gradient", "Round": "round", "Erf": "erf",
    "Reciprocal": "reciprocal", "Inv": "reciprocal", "Expm1": "expm1", "Tan": "tan", "Sinh": "sinh", "Cosh": "cosh",
    "Asin": "arcsin", "Acos": "arccos", "Atan": "arctan", "Asinh": "arcsinh", "Acosh": "arccosh", "Atanh": "arctanh",
    "IsNan": "isnan", "IsInf": "isinf", "IsFinite": "isfinite", "Rint": "round", "Erfinv": "erfinv",
}  # fmt: skip


def apply(ops, name, config, tensors):
    """The result of one node.

    :param config: ``node_def`` as JSON, and ``constants`` by the place of the argument.
    :raises NotTranslatableError: there is no equal.
    """
    said = config.get("node_def")
    node = json.loads(said) if isinstance(said, str) else said
    if not isinstance(node, dict):
        raise NotTranslatableError("layer %s: a node that cannot be read" % name)
    kind, attributes = node.get("op"), node.get("attr") or {}
    constants = {int(place): value for place, value in (config.get("constants") or {}).items()}
    waiting, arguments = list(tensors), []
    for place in range(len(tensors) + len(constants)):
        arguments.append(constants[place] if place in constants else waiting.pop(0))
    try:
        return _apply(ops, kind, arguments, attributes)
    except NotTranslatableError as error:
        raise NotTranslatableError("layer %s (operation %s): %s" % (name, kind, error)) from error


def _apply(ops, kind, arguments, attributes):
    if kind not in NODES:
        raise NotTranslatableError("no equal in the table")
    return NODES[kind](ops, arguments, _Attributes(attributes))


class _Attributes(object):
    """Attributes of a node, as JSON writes those of a protocol buffer: what is not there has its type's default."""

    def __init__(self, said):
        self._said = said

    def _of(self, name, kind, default):
        return (self._said.get(name) or {}).get(kind, default)

    def flag(self, name):
        return bool(self._of(name, "b", False))

    def whole(self, name, default=0):
        return int(self._of(name, "i", default))

    def fraction(self, name, default=0.0):
        return float(self._of(name, "f", default))

    def text(self, name, default=""):
        """A text, which JSON holds in base 64."""
        found = self._of(name, "s", None)
        return default if found is None else base64.b64decode(found).decode("utf-8")

    def wholes(self, name):
        return [int(item) for item in self._of(name, "list", {}).get("i", [])]

    def kind(self, name, default="DT_FLOAT"):
        found = self._of(name, "type", default)
        if found not in _TYPES:
            raise NotTranslatableError("the type %s" % found)
        return _TYPES[found]


_TYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_INT32": "int32", "DT_INT64": "int64", "DT_BOOL": "bool",
          "DT_HALF": "float16", "DT_UINT8": "uint8"}  # fmt: skip


def _binary(target):
    def node(ops, arguments, attributes):
        call = dict(zip(("x1", "x2"), arguments))
        known = base.computed(ops, target, call)
        return known if known is not None else getattr(ops, target)(**base.alike(base.tensors(ops, call)))

    return node


def _unary(target):
    return lambda ops, arguments, attributes: getattr(ops, target)(arguments[0])


def _reduce(target):
    def node(ops, arguments, attributes):
        axis = base.integers(arguments[1], "axis")
        return getattr(ops, target)(arguments[0], axis=axis, keepdims=attributes.flag("keep_dims"))

    return node


def _by(rule):
    """A rule whose arguments are the node's inputs, in order."""
    return lambda ops, arguments, attributes: rule(ops, *arguments)


def _strided_slice(ops, arguments, attributes):
    masks = {
        name + "_mask": attributes.whole(name + "_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    tensor, begin, end, strides = arguments
    return arrays.strided_slice(ops, tensor, *(np.ravel(item) for item in (begin, end, strides)), **masks)


def _matmul(first, second):
    def node(ops, arguments, attributes):
        turned = {"transpose_a": attributes.flag(first), "transpose_b": attributes.flag(second)}
        return mathematics.matmul(ops, *arguments, **turned)

    return node


def _split(ops, arguments, attributes):
    return arrays.split(ops, arguments[1], attributes.whole("num_split"), axis=arguments[0])


def _one_hot(ops, arguments, attributes):
    indices, depth, on_value, off_value = arguments
    on_value, off_value = (float(np.asarray(value)) for value in (on_value, off_value))
    axis, dtype = attributes.whole("axis", -1), attributes.kind("T")
    return arrays.one_hot(ops, indices, depth, on_value, off_value, axis, dtype)


def _arg(target):
    def node(ops, arguments, attributes):
        made = getattr(ops, target)(arguments[0], axis=base.integers(arguments[1], "axis"))
        return ops.cast(made, attributes.kind("output_type", "DT_INT64"))

    return node


def _resize(method):
    def node(ops, arguments, attributes):
        if attributes.flag("align_corners") or not attributes.flag("half_pixel_centers"):
            raise NotTranslatableError("corners as in TensorFlow 1, which no operation of Keras 3 has")
        return images.resize(ops, arguments[0], arguments[1], method)

    return node


def _pool(target):
    def node(ops, arguments, attributes):
        size, step, padding = attributes.wholes("ksize"), attributes.wholes("strides"), attributes.text("padding")
        return networks.RULES[target](ops, arguments[0], size, step, padding, attributes.text("data_format", "NHWC"))

    return node


def _convolution(ops, arguments, attributes):
    step, rate = attributes.wholes("strides"), attributes.wholes("dilations") or None
    padding, layout = attributes.text("padding"), attributes.text("data_format", "NHWC")
    return networks.convolution(ops, arguments[0], arguments[1], step, padding, layout, rate)


NODES = {kind: _binary(target) for kind, target in _BINARY.items()}
NODES.update({kind: _unary(target) for kind, target in _UNARY.items()})
NODES.update({
    kind: _reduce(target) for kind, target in
    {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "All": "all", "Any": "any"}.items()
})  # fmt: skip
NODES.update({
    kind: _by(rule) for kind, rule in
    {"Reshape": arrays.reshape, "Transpose": arrays.transpose, "Tile": arrays.tile, "Pad": arrays.pad,
     "Shape": arrays.shape, "Identity": arrays.identity, "SelectV2": arrays.where, "Select": arrays.where,
     "ClipByValue": arrays.clip_by_value, "BiasAdd": networks.bias_add, "Fill": arrays.fill, "Range": arrays.range_,
     "BroadcastTo": arrays.broadcast_to, "Slice": lambda ops, x, begin, size: arrays.getitem(ops, x, begin=begin, size=size),
     "SquaredDifference": mathematics.squared_difference, "DivNoNan": mathematics.divide_no_nan,
     "MulNoNan": mathematics.multiply_no_nan, "Xlogy": mathematics.xlogy, "L2Loss": networks.l2_loss,
     "MatrixDiagPart": mathematics.diag_part, "Roll": arrays.roll, "Size": arrays.size, "Rank": arrays.rank,
     "GatherV2": lambda ops, x, places, axis=0: arrays.gather(ops, x, places, axis=axis),
     "ExpandDims": lambda ops, x, axis: ops.expand_dims(x, axis=base.integers(axis, "axis")),
     "ReverseV2": lambda ops, x, axis: ops.flip(x, axis=base.integers(axis, "axis")),
     "MatrixBandPart": lambda ops, x, low, high: mathematics.band_part(ops, x, int(low), int(high)),
     "SplitV": lambda ops, x, sizes, axis: arrays.split(ops, x, sizes, axis=axis)}.items()
})  # fmt: skip
NODES.update({
    "StridedSlice": _strided_slice,
    "ConcatV2": lambda ops, arguments, attributes: arrays.concat(ops, arguments[:-1], axis=arguments[-1]),
    "Pack": lambda ops, arguments, attributes: arrays.stack(ops, arguments, axis=attributes.whole("axis")),
    "Unpack": lambda ops, arguments, attributes: arrays.unstack(ops, arguments[0], axis=attributes.whole("axis")),
    "AddN": lambda ops, arguments, attributes: mathematics.add_n(ops, arguments),
    "Split": _split,
    "Cast": lambda ops, arguments, attributes: arrays.cast(ops, arguments[0], attributes.kind("DstT")),
    "MatMul": _matmul("transpose_a", "transpose_b"),
    "BatchMatMul": _matmul("adj_x", "adj_y"),
    "BatchMatMulV2": _matmul("adj_x", "adj_y"),
    "Einsum": lambda ops, arguments, attributes: ops.einsum(attributes.text("equation"), *arguments),
    "Squeeze": lambda ops, arguments, attributes: arrays.squeeze(
        ops, arguments[0], axis=attributes.wholes("squeeze_dims") or None),
    "OneHot": _one_hot,
    "ArgMax": _arg("argmax"),
    "ArgMin": _arg("argmin"),
    "TopKV2": lambda ops, arguments, attributes: mathematics.top_k(ops, *arguments, sorted=attributes.flag("sorted")),
    "Cumsum": lambda ops, arguments, attributes: mathematics.cumsum(
        ops, *arguments, exclusive=attributes.flag("exclusive"), reverse=attributes.flag("reverse")),
    "Cumprod": lambda ops, arguments, attributes: mathematics.cumprod(
        ops, *arguments, exclusive=attributes.flag("exclusive"), reverse=attributes.flag("reverse")),
    "PadV2": lambda ops, arguments, attributes: arrays.pad(
        ops, *arguments[:2], constant_values=float(np.asarray(arguments[2]))),
    "MirrorPad": lambda ops, arguments, attributes: arrays.pad(ops, *arguments, mode=attributes.text("mode")),
    "LeakyRelu": lambda ops, arguments, attributes: ops.leaky_relu(
        arguments[0], negative_slope=attributes.fraction("alpha", 0.2)),
    "ResizeBilinear": _resize("bilinear"),
    "ResizeNearestNeighbor": _resize("nearest"),
    "MaxPool": _pool("nn.max_pool"),
    "AvgPool": _pool("nn.avg_pool"),
    "Conv2D": _convolution,
    "SpaceToDepth": lambda ops, arguments, attributes: networks.space_to_depth(
        ops, arguments[0], attributes.whole("block_size")),
    "DepthToSpace": lambda ops, arguments, attributes: networks.depth_to_space(
        ops, arguments[0], attributes.whole("block_size")),
})  # fmt: skip
