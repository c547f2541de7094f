"""Routes around a bad cell: which cells they are made of, and what they say."""

from typing import Any, cast

import pytest

from crossload.domain.rows import Outcome, Pool, ResultRow
from crossload.upgrade.routes import COMPOSED, add_routes


def cell(saver: str, loader: str, verdict: str = "exact", **more: Any) -> dict[str, Any]:
    fidelity = {"exact": 5, "equal": 5, "lossy": 3, "remedy": 3}.get(verdict)
    attempt = {"remedy": "compile=False", "fails": ""}.get(verdict, "plain")
    row: dict[str, Any] = {"scenario": "dense", "format": "keras", "saved_with": saver, "loaded_with": loader}
    lost = "optimizer" if verdict == "lossy" else ""
    cost = "optimizer state lost" if verdict == "remedy" else ""
    row |= {"verdict": verdict, "fidelity": fidelity, "attempt": attempt, "lost": lost, "cost": cost, "route": ""}
    return row | {"route_cost": ""} | more


OLD, MIDDLE, NEW, LEGACY = "2.10-cpu", "2.15-cpu", "2.16-cpu", "2.16+tf_keras-cpu"
BAD = cell(OLD, NEW, "fails")


def route(*others: dict[str, Any], bad: dict[str, Any] = BAD) -> tuple[str, str]:
    rows = [as_row(values) for values in (bad, *others)]
    add_routes(rows, Pool())
    return rows[0]["route"], rows[0]["route_cost"]


def as_row(values: dict[str, Any]) -> ResultRow:
    row = ResultRow(values["scenario"], "", values["format"], values["saved_with"], values["loaded_with"])
    row.shared = cast(Outcome, {name: value for name, value in values.items() if name not in ResultRow.OWN})
    return row


def test_the_same_tensorflow_with_legacy_keras() -> None:
    assert route(cell(OLD, LEGACY)) == ("legacy-keras: load in 2.16+tf_keras-cpu", "")
    found = route(cell(OLD, LEGACY, "remedy", lost="optimizer", cost="optimizer state lost"))
    assert found == ("legacy-keras: load in 2.16+tf_keras-cpu with compile=False", "optimizer state lost")
    assert route(cell(OLD, LEGACY, "fails")) == ("", "")


def test_a_hop_is_said_to_be_composed() -> None:
    found, cost = route(cell(OLD, MIDDLE), cell(MIDDLE, NEW, "remedy", format="h5", cost="optimizer state lost"))
    assert found == "hop: load in 2.15-cpu, save as h5, load here with compile=False"
    assert cost == f"{COMPOSED}; optimizer state lost"


@pytest.mark.parametrize(
    "others",
    [
        [],
        [cell(OLD, MIDDLE)],
        [cell(MIDDLE, NEW)],
        [cell(OLD, MIDDLE, "fails"), cell(MIDDLE, NEW)],
        [cell(OLD, MIDDLE), cell(MIDDLE, NEW, "fails")],
        [cell(OLD, MIDDLE), cell(MIDDLE, NEW, "differs")],
        [cell(OLD, MIDDLE), cell(MIDDLE, NEW, scenario="lstm")],
        # A bare function cannot be saved again.
        [cell(OLD, MIDDLE, "remedy", attempt="TFSMLayer"), cell(MIDDLE, NEW)],
        # Loading it where it was saved and saving it as it is changes nothing.
        [cell(OLD, OLD)],
        # What the loader itself writes is no way into it.
        [cell(NEW, NEW)],
    ],
)
def test_without_two_cells_that_fit_there_is_no_route(others: list[dict[str, Any]]) -> None:
    assert route(*others) == ("", "")


def test_the_saver_may_write_another_format() -> None:
    found, _ = route(cell(OLD, OLD), cell(OLD, NEW, "remedy", format="h5"))
    assert found == "hop: load in 2.10-cpu, save as h5, load here with compile=False"


def test_the_highest_fidelity_wins_and_the_fewest_steps_among_equals() -> None:
    hop = [cell(OLD, MIDDLE), cell(MIDDLE, NEW)]
    assert route(*hop, cell(OLD, LEGACY))[0].startswith("legacy-keras")
    assert route(*hop, cell(OLD, LEGACY, "lossy"))[0].startswith("hop")
    other = [cell(OLD, "2.13-cpu"), cell("2.13-cpu", NEW, "lossy")]
    assert "2.15-cpu" in route(*other, *hop)[0]


def test_of_several_formats_the_one_that_comes_through_best_is_named() -> None:
    hop = [cell(OLD, MIDDLE), cell(MIDDLE, NEW, "lossy", lost="optimizer"), cell(MIDDLE, NEW, format="h5")]
    assert "save as h5" in route(*hop)[0]


def test_a_remedy_gets_a_route_only_where_that_keeps_more() -> None:
    remedied = cell(OLD, NEW, "remedy")
    assert route(cell(OLD, LEGACY), bad=remedied)[0].startswith("legacy-keras")
    assert route(cell(OLD, LEGACY, "lossy"), bad=remedied) == ("", "")


@pytest.mark.parametrize("verdict", ["exact", "equal", "lossy", "unavailable", "not-applicable", "cannot-save"])
def test_other_cells_need_no_route(verdict: str) -> None:
    assert route(cell(OLD, LEGACY), bad=cell(OLD, NEW, verdict)) == ("", "")


def test_losses_of_both_cells_are_named_once() -> None:
    lossy = {"lost": "optimizer,training", "fidelity": 3}
    _, cost = route(cell(OLD, MIDDLE, "lossy", **lossy), cell(MIDDLE, NEW, "lossy", **lossy))
    assert cost == f"{COMPOSED}; optimizer state lost"
