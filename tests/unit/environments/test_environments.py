"""Which environments a selection names, their order, and what makes two of them the same."""

import random
import re
from pathlib import Path

import pytest

from crossload.config import MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.environments.selection import all_environments, select
from crossload.errors import SelectionError
from tests.unit.doubles import config, environment, ready

NAMES = [
    "2.2-cpu",
    "2.4-cpu",
    "2.4+keras-cpu",
    "2.9-cpu",
    "2.10-cpu",
    "2.16-cpu",
    "2.16+tf_keras-cpu",
    "2.20-cpu",
    "2.20-cuda",
    "2.21-cpu",
    "2.21-cuda",
    "2.21+tf_keras-cpu",
    "nightly-cpu",
]
LINE = {"python": "3.9", "as_of": "2022-11-30", "requirements": ["tensorflow-cpu"]}


def known(names: list[str] | None = None) -> dict[str, Environment]:
    shuffled = list(NAMES if names is None else names)
    random.Random(1).shuffle(shuffled)
    return all_environments(config(environments={**dict.fromkeys(shuffled, LINE), "2.10-cpu": LINE}))


def ids(words: list[str], hardware: tuple[str, ...] = ("cpu",)) -> list[str]:
    return [item.id for item in select(known(), words, hardware)]


def test_environments_are_in_the_order_of_their_versions() -> None:
    assert list(known()) == NAMES


def test_a_version_is_no_text_and_no_fraction() -> None:
    assert environment("2.9-cpu").sort_key < environment("2.10-cpu").sort_key
    assert environment("2.10-cpu").sort_key > environment("2.2-cpu").sort_key
    assert environment("nightly-cpu").sort_key > environment("2.21-cpu").sort_key


@pytest.mark.parametrize(
    ("name", "label", "variant", "hardware"),
    [
        ("2.10-cpu", "2.10", "", "cpu"),
        ("2.16+tf_keras-cpu", "2.16+tf_keras", "tf_keras", "cpu"),
        ("2.21+py3.13-cuda", "2.21+py3.13", "py3.13", "cuda"),
        ("nightly-cpu", "nightly", "", "cpu"),
    ],
)
def test_parts_of_an_id(name: str, label: str, variant: str, hardware: str) -> None:
    made = environment(name)
    assert (made.label, made.variant, made.hardware) == (label, variant, hardware)


@pytest.mark.parametrize("name", ["2.10", "2-cpu", "2.10-gpu", "2.10.1-cpu", "2.10-cpu-x", "v2.10-cpu", "2.10 +x-cpu"])
def test_a_bad_id_is_an_error(name: str) -> None:
    with pytest.raises(SelectionError, match=re.escape(repr(name))):
        known([name])


# Selection


def test_all_is_every_minor_and_the_legacy_keras_ones() -> None:
    wanted = [name for name in NAMES if name not in ("2.4+keras-cpu", "nightly-cpu") and name.endswith("-cpu")]
    assert ids(["all"]) == wanted


def test_variants_are_those_that_vary_another_one_and_no_part_of_all() -> None:
    made = known()
    for name in ("2.16+keras3.15-cpu", "2.16+keras3.9-cpu"):
        made[name] = environment(name, like="2.16-cpu")
    assert [item.id for item in select(made, ["variants"])] == ["2.16+keras3.9-cpu", "2.16+keras3.15-cpu"]
    assert [item.id for item in select(made, ["2.16+keras3.15"])] == ["2.16+keras3.15-cpu"]
    assert [item.id for item in select(made, ["all"])] == ids(["all"])
    assert len(select(made, ["all", "variants"])) == len(ids(["all"])) + 2
    with pytest.raises(SelectionError, match="'variants'"):
        ids(["variants"])


def test_keras3_names_every_minor_of_keras_3_in_order_and_all_has_them_and_what_pip_gives_today() -> None:
    made = known(
        [*NAMES, "keras3.9-cpu", "keras3.15-cpu", "keras3.0-cpu", "keras3.9+jax-cpu", "today-cpu", "today+py3.10-cpu"]
    )
    assert [item.id for item in select(made, ["keras3"])] == ["keras3.0-cpu", "keras3.9-cpu", "keras3.15-cpu"]
    assert [item.id for item in select(made, ["keras3.15", "2.21"])] == ["2.21-cpu", "keras3.15-cpu"]
    minors = ["keras3.0-cpu", "keras3.9-cpu", "keras3.15-cpu", "today-cpu"]
    assert [item.id for item in select(made, ["all"])] == [*ids(["all"]), *minors]


def test_the_tensorflow_beside_a_keras_is_that_of_its_lock() -> None:
    beside = environment("keras3.7-cpu", lock="tensorflow-cpu==2.18.1\nkeras==3.7.0\n")
    assert str(beside.tensorflow) == "2.18"
    assert beside.sort_key > environment("2.21-cpu").sort_key


def test_latest_is_the_last_plain_releases() -> None:
    assert ids(["latest:3"]) == ["2.16-cpu", "2.20-cpu", "2.21-cpu"]
    assert ids(["latest:1"]) == ["2.21-cpu"]
    assert len(ids(["latest:99"])) == 7


