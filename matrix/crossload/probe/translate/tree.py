"""The layers of a stored model as a tree, in the order in which Keras 2 counts their weights."""

import numpy as np

from ..errors import NotTranslatableError


class Leaf(object):
    """A layer that the file's weights are given to as one list: trainable ones first, then the others.

    :param kind: its class, as the file calls it.
    :param name: its name in the file.
    :param layer: what it became; None for an operation.
    :param trainable: whether it was trained.
    :param take: function ``(layer, arrays)`` that sets the weights, where they are not the file's own arrays.
    :param counts: numbers of trainable and other arrays in the file, where they are not those of the layer.
    :param is_same: whether its weights are those of the file, perhaps in another shape, so that what an optimizer keeps of
        them fits.
    """

    children = ()

    def __init__(self, kind, name, layer=None, trainable=True, take=None, counts=None, is_same=True):
        self.kind, self.name, self.layer, self.trainable = kind, name, layer, trainable
        self._take, self._counts, self.is_same = take, counts, is_same
        self._arrays = {}

    @property
    def counts(self):
        """Numbers of trainable and of other arrays that the file holds for this layer, were it trainable."""
        if self.layer is None:
            return 0, 0
        return self._counts or (len(self.trainable_variables()), len(self.other_variables()))

    @property
    def count(self):
        return sum(self.counts)

    @property
    def has_weights(self):
        return bool(self.count)

    def trainable_variables(self):
        """Variables of what it became, as they are trained were the layer trainable."""
        return list(self.layer.trainable_weights) if self.layer is not None else []

    def other_variables(self):
        """What is not trained; the states of recurrent layers are no weights in Keras 2."""
        return [item for item in self.layer.non_trainable_weights if "rnn_state" not in item.path] if self.layer else []

    def trainable_places(self):
        return [(self, place) for place in range(self.counts[0])] if self.trainable else []

    def other_places(self):
        return [(self, place) for place in range(self.counts[0] if self.trainable else 0, self.count)]

    def put(self, place, array):
        self._arrays[place] = array

    def fill(self):
        """Set the weights.

        :raises NotTranslatableError: an array has another shape.
        """
        arrays = [self._arrays[place] for place in sorted(self._arrays)]
        if not arrays:
            return
        if self._take is not None:
            self._take(self.layer, arrays)
            return
        variables = self.trainable_variables() + self.other_variables()
        for variable, array in zip(variables, arrays):
            if tuple(variable.shape) != array.shape:
                raise NotTranslatableError(
                    "layer %s: the file holds %s for its %s, which is %s"
                    % (self.name, array.shape, variable.name, tuple(variable.shape))
                )
            variable.assign(np.asarray(array))

    def freeze(self):
        """Stop training what the file says was not trained."""
        if self.layer is not None and not self.trainable:
            self.layer.trainable = False


class Branch(object):
    """A model, or a layer around another one.

    :param children: the leaves and branches inside that may have weights.
    :param attributes: names by which a layer holds them; None for a model, whose layers are counted.
    :param stored_kinds: classes of all layers of a model, as it counts them.
    :param places: places of the children among them.
    :param layer: what it became.
    """

    def __init__(self, kind, name, children, trainable=True, attributes=None, stored_kinds=(), places=(), layer=None):
        self.kind, self.name, self.children, self.trainable = kind, name, list(children), trainable
        self.attributes, self.stored_kinds, self.places, self.layer = attributes, stored_kinds, places, layer

    @property
    def has_weights(self):
        return any(child.has_weights for child in self.children)

    def trainable_places(self):
        return [item for child in self.children for item in child.trainable_places()] if self.trainable else []

    def other_places(self):
        others = [item for child in self.children for item in child.other_places()]
        if self.trainable:
            return others
        if self.attributes is None:
            return [item for child in self.children for item in child.trainable_places()] + others
        return [item for child in self.children for item in child.trainable_places() + child.other_places()]

    def fill(self):
        for child in self.children:
            child.fill()

    def freeze(self):
        for child in self.children:
            child.freeze()
        if not self.trainable and self.layer is not None:
            self.layer.trainable = False


def trained(top):
    """Variables of the built model in the order in which the writer trained them; raises where one has no equal."""
    found = []
    for leaf, place in top.trainable_places():
        variables = leaf.trainable_variables()
        if leaf.counts[0] != len(variables) or not leaf.is_same:
            raise NotTranslatableError("layer %s has other weights here" % leaf.name)
        found.append(variables[place])
    return found
