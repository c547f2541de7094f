"""Upgrade plans over small tables: the best way for each file, one route for all, and where it gets expensive."""

from typing import Any

import pytest

from crossload.errors import SelectionError
from crossload.upgrade.graph import Loss, best_path, build_graph, follow
from crossload.upgrade.plan import NO_WAY, PLAINLY, WITH_HOPS, WITH_LOSS, WITH_REMEDY, Wish, make_plan
from crossload.upgrade.text import document, route_text, summary_lines, table_rows

OLD, MIDDLE, NEW = ENVIRONMENTS = ["2.10-cpu", "2.15-cpu", "2.21-cpu"]


def cell(
    form: str,
    saver: str,
    loader: str,
    verdict: str = "exact",
    scenario: str = "dense",
    attempt: str = "plain",
    **more: Any,
) -> dict[str, Any]:
    """A row of the results."""
    return {
        **{"scenario": scenario, "family": "core", "format": form, "saved_with": saver, "loaded_with": loader},
        **{"verdict": verdict, "attempt": attempt, "lost": "", "cost": "", "key": f"{form} {saver} {loader}"},
        **more,
    }


HOME_ONLY = ((OLD, "exact"), (MIDDLE, "exact"), (NEW, "fails"))
STATE = {"verdict": "lossy", "lost": "optimizer,training"}
COMPILE = {"verdict": "remedy", "attempt": "compile=False", "cost": "optimizer state lost"}
LAYER = {"verdict": "remedy", "attempt": "TFSMLayer", "cost": "inference only"}


def path(*rows: dict[str, Any], form: str = "h5", **options: Any) -> Any:
    return best_path(build_graph(rows), (OLD, form), NEW, **options)


def test_a_direct_load_that_loses_nothing_is_best() -> None:
    found = path(cell("h5", OLD, NEW), cell("h5", OLD, MIDDLE), cell("keras", MIDDLE, NEW))
    assert (found.hops, found.loss, found.text) == (0, Loss.NOTHING, "load in 2.21-cpu")


def test_a_hop_that_keeps_everything_is_better_than_a_remedy_that_does_not() -> None:
    rows = [cell("h5", OLD, NEW, **COMPILE), cell("h5", OLD, MIDDLE), cell("keras", MIDDLE, NEW)]
    found = path(*rows)
    assert found.text == "load in 2.15-cpu, save as keras; load in 2.21-cpu"
    assert (found.hops, found.losses, found.recipe) == (1, (), ((MIDDLE, "keras"),))
    assert path(*rows, max_hops=0).text == "load in 2.21-cpu with compile=False"


def test_weights_had_no_state_that_a_stop_could_lose() -> None:
    """A stop makes a whole model of them, whose optimizer is a fresh one: a file of a whole model loses its own there."""
    for cost, lost in (("optimizer state lost", ()), ("optimizer state lost, an edited copy", ("an edited copy",))):
        last = cell("h5", OLD, NEW, "remedy", attempt="edit-config+compile=False", cost=cost)
        rows = [cell("weights.h5", OLD, OLD), cell("savedmodel", OLD, OLD), last]
        assert path(*rows, form="weights.h5").losses == lost
        assert path(*rows, form="weights.h5").loss == (Loss.WORK if lost else Loss.NOTHING)
        assert path(*rows, form="savedmodel").loss == Loss.STATE
    rows = [cell("weights.h5", OLD, OLD), cell("h5", OLD, NEW, "lossy", lost="architecture,optimizer,training")]
    found = path(*rows, form="weights.h5")
    assert (found.loss, found.losses) == (Loss.STATE, ("architecture lost",))


def test_of_equal_stops_the_environment_that_wrote_the_file_is_taken() -> None:
    elsewhere = [cell("savedmodel", OLD, MIDDLE), cell("keras", MIDDLE, NEW)]
    at_home = [cell("savedmodel", OLD, OLD), cell("h5", OLD, NEW)]
    for rows in (elsewhere + at_home, at_home + elsewhere):
        assert path(*rows, form="savedmodel").recipe == ((OLD, "h5"),)
    worse = [cell("savedmodel", OLD, OLD), cell("h5", OLD, NEW, **COMPILE)]
    assert path(*elsewhere, *worse, form="savedmodel").recipe == ((MIDDLE, "keras"),)


def test_what_fails_or_differs_is_no_step() -> None:
    assert path(cell("h5", OLD, NEW, "fails"), cell("h5", OLD, MIDDLE, "differs"), cell("keras", MIDDLE, NEW)) is None


def test_a_function_can_not_be_saved_again() -> None:
    rows = [cell("savedmodel", OLD, MIDDLE, **LAYER), cell("keras", MIDDLE, NEW)]
    assert path(*rows, form="savedmodel") is None
    ends = path(cell("savedmodel", OLD, NEW, **LAYER), form="savedmodel")
    assert (ends.loss, ends.losses) == (Loss.TRAINING, ("inference only",))
    assert path(cell("savedmodel", OLD, NEW, **LAYER), form="savedmodel", most=Loss.STATE) is None


