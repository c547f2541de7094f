"""What float32 can give: how far a model's own outputs move when its weights and inputs move by one unit in the last place."""

import numpy as np

from ..errors import ProbeFault

# Evaluations for a batch of eight; a smaller batch gets more, so that an element has about as many values behind it.
_SAMPLES, _MOST_SAMPLES, _VALUES = 4, 16, 32
# Random signs are drawn once and used again along an array: drawing them for a gigabyte takes longer than the model does.
_SIGNS = 1 << 20
_BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def nudged(array, generator):
    """A copy of a float array in which every number that is finite and not zero moved to a neighbour, up or down."""
    copy = np.array(array, order="C")
    kind = _BITS[copy.dtype.itemsize]
    flat, bits = copy.reshape(-1), copy.reshape(-1).view(kind)
    signs = (2 * generator.randint(0, 2, min(_SIGNS, flat.size)) - 1).astype(kind)
    for start in range(0, flat.size, _SIGNS):
        part = slice(start, start + _SIGNS)
        numbers = flat[part]
        bits[part] += signs[: numbers.size] * (np.isfinite(numbers) & (numbers != 0))
    return copy


def of_outputs(model, inputs, outputs, call):
    """The noise of each output, or an empty list where it cannot be measured.

    :param call: function of model and inputs that gives a flat list of arrays.
    :return: for each output an array of one sample's shape: the root mean square over evaluations and batch of how far the
        element moves. Zero where outputs are no floats.
    """
    batch = inputs[0].shape[0] if inputs and inputs[0].ndim else 1
    samples = max(_SAMPLES, min(_MOST_SAMPLES, _VALUES // max(1, batch)))
    variables = [(variable, value) for variable, value in _variables(model) if value.dtype.kind == "f" and value.size]
    squares = [_Mean(output, batch) for output in outputs]
    try:
        for sample in range(samples):
            generator = np.random.RandomState(sample)
            for variable, value in variables:
                variable.assign(nudged(value, generator))
            moved = [nudged(array, generator) if array.dtype.kind == "f" else array for array in inputs]
            for square, output in zip(squares, call(model, moved)):
                square.add(output)
    except MemoryError:
        raise
    except Exception:  # a model that cannot be nudged is judged by the scale of its outputs alone
        return []
    finally:
        _restore(variables)
    return [square.root() for square in squares]


def _variables(model):
    """The model's variables with their values; none for what is only a function."""
    try:
        return [(variable, np.asarray(variable.numpy())) for variable in model.weights]
    except Exception:  # tables of words and the like have no value
        return []


def _restore(variables):
    try:
        for variable, value in variables:
            variable.assign(value)
    except Exception as error:
        raise ProbeFault("weights could not be put back: %r" % error) from error


class _Mean(object):
    """The mean of squared differences to an output, over the batch where the first axis is one."""

    def __init__(self, output, batch):
        self._output = output
        self._has_batch = output.ndim > 0 and output.shape[0] == batch
        shape = output.shape[1:] if self._has_batch else ()
        self._sum, self._count = np.zeros(shape), 0

    def add(self, output):
        self._count += 1
        if self._output.dtype.kind != "f" or output.shape != self._output.shape or not output.size:
            return
        with np.errstate(invalid="ignore", over="ignore"):
            square = (output.astype(np.float64) - self._output) ** 2
        square[~np.isfinite(square)] = 0.0
        self._sum = self._sum + (square.mean(axis=0) if self._has_batch else square.mean())

    def root(self):
        return np.sqrt(self._sum / max(1, self._count)).astype(np.float32)
