"""Two models are compiled alike where the settings do the same, however they are written."""

from typing import Any

import pytest

from crossload.probe.operations import compile_settings

describe: Any = compile_settings.describe
differences: Any = compile_settings.differences
optimizer_differences: Any = compile_settings.optimizer_differences
plain_name: Any = compile_settings.plain_name
same: Any = compile_settings.same


class Configured:
    """Looks like an object of Keras: a class, a configuration, perhaps a wrapped function."""

    def __init__(self, config: dict[str, Any], function: Any = None) -> None:
        self.config, self._fn = config, function

    def get_config(self) -> dict[str, Any]:
        return self.config


def made(name: str, config: dict[str, Any], function: Any = None) -> Any:
    return type(name, (Configured,), {})(config, function)


def binary_accuracy() -> None: ...


def binary_crossentropy() -> None: ...


# As TensorFlow 2.10, 2.15 and 2.21 tell the metric of `metrics=["accuracy"]` after loading the h5 of 2.10.
ACCURACY = [
    made("MeanMetricWrapper", {"name": "accuracy", "dtype": "float32", "fn": binary_accuracy}, binary_accuracy),
    {
        "module": "keras.metrics",
        "class_name": "MeanMetricWrapper",
        "config": {
            "name": "accuracy",
            "dtype": "float32",
            "fn": {
                "module": "builtins",
                "class_name": "function",
                "config": "binary_accuracy",
                "registered_name": "function",
            },
        },
        "registered_name": None,
    },
    {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "dtype": "float32", "fn": "binary_accuracy"}},
    "accuracy",
    "acc",
    "binary_accuracy",
    {"class_name": "BinaryAccuracy", "config": {"name": "binary_accuracy", "dtype": "float32", "threshold": 0.5}},
]
SMOOTHED = {
    "reduction": "auto",
    "name": "b",
    "from_logits": True,
    "label_smoothing": 0.1,
    "axis": -1,
    "fn": "binary_crossentropy",
}


@pytest.mark.parametrize("one", ACCURACY)
@pytest.mark.parametrize("two", ACCURACY)
def test_the_most_written_metric_is_the_same_in_every_form(one: Any, two: Any) -> None:
    assert same(describe(one), describe(two), [1])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("accuracy", "binary_accuracy"),
        ("categorical_accuracy", "binary_accuracy"),
        ("mse", "mae"),
        ("mse", "accuracy"),
        ("binary_crossentropy", {"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}),
        ({"class_name": "Huber", "config": {"delta": 1.0}}, {"class_name": "Huber", "config": {"delta": 2.0}}),
        ({"class_name": "Huber", "config": {"delta": 2.0}}, "huber"),
        (
            {"class_name": "TopKCategoricalAccuracy", "config": {"k": 2}},
            {"class_name": "TopKCategoricalAccuracy", "config": {"k": 5}},
        ),
        ({"class_name": "AUC", "config": {"curve": "ROC"}}, {"class_name": "AUC", "config": {"curve": "PR"}}),
    ],
)
def test_what_does_something_else_is_another(one: Any, two: Any) -> None:
    assert not same(describe(one), describe(two), [10])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("accuracy", "categorical_accuracy"),
        ("accuracy", "sparse_categorical_accuracy"),
        ("AUC", {"class_name": "AUC", "config": {"num_thresholds": 200, "from_logits": False}}),
        ("kld", "KLDivergence"),
        (
            "bce",
            {
                "class_name": "BinaryCrossentropy",
                "config": {"from_logits": False, "label_smoothing": 0.0, "reduction": "auto"},
            },
        ),
        (
            {"class_name": "BinaryCrossentropy", "config": SMOOTHED},
            made("BinaryCrossentropy", {**SMOOTHED, "reduction": "sum_over_batch_size"}, binary_crossentropy),
        ),
        (
            {"class_name": "SparseCategoricalCrossentropy", "config": {"ignore_class": None}},
            "sparse_categorical_crossentropy",
        ),
        ("Custom>MyLoss", {"registered_name": "Custom>MyLoss", "config": {}}),
    ],
)
def test_what_does_the_same_is_the_same(one: Any, two: Any) -> None:
    assert same(describe(one), describe(two), [10])


def compiled(loss: list[Any], metrics: list[Any] = [], weights: list[float] = []) -> dict[str, Any]:  # noqa: B006
    return {
        "loss": [describe(item) for item in loss],
        "metrics": [describe(item) for item in metrics],
        "loss_weights": weights,
    }


def test_differences_are_told_in_words() -> None:
    found = differences(
        compiled(["mse"], ["mae"]), compiled([{"class_name": "Huber", "config": {"delta": 2.0}}], ["mae"])
    )
    assert found == {"loss": [["mean_squared_error"], ["huber(delta=2.0)"]]}


def test_metrics_have_no_order_and_losses_do() -> None:
    assert differences(compiled(["mse", "mae"], ["a", "b"]), compiled(["mse", "mae"], ["b", "a"])) == {}
    assert set(differences(compiled(["mse", "mae"]), compiled(["mae", "mse"]))) == {"loss"}


def test_what_was_lost_is_a_difference() -> None:
    assert set(differences(compiled(["mse"], ["mae"], [2.0]), compiled(["mse"]))) == {"metrics", "loss_weights"}


ADAM = {"optimizer": "adam", "steps": 3, "learning_rate": 0.001, "arguments": {"beta_1": 0.9, "epsilon": 1e-7}}


def test_optimizers_are_compared_by_what_both_say() -> None:
    newer = {
        **ADAM,
        "learning_rate": 0.0010000000474974513,
        "arguments": {"beta_1": 0.8999999761581421, "weight_decay": 0.1},
    }
    assert optimizer_differences(ADAM, newer) == {}
    assert optimizer_differences(ADAM, {**ADAM, "arguments": {"beta_1": 0.5}}) == {"beta_1": [0.9, 0.5]}
    assert set(optimizer_differences(ADAM, {**ADAM, "steps": 0, "learning_rate": 0.01})) == {"steps", "learning_rate"}
    assert optimizer_differences(ADAM, {**ADAM, "learning_rate": None}) == {"learning_rate": [0.001, None]}


def test_a_broken_configuration_of_the_user_is_no_error() -> None:
    class Odd:
        def get_config(self) -> dict[str, Any]:
            raise NotImplementedError

    assert describe(Odd()) == {"name": "odd", "with": {}}


def test_one_metric_does_not_stand_for_two() -> None:
    two = {"metrics": [describe("mae"), describe("mae")]}
    assert differences(two, {"metrics": [describe("mae"), describe("mse")]})
    assert not differences(two, {"metrics": [describe("mae"), describe("mae")]})


def test_losses_weigh_what_they_weighed() -> None:
    weighted: dict[str, Any] = {"loss_weights": [1.0, 0.5]}
    assert differences(weighted, {"loss_weights": [1.0, 0.25]}) == {"loss_weights": [[1.0, 0.5], [1.0, 0.25]]}
    assert not differences(weighted, {"loss_weights": [1.0, 0.5]})
