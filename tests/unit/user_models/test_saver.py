"""Which environment wrote a file, exactly where that can be had, and what stands in where it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from crossload.environments import exact_keras
from crossload.environments.exact_keras import lock_exact_keras
from crossload.environments.model import Environment
from crossload.errors import LockError
from crossload.inspection import Inspection
from crossload.user_models.model_file import ModelError, UserModel
from crossload.user_models.saver import Writer, find_saver, measured_like
from tests.unit.doubles import environment

# Environment and its Keras; those below 2.6 have it inside TensorFlow.
LOCKED = {
    **{"2.0-cpu": "", "2.2-cpu": "", "2.3-cpu": "", "2.4-cpu": "", "2.10-cpu": "2.10.0", "2.15-cpu": "2.15.0"},
    **{"2.16-cpu": "3.4.1", "2.18-cpu": "3.9.0", "2.19-cpu": "3.11.3", "2.20-cpu": "3.11.3", "2.21-cpu": "3.13.2"},
    **{"2.16+keras3.6-cpu": "3.6.0", "keras3.6-cpu": "3.6.0", "keras3.11-cpu": "3.11.3", "keras3.12-cpu": "3.12.4"},
    **{"keras3.15-cpu": "3.15.1"},
}


def environments() -> dict[str, Environment]:
    made = {}
    for name, keras in LOCKED.items():
        lock = f"tensorflow-cpu=={'2.18.1' if name.startswith('keras') else name[: name.index('-')].split('+')[0] + '.1'}\n"
        made[name] = environment(name, "3.11", lock + (f"keras=={keras}\n" if keras else ""))
    legacy = environment("2.18+tf_keras-cpu", "3.11", "tensorflow-cpu==2.18.1\nkeras==3.9.0\ntf-keras==2.18.0\n")
    return made | {legacy.id: legacy}


def model(keras: str = "", tensorflow: str = "", form: str = "keras") -> UserModel:
    return UserModel(Path("m.keras"), Inspection(container="zip", keras=keras, tensorflow=tensorflow), form, 1000)


@pytest.mark.parametrize(
    ("keras", "writer"),
    [
        ("3.13.2", "2.21-cpu"),  # what people have goes before what is made for measuring
        ("3.11.3", "2.20-cpu"),
        ("3.6.0", "keras3.6-cpu"),
        ("3.12.4", "keras3.12-cpu"),
        ("3.15.1", "keras3.15-cpu"),
        ("2.10.0", "2.10-cpu"),
        ("2.18.0", "2.18+tf_keras-cpu"),
        ("2.2.4-tf", "2.0-cpu"),
        ("2.4.0", "2.4-cpu"),
    ],
)
def test_the_very_keras_that_the_file_names(keras: str, writer: str) -> None:
    found = find_saver(model(keras), environments())
    assert (found.environment.id, found.exact) == (writer, True)
    assert f"Keras {keras}" in found.why


@pytest.mark.parametrize(
    ("keras", "nearest", "others"),
    [
        ("2.3.1", "2.2-cpu", ["2.4-cpu", "2.3-cpu"]),  # standalone: TensorFlow's own says -tf
        ("2.2.4", "2.0-cpu", ["2.2-cpu", "2.4-cpu"]),
        ("1.2.2", "2.0-cpu", ["2.2-cpu", "2.4-cpu"]),
        ("3.16.0", "keras3.15-cpu", ["2.21-cpu", "keras3.12-cpu"]),
        ("3.13.2.dev2025", "2.21-cpu", ["keras3.15-cpu", "keras3.12-cpu"]),
        ("2.17.0", "2.18+tf_keras-cpu", ["2.16-cpu", "2.18-cpu"]),
    ],
)
def test_what_cannot_be_had_has_the_nearest_in_its_place_and_that_is_said(
    keras: str, nearest: str, others: Sequence[str]
) -> None:
    found = find_saver(model(keras), environments(), make=lambda version, known: (None, "it cannot be had"))
    assert (found.environment.id, found.exact) == (nearest, False)
    if keras != "2.17.0":
        assert [item.id for item in found.others] == others
    assert "nearest" in found.why
    assert ("it cannot be had" in found.why) == keras.startswith("3")


@pytest.mark.parametrize(
    ("keras", "nearest"), [("0", "2.0-cpu"), ("3", "2.16-cpu"), ("1!3.4.1", "2.0-cpu"), ("3.4\u0664.1", "2.16-cpu")]
)
def test_a_strange_version_has_the_nearest_in_its_place(keras: str, nearest: str) -> None:
    found = find_saver(model(keras), environments(), make=lock_exact_keras)
    assert (found.environment.id, found.exact) == (nearest, False)


@pytest.mark.parametrize("keras", ["\u0663.\u0664.\u0661", "9" * 299, "latest"])
def test_what_is_no_version_is_asked_for(keras: str) -> None:
    with pytest.raises(ModelError, match="does not say which version wrote it"):
        find_saver(model(keras), environments(), make=lock_exact_keras)
    with pytest.raises(ModelError, match="does not say which version wrote it"):
        find_saver(model(), environments())


def test_a_version_that_none_has_is_made() -> None:
    made = environment("keras3.12.1-cpu", "3.11", "keras==3.12.1\n")
    asked = []

    def make(version: str, known: Mapping[str, Environment]) -> tuple[Environment | None, str]:
        asked.append(version)
        return made, ""

    found = find_saver(model("3.12.1"), environments(), make=make)
    assert (found.environment, found.exact, asked) == (made, True, ["3.12.1"])
    assert find_saver(model("3.15.1"), environments(), make=make).environment.id == "keras3.15-cpu"
    assert len(asked) == 1
    # Where nothing may be made, the nearest: of the same minor.
    assert find_saver(model("3.12.1"), environments()).environment.id == "keras3.12-cpu"


def test_a_savedmodel_says_its_tensorflow() -> None:
    found = find_saver(model(tensorflow="2.10.0", form="savedmodel"), environments())
    assert (found.environment.id, found.exact) == ("2.10-cpu", True)
    legacy = find_saver(model(tensorflow="2.18.0", form="savedmodel"), environments())
    assert (legacy.environment.id, legacy.exact) == ("2.18+tf_keras-cpu", True)
    new = find_saver(model(tensorflow="2.22.0", form="export"), environments())
    assert (new.environment.id, new.exact) == ("2.21-cpu", False)
    assert "stands" not in new.why
    assert "nearest" in new.why


def test_what_the_user_says_goes_before_the_file_and_a_silent_file_is_an_error() -> None:
    assert find_saver(model("3.15.1"), environments(), "2.10") == Writer(environments()["2.10-cpu"], "as you say")
    with pytest.raises(ModelError, match="--saved-with"):
        find_saver(model(), environments())
    with pytest.raises(ModelError, match=r"no environment '2\.11'"):
        find_saver(model(), environments(), "2.11")


def test_predictions_are_taken_from_the_measured_environment_with_the_nearest_keras() -> None:
    known = environments()
    measured = ["2.15-cpu", "2.16-cpu", "2.21-cpu", "2.18+tf_keras-cpu"]
    assert measured_like(known["keras3.15-cpu"], known, measured) == "2.21-cpu"
    assert measured_like(known["keras3.6-cpu"], known, measured) == "2.21-cpu"
    assert measured_like(known["2.16-cpu"], known, measured) == "2.16-cpu"
    assert measured_like(known["keras3.15-cpu"], known, ["2.15-cpu"]) == "keras3.15-cpu"


# An overlay with the very version, locked on demand


@dataclass
class Locker:
    asked: list[tuple[str, list[str]]]
    refusal: str = ""

    def __call__(self, name: str, config: Any, as_of: Any, destination: Path, own: Path | None = None) -> Path:
        self.asked.append((name, list(config.pins)))
        if self.refusal:
            raise LockError(self.refusal)
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_text("tensorflow-cpu==2.18.1\nkeras==3.12.1 --hash=sha256:aa\n", encoding="utf-8")
        return destination


@pytest.fixture
def locker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Locker:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path))
    found = Locker([])
    monkeypatch.setattr(exact_keras, "write_lock", found)
    return found


def over_a_base() -> dict[str, Environment]:
    known = environments()
    return {
        name: replace(item, base=known["2.18-cpu"]) if item.name.is_keras_3 else item for name, item in known.items()
    }


def test_a_very_version_is_locked_once_over_the_base_of_the_locked_ones(locker: Locker) -> None:
    made, why = lock_exact_keras("3.12.1", over_a_base())
    assert made is not None
    assert (made.id, why, made.pins["keras"]) == ("keras3.12.1-cpu", "", "3.12.1")
    assert made.base is not None
    assert made.base.id == "2.18-cpu"
    lock_exact_keras("3.12.1", over_a_base())
    assert locker.asked == [("keras3.12.1-cpu", ["keras==3.12.1"])]


def test_what_cannot_be_locked_says_why(locker: Locker) -> None:
    locker.refusal = "keras3.99.0-cpu: uv could not resolve it:\n  there is no version of keras==3.99.0"
    assert lock_exact_keras("3.99.0", over_a_base()) == (
        None,
        "Keras 3.99.0 cannot be had: there is no version of keras==3.99.0",
    )
    assert lock_exact_keras("3.16.0.dev2026", over_a_base())[0] is None
    assert lock_exact_keras("3.12.1", environments())[0] is None
    assert len(locker.asked) == 1
