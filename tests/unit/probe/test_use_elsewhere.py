"""What people do with a model is tried where it is loaded, too, when it could not be tried where it was written."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.config import Tolerances
from crossload.probe.agreement import within
from crossload.probe.operations import load, measuring, noise, save, use

_use: Any = load._use  # the probe carries no annotations
ARRAYS = {
    "inputs": [np.zeros((4, 3), np.float32)],
    "outputs": [np.zeros((4, 2), np.float32)],
    "targets": [],
    "noise": [],
}


class _Model:
    """A compiled model whose steps raise what is given."""

    loss = "mse"

    def __init__(self, **raising: str) -> None:
        self.raising = raising
        self.compiled_anew = False

    def predict(self) -> None: ...
    def evaluate(self) -> None: ...
    def fit(self) -> None: ...

    def compile(self, *arguments: Any, **options: Any) -> None:
        self.compiled_anew = True


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    calls: list[tuple[str, Any]] = []

    def run(step: str, model: Any, inputs: Any, targets: Any, names: Any = ()) -> Any:
        calls.append((step, targets))
        if step in model.raising and (not model.compiled_anew or model.raising[step] == "always"):
            raise ValueError("Expected all entries in the `metrics` list to be metric objects")
        return [np.ones((4, 2), np.float32)] if step == "predict" else None

    monkeypatch.setattr(use, "run", run)
    monkeypatch.setattr(use, "wrapped", lambda model: model)
    monkeypatch.setattr(measuring, "is_compiled", lambda model: model.loss is not None)
    monkeypatch.setattr(measuring, "compile_config", lambda model: {"loss": [{"name": model.loss}]})
    return calls


def _result(step: str, model: Any, at_home: str) -> dict[str, Any]:
    reference = SimpleNamespace(facts={"use": {step: at_home}}, arrays=lambda kind: ARRAYS[kind], names=())
    results: dict[str, Any] = {}
    _use(step, model, reference, results, lambda rung, so_far: None)
    found: dict[str, Any] = results["use"][step]
    return found


@pytest.mark.parametrize("at_home", [save.NOT_COMPILED, save.FUNCTION_ONLY])
@pytest.mark.parametrize("step", ["evaluate", "fit"])
def test_what_raises_here_is_said_though_it_was_not_tried_there(step: str, at_home: str, tried: list[Any]) -> None:
    """At home it loads with compile=False alone: here it comes back compiled, and evaluate raises."""
    found = _result(step, _Model(**{step: "compiled so"}), at_home)
    assert found["error_type"] == "ValueError"
    # Targets are made for what the model is compiled with here; there was nothing to make them for.
    assert [array.shape for array in tried[0][1]] == [(4, 2)]


def test_made_up_targets_that_do_not_fit_accuse_nobody(tried: list[Any]) -> None:
    found = _result("fit", _Model(fit="always"), save.NOT_COMPILED)
    assert found == {"not_applicable": "the model is not compiled, and made-up targets do not fit its loss"}


def test_what_works_here_works(tried: list[Any]) -> None:
    assert _result("evaluate", _Model(), save.NOT_COMPILED) == {"works": True}
    # What a call gives is compared; that `predict` is the same function was not seen where it was written.
    assert _result("predict", _Model(), save.FUNCTION_ONLY) == {"works": True}


def test_what_is_not_compiled_here_either_is_not_tried(tried: list[Any]) -> None:
    model = _Model(evaluate="compiled so")
    model.loss = None  # type: ignore[assignment]
    assert _result("evaluate", model, save.NOT_COMPILED) == {"not_applicable": save.NOT_COMPILED}
    assert _result("evaluate", _Model(), "ValueError: it raises at home") == {
        "not_applicable": "ValueError: it raises at home"
    }
    assert not tried


def _at_home(step: str, model: Any, loaded: bool) -> str:
    reference: dict[str, Any] = {}
    code = SimpleNamespace(options={"trains_repeatably": False})
    inputs, targets, outputs = (ARRAYS[kind] for kind in ("inputs", "targets", "outputs"))
    measure: Any = save.measure  # the probe carries no annotations
    measure(model, reference, {}, inputs, targets, outputs, code, [step], loaded=loaded)
    said: str = reference["use"][step]
    return said


@pytest.mark.parametrize("step", ["evaluate", "fit"])
def test_what_only_the_loaded_compilation_fails_at_is_asked_at_home_too(
    step: str, tried: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The optimizer of an HDF5 of Keras 3 has no variables: `fit` raises in the version that wrote it as well."""
    monkeypatch.setattr(measuring, "weights", lambda model: [])
    monkeypatch.setattr(measuring, "architecture", lambda model: None)
    monkeypatch.setattr(measuring, "optimizer_state", lambda model: None)
    monkeypatch.setattr(noise, "of_outputs", lambda *arguments: [])
    assert _at_home(step, _Model(**{step: "compiled so"}), loaded=True) == ""
    # A model that was not loaded, or one whose loss does not take these targets, fails for reasons of its own.
    assert _at_home(step, _Model(**{step: "compiled so"}), loaded=False).startswith("ValueError: ")
    assert _at_home(step, _Model(**{step: "always"}), loaded=True).startswith("ValueError: ")


_OUTPUTS = np.linspace(0.5, 1.0, 8, dtype=np.float32).reshape(4, 2)


def _predicted(monkeypatch: pytest.MonkeyPatch, off: float, traced: float | Exception) -> Any:
    """``predict`` that is off by so much, whose graph as it was traced is off by so much, or cannot be run."""

    def as_traced(*_: Any) -> list[np.ndarray[Any, Any]]:
        if isinstance(traced, Exception):
            raise traced
        return [_OUTPUTS + np.float32(traced)]

    monkeypatch.setattr(use, "predict_as_traced", as_traced)
    arrays = {"outputs": [_OUTPUTS], "noise": [np.full(2, 1e-8, np.float32)]}
    reference = SimpleNamespace(arrays=arrays.__getitem__, names=())
    compare: Any = load._compare_predicted  # the probe carries no annotations
    return compare(SimpleNamespace(), reference, [], [_OUTPUTS + np.float32(off)])


def _agrees(compared: Any) -> bool:
    default = Tolerances().float32
    return bool(within(compared["frontier"], default.atol, default.rtol, default.spread))


def test_predict_that_only_the_graph_optimizer_moves_is_compared_as_it_was_traced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = _predicted(monkeypatch, 3e-5, traced=0.0)
    assert _agrees(compared)
    assert compared["rewritten"] == pytest.approx(3e-5, rel=0.01)


@pytest.mark.parametrize(
    ("off", "traced"),
    [
        (3e-5, 3e-5),  # another function is as far off, however it is run
        (3e-5, RuntimeError("no graph")),
        (0.02, 0.0),  # no order of arithmetic moves an output by two hundredths
    ],
)
def test_predict_that_is_off_otherwise_stays_off(
    monkeypatch: pytest.MonkeyPatch, off: float, traced: float | Exception
) -> None:
    compared = _predicted(monkeypatch, off, traced)
    assert not _agrees(compared)
    assert "rewritten" not in compared
