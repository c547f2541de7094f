"""Measurements that are added to others: what stays, what is replaced, what is void."""

from typing import Any

from crossload.shipped.file_format import Measurements, pack
from crossload.shipped.joining import add
from tests.unit.shipped.test_file_format import FACTS, environment, row, scenarios, small

LATER = {"date": "2026-03-04", "version": "2", "command": "crossload run", "host": "other"}


def later(*rows: dict[str, Any], digest: str = "d", scenario: str = "s") -> Measurements:
    """A run of 2.10 and 2.15."""
    described = [{**item, "digest": scenario} for item in scenarios("dense", "lstm")]
    return pack(rows, FACTS | LATER, [environment("2.10-cpu", digest), environment("2.15-cpu")], described)


def verdicts(measured: Measurements) -> dict[tuple[str, str, str], str]:
    return {(item["scenario"], item["saved_with"], item["loaded_with"]): item["verdict"] for item in measured.rows()}


def test_cells_are_replaced_one_by_one_and_the_others_stay() -> None:
    own = [row("dense", "h5", "2.10-cpu", "2.4-cpu", verdict="remedy"), row("lstm", "h5", "2.10-cpu", "2.15-cpu")]
    environments = [environment(name) for name in ("2.4-cpu", "2.10-cpu", "2.15-cpu")]
    joined = add(small(), pack(own, FACTS | LATER, environments, scenarios("dense", "lstm")))
    assert verdicts(joined) == {
        ("dense", "2.4-cpu", "2.10-cpu"): "exact",
        ("dense", "2.10-cpu", "2.4-cpu"): "remedy",
        ("dense", "2.4-cpu", ""): "cannot-save",
        ("lstm", "2.10-cpu", "2.15-cpu"): "exact",
    }
    # None of them stands there twice: a question would be answered by either.
    assert len(list(joined.rows())) == 4
    assert joined.environment_ids == ["2.4-cpu", "2.10-cpu", "2.15-cpu"]
    assert joined.facts["date"] == "2026-01-02"
    assert [item["command"] for item in joined.facts["added"]] == ["crossload run"]
    assert joined.dates == "2026-01-02 to 2026-03-04"


def test_what_was_measured_with_other_pins_is_void() -> None:
    joined = add(small(), later(row("lstm", "h5", "2.10-cpu", "2.15-cpu"), digest="another"))
    assert verdicts(joined) == {("dense", "2.4-cpu", ""): "cannot-save", ("lstm", "2.10-cpu", "2.15-cpu"): "exact"}


def test_cells_of_another_source_do_not_answer_beside_new_ones() -> None:
    own = [row("dense", "h5", "2.10-cpu", "2.15-cpu")]
    assert verdicts(add(small(), later(*own, scenario="changed"))) == {("dense", "2.10-cpu", "2.15-cpu"): "exact"}
    assert ("dense", "2.4-cpu", "2.10-cpu") in verdicts(add(small(), later(*own)))


def test_what_a_run_of_fewer_formats_does_not_know_of_a_model_is_kept() -> None:
    before = small()
    known = [{**item, "features": {"classes": ["Dense"]}} for item in before.scenarios]
    whole = pack(list(before.rows()), FACTS, before.environments, known)
    joined = add(whole, later(row("dense", "h5", "2.10-cpu", "2.15-cpu")))
    assert {item["name"]: item["features"] for item in joined.scenarios}["dense"] == {"classes": ["Dense"]}


def test_adding_twice_tells_both_runs() -> None:
    own = later(row("dense", "h5", "2.10-cpu", "2.15-cpu"))
    assert len(add(add(small(), own), own).facts["added"]) == 2
