"""What a file carries that can hurt whoever loads it. Found by reading; nothing of it is ever executed.

Configurations are searched at any depth, because a ``Lambda`` inside a wrapper inside a submodel runs like any other.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LAMBDA = "lambda-bytecode"
FOREIGN_MODULE = "foreign-module"
CALLABLE = "named-callable"
UNSAFE_SWITCH = "unsafe-switch"
TORCH_PICKLE = "torch-module"
VOCABULARY_PATH = "vocabulary-path"
TFSM_LAYER = "tfsm-layer"
NAMED_FILE = "named-file"
NAME_PATH = "layer-name-path"
EXTERNAL_STORAGE = "hdf5-external-storage"
HDF5_LINK = "hdf5-link"
VIRTUAL_DATASET = "hdf5-virtual-dataset"
HUGE_SHAPE = "hdf5-huge-shape"
ARCHIVE_PATH = "archive-path"
ARCHIVE_BOMB = "archive-bomb"
ARCHIVE_TWICE = "archive-duplicate"
GRAPH_FILES = "savedmodel-file-operation"
GRAPH_PYTHON = "savedmodel-python-call"

# In words, for people who read a finding.
MEANINGS: Mapping[str, str] = {
    LAMBDA: "Python bytecode that a Lambda layer runs",
    FOREIGN_MODULE: "a class or function of a module outside Keras, which loading imports",
    CALLABLE: "a function of Keras or TensorFlow that loading looks up and a layer calls",
    UNSAFE_SWITCH: "a call that switches Keras' safe mode off",
    TORCH_PICKLE: "a pickle that PyTorch loads",
    VOCABULARY_PATH: "a vocabulary that is read from a path or URL when the model is loaded",
    TFSM_LAYER: "a SavedModel elsewhere that is loaded with the model",
    NAMED_FILE: "a file elsewhere that a layer from outside Keras may read when the model is loaded",
    NAME_PATH: "a layer name that leads out of a folder",
    EXTERNAL_STORAGE: "HDF5 data kept in another file of whoever loads it",
    HDF5_LINK: "an HDF5 link that leads to another file or name",
    VIRTUAL_DATASET: "an HDF5 dataset put together from other files",
    HUGE_SHAPE: "an HDF5 dataset that declares far more than the file holds",
    ARCHIVE_PATH: "an archive member whose name leads out of the archive",
    ARCHIVE_BOMB: "an archive that unpacks to far more than it holds",
    ARCHIVE_TWICE: "an archive member that is there twice, so that readers may differ",
    GRAPH_FILES: "a graph operation that reads or writes files",
    GRAPH_PYTHON: "a graph operation that calls Python",
}

# Code or data of somebody's choosing runs or is read where one of these is loaded.
CODE = (LAMBDA, FOREIGN_MODULE, CALLABLE, UNSAFE_SWITCH, TORCH_PICKLE, GRAPH_PYTHON)

_OWN_PACKAGES = ("keras", "tf_keras", "tensorflow", "builtins", "keras_nlp", "keras_hub", "keras_cv", "keras_tuner")
_LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
# How keys are called that lead to a file, and what a path looks like: a folder or an ending.
_FILE_KEYS = re.compile(r"file|path|vocab|merges|(?:^|_)proto$|^handle$")
_PATH_LIKE = re.compile(r"[^\n]*(?:/[^\n]+|[^/\n]\.[A-Za-z]\w{0,9})")
_SWITCHES = ("enable_unsafe_deserialization", "set_global_attribute", "set_safe_mode", "SafeModeScope")
# Functions of Python itself that do something. Keras writes a user's own functions under the same module.
_DOES = frozenset(
    {"eval", "exec", "compile", "open", "input", "breakpoint", "exit", "quit", "help", "getattr", "setattr", "delattr"}
    | {"globals", "locals", "vars", "__import__", "__build_class__"}
)
# Modules of Keras from which a layer's function comes by itself: activations, losses and the like are no callables of concern.
_HARMLESS = ("activations", "losses", "metrics", "initializers", "regularizers", "constraints", "ops", "builtins")
_FILE_OPERATIONS = frozenset(
    {"ReadFile", "WriteFile", "MatchingFiles", "TextLineReader", "WholeFileReader"}
    | {
        "WholeFileReaderV2",
        "TextLineReaderV2",
        "FixedLengthRecordReader",
        "FixedLengthRecordReaderV2",
        "TFRecordReader",
    }
    | {"TFRecordReaderV2", "TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset", "CreateSummaryFileWriter"}
    | {"WriteSummary", "DebugIdentityV2", "DumpTensor", "PrintV2"}
)
_PYTHON_OPERATIONS = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc", "GeneratorDataset"})


@dataclass(frozen=True, order=True)
class Carried:
    """One thing that a file carries.

    :param construct: one of :data:`MEANINGS`.
    :param where: the layer, member or object that holds it.
    :param names: the path or URL that is read when the model is loaded, as it is written; empty where there is none.
    """

    construct: str
    where: str = ""
    names: str = ""


def in_configuration(config: Any) -> Iterator[Carried]:
    """What the configuration of a model carries, wherever in it."""
    pending: list[tuple[Any, str]] = [(config, "")]
    while pending:
        value, where = pending.pop()
        if isinstance(value, dict):
            inner = value.get("config")
            name = inner.get("name") if isinstance(inner, dict) else None
            where = str(name) if isinstance(name, str) else where
            yield from _of_object(value, where)
            pending += [(item, where) for item in value.values()]
        elif isinstance(value, list):
            pending += [(item, where) for item in value]
        elif isinstance(value, str) and value.rpartition(".")[2] in _SWITCHES:
            yield Carried(UNSAFE_SWITCH, where)


def plain_name(class_name: str) -> str:
    """The name of a class without its package: Keras 3 joins ``module`` and ``class_name`` by a dot before it looks a class up,
    so that ``layers.Lambda`` of ``keras`` is one, too.
    """
    return re.split(r"[>.]", class_name)[-1]


def _is_of_concern(module: str, function: Any) -> bool:
    """Whether a function by name is more than an activation, a loss and the like, or a function of the user's."""
    name = function.rpartition(".")[2] if isinstance(function, str) else ""
    return name in _DOES or not any(part in module.split(".") for part in _HARMLESS)


