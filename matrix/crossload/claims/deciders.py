"""Which cells bear on a claim, and what each says: one small pure function a claim.

Cells that fail for another reason than the one that the claim is about say nothing about it, and are left out.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from crossload.claims.evidence import Evidence
from crossload.domain import damage
from crossload.domain.cells import SIDES, CellRow
from crossload.domain.verdicts import (
    LOADS,
    LOST,
    PASS,
    RAISES,
    WITHOUT_ERROR,
)
from crossload.domain.versions import EnvironmentId
from crossload.probe.attempts import BARE, IMPORTED
from crossload.probe.formats import FORMATS, WHOLE_MODEL

# A cell, or an attempt in its place, and whether it speaks for the claim.
Voices = Iterator[tuple[CellRow, bool]]

_WHOLE = tuple(name for name, form in FORMATS.items() if form.gives == WHOLE_MODEL)
_NO_FILE = ("OSError", "IOError", "FileNotFoundError")
NO_IMPORT = ("ImportError", "ModuleNotFoundError")
# Scenarios in which something was done to the file: they say nothing about formats or versions.
_TAMPERED = ("q2-1-missing", "q2-1-wrong", "q2-1-h5", "q3-4-truncated", "q3-4-flipped")


def bare(evidence: Evidence, scenarios: str, right: Sequence[str], formats: Sequence[str] = _WHOLE) -> Voices:
    """Loading without the class where loading with it works: for the claim when it raises one of these errors."""
    for row in evidence.cells(scenarios, formats=formats):
        tried = evidence.attempt(row, BARE)
        if row["verdict"] in LOADS and tried is not None and tried["outcome"] in ("raised", "loaded"):
            yield tried, tried["outcome"] == "raised" and (not right or tried["error_type"] in right)


def checkpoint_is_hdf5(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=("checkpoint-callback", "checkpoint-callback-weights"), same=True):
        yield row, row["container"] == "hdf5"


def checkpoint_without_architecture(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=("checkpoint-callback",), same=True):
        if row["verdict"] in LOADS and row["rung_architecture"] in (PASS, LOST):
            yield row, row["rung_architecture"] == LOST and row["rung_optimizer"] == PASS


def import_matters(evidence: Evidence) -> Voices:
    for row in evidence.cells("q0-*", formats=_WHOLE):
        bare, imported = evidence.attempt(row, BARE), evidence.attempt(row, IMPORTED)
        if row["verdict"] in LOADS and bare is not None and imported is not None:
            yield imported, bare["outcome"] == "raised" and imported["outcome"] == "loaded"


def weights_with_rebuild(evidence: Evidence) -> Voices:
    for row in evidence.cells("q0-*", formats=("weights-h5", "weights.h5", "checkpoint-callback-weights"), same=True):
        yield row, row["verdict"] in LOADS


def only_names(evidence: Evidence) -> Voices:
    yield from bare(evidence, "q1-*", ())


def import_path(evidence: Evidence) -> Voices:
    for row in evidence.cells("q1-2-import-only", formats=_WHOLE):
        if row["verdict"] in LOADS or _about_custom(row):
            yield row, row["verdict"] in LOADS


def _about_custom(row: CellRow) -> bool:
    """Whether a cell fails because of a custom object, and not because of its file or versions."""
    return row["cause"] in (
        "custom-object-missing",
        "custom-object-misnamed",
        "custom-module-moved",
        "custom-arguments",
        "compile-custom-missing",
        "registered-name-lost",
    )


def must_fail(*scenarios: str, beside: str = "") -> Callable[[Evidence], Voices]:
    """Cells of scenarios that leave something out: for the claim when that makes them fail.

    :param beside: a scenario that leaves nothing out; only where it loads plainly do the others say something.
    """

    def decide(evidence: Evidence) -> Voices:
        for row in evidence.cells(*scenarios, formats=_WHOLE):
            whole = evidence.beside(row, scenario=beside) if beside else None
            if beside and (whole is None or whole["verdict"] not in LOADS):
                continue
            if row["verdict"] in WITHOUT_ERROR:
                yield row, False
            elif beside or _about_custom(row):
                yield row, True

    return decide


def no_file_is_oserror(evidence: Evidence) -> Voices:
    for row in evidence.cells("q2-1-missing-file"):
        yield row, row["error_type"] in _NO_FILE
    for row in evidence.cells("q2-1-wrong-suffix", same=True):
        yield row, row["error_type"] in _NO_FILE


def savedmodel_without_objects(evidence: Evidence) -> Voices:
    for row in evidence.cells("q2-3-savedmodel", formats=("savedmodel",)):
        if row["verdict"] in LOADS or _about_custom(row):
            yield row, row["verdict"] in LOADS
    for row in evidence.cells(formats=("savedmodel",)):
        tried = evidence.attempt(row, BARE)
        if row["verdict"] in LOADS and tried is not None:
            yield tried, tried["outcome"] == "loaded" and tried["rung_outputs"] == PASS


def hdf5_is_smaller(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=("h5",), same=True):
        if row["scenario"].startswith(_TAMPERED):
            continue
        for other in ("savedmodel", "keras"):
            beside = evidence.beside(row, format=other)
            # Before 2.13 the suffix .keras gives HDF5 as well: that is no other format.
            if beside is not None and beside["container"] not in ("hdf5", "missing") and row["container"] == "hdf5":
                yield row, _size(row) < _size(beside)


def _size(row: CellRow) -> int:
    return int(row["artifact_bytes"] or 0)


def training_resumes(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=_WHOLE, same=True):
        if row["verdict"] in LOADS and row["rung_optimizer"] in (PASS, LOST):
            yield row, LOST not in (row["rung_optimizer"], row["rung_training"])


def savedmodel_survives(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=("savedmodel",), same=False):
        if row["scenario"].startswith(_TAMPERED):
            continue
        h5 = evidence.beside(row, format="h5")
        if h5 is not None and (row["verdict"] in LOADS) != (h5["verdict"] in LOADS):
            yield row, row["verdict"] in LOADS


def kind_of_difference(row: CellRow) -> str:
    """What lies between the two versions of a cell."""
    saver, loader = (EnvironmentId.parse(row[side]).keras_generation for side in SIDES)
    return f"within Keras {saver}" if saver == loader else f"from Keras {saver} to Keras {loader}"


def from_24_to_210(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=_WHOLE):
        if (row["saved_with"], row["loaded_with"]) != ("2.4-cpu", "2.10-cpu"):
            continue
        home = evidence.beside(row, loaded_with=row["saved_with"])
        if home is not None and home["verdict"] in LOADS and not row["scenario"].startswith(_TAMPERED):
            yield row, row["verdict"] in RAISES


def pinned_loads(evidence: Evidence) -> Voices:
    for row in evidence.cells(formats=_WHOLE):
        pinned = row["loaded_with"].replace("+keras-", "-") == row["saved_with"]
        sound = row["family"] != "cases" or row["scenario"] == "q3-1-plain" or row["scenario"].endswith("-repaired")
        if pinned and sound:
            yield row, row["verdict"] in LOADS


def other_definition(evidence: Evidence) -> Voices:
    for row in evidence.cells("q3-4-other-arguments", "q3-4-other-behaviour", formats=_WHOLE):
        if row["verdict"] in WITHOUT_ERROR or _about_custom(row):
            yield row, row["verdict"] not in WITHOUT_ERROR


def other_device_or_backend(evidence: Evidence) -> Voices:
    for row in evidence.cells(same=False):
        saver, loader = (EnvironmentId.parse(row[side]) for side in SIDES)
        # What another version does to a file is another question.
        other_backend = saver.base == loader.base and saver.backend != loader.backend
        home = evidence.beside(row, loaded_with=row["saved_with"])
        if (other_backend or saver.hardware != loader.hardware) and home is not None and home["verdict"] in LOADS:
            yield row, row["verdict"] in RAISES


def kind_of_move(row: CellRow) -> str:
    """Whether a cell is loaded on another device or with another backend of Keras."""
    saver, loader = (EnvironmentId.parse(row[side]) for side in SIDES)
    return "on another device" if saver.hardware != loader.hardware else f"from {saver.backend} to {loader.backend}"


def damage_is_noticed(evidence: Evidence) -> Voices:
    for row in evidence.cells("q3-4-truncated", "q3-4-flipped-bytes"):
        if row["cause"] == "damaged-file" or row["verdict"] in WITHOUT_ERROR:
            yield row, row["verdict"] in RAISES


@dataclass(frozen=True)
class Beside:
    """What was measured of a claim apart from any run.

    :param text: what was done and what came of it.
    """

    supporting: int
    contradicting: int
    text: str


def damaged_copies() -> Beside | None:
    """Copies of files with one changed byte, or cut: what loads and gives what the whole file gives speaks neither way."""
    found = damage.shipped()
    if not found:
        return None
    counts = Counter(item.outcome for item in found)
    noticed, silent = counts[damage.NOTICED] + counts[damage.DIED], counts[damage.SILENT]
    shares = [
        f"{row.silent:.0%} of {row.damage.replace('a byte', 'bytes')} of {row.format} files"
        for row in sorted(damage.rows(found), key=lambda row: -row.silent)
        if row.silent and row.format != damage.EVERY
    ]
    told = f" ({', '.join(shares)})" if shares else ""
    versions = len({item.environment for item in found})
    text = (
        f"Beside this run {len(found):,} damaged copies were loaded in {versions} versions: {noticed:,} were noticed, "
        f"{silent:,} were silently wrong{told}, {counts[damage.HARMLESS]:,} were harmless."
    )
    return Beside(noticed, silent, text)


def dependency_is_import_error(evidence: Evidence) -> Voices:
    for row in evidence.cells("q3-4-missing-dependency"):
        yield row, row["error_type"] in NO_IMPORT


def include_optimizer(evidence: Evidence) -> Voices:
    for row in evidence.cells("q3-3-built", "q3-3-repaired", same=True):
        if row["verdict"] in LOADS and row["rung_optimizer"] in (PASS, LOST):
            yield row, row["rung_optimizer"] == PASS


def all_or_value_error(evidence: Evidence) -> Voices:
    for row in evidence.cells("q4-2-loss-not-passed", formats=_WHOLE):
        whole = evidence.beside(row, scenario="q4-2-loss-and-activation")
        if whole is not None and whole["verdict"] in LOADS:
            yield row, row["verdict"] in RAISES and row["error_type"] == "ValueError"
    yield from bare(evidence, "q4-2-loss-and-activation", ("ValueError",))


def registering_is_robust(evidence: Evidence) -> Voices:
    pairs = (("registered-layer", "q1-2-import-only"), ("registered-layer-moved", "q1-4-moved-import-only"))
    for registered, imported in pairs:
        for row in evidence.cells(registered, formats=_WHOLE):
            other = evidence.beside(row, scenario=imported)
            if other is not None and (row["verdict"] in LOADS) != (other["verdict"] in LOADS):
                yield row, row["verdict"] in LOADS


def without_compiling(evidence: Evidence) -> Voices:
    for row in evidence.cells("q4-2-loss-not-passed", formats=_WHOLE):
        tried = evidence.attempt(row, "compile=False")
        if row["cause"] == "compile-custom-missing" and tried is not None:
            yield tried, tried["outcome"] == "loaded" and tried["rung_outputs"] == PASS
