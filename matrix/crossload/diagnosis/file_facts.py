"""Compares what a cause asks of a file with what the inspector found in it."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from packaging.specifiers import SpecifierSet

from crossload.diagnosis.case import version_in
from crossload.diagnosis.catalogue import FileEvidence
from crossload.inspection import Inspection
from crossload.inspection.report import WINDOWS

_CONTAINERS = {
    "hdf5": "is HDF5",
    "zip": "is a zip archive",
    "savedmodel": "is a SavedModel folder",
    "missing": "is not there",
    "tf-checkpoint": "is a TensorFlow checkpoint",
    "json+weights": "is a folder of JSON and weights",
    "directory": "is a folder that is no SavedModel",
    "other": "is no container that Keras ever wrote",
}


def file_facts(wanted: FileEvidence, file: Inspection) -> list[str] | None:
    """What of the file shows this evidence, in short phrases; None where some of it does not hold."""
    found = []
    for name, check in _CHECKS.items():
        asked = getattr(wanted, name)
        if asked in ((), "", None):
            continue
        said = check(asked, file)
        if said is None:
            return None
        found.append(f"file: {said}")
    return found


@cache
def specifiers(text: str) -> SpecifierSet:
    """A version specifier, parsed once."""
    return SpecifierSet(text)


def _container(asked: tuple[str, ...], file: Inspection) -> str | None:
    return _CONTAINERS[file.container] if file.container in asked else None


def _suffix(asked: tuple[str, ...], file: Inspection) -> str | None:
    return f"named {file.suffix or 'without a suffix'}" if file.suffix in asked else None


def _suffix_not(asked: tuple[str, ...], file: Inspection) -> str | None:
    return f"named {file.suffix or 'without a suffix'}" if file.suffix not in asked else None


def _layout(asked: str, file: Inspection) -> str | None:
    return f"weights in the {asked} layout" if file.weights_layout == asked else None


def _root(asked: str, file: Inspection) -> str | None:
    told = "weights under names with backslashes" if asked == WINDOWS else f"weights under {asked}/"
    return told if file.weights_root == asked else None


def _keras(asked: str, file: Inspection) -> str | None:
    version = version_in(file.keras)
    known = version is not None and specifiers(asked).contains(version, prereleases=True)
    return f"written by Keras {file.keras}" if known else None


def _config_keys(asked: tuple[str, ...], file: Inspection) -> str | None:
    found = sorted(file.config_keys & set(asked))
    return f"has the key {', '.join(found)}" if found else None


def _classes(asked: tuple[str, ...], file: Inspection) -> str | None:
    found = [name for name in asked if name in file.classes]
    return f"has {', '.join(found)}" if found else None


def _registered(asked: str, file: Inspection) -> str | None:
    found = [name for name in file.registered if re.search(asked, name)]
    return f"registered {', '.join(found)}" if found else None


def _modules(asked: str, file: Inspection) -> str | None:
    found = [name for name in file.modules if re.search(asked, name)]
    return f"names the module {found[0]}" if found else None


def _custom(asked: bool, file: Inspection) -> str | None:
    if bool(file.custom) != asked:
        return None
    return f"custom {', '.join(file.custom)}" if asked else "nothing custom"


def _lambdas(asked: bool, file: Inspection) -> str | None:
    return f"{file.lambdas} Lambda with bytecode" if (file.lambdas > 0) == asked else None


def _nested(asked: bool, file: Inspection) -> str | None:
    return "a model inside a model" if file.nested == asked else None


def _compiled(asked: bool, file: Inspection) -> str | None:
    return f"compiled with {', '.join(file.compiled) or 'nothing'}" if bool(file.compiled) == asked else None


def _damaged(asked: bool, file: Inspection) -> str | None:
    return (file.damage or "whole") if bool(file.damage) == asked else None


_CHECKS: dict[str, Callable[[Any, Inspection], str | None]] = {
    "container": _container,
    "suffix": _suffix,
    "suffix_not": _suffix_not,
    "layout": _layout,
    "root": _root,
    "keras": _keras,
    "config_keys": _config_keys,
    "classes": _classes,
    "registered": _registered,
    "modules": _modules,
    "custom": _custom,
    "lambdas": _lambdas,
    "nested": _nested,
    "compiled": _compiled,
    "damaged": _damaged,
}
