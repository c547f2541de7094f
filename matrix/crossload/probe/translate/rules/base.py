"""What rules share. A size that only the running model knows is an :class:`Unknown`, the shape of a tensor a :class:`Shape`."""

import numpy as np

from ...errors import NotTranslatableError

RULES = {}


def rule(*symbols):
    def added(function):
        for symbol in symbols:
            RULES[symbol] = function
        return function

    return added


class Unknown(object):
    """A size that is known only when the model runs: Keras 3 has no tensor for it in a graph, so one is made where it is needed.

    :param tensor: whose size it is, along ``axis``; None for what was computed of sizes.
    :param make: function of ``keras.ops`` that gives it as a tensor, where it was computed.
    """

    def __init__(self, tensor=None, axis=None, make=None):
        self.origin, self.axis, self._make = tensor, axis, make

    def tensor(self, ops):
        """The size as a scalar of type int32."""
        if self.origin is None:
            if self._make is None:
                raise NotTranslatableError("a size that is known only when the model runs")
            return self._make(ops)
        return ops.sum(ops.cast(ops.ones_like(self._line(ops)), "int32"))

    def zeros(self, ops, dtype):
        """As many zeros as the size says, in a row."""
        if self.origin is None:
            raise NotTranslatableError("a size that was computed of others")
        return ops.cast(ops.zeros_like(self._line(ops)), dtype)

    def _line(self, ops):
        rank = len(self.origin.shape)
        key = tuple(slice(None) if place == self.axis else 0 for place in range(rank))
        return ops.get_item(self.origin, key) if rank > 1 else self.origin


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
                value = typed(value, str(tensor.dtype))
            elif isinstance(value, Shape):
                raise NotTranslatableError("a shape that is known only when the model runs")
            elif isinstance(value, float) and "int" in str(tensor.dtype):
                raise NotTranslatableError("a fraction with a tensor of integers")
        made[key] = value
    return made


def computed(ops, target, call):
    """What an operation gives of sizes and numbers alone; None where a tensor is among them, or no size is unknown."""
    values = list(call.values())
    if any(is_tensor(value) for value in values):
        return None
    if any(isinstance(value, Shape) for value in values):
        length = next(len(value) for value in values if isinstance(value, Shape))
        parts = [dict(zip(call, row)) for row in zip(*(_spread(value, length) for value in values))]
        return Shape(_number(ops, target, part) for part in parts)
    return _number(ops, target, call) if any(isinstance(value, Unknown) for value in values) else None


def _spread(value, length):
    return list(value) if isinstance(value, (tuple, list, np.ndarray)) and np.ndim(value) else [value] * length


def _number(ops, target, call):
    if target in ("ones_like", "zeros_like"):
        return int(target == "ones_like")
    if target == "subtract" and all(isinstance(value, Unknown) and value.axis == 0 for value in call.values()):
        # A model has one batch.
        return 0
    if not any(isinstance(value, Unknown) for value in call.values()):
        found = getattr(ops, target)(**call)
        return int(np.asarray(found.numpy() if hasattr(found, "numpy") else found))
    return Unknown(make=lambda ops: getattr(ops, target)(**tensors(ops, call)))


def tensors(ops, call):
    """Arguments by name, unknown sizes among them as tensors."""
    return {key: value.tensor(ops) if isinstance(value, Unknown) else value for key, value in call.items()}


def typed(value, dtype):
    if tensors_in(value):
        raise NotTranslatableError("a list of tensors where one tensor is taken")
    if "bfloat16" in dtype:
        return np.asarray(value, "float32")
    return np.asarray(value, dtype)


def tensors_in(value):
    if isinstance(value, (list, tuple)):
        return any(tensors_in(item) for item in value)
    return is_tensor(value)


def integers(value, what):
    """Sizes or axes as integers."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [integers(item, what) for item in value]
    if isinstance(value, Unknown) or is_tensor(value):
        raise NotTranslatableError("%s is known only when the model runs" % what)
    return None if value is None else int(value)


def dtype_of(value):
    if isinstance(value, dict):
        value = (value.get("config") or {}).get("name") or value.get("name") or value.get("config")
    return str(value)


def as_like(tensor, value):
    return value if is_tensor(value) else typed(value, str(tensor.dtype))
