"""Operations of Keras 3 as TensorFlow calls, which Keras 2 makes layers of."""

from ..errors import NotTranslatableError

# Class of an operation in Keras 3: the function of TensorFlow that takes the same arguments in the same order.
_SAME = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide", "TrueDivide": "truediv",
    "FloorDivide": "math.floordiv", "Mod": "math.floormod", "Power": "pow", "Negative": "negative", "Absolute": "abs",
    "Abs": "abs", "Exp": "exp", "Log": "math.log", "Log1p": "math.log1p", "Expm1": "math.expm1", "Sqrt": "sqrt",
    "Rsqrt": "math.rsqrt", "Square": "square", "Sign": "sign", "Floor": "floor", "Ceil": "math.ceil", "Round": "round",
    "Sin": "sin", "Cos": "cos", "Tan": "tan", "Tanh": "tanh", "Sinh": "sinh", "Cosh": "cosh", "Reciprocal": "math.reciprocal",
    "Maximum": "maximum", "Minimum": "minimum", "Matmul": "matmul", "Equal": "equal", "NotEqual": "not_equal",
    "Greater": "greater", "GreaterEqual": "greater_equal", "Less": "less", "LessEqual": "less_equal",
    "LogicalAnd": "logical_and", "LogicalOr": "logical_or", "LogicalNot": "logical_not", "ZerosLike": "zeros_like",
    "OnesLike": "ones_like", "Relu": "nn.relu", "Relu6": "nn.relu6", "Sigmoid": "sigmoid", "Softplus": "nn.softplus",
    "Softsign": "nn.softsign", "Silu": "nn.silu", "Elu": "nn.elu", "Selu": "nn.selu", "Erf": "math.erf",
    "SquaredDifference": "math.squared_difference", "Where": "where", "IsNan": "math.is_nan", "IsFinite": "math.is_finite",
}  # fmt: skip
# Those that reduce along axes: their attributes are ``axis`` and ``keepdims``.
_REDUCING = {"Mean": "reduce_mean", "Sum": "reduce_sum", "Max": "reduce_max", "Min": "reduce_min", "Prod": "reduce_prod",
             "All": "reduce_all", "Any": "reduce_any", "Std": "math.reduce_std", "Var": "math.reduce_variance",
             "Logsumexp": "reduce_logsumexp"}  # fmt: skip


def _get_item(tf, said, x, key):
    return x[tuple(key) if isinstance(key, list) else key]


def _transpose(tf, said, x):
    return tf.transpose(x, said.get("axes"))


def _cumsum(tf, said, x):
    if said.get("axis") is None:
        raise NotTranslatableError("Cumsum over all elements")
    return tf.cumsum(x, said["axis"])


_MADE = {
    "GetItem": _get_item,
    "Transpose": _transpose,
    "Cumsum": _cumsum,
    "Concatenate": lambda tf, said, xs: tf.concat(xs, said.get("axis", 0)),
    "Stack": lambda tf, said, xs: tf.stack(xs, said.get("axis", 0)),
    "Reshape": lambda tf, said, x: tf.reshape(x, said["newshape"]),
    "ExpandDims": lambda tf, said, x: tf.expand_dims(x, said["axis"]),
    "Squeeze": lambda tf, said, x: tf.squeeze(x, said.get("axis")),
    "Cast": lambda tf, said, x: tf.cast(x, said["dtype"]),
    "Clip": lambda tf, said, x: tf.clip_by_value(x, said["x_min"], said["x_max"]),
    "Softmax": lambda tf, said, x: tf.nn.softmax(x, said.get("axis", -1)),
    "LogSoftmax": lambda tf, said, x: tf.nn.log_softmax(x, said.get("axis", -1)),
    "Gelu": lambda tf, said, x: tf.nn.gelu(x, approximate=said.get("approximate", True)),
    "LeakyRelu": lambda tf, said, x: tf.nn.leaky_relu(x, said.get("negative_slope", 0.2)),
    "Argmax": lambda tf, said, x: tf.argmax(x, said["axis"], output_type="int32"),
    "OneHot": lambda tf, said, x: tf.one_hot(x, said["num_classes"], axis=said.get("axis", -1)),
    "Einsum": lambda tf, said, *xs: tf.einsum(said["subscripts"], *xs),
    "Tile": lambda tf, said, x: tf.tile(x, said["repeats"]),
    "Take": lambda tf, said, x, indices: tf.gather(x, indices, axis=said["axis"]),
    "Flip": lambda tf, said, x: tf.reverse(x, [said["axis"]]),
    "Split": lambda tf, said, x: tf.split(x, said["indices_or_sections"], axis=said.get("axis", 0)),
}


def call(tf, kind, said, arguments, keywords):
    """What an operation gives.

    :param kind: its class in Keras 3.
    :param said: its configuration.
    :raises NotTranslatableError: it is in no table, or its configuration does not say what it needs.
    """
    said = {key: value for key, value in said.items() if key != "name"}
    if kind in _SAME:
        return _function(tf, _SAME[kind])(*arguments, **keywords)
    if kind in _REDUCING:
        return _function(tf, _REDUCING[kind])(*arguments, axis=said.get("axis"), keepdims=bool(said.get("keepdims")))
    if kind not in _MADE:
        raise NotTranslatableError("the operation %s has no equal here" % kind)
    try:
        return _MADE[kind](tf, said, *arguments, **keywords)
    except KeyError as error:
        raise NotTranslatableError("the operation %s does not say its %s" % (kind, error)) from error


def _function(tf, name):
    found = tf
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise NotTranslatableError("TensorFlow has no tf.%s here" % name)
    return found
