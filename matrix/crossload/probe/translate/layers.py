"""Builds a layer of Keras 3 that does what a stored layer of Keras 2 did."""

import inspect
import re

from ..errors import NotTranslatableError
from ..own_classes import bare
from . import changed_layers, configuration
from .tree import Branch, Leaf

# Keys that say nothing to Keras 3, and the values with which they may go; None for any value. A key that is refused and
# is not here would change what the layer does, and is named.
_MAY_GO = {
    "time_major": (False, None),
    "implementation": None,
    "groups": (1, None),
    "input_length": None,
    "batch_input_shape": None,
    "input_shape": None,
    "ragged": (False, None),
    "sparse": (False, None),
    "renorm": (False, None),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "fused": None,
    "query_shape": None,
    "key_shape": None,
    "value_shape": None,
    "force_generator": None,
    "rng_type": None,
    "output_padding": (None,),
    "zero_output_for_mask": (False, None),
    "causal": (False,),
    "interpolation": ("bilinear",),
    "experimental_run_tf_function": None,
    "go_backwards": (False,),
    "reset_after": (),
    "shared_axes": (None,),
    "noise_shape": (None,),
    "has_input_vocabulary": None,
    "vocabulary_size": None,
    "experimental_autocast": None,
    "keepdims": (False,),
    "input_spec": None,
    "skip_target_masking": None,
    "_cpu_compatible": None,
    "pad_to_max_tokens": (False,),
    "data_format": ("channels_last",),
    "batch_size": (None,),
    "autocast": None,
    "vocabulary_dtype": None,
    # A separable convolution has two kernels, with keys of their own.
    "kernel_initializer": None,
    "kernel_regularizer": (None,),
    "kernel_constraint": (None,),
}
# Layers around others, and the keys under which they keep them.
_AROUND = {
    "Bidirectional": ("layer", "backward_layer"),
    "TimeDistributed": ("layer",),
    "RNN": ("cell",),
    "StackedRNNCells": ("cells",),
}
_PLACES = ("layers", "models")


class Makers(object):
    """Makes layers.

    :param keras: the package, of this environment.
    :param own: the user's own classes and functions: ``own.Own``.
    :param build: function that builds what stands inside a layer: ``graph.Builder.build``.
    :param renamed: receives names that cannot stay.
    """

    def __init__(self, keras, own, build, renamed):
        self._keras = keras
        self._own = own
        self._renamed = renamed
        self._build = build
        self._values = configuration.Values(keras, own)

    def is_own(self, kind):
        """Whether a name means a class of the user's."""
        return inspect.isclass(self._own.find(kind))

    def make(self, node):
        """A layer, or several in a row, and its tree.

        :raises NotTranslatableError: no class of this Keras does the same.
        """
        stored = node["class_name"]
        kind = bare(stored)
        config = node.get("config")
        name = (config or {}).get("name") if isinstance(config, dict) else None
        if not isinstance(config, dict):
            raise NotTranslatableError("layer %s (%s): has no configuration" % (node.get("name"), stored))
        trainable = config.get("trainable", True) is not False
        own = self._own.find(stored, node.get("registered_name"))
        if own is not None:
            layer = self._user_layer(own, node, name, stored)
            return layer, Leaf(stored, name, layer, trainable)
        config = dict(self._values.plain(config))
        config.pop("trainable", None)
        config["name"] = legal_name(name, self._renamed)
        change = changed_layers.CHANGED.get(kind)
        take, counts, is_same, behind = None, None, True, []
        if change is not None:
            made = changed_layers.Change(kind, config)
            try:
                change(made, self._keras)
            except NotTranslatableError as error:
                raise NotTranslatableError("layer %s (%s): %s" % (name, stored, error)) from error
            kind, config, take, counts, is_same = made.kind, made.config, made.take, made.counts, made.is_same
            behind = made.behind
            if made.layers is not None:
                target = made.layers[made.weights_in] if made.weights_in is not None else None
                leaf = Leaf(stored, name, target, trainable, take, counts)
                return (made.layers if len(made.layers) > 1 else made.layers[0]), leaf
        found = self._class(kind)
        if found is None:
            raise NotTranslatableError(
                "layer %s: the class %s is not part of Keras 3 and was not given" % (name, stored)
            )
        inner = self._around(kind, config)
        try:
            config, after = self._values.with_activations(kind, config)
        except NotTranslatableError as error:
            raise NotTranslatableError("layer %s (%s): %s" % (name, stored, error)) from error
        after = [*after, *behind]
        layer = self._construct(found, self._accepted(found, config, name, stored), name, stored)
        if inner is not None:
            children, keys = inner
            return layer, Branch(stored, name, children, trainable, keys, layer=layer)
        leaf = Leaf(stored, name, layer, trainable, take, counts, is_same)
        return ([layer, *after] if after else layer), leaf

    def _around(self, kind, config):
        """Build what a layer stands around, in its configuration's place; the trees, where they may hold models."""
        keys = _AROUND.get(kind)
        if keys is None:
            return None
        trees = []
        for key in keys:
            value = config.get(key)
            if isinstance(value, list):
                built = [self._build(item) for item in value]
                config[key] = [layer for layer, _ in built]
                trees += [tree for _, tree in built]
            elif isinstance(value, dict):
                config[key], tree = self._build(value)
                trees.append(tree)
            if isinstance(config.get(key), list) and kind not in ("RNN", "StackedRNNCells"):
                raise NotTranslatableError("layer %s: what it stands around became several layers" % config.get("name"))
        return (trees, keys) if kind == "TimeDistributed" else None

    def _user_layer(self, own, node, name, stored):
        config = dict(node["config"])
        config["name"] = legal_name(name, self._renamed)
        # What only Keras 2 wrote into every configuration is no argument of the user's; a class that wants it gets it.
        named = _argument_names(own)
        fewer = {key: value for key, value in config.items() if key in named or not _may_go(key, value)}
        for tried in (config, fewer):
            try:
                with self._own.scope():
                    return own.from_config(self._values.plain(dict(tried)))
            except Exception as error:  # a class of the user's may fail in any way
                refusal = error
        raise NotTranslatableError(
            "layer %s (%s): its class refuses its configuration: %s" % (name, stored, refusal)
        ) from refusal

    def _class(self, kind):
        for place in _PLACES:
            found = getattr(getattr(self._keras, place), kind, None)
            if inspect.isclass(found):
                return found
        return changed_layers.internal_class(kind)

    def _accepted(self, found, config, name, stored):
        """The configuration without keys that the class does not know and that say nothing."""
        named = _argument_names(found)
        kept = {}
        for key, value in config.items():
            if key in named:
                kept[key] = value
                continue
            if not _may_go(key, value):
                raise NotTranslatableError(
                    "layer %s (%s): Keras 3 does not know its %s (%r)" % (name, stored, key, value)
                )
        return kept

    def _construct(self, found, config, name, stored):
        try:
            with self._own.scope():
                if any(isinstance(config.get(key), self._keras.layers.Layer) or _is_list_of_layers(config.get(key))
                       for key in ("layer", "cell", "cells", "backward_layer")):  # fmt: skip
                    return found(**{key: value for key, value in config.items() if value is not None})
                return found.from_config(config)
        except Exception as error:  # refusing has no type of its own
            raise NotTranslatableError("layer %s (%s): Keras 3 refuses its configuration: %s" % (
                name, stored, " ".join(str(error).split())[:300])) from error  # fmt: skip


