"""Proposes which array belongs to which weight, and applies what was proposed or corrected."""

import re

import numpy as np

# What a weight is within its layer: arrays of another one are never taken for it where both are said.
_ROLES = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "embeddings", "recurrent_kernel",
          "depthwise_kernel", "pointwise_kernel", "mean", "variance", "count", "alpha")  # fmt: skip
_SILENT = ("vars", "layers", "variables", "_layer_checkpoint_dependencies")
TRANSPOSE, RESHAPE = "transpose", "reshape"


class MapError(ValueError):
    """A mapping that was given cannot be applied. The message names the entry."""


class Pair(object):
    """One weight of the model and what it gets.

    :param weight: number of the weight.
    :param array: number of the array.
    :param change: empty, ``reshape``, ``transpose`` (axes the other way round) or ``transpose 2,0,1``.
    :param because: why, in words.
    """

    def __init__(self, weight, array, change, because):
        self.weight, self.array, self.change, self.because = weight, array, change, because


def propose(arrays, weights, values=()):
    """Pairs, in the order of the weights; what has no partner has no pair.

    Surest first: the same values as in a second file, the same name, the only one of its shape and role, the order among those of
    one shape and role, and last another shape with as many numbers.

    :param arrays: of the file, :class:`arrays.Stored`.
    :param weights: of the model.
    :param values: of a second file that holds the same values under names, or in an order, nearer to the model's.
    """
    found = _Proposal(arrays, weights)
    if values:
        found.by_values(values)
    found.by_names()
    found.by_shape_and_role("the only one of this shape", _single)
    found.by_shape_and_role("in order among those of this shape", _in_order)
    found.by_size()
    return [found.pairs[number] for number in sorted(found.pairs)]


class _Proposal(object):
    def __init__(self, arrays, weights):
        self._arrays, self._weights = arrays, weights
        self.pairs, self._used = {}, set()

    def _add(self, weight, array, change, because):
        self.pairs[weight] = Pair(weight, array, change, because)
        self._used.add(array)

    def _free_arrays(self):
        return [number for number in range(len(self._arrays)) if number not in self._used]

    def _free_weights(self):
        return [number for number in range(len(self._weights)) if number not in self.pairs]

    def by_values(self, values):
        """Through a second file: what it proposes by itself, where an array of the first has the very values."""
        known = {}
        for number, array in enumerate(self._arrays):
            known.setdefault(_fingerprint(array.value), []).append(number)
        for pair in propose(values, self._weights):
            same = known.get(_fingerprint(values[pair.array].value), ())
            if len(same) == 1 and same[0] not in self._used:
                self._add(pair.weight, same[0], pair.change, "the same values as %s of the second file"
                          % values[pair.array].name)  # fmt: skip

    def by_names(self):
        """The whole names, then ever shorter ends of them, where only one of each has that end, and the shapes fit."""
        longest = max([len(_words(item.name)) for item in [*self._arrays, *self._weights]] or [0])
        for length in range(longest, 1, -1):
            ours = _by_end(self._weights, self._free_weights(), length)
            theirs = _by_end(self._arrays, self._free_arrays(), length)
            for end in sorted(set(ours) & set(theirs)):
                if len(ours[end]) == len(theirs[end]) == 1:
                    weight, array = ours[end][0], theirs[end][0]
                    if self._weights[weight].shape == self._arrays[array].shape:
                        self._add(weight, array, "", "the same name")

    def by_shape_and_role(self, because, choose):
        ours = self._classes(self._weights, self._free_weights())
        theirs = self._classes(self._arrays, self._free_arrays())
        for key in sorted(set(ours) & set(theirs), key=str):
            for weight, array in choose(ours[key], theirs[key]):
                self._add(weight, array, "", because)

    def _classes(self, items, numbers):
        # Files of Keras 3 only count the arrays of a layer: where one side says no roles, shapes alone decide.
        says = all(_role(item.name) is not None for item in [*self._arrays, *self._weights])
        found = {}
        for number in numbers:
            key = (items[number].shape, _role(items[number].name) if says else None)
            found.setdefault(key, []).append(number)
        return found

    def by_size(self):
        """Another shape with as many numbers, where only one of each is left: another layout of the same layer."""
        for weight in self._free_weights():
            wanted = self._weights[weight]
            fitting = [n for n in self._free_arrays() if _change(self._arrays[n].shape, wanted.shape)]
            rivals = [n for n in self._free_weights() if _size(self._weights[n]) == _size(wanted)]
            if len(fitting) == 1 and len(rivals) == 1:
                change = _change(self._arrays[fitting[0]].shape, wanted.shape)
                self._add(weight, fitting[0], change, "the only one with as many numbers")


