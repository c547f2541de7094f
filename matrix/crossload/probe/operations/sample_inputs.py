"""What a user's model is called with: the arrays that were given, or some made from the model's own signature."""

import numpy as np

from ..ordering import natural
from ..own_classes import is_own
from . import scenario_code

# Sizes tried in turn for axes that a model leaves open.
_OPEN_AXES = (8, 16, 32, 64, 3)
_WORDS = np.array(["model", "saved", "loaded", "layer", "weight", "and", "the"])
_MOST_TOKENS = 10


class UnfitInputs(ValueError):  # noqa: N818 - the name is shown to people
    """The inputs that were given are not what the model takes, or none could be made."""


class Spec(object):
    """One input: its name, its whole shape with None for open axes (None where unknown), and its NumPy type by name."""

    def __init__(self, name, shape, dtype):
        self.name = name
        self.shape = shape
        self.dtype = dtype

    def __str__(self):
        return "%s %s" % (self.dtype, tuple(self.shape))


def _spec(tensor, name=None):
    shape = tensor.shape
    axes = shape.as_list() if hasattr(shape, "as_list") else list(shape)
    dtype = tensor.dtype
    text = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or str(dtype)
    label = str(name or getattr(tensor, "name", "") or "").split(":")[0]
    return Spec(label, [None if axis is None else int(axis) for axis in axes], text)


def specs_of(model, path=None):
    """The inputs of a model, or of the function of a SavedModel at ``path``; None where nothing says what they are."""
    tensors = getattr(model, "inputs", None)
    if tensors:
        names = getattr(model, "input_names", None) or [None] * len(tensors)
        return [_spec(tensor, name) for tensor, name in zip(tensors, names)]
    shape = getattr(model, "_build_input_shape", None)
    if shape is None and hasattr(model, "get_build_config"):
        shape = (model.get_build_config() or {}).get("input_shape")
    found = _signature_specs(path) if path else None
    if found is None and isinstance(shape, (list, tuple)) and shape and not isinstance(shape[0], (list, tuple, dict)):
        axes = [None if axis is None else int(axis) for axis in shape]
        return [Spec("", [None] + axes[1:], _first_type(model))]
    return found


def _first_type(model):
    layers = getattr(model, "layers", None) or []
    return "int32" if layers and type(layers[0]).__name__ == "Embedding" else "float32"


def _signature_specs(path):
    import os

    if not os.path.isdir(path):
        return None
    import tensorflow as tf

    try:
        signature = tf.saved_model.load(path).signatures["serving_default"]
    except Exception:  # a folder that cannot be read as a function says nothing about its inputs
        return None
    named = signature.structured_input_signature[1]
    return [_spec(named[name], name) for name in sorted(named, key=natural)]


def read(path, names):
    """The arrays of a host's npz with the names that the user gave them, in the user's order."""
    with np.load(path) as stored:
        return names, [stored["input_%d" % index] for index in range(len(names))]


def choose(model, specs, given, call):
    """Inputs that the model takes: the given ones, in the model's order, or made ones.

    :param given: names and arrays, or None.
    :param call: function of model and inputs, used to find out sizes of open axes.
    :raises UnfitInputs: what was given does not fit, or nothing can be made.
    """
    if given is not None:
        return _fitting(specs, given)
    if specs is None:
        raise UnfitInputs("the file does not say what the model takes: pass --inputs FILE.npz")
    error = None
    tokens = _tokens(model)
    counts = _fed_to_lookups(model)
    open_axes = any(axis is None for spec in specs for axis in spec.shape[1:])
    for size in _OPEN_AXES if open_axes else _OPEN_AXES[:1]:
        arrays = _make(specs, size, tokens, counts)
        try:
            call(model, arrays)
            return arrays
        except MemoryError:
            raise
        except Exception as raised:
            error = error or raised
    raise error


def _fitting(specs, given):
    names, arrays = given
    if specs is None:
        return arrays
    if len(specs) != len(arrays):
        raise UnfitInputs("%d arrays were given, the model takes %d: %s" % (
            len(arrays), len(specs), ", ".join("%s %s" % (spec.name, spec) for spec in specs)))  # fmt: skip
    by_name = dict(zip(names, arrays))
    if set(by_name) == {spec.name for spec in specs}:
        arrays = [by_name[spec.name] for spec in specs]
    return [_fitted(spec, array, number) for number, (spec, array) in enumerate(zip(specs, arrays))]


def _kind(dtype):
    """Floats, integers, texts or truth values."""
    if str(dtype) in ("string", "object") or np.dtype(dtype).kind in "USO":
        return "text"
    return {"f": "float", "V": "float", "i": "int", "u": "int", "b": "bool"}.get(np.dtype(dtype).kind, "other")


def _fitted(spec, array, number):
    fits = len(spec.shape) == array.ndim and all(
        axis is None or axis == size for axis, size in zip(spec.shape, array.shape)
    )
    kind = "float" if "float" in spec.dtype else _kind(spec.dtype)
    if not fits or kind != _kind(array.dtype):
        what = "shape" if not fits else "type"
        raise UnfitInputs("input %d (%s) has the wrong %s: %s %s was given, the model takes %s" % (
            number, spec.name or "no name", what, array.dtype, array.shape, spec))  # fmt: skip
    return array if kind == "text" or "bfloat" in spec.dtype else array.astype(spec.dtype)