def test_weights_that_are_saved_on_the_way_leave_the_optimizer_behind() -> None:
    rows = [cell("h5", OLD, MIDDLE), cell("weights.h5", MIDDLE, NEW)]
    found = path(*rows)
    assert found.losses == ("optimizer state lost", "code needed")
    assert path(*rows, most=Loss.WORK) is None


def test_weights_to_begin_with_have_no_optimizer_to_lose() -> None:
    rows = [cell("weights.h5", OLD, MIDDLE), cell("weights.h5", MIDDLE, NEW)]
    assert path(*rows, form="weights.h5").loss == Loss.NOTHING


def test_every_loss_is_named_once() -> None:
    found = path(cell("h5", OLD, MIDDLE, **STATE), cell("h5", MIDDLE, NEW, **STATE))
    assert found.losses == ("optimizer state lost",)


def test_given_stops_are_followed_or_not() -> None:
    graph = build_graph([cell("h5", OLD, MIDDLE), cell("keras", MIDDLE, NEW), cell("h5", OLD, NEW, "fails")])
    followed = follow(graph, (OLD, "h5"), [(MIDDLE, "keras")], NEW)
    assert followed is not None
    assert followed.hops == 1
    assert follow(graph, (OLD, "h5"), [], NEW) is None
    assert follow(graph, (OLD, "h5"), [(MIDDLE, "h5")], NEW) is None


def home(scenario: str) -> list[dict[str, Any]]:
    """A scenario that loads where it was written and in the middle, and can be written there as keras."""
    return [
        cell("h5", OLD, OLD, scenario=scenario),
        cell("h5", OLD, MIDDLE, scenario=scenario),
        cell("keras", MIDDLE, NEW, scenario=scenario),
    ]


FLEET = [
    *home("plain"), cell("h5", OLD, NEW, scenario="plain"),
    *home("hops"), cell("h5", OLD, NEW, "fails", scenario="hops"),
    *home("remedy"), cell("h5", OLD, NEW, scenario="remedy", **{**COMPILE, "cost": "an edited copy", "attempt": "edit-config"}),
    cell("h5", OLD, OLD, scenario="lossy", **STATE), cell("h5", OLD, MIDDLE, scenario="lossy", **STATE),
    cell("h5", OLD, NEW, scenario="lossy", **STATE),
    cell("h5", OLD, OLD, scenario="stuck"), cell("h5", OLD, MIDDLE, scenario="stuck"),
    cell("h5", OLD, NEW, "crashes", scenario="stuck"),
]  # fmt: skip


def test_every_file_gets_its_way() -> None:
    plan = make_plan(FLEET, Wish(OLD, NEW), ENVIRONMENTS)
    # What the hop keeps, the edited copy keeps too, and it was measured as a whole: nothing is assumed, no environment is built.
    assert {entry.scenario: entry.way for entry in plan.entries} == {
        "plain": PLAINLY,
        "hops": WITH_HOPS,
        "remedy": WITH_REMEDY,
        "lossy": WITH_LOSS,
        "stuck": NO_WAY,
    }
    direct = make_plan(FLEET, Wish(OLD, NEW, max_hops=0), ENVIRONMENTS)
    assert {entry.scenario: entry.way for entry in direct.entries}["remedy"] == WITH_REMEDY


def test_training_can_be_asked_to_go_on() -> None:
    plan = make_plan(FLEET, Wish(OLD, NEW, Loss.WORK), ENVIRONMENTS)
    assert {entry.scenario: entry.way for entry in plan.entries}["lossy"] == NO_WAY


def test_a_route_that_takes_state_from_all_to_help_one_is_not_the_route_for_all() -> None:
    rows = []
    for number in range(5):
        name = f"number-{number}"
        rows += [cell("h5", OLD, NEW, "fails" if number == 0 else "exact", scenario=name)]
        rows += [cell("h5", OLD, MIDDLE, scenario=name, **STATE), cell("h5", MIDDLE, NEW, scenario=name)]
    plan = make_plan(rows, Wish(OLD, NEW), ENVIRONMENTS)
    assert plan.route is not None
    assert (plan.route.recipe, plan.route.works) == ((), 4)


def test_the_route_for_all_may_be_best_for_none() -> None:
    """Each file has a way of its own that loses nothing; the one stop that serves both needs an edited copy."""
    edited = {"verdict": "remedy", "attempt": "edit-config", "cost": "an edited copy"}
    rows = [cell("h5", OLD, name, verdict, scenario=one) for one in ("dense", "lstm") for name, verdict in HOME_ONLY]
    rows += [cell("keras", MIDDLE, NEW, scenario="dense"), cell("weights", MIDDLE, NEW, "fails", scenario="dense")]
    rows += [cell("savedmodel", MIDDLE, NEW, scenario="lstm"), cell("keras", MIDDLE, NEW, "fails", scenario="lstm")]
    rows += [cell("h5", MIDDLE, NEW, scenario=one, **edited) for one in ("dense", "lstm")]
    plan = make_plan(rows, Wish(OLD, NEW), ENVIRONMENTS)
    assert {entry.path.recipe for entry in plan.entries if entry.path} == {
        ((MIDDLE, "keras"),),
        ((MIDDLE, "savedmodel"),),
    }
    assert plan.route is not None
    assert (plan.route.recipe, plan.route.works) == (((MIDDLE, "h5"),), 2)


