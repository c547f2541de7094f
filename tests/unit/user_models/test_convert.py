"""How a conversion ends where no way is found: what stops it once, what is left, and the exit code of a finding."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.domain.verdicts import EXACT, FAILS, LOSSY, REMEDY, Judged, Verdict
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.convert import Converter, Example
from crossload.user_models.model_file import CannotLoadError, NoWayError
from crossload.user_models.saver import Writer
from tests.unit.doubles import config

STOPS = "layer tf.math.bessel_i0: the operation tf.math.bessel_i0 has no equal in the table"


def conversion(verdict: Verdict, trace: bool = False, **more: Any) -> tuple[Converter, list[str]]:
    """A conversion of which every load ends so, and what it says."""
    said: list[str] = []
    bench = SimpleNamespace(
        given=SimpleNamespace(model=SimpleNamespace(path=Path("model.h5"))),
        places=SimpleNamespace(state=lambda place: SimpleNamespace(state="ready", reason="")),
        reference=lambda saver: SimpleNamespace(format="h5", saved_with=saver),
        judged=lambda artifact, place: verdict,
        facts={"attempt": "plain"},
        **more,
    )
    saver: Any = SimpleNamespace(id="2.10-cpu")
    to: Any = SimpleNamespace(id="2.21-cpu")
    return Converter(bench, Writer(saver, "", exact=False), to, "keras", False, said.append, trace), said  # type: ignore[arg-type]


@pytest.mark.parametrize("others", [("2.0-cpu",), ("2.2-cpu", "2.0-cpu"), ("2.2-cpu",)])
def test_what_stands_for_the_writer_and_cannot_load_it_gives_way_to_what_can(others: tuple[str, ...]) -> None:
    """Standalone Keras 2.2 wrote a list as the configuration of Sequential, which TensorFlow 2.1 cannot read and 2.0 can."""

    def reference(saver: str) -> Any:
        if saver != "2.0-cpu":
            raise CannotLoadError(f"model.h5: {saver} cannot load it: 'list' object has no attribute 'items'.")
        return SimpleNamespace(format="h5", saved_with=saver)

    converter, said = conversion(Verdict(FAILS, None, Judged("plain", "raised")))
    stand_ins: Any = [SimpleNamespace(id=name) for name in others]
    bench: Any = converter._bench
    bench.reference, bench.given.hidden = reference, ""
    with pytest.raises(NoWayError if "2.0-cpu" in others else CannotLoadError) as raised:
        converter.convert(ROUTES, stand_ins)
    assert ("2 routes walked" in str(raised.value)) is ("2.0-cpu" in others)
    if "2.0-cpu" in others:
        assert converter.saver.id == "2.0-cpu"
        assert said[-5].startswith("2.0-cpu: it stands for what wrote the file")
    assert said[0] == "2.10-cpu: reading the model in the place of what wrote it"


ROUTES = [Candidate((), None, 0), Candidate((("2.15-cpu", "keras"),), None, 0)]


def ended(verdict: Verdict) -> NoWayError:
    converter, _ = conversion(verdict)
    with pytest.raises(NoWayError) as raised:
        converter.convert(ROUTES)
    return raised.value


def test_what_has_no_equal_is_named_rather_than_what_plain_loading_says() -> None:
    plain = Judged("plain", "raised", error_type="ValueError", error="Unknown layer: 'TFOpLambda'")
    error = ended(Verdict(FAILS, None, plain, untranslated=STOPS))
    assert error.exit_code == 1
    lines = str(error).splitlines()
    assert lines[0] == (
        "model.h5: no route to a keras file that 2.21-cpu loads plainly was found (2 routes walked). Nothing was written."
    )
    assert lines[1].startswith(f"What stops it: in 2.21-cpu it fails ({STOPS})")
    assert "TFOpLambda" not in str(error)


def test_what_is_left_is_offered() -> None:
    left = Judged("TFSMLayer", "loaded", rungs={"outputs": "pass"}, called=True)
    plain = Judged("plain", "raised", error_type="ValueError", error="no")
    error = ended(Verdict(REMEDY, left, plain, untranslated=STOPS))
    assert "What is left: inference: 2.21-cpu calls it with TFSMLayer, and its outputs are right." in str(error)
    assert STOPS in str(error)


def test_without_a_known_construct_the_error_of_plain_loading_is_the_reason() -> None:
    plain = Judged("plain", "raised", error_type="ValueError", error="bad\nmagic")
    assert "ValueError: bad magic" in str(ended(Verdict(FAILS, None, plain)))


@pytest.mark.parametrize("is_traced", [True, False])
def test_functions_of_a_trusted_file_are_run_where_it_was_written_and_that_is_said(is_traced: bool) -> None:
    asked: list[Any] = []

    def resave(artifact: Any, place: str, attempt: str, form: str, trace: bool = False) -> tuple[Any, str]:
        asked.append((place, attempt, form, trace))
        return (SimpleNamespace(format="h5"), "") if is_traced else (None, "layer a: its function asks for training")

    plain = Judged("plain", "raised", error_type="ValueError", error="no")
    converter, said = conversion(Verdict(FAILS, None, plain), trace=True, resave=resave)
    with pytest.raises(NoWayError):
        converter.convert(ROUTES)
    assert asked == [("2.10-cpu", "plain", "h5", True)]
    assert "2.10-cpu: running the functions of its Lambda layers, which are code of the file" in said
    assert any("asks for training" in line for line in said) is not is_traced


ALL_KEPT = {"outputs": "pass", "weights": "pass", "optimizer": "pass", "training": "pass"}
PLAIN_LOSES = ALL_KEPT | {"optimizer": "lost", "training": "lost"}


@pytest.mark.parametrize(("is_better", "used"), [(True, "translate"), (False, "plain")])
def test_what_loads_plainly_with_losses_is_translated_where_that_keeps_more(is_better: bool, used: str) -> None:
    plain = Judged("plain", "loaded", rungs=PLAIN_LOSES, called=True)
    better = Judged("translate", "loaded", rungs=ALL_KEPT, called=True) if is_better else None
    resaved: list[str] = []

    def resave(artifact: Any, place: str, attempt: str, form: str, trace: bool = False) -> tuple[Any, str]:
        resaved.append(attempt)
        return None, "the disk is full"

    converter, _ = conversion(Verdict(LOSSY, plain, plain, keeps_more=better), resave=resave)
    with pytest.raises(NoWayError):
        converter.convert(ROUTES[:1])
    assert resaved == [used]


PLAIN = Judged("plain", "loaded", rungs=ALL_KEPT, called=True)
PLACE, LEADER = "2.21-cpu", "first.h5"
PROVEN = Example(LEADER, ROUTES[0], ("translate",))


def as_example(measured: dict[str, Any] | None, lost: tuple[str, ...] = ()) -> tuple[Converter, list[str]]:
    """A conversion by what was proven for another model, and the attempts that were looked for in spite of that."""
    searched: list[str] = []

    def resave(artifact: Any, place: str, attempt: str, form: str, trace: bool = False) -> tuple[Any, str]:
        searched.append(attempt)
        return SimpleNamespace(format="keras", saved_with="2.10-cpu"), ""

    events = [] if measured is None else [{"event": "attempt", "attempt": "translate", "outcome": "loaded", **measured}]
    losing = Judged("plain", "loaded", rungs=PLAIN_LOSES, called=True)
    found = SimpleNamespace(plain=losing if lost else PLAIN)
    converter, _ = conversion(
        Verdict(EXACT, PLAIN, PLAIN),
        resave=resave,
        tolerance=lambda saver, loader: config().tolerances.float32,
        store=SimpleNamespace(staging_folder=lambda: Path()),
        ask=lambda op, artifact, place, output, **way: events,
        written=lambda *told: (SimpleNamespace(format="keras", saved_with="2.10-cpu"), ""),
    )
    converter._bench.judged = lambda artifact, place, only=(): found if only else Verdict(EXACT, PLAIN, PLAIN)  # type: ignore[method-assign, assignment, return-value]
    return converter, searched


def test_what_is_made_alike_is_saved_by_the_attempt_that_worked() -> None:
    right = {"rungs": {"outputs": {"bit_equal": True, "frontier": []}}}
    converter, searched = as_example(right)
    walk = converter.convert(PROVEN)
    assert searched == []
    assert [step.get("like") for step in walk.steps] == [LEADER, None]
    assert walk.steps[0]["attempt"] == "translate"


@pytest.mark.parametrize("measured", [None, {"rungs": {"outputs": {"mismatch": "other shapes", "bit_equal": False}}}])
def test_where_that_goes_wrong_the_way_is_looked_for(measured: dict[str, Any] | None) -> None:
    converter, searched = as_example(measured)
    walk = converter.convert(PROVEN)
    assert searched == ["plain"]
    assert "like" not in walk.steps[0]


def test_what_loses_more_than_what_is_made_alike_is_not_taken() -> None:
    converter, _ = as_example({"rungs": {"outputs": {"bit_equal": True, "frontier": []}}}, lost=("optimizer",))
    with pytest.raises(NoWayError, match="it loses more than a model that is made alike: optimizer, training"):
        converter.convert(PROVEN)


def test_a_route_is_walked_again_as_its_proof_says() -> None:
    route: list[dict[str, Any]] = [
        {"traced in": "2.10-cpu"},
        {"load in": "2.12-cpu", "attempt": "plain"},
        {"save in": "2.12-cpu", "format": "h5"},
        {"load in": PLACE, "attempt": "translate"},
        {"save in": PLACE, "format": "keras"},
    ]
    found = Example.of(LEADER, route, ["training"])
    assert found == Example(LEADER, Candidate((("2.12-cpu", "h5"),), None, 1), ("plain", "translate"), ("training",))
    assert Example.of(LEADER, route[:-1], []) is None
