"""The shipped file: what goes in comes out, it stays small, and a damaged one is said."""

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from crossload.domain.verdicts import SCORED
from crossload.errors import StoreError
from crossload.shipped.answers import Known, known_environments, read_known
from crossload.shipped.file_format import OUTCOME, Measurements, pack, read, write
from crossload.shipped.joining import add, joined_environments

FACTS = {"date": "2026-01-02", "version": "1", "command": "", "host": "", "backend": "venv", "tolerances": {}}


def environment(name: str, digest: str = "d") -> dict[str, Any]:
    return {"id": name, "digest": digest, "tensorflow": name, "keras": ""}


def row(scenario: str, form: str, saver: str, loader: str, **outcome: Any) -> dict[str, Any]:
    empty = dict.fromkeys(OUTCOME, "") | {"fidelity": 5, "max_abs_diff": 0.0, "verdict": "exact", "attempt": "plain"}
    place = {"scenario": scenario, "family": "core", "format": form, "saved_with": saver, "loaded_with": loader}
    return {**place, **empty, **outcome}


def scenarios(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "family": "core", "digest": "s", "altered": False, "features": {}} for name in names]


def small() -> Measurements:
    rows = [
        row("dense", "h5", "2.4-cpu", "2.10-cpu"),
        row("dense", "h5", "2.10-cpu", "2.4-cpu", verdict="fails", fidelity=None, attempt="", error="keine Ahnung: ü"),
        row("dense", "keras", "2.4-cpu", "", verdict="cannot-save", fidelity=None, attempt=""),
    ]
    return pack(rows, FACTS, [environment("2.4-cpu"), environment("2.10-cpu")], scenarios("dense"))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    packed = small()
    found = read(write(packed, tmp_path / "m.xz"))
    assert list(found.rows()) == list(packed.rows())
    assert {(item["saved_with"], item["loaded_with"]): item["error"] for item in found.rows()} == {
        ("2.4-cpu", "2.10-cpu"): "",
        ("2.10-cpu", "2.4-cpu"): "keine Ahnung: ü",
        ("2.4-cpu", ""): "",
    }
    assert [item["verdict"] for item in found.rows(lambda item: item["verdict"] == "fails")] == ["fails"]
    assert (found.date, len(found), found.environment_ids) == ("2026-01-02", 3, ["2.4-cpu", "2.10-cpu"])


def test_a_cell_that_was_measured_on_a_twin_of_its_file_says_so(tmp_path: Path) -> None:
    ids = ["3.1-cpu", "3.2-cpu", "3.3-cpu"]
    rows = [
        row("dense", "h5", "3.1-cpu", "3.3-cpu"),
        row("dense", "h5", "3.2-cpu", "3.3-cpu", twin="3.1-cpu"),
        row("dense", "h5", "3.3-cpu", "", verdict="cannot-save", fidelity=None, attempt=""),
    ]
    packed = pack(rows, FACTS, [environment(name) for name in ids], scenarios("dense"))
    found = read(write(packed, tmp_path / "m.xz"))
    assert list(found.rows()) == list(packed.rows())
    assert {item["saved_with"]: item["twin"] for item in found.rows()} == {
        "3.1-cpu": "",
        "3.2-cpu": "3.1-cpu",
        "3.3-cpu": "",
    }


def test_what_is_added_keeps_its_twins_and_their_environments() -> None:
    later = pack(
        [row("dense", "h5", "3.2-cpu", "3.3-cpu", twin="3.1-cpu")],
        FACTS,
        [environment(name) for name in ("3.1-cpu", "3.2-cpu", "3.3-cpu")],
        scenarios("dense"),
    )
    joined = add(small(), later)
    assert {item["twin"] for item in joined.rows()} == {"", "3.1-cpu"}
    assert "3.1-cpu" in joined.environment_ids


@pytest.mark.parametrize("change", ["cut", "other", "missing", "schema"])
def test_a_file_that_can_not_be_read_is_said(change: str, tmp_path: Path) -> None:
    path = write(small(), tmp_path / "m.xz")
    if change == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    elif change == "other":
        path.write_bytes(b"no xz at all")
    elif change == "missing":
        path.unlink()
    else:
        import lzma

        content = lzma.decompress(path.read_bytes())
        path.write_bytes(lzma.compress(content.replace(b'"schema":1', b'"schema":7')))
    with pytest.raises(StoreError, match=r"m\.xz: .*(Reinstall|cannot be read|written by another)"):
        read(path)


