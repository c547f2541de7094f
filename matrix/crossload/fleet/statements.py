"""What vouches for a converted file: an in-toto statement beside it, which is checked without TensorFlow.

A statement says which bytes (``subject``) were made of which (``predicate.input``), on which way and with which pins, and what
was measured of them. Whoever wants it signed signs these files: they are what `in-toto attestations`_ are.

.. _in-toto attestations: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from crossload.inspection.bounds import json_value
from crossload.user_models.convert import proof_path
from crossload.user_models.digests import digest_of_model, sha256_of
from crossload.user_models.model_file import whole_problem
from crossload.util.files import below, read_plain, write_text_atomically

SUFFIX = ".intoto.json"
_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE = "urn:crossload:conversion:v1"
GOOD, CHANGED, MISSING, NO_STATEMENT = "good", "changed", "missing", "no statement"


@dataclass(frozen=True)
class Verified:
    """One converted file held against what vouches for it.

    :param state: ``good``, ``changed``, ``missing`` or ``no statement``.
    :param to: the environment that it was proven to load in; empty where nothing says so.
    """

    path: Path
    state: str
    why: str = ""
    to: str = ""


def statement_path(converted: Path) -> Path:
    """Where the statement of a converted file lies: beside it."""
    return converted.with_name(converted.name + SUFFIX)


def write_statement(converted: Path, proof: Mapping[str, Any]) -> Path:
    """Write the statement of a converted file; returns its path.

    :param proof: as it lies in ``FILE.json``.
    """
    digests: Mapping[str, str] = digest_of_model(converted).get("files", {})
    subject = (
        [{"name": f"{converted.name}/{name}", "digest": {"sha256": digest}} for name, digest in digests.items()]
        if converted.is_dir()
        else [{"name": converted.name, "digest": {"sha256": proof["output"]["sha256"]}}]
    )
    said = {"_type": _TYPE, "subject": subject, "predicateType": _PREDICATE, "predicate": dict(proof)}
    return write_text_atomically(statement_path(converted), json.dumps(said, indent=1, default=str) + "\n")


def read_proof(converted: Path) -> dict[str, Any] | None:
    """The proof beside a converted file; None where there is none that can be read."""
    try:
        found = json_value(read_plain(proof_path(converted)))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "output" in found and "loads_plainly_in" in found else None


def is_up_to_date(converted: Path, digest: str, lock: str) -> bool:
    """Whether a file was converted of these bytes for an environment with these pins, and still is what it was.

    :param digest: SHA-256 of the input.
    :param lock: digest of the target's pins.
    """
    proof = read_proof(converted)
    if proof is None or not converted.exists() or whole_problem(converted):
        return False
    try:
        told = (
            proof["input"]["sha256"],
            proof["environments"][proof["loads_plainly_in"]]["lock"],
            proof["output"]["sha256"],
        )
    except (KeyError, TypeError, IndexError):  # somebody else's, or changed: the file is converted anew
        return False
    return told == (digest, lock, digest_of_model(converted)["sha256"])


def verify(folder: Path) -> list[Verified]:
    """Hold every converted file below a folder against its statement; nothing of a file is loaded."""
    found: list[Verified] = []
    vouched: set[Path] = set()
    there = below(folder)
    for path in [item for item in there if item.name.endswith(SUFFIX) and item.name != SUFFIX]:
        converted = path.with_name(path.name.removesuffix(SUFFIX))
        vouched.add(converted)
        found.append(_verified(path, converted))
    for path in [item for item in there if item.name.endswith((".keras", ".h5")) or item.name == "saved_model.pb"]:
        model = path.parent if path.name == "saved_model.pb" else path
        if not any(place in vouched for place in (model, *model.parents)):
            found.append(Verified(model, NO_STATEMENT, "nothing vouches for it"))
    return found


def _verified(path: Path, converted: Path) -> Verified:
    try:
        said = json_value(read_plain(path))
        subject = {str(item["name"]): str(item["digest"]["sha256"]) for item in said["subject"]}
        to = str(said["predicate"]["loads_plainly_in"])
        known = said["_type"] == _TYPE and bool(subject)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Verified(converted, CHANGED, "its statement cannot be read")
    if not known:
        return Verified(converted, CHANGED, "its statement is none")
    names = [PurePosixPath(name) for name in subject]
    if any(name.is_absolute() or ".." in name.parts or name.parts[:1] != (converted.name,) for name in names):
        return Verified(converted, CHANGED, "its statement is about other files")
    if not converted.exists():
        return Verified(converted, MISSING, "it is not there", to)
    if problem := whole_problem(converted):
        return Verified(converted, CHANGED, f"it is {problem}", to)
    there = (
        {str(item.relative_to(converted.parent)) for item in below(converted) if item.is_file()}
        if converted.is_dir()
        else {converted.name}
    )
    if there != set(subject):
        return Verified(converted, CHANGED, "it holds other files than its statement says", to)
    wrong = [name for name, digest in subject.items() if sha256_of(converted.parent / name) != digest]
    if wrong:
        return Verified(converted, CHANGED, f"{wrong[0]} is not what was proven", to)
    return Verified(converted, GOOD, "", to)