def _may_go(key, value):
    """Whether a key with this value says nothing to Keras 3."""
    return key in _MAY_GO and (_MAY_GO[key] is None or value in _MAY_GO[key])


def _is_list_of_layers(value):
    return isinstance(value, list) and bool(value) and hasattr(value[0], "from_config")


# What is put behind the name of a layer that an operation of Keras 3 takes when a file is loaded.
NAMED_LAYER = "_layer"


def legal_name(name, renamed):
    """A name without the sign that Keras 3 refuses in names.

    :param renamed: receives the old name, where it had that sign.
    """
    if not isinstance(name, str) or "/" not in name:
        return name
    renamed.append(name)
    return name.replace("/", "_")


def bears_name(name, stored):
    """Whether a layer of Keras 3 is called what the file calls it, as far as Keras 3 allows that name."""
    legal = legal_name(stored, [])
    return name in (stored, legal) or bool(re.match(re.escape(legal + NAMED_LAYER) + r"(_\d+)?$", name))


def renamed_in_words(renamed):
    """What happened to names, in one sentence however many there are; empty where nothing did."""
    names = list(dict.fromkeys(renamed))
    if not names:
        return ""
    more = len(names) - 1
    what = "%s is" % names[0] if not more else "%s and %d more name%s are" % (names[0], more, "s" if more > 1 else "")
    return "%s written with _ in place of /, which Keras 3 refuses" % what


def call_arguments(layer, keywords, name):
    """Keywords of a call that a layer of Keras 3 takes.

    :raises NotTranslatableError: it does not take one that says something.
    """
    parameters = inspect.signature(layer.call).parameters
    if any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters.values()):
        return keywords
    unknown = [
        key for key, value in keywords.items() if key not in parameters and key != "training" and value is not False
    ]
    if unknown:
        raise NotTranslatableError("layer %s: Keras 3 does not take %s in its call" % (name, ", ".join(unknown)))
    return {key: value for key, value in keywords.items() if key in parameters}


def _argument_names(found):
    """Arguments that the constructors of a class name, as far down as each passes on the rest to the next one."""
    names = set()
    for base in found.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        names.update(item.name for item in parameters)
        if not any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
            break
        if base.__name__ == "Layer":
            break
    return (names | {"alpha"} if found.__name__ in ("ELU",) else names) - {"self", "args", "kwargs"}