def test_the_route_for_all_is_the_one_that_leaves_least_behind() -> None:
    plan = make_plan(FLEET, Wish(OLD, NEW), ENVIRONMENTS)
    assert plan.route is not None
    assert (plan.route.recipe, plan.route.works, plan.route.entries) == ((((MIDDLE, "keras")),), 3, 5)
    assert route_text(plan) == "load in 2.15-cpu and save as keras; load in 2.21-cpu: works for 3 of 5; nothing is lost"


def test_where_it_gets_expensive() -> None:
    plan = make_plan(FLEET, Wish(OLD, NEW), ENVIRONMENTS)
    assert plan.latest_without_work == MIDDLE  # what is lossy at home may be lossy there
    assert plan.expensive == (MIDDLE, NEW, 3)
    text = "\n".join(summary_lines(plan))
    assert "without any work: 2.15-cpu." in text
    assert "from 2.15-cpu to 2.21-cpu: 3 files" in text


def test_variants_and_versions_beyond_the_goal_are_no_steps_on_the_way() -> None:
    variant, beyond = "2.15+tf_keras-cpu", "2.22-cpu"
    more = [{**row, "loaded_with": variant, "verdict": "exact"} for row in FLEET if row["loaded_with"] == MIDDLE]
    more += [{**row, "loaded_with": beyond, "verdict": "crashes"} for row in FLEET if row["loaded_with"] == MIDDLE]
    order = [OLD, MIDDLE, variant, NEW, beyond]
    plan = make_plan([*FLEET, *more], Wish(OLD, NEW), order)
    assert plan.expensive == (MIDDLE, NEW, 3)
    assert plan.latest_without_work == MIDDLE
    back = make_plan([*FLEET, *more], Wish(NEW, OLD), order)
    assert back.expensive is None or back.expensive[0] != beyond


def test_what_was_not_run_is_not_claimed() -> None:
    rows = [*home("plain"), cell("h5", OLD, NEW, "unavailable", scenario="plain")]
    plan = make_plan(rows, Wish(OLD, NEW), ENVIRONMENTS)
    assert plan.entries == ()
    assert plan.route is None
    rows = [row for row in FLEET if not (row["scenario"] == "plain" and row["loaded_with"] == MIDDLE)]
    assert make_plan(rows, Wish(OLD, NEW), ENVIRONMENTS).latest_without_work == OLD


def test_formats_are_those_of_the_files_that_there_are() -> None:
    rows = [*FLEET, cell("keras", OLD, NEW, scenario="plain"), cell("keras", OLD, OLD, scenario="plain")]
    assert {entry.format for entry in make_plan(rows, Wish(OLD, NEW), ENVIRONMENTS, ["keras"]).entries} == {"keras"}


def test_an_environment_without_results_is_an_error() -> None:
    with pytest.raises(SelectionError, match=r"2\.99-cpu: these results have no such environment"):
        make_plan(FLEET, Wish(OLD, "2.99-cpu"), ENVIRONMENTS)


def test_tables_and_documents_say_the_same() -> None:
    plan = make_plan(FLEET, Wish(OLD, NEW), ENVIRONMENTS)
    assert table_rows(plan) == [("h5", "core", "1", "1", "1", "1", "1", "load in 2.21-cpu")]
    data = document(plan)
    assert data["counts"] == {"plainly": 1, "with loss": 1, "with a remedy": 1, "with hops": 1, "no way found": 1}
    assert next(item for item in data["files"] if item["scenario"] == "hops")["path"]["cells"] == [
        "h5 2.10-cpu 2.15-cpu",
        "keras 2.15-cpu 2.21-cpu",
    ]


def test_controls_and_files_that_are_not_right_at_home_are_not_moved() -> None:
    more = [
        *(row | {"apart": "control"} for row in home("swapped")),
        cell("h5", OLD, NEW, "differs", scenario="swapped", apart="control"),
        cell("h5", OLD, NEW, scenario="shipped-control"),
        cell("h5", OLD, OLD, "differs", scenario="broken"),
        cell("h5", OLD, NEW, scenario="broken"),
    ]

    plan = make_plan([*FLEET, *more], Wish(OLD, NEW), ENVIRONMENTS, controls={"shipped-control"})

    assert {entry.scenario for entry in plan.entries} == {"plain", "hops", "remedy", "lossy", "stuck"}
    assert plan.wrong_at_home == 1
    assert summary_lines(plan)[1] == "Apart: 1 that are not right in 2.10-cpu itself."
