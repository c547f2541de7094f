"""Finds the cause of a bad cell: the first of the catalogue whose evidence holds."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from crossload.diagnosis.case import Case, Pins
from crossload.diagnosis.catalogue import UNKNOWN, Catalogue, Evidence, FileEvidence
from crossload.diagnosis.file_facts import file_facts, specifiers
from crossload.diagnosis.naming import identify
from crossload.domain.verdicts import NEEDS_CAUSE, REMEDY
from crossload.inspection import Inspection
from crossload.probe import attempts

_LONGEST = 160
# Different errors whose evidence is remembered: neighbouring cells often say the same.
_REMEMBERED = 20_000


@dataclass(frozen=True)
class Diagnosis:
    """The cause of a cell and what shows it, in short phrases; ``unknown`` where no cause matches."""

    cause: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sought:
    """Evidence of a cause, with its patterns."""

    cause: str
    evidence: Evidence
    message: re.Pattern[str]
    place: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Said:
    """What of an error's text shows evidence; ``match`` is None where the evidence asks for no text."""

    match: re.Match[str] | None


def diagnose(case: Case, catalogue: Catalogue) -> Diagnosis | None:
    """The diagnosis of a bad cell; None for a verdict that needs none."""
    return Matcher(catalogue).diagnose(case)


class Matcher:
    """Diagnoses many cells. What an error says is looked at once, however many versions say it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._evidence = [
            _Sought(cause.id, evidence, re.compile(evidence.message, re.DOTALL), re.compile(evidence.place))
            for cause in catalogue.cause
            for evidence in cause.evidence
        ]
        self._narrowed: dict[Hashable, list[tuple[_Sought, _Said]]] = {}
        self._possible: dict[Hashable, list[tuple[str, Evidence, _Said]]] = {}
        # What versions and files show, by the ids of what was compared; what these stand for is kept with the answer.
        self._versions: dict[tuple[int, int, int], tuple[list[str] | None, Pins, Pins]] = {}
        self._files: dict[tuple[int, int], tuple[list[str] | None, Inspection]] = {}

    @staticmethod
    def is_bad(verdict: str) -> bool:
        """Whether a cell of that verdict has a cause."""
        return verdict in NEEDS_CAUSE

    def diagnose(self, case: Case, token: Hashable = None) -> Diagnosis | None:
        """The diagnosis of a bad cell; None for a verdict that needs none.

        :param token: stands for everything that was said and measured of the case, where many have that in common: what
            remains to be looked at are the versions and the file.
        """
        if case.verdict not in NEEDS_CAUSE:
            return None
        for cause, evidence, said in self._candidates(case, token):
            found = self._confirmed(evidence, case, said)
            if found is not None:
                return Diagnosis(cause, tuple(found))
        return Diagnosis(UNKNOWN)

    def matching(self, case: Case) -> list[str]:
        """Every cause some evidence of which holds, in the catalogue's order: the first is the diagnosis."""
        found = [
            cause
            for cause, evidence, said in self._candidates(case)
            if self._confirmed(evidence, case, said) is not None
        ]
        return list(dict.fromkeys(found))

    def _candidates(self, case: Case, token: Hashable = None) -> list[tuple[str, Evidence, "_Said"]]:
        """Evidence that what was said and measured allows, in the catalogue's order; versions and the file may rule it out."""
        key = token or (
            case.verdict,
            case.format,
            case.stage,
            case.error_type,
            case.error,
            case.place,
            case.attempt,
            case.round_trip,
            case.same_environment,
            tuple(case.rungs.items()),
            case.observed,
        )
        if key not in self._possible:
            if len(self._possible) >= _REMEMBERED:
                self._possible.clear()
            self._possible[key] = [
                (sought.cause, sought.evidence, said) for sought, said in self._narrow(case) if _measured(sought, case)
            ]
        return self._possible[key]

    def _narrow(self, case: Case) -> list[tuple[_Sought, _Said]]:
        """Evidence that asks for nothing of these few words and this error that the case has not: most is ruled out so."""
        key = (
            case.verdict,
            case.format,
            case.stage,
            case.error_type,
            case.round_trip,
            case.same_environment,
            case.essence,
        )
        if key not in self._narrowed:
            if len(self._narrowed) >= _REMEMBERED:
                self._narrowed.clear()
            looked = ((sought, _said(sought, case)) for sought in self._evidence if _may_hold(sought.evidence, case))
            self._narrowed[key] = [(sought, said) for sought, said in looked if said is not None]
        return self._narrowed[key]

    def _confirmed(self, evidence: Evidence, case: Case, said: _Said) -> list[str] | None:
        """What shows the evidence, once versions and the file agree."""
        versions = self._versions_of(evidence, case)
        if versions is None:
            return None
        message = _message(evidence, case, said)
        if message is None:
            return None
        read: list[str] | None = []
        if evidence.file is not None:
            read = self._facts_of(evidence.file, case.file) if case.file is not None else None
        if read is None:
            return None
        measured = [f"measured: {word}" for word in evidence.observed]
        if evidence.place:
            measured.append(f"raised in {case.place}")
        if evidence.lost:
            measured.append(f"lost: {', '.join(evidence.lost)}")
        if evidence.repaired_by:
            measured.append(f"{evidence.repaired_by} repairs it")
        if evidence.round_trip:
            measured.append(f"the environment that saved it gets {case.round_trip} too")
        return [*message, *versions, *read, *measured]

    def _versions_of(self, evidence: Evidence, case: Case) -> list[str] | None:
        key = (id(evidence), id(case.saver), id(case.loader))
        if key not in self._versions:
            self._versions[key] = (_versions(evidence, case), case.saver, case.loader)
        return self._versions[key][0]

    def _facts_of(self, wanted: FileEvidence, file: Inspection) -> list[str] | None:
        key = (id(wanted), id(file))
        if key not in self._files:
            if len(self._files) >= _REMEMBERED:
                self._files.clear()
            self._files[key] = (file_facts(wanted, file), file)
        return self._files[key][0]


