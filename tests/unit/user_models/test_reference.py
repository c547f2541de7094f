"""Why a file could not be measured where it was written."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.config import Limits
from crossload.user_models.bench import Inputs, _kind_of_failure, _why_no_reference
from crossload.user_models.check import _reference
from crossload.user_models.model_file import CannotCallError, CannotLoadError, ModelError
from crossload.user_models.saver import Writer
from tests.unit.doubles import environment


def _why(name: str, error: str, error_type: str, stage: str = "load", saver: str = "2.16-cpu", **given: Any) -> str:
    """What is said of a file that raised an error there.

    :param given: what it says of its Keras, and what is hidden from it.
    """
    inputs = SimpleNamespace(
        model=SimpleNamespace(path=Path(name), format="h5", found=SimpleNamespace(keras=given.get("keras"))),
        code=SimpleNamespace(custom="", factory=""),
        inputs=None,
        hidden=given.get("hidden", ""),
    )
    events: list[dict[str, Any]] = [{"event": "raised", "stage": stage, "error_type": error_type, "error": error}]
    return _why_no_reference(events, saver, cast(Inputs, inputs), Limits())


@pytest.mark.parametrize("stage", ["inputs", "call"])
def test_what_runs_on_a_gpu_only_is_said(stage: str) -> None:
    """It loads: no inputs that are given would help."""
    error = (
        'Exception encountered when calling layer "cu_dnnlstm" (type CuDNNLSTM).\n\n'
        "Could not find device for node: {{node CudnnRNNV2}} = CudnnRNNV2[T=DT_FLOAT]"
    )
    assert _why("old.h5", error, "NotFoundError", stage, "2.10-cpu").startswith(
        "old.h5: loads in 2.10-cpu, and cannot be called on this machine: CudnnRNNV2 runs on a GPU only."
    )


def test_the_error_within_is_said_and_what_the_file_does_not_hold() -> None:
    """Keras 3 puts a sentence that fits everything around it; another version would not help either."""
    error = (
        "<class 'keras.src.models.sequential.Sequential'> could not be deserialized properly. Please ensure that components "
        "that are Python object instances are explicitly deserialized.\n\nconfig={'module': 'keras'}.\n\n"
        "Exception encountered: Error when deserializing class 'StringLookup' using config={'name': 'lookup'}.\n\n"
        "Exception encountered: Vocabulary file /home/me/words.txt does not exist."
    )
    said = _why("text.keras", error, "TypeError", keras="3.4.1")
    assert said.startswith(
        "text.keras: 2.16-cpu cannot load it: TypeError: Vocabulary file /home/me/words.txt does not exist."
    )
    assert "does not hold /home/me/words.txt" in said
    assert "--saved-with" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("keras", "error_type", "error", "cause"),
    [
        ("2.0.4", "ValueError", "bad marshal data (unknown type code)", "lambda-bytecode"),
        ("2.0.4", "TypeError", "pop expected at most 1 argument, got 2", "sequential-config-shape"),
        # What a class of one's own without get_config says, too: the file tells.
        ("1.2.1", "TypeError", "__init__() missing 1 required positional argument: 'units'", "keras-1-file"),
    ],
)
def test_what_is_known_of_the_cause_is_said_where_nothing_can_be_passed(
    keras: str, error_type: str, error: str, cause: str
) -> None:
    said = _why("old.h5", error, error_type, saver="2.3-cpu", keras=keras)
    assert f"({cause}). To be tried: " in said
    assert "--saved-with" not in said


HOME, LATER = environment("2.10-cpu"), environment("2.16-cpu")


def _found(loads: set[str], exact: bool) -> tuple[str, bool]:
    """Where the reference of a file comes from, that only these environments load."""

    def reference(name: str, uncalled: bool = False) -> Any:
        if (f"{name} uncalled" if uncalled else name) in loads:
            return name
        assert not uncalled
        kind = CannotCallError if f"{name} uncalled" in loads else CannotLoadError
        raise kind(f"model.h5: {name} cannot load it")

    given = SimpleNamespace(model=SimpleNamespace(path="model.h5"), hidden="")
    bench: Any = SimpleNamespace(reference=reference, given=given)
    writer = Writer(HOME, "the file says so", exact)
    place, artifact, _, is_exact = _reference(bench, writer, [LATER], lambda line: None)
    assert str(artifact) == place.id
    return place.id, is_exact


def test_a_file_is_measured_where_it_was_written_or_where_it_loads() -> None:
    assert _found({"2.10-cpu", "2.16-cpu"}, exact=True) == ("2.10-cpu", True)
    assert _found({"2.10-cpu", "2.16-cpu"}, exact=False) == ("2.10-cpu", False)
    assert _found({"2.16-cpu"}, exact=True) == ("2.16-cpu", False)
    assert _found({"2.16-cpu"}, exact=False) == ("2.16-cpu", False)


def test_what_loads_and_cannot_be_called_anywhere_is_measured_without_its_outputs() -> None:
    assert _found({"2.10-cpu uncalled"}, exact=True) == ("2.10-cpu", True)
    assert _found({"2.10-cpu uncalled"}, exact=False) == ("2.10-cpu", False)
    # Outputs from elsewhere are worth more.
    assert _found({"2.10-cpu uncalled", "2.16-cpu"}, exact=True) == ("2.16-cpu", False)


def test_that_nothing_loads_it_follows_from_the_writer_alone() -> None:
    with pytest.raises(CannotLoadError, match=r"2\.10-cpu cannot load it"):
        _found(set(), exact=True)
    with pytest.raises(ModelError, match="whether it loads there is not known") as raised:
        _found(set(), exact=False)
    assert not isinstance(raised.value, CannotLoadError)
    assert "2.10-cpu cannot load it" in str(raised.value)


@pytest.mark.parametrize(
    ("stage", "error_type", "elsewhere"),
    [
        ("load", "ValueError", True),
        ("call", "ValueError", True),
        # Code with `import keras` is found where TensorFlow brings that package, from 2.6 on.
        ("import", "ModuleNotFoundError", True),
        ("import", "ImportError", True),
        ("import", "RuntimeError", False),
        ("inputs", "UnfitInputs", False),
        ("build", "TypeError", False),
    ],
)
def test_what_another_environment_may_do_better(stage: str, error_type: str, elsewhere: bool) -> None:
    kind = _kind_of_failure({"stage": stage, "error_type": error_type}, inputs_given=True)
    assert issubclass(kind, CannotLoadError) is elsewhere
    assert issubclass(kind, CannotCallError) is (stage == "call")


def test_inputs_that_were_made_up_may_fit_elsewhere() -> None:
    assert _kind_of_failure({"stage": "inputs", "error_type": "NotFoundError"}, inputs_given=False) is CannotCallError


def test_what_confinement_hides_comes_before_any_other_hint() -> None:
    hidden = "It names /etc/words (lookup), which is hidden from it: --allow-read /etc/words lets it through"
    said = _why("text.keras", "no such file", "ValueError", hidden=hidden)
    assert said.endswith(f"no such file. {hidden}.")
