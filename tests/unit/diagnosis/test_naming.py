"""Names in errors: whose they are, and since when."""

import re

import pytest
from packaging.version import Version

from crossload.diagnosis import naming
from crossload.diagnosis.naming import identify, key_identity, module_identity, operation_package
from crossload.inspection.builtin_names import ACTIVATIONS, BUILT_IN
from crossload.inspection.keras_names import OBJECTS, keras_names


@pytest.mark.parametrize(
    ("name", "keras", "status"),
    [
        ("Dense", None, "current"), ("LSTM", "3.4", "current"), ("CuDNNLSTM", None, "gone"), ("CuDNNLSTM", "2.15", "gone"),
        ("LocallyConnected1D", "2.15", "current"), ("LocallyConnected1D", "3.4", "gone"), ("RMSNormalization", "3.4", "later"),
        ("RMSNormalization", "3.15", "current"), ("SyncBatchNormalization", None, "gone"), ("SlicingOpLambda", None, "operation"),
        ("GetItem", "3.4", "operation"),
        ("Addons>InstanceNormalization", None, "addon"), ("InstanceNormalization", None, "addon"),
        ("TFBertMainLayer", None, "addon"), ("Custom>TFBertMainLayer", None, "addon"),
        ("keras_nlp>PositionEmbedding", None, "addon"),
        ("Custom>Dense", None, "foreign"), ("mine>Gate", None, "foreign"), ("Zzz", None, "foreign"), ("Gate", "3.4", "foreign"),
        # TensorFlow 2.12 was shipped with the models of its own tests.
        ("PositionalEmbedding", None, "foreign"), ("Sampling", "2.4", "foreign"), ("BatchNorm", "2.4", "foreign"),
    ],
)  # fmt: skip
def test_what_a_class_is_depends_on_who_asks(name: str, keras: str | None, status: str) -> None:
    found = identify(name, keras=Version(keras) if keras else None)
    assert found.status == status
    assert found.told or status == "operation"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("CuDNNLSTM", "later"), ("ReLU", "later"), ("Dense", "current"), ("LayerNormalization", "current"), ("Merge", "gone"),
        ("DenseFeatures", "current"), ("swish", "later"), ("RMSNormalization", "later"),
    ],
)  # fmt: skip
def test_the_first_keras_of_its_own_has_a_history_of_its_own(name: str, status: str) -> None:
    assert identify(name, standalone=True).status == status


@pytest.mark.parametrize(
    ("name", "keras", "status"),
    [
        ("relu6", None, "foreign"), ("relu6", "2.4", "foreign"), ("relu6", "3.4", "current"), ("hard_swish", "3.0", "later"),
        ("swish", None, "later"), ("sparsemax", None, "foreign"), ("RMSNormalization", None, "later"),
    ],
)  # fmt: skip
def test_an_activation_of_keras_3_that_keras_2_misses_is_the_models_own(
    name: str, keras: str | None, status: str
) -> None:
    found = identify(name, keras=Version(keras) if keras else None, any_file=True)
    assert found.status == status
    assert found.told
    assert keras == "3.4" or identify(name, keras=Version(keras) if keras else None).status == "later"


@pytest.mark.parametrize(
    ("keys", "of", "keras", "status"),
    [
        ("{'quantization_config': None}", "Dense", "3.4", "newer"), ("{'time_major': False}", "LSTM", "3.4", "past"),
        ("{'groups': 1}", "DepthwiseConv2D", "3.4", "past"), ("{'batch_input_shape': [1, 2]}", "LSTM", "3.4", "past"),
        ("['batch_shape']", "", "2.15", "keras-3"), ("dict_keys(['ragged'])", "", None, "newer"), ("groups", "", "2.2", "newer"),
        ("zzz", "", None, "foreign"), ("{'zzz': 1}", "Dense", "3.4", "foreign"), ("{'limit': 1}", "Gate", "3.4", "foreign"),
    ],
)  # fmt: skip
def test_what_a_key_is_depends_on_its_class_and_who_asks(keys: str, of: str, keras: str | None, status: str) -> None:
    assert key_identity(keys, of, Version(keras) if keras else None)[0] == status


def test_modules_of_keras_are_told_from_others() -> None:
    assert module_identity("keras.src.engine")[0]
    assert "2.13 to 2.15" in module_identity("keras.src.engine")[1][0]
    assert "standalone Keras" in module_identity("keras.engine.topology")[1][0]
    assert not module_identity("utils")[0]
    assert operation_package("SimpleMLLoadModelFromPathWithHandle")
    assert not operation_package("MatMul")


def test_what_has_a_successor_is_gone_or_has_another_name_today() -> None:
    for name in naming._known()["successors"]:
        found = keras_names().objects(name, [kind for kind in OBJECTS if kind != "inner"])
        assert found or identify(name).status == "gone", name
        assert not any(item.main.open for item in found if item.kind == "layers"), name


def test_what_an_addon_is_said_to_be_replaced_by_is_there_since_then() -> None:
    said = [text for addon in naming._addons() for text in (*addon.instead.values(), addon.advice)]
    claims = [
        match
        for text in said
        for match in re.finditer(
            r"`keras\.(\w+)\.(\w+)[^`]*` (?:is|computes)[^;.]*?from (?:Keras )?(\d+\.\d+) on", text
        )
    ]
    assert len(claims) >= 10
    for kind, name, version in (match.groups() for match in claims):
        (found,) = keras_names().objects(name, (kind,))
        assert found.main.holds(Version(version)), (name, version, str(found.main))
        assert found.main.open


def test_names_that_come_with_keras_are_known_to_the_inspector() -> None:
    assert {"Dense", "Functional", "TFOpLambda", "CuDNNLSTM", "LocallyConnected1D", "RMSNormalization", "L2", "GlorotUniform",
            "DTypePolicy", "TextVectorization", "MaxNorm"} <= BUILT_IN  # fmt: skip
    assert {"relu", "gelu", "swish", "silu", "hard_sigmoid", "mish"} <= ACTIVATIONS
    assert not {"Gate", "Slice", "InstanceNormalization", "KerasLayer", "get"} & (BUILT_IN | ACTIVATIONS)
