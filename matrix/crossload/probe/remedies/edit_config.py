"""The remedy ``edit-config``: a copy whose stored configuration says only what this environment's classes accept.

The classes themselves decide: a layer's configuration is edited only when its class refuses it, and a key is dropped or
renamed only when the class refuses that key. Weights are not touched.
"""

import copy
import importlib
import inspect
import json
import os
import re

from .. import input_shapes
from ..errors import NotApplicableError, NotTranslatableError
from . import edit_graph, file_kinds

# Where a class can be found by its bare name.
_PLACES = ("layers", "models", "optimizers", "initializers", "regularizers", "constraints", "losses", "metrics")
_CONTAINERS = ("Sequential", "Functional", "Model")


def _same(value):
    return value


def _without_batch(shape):
    return shape[1:]


# Other names of the same thing, tried in order when a class refuses the first, and the value each of them takes.
_RENAMED = {
    "batch_shape": (("batch_input_shape", _same),),
    "batch_input_shape": (("batch_shape", _same), ("input_shape", _without_batch)),
}
# What safe mode may refuse, as a configuration names it.
_UNSAFE = ("Lambda", "lambda", "TFSMLayer", "TorchModuleWrapper", "__lambda__")
# It refuses to read other files, too: from Keras 3.12 on a vocabulary that is a path.
_UNSAFE_PATH = re.compile(r'"(vocabulary|filepath|filename)": "')
# Keras 3 reads the shape out of the configurations in HDF5 files itself.
_READ_BY_LEGACY_LOADER = ("batch_input_shape",)
_NEVER_NULL = ("steps_per_execution", "run_eagerly", "jit_compile")
_OWN_PACKAGES = ("keras", "tf_keras", "tensorflow", "tensorflow_core")


def edit_config(path, folder, context):
    """Copy a file with its configuration edited.

    :return: the copy's path, and what was edited in words.
    :raises NotApplicableError: there is no configuration to read, or this environment accepts all of it.
    """
    if file_kinds.container(path) == file_kinds.ZIP and not file_kinds.reads_zips():
        raise NotApplicableError("no configuration makes this TensorFlow read a zip")
    text = file_kinds.read_config(path)
    try:
        config = json.loads(text or "")
    except ValueError:
        raise NotApplicableError("there is no configuration to read") from None
    config, completions = _with_input_shapes(path, config)
    legacy = file_kinds.container(path) == file_kinds.HDF5
    editor = Editor(context.custom_objects() or {}, _READ_BY_LEGACY_LOADER if legacy else ())
    for change in completions:
        editor.note(change)
    edited = editor.without_nulls(editor.edited(config))
    if not editor.changes:
        raise NotApplicableError("the configuration holds nothing that is refused")
    destination = os.path.join(folder, os.path.basename(path))
    file_kinds.copy_with_config(path, destination, json.dumps(edited))
    return destination, "; ".join(editor.changes)


def _with_input_shapes(path, config):
    """The configuration with the sizes of what the model takes, and what was put there; as it was where none is missing."""
    # Not above: the host reads this module for its names, and needs none of it.
    from ..translate import attempt, reading

    if not isinstance(config, dict):
        return config, []
    try:
        return attempt.understood(lambda: input_shapes.completed(config, lambda: reading.read(path).weights))
    except (NotApplicableError, NotTranslatableError):
        return config, []


def require_unsafe_object(path, folder, context):
    """Let a file pass unchanged when it holds what safe mode may refuse: without any, turning it off changes nothing.

    :raises NotApplicableError: the configuration names no such thing.
    """
    text = file_kinds.read_config(path) or ""
    if not any(word in text for word in _UNSAFE) and not _UNSAFE_PATH.search(text):
        raise NotApplicableError("nothing that safe mode could refuse")
    return path, None


