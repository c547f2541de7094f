"""The planner gives what the vectors say; tests of the page hold its planner against the same ones."""

from typing import Any

import pytest

from tests.unit.upgrade import plan_vectors

SETS = plan_vectors.read()


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_plans_are_those_of_the_vectors(one: dict[str, Any]) -> None:
    for plan in one["plans"]:
        found = plan_vectors.planned(one["rows"], one["environments"], plan["start"], plan["to"], plan["most"])
        assert {**found, "route": _listed(found["route"])} == plan


def test_the_vectors_show_every_way_and_degree_of_loss() -> None:
    entries = [entry for one in SETS for plan in one["plans"] for entry in plan["entries"]]

    assert {entry[2] for entry in entries} == {"plainly", "with loss", "with a remedy", "with hops", "no way found"}
    assert {tuple(entry[3:5]) for entry in entries if len(entry) > 4} >= {
        (loss, hops) for loss in range(4) for hops in (0, 1)
    }
    assert any(entry[4] == 2 for entry in entries if len(entry) > 4)


def _listed(route: Any) -> Any:
    return route if route in (None, plan_vectors.OPEN) else [route[0], route[1], [list(pair) for pair in route[2]]]
