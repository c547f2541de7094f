"""Measures a model: what the reference holds, and how a loaded model differs from it.

Nothing is judged here: differences are reported so that any tolerance can be applied to them later.
"""

import hashlib

import numpy as np

from . import compile_settings


def _shape(value):
    """A shape without its batch axis as a list, whatever holds it; None where there is none."""
    shape = getattr(value, "shape", value)
    try:
        return [None if size is None else int(size) for size in tuple(shape)]
    except (TypeError, ValueError):
        return None


def _output_shape(layer):
    try:
        output = layer.output
    except Exception:
        return None
    if isinstance(output, (list, tuple)):
        return [_shape(item) for item in output]
    if isinstance(output, dict):
        return [_shape(output[key]) for key in sorted(output)]
    return _shape(output)


def architecture(model):
    """Layers in order, nested ones included: class, name, output shape and weight shapes.

    ``Model`` of TensorFlow 2.2 and before is the class that became ``Functional`` in 2.3: both are written as Functional.
    """
    rows = []
    for layer in getattr(model, "layers", None) or []:
        kind = type(layer).__name__
        nested = getattr(layer, "layers", None)
        if kind == "Model" and getattr(layer, "_is_graph_network", False):
            kind = "Functional"
        shapes = [_shape(weight) for weight in getattr(layer, "weights", [])]
        rows.append([kind, layer.name, _output_shape(layer), shapes])
        if nested and kind in ("Functional", "Sequential", "Model"):
            rows.extend(architecture(layer))
    return rows


def _plain_array(value):
    """An array whose bytes are its values: texts come as objects, whose bytes would be addresses."""
    array = np.asarray(value)
    return array.astype("S") if array.dtype == object else array


def weights(model):
    """The model's weights in its own order, as arrays."""
    return [_plain_array(weight) for weight in model.get_weights()]


def parameters(model):
    """How many numbers the model's weights are. Keras 2 counts vocabularies among them, which have no shape."""
    shapes = [weight.shape for weight in model.weights if hasattr(weight, "shape")]
    return int(sum(np.prod([int(size) for size in shape]) for shape in shapes))


def same_bits(one, other):
    """Whether two arrays hold the same bytes in the same shape and type. Nothing is copied: they may be large."""
    return one.dtype == other.dtype and one.shape == other.shape and _digest(one) == _digest(other)


def _digest(array):
    content = np.ascontiguousarray(array)
    return hashlib.sha256(content.reshape(-1).view(np.uint8) if content.size else b"").digest()


def _number(value):
    if hasattr(value, "numpy"):
        value = value.numpy()
    try:
        return float(np.asarray(value))
    except (TypeError, ValueError):
        return None


def optimizer_variables(optimizer):
    """Everything that an optimizer keeps, whatever version it is of."""
    variables = optimizer.variables
    return list(variables() if callable(variables) else variables)


def _learning_rate(optimizer, iterations):
    """The rate of the next step, which a schedule may decide."""
    rate = getattr(optimizer, "_learning_rate", None)
    if not callable(rate) or hasattr(rate, "numpy"):
        rate = getattr(optimizer, "learning_rate", None)
    if callable(rate) and not hasattr(rate, "numpy"):
        try:
            rate = rate(iterations)
        except Exception:  # a schedule of the user's own may want anything
            return None
    return _number(rate)


def is_compiled(model):
    """Whether a model can train. A SavedModel loaded with ``compile=False`` has an optimizer and is not compiled."""
    if getattr(model, "optimizer", None) is None or not hasattr(model, "loss"):
        return False
    flag = getattr(model, "compiled", None)
    return bool(getattr(model, "_is_compiled", True) if flag is None else flag)


def optimizer_state(model):
    """Step count, learning rate and slot arrays of the model's optimizer; None where it is not compiled."""
    if not is_compiled(model):
        return None
    optimizer = model.optimizer
    inner = getattr(optimizer, "inner_optimizer", None) or optimizer
    iterations = inner.iterations
    slots = []
    for variable in optimizer_variables(inner):
        name = str(getattr(variable, "path", None) or variable.name)
        if variable is iterations or "iteration" in name.lower() or "learning_rate" in name.lower():
            continue
        slots.append(np.asarray(variable.numpy()))
    return {
        "optimizer": compile_settings.plain_name(type(inner).__name__),
        "steps": int(_number(iterations)),
        "learning_rate": _learning_rate(inner, iterations),
        "arguments": compile_settings.optimizer_arguments(inner),
        "slots": slots,
    }


def compile_config(model):
    """What the model is compiled with, as ``compile_settings`` tells it; None where it is not compiled."""
    return compile_settings.of_model(model) if is_compiled(model) else None