def _of_object(value: Mapping[str, Any], where: str) -> Iterator[Carried]:
    kind, module, inner = value.get("class_name"), value.get("module"), value.get("config")
    if not isinstance(kind, str):
        return
    plain = plain_name(kind)
    if isinstance(module, str) and module.split(".")[0] not in _OWN_PACKAGES:
        yield Carried(FOREIGN_MODULE, f"{where}: {module}" if where else module)
    if kind == "__lambda__":
        yield Carried(LAMBDA, where)
    if plain == "function" and isinstance(module, str) and _is_of_concern(module, inner):
        yield Carried(CALLABLE, f"{where}: {module}.{inner if isinstance(inner, str) else '?'}")
    if not isinstance(inner, dict):
        return
    if plain == "Lambda":
        yield from _of_lambda(inner, where)
    if plain == "TorchModuleWrapper":
        yield Carried(TORCH_PICKLE, where)
    yield from _of_named(plain, inner, where)
    name = inner.get("name")
    if isinstance(name, str) and (".." in name.split("/") or name.startswith("/")):
        yield Carried(NAME_PATH, name)


def _of_named(kind: str, inner: Mapping[str, Any], where: str) -> Iterator[Carried]:
    """Files that the configuration of an object names."""
    if kind == "TFSMLayer":
        folder = inner.get("filepath")
        yield Carried(TFSM_LAYER, where, folder if isinstance(folder, str) else "")
    elif kind in _LOOKUPS:
        if isinstance(inner.get("vocabulary"), str):
            yield Carried(VOCABULARY_PATH, where, inner["vocabulary"])
    else:
        for key, value in inner.items():
            if isinstance(value, str) and _FILE_KEYS.search(key) and _PATH_LIKE.fullmatch(value):
                yield Carried(NAMED_FILE, where, value)


def _of_lambda(inner: Mapping[str, Any], where: str) -> Iterator[Carried]:
    """Bytecode as a list in Keras 2, ``__tuple__`` in a SavedModel; a function by name says its module apart."""
    for key in ("function", "output_shape", "mask"):
        value = inner.get(key)
        items = value.get("items") if isinstance(value, dict) else value
        if isinstance(items, list) and items and isinstance(items[0], str) and len(items[0]) > 8:
            yield Carried(LAMBDA, where)
        elif isinstance(value, str):
            place = inner.get("module")
            yield Carried(CALLABLE, f"{where}: {place}.{value}" if isinstance(place, str) else f"{where}: {value}")


def in_operations(operations: Iterator[str] | list[str]) -> Iterator[Carried]:
    """What the graph of a SavedModel carries, from the names of its operations."""
    for name in sorted(set(operations)):
        if name in _FILE_OPERATIONS:
            yield Carried(GRAPH_FILES, name)
        elif name in _PYTHON_OPERATIONS:
            yield Carried(GRAPH_PYTHON, name)