def _size(item):
    return int(np.prod(item.shape))


def _single(ours, theirs):
    return [(ours[0], theirs[0])] if len(ours) == len(theirs) == 1 else []


def _in_order(ours, theirs):
    return list(zip(ours, theirs)) if len(ours) == len(theirs) else []


def _change(shape, wanted):
    """What makes one shape of another; empty where nothing simple does."""
    if int(np.prod(shape)) != int(np.prod(wanted)) or shape == wanted:
        return ""
    if [size for size in shape if size != 1] == [size for size in wanted if size != 1]:
        return RESHAPE
    return TRANSPOSE if tuple(reversed(shape)) == wanted else ""


def _words(name):
    """A name's parts without those that say nothing."""
    return [part for part in re.split(r"[/\\.]", name.lower()) if part and part not in _SILENT]


def _by_end(items, numbers, length):
    found = {}
    for number in numbers:
        words = _words(items[number].name)
        if len(words) >= length:
            found.setdefault(tuple(words[-length:]), []).append(number)
    return found


def _role(name):
    last = (_words(name) or [""])[-1].split("#")[0]
    return last if last in _ROLES else None


def _fingerprint(value):
    return value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes()


def given(entries, arrays, weights):
    """Pairs of a mapping that was written or corrected by hand.

    :param entries: ``{"model": name, "file": name or None, "change": ...}``, as :func:`told` makes them.
    :raises MapError: a name is unknown or comes twice, or the shapes do not fit.
    """
    ours = {item.name: number for number, item in enumerate(weights)}
    theirs = {item.name: number for number, item in enumerate(arrays)}
    pairs, seen = [], set()
    for entry in entries:
        if not entry.get("file"):
            continue
        model, file = entry.get("model"), entry["file"]
        for name, known, what in ((model, ours, "the model has no weight"), (file, theirs, "the file has no array")):
            if name not in known:
                raise MapError("%s %r" % (what, name))
        if model in seen:
            raise MapError("the weight %r comes twice" % model)
        seen.add(model)
        change = entry.get("change") or ""
        applied(arrays[theirs[file]].value, change, weights[ours[model]])
        pairs.append(Pair(ours[model], theirs[file], change, entry.get("because") or "given"))
    return pairs


def applied(value, change, weight):
    """An array as a weight takes it.

    :raises MapError: it does not become the weight's shape.
    """
    wanted = weight.shape
    try:
        if change == RESHAPE:
            value = value.reshape(wanted)
        elif change.split(" ")[0] == TRANSPOSE:
            axes = change.split(" ")[1:]
            value = value.transpose(*[int(axis) for axis in axes[0].split(",")]) if axes else value.T
        elif change:
            raise MapError("%r is no change: reshape, transpose and transpose 2,0,1 are" % change)
    except MapError:
        raise
    except ValueError as error:
        raise MapError("%s: %s does not go with an array of shape %s (%s)" % (
            weight.name, change, tuple(value.shape), error)) from None  # fmt: skip
    if tuple(value.shape) != wanted:
        raise MapError("%s is %s, the array%s %s" % (
            weight.name, wanted, " after " + change if change else "", tuple(value.shape)))  # fmt: skip
    return value


def told(pairs, arrays, weights):
    """Every weight with what it gets, for people and programs."""
    by_weight = {pair.weight: pair for pair in pairs}
    rows = []
    for number, weight in enumerate(weights):
        pair = by_weight.get(number)
        rows.append(
            {
                "model": weight.name,
                "shape": list(weight.shape),
                "file": arrays[pair.array].name if pair else None,
                "file_shape": list(arrays[pair.array].shape) if pair else None,
                "change": pair.change if pair else "",
                "because": pair.because if pair else "",
            }
        )
    return rows
