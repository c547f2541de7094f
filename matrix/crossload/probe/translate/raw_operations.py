"""Operations as TensorFlow 2.0 to 2.3 kept them in a model's graph: a node of TensorFlow's own graph, with its constants."""

import json

import numpy as np

from ..errors import NotTranslatableError
from .rules import arrays, base, mathematics, networks

_BINARY = {
    "Add": "add", "AddV2": "add", "Sub": "subtract", "Mul": "multiply", "RealDiv": "true_divide", "Div": "true_divide",
    "FloorDiv": "floor_divide", "FloorMod": "mod", "Pow": "power", "Maximum": "maximum", "Minimum": "minimum",
    "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less", "LessEqual": "less_equal", "Equal": "equal",
    "NotEqual": "not_equal", "LogicalAnd": "logical_and", "LogicalOr": "logical_or",
}  # fmt: skip
_UNARY = {
    "Neg": "negative", "Abs": "absolute", "Exp": "exp", "Log": "log", "Log1p": "log1p", "Sqrt": "sqrt", "Rsqrt": "rsqrt",
    "Square": "square", "Sign": "sign", "Floor": "floor", "Ceil": "ceil", "Sin": "sin", "Cos": "cos", "Tanh": "tanh",
    "Sigmoid": "sigmoid", "Relu": "relu", "Relu6": "relu6", "Elu": "elu", "Selu": "selu", "Softplus": "softplus",
    "Softsign": "softsign", "Softmax": "softmax", "LogSoftmax": "log_softmax", "LogicalNot": "logical_not",
    "ZerosLike": "zeros_like", "OnesLike": "ones_like", "StopGradient": "stop_gradient", "Round": "round", "Erf": "erf",
    "Reciprocal": "reciprocal",
}  # fmt: skip
_REDUCE = {"Mean": "mean", "Sum": "sum", "Max": "max", "Min": "min", "Prod": "prod", "All": "all", "Any": "any"}


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
    if kind in _BINARY:
        return getattr(ops, _BINARY[kind])(*base.alike(dict(zip(("x1", "x2"), arguments))).values())
    if kind in _UNARY:
        return getattr(ops, _UNARY[kind])(arguments[0])
    if kind in _REDUCE:
        return getattr(ops, _REDUCE[kind])(arguments[0], axis=arguments[1], keepdims=_flag(attributes, "keep_dims"))
    if kind == "StridedSlice":
        return _strided_slice(ops, arguments, attributes)
    if kind == "ConcatV2":
        return arrays.concat(ops, arguments[:-1], axis=arguments[-1])
    if kind == "Pack":
        return arrays.stack(ops, arguments, axis=_number(attributes, "axis"))
    if kind == "Cast":
        return arrays.cast(ops, arguments[0], _TYPES.get((attributes.get("DstT") or {}).get("type"), "float32"))
    if kind == "BiasAdd":
        return networks.bias_add(ops, arguments[0], arguments[1])
    if kind in ("MatMul", "BatchMatMulV2"):
        first, second = ("transpose_a", "transpose_b") if kind == "MatMul" else ("adj_x", "adj_y")
        return mathematics.matmul(
            ops, *arguments, transpose_a=_flag(attributes, first), transpose_b=_flag(attributes, second)
        )
    if kind == "LeakyRelu":
        return ops.leaky_relu(arguments[0], negative_slope=float((attributes.get("alpha") or {}).get("f", 0.2)))
    if kind == "SquaredDifference":
        return mathematics.squared_difference(ops, *arguments)
    made = {
        "Reshape": arrays.reshape, "Transpose": arrays.transpose, "Tile": arrays.tile, "Pad": arrays.pad, "Shape": arrays.shape,
        "ExpandDims": lambda o, x, axis: o.expand_dims(x, axis=axis), "Identity": arrays.identity,
        "ReverseV2": lambda o, x, axis: o.flip(x, axis=axis),
        "SelectV2": arrays.where, "Select": arrays.where, "GatherV2": lambda o, x, i, axis=0: arrays.gather(o, x, i, axis=axis),
        "Cumsum": mathematics.cumsum, "ClipByValue": arrays.clip_by_value,
    }  # fmt: skip
    if kind == "Squeeze":
        axes = [int(item) for item in ((attributes.get("squeeze_dims") or {}).get("list") or {}).get("i", [])]
        return arrays.squeeze(ops, arguments[0], axis=axes or None)
    if kind not in made:
        raise NotTranslatableError("no equal in the table")
    return made[kind](ops, *arguments)


_TYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_INT32": "int32", "DT_INT64": "int64", "DT_BOOL": "bool",
          "DT_HALF": "float16", "DT_UINT8": "uint8"}  # fmt: skip


def _flag(attributes, name):
    return bool((attributes.get(name) or {}).get("b", False))


def _number(attributes, name):
    return int((attributes.get(name) or {}).get("i", 0))


def _strided_slice(ops, arguments, attributes):
    masks = {
        name + "_mask": _number(attributes, name + "_mask")
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    tensor, begin, end, strides = arguments
    return arrays.strided_slice(ops, tensor, *(np.ravel(item) for item in (begin, end, strides)), **masks)
