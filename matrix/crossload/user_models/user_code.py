"""The user's code: custom objects and factories, copied into a package that environments import.

Nothing of it is run here: files are read as text, and only a probe's child imports them.
"""

import ast
import keyword
import shutil
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossload.scenario_index import BUILT_IN
from crossload.user_models.model_file import ModelError
from crossload.util.files import UnreadableError, below, read_plain, special_kind
from crossload.util.import_roots import import_root
from crossload.util.source import parse

PACKAGE = "crossload_model"
NAME = "model"
# What lies beside a module is copied with it up to these limits, since it may be imported.
_MOST_FILES, _MOST_BYTES = 400, 20_000_000
# Bytes of a module that is given: parsed, it takes four hundred times as much memory.
_LARGEST_MODULE = 1 << 20
# A file with such a name is not what is imported by it.
_TAKEN_NAMES = sys.stdlib_module_names | {"h5py", "keras", "numpy", "tensorflow", "tf_keras"}

_MODULE = '''\
"""What the model's own program defines."""

import importlib
import inspect
import os
import sys

from scenarios import scenario

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "code")
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)

OWN = ("tensorflow", "keras", "tf_keras", "tensorflow_core", "numpy", "builtins")
OBJECTS = {{}}
if {custom!r}:
    module = importlib.import_module({custom!r})
    named = getattr(module, "CUSTOM_OBJECTS", None) or getattr(module, "custom_objects", None)
    if isinstance(named, dict):
        OBJECTS.update(named)
    else:
        for key, value in vars(module).items():
            owner = (getattr(value, "__module__", None) or "builtins").split(".")[0]
            if not key.startswith("_") and owner not in OWN and (inspect.isclass(value) or inspect.isfunction(value)):
                OBJECTS[key] = value
globals().update(OBJECTS)


@scenario({name!r}, family="yours")
def _build():
    return getattr(importlib.import_module({factory!r}), {function!r})()
'''


@dataclass(frozen=True)
class UserCode:
    """The code that goes with a model.

    :param custom: module of the custom objects; empty where there is none.
    :param factory: ``module:function`` that builds the model; empty where there is none.
    """

    folder: Path
    custom: str = ""
    factory: str = ""

    @property
    def roots(self) -> list[str]:
        return [str(import_root(BUILT_IN)), str(import_root(self.package))]

    @property
    def readable(self) -> list[Path]:
        """What a confined child has to see of this machine: the roots, and where links in them lead to."""
        return [*map(Path, self.roots), BUILT_IN.resolve(), self.package.resolve()]

    @property
    def package(self) -> Path:
        """The folder of the package, which containers must see."""
        return self.folder / PACKAGE


def prepare_code(folder: Path, custom_objects: str | None, build: str | None) -> UserCode:
    """Copy the user's modules to where environments import them.

    :param custom_objects: a file or a dotted module that defines classes and functions.
    :param build: ``FILE_OR_MODULE:FUNCTION``, a function without arguments that builds the model.
    :raises ModelError: a file is missing, does not parse, or lacks the function.
    """
    package = folder / PACKAGE
    (package / "code").mkdir(parents=True, exist_ok=True)
    custom = _bring(custom_objects, package / "code", "--custom-objects") if custom_objects else ""
    factory = function = ""
    if build:
        place, sign, function = build.rpartition(":")
        if not sign or not function.isidentifier() or keyword.iskeyword(function):
            raise ModelError(f"--build {build}: is not of the form factory.py:function.")
        factory = _bring(place, package / "code", "--build")
        _check_function(_find(place, "--build")[0], function)
    text = _MODULE.format(custom=custom, name=NAME, factory=factory, function=function)
    (package / "__init__.py").write_text(text, encoding="utf-8")
    return UserCode(folder, custom, f"{factory}:{function}" if factory else "")