def flat_arrays(outputs):
    """Outputs of any structure as a flat list of arrays."""
    if isinstance(outputs, dict):
        return [array for key in sorted(outputs) for array in flat_arrays(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [array for item in outputs for array in flat_arrays(item)]
    # A tensor of PyTorch that gradients flow to does not become an array by itself.
    outputs = outputs.detach() if hasattr(outputs, "detach") else outputs
    return [_plain_array(outputs.numpy() if hasattr(outputs, "numpy") else outputs)]


def _ordered_bits(array):
    """Floats as integers that count representable values, so that a difference is in units in the last place (ULP)."""
    kind = {2: np.int16, 4: np.int32, 8: np.int64}[array.dtype.itemsize]
    bits = array.view(kind).astype(np.int64)
    return np.where(bits < 0, np.int64(np.iinfo(kind).min) - bits, bits)


def _frontier(difference, magnitude, noise, scale):
    """The elements of one tensor that no other makes redundant, as ``[difference, magnitude, noise, scale]``.

    ``difference <= atol * min(1, scale) + rtol * magnitude + min(spread * noise, share * scale)`` holds for every element exactly
    when it holds for these, whatever the tolerances: an element with a smaller difference, a larger magnitude and more noise than
    another can never be the one that fails. Noise is rounded down to a power of two, so that few are left.
    """
    levels = np.where(noise > 0, np.exp2(np.floor(np.log2(np.where(noise > 0, noise, 1.0)))), 0.0)
    kept, from_quieter = [], []
    for level in np.unique(levels):
        at = levels == level
        from_quieter = _stairs(difference[at], magnitude[at], from_quieter)
        kept.extend([pair[0], pair[1], float(level), scale] for pair in from_quieter if pair[2])
        from_quieter = [pair[:2] + [False] for pair in from_quieter]
    return kept


def _stairs(difference, magnitude, others):
    """``[difference, magnitude, is new]`` of what has a larger difference than all of smaller magnitude, others included."""
    count = len(difference)
    difference = np.concatenate([[other[0] for other in others], difference])
    magnitude = np.concatenate([[other[1] for other in others], magnitude])
    is_new = np.arange(len(difference)) >= len(difference) - count
    order = np.lexsort((is_new, -difference, magnitude))
    ordered = difference[order]
    # The largest so far, before each: only what is larger than that is kept.
    before = np.concatenate([[-1.0], np.maximum.accumulate(ordered)[:-1]]) if count else np.zeros(0)
    rising = order[ordered > before] if count else []
    return [[float(difference[index]), float(magnitude[index]), bool(is_new[index])] for index in rising]


def compare_arrays(references, actuals, noises=()):
    """How two lists of arrays differ.

    :param noises: the noise of each reference, of one sample's shape or a single number; none where it was not measured.
    :return: ``bit_equal``; ``mismatch`` (None, or what cannot be compared at all); largest absolute, relative and ULP
        difference, and that of a tensor by its own largest magnitude (None where not defined); ``frontier`` for applying
        tolerances later.
    """
    result = dict.fromkeys(("mismatch", "max_abs", "max_rel", "max_ulp", "of_scale"))
    result.update(bit_equal=False, frontier=[])
    if len(references) != len(actuals):
        result["mismatch"] = "%d arrays instead of %d" % (len(actuals), len(references))
        return result
    for index, (reference, actual) in enumerate(zip(references, actuals)):
        if reference.shape != actual.shape:
            result["mismatch"] = "array %d has shape %s instead of %s" % (index, actual.shape, reference.shape)
            return result
        if reference.dtype != actual.dtype:
            result["mismatch"] = "array %d has type %s instead of %s" % (index, actual.dtype, reference.dtype)
            return result
    result["bit_equal"] = all(same_bits(r, a) for r, a in zip(references, actuals))
    if result["bit_equal"]:
        result.update(max_abs=0.0, max_rel=0.0, max_ulp=0, of_scale=0.0)
        return result
    differences, magnitudes, of_scales, frontier = [], [], [0.0], []
    max_ulp = 0
    for index, (reference, actual) in enumerate(zip(references, actuals)):
        noise = _broadcast(noises[index] if index < len(noises) else 0.0, reference)
        if reference.dtype.kind not in "fiub":
            result["mismatch"] = "array %d of type %s has other values" % (index, reference.dtype)
            return result
        if reference.dtype.kind == "f":
            if not np.array_equal(np.isfinite(reference), np.isfinite(actual)):
                result["mismatch"] = "array %d has other values that are infinite or not numbers" % index
                return result
            finite = np.isfinite(reference)
            # "nan" and "inf" compare as text, so that not-a-number equals itself on every NumPy.
            if [str(v) for v in reference[~finite]] != [str(v) for v in actual[~finite]]:
                result["mismatch"] = "array %d has other infinite values" % index
                return result
            reference, actual, noise = reference[finite], actual[finite], noise[finite]
            if reference.size:
                ulp = np.abs(
                    _ordered_bits(np.ascontiguousarray(reference)) - _ordered_bits(np.ascontiguousarray(actual))
                )
                max_ulp = max(max_ulp, int(ulp.max()))
        reference, actual = reference.astype(np.float64).ravel(), actual.astype(np.float64).ravel()
        difference, magnitude = np.abs(reference - actual), np.abs(reference)
        differences.append(difference)
        magnitudes.append(magnitude)
        if difference.size and difference.any():
            scale = float(magnitude.max())
            of_scales.append(float(difference.max()) / scale if scale else np.inf)
            frontier.extend(_frontier(difference, magnitude, noise.ravel(), scale))
    difference, magnitude = np.concatenate(differences), np.concatenate(magnitudes)
    if difference.size:
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(difference == 0, 0.0, difference / magnitude)
        largest = float(relative.max())
        result.update(
            max_abs=float(difference.max()),
            max_rel=largest if np.isfinite(largest) else None,
            max_ulp=max_ulp,
            of_scale=max(of_scales) if np.isfinite(max(of_scales)) else None,
            frontier=frontier,
        )
    else:
        result.update(max_abs=0.0, max_rel=0.0, max_ulp=0, of_scale=0.0)
    return result


def _broadcast(noise, reference):
    """The noise of every element. Shapes that do not go together mean that nothing is known."""
    try:
        return np.broadcast_to(np.asarray(noise, np.float64), reference.shape)
    except ValueError:
        return np.zeros(reference.shape)


def same_arrays_any_order(references, actuals):
    """True when both hold the same arrays, bit by bit, in whatever order."""

    def keys(arrays):
        return sorted((str(array.dtype), array.shape, _digest(array)) for array in arrays)

    return keys(references) == keys(actuals)
