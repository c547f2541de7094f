"""What `explain` answers to texts that people paste: reported ones one by one, public ones counted."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crossload.diagnosis.catalogue import load_catalogue
from crossload.explaining.answer import Explanation, Measured, explain
from crossload.explaining.message import parse
from crossload.resources import MEASURED
from crossload.shipped.file_format import read

UNKNOWN = "unknown"
# Public error messages (issues and questions), with the causes that are right for each, read off the sources of Keras. A third
# was set aside by hash before the first wording was written: `split` is "held-out" where
# int(sha256("crossload explain 2026-11-26" + text), 16) % 3 == 0.
PUBLIC = [json.loads(line) for line in (Path(__file__).parent / "public_texts.jsonl").read_text("utf-8").splitlines()]
# Rarer ones, collected and labelled before they were run. Each collection's wrong and unanswered ones when it was new: 2 and 12
# of 28; a `second` 5 and 22 of 51; a `third` 6 and 16 of 58, of the 30 of it that were kept aside while the others were mended
# 0 and 4; a `fourth`, 95 chosen because no message of theirs was known here, 3 and 49, of its 55 kept aside 2 and 21; a
# `fifth`, as they came, 3 and 10 of 36; a `sixth`, 101 without a known message, 3 and 48 of 70, of the 31 kept aside 5 (three
# by a place alone) and 2; a `seventh`, as they came, 5 (three right when read) and 14 of 52; an `eighth`, as they came when
# those were mended, 3 (one right when read, one by a place alone) and 3 of 49; a `ninth` 0 and 17 of 40; a `tenth` 2 and 8 of
# 30; an `eleventh`, much of it of other programs that read models (TensorFlow Lite on Android, OpenCV, Java, R), 4 and 27 of 59;
# a `twelfth`, as they came, 10 (three by a place alone, two warnings that were only called so, one cut in its last word) and 14
# of 51; a `thirteenth` 6 (one by a place alone) and 17 of 44; a `fourteenth` 3 and 11 of 48, four of them cut before the
# message; a `fifteenth` 1 (right when read) and 15 of 59, six of them cut before the message; a `sixteenth` 3 (two of them
# cut) and 10 of 56; a `seventeenth` 1 and 7 of 43; an `eighteenth` 2 and 7 of 43; a `nineteenth` 1 and 7 of 53; a `twentieth` 2
# and 6 of 32; a `twenty-first`, labelled by somebody else than who mended, 5 (three cut before the message, one right when read)
# and 12 of 80; a `twenty-second`, collected and labelled by a third hand that had not read the wordings, much of it of converters
# and other readers, 13 (four of them right when read) and 26 of 80; a `twenty-third`, by a fourth hand, 11 (five of them
# right when read, one by a place alone) and 14 of 90; a `twenty-fourth`, by a fifth hand, which shortened what people pasted, 8
# (five of them right by a place alone) and 3 of 90; a `twenty-fifth`, by a sixth, 4 and 7 of 70; a
# `twenty-sixth`, by a seventh hand, 4 and 4 of 70; a `twenty-seventh`, by an eighth, 8 (five right when read) and 2 of 63. Some
# were looked up for what the wordings said too readily. What they lacked was added where the cause is one of ours, so they are
# kept as examples and no longer count as unseen.
LATER = [json.loads(line) for line in (Path(__file__).parent / "later_texts.jsonl").read_text("utf-8").splitlines()]
WRONG, UNANSWERED = 0.03, 0.20


@cache
def shipped() -> Measured:
    return Measured(read(MEASURED).rows())


def answers(text: str) -> list[Explanation]:
    return explain(parse(text), shipped(), load_catalogue())


def first(text: str) -> str:
    found = answers(text)
    return found[0].name if found else UNKNOWN


REPORTED = [
    ("ModuleNotFoundError: No module named 'keras.src.engine'", "keras-module-not-here", "TensorFlow 2.13 to 2.15"),
    ("ModuleNotFoundError: No module named 'keras.src'", "keras-module-not-here", "TensorFlow 2.13 to 2.15, Keras 3"),
    ("AttributeError: 'str' object has no attribute 'decode'", "h5py-3-text", ""),
    ("Unrecognized keyword arguments passed to Dense: {'quantization_config': None}", "config-key-newer-keras", "Keras 3.13 and"),
    ("Unknown layer: 'SlicingOpLambda'. Please ensure you are using a `keras.utils.custom_object_scope` and that this object is "
     "included in the scope.", "tensor-operators", ""),
    ("Unknown layer: 'CuDNNLSTM'", "builtin-gone", "`LSTM` takes its weights"),
    ("Unknown layer: 'SyncBatchNormalization'", "builtin-gone", "BatchNormalization(synchronized=True)"),
    ("Unknown layer: DenseFeatures", "builtin-gone", "legacy Keras"),
    ("TypeError: __init__() missing 1 required positional argument: 'feature_columns'", "builtin-gone", ""),
    ("Unknown layer: 'Addons>InstanceNormalization'", "addon-class", "tensorflow-addons"),
    ("Unknown optimizer: 'Addons>AdamW'", "addon-class", "compile=False"),
    ("Only instances of keras.Layer can be added to a Sequential model. Received: <tensorflow_hub.keras_layer.KerasLayer object "
     "at 0x7f3c> (of type <class 'tensorflow_hub.keras_layer.KerasLayer'>)", "hub-layer-in-keras-3", ""),
    ("Unknown object: OutputOnlyConfig", "addon-class", "tensorflow-model-optimization"),
    ("Unknown layer: TFDistilBertModel", "addon-class", "transformers"),
    ("Unknown layer: Custom>MultiCategoryEncoding", "addon-class", "autokeras"),
    ("Unknown decay: 'WarmUp'", "compile-custom-missing", ""),
    ("Unknown loss function: '<lambda>'", "compile-custom-missing", ""),
    ("We could not automatically infer the shape of the Lambda's output. Please specify the `output_shape` argument for this "
     "Lambda layer.", "lambda-output-shape", ""),
    ("Cannot call custom layer random_flip of type <class 'keras.saving.legacy.saved_model.load.RandomFlip'>, because the call "
     "function was not serialized to the SavedModel.", "savedmodel-call-not-saved", ""),
    ('Layer "dense_2" expects 1 input(s), but it received 2 input tensors. Inputs received: [<KerasTensor shape=(None, 7, 7, '
     "1280), dtype=float32, sparse=None, name=keras_tensor_458>]", "nested-model-inputs", ""),
    ("Functional.__init__() got multiple values for keyword argument 'inputs'", "functional-subclass-config", ""),
    ('Layer #0 (named "efficientnetb0" in the current model) was found to correspond to layer efficientnetb0 in the save file. '
     "However the new layer efficientnetb0 expects 312 weights, but the saved weights have 309 elements.", "weights-count", ""),
    ("Layer count mismatch when loading weights from file. Model expected 29 layers, found 30 saved layers.", "weights-count",
     ""),
    ("No model found in config file.", "weights-only-file", ""),
    ("Binding inputs to tf.function failed due to `too many positional arguments`. Received args: (<tf.Tensor>, <tf.Tensor>) and "
     "kwargs: {} for signature: (*, image_input: TensorSpec(shape=(None, 8)), label_input: TensorSpec(shape=(None,))).",
     "signature-needs-keywords", ""),
    ("Expected a model.weights.h5 or model.weights.npz file.", "keras-without-weights", ""),
    ("UnboundLocalError: cannot access local variable 'weights_store' where it is not associated with a value",
     "keras-without-weights", ""),
    ("__init__() got an unexpected keyword argument 'ragged'", "config-key-newer-keras", "InputLayer"),
    ("Could not find matching function to call loaded from the SavedModel. Got:\n  Positional arguments (2 total)",
     "savedmodel-call-signature", ""),
    ("The layer sequential has never been called and thus has no defined output.", "sequential-not-called", ""),
    ("A KerasTensor cannot be used as input to a TensorFlow function.", "keras-tensor-in-tf-function", ""),
    ("Invalid keyword arguments: {'by_name': True}", "by-name-legacy-only", ""),
    ("Unable to synchronously open file (file signature not found)", "not-hdf5", ""),
    ("('Keyword argument not understood:', 'input_dtype')", "keras-1-file", ""),
    ("'list' object has no attribute 'items'", "sequential-config-shape", ""),
    ("Argument `name` must be a string and cannot contain character `/`. Received: name=block/dense", "layer-name-slash", ""),
    ("Argument name must be a string and cannot contain character '/'", "layer-name-slash", ""),
    ('The name "concatenate" is used 2 times in the model. All operation names should be unique.', "layer-name-twice", ""),
    ("name 'K' is not defined", "lambda-global-missing", ""),
    ("Skipping variable loading for optimizer 'adam', because it has 44 variables whereas the saved optimizer has 32 variables.",
     "optimizer-state-reset", ""),
    (r"invalid load key, '\x89'", "hdf5-as-pickle", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cause", "said"), REPORTED, ids=lambda value: str(value)[:60])
def test_reported_texts_get_their_answer(text: str, cause: str, said: str) -> None:
    found = answers(text)
    assert found, "no answer"
    assert found[0].name == cause
    assert said in " ".join(found[0].details)


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: __init__() got an unexpected keyword argument 'zzz'",
        "Unrecognized keyword arguments passed to Dense: {'zzz': None}",
        "KeyError: 'my_column'",
        "the coffee machine reports an empty water tank",
        "AttributeError: 'NoneType' object has no attribute 'group'",
        # Nothing but a place is left of it, as of the measured `KeyError: 0`.
        "KeyError: <tf.Tensor 'map/while/Switch_1:0' shape=() dtype=float32>",
        "AttributeError: 'MLModel' object has no attribute 'description'",
    ],
)
def test_what_nobody_knows_is_not_known(text: str) -> None:
    assert answers(text) == []


# Of the kinds that the fourth collection showed: three more of each, and what is nearly one and is none: the same words of
# another exception, place, name or generation.
KINDS = [json.loads(line) for line in (Path(__file__).parent / "kinds.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("entry", [entry for entry in KINDS if "not" in entry], ids=lambda entry: entry["text"][:60])
def test_a_text_that_is_nearly_one_of_a_cause_is_none_of_it(entry: dict[str, str]) -> None:
    assert entry["not"] not in [item.name for item in answers(entry["text"])]


def test_a_message_that_is_cut_before_its_reason_is_read_off_the_configuration() -> None:
    config = "{'name': 'x', 'trainable': True, 'groups': 1, 'initializer': {'config': {'input_shape': 3}}, 'use_bias': False}"

    def cut(name: str) -> str:
        return f"Error when deserializing class '{name}' using config={config}."

    assert first(cut("DepthwiseConv2D")) == "config-key-past"
    assert "`groups`" in answers(cut("DepthwiseConv2D"))[0].details[0]
    assert answers(cut("Conv2D")) == []
    assert answers("  File 'keras/engine/base_layer.py'\n" + cut("MyLayer")) == []


@pytest.mark.parametrize("entry", [entry for entry in KINDS if "cause" in entry], ids=lambda entry: entry["text"][:60])
def test_others_of_a_kind_are_answered_alike(entry: dict[str, str]) -> None:
    assert first(entry["text"]) == entry["cause"]


@pytest.mark.parametrize("name", ["Zzz", "MyVeryOwnLayer", "my_pkg>Gate"])
def test_a_name_that_nobody_has_is_the_authors_and_no_cell_is_claimed_for_it(name: str) -> None:
    found = answers(f"Unknown layer: '{name}'. Please ensure you are using a `keras.utils.custom_object_scope`")
    assert [item.name for item in found] == ["custom-object-missing"]
    assert not found[0].cells
    assert name in found[0].details[0]


@pytest.mark.parametrize(
    "name",
    ["LocallyConnected2D", "ThresholdedReLU", "CuDNNGRU", "RandomHeight", "SequenceFeatures", "ConvRNN2D", "BatchNormalizationV1",
     "MaxoutDense", "RandomFourierFeatures"],
)  # fmt: skip
def test_a_class_of_keras_is_never_a_custom_object_or_a_package(name: str) -> None:
    for text in (
        f"Unknown layer: {name}",
        f"TypeError: Could not locate class '{name}'. Make sure custom classes are decorated",
    ):
        assert first(text) == "builtin-gone"


def counted(entries: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Texts with a wrong answer, and without one."""
    wrong: list[str] = []
    unanswered: list[str] = []
    for entry in entries:
        name = first(entry["text"])
        if name not in entry["causes"]:
            (unanswered if name == UNKNOWN else wrong).append(f"{name}: {entry['text'][-200:]}")
    return wrong, unanswered


def test_rarer_public_texts_are_answered_too() -> None:
    wrong, unanswered = counted(LATER)
    assert not wrong
    assert not unanswered


@pytest.mark.parametrize("split", ["tuning", "held-out"])
def test_most_public_texts_are_answered_and_hardly_any_wrongly(split: str) -> None:
    entries = [entry for entry in PUBLIC if entry["split"] == split]
    assert len(PUBLIC) >= 200
    wrong, unanswered = counted(entries)
    assert len(wrong) <= WRONG * len(entries), wrong
    assert len(unanswered) <= UNANSWERED * len(entries), unanswered