def _find(word: str, option: str) -> tuple[Path, str]:
    """The file that an option names, and the dotted name it is imported by."""
    path = Path(word)
    if path.is_file() and path.suffix != ".py":
        raise ModelError(f"{option} {word}: is no module of Python: its name must end in .py.")
    if path.suffix == ".py" or path.is_file():
        if not path.is_file():
            raise ModelError(f"{option} {word}: there is no such file.")
        return path, path.stem
    base = Path(*word.split("."))
    # Dots alone name no module.
    for candidate in (base.with_suffix(".py"), base / "__init__.py") if base.name else ():
        if candidate.is_file():
            return candidate, word
    raise ModelError(f"{option} {word}: there is neither such a file nor such a module in this folder.")


def _bring(word: str, destination: Path, option: str) -> str:
    path, name = _find(word, option)
    _parse(path, option)
    # `package.module` is imported from the folder that holds the package.
    root = path.resolve().parent
    for _ in name.split(".")[1:]:
        root = root.parent
    if path.name == "__init__.py":
        root = root.parent if "." not in name else root
    if not name.split(".")[-1].isidentifier():
        raise ModelError(
            f"{option} {word}: {path.stem!r} cannot be imported: rename the file to letters and underscores."
        )
    if name.split(".")[0] in _TAKEN_NAMES:
        raise ModelError(
            f"{option} {word}: is called like the module {name.split('.')[0]!r} that is there already, and would be imported "
            "in its place. Rename it."
        )
    _copy_beside(root, path.resolve(), destination)
    return name


def _parse(path: Path, option: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            # Of a doubtful escape in a text: it quotes the line, and is for whoever wrote it.
            warnings.simplefilter("ignore")
            return parse(read_plain(path, _LARGEST_MODULE), str(path))
    except (RecursionError, MemoryError):
        raise ModelError(f"{option} {path}: is no Python: nested too deep.") from None
    except UnreadableError as error:
        raise ModelError(f"{option} {path}: cannot be read ({error}).") from None
    except OSError as error:
        raise ModelError(f"{option} {path}: cannot be read ({error.strerror}).") from None
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise ModelError(f"{option} {path}{line}: is no Python: {error.args[0]}.") from None


def _copy_beside(root: Path, own: Path, destination: Path) -> None:
    """Copy the module, then Python files beside it and in packages beside it, which it may import."""
    wanted = [own, *sorted(root.glob("*.py"))]
    for folder in sorted(root.iterdir()):
        if (folder / "__init__.py").is_file():
            wanted += [item for item in below(folder) if item.suffix == ".py"]
    size = 0
    for path in list(dict.fromkeys(wanted))[:_MOST_FILES]:
        if not path.is_file() or special_kind(path):  # a pipe, a device, a link that leads nowhere or to the kernel
            continue
        size += path.stat().st_size
        if size > _MOST_BYTES and path != own:
            break
        target = destination / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _check_function(path: Path, function: str) -> None:
    tree = _parse(path, "--build")
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    others = any(isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.If | ast.Try) for node in tree.body)
    found = defined.get(function)
    if found is None:
        if others and function in path.read_text(encoding="utf-8", errors="replace"):
            return  # imported or assigned there: the environment decides
        known = ", ".join(name for name, node in defined.items() if isinstance(node, ast.FunctionDef)) or "none"
        raise ModelError(f"--build {path}: defines no function {function!r}. Its functions: {known}.")
    if isinstance(found, ast.FunctionDef):
        arguments = found.args
        needed = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
        needed += sum(default is None for default in arguments.kw_defaults)
        if needed:
            raise ModelError(
                f"--build {path}:{function}: must build the model without arguments; it asks for {needed}. "
                "Give it defaults, or wrap it in a function of no arguments."
            )


def scenario_request(code: UserCode, options: dict[str, Any]) -> dict[str, Any]:
    """The part of a probe's request that says what code belongs to the model."""
    return {"name": NAME, "module": PACKAGE, "roots": code.roots, "options": options}
