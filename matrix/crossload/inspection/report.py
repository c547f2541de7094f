"""What an inspection finds, and the notes from which it is put together."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crossload.inspection.bounds import printable
from crossload.inspection.builtin_names import ACTIVATIONS, BUILT_IN
from crossload.inspection.carried import Carried, in_configuration, plain_name
from crossload.inspection.constructs import of_architecture, of_training
from crossload.inspection.structure import structure_of

# What a reader may meet in a damaged file. Anything else is a fault of ours and must be seen.
_DAMAGE = (
    OSError,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    RuntimeError,
    OverflowError,
    RecursionError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    UnicodeError,
    MemoryError,
)
# Modules whose classes come with Keras or TensorFlow.
_OWN_MODULES = ("keras", "tf_keras", "tensorflow", "builtins")
LEGACY, NEW = "legacy", "new"
# Keras 2 put the separator of the system into the names of weights.
WINDOWS = "\\"
# Lines of damage that are told: a thousand say no more.
_MOST_DAMAGE = 8
_ACTIVATION_KEYS = ("activation", "recurrent_activation")
# What a nested model is compiled with is not part of its layers.
_OTHER_CONFIGS = ("compile_config", "build_config")


@dataclass(frozen=True)
class Inspection:
    """What a saved file says about itself; fields that it says nothing about are empty.

    :param container: ``hdf5``, ``zip``, ``savedmodel``, ``json+weights``, ``tf-checkpoint``, ``directory``, ``missing`` or
        ``other``.
    :param suffix: of the file's name, such as ``.weights.h5``.
    :param keras: Keras version that wrote it, as written in it.
    :param tensorflow: TensorFlow version that wrote it, where it says so.
    :param weights_layout: ``legacy`` (``layer_names`` attributes), ``new`` (``vars`` groups) or empty.
    :param weights_root: group under which the new layout keeps the layers: ``layers`` or ``_layer_checkpoint_dependencies``;
        a backslash where the names of groups have those, as Keras 2 writes them on Windows.
    :param classes: class names of layers and models, outer ones first.
    :param modules: modules that the configuration names.
    :param custom: names of classes and functions that do not come with Keras.
    :param registered: registered names (``package>Name``).
    :param lambdas: number of ``Lambda`` layers that hold bytecode.
    :param nested: whether a model is a layer of another one.
    :param config_keys: every key of the configurations of layers and models.
    :param compiled: names of optimizer, losses and metrics it is compiled with; empty where it is not.
    :param structure: digest of its configuration and of the shapes and types of its weights, see
        :func:`crossload.inspection.structure.structure_of`; empty where it says neither.
    :param constructs: marks of what it is made of, see ``inspection.constructs``.
    :param carries: what can hurt whoever loads it, and where.
    :param damage: what cannot be read, in words; empty when all of it could.
    """

    container: str
    suffix: str = ""
    keras: str = ""
    tensorflow: str = ""
    weights_layout: str = ""
    weights_root: str = ""
    classes: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    custom: tuple[str, ...] = ()
    registered: tuple[str, ...] = ()
    lambdas: int = 0
    nested: bool = False
    config_keys: frozenset[str] = frozenset()
    compiled: tuple[str, ...] = ()
    structure: str = ""
    constructs: frozenset[str] = frozenset()
    carries: tuple[Carried, ...] = ()
    damage: str = ""


@dataclass
class Notes:
    """Collects findings while a file is read."""

    keras: str = ""
    tensorflow: str = ""
    weights_layout: str = ""
    weights_root: str = ""
    lambdas: int = 0
    models: int = 0
    classes: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    custom: list[str] = field(default_factory=list)
    registered: list[str] = field(default_factory=list)
    config_keys: set[str] = field(default_factory=set)
    compiled: list[str] = field(default_factory=list)
    constructs: set[str] = field(default_factory=set)
    carries: set[Carried] = field(default_factory=set)
    damage: list[str] = field(default_factory=list)
    configurations: list[Any] = field(default_factory=list)
    tensors: list[str] = field(default_factory=list)

    def carry(self, construct: str, where: str = "") -> None:
        """Note something that can hurt whoever loads the file."""
        self.carries.add(Carried(construct, where))

    def guarded(self, what: str, read: Callable[[], Any]) -> None:
        """Run a reader; what it cannot read becomes a line of ``damage``."""
        try:
            read()
        except _DAMAGE as error:
            said = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
            self.damage.append(
                f"{what}: {type(error).__name__}: {said.splitlines()[0][:200] if said else ''}".rstrip(": ")
            )

    def architecture(self, config: Any) -> None:
        """Note what the configuration of a model says, nested ones included."""
        self.configurations.append(config)
        self.carries.update(in_configuration(config))
        self.constructs.update(of_architecture(config))
        self._within(config)

    def _within(self, config: Any) -> None:
        if isinstance(config, list):
            for item in config:
                self._within(item)
        elif isinstance(config, dict):
            if isinstance(config.get("class_name"), str):
                self._object(config)
            for key, value in config.items():
                if key in _ACTIVATION_KEYS and isinstance(value, str) and value not in ACTIVATIONS:
                    self.custom.append(value)
                elif key not in _OTHER_CONFIGS:
                    self._within(value)

    def _object(self, config: dict[str, Any]) -> None:
        name, module, inner = config["class_name"], config.get("module"), config.get("config")
        if isinstance(module, str):
            self.modules.append(module)
        if name == "function":
            function = inner if isinstance(inner, str) else config.get("registered_name")
            # Keras' own functions name a module of Keras; others are written with `builtins` or the user's module.
            if isinstance(function, str) and module is not None and (module == "builtins" or not _is_own(module)):
                self.custom.append(function)
            return
        registered = config.get("registered_name")
        if ">" in name or (isinstance(registered, str) and ">" in registered):
            self.registered.append(name if ">" in name else str(registered))
        plain = plain_name(name)
        if isinstance(inner, dict) and ("name" in inner or "layers" in inner) and "Policy" not in plain:
            self.classes.append(plain)
            self.models += "layers" in inner
            self.config_keys.update(inner)
        if _is_custom(plain, module):
            self.custom.append(plain)
        if plain == "Lambda" and isinstance(inner, dict) and _holds_bytecode(inner.get("function")):
            self.lambdas += 1

    def training(self, config: Any) -> None:
        """Note what a model is compiled with: ``training_config`` of HDF5, ``compile_config`` of ``.keras``."""
        if not isinstance(config, dict):
            return
        self.configurations.append(config)
        # Keras 3 makes losses, metrics and the optimizer of any module that is named there.
        self.carries.update(in_configuration(config))
        self.constructs.update(of_training(config))
        optimizer = config.get("optimizer_config") or config.get("optimizer")
        for value in (optimizer, config.get("loss"), config.get("metrics"), config.get("weighted_metrics")):
            self._compiled(value)

    def _compiled(self, value: Any) -> None:
        if isinstance(value, str):
            self.compiled.append(value)
        elif isinstance(value, list):
            for item in value:
                self._compiled(item)
        elif isinstance(value, dict):
            inner = value.get("config")
            if isinstance(value.get("class_name"), str):
                name = inner if value["class_name"] == "function" and isinstance(inner, str) else value["class_name"]
                self.compiled.append(name)
                if isinstance(inner, dict) and isinstance(inner.get("fn"), (str, dict)):
                    self._compiled(inner["fn"])
            else:
                for item in value.values():
                    self._compiled(item)

    def finish(self, container: str, suffix: str) -> Inspection:
        """The finished inspection, every name once."""
        structure: list[str] = []
        # Nested deeper than can be compared, it still says what it carries.
        self.guarded("structure", lambda: structure.append(structure_of(self.configurations, self.tensors)))
        once = {
            name: tuple(dict.fromkeys(printable(str(item)) for item in getattr(self, name)))
            for name in ("classes", "modules", "custom", "registered", "compiled")
        }
        return Inspection(
            container,
            printable(suffix),
            printable(self.keras),
            printable(self.tensorflow),
            self.weights_layout,
            self.weights_root,
            lambdas=self.lambdas,
            nested=self.models > 1,
            structure="".join(structure),
            config_keys=frozenset(printable(key) for key in self.config_keys),
            constructs=frozenset(printable(mark) for mark in self.constructs),
            carries=tuple(
                sorted(Carried(item.construct, printable(item.where), printable(item.names)) for item in self.carries)
            ),
            damage="; ".join(dict.fromkeys(printable(item) for item in self.damage[:_MOST_DAMAGE])),
            **once,
        )


def _is_own(module: Any) -> bool:
    return isinstance(module, str) and module.split(".")[0] in _OWN_MODULES


def _is_custom(name: str, module: Any) -> bool:
    """Whether a class does not come with Keras. Files before 2.12 name no module: only the name can tell there."""
    if isinstance(module, str):
        return not _is_own(module)
    return name not in BUILT_IN and not name.startswith("__")


def _holds_bytecode(function: Any) -> bool:
    """``["4wE…", defaults, closure]`` in Keras 2 (a ``__tuple__`` in a SavedModel), a ``__lambda__`` object in Keras 3."""
    if isinstance(function, dict):
        return function.get("class_name") == "__lambda__" or _holds_bytecode(function.get("items"))
    return isinstance(function, (list, tuple)) and bool(function) and isinstance(function[0], str)
