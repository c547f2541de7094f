"""Finds the cause of a bad cell: the first of the catalogue whose evidence holds."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from packaging.specifiers import SpecifierSet

from matrix.diagnosis.case import Case, Pins, version_in
from matrix.diagnosis.catalogue import BAD, UNKNOWN, Catalogue, Evidence, FileEvidence
from matrix.inspection import Inspection
from matrix.outcomes import REMEDY

_LONGEST = 160


@dataclass(frozen=True)
class Diagnosis:
    """The cause of a cell and what shows it, in short phrases; ``unknown`` where no cause matches."""

    cause: str
    evidence: tuple[str, ...] = ()


def diagnose(case: Case, catalogue: Catalogue) -> Diagnosis | None:
    """The diagnosis of a bad cell; None for a verdict that needs none."""
    if case.verdict not in BAD:
        return None
    for cause in catalogue.cause:
        for evidence in cause.evidence:
            found = holds(evidence, case)
            if found is not None:
                return Diagnosis(cause.id, tuple(found))
    return Diagnosis(UNKNOWN)


def holds(evidence: Evidence, case: Case) -> list[str] | None:
    """What of a case shows this evidence; None where some of it does not hold. Cheap conditions come first."""
    simple = (
        (evidence.verdicts, case.verdict),
        (evidence.formats, case.format),
        (evidence.stages, case.stage),
        (evidence.error_types, case.error_type),
        (evidence.round_trip, case.round_trip),
    )
    if any(allowed and actual not in allowed for allowed, actual in simple):
        return None
    if evidence.same_environment is not None and evidence.same_environment != case.same_environment:
        return None
    if evidence.lost and tuple(rung for rung in case.lost) != evidence.lost:
        return None
    if any(case.rungs.get(rung) != "pass" for rung in evidence.kept) or not set(evidence.observed) <= case.observed:
        return None
    if evidence.repaired_by and not (case.verdict == REMEDY and evidence.repaired_by in case.attempt.split("+")):
        return None
    versions = _versions(evidence, case)
    if versions is None:
        return None
    said = _message(evidence, case)
    if said is None:
        return None
    read = _file(evidence.file, case.file, case) if evidence.file is not None else []
    if read is None:
        return None
    measured = [f"measured: {word}" for word in evidence.observed]
    if evidence.lost:
        measured.append(f"lost: {', '.join(evidence.lost)}")
    if evidence.repaired_by:
        measured.append(f"{evidence.repaired_by} repairs it")
    if evidence.round_trip:
        measured.append(f"the environment that saved it gets {case.round_trip} too")
    return [*said, *versions, *read, *measured]


@cache
def _specifiers(text: str) -> SpecifierSet:
    return SpecifierSet(text)


def _versions(evidence: Evidence, case: Case) -> list[str] | None:
    found = []
    for side, wanted, pins in (("saved", evidence.saver, case.saver), ("loaded", evidence.loader, case.loader)):
        for package, specifier in wanted.items():
            version = getattr(pins, package)
            if version is None or not _specifiers(specifier).contains(version, prereleases=True):
                return None
            found.append(f"{side} with {_NAMES[package]} {version}")
    if evidence.newer_saver is not None:
        saver, loader = case.saver.keras, case.loader.keras
        if saver is None or loader is None or saver == loader or (saver > loader) != evidence.newer_saver:
            return None
        found.append(f"saved with Keras {saver}, loaded with {loader}")
    for package in evidence.pins_differ:
        saver, loader = _comparable(case.saver, package), _comparable(case.loader, package)
        if saver is None or loader is None or saver == loader:
            return None
        found.append(f"saved with {_NAMES[package]} {saver}, loaded with {loader}")
    return found


_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "python": "Python", "h5py": "h5py", "numpy": "NumPy",
          "protobuf": "protobuf", "hardware": "hardware"}  # fmt: skip


def _comparable(pins: Pins, package: str) -> object:
    value = getattr(pins, package)
    return f"{value.major}.{value.minor}" if package == "python" and value is not None else value


def _message(evidence: Evidence, case: Case) -> list[str] | None:
    if not evidence.message:
        return [case.error_type] if evidence.error_types else []
    found = re.search(evidence.message, case.essence, re.DOTALL)
    if found is None:
        return None
    groups = {key: value for key, value in found.groupdict().items() if value}
    if evidence.passed and _passed(groups.get("name", ""), case.passed) != evidence.passed:
        return None
    if evidence.of_custom is not None:
        file = case.file
        if file is None or (groups.get("of", "") in file.custom) != evidence.of_custom:
            return None
    if evidence.named_in and (case.file is None or groups.get("name", "") not in case.file.compiled):
        return None
    return [
        f"error: {_short(found[0])}",
        *(f"{_GROUPS.get(key, key)}: {_short(value)}" for key, value in groups.items()),
    ]


_GROUPS = {"name": "object", "of": "class", "keys": "key", "module": "module"}


def _passed(name: str, passed: Mapping[str, str]) -> str:
    """What is passed for a custom object of that name."""
    if name in passed:
        return "it"
    return "other-key" if name in passed.values() else "nothing"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _file(wanted: FileEvidence, file: Inspection | None, case: Case) -> list[str] | None:
    if file is None:
        return None
    found: list[str] = []
    for condition, check, said in _FILE_CHECKS:
        asked = getattr(wanted, condition)
        if asked in ((), "", None):
            continue
        if not check(asked, file):
            return None
        found.append(said(asked, file))
    return found


def _within(specifier: str, version: str) -> bool:
    parsed = version_in(version)
    return parsed is not None and _specifiers(specifier).contains(parsed, prereleases=True)


_Check = Callable[..., bool]
_Said = Callable[..., str]
# One line a kind of fact: its name in `FileEvidence`, whether it holds, and how the panel says it.
_FILE_CHECKS: tuple[tuple[str, _Check, _Said], ...] = (
    ("container", lambda asked, file: file.container in asked, lambda _, file: f"file: {_CONTAINERS.get(file.container, file.container)}"),
    ("suffix", lambda asked, file: file.suffix in asked, lambda _, file: f"file: named {file.suffix or 'without a suffix'}"),
    ("suffix_not", lambda asked, file: file.suffix not in asked, lambda _, file: f"file: named {file.suffix or 'without a suffix'}"),
    ("layout", lambda asked, file: file.weights_layout == asked, lambda asked, _: f"file: weights in the {asked} layout"),
    ("keras", lambda asked, file: _within(asked, file.keras), lambda _, file: f"file: written by Keras {file.keras}"),
    ("config_keys", lambda asked, file: bool(file.config_keys & set(asked)), lambda asked, file: f"file: has the key {', '.join(sorted(file.config_keys & set(asked)))}"),
    ("classes", lambda asked, file: bool(set(asked) & set(file.classes)), lambda asked, file: f"file: has {', '.join(sorted(set(asked) & set(file.classes)))}"),
    ("registered", lambda asked, file: any(re.search(asked, name) for name in file.registered), lambda _, file: f"file: registered {', '.join(file.registered)}"),
    ("modules", lambda asked, file: any(re.search(asked, name) for name in file.modules), lambda asked, file: f"file: names the module {next(name for name in file.modules if re.search(asked, name))}"),
    ("custom", lambda asked, file: bool(file.custom) == asked, lambda asked, file: f"file: custom {', '.join(file.custom)}" if asked else "file: nothing custom"),
    ("lambdas", lambda asked, file: (file.lambdas > 0) == asked, lambda _, file: f"file: {file.lambdas} Lambda with bytecode"),
    ("compiled", lambda asked, file: bool(file.compiled) == asked, lambda _, file: f"file: compiled with {', '.join(file.compiled) or 'nothing'}"),
    ("damaged", lambda asked, file: bool(file.damage) == asked, lambda asked, file: f"file: {file.damage}" if asked else "file: whole"),
)  # fmt: skip
_CONTAINERS = {"hdf5": "is HDF5", "zip": "is a zip archive", "savedmodel": "is a SavedModel folder", "missing": "is not there",
               "tf-checkpoint": "is a TensorFlow checkpoint", "json+weights": "is a folder of JSON and weights",
               "directory": "is a folder that is no SavedModel", "other": "is no container that Keras ever wrote"}  # fmt: skip