def test_a_complete_run_stays_below_two_megabytes(tmp_path: Path) -> None:
    generator = random.Random(1)
    ids = [f"2.{number}-cpu" for number in range(25)]
    names = [f"scenario-{number}" for number in range(60)]
    rows = []
    for name in names:
        for form in ("h5", "keras", "savedmodel", "weights.h5"):
            habit = [generator.randrange(200) for _ in range(6)]
            for saver in range(25):
                for loader in range(25):
                    # Neighbouring versions behave alike, with exceptions.
                    number = (
                        habit[(saver // 9) * 2 + loader // 13]
                        if generator.random() > 0.03
                        else generator.randrange(400)
                    )
                    outcome = {
                        **{"verdict": SCORED[number % len(SCORED)], "cause": f"cause-{number % 70}"},
                        "error": f"Error number {number}: " + "layer of the model " * (number % 9),
                    }
                    rows.append(row(name, form, ids[saver], ids[loader], **outcome))
    assert len(rows) == 150_000
    path = write(pack(rows, FACTS, [environment(name) for name in ids], scenarios(*names)), tmp_path / "m.xz")
    assert path.stat().st_size < 2_000_000
    started = time.process_time()
    assert sum(1 for _ in read(path).rows()) == 150_000
    assert time.process_time() - started < 2  # seldom more than 0.3 s; a crowded machine takes longer


def local_run(folder: Path, rows: list[dict[str, Any]], environments: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps({"results": rows, "environments": environments}), encoding="utf-8")
    return folder


def verdicts(known: Any) -> dict[tuple[str, str], str]:
    return {(item["saved_with"], item["loaded_with"]): item["verdict"] for item in known.rows}


def test_a_run_replaces_shipped_cells_one_by_one(tmp_path: Path) -> None:
    shipped = write(small(), tmp_path / "m.xz")
    own = [row("dense", "h5", "2.4-cpu", "2.10-cpu", verdict="lossy"), row("dense", "h5", "2.4-cpu", "2.5-cpu")]
    out = local_run(tmp_path / "out", own, [environment("2.4-cpu"), environment("2.5-cpu"), environment("2.10-cpu")])
    known = read_known(out, shipped=shipped)
    assert known_environments(out, shipped) == known.environments
    assert known_environments(out, tmp_path / "none.xz") == read_known(out, shipped=tmp_path / "none.xz").environments
    assert verdicts(known) == {
        ("2.4-cpu", "2.10-cpu"): "lossy",
        ("2.4-cpu", "2.5-cpu"): "exact",
        ("2.10-cpu", "2.4-cpu"): "fails",
        ("2.4-cpu", ""): "cannot-save",
    }
    assert known.environment_ids == ["2.4-cpu", "2.5-cpu", "2.10-cpu"]
    assert "shipped measurements of 2026-01-02" in known.origin
    assert "replaced by 2 cells of the run in" in known.origin


def test_shipped_cells_of_an_environment_with_other_pins_are_void(tmp_path: Path) -> None:
    shipped = write(small(), tmp_path / "m.xz")
    out = local_run(tmp_path / "out", [], [environment("2.10-cpu", "another")])
    assert verdicts(read_known(out, shipped=shipped)) == {("2.4-cpu", ""): "cannot-save"}


def test_without_a_run_the_shipped_cells_answer_unless_it_was_asked_for(tmp_path: Path) -> None:
    shipped = write(small(), tmp_path / "m.xz")
    assert len(read_known(tmp_path / "none", shipped=shipped).rows) == 3
    assert known_environments(shipped=shipped) == read_known(shipped=shipped).environments
    with pytest.raises(StoreError, match="there are no results here"):
        read_known(tmp_path / "none", shipped=shipped, required=True)


def test_what_is_shipped_can_be_read_and_is_small() -> None:
    from crossload.resources import MEASURED

    found = read(MEASURED)
    assert MEASURED.stat().st_size < 2_000_000
    assert len(found) > 1000
    assert {"float32", "mixed_float16", "cpu_cuda"} <= set(found.facts["tolerances"])
    assert all(len(item["digest"]) == 64 for item in found.environments)
    assert {item["id"] for item in found.environments} >= {f"keras3.{minor}-cpu" for minor in range(16)}
    assert all(item["verdict"] not in ("harness-error", "unavailable") for item in found.rows())


def test_controls_are_known_by_their_names_where_cells_do_not_say_so() -> None:
    rows: list[Any] = [{**row("mine", "h5", "2.10-cpu", "2.10-cpu"), "apart": "control"}]
    known = Known(rows, [], [], "")
    assert {"mine", "q2-1-missing-file", "q3-4-truncated"} <= known.controls
    assert "dense" not in known.controls


def test_a_sample_here_takes_nothing_away_from_what_was_measured_in_full() -> None:
    shipped, here = environment("2.20-cpu"), environment("2.20-cpu") | {"sample": {"like": "2.19-cpu", "text": "."}}
    void, joined = joined_environments([shipped], [here])
    assert (void, joined) == (set(), [shipped])
    void, joined = joined_environments([shipped], [here | {"digest": "other pins"}])
    assert (void, [item.get("sample") is not None for item in joined]) == ({"2.20-cpu"}, [True])