def _tokens(model):
    """Integers below this are safe to look up in every embedding of the model."""
    sizes = [_MOST_TOKENS]
    for layer in getattr(model, "layers", None) or []:
        # Of Embedding, CategoryEncoding and the like.
        sizes.extend(
            size
            for size in (getattr(layer, name, None) for name in ("input_dim", "num_tokens"))
            if isinstance(size, int) and not isinstance(size, bool)
        )
        if getattr(layer, "layers", None):
            sizes.append(_tokens(layer))
        elif is_own(type(layer)):
            sizes.extend(part.input_dim for part in _parts(layer) if type(part).__name__ == "Embedding")
    return max(1, min(sizes))


_LOOKUPS = ("Embedding", "CategoryEncoding", "IntegerLookup", "Discretization")
# Values come out of these as they went in.
_PASSING = (
    "InputLayer", "Reshape", "Flatten", "Permute", "RepeatVector", "Dropout", "SpatialDropout1D", "Masking", "Concatenate",
    "Cropping1D", "SlicingOpLambda", "GetItem", "Cast", "ExpandDims", "Squeeze",
)  # fmt: skip


def _fed_to_lookups(model):
    """Numbers of the inputs whose values are looked up in a table: an Embedding takes floats, too, without their fraction.

    In whatever model or layer the table stands. A layer of the user's own that has one of its own and is called with an input
    is taken to look it up.
    """
    if type(model).__name__ == "Sequential":
        for layer in getattr(model, "layers", None) or []:
            if _looks_up(layer, {0}):
                return {0}
            if type(layer).__name__ not in _PASSING:
                break
        return set()
    found, origins = set(), {}
    for number, tensor in enumerate(getattr(model, "inputs", None) or []):
        origins[id(tensor)] = {number}
    for layer in getattr(model, "layers", None) or []:
        for node in getattr(layer, "_inbound_nodes", None) or []:
            try:
                taken, given = (_tensors(node, kind) for kind in ("input", "output"))
            except Exception:  # a node that is not of this graph
                continue
            places = {place: origins[id(tensor)] for place, tensor in enumerate(taken) if id(tensor) in origins}
            for place in _looks_up(layer, set(places)):
                found.update(places[place])
            if type(layer).__name__ in _PASSING:
                for tensor in given:
                    origins.setdefault(id(tensor), set()).update(*places.values())
    return found


def _looks_up(layer, places):
    """Which of a layer's inputs, of these places, it looks up."""
    if type(layer).__name__ in _LOOKUPS:
        return places
    if hasattr(layer, "layers"):
        return places & _fed_to_lookups(layer)
    wrapped = getattr(layer, "layer", None)
    if wrapped is not None:
        return _looks_up(wrapped, places)
    return places if is_own(type(layer)) and any(type(part).__name__ in _LOOKUPS for part in _parts(layer)) else set()


def _parts(layer):
    """The layers inside a layer."""
    try:
        return scenario_code.all_layers(layer)
    except Exception:  # it keeps them where nobody finds them
        return []


def _tensors(node, kind):
    """What a node of a graph takes or gives, as a list: it is called otherwise in Keras 2.0 to 2.3, 2.4 to 2.15 and 3."""
    found = getattr(node, kind + "_tensors", None)
    if found is None:
        found = getattr(node, kind + "s")
    if isinstance(found, dict):
        return list(found.values())
    return list(found) if isinstance(found, (list, tuple)) else [found]


def _make(specs, size, tokens, counts=()):
    generator = np.random.RandomState(20)
    arrays = []
    for number, spec in enumerate(specs):
        batch = spec.shape[0] if spec.shape and spec.shape[0] else scenario_code.BATCH
        shape = (batch,) + tuple(size if axis is None else axis for axis in spec.shape[1:])
        kind = "float" if "float" in spec.dtype else _kind(spec.dtype)
        if kind == "text":
            count = int(np.prod(shape))
            arrays.append(np.array([" ".join(generator.choice(_WORDS, 4)) for _ in range(count)]).reshape(shape))
        elif kind == "int" or number in counts:
            arrays.append(generator.randint(0, tokens, size=shape).astype(spec.dtype))
        elif kind == "bool":
            arrays.append(generator.randint(0, 2, size=shape).astype(bool))
        else:
            dtype = "float32" if "bfloat" in spec.dtype else spec.dtype
            arrays.append(generator.uniform(-1, 1, size=shape).astype(dtype))
    return arrays


def make_targets(outputs, compiled):
    """Targets of the outputs' shapes, for one more training step: class numbers where a loss counts classes."""
    generator = np.random.RandomState(21)
    losses = [setting["name"] for setting in (compiled or {}).get("loss") or []]
    targets = []
    for index, output in enumerate(outputs):
        loss = losses[index if len(losses) == len(outputs) else 0] if losses else ""
        if "sparse" in loss and output.ndim > 1:
            shape = output.shape[:-1] + (1,)
            targets.append(generator.randint(0, max(1, output.shape[-1]), size=shape).astype("float32"))
        else:
            targets.append(generator.uniform(0, 1, size=output.shape).astype("float32"))
    return targets


def describe(array):
    """An array's type and shape in words."""
    kind = "text" if array.dtype.kind in "USO" else str(array.dtype)
    return "%s %s" % (kind, tuple(int(axis) for axis in array.shape))