class Editor(object):
    """Edits the configuration of one model; ``changes`` says in words what it did.

    :param custom_objects: the loading program's own classes, by name.
    :param read_by_loader: keys that the loader itself takes out before a class sees them.
    """

    def __init__(self, custom_objects, read_by_loader=()):
        from tensorflow import keras

        self.keras = keras
        self.custom_objects = custom_objects
        self.read_by_loader = read_by_loader
        self.changes = []
        self._functional = None

    def edited(self, node):
        """A copy of any part of a configuration; what is inside is edited before what holds it."""
        if isinstance(node, list):
            return [self.edited(item) for item in node]
        if not isinstance(node, dict):
            return node
        node = {key: self.edited(value) for key, value in node.items()}
        return self._edited_object(node) if isinstance(node.get("class_name"), str) else node

    def _edited_object(self, node):
        name, config = node["class_name"], node.get("config")
        if not isinstance(config, dict):
            return node
        own = self.custom_objects.get(name)
        found = own if inspect.isclass(own) else self.find(name)
        if found is None:
            return self._under_another_name(node)
        if own is None and isinstance(node.get("module"), str) and not self._is_there(node["module"], name, found):
            self.note("module of %s" % name)
            node["module"] = found.__module__
        if name in _CONTAINERS:
            self._reconnect(name, config)
        if name in _CONTAINERS or not hasattr(found, "from_config"):
            return node
        kept = {key: config[key] for key in self.read_by_loader if key in config}
        config = {key: value for key, value in config.items() if key not in kept}
        if not self._accepts(found, config):
            node["config"] = dict(self._mended(found, name, config), **kept)
        return node

    def _reconnect(self, name, config):
        """Say which layer feeds which as this Keras says it."""
        if not hasattr(self.keras, "KerasTensor"):
            if edit_graph.rewrite_for_keras_2(config):
                self.note("connections between the layers of %s written as Keras 2 writes them" % name)
        elif edit_graph.renumber_for_keras_3(config):
            self.note("calls of the models inside %s counted as Keras 3 counts them" % name)

    def without_nulls(self, config):
        """Keras 2 writes null for what ``compile`` was not given; Keras 3 takes it for a value, and cannot train or predict."""
        given = config.get("compile_config") if isinstance(config, dict) else None
        if not isinstance(given, dict) or not hasattr(self.keras, "KerasTensor"):
            return config
        nulls = [key for key in _NEVER_NULL if key in given and given[key] is None]
        for key in nulls:
            self.note("%s of compile dropped" % key)
        return dict(config, compile_config={key: given[key] for key in given if key not in nulls})

    def note(self, change):
        if change not in self.changes:
            self.changes.append(change)

    def find(self, name):
        """The class of this environment that a bare name means; None where it has none."""
        if name == "Functional":
            return self._functional_class()
        for place in self._places():
            found = getattr(place, name, None)
            if inspect.isclass(found):
                return found
        return None

    def _places(self):
        yield from (getattr(self.keras, place) for place in _PLACES)
        # Up to 2.5 the layers that prepare data are there only.
        experimental = getattr(self.keras.layers, "experimental", None)
        yield getattr(experimental, "preprocessing", None)

    def _functional_class(self):
        if self._functional is None:
            inputs = self.keras.Input(shape=(1,))
            self._functional = type(self.keras.Model(inputs, self.keras.layers.Activation("linear")(inputs)))
        # Up to 2.2 a functional model is a plain Model.
        return self._functional if self._functional.__name__ == "Functional" else None

    def _under_another_name(self, node):
        """A class that this environment has under another name only."""
        name = node["class_name"]
        # Keras 3.0 to 3.4 write some initialisers as their classes are called, ``OrthogonalInitializer``.
        bare = (
            name[: -len("Initializer")] if name.endswith("Initializer") else "Model" if name == "Functional" else None
        )
        if bare is None or self.find(bare) is None:
            return node
        self.note("%s called %s" % (name, bare))
        return dict(node, class_name=bare)

    def _is_there(self, module, name, expected):
        """Whether looking ``name`` up in ``module`` gives a class of this environment's Keras."""
        package, _, rest = module.partition(".")
        if package not in _OWN_PACKAGES:
            return True
        if package == "keras" and not rest.startswith("src"):
            place = self.keras
            for part in rest.split(".") if rest else []:
                place = getattr(place, part, None)
            return inspect.isclass(getattr(place, name, None))
        try:
            found = getattr(importlib.import_module(module), name, None)
        except Exception:  # a module of another version may fail in any way
            return False
        return found is expected

    def _accepts(self, found, config):
        config = copy.deepcopy(config)
        try:
            if found.__name__ == "Lambda" and hasattr(self.keras, "KerasTensor"):
                # What the layer calls is no matter of keys, and it may be code that must not run here.
                found(**dict(config, function=_same))
            else:
                found.from_config(config, **self._scope(found))
        except Exception:  # refusing has no type of its own
            return False
        return True

    def _scope(self, found):
        """``from_config`` of wrappers and of some optimizers takes custom objects."""
        takes = "custom_objects" in inspect.signature(found.from_config).parameters
        return {"custom_objects": self.custom_objects} if takes and self.custom_objects else {}

    def _mended(self, found, name, config):
        """The configuration without what the class refuses; unchanged where that is not what is wrong."""
        changes, values = [], dict(config)
        policy = values.get("dtype")
        if isinstance(policy, dict):
            values["dtype"] = (policy.get("config") or {}).get("name", policy)
            changes.append("type policy of %s as text" % name)
        if values.get("trainable", True) is None:
            # As Keras took it for, before it wanted to be told.
            values["trainable"] = False
            changes.append("trainable of %s said to be False" % name)
        named = _argument_names(found)
        kept = {key: value for key, value in values.items() if key in named}
        if not self._accepts(found, kept):
            return config
        for key, value in values.items():
            if key in named:
                continue
            candidates = [{other: made(value)} for other, made in ((key, _same),) + _RENAMED.get(key, ())]
            accepted = next((item for item in candidates if self._accepts(found, dict(kept, **item))), None)
            kept.update(accepted or {})
            if accepted is None:
                changes.append("%s of %s dropped" % (key, name))
            elif key not in accepted:
                changes.append("%s of %s called %s" % (key, name, next(iter(accepted))))
        for change in changes:
            self.note(change)
        return kept


def _argument_names(found):
    """Arguments that the constructors of a class name, as far down as each passes on the rest to the next one."""
    names = set()
    for base in found.__mro__:
        if "__init__" not in vars(base) or base is object:
            continue
        try:
            parameters = inspect.signature(vars(base)["__init__"]).parameters.values()
        except (TypeError, ValueError):
            break
        names.update(item.name for item in parameters)
        if not any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters):
            break
    return names - {"self", "args", "kwargs"}
