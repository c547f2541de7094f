"""What is said of a file's risks before it is loaded anywhere, and which ways of converting it come last."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.app import convert
from crossload.environments.model import Environment
from crossload.inspection import carried
from crossload.inspection.carried import Carried
from crossload.inspection.security import standing
from crossload.inspection.security.canaries import Flight, Flights
from crossload.user_models import security
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.model_file import NoWayError, UserModel
from crossload.user_models.sarif import sarif
from tests.unit.doubles import environment

HOME, LEGACY, NEW = "2.10-cpu", "2.21+tf_keras-cpu", "2.21-cpu"
KERAS = {HOME: "2.10.0", LEGACY: "2.21.0", NEW: "3.15.1", "2.15-cpu": "2.15.0", "keras3.9-cpu": "3.9.2"}

GUARD = "ValueError: not allowed, pass safe_mode=False"


def _flight(keras: str, form: str, ending: str, package: str = "keras", canary: str = "lambda") -> Flight:
    refused = ending == "refused"
    return Flight(canary, form, keras, package, keras, "d", ending, "runs" if refused else "", GUARD * refused, 1)


FLOWN = [
    _flight("2.10.0", "h5", "runs"),
    _flight("2.21.0", "h5", "runs", "tf_keras"),
    _flight("3.15.1", "h5", "refused"),
    _flight("2.12.0", "keras", "runs"),
    _flight("3.9.2", "keras", "refused"),
    _flight("3.9.2", "h5", "runs"),
    _flight("2.15.0", "keras", "runs", canary="foreign-model"),
    _flight("2.10.0", "h5", "reads", canary="external-storage"),
]


@pytest.fixture(autouse=True)
def known_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    from packaging.version import Version

    monkeypatch.setattr(security, "keras_of", lambda item: Version(KERAS[item.id]))
    monkeypatch.setattr(standing, "shipped_flights", lambda: Flights(FLOWN))


def model(*constructs: str, form: str = "h5") -> UserModel:
    found = SimpleNamespace(carries=tuple(Carried(name, "here") for name in constructs))
    return cast(UserModel, SimpleNamespace(found=found, format=form, path="model"))


def places(*names: str) -> list[Environment]:
    return [environment(name) for name in names]


def test_who_would_run_it_and_who_refuses() -> None:
    lines = security.risk_lines(model(carried.LAMBDA), places(HOME, NEW))
    assert lines[0] == "carries: Python bytecode that a Lambda layer runs (here)"
    assert lines[1] == (
        "  2.10-cpu (Keras 2.10.0): would run it (measured; CVE-2024-3660 (h5, SavedModel)); mended in Keras 3.0.0"
    )
    assert lines[2] == "  2.21-cpu (Keras 3.15.1): refuses it (measured); the model needs safe_mode=False there"
    assert security.risk_lines(model(), places(HOME)) == []


def test_of_several_constructs_each_has_its_line() -> None:
    lines = security.risk_lines(model(carried.LAMBDA, carried.EXTERNAL_STORAGE), places(HOME))
    assert [line.split(": ")[1] for line in lines[2:]] == [carried.LAMBDA, carried.EXTERNAL_STORAGE]


def test_only_what_lets_it_is_a_risk() -> None:
    risks = security.loader_risks(model(carried.LAMBDA), places(HOME, NEW))
    assert [item.environment for item in risks] == [HOME]
    assert risks[0].advisories == ("CVE-2024-3660 (h5, SavedModel)",)
    assert risks[0].fixed == ("3.0.0",)


def test_what_was_measured_and_is_not_published_is_in_sarif_too() -> None:
    told = sarif(model(carried.FOREIGN_MODULE, form="keras"), places("2.15-cpu"))
    levels = {item["ruleId"]: item["level"] for item in told["runs"][0]["results"]}
    assert levels["measured-foreign-module"] == "error"


def _ordered(
    opened: UserModel, recipes: list[tuple[tuple[str, str], ...]], only: bool, to: str = NEW, trust: bool = False
) -> tuple[list[Any], list[str]]:
    said: list[str] = []
    known = {item.id: item for item in places(*KERAS)}
    routes = [Candidate(recipe, None, 0) for recipe in recipes]
    if only:
        found = convert._safe_ones(routes, opened, known[HOME], known[to], known, trust, said.append)
    else:
        found = convert._safe_first(routes, opened, known[HOME], known, said.append)
    return [item.recipe for item in found], said


def test_ways_through_a_keras_that_runs_it_come_last_or_not_at_all() -> None:
    legacy, through_home, direct = ((LEGACY, "keras"),), ((HOME, "h5"),), ()
    recipes = [legacy, through_home, direct]
    found, said = _ordered(model(carried.LAMBDA), recipes, only=False)
    assert found == [through_home, direct, legacy]
    assert said == [
        f"The way through {LEGACY} is not safe, though it is the one of legacy Keras: Python bytecode that a Lambda layer "
        f"runs: would run it (measured; tf_keras (open)). It is tried last."
    ]
    found, said = _ordered(model(carried.LAMBDA), recipes, only=True)
    assert found == [through_home, direct]
    assert said[0].endswith("It is left out.")
    assert _ordered(model(), recipes, only=True) == (recipes, [])


def test_a_target_that_runs_it_itself_ends_no_safe_way() -> None:
    with pytest.raises(NoWayError, match=r"every way to keras3\.9-cpu goes through a Keras that would run"):
        _ordered(model(carried.LAMBDA), [(), ((NEW, "h5"),)], only=True, to="keras3.9-cpu")
    # What 2.10 calls `.keras` is an HDF5 file.
    with pytest.raises(NoWayError):
        _ordered(model(carried.LAMBDA), [((HOME, "keras"),)], only=True, to="keras3.9-cpu")
    # By way of an archive, it refuses.
    through = ((NEW, "keras"),)
    assert _ordered(model(carried.LAMBDA), [(), through], only=True, to="keras3.9-cpu")[0] == [through]
    assert _ordered(model(carried.LAMBDA), [()], only=False, to="keras3.9-cpu") == ([()], [])


def test_a_later_stop_is_judged_by_the_format_that_it_is_given() -> None:
    """Keras 3.9 runs a Lambda of an h5, and refuses one of a .keras."""
    known = {item.id: item for item in places(*KERAS)}
    opened = model(carried.LAMBDA)
    assert "keras3.9-cpu" in security.stops_that_let(opened, (("keras3.9-cpu", "keras"),), known)
    stops = (("2.15-cpu", "keras"), ("keras3.9-cpu", "keras"))
    assert "keras3.9-cpu" not in security.stops_that_let(opened, stops, known)
