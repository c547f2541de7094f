"""What vouches for a converted file vouches for these bytes, made of those, for these pins, and for nothing else."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossload.fleet.statements import (
    CHANGED,
    GOOD,
    MISSING,
    NO_STATEMENT,
    is_up_to_date,
    statement_path,
    verify,
    write_statement,
)
from crossload.user_models.convert import proof_path
from crossload.user_models.digests import digest_of_model

INPUT, LOCK = "i" * 64, "pins"


def converted(folder: Path, name: str = "model.keras") -> Path:
    """A converted file, or a folder where its name has no suffix, with its proof and its statement."""
    path = folder / name
    if path.suffix:
        path.write_bytes(b"converted")
    else:
        (path / "variables").mkdir(parents=True)
        (path / "saved_model.pb").write_bytes(b"graph")
        (path / "variables" / "variables.index").write_bytes(b"index")
    proof: dict[str, Any] = {
        "input": {"sha256": INPUT},
        "output": digest_of_model(path),
        "loads_plainly_in": "2.21-cpu",
        "environments": {"2.21-cpu": {"lock": LOCK}, "2.10-cpu": {"lock": "others"}},
    }
    proof_path(path).write_text(json.dumps(proof), encoding="utf-8")
    write_statement(path, proof)
    return path


@pytest.mark.parametrize("name", ["model.keras", "model"])
def test_a_file_is_up_to_date_for_the_bytes_and_pins_that_it_was_made_of(tmp_path: Path, name: str) -> None:
    path = converted(tmp_path, name)
    assert is_up_to_date(path, INPUT, LOCK)
    assert not is_up_to_date(path, "j" * 64, LOCK)
    assert not is_up_to_date(path, INPUT, "others")
    inside = path if path.is_file() else path / "saved_model.pb"
    inside.write_bytes(b"something else")
    assert not is_up_to_date(path, INPUT, LOCK)
    assert not is_up_to_date(tmp_path / "nothing.keras", INPUT, LOCK)


@pytest.mark.parametrize(
    "changes",
    [
        {"environments": []},
        {"environments": {"2.21-cpu": 7}},
        {"loads_plainly_in": ["2.21-cpu"]},
        {"input": "i"},
        {"output": "whole"},
        {"output": None},
    ],
)
def test_a_proof_of_another_shape_proves_nothing(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = converted(tmp_path)
    said = json.loads(proof_path(path).read_text(encoding="utf-8"))
    proof_path(path).write_text(json.dumps({**said, **changes}), encoding="utf-8")
    assert not is_up_to_date(path, INPUT, LOCK)


def test_what_never_ends_is_not_up_to_date(tmp_path: Path) -> None:
    path = converted(tmp_path)
    path.unlink()
    os.mkfifo(path)
    assert not is_up_to_date(path, INPUT, LOCK)


def test_a_statement_about_nothing_is_no_statement(tmp_path: Path) -> None:
    (tmp_path / ".intoto.json").write_text("{}", encoding="utf-8")
    (tmp_path / "foreign.h5").write_bytes(b"weights")
    assert states(tmp_path) == {"foreign.h5": NO_STATEMENT}


def states(folder: Path) -> dict[str, str]:
    return {found.path.name: found.state for found in verify(folder)}


def test_what_was_proven_is_good(tmp_path: Path) -> None:
    converted(tmp_path)
    converted(tmp_path, "saved")
    assert states(tmp_path) == {"model.keras": GOOD, "saved": GOOD}
    assert {found.to for found in verify(tmp_path)} == {"2.21-cpu"}


def test_other_bytes_files_too_many_or_too_few_and_none_at_all_are_seen(tmp_path: Path) -> None:
    for name in ("other", "more", "fewer", "gone.keras", "changed.keras"):
        converted(tmp_path, name)
    (tmp_path / "other" / "saved_model.pb").write_bytes(b"graph of somebody else")
    (tmp_path / "more" / "assets").mkdir()
    (tmp_path / "more" / "assets" / "vocabulary.txt").write_bytes(b"words")
    (tmp_path / "fewer" / "variables" / "variables.index").unlink()
    (tmp_path / "gone.keras").unlink()
    (tmp_path / "changed.keras").write_bytes(b"convertec")
    wrong = dict.fromkeys(("other", "more", "fewer", "changed.keras"), CHANGED)
    assert states(tmp_path) == {**wrong, "gone.keras": MISSING}


def test_what_nothing_vouches_for_is_said(tmp_path: Path) -> None:
    converted(tmp_path)
    (tmp_path / "foreign.h5").write_bytes(b"weights")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"graph")
    assert states(tmp_path) == {"model.keras": GOOD, "foreign.h5": NO_STATEMENT, "saved": NO_STATEMENT}


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": []},
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"subject": [{"name": "other.keras", "digest": {"sha256": "0"}}]},
        {"subject": [{"name": "../model.keras", "digest": {"sha256": "0"}}]},
        {"subject": [{"name": "", "digest": {"sha256": "0"}}]},
        {"subject": [{"name": ".", "digest": {"sha256": "0"}}]},
        {"subject": [{"name": "a\0b", "digest": {"sha256": "0"}}]},
        {"subject": "nothing"},
        {"predicate": {}},
    ],
)
def test_a_statement_about_something_else_vouches_for_nothing(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = converted(tmp_path)
    said = json.loads(statement_path(path).read_text(encoding="utf-8"))
    statement_path(path).write_text(json.dumps({**said, **changes}), encoding="utf-8")
    assert states(tmp_path) == {"model.keras": CHANGED}


def test_a_statement_cannot_vouch_by_way_of_a_file_outside(tmp_path: Path) -> None:
    path, other = converted(tmp_path), tmp_path / "other.keras"
    other.write_bytes(b"whole")
    path.write_bytes(b"changed")
    said = json.loads(statement_path(path).read_text(encoding="utf-8"))
    said["subject"] = [{"name": "other.keras", "digest": {"sha256": digest_of_model(other)["sha256"]}}]
    statement_path(path).write_text(json.dumps(said), encoding="utf-8")
    assert states(tmp_path)["model.keras"] == CHANGED


def _nested(path: Path) -> None:
    path.write_text("[" * 200_000, encoding="utf-8")


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _of_holes(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(10 << 40)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [_nested, _endless, _of_holes, os.mkfifo])
@pytest.mark.parametrize("which", ["statement", "model"])
def test_what_has_no_end_is_not_read_to_its_end(tmp_path: Path, make: Callable[[Path], None], which: str) -> None:
    path = converted(tmp_path)
    place = statement_path(path) if which == "statement" else path
    place.unlink()
    make(place)
    assert states(tmp_path) == {"model.keras": CHANGED}