def test_latest_counts_versions_on_every_kind_of_hardware() -> None:
    assert ids(["latest:2"], ("cpu", "cuda")) == ["2.20-cpu", "2.20-cuda", "2.21-cpu", "2.21-cuda"]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["2.10"], ["2.10-cpu"]),
        (["2.10-cpu"], ["2.10-cpu"]),
        ([" 2.10 ", "2.10-cpu"], ["2.10-cpu"]),
        (["2.16"], ["2.16-cpu"]),
        (["2.16+tf_keras"], ["2.16+tf_keras-cpu"]),
        (["2.4+keras"], ["2.4+keras-cpu"]),
        (["nightly"], ["nightly-cpu"]),
        (["2.10", "2.9", "2.2"], ["2.2-cpu", "2.9-cpu", "2.10-cpu"]),
        (["latest:1", "2.4"], ["2.4-cpu", "2.21-cpu"]),
    ],
)
def test_words_name_environments(words: list[str], wanted: list[str]) -> None:
    assert ids(words) == wanted


def test_hardware_chooses_among_them() -> None:
    assert ids(["2.21"], ("cuda",)) == ["2.21-cuda"]
    assert ids(["2.21"], ("cpu", "cuda")) == ["2.21-cpu", "2.21-cuda"]
    assert ids(["all"], ("cuda",)) == ["2.20-cuda", "2.21-cuda"]


@pytest.mark.parametrize(
    "word",
    ["2.99", "2.1", "2", "", "latest", "latest:", "latest:0", "latest:-1", "latest:x", "latest:²", "ALL", "2.10-cuda"],
)
def test_a_word_that_names_nothing_is_an_error(word: str) -> None:
    with pytest.raises(SelectionError, match=re.escape(repr(word))) as caught:
        ids(["2.10", word])
    assert "crossload envs" in str(caught.value)


def test_the_nearest_version_is_suggested() -> None:
    with pytest.raises(SelectionError, match=re.escape("Did you mean '2.16+tf_keras'?")):
        ids(["2.16+tfkeras"])


def test_nothing_selected_is_an_error() -> None:
    with pytest.raises(SelectionError, match="--tf"):
        ids([])


def test_unknown_hardware_is_told_what_there_is() -> None:
    with pytest.raises(SelectionError, match=r"unknown hardware 'cudda'. Did you mean 'cuda'\?"):
        ids(["2.10"], ("cpu", "cudda"))


# Identity


def test_the_lock_is_the_identity_and_not_the_version() -> None:
    lock = "tensorflow-cpu==2.16.2\nkeras==3.0.5\n"
    assert environment("2.16-cpu", lock=lock).digest == environment("2.17-cpu", lock=lock).digest
    assert (
        environment("2.16-cpu", lock=lock).digest != environment("2.16-cpu", lock=lock.replace("3.0.5", "3.1.0")).digest
    )


def test_an_environment_without_a_lock_says_how_to_make_it() -> None:
    made = environment("2.98-cpu")
    del made.__dict__["lock_text"]
    with pytest.raises(SelectionError, match=re.escape("crossload lock 2.98-cpu")):
        _ = made.digest


def test_a_real_lock_is_read() -> None:
    made = environment("2.10-cpu")
    del made.__dict__["lock_text"]
    assert made.pins["tensorflow-cpu"] == "2.10.1"
    assert len(made.digest) == 64


# Description


def test_before_it_is_built_an_environment_is_described_by_its_lock() -> None:
    made = environment("2.10-cpu", lock="tensorflow-cpu==2.10.1\nkeras==2.10.0\nh5py==3.7.0\nnumpy==1.23.5\n")
    found = EnvironmentState(made, "missing", "not built yet").describe()
    assert (found["tensorflow"], found["keras"], found["numpy"], found["python"]) == (
        "2.10.1",
        "2.10.0",
        "1.23.5",
        "3.9",
    )
    assert (found["protobuf"], found["size_mb"], found["state"], found["reason"]) == (
        None,
        None,
        "missing",
        "not built yet",
    )


def test_what_the_probe_saw_wins_over_the_lock() -> None:
    state = ready(environment("2.10-cpu", lock="tensorflow==2.10.1\nkeras==2.10.0\n"))
    state.facts = {"python": "3.9.19", "tensorflow": "2.10.7", "keras": None}
    found = state.describe()
    assert (found["python"], found["tensorflow"], found["keras"]) == ("3.9.19", "2.10.7", "2.10.0")


def test_a_description_has_what_the_report_needs() -> None:
    wanted = {
        "id",
        "python",
        "tensorflow",
        "keras",
        "h5py",
        "numpy",
        "protobuf",
        "state",
        "reason",
        "size_mb",
        "digest",
        "hardware",
        "backend",
        "pins",
        "image",
        "image_digest",
        "base",
        "gpu",
    }
    assert set(ready(environment("2.10-cpu")).describe()) == wanted


def test_one_that_only_another_index_can_lock_is_unavailable_until_it_has_a_lock(tmp_path: Path) -> None:
    line = {
        "python": "3.11",
        "as_of": "2025-03-25",
        "requirements": ["tensorflow-cpu"],
        "unavailable": "needs another index",
    }
    settings = MatrixConfig.model_validate(
        {
            "environments": {"2.99+torch-cpu": line},
            "profiles": {"quick": {"environments": ["2.99-cpu"], "formats": ["h5"]}},
        }
    )
    made = all_environments(settings)["2.99+torch-cpu"]
    assert (made.unresolved, made.lock_text, made.pins) == ("needs another index", "", {})
    assert made.digest
    (tmp_path / "2.99+torch-cpu.txt").write_text("tensorflow-cpu==2.18.1\n", encoding="utf-8")
    settings._lock_folder = tmp_path
    made = all_environments(settings)["2.99+torch-cpu"]
    assert (made.unresolved, made.pins) == ("", {"tensorflow-cpu": "2.18.1"})
