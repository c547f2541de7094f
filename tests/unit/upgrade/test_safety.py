"""Plans for whoever does not trust the files: loads that would run what they carry are no ways."""

from typing import Any

from crossload.upgrade.plan import NO_WAY, PLAINLY, WITH_HOPS, Wish, make_plan
from crossload.upgrade.safety import unsafe_loads
from crossload.upgrade.text import document, summary_lines
from tests.unit.upgrade.test_plan import MIDDLE, NEW, OLD, cell

ENVIRONMENTS = [
    {"id": OLD, "keras": "2.10.0"},
    {"id": MIDDLE, "keras": "2.15.0"},
    {"id": "2.21+tf_keras-cpu", "keras": "2.21.0"},
    {"id": NEW, "keras": "3.15.1"},
]
LAMBDA = [{"name": "lambda", "features": {"lambdas": True, "custom": False}}, {"name": "dense", "features": {}}]
NAMES = [str(item["id"]) for item in ENVIRONMENTS]


def _plan(rows: list[dict[str, Any]], to: str = NEW, safe: bool = True) -> Any:
    unsafe = unsafe_loads(LAMBDA, ENVIRONMENTS) if safe else None
    return make_plan(rows, Wish(OLD, to), NAMES, unsafe=unsafe)


def test_a_load_with_safe_mode_off_is_no_way() -> None:
    trusted = {"verdict": "remedy", "attempt": "safe_mode=False", "cost": "trusted file only"}
    rows = [cell("keras", OLD, OLD), cell("keras", OLD, NEW, **trusted)]
    assert _plan(rows, safe=False).entries[0].path is not None
    found = _plan(rows)
    assert (found.entries[0].way, found.unsafe_loads) == (NO_WAY, 1)
    assert "Left out as not safe: 1 of their loads" in summary_lines(found)[1]
    assert document(found)["unsafe_loads_left_out"] == 1
    assert document(_plan(rows, safe=False))["unsafe_loads_left_out"] is None


def test_what_carries_a_lambda_does_not_go_through_a_keras_that_runs_it() -> None:
    rows = [
        cell("h5", OLD, OLD, scenario="lambda"),
        cell("h5", OLD, MIDDLE, scenario="lambda"),
        cell("keras", MIDDLE, NEW, scenario="lambda"),
        cell("h5", OLD, NEW, "fails", scenario="lambda"),
    ]
    assert _plan(rows, safe=False).entries[0].way == WITH_HOPS
    assert _plan(rows).entries[0].way == NO_WAY
    same = [row | {"scenario": "dense"} for row in rows]
    assert _plan(same).entries[0].way == WITH_HOPS


def test_the_way_through_legacy_keras_is_the_unsafe_one() -> None:
    legacy = "2.21+tf_keras-cpu"
    rows = [cell("h5", OLD, OLD, scenario="lambda"), cell("h5", OLD, legacy, scenario="lambda")]
    assert _plan(rows, to=legacy, safe=False).entries[0].way == PLAINLY
    found = _plan(rows, to=legacy)
    assert found.entries[0].way == NO_WAY
    assert found.latest_without_work == OLD


def test_what_an_environment_wrote_it_may_load_itself() -> None:
    rows = [cell("h5", OLD, OLD, scenario="lambda"), cell("keras", OLD, NEW, scenario="lambda")]
    rows.append(cell("h5", OLD, NEW, "fails", scenario="lambda"))
    ways = {entry.format: entry.way for entry in _plan(rows).entries}
    assert ways["h5"] == WITH_HOPS


def test_a_class_of_ones_own_is_named_by_its_module() -> None:
    tells = unsafe_loads([{"name": "dense", "features": {"custom": True, "lambdas": False}}], ENVIRONMENTS)
    assert not tells(cell("keras", MIDDLE, NEW))
    tells = unsafe_loads(
        [{"name": "dense", "features": {"custom": True, "lambdas": False}}], [{"id": "keras3.8-cpu", "keras": "3.8.0"}]
    )
    assert tells(cell("keras", MIDDLE, "keras3.8-cpu"))
