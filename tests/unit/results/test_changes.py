"""Since when a verdict is what it is: neighbours in the order of their versions."""

from typing import Any

import pytest

from crossload.results.changes import changes

VERSIONS = ("2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu")


def cell(saver: str, loader: str, verdict: str, **more: Any) -> dict[str, Any]:
    row = {"scenario": "dense", "format": "h5", "saved_with": saver, "loaded_with": loader, "verdict": verdict}
    return row | {"attempt": "", "error_type": "", "error": "", "key": f"{saver}>{loader}"} | more


def found(rows: list[dict[str, Any]], axis: str) -> list[tuple[str, ...]]:
    table = changes(rows)
    names = ["fixed", "before", "after", "verdict_before", "verdict_after", "direction"]
    return list(table[table["axis"] == axis][names].itertuples(index=False, name=None))


def along(verdicts: dict[str, str], saver: str = "2.4-cpu") -> list[dict[str, Any]]:
    return [cell(saver, loader, verdict) for loader, verdict in verdicts.items()]


def test_the_first_environment_that_shows_the_new_behaviour() -> None:
    rows = along({"2.16-cpu": "fails", "2.4-cpu": "exact", "2.15-cpu": "exact", "2.10-cpu": "exact"})
    assert found(rows, "loader") == [("2.4-cpu", "2.15-cpu", "2.16-cpu", "exact", "fails", "worse")]
    (row,) = changes(rows).to_dict("records")
    assert (row["key_before"], row["key_after"]) == ("2.4-cpu>2.15-cpu", "2.4-cpu>2.16-cpu")


def test_results_may_go_back_and_forth() -> None:
    rows = along(dict(zip(VERSIONS, ("exact", "fails", "lossy", "differs"), strict=True)))
    assert [(row[1], row[2], row[5]) for row in found(rows, "loader")] == [
        ("2.4-cpu", "2.10-cpu", "worse"),
        ("2.10-cpu", "2.15-cpu", "better"),
        ("2.15-cpu", "2.16-cpu", "worse"),
    ]


def test_exact_and_equal_are_equally_good() -> None:
    assert [row[5] for row in found(along({"2.4-cpu": "exact", "2.10-cpu": "equal"}), "loader")] == ["same"]


def test_what_was_not_measured_is_skipped_and_named() -> None:
    rows = along({"2.4-cpu": "exact", "2.10-cpu": "unavailable", "2.15-cpu": "harness-error", "2.16-cpu": "fails"})
    table = changes(rows)
    assert list(table["skipped"]) == ["2.10-cpu,2.15-cpu"]


def test_savers_are_neighbours_too_and_one_that_can_not_save_stands_among_them() -> None:
    rows = [cell("2.4-cpu", "", "cannot-save"), cell("2.10-cpu", "2.16-cpu", "exact")]
    rows += [cell("2.15-cpu", "2.16-cpu", "exact"), cell("2.16-cpu", "2.16-cpu", "equal")]
    assert found(rows, "saver") == [
        ("2.16-cpu", "2.4-cpu", "2.10-cpu", "cannot-save", "exact", "better"),
        ("2.16-cpu", "2.15-cpu", "2.16-cpu", "exact", "equal", "same"),
    ]
    assert found(rows, "loader") == []


def test_environments_that_vary_something_else_have_no_neighbours() -> None:
    others = {"2.16+tf_keras-cpu": "exact", "2.16-cuda": "crashes", "nightly-cpu": "fails", "2.16-cpu": "lossy"}
    assert found(along(others), "loader") == []
    assert found(along({"2.15-cuda": "exact", "2.15-cpu": "fails", **others}), "loader") == [
        ("2.4-cpu", "2.15-cpu", "2.16-cpu", "fails", "lossy", "better"),
        ("2.4-cpu", "2.15-cuda", "2.16-cuda", "exact", "crashes", "worse"),
    ]


def test_scenarios_and_formats_are_apart() -> None:
    rows = [*along({"2.4-cpu": "exact"}), cell("2.4-cpu", "2.10-cpu", "fails", format="keras")]
    assert changes([*rows, cell("2.4-cpu", "2.15-cpu", "fails", scenario="lstm")]).empty
    assert changes([]).empty


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [("differs", "cannot-save", "better"), ("crashes", "cannot-save", "worse"), ("lossy", "remedy", "worse")],
)
def test_a_change_has_the_direction_of_the_one_order(before: str, after: str, direction: str) -> None:
    saved = {verdict: verdict != "cannot-save" for verdict in (before, after)}
    rows = [cell("2.15-cpu", "2.16-cpu" if saved[before] else "", before)]
    rows += [cell("2.16-cpu", "2.16-cpu" if saved[after] else "", after), cell("2.4-cpu", "2.16-cpu", before)]
    assert [row[-1] for row in found(rows, "saver")][-1] == direction
