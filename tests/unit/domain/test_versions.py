"""What an environment's id says, and the one order of environments."""

import random

import pytest

from crossload.domain.versions import (
    EnvironmentId,
    in_order,
    keras_of,
    legacy_of,
    natural,
    neighbours,
    on_the_way,
    place_in_line,
    spellings,
    spoken,
    tensorflow_of,
)

# By number and not by text, variants after the plain one, CPU before CUDA, Keras by its own number, the newest last.
ORDER = [
    "2.0-cpu",
    "2.4-cpu",
    "2.4+keras-cpu",
    "2.9-cpu",
    "2.10-cpu",
    "2.10-cuda",
    "2.16-cpu",
    "2.16+keras3.9-cpu",
    "2.16+keras3.15-cpu",
    "2.16+tf_keras-cpu",
    "2.21-cpu",
    "2.21-cuda",
    "2.21+jax-cpu",
    "2.21+py3.9-cpu",
    "2.21+py3.13-cpu",
    "keras3.0-cpu",
    "keras3.7-cpu",
    "keras3.12-cpu",
    "keras3.12.4-cpu",
    "keras3.15-cpu",
    "today-cpu",
    "today+py3.10-cpu",
    "nightly-cpu",
    "something-else",
]


def test_the_order_of_environments() -> None:
    shuffled = [*ORDER, "", "2.10-cpu"]
    random.Random(1).shuffle(shuffled)
    assert in_order(shuffled) == ORDER


@pytest.mark.parametrize("name", [*ORDER, "2.10", "weird", "", "a-b-c"])
def test_an_id_is_the_sum_of_its_parts(name: str) -> None:
    assert str(EnvironmentId.parse(name)) == name


@pytest.mark.parametrize("name", ORDER[:-1])
def test_ids_of_a_configuration(name: str) -> None:
    assert EnvironmentId.is_id(name)


BAD = [
    "2.10",
    "2-cpu",
    "2.10-gpu",
    "2.10.1-cpu",
    "2.10-cpu-x",
    "v2.10-cpu",
    "2.10 +x-cpu",
    "2.10+-cpu",
    "keras3-cpu",
    "",
]


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_id(name: str) -> None:
    assert not EnvironmentId.is_id(name)


@pytest.mark.parametrize(
    ("name", "plain", "legacy", "generation", "said"),
    [
        ("2.15-cpu", True, False, 2, "2.15"),
        ("2.16-cuda", True, False, 3, "2.16-cuda"),
        ("2.16+tf_keras-cpu", False, True, 2, "2.16+tf_keras"),
        ("2.4+keras-cpu", False, False, 2, "2.4+keras"),
        ("keras3.7-cpu", False, False, 3, "keras3.7"),
        ("today-cpu", False, False, 3, "today"),
        ("nightly-cpu", False, False, 3, "nightly"),
    ],
)
def test_what_an_id_says(name: str, plain: bool, legacy: bool, generation: int, said: str) -> None:
    found = EnvironmentId.parse(name)
    assert (found.is_plain, found.is_legacy_keras, found.keras_generation, spoken(name)) == (
        plain,
        legacy,
        generation,
        said,
    )


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        ("keras3.15+jax-cpu", "jax"),
        ("today+torch-cpu", "torch"),
        ("2.18-cpu", "tensorflow"),
        ("today+py3.10-cpu", "tensorflow"),
    ],
)
def test_what_keras_computes_with(name: str, backend: str) -> None:
    assert EnvironmentId.parse(name).backend == backend


def test_a_number_in_a_text_counts_by_its_value() -> None:
    assert natural("keras3.9") < natural("keras3.15")


@pytest.mark.parametrize(("one", "other"), [("2.9-cpu", "2.10-cpu"), ("keras3.0-cpu", "keras3.7-cpu")])
def test_neighbours_differ_in_one_version(one: str, other: str) -> None:
    assert neighbours(one, other)
    assert place_in_line(one) < place_in_line(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.9-cpu", "2.10-cuda"),
        ("2.16-cpu", "2.16+tf_keras-cpu"),
        ("2.21-cpu", "nightly-cpu"),
        ("2.21-cpu", "keras3.0-cpu"),
    ],
)
def test_what_varies_something_else_has_no_neighbour(one: str, other: str) -> None:
    assert not neighbours(one, other)


@pytest.mark.parametrize("environment", ["2.16-cpu", "2.16+tf_keras-cpu", "2.16+py3.12-cpu"])
def test_the_same_tensorflow_with_legacy_keras(environment: str) -> None:
    assert legacy_of(environment) == "2.16+tf_keras-cpu"


def test_nobody_moves_through_a_variant_or_another_machine() -> None:
    names = ["2.10+keras-cpu", "2.15-cpu", "2.15-cuda", "2.16+tf_keras-cpu", "2.18-cpu", "2.18-cuda", "nightly-cuda"]
    assert on_the_way(names, "2.10+keras-cpu", "2.18-cuda") == ["2.10+keras-cpu", "2.15-cuda", "2.18-cuda"]


def test_a_version_stands_for_its_environment_on_cpu_first() -> None:
    assert spellings("2.10") == ("2.10", "2.10-cpu", "2.10-cuda")


@pytest.mark.parametrize("package", ["tensorflow", "tensorflow-cpu", "tf-nightly", "tf-nightly-cpu"])
def test_tensorflow_has_four_names(package: str) -> None:
    assert tensorflow_of({"keras": "3.0.0", package: "2.99"}) == "2.99"
    assert tensorflow_of({"keras": "3.0.0"}) is None


@pytest.mark.parametrize(
    ("environment", "pins", "version"),
    [
        ("2.4-cpu", {"keras-preprocessing": "1.1.2"}, "2.4.0"),
        ("2.10-cpu", {"keras": "2.10.0"}, "2.10.0"),
        ("2.16+tf_keras-cpu", {"keras": "3.4.1", "tf-keras": "2.16.0"}, "2.16.0"),
        ("2.4+keras-cpu", {"keras": "2.13.1"}, "2.13.1"),
        ("nightly-cpu", {"keras-nightly": "3.16.0.dev1"}, "3.16.0.dev1"),
    ],
)
def test_the_keras_of_an_environment(environment: str, pins: dict[str, str], version: str) -> None:
    assert keras_of(environment, pins) == version
