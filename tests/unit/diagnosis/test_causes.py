"""Which cause each cell has: real cells from real runs, and near misses that must not match."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from crossload.diagnosis import UNKNOWN, Case, Pins, diagnose, load_catalogue
from crossload.diagnosis.case import essence, observations
from crossload.diagnosis.catalogue import Catalogue
from crossload.diagnosis.matching import Matcher
from crossload.inspection import Inspection
from tests.unit.diagnosis.write_real_cells import REAL_CELLS

CELLS = json.loads(REAL_CELLS.read_text("utf-8"))
KERAS_2, KERAS_3 = {"tensorflow": "2.15.1", "keras": "2.15.0"}, {"tensorflow": "2.16.2", "keras": "3.4.1"}
OLD_ROOT = "_layer_checkpoint_dependencies"
LOOPS = (
    "Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes"
)
SHORT = "Input 0 of layer dense_1 is incompatible with the layer: expected axis -1 of input shape to have value 4"
FLAT_INPUT = "functional_from_config.<locals>.get_tensor() takes 3 positional arguments but 11 were given"
FLAT = {"saver": {"keras": "3.11.3"}, "loader": {"keras": "3.3.3"}}
NO_PATH = "expected str, bytes or os.PathLike object, not NoneType"
H5 = {"container": "hdf5", "suffix": ".h5", "weights_layout": "legacy"}


def case_of(cell: Mapping[str, Any]) -> Case:
    told = {key: value for key, value in cell.items() if key != "cause"}
    file = told.pop("file", None)
    if file is not None:
        lists: dict[str, Any] = {key: tuple(value) for key, value in file.items() if isinstance(value, list)}
        lists["config_keys"] = frozenset(lists.get("config_keys", ()))
        inspection = Inspection(**{**file, **lists})
        told["inspect"] = lambda: inspection
    told["saver"], told["loader"] = Pins.of(told.get("saver", {})), Pins.of(told.get("loader", {}))
    return Case(**told)


def cause_of(**cell: Any) -> str:
    base = {
        "verdict": "fails",
        "format": "h5",
        "saver": KERAS_2,
        "loader": KERAS_2,
        "stage": "load",
        "error_type": "ValueError",
    }
    found = diagnose(case_of({**base, **cell}), load_catalogue())
    return found.cause if found else ""


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell['cause']}: {cell.get('error', '')[:50]}")
def test_real_cells_have_the_cause_that_was_read_off_them_by_hand(cell: dict[str, Any]) -> None:
    found = diagnose(case_of(cell), load_catalogue())

    assert found is not None
    assert found.cause == cell["cause"]
    assert found.evidence or found.cause == UNKNOWN


@pytest.mark.parametrize("verdict", ["exact", "equal", "not-applicable", "unavailable", "harness-error"])
def test_what_is_not_bad_has_no_cause(verdict: str) -> None:
    assert cause_of(verdict=verdict, error="truncated file: eof = 3") == ""


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        # An error that nobody has seen is not guessed at.
        ({"error": "Something else went wrong"}, UNKNOWN),
        ({"error": "", "error_type": "RuntimeError"}, UNKNOWN),
        ({"verdict": "differs", "error_type": ""}, UNKNOWN),
        # The same words, and a file that contradicts them.
        ({"loader": KERAS_3, "error": "File format not supported: filepath=x", "file": {**H5}}, UNKNOWN),
        ({"loader": KERAS_2, "error": "File format not supported: filepath=x", "file": {"container": "savedmodel"}}, UNKNOWN),
        ({"error": "bad marshal data (unknown type code)", "file": H5}, UNKNOWN),
        ({"error": "bad local heap signature"}, UNKNOWN),
        ({"error": "found 0 saved layers", "file": H5}, UNKNOWN),
        # Which side is newer decides what a key is.
        ({"saver": KERAS_3, "error": "Unrecognized keyword arguments: ['batch_shape']", "file": H5}, "config-key-keras-3"),
        ({"error": "Unrecognized keyword arguments: ['batch_shape']", "file": H5}, UNKNOWN),
        ({"loader": KERAS_3, "error": "Unrecognized keyword arguments passed to LSTM: {'time_major': False}", "file": H5},
         "config-key-past"),
        ({"loader": KERAS_3, "error": "Unrecognized keyword arguments passed to Gate: {'limit': 1.0}",
          "file": {**H5, "custom": ["Gate"]}}, "custom-arguments"),
        ({"loader": KERAS_3, "file": {**H5, "classes": ["MultiHeadAttention"]},
          "error": "Unrecognized keyword arguments passed to MultiHeadAttention: {'query_shape': [8]}"}, "config-key-past"),
        ({"loader": {"tensorflow": "2.4.4", "keras": "2.4.0"}, "file": {**H5, "classes": ["MultiHeadAttention"]},
          "error": "('Keyword argument not understood:', 'query_shape')"}, "attention-config"),
        # Two ways in which no weight is found, told apart by where the file keeps them.
        ({"loader": {"keras": "2.13.1"}, "error": "Layer 'dense' expected 2 variables, but received 0 variables",
          "file": {"container": "zip", "weights_root": "layers"}}, "layer-group-renamed"),
        ({"saver": {"keras": "2.13.1"}, "error": "Layer 'dense' expected 2 variables, but received 0 variables",
          "file": {"container": "zip", "weights_root": OLD_ROOT}}, "layer-group-renamed"),
        ({"saver": {"keras": "2.13.1"}, "loader": {"keras": "2.14.0"}, "file": {"container": "zip", "weights_root": OLD_ROOT},
          "error": "Layer 'dense_1' expected 2 variables, but received 0 variables"}, "layer-numbering"),
        ({"saver": {"keras": "2.12.0"}, "loader": KERAS_3, "file": {"container": "hdf5", "weights_root": OLD_ROOT},
          "error": "Layer 'dense_1' expected 2 variables, but received 0 variables"}, "layer-numbering"),
        ({"saver": {"keras": "2.14.0"}, "loader": {"keras": "2.18.0"}, "file": {"container": "zip", "weights_root": OLD_ROOT},
          "error": "Layer 'dense' expected 2 variables, but received 0 variables"}, "layer-group-renamed"),
        ({"error": "Layer 'dense' expected 2 variables, but received 0 variables", "file": {"container": "zip"}},
         "weights-count"),
        # A list of layers where a dictionary is expected, and the same error of a file that has no such list.
        ({"error_type": "AttributeError", "error": "'list' object has no attribute 'items'", "file": H5},
         "sequential-config-shape"),
        ({"error_type": "AttributeError", "error": "'list' object has no attribute 'items'", "file": {"container": "zip"}},
         UNKNOWN),
        # A file of Windows, and another error of such a file.
        ({"error": "Layer 'dense' expected 2 variables, but received 0 variables",
          "file": {"container": "zip", "weights_root": "\\"}}, "weights-windows-names"),
        ({"loader": KERAS_3, "error": "Unrecognized keyword arguments passed to Conv1D: {'batch_input_shape': [None, 20, 1]}",
          "file": {"container": "zip", "weights_root": "\\"}}, "config-key-past"),
        ({"saver": {"keras": "2.14.0"}, "loader": KERAS_3, "error_type": "TypeError", "error": NO_PATH,
          "file": {"container": "zip", "weights_root": OLD_ROOT, "classes": ["TextVectorization"]}}, "layer-group-renamed"),
        ({"saver": {"keras": "2.14.0"}, "loader": KERAS_3, "error_type": "TypeError", "error": NO_PATH,
          "file": {"container": "zip", "weights_root": OLD_ROOT, "classes": ["Dense"]}}, UNKNOWN),
        ({"saver": {"keras": "2.13.1"}, "loader": {"keras": "2.14.0"}, "error_type": "TypeError", "error": NO_PATH,
          "file": {"container": "zip", "weights_root": OLD_ROOT, "classes": ["TextVectorization"]}}, UNKNOWN),
        # Whose name it is decides what a missing name means.
        ({"error": "Unknown layer: Gate", "file": {**H5, "custom": ["Gate"]}}, "custom-object-missing"),
        ({"error": "Unknown layer: Gate", "passed": {"gate": "Gate"}, "file": {**H5, "custom": ["Gate"]}},
         "custom-object-misnamed"),
        ({"error": "Unknown layer: Gate", "passed": {"Gate": "Gate"}, "file": {**H5, "custom": ["Gate"]}},
         "registered-name-lost"),
        ({"error": "Unknown layer: Gate", "file": H5}, UNKNOWN),
        ({"error": "Unknown layer: 'TFOpLambda'.", "loader": KERAS_3, "file": H5}, "tensor-operators"),
        # A configuration that Keras prints into its error is not what went wrong.
        ({"loader": KERAS_3, "error_type": "TypeError",
          "error": "Could not locate class 'Gate'. Full object config: {'time_major': 1, 'LossScaleOptimizer': 2}",
          "file": {"container": "zip", "custom": ["Gate"]}}, "custom-object-missing"),
        ({"loader": KERAS_3, "error_type": "TypeError", "file": {"container": "zip"},
          "error": "Could not locate function 'mse'. Full object config: {'module': 'keras.metrics'}"}, "compile-string-h5"),
        # tf_keras names its own modules, and newer versions put quotes around a module.
        ({"loader": KERAS_3, "error_type": "TypeError", "error": "Could not locate class 'Functional'. Make sure",
          "file": {"container": "zip", "modules": ["keras.layers", "tf_keras.src.engine.functional"]}}, "keras-module-moved"),
        ({"loader": KERAS_3, "error_type": "TypeError", "error": "Could not locate class 'Functional'. Make sure",
          "file": {"container": "zip", "modules": ["keras.layers", "my_keras.functional"]}}, UNKNOWN),
        ({"loader": KERAS_3, "error_type": "TypeError", "error": "Could not locate class 'Gate'. Make sure",
          "file": {"container": "zip", "modules": ["tf_keras.src.engine.functional"], "custom": ["Gate"]}},
         "custom-object-missing"),
        ({"error": "Could not deserialize class 'Functional' because its parent module 'keras.src.engine.functional' cannot be "
          "imported.", "error_type": "TypeError"}, "keras-module-moved"),
        ({"error": "Could not deserialize class 'Gate' because its parent module 'moved.gates' cannot be imported.",
          "error_type": "TypeError"}, "custom-module-moved"),
        # One key that is missing is not the other.
        ({"error": "'optimizer'", "error_type": "KeyError", "place": "loss_scale_optimizer.py:265"}, "mixed-precision-policy"),
        ({"error": "'optimizer'", "error_type": "KeyError", "place": "saving_utils.py:181"}, UNKNOWN),
        ({"error": "'sample_weight_mode'", "error_type": "KeyError", "loader": {"tensorflow": "2.2.3"}, "file": H5},
         "compile-settings-expected"),
        ({"error": "'sample_weight_mode'", "error_type": "KeyError", "saver": {"tensorflow": "2.2.3"},
          "loader": {"tensorflow": "2.2.3"}, "file": H5}, UNKNOWN),
        ({"error": "'sample_weight_mode'", "error_type": "KeyError", "file": H5}, UNKNOWN),
        # Keras 2 goes on in tf_keras, and writes what older Keras 2 does not know.
        ({"saver": {"keras": "2.21.0"}, "loader": {"keras": "2.4.0"}, "file": H5,
          "error": "('Unrecognized keyword arguments:', dict_keys(['optional']))"}, "config-key-newer-keras"),
        ({"saver": {"keras": "2.4.0"}, "loader": {"keras": "2.21.0"}, "file": H5,
          "error": "('Unrecognized keyword arguments:', dict_keys(['optional']))"}, UNKNOWN),
        ({"loader": {"keras": "2.5.0"}, "file": {**H5, "classes": ["StringLookup"]},
          "error": "The value of the dtype argument for StringLookup may only be one of [tf.string]."}, "lookup-layer-rewritten"),
        ({"file": {**H5, "classes": ["StringLookup"]},
          "error": "The value of the dtype argument for StringLookup may only be one of [tf.string]."}, UNKNOWN),
        # A slice that is left out shows in the shape after it.
        ({"format": "savedmodel", "error": SHORT, "saver": {"tensorflow": "2.5.3"}, "loader": {"tensorflow": "2.2.3"},
          "file": {"container": "savedmodel", "classes": ["Dense", "SlicingOpLambda"]}}, "tensor-operators"),
        ({"format": "savedmodel", "error": SHORT, "saver": {"tensorflow": "2.5.3"}, "loader": {"tensorflow": "2.2.3"},
          "file": {"container": "savedmodel", "classes": ["Dense"]}}, UNKNOWN),
        ({"format": "savedmodel", "error": SHORT, "saver": {"tensorflow": "2.5.3"}, "loader": {"tensorflow": "2.4.4"},
          "file": {"container": "savedmodel", "classes": ["Dense", "SlicingOpLambda"]}}, UNKNOWN),
        ({"loader": KERAS_3, "error": "Could not deserialize 'keras.mixed_precision.Policy' because it is not a KerasSaveable"},
         "mixed-precision-policy"),
        ({"loader": KERAS_3, "error": "Could not locate class 'Policy'. Make sure", "file": H5}, "mixed-precision-policy"),
        ({"loader": KERAS_3, "error": "Could not locate class 'Policy'. Make sure", "file": H5, "verdict": "remedy",
          "attempt": "edit-config+compile=False"}, "mixed-precision-policy"),
        ({"loader": KERAS_3, "error": "Could not locate function 'spread'. Make sure", "file": H5, "verdict": "remedy",
          "attempt": "compile=False"}, "compile-custom-missing"),
        ({"loader": KERAS_3, "error": "Could not locate class 'Dense'. Make sure", "file": H5}, "json-of-keras-2"),
        # Shapes of inputs are no shapes of weights.
        ({"loader": KERAS_3, "stage": "call", "file": {**H5, "config_keys": ["batch_input_shape"]},
          "error": "Invalid input shape for input [[ 0.17]]. Expected shape (None, None, 8), but input has incompatible shape "
          "(8, 8)"}, "batch-shape-as-input-shape"),
        ({"loader": KERAS_3, "stage": "call", "file": {**H5, "config_keys": ["batch_input_shape"]},
          "error": "Invalid input shape for input [[ 0.17]]. Expected shape (None, 4), but input has incompatible shape (8, 8)"},
         UNKNOWN),
        # Round in circles, noticed or not.
        ({"loader": KERAS_3, "file": {**H5, "nested": True}, "error": LOOPS}, "nested-model-endless"),
        ({"loader": KERAS_3, "file": H5, "error": LOOPS}, UNKNOWN),
        # What a SavedModel revives.
        ({"format": "savedmodel", "file": {"container": "savedmodel"},
          "error": "Could not find matching function to call loaded from the SavedModel. Got:"}, "savedmodel-call-signature"),
        ({"format": "savedmodel", "file": {"container": "savedmodel", "classes": ["TextVectorization"]},
          "error": "Failed to convert elements of tf.RaggedTensor(values=Tensor("}, "text-layer-gives-ragged"),
        ({"format": "savedmodel", "file": {"container": "savedmodel", "classes": ["Dense"]},
          "error": "Failed to convert elements of tf.RaggedTensor(values=Tensor("}, UNKNOWN),
        # Python's own errors mean Lambda only where there is one, and two Pythons.
        ({"error": "bad marshal data (unknown type code)", "file": {**H5, "lambdas": 1},
          "saver": {"python": "3.9.1"}, "loader": {"python": "3.9.7"}}, UNKNOWN),
        ({"error": "bad marshal data (unknown type code)", "file": {**H5, "lambdas": 1},
          "saver": {"python": "3.9.1"}, "loader": {"python": "3.11.7"}}, "lambda-bytecode"),
        ({"error": "Objects/codeobject.c:119: bad argument to internal function", "file": {**H5, "lambdas": 1},
          "error_type": "SystemError", "saver": {"python": "3.11.7"}, "loader": {"python": "3.7.16"}}, "lambda-bytecode"),
        ({"error": "Objects/codeobject.c:119: bad argument to internal function", "file": H5,
          "error_type": "SystemError", "saver": {"python": "3.11.7"}, "loader": {"python": "3.7.16"}}, UNKNOWN),
        # Only the container's own disk is a limit that matrix.toml sets.
        ({"verdict": "crashes", "error_type": "disk limit", "error": "No space left on device"}, "temporary-files-limit"),
        ({"error_type": "OSError", "error": "[Errno 28] No space left on device"}, UNKNOWN),
        # One entry in the place of a list of them: only a newer Keras wrote it so.
        ({"error": FLAT_INPUT, "error_type": "TypeError", **FLAT}, "functional-single-tensor"),
        ({"error": FLAT_INPUT, "error_type": "TypeError", "saver": FLAT["loader"], "loader": FLAT["saver"]}, UNKNOWN),
        ({"error": FLAT_INPUT.replace("get_tensor", "call"), "error_type": "TypeError", **FLAT}, UNKNOWN),
        # What is missing is missing, whatever the version calls it.
        ({"error": "File format not supported", "loader": KERAS_3, "file": {"container": "missing"}}, "file-missing"),
        ({"error": "No module named 'numba'", "error_type": "ModuleNotFoundError", "stage": "import"}, "missing-dependency"),
        (
            {
                "error": "function() got an unexpected keyword argument 'jit_compile'",
                "error_type": "TypeError",
                "stage": "import",
            },
            "code-of-another-release",
        ),
        ({"error": "No module named 'numba'", "error_type": "ModuleNotFoundError", "file": H5}, UNKNOWN),
    ],
)  # fmt: skip
def test_near_misses(cell: dict[str, Any], expected: str) -> None:
    assert cause_of(**cell) == expected


LOST_SLOTS: Any = {"optimizer": {"same": False, "differences": {"slots": [[[8, 8]], []], "steps": [2, 0]}}}


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"format": "savedmodel", "measured": LOST_SLOTS, "file": {"container": "savedmodel"}}, "savedmodel-optimizer-reset"),
        ({"measured": LOST_SLOTS, "file": H5}, "optimizer-state-reset"),
        ({"measured": LOST_SLOTS, "file": H5, "loader": KERAS_3, "stage": "evaluate", "error_type": "ValueError",
          "error": "Expected all entries in the `metrics` list to be metric objects. Received instead:\nmetrics=[[<Mean>]]"},
         "metrics-in-a-list"),
        ({"measured": LOST_SLOTS, "file": H5, "loader": KERAS_3, "stage": "fit", "error_type": "ValueError",
          "error": "Unknown variable: <KerasVariable shape=(3, 4), path=dense/kernel>. This optimizer can only be called for …"},
         "optimizer-without-variables"),
        ({"measured": {"optimizer": {"same": False, "note": "not compiled"}}}, "not-compiled"),
        ({"rungs": {"weights": "pass", "outputs": "pass", "optimizer": "pass", "training": "lost"}}, "training-arithmetic"),
        ({"rungs": {"weights": "pass", "outputs": "pass", "optimizer": "pass", "training": "lost"},
          "same_environment": True}, UNKNOWN),
        ({"rungs": {"weights": "pass", "outputs": "pass", "optimizer": "lost", "training": "lost"}}, UNKNOWN),
    ],
)  # fmt: skip
def test_lossy_cells_are_diagnosed_from_what_was_measured(cell: dict[str, Any], expected: str) -> None:
    assert cause_of(**{"verdict": "lossy", "error_type": "", "stage": "", **cell}) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"round_trip": "differs", "file": {**H5, "custom": ["Gate"]}}, "custom-code-changed"),
        ({"round_trip": "exact", "file": {**H5, "classes": ["Dense"]}}, "layer-behaviour-changed"),
        # Whether the custom class or a built-in layer changed cannot be told from this.
        ({"round_trip": "exact", "file": {**H5, "custom": ["Gate"]}}, UNKNOWN),
        ({"round_trip": "exact", "format": "savedmodel", "file": {"container": "savedmodel", "custom": ["Gate"]}},
         "custom-class-instead-of-graph"),
        ({"round_trip": "exact", "file": {**H5, "classes": ["Normalization"]}}, "adapted-state-lost"),
        ({"round_trip": "exact", "file": {**H5, "classes": ["StringLookup"]}}, "vocabulary-lost"),
        ({"round_trip": "", "file": H5}, UNKNOWN),
    ],
)  # fmt: skip
def test_other_outputs_are_diagnosed_from_the_round_trip(cell: dict[str, Any], expected: str) -> None:
    rungs = {"weights": "pass", "outputs": "lost"}
    assert cause_of(verdict="differs", error_type="", stage="", rungs=rungs, **cell) == expected


def test_a_cause_that_says_that_the_weights_came_along_is_not_that_of_a_cell_that_lost_them() -> None:
    cell: dict[str, Any] = {"round_trip": "differs", "file": {**H5, "custom": ["Gate"]}}
    for rungs in ({"weights": "lost", "outputs": "lost"}, {"weights": "n/a", "outputs": "lost"}):
        found = cause_of(verdict="differs", error_type="", stage="", rungs=rungs, **cell)
        assert found != "custom-code-changed"


def test_the_essence_is_the_innermost_error() -> None:
    wrapped = (
        "<class 'Sequential'> could not be deserialized properly.\n\nconfig={'time_major': 1}.\n\n"
        "Exception encountered: Error when deserializing class 'Dense' using config={'units': 1}.\n\n"
        "Exception encountered: Unrecognized keyword arguments passed to Dense: {'quantization_config': None}"
    )

    assert essence(wrapped) == "Unrecognized keyword arguments passed to Dense: {'quantization_config': None}"
    assert essence("Could not locate class 'Gate'. Full object config: {'x': 1}") == "Could not locate class 'Gate'."


def test_observations_name_what_changed() -> None:
    weights: Any = {"same": False, "expected": [[2], [3]], "actual": [[2]]}

    assert observations({}) == []
    assert observations(LOST_SLOTS) == ["slots-gone", "steps-reset"]
    assert observations({"weights": weights}) == ["weights-fewer"]
    assert observations({"weights": weights | {"actual": [[2], [4]]}}) == ["weights-other-shapes"]
    assert observations({"weights": weights | {"actual": [[3], [2]]}}) == ["weights-other-values"]
    assert observations({"training": {"error_type": "KeyError"}}) == ["training-raises"]


def test_every_way_to_recognise_a_cause_can_be_the_one_that_decides() -> None:
    """A cause that an earlier one always hides would be dead text."""
    catalogue = load_catalogue()
    ids = [cause.id for cause in catalogue.cause]
    for cell in CELLS:
        case = case_of(cell)
        matching = Matcher(catalogue).matching(case)
        assert matching[:1] == ([cell["cause"]] if cell["cause"] != UNKNOWN else [])
        assert sorted(matching, key=ids.index) == matching


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "Not An Id"}, "pattern"),
        ({"evidence": []}, "at least 1"),
        ({"evidence": [{"stages": ["load"]}]}, "evidence needs"),
        ({"evidence": [{"message": "(unclosed"}]}, "unterminated"),
        ({"evidence": [{"message": "x", "passed": "nothing"}]}, "needs the group"),
        ({"evidence": [{"message": "x", "verdicts": ["broken"]}]}, "'broken' is none of"),
        ({"evidence": [{"message": "x", "formats": ["onnx"]}]}, "'onnx' is none of"),
        ({"evidence": [{"message": "x", "loader": {"keras": "three"}}]}, "no version specifier"),
        ({"evidence": [{"mesage": "x"}]}, "Extra inputs"),
    ],
)
def test_mistakes_in_the_catalogue_are_refused(changes: dict[str, Any], said: str) -> None:
    good = {"id": "a-cause", "title": "A title of a cause", "explanation": "What it is about, in a sentence.",
            "evidence": [{"message": "x"}]}  # fmt: skip
    Catalogue.model_validate({"cause": [good]})

    with pytest.raises(ValidationError, match=said):
        Catalogue.model_validate({"cause": [{**good, **changes}]})
    with pytest.raises(ValidationError, match="twice"):
        Catalogue.model_validate({"cause": [good, good]})


def test_what_keras_3_says_of_a_sequential_of_standalone_keras() -> None:
    """As it says of files of Keras 2.2.2 and 2.3.1."""
    file = {**H5, "config_keys": ["batch_input_shape"]}
    base: dict[str, Any] = {"loader": KERAS_3, "file": file}
    said = "pop expected at most 1 argument, got 2"
    assert cause_of(**base, saver={"tensorflow": "2.1.4", "keras": "2.2.4"}, error_type="TypeError", error=said) == (
        "sequential-config-shape"
    )
    for layer, expected, found, shape in (
        ("lstm_1", 3, 4, "(None, None, 1, 56)"),
        ("conv_lstm2d", 5, 6, "(None, None, 3, 5, 5, 1)"),
    ):
        said = (
            f"Input 0 with name 'None' of layer '{layer}' is incompatible with the layer: expected ndim={expected}, "
            f"found ndim={found}. Full shape received: {shape}"
        )
        assert (
            cause_of(**base, saver={"tensorflow": "2.2.3", "keras": "2.3.0"}, error=said)
            == "batch-shape-as-input-shape"
        )
    said = "Input 0 of layer 'a' is incompatible with the layer: expected ndim=3, found ndim=4. Full shape received: (None, 2, 1)"
    assert cause_of(**base, saver={"tensorflow": "2.2.3", "keras": "2.3.0"}, error=said) != "batch-shape-as-input-shape"