def _may_hold(evidence: Evidence, case: Case) -> bool:
    simple = (
        (evidence.verdicts, case.verdict),
        (evidence.formats, case.format),
        (evidence.stages, case.stage),
        (evidence.error_types, case.error_type),
        (evidence.round_trip, case.round_trip),
    )
    if any(allowed and actual not in allowed for allowed, actual in simple):
        return False
    return evidence.same_environment is None or evidence.same_environment == case.same_environment


def _said(sought: _Sought, case: Case) -> _Said | None:
    """What of the error's text shows this evidence; None where it asks for a text that is not there."""
    if not sought.evidence.message:
        return _Said(None)
    match = sought.message.search(case.essence)
    return _Said(match) if match is not None else None


def _measured(sought: _Sought, case: Case) -> bool:
    """Whether what was measured allows this evidence, whatever versions and file are."""
    evidence = sought.evidence
    if evidence.lost and case.lost != evidence.lost:
        return False
    if any(case.rungs.get(rung) != "pass" for rung in evidence.kept):
        return False
    if evidence.observed and not case.observed.issuperset(evidence.observed):
        return False
    if evidence.place and not sought.place.search(case.place):
        return False
    return not evidence.repaired_by or (case.verdict == REMEDY and evidence.repaired_by in attempts.parts(case.attempt))


def _versions(evidence: Evidence, case: Case) -> list[str] | None:
    found = []
    for side, wanted, pins in (("saved", evidence.saver, case.saver), ("loaded", evidence.loader, case.loader)):
        for package, specifier in wanted.items():
            version = getattr(pins, package)
            if version is None or not specifiers(specifier).contains(version, prereleases=True):
                return None
            found.append(f"{side} with {_NAMES[package]} {version}")
    if evidence.newer_saver is not None:
        saver, loader = case.saver.keras, case.loader.keras
        if saver is None or loader is None or saver == loader or (saver > loader) != evidence.newer_saver:
            return None
        found.append(f"saved with Keras {saver}, loaded with {loader}")
    for package in evidence.pins_differ:
        left, right = _comparable(case.saver, package), _comparable(case.loader, package)
        if left is None or right is None or left == right:
            return None
        found.append(f"saved with {_NAMES[package]} {left}, loaded with {right}")
    return found


_NAMES = {"tensorflow": "TensorFlow", "keras": "Keras", "python": "Python", "h5py": "h5py", "numpy": "NumPy",
          "protobuf": "protobuf"}  # fmt: skip


def _comparable(pins: Pins, package: str) -> object:
    value = getattr(pins, package)
    return f"{value.major}.{value.minor}" if package == "python" and value is not None else value


def _message(evidence: Evidence, case: Case, said: _Said) -> list[str] | None:
    found = said.match
    if found is None:
        return [case.error_type] if evidence.error_types else []
    groups = {key: value for key, value in found.groupdict().items() if value}
    if evidence.passed and _passed(groups.get("name", ""), case.passed) != evidence.passed:
        return None
    if evidence.of_custom is not None:
        file = case.file
        if file is None or (groups.get("of", "") in file.custom) != evidence.of_custom:
            return None
    about: list[str] = []
    if evidence.thing:
        identity = identify(groups.get("name", ""), evidence.kinds, case.loader.keras)
        if identity.status not in evidence.thing:
            return None
        about = [*identity.told]
    if evidence.named_in and (case.file is None or not _named_in(groups.get("name", ""), case.file, evidence.named_in)):
        return None
    return [
        f"error: {_short(found[0])}",
        *(f"{_GROUPS.get(key, key)}: {_short(value)}" for key, value in groups.items()),
        *about,
    ]


_GROUPS = {"name": "object", "of": "class", "keys": "key", "module": "module"}


def _passed(name: str, passed: Mapping[str, str]) -> str:
    """What is passed for a custom object of that name."""
    if name in passed:
        return "it"
    return "other-key" if name in passed.values() else "nothing"


def _named_in(name: str, file: Inspection, place: str) -> bool:
    names = file.compiled if place == "compiled" else file.custom
    return name.rpartition(">")[2] in names or name in names


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
