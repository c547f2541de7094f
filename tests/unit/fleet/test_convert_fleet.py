"""``crossload convert`` for many models, and ``crossload verify``."""

import json
from pathlib import Path
from typing import Any

import pytest

from crossload.app import model_bench
from crossload.app.fleet.convert import destinations
from tests.unit.cli.test_answers import KERAS_2, Bench, Shell, crossload, on
from tests.unit.inspection import files

__all__ = ["crossload", "on"]
ASKED = ("convert", "models", "--to", "2.16", "--out", "new")


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models, one of weights alone, one that is damaged."""
    monkeypatch.setattr(model_bench, "choose_backend", lambda *arguments: (Bench(), "scripted"))
    folder = tmp_path / "models"
    (folder / "team ä").mkdir(parents=True)
    files.hdf5(folder / "team ä" / "one.h5", KERAS_2)
    files.hdf5(folder / "two.h5", KERAS_2, files.TRAINING)
    files.hdf5(folder / "weights.h5")
    (folder / "broken.h5").write_bytes((folder / "two.h5").read_bytes()[:700])
    return folder


def converted(crossload: Shell) -> str:
    """What is said where the two models are converted, and the others fail."""
    said = crossload(*ASKED, code=1)
    # As one text: of a list pytest shows only the ends.
    failed = "\n".join(line for line in said.splitlines() if ": failed: " in line)
    assert "two.h5: converted" in said, failed
    assert "one.h5: converted" in said, failed
    return said


def test_a_folder_is_mirrored_and_what_is_up_to_date_is_left(crossload: Shell, fleet: Path) -> None:
    before = {path: path.read_bytes() for path in fleet.rglob("*.h5")}
    said = converted(crossload)
    assert "2 failed, 2 converted" in said or "2 converted, 2 failed" in said, said
    assert "--build" in said
    new = Path("new")
    assert (new / "team ä" / "one.keras").is_file()
    statement = json.loads((new / "two.keras.intoto.json").read_text(encoding="utf-8"))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["name"] == "two.keras"
    assert statement["predicate"]["environments"]["2.16-cpu"]["pins"]
    states = {item["name"]: item["state"] for item in json.loads((new / "manifest.json").read_text())["models"]}
    assert states == {
        "broken.h5": "failed",
        "team ä/one.h5": "converted",
        "two.h5": "converted",
        "weights.h5": "failed",
    }
    assert "2 up to date" in crossload(*ASKED, code=1)
    assert {path: path.read_bytes() for path in fleet.rglob("*.h5")} == before


def test_of_models_made_alike_one_walks_the_routes_and_each_is_proven(
    crossload: Shell, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = Bench()
    monkeypatch.setattr(model_bench, "choose_backend", lambda *arguments: (backend, "scripted"))
    for number in range(3):
        files.hdf5(fleet / f"alike {number}.h5", KERAS_2)
    assert "5 converted" in crossload(*ASKED, "--jobs", "1", code=1)
    # Each is measured where it was written, saved anew, and loaded plainly in the target.
    assert backend.count("reference") == 5
    assert backend.count("resave") == 5
    # Those that follow are not loaded a second time to be saved: how the first one was loaded is known.
    assert backend.count("load") == 2 * 2 + 3
    proofs = [json.loads(path.read_text(encoding="utf-8")) for path in Path("new").rglob("alike *.keras.json")]
    assert [proof["measured"]["rungs"]["outputs"] for proof in proofs] == ["pass"] * 3
    assert sorted({step["like"] for proof in proofs for step in proof["route"] if "like" in step}) == ["alike 0.h5"]


def test_what_was_killed_goes_on_by_what_is_proven_already(crossload: Shell, fleet: Path, on: Any) -> None:
    for number in range(3):
        files.hdf5(fleet / f"alike {number}.h5", KERAS_2)
    converted(crossload)
    for path in Path("new").glob("alike 2.keras*"):
        path.unlink()
    on(backend := Bench())
    said = crossload(*ASKED, code=1)
    assert "1 converted" in said, said
    assert (backend.count("reference"), backend.count("resave"), backend.count("load")) == (1, 1, 1)
    (route,) = [json.loads(path.read_text())["route"] for path in Path("new").glob("alike 2.keras.json")]
    assert route[0]["like"] == "alike 0.h5"


def test_where_one_finds_no_way_the_others_do_not_walk_every_route(crossload: Shell, fleet: Path, on: Any) -> None:
    on(backend := Bench(loads_there=False))
    for number in range(3):
        files.hdf5(fleet / f"alike {number}.h5", KERAS_2)
    crossload(*ASKED, "--jobs", "1", code=1)
    told = {item["name"]: item["why"] for item in json.loads(Path("new/manifest.json").read_text())["models"]}
    assert "(1 route walked)" in told["alike 1.h5"]
    assert told["alike 1.h5"].endswith("none was found for alike 0.h5, which is made alike.")
    assert "routes walked)" in told["alike 0.h5"]
    assert "made alike" not in told["alike 0.h5"]
    assert backend.count("reference") == 5


def test_nothing_is_overwritten_where_the_input_changed(crossload: Shell, fleet: Path) -> None:
    converted(crossload)
    made = Path("new/two.keras")
    before = made.stat().st_mtime_ns
    files.hdf5(fleet / "two.h5", KERAS_2)
    assert "exists already and is not overwritten" in crossload(*ASKED, code=1)
    assert made.stat().st_mtime_ns == before


def test_what_was_killed_on_the_way_is_done_again(crossload: Shell, fleet: Path) -> None:
    converted(crossload)
    Path("new/two.keras").unlink()  # its proof is written first
    Path("new/team ä/one.keras.intoto.json").unlink()  # and its statement last
    said = crossload(*ASKED, code=1)
    assert "two.h5: converted" in said
    assert Path("new/two.keras").is_file()
    assert Path("new/team ä/one.keras.intoto.json").is_file()


def test_files_are_held_against_what_vouches_for_them(crossload: Shell, fleet: Path) -> None:
    converted(crossload)
    assert "2 of 2 files are what was proven." in crossload("verify", "new")
    assert "2 of 2 files are what was proven and load." in crossload("verify", "new", "--reload", "--trust")
    with Path("new/two.keras").open("ab") as stream:
        stream.write(b"x")
    files.keras_zip(Path("new/other.keras"))
    said = crossload("verify", "new", code=1)
    assert "new/two.keras: changed" in said
    assert "new/other.keras: no statement" in said
    Path("new/two.keras").unlink()
    rows = {row["path"]: row["state"] for row in json.loads(crossload("verify", "new", "--json", code=1))}
    assert rows["new/two.keras"] == "missing"
    assert "there is no such folder" in crossload("verify", "none", code=2)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "other.keras"])
def test_a_statement_about_other_files_vouches_for_nothing(crossload: Shell, fleet: Path, name: str) -> None:
    converted(crossload)
    path = Path("new/two.keras.intoto.json")
    said = json.loads(path.read_text(encoding="utf-8"))
    said["subject"][0]["name"] = name
    path.write_text(json.dumps(said), encoding="utf-8")
    assert "its statement is about other files" in crossload("verify", "new", code=1)
    path.write_text("[]", encoding="utf-8")
    assert "cannot be read" in crossload("verify", "new", code=1)


def test_no_two_models_get_one_place_and_none_leads_out() -> None:
    names = ["a/m.h5", "a/m.keras", "b/ckpt-1", "../../x.h5", "s3://b/c: m.h5", "/abs/m.h5", "q.h5", "q.h5"]
    found = destinations(names, ".keras")
    assert len(set(found)) == len(names)
    assert [str(place) for place in found[:3]] == ["a/m.h5.keras", "a/m.keras.keras", "b/ckpt-1.keras"]
    assert not any(place.is_absolute() or ".." in place.parts for place in found)
    assert len(set(destinations(names, ""))) == len(names)
