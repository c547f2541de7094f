"""What became of the operations on tensors that Keras 2 keeps in a model's graph.

The table :data:`TABLE` gives for a TensorFlow symbol the operation of ``keras.ops`` with the names of its arguments, or a
function with TensorFlow's own signature where more has to be said. Every row must give a graph that Keras 3 saves and loads
by itself. What is in no row is named.
"""

import numpy as np

from ..errors import NotTranslatableError
from . import raw_operations
from .rules import RULES, base

KINDS = ("TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceProperty", "InstanceMethod", "TensorFlowOpLayer")

# TensorFlow symbol: operation of ``keras.ops``, then its arguments in TensorFlow's order and by TensorFlow's names; ``a=b`` where
# Keras calls an argument otherwise. A constant takes the type of the first tensor, as it does in TensorFlow.
_BINARY = "x=x1 y=x2"
_UNARY = "x"
_REDUCE = "input_tensor=x axis keepdims"
_SIMPLE = {
    "add": ("math.add __operators__.add", _BINARY),
    "subtract": ("math.subtract", _BINARY),
    "multiply": ("math.multiply", _BINARY),
    "true_divide": ("math.truediv math.divide realdiv", _BINARY),
    "floor_divide": ("math.floordiv math.floor_div floor_div", _BINARY),
    "mod": ("math.floormod math.mod", _BINARY),
    "power": ("math.pow pow", _BINARY),
    "maximum": ("math.maximum", _BINARY),
    "minimum": ("math.minimum", _BINARY),
    "arctan2": ("math.atan2", "y=x1 x=x2"),
    "greater": ("math.greater", _BINARY),
    "greater_equal": ("math.greater_equal", _BINARY),
    "less": ("math.less", _BINARY),
    "less_equal": ("math.less_equal", _BINARY),
    "equal": ("math.equal", _BINARY),
    "not_equal": ("math.not_equal", _BINARY),
    "logical_and": ("math.logical_and", _BINARY),
    "logical_or": ("math.logical_or", _BINARY),
    "logical_xor": ("math.logical_xor", _BINARY),
    "logical_not": ("math.logical_not", _UNARY),
    "negative": ("math.negative", _UNARY),
    "absolute": ("math.abs", _UNARY),
    "exp": ("math.exp", _UNARY),
    "expm1": ("math.expm1", _UNARY),
    "log": ("math.log", _UNARY),
    "log1p": ("math.log1p", _UNARY),
    "sqrt": ("math.sqrt", _UNARY),
    "rsqrt": ("math.rsqrt", _UNARY),
    "square": ("math.square", _UNARY),
    "sign": ("math.sign", _UNARY),
    "floor": ("math.floor", _UNARY),
    "ceil": ("math.ceil", _UNARY),
    "reciprocal": ("math.reciprocal", _UNARY),
    "sin": ("math.sin", _UNARY),
    "cos": ("math.cos", _UNARY),
    "tan": ("math.tan", _UNARY),
    "sinh": ("math.sinh", _UNARY),
    "cosh": ("math.cosh", _UNARY),
    "arcsin": ("math.asin", _UNARY),
    "arccos": ("math.acos", _UNARY),
    "arctan": ("math.atan", _UNARY),
    "arcsinh": ("math.asinh", _UNARY),
    "arccosh": ("math.acosh", _UNARY),
    "arctanh": ("math.atanh", _UNARY),
    "erf": ("math.erf", _UNARY),
    "erfinv": ("math.erfinv", _UNARY),
    "angle": ("math.angle", "input=x"),
    "det": ("linalg.det", "input=x"),
    "cross": ("linalg.cross", "a=x1 b=x2"),
    "tanh": ("math.tanh nn.tanh", _UNARY),
    "sigmoid": ("math.sigmoid nn.sigmoid", _UNARY),
    "softplus": ("math.softplus nn.softplus", "features=x"),
    "softsign": ("nn.softsign math.softsign", "features=x"),
    "relu": ("nn.relu", "features=x"),
    "relu6": ("nn.relu6", "features=x"),
    "elu": ("nn.elu", "features=x"),
    "selu": ("nn.selu", "features=x"),
    "log_sigmoid": ("math.log_sigmoid", _UNARY),
    "isfinite": ("math.is_finite", _UNARY),
    "isinf": ("math.is_inf", _UNARY),
    "isnan": ("math.is_nan", _UNARY),
    "stop_gradient": ("stop_gradient", "input=variable"),
    "sum": ("math.reduce_sum", _REDUCE),
    "mean": ("math.reduce_mean", _REDUCE),
    "max": ("math.reduce_max", _REDUCE),
    "min": ("math.reduce_min", _REDUCE),
    "prod": ("math.reduce_prod", _REDUCE),
    "var": ("math.reduce_variance", _REDUCE),
    "std": ("math.reduce_std", _REDUCE),
    "any": ("math.reduce_any", _REDUCE),
    "all": ("math.reduce_all", _REDUCE),
    "logsumexp": ("math.reduce_logsumexp", _REDUCE),
    "expand_dims": ("expand_dims", "input=x axis"),
    "flip": ("reverse", "tensor=x axis"),
    "zeros_like": ("zeros_like compat.v1.zeros_like", "input=x dtype"),
    "ones_like": ("ones_like compat.v1.ones_like", "input=x dtype"),
}


def flat(value):
    """What a call gave as a list, in the order in which Keras 2 counts its tensors."""
    if isinstance(value, dict):
        return [item for key in sorted(value) for item in flat(value[key])]
    if isinstance(value, (list, tuple)) and not isinstance(value, base.Shape):
        return [item for inner in value for item in flat(inner)]
    return [value]


def constant(value):
    """A constant that stands where a tensor could: numbers stay numbers, lists become arrays."""
    return np.asarray(value) if isinstance(value, list) else value


def keeps_name(operation):
    """Whether Keras writes an operation's name to a file and gives it back on loading."""
    try:
        config = operation.get_config()
    except NotImplementedError:
        raise NotTranslatableError(
            "the operation %s cannot be saved by this Keras" % type(operation).__name__
        ) from None
    return "name" in config


def today(symbol):
    """Keras 2 names many operations by the name that they have in TensorFlow 1."""
    bare = symbol[len("compat.v1.") :] if str(symbol).startswith("compat.v1.") else str(symbol)
    return bare if "." in bare or bare in RULES else "math." + bare


def row(table, symbol):
    """The row of a symbol, as it is or by the name that it has today; None where there is none."""
    return table.get(symbol) or table.get(today(symbol))


def rows():
    found = {}
    for target, (symbols, names) in _SIMPLE.items():
        for symbol in symbols.split():
            found[symbol] = _simple(target, names)
    found.update(RULES)
    return found


def _simple(target, names):
    pairs = [(name.split("=") * 2)[:2] for name in names.split()]

    def rule(ops, *arguments, **keywords):
        given = dict(zip([own for own, _ in pairs], arguments))
        given.update(keywords)
        for old, new in (
            ("input_tensor", "input"),
            ("tensor", "input"),
            ("x", "input"),
            ("a", "x"),
            ("keep_dims", "keepdims"),
        ):
            if old in given and old not in dict(pairs) and new in dict(pairs):
                given.setdefault(new, given.pop(old))
        unknown = [own for own in given if own not in dict(pairs) and given[own] not in (None, False)]
        if unknown:
            raise NotTranslatableError("argument %s" % ", ".join(unknown))
        call = {theirs: given[own] for own, theirs in pairs if given.get(own) is not None}
        if not hasattr(ops, target):
            raise NotTranslatableError("this version of Keras has no operation %s" % target)
        known = base.computed(ops, target, call)
        return known if known is not None else getattr(ops, target)(**base.alike(base.tensors(ops, call)))

    return rule


class Operations(object):
    """Applies stored operations to the tensors of a graph that is being built."""

    def __init__(self, keras):
        self._keras = keras
        self._table = rows()

    def apply(self, item, first, keywords):
        """The result of one call.

        :param item: the stored operation: ``{"class_name", "name", "config"}``.
        :param first: its first argument, tensors and constants in place.
        :param keywords: the others, by TensorFlow's names.
        :raises NotTranslatableError: it is in no row, or has an argument that its row cannot say.
        """
        kind, name, config = item["class_name"], item["name"], item["config"]
        if kind == "TensorFlowOpLayer":
            return raw_operations.apply(self._keras.ops, name, config, first if isinstance(first, list) else [first])
        if kind not in ("TFOpLambda", "SlicingOpLambda"):
            raise NotTranslatableError(
                "layer %s: %s of %s has no equal in Keras 3"
                % (name, kind, config.get("method_name") or config.get("attr_name"))
            )
        symbol = config.get("function")
        rule = row(self._table, symbol)
        if rule is None:
            raise NotTranslatableError("layer %s: the operation tf.%s has no equal in the table" % (name, symbol))
        keywords = {key: value for key, value in keywords.items() if key != "name"}
        try:
            return self._settled(rule(self._keras.ops, first, **keywords))
        except NotTranslatableError as error:
            raise NotTranslatableError("layer %s (tf.%s): %s" % (name, symbol, error)) from error
        except TypeError as error:  # an argument that the rule does not have
            raise NotTranslatableError("layer %s (tf.%s): %s" % (name, symbol, error)) from error

    def _settled(self, result):
        """What is no tensor of the graph, because all it was made of is known, as an array."""
        if isinstance(result, dict):
            return {key: self._settled(item) for key, item in result.items()}
        if isinstance(result, (list, tuple)) and not isinstance(result, base.Shape):
            return [self._settled(item) for item in result]
        if isinstance(result, self._keras.KerasTensor) or not hasattr(result, "numpy"):
            return result
        return np.asarray(result.numpy())
