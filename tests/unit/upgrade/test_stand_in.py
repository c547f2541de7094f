"""What is answered for an environment of a very Keras 3 that was not measured, and what pip gives beside what was."""

from pathlib import Path
from typing import Any

import pytest

from crossload.environments import lock_files
from crossload.upgrade.stand_in import End, measured_instead, pip_today


def facts(name: str, keras: str) -> dict[str, Any]:
    return {"id": name, "keras": keras, "hardware": name.rpartition("-")[2]}


MEASURED = [
    *(
        facts("2.10-cpu", "2.10.0"),
        facts("2.16-cpu", "3.4.1"),
        facts("2.19-cpu", "3.11.3"),
        facts("2.20-cpu", "3.11.3"),
    ),
    facts("2.21-cpu", "3.13.2"),
    facts("2.21+tf_keras-cpu", "2.21.0"),
]


@pytest.fixture(autouse=True)
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which pip was asked on one day."""
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path))
    folder = tmp_path / "locks" / "today-cpu"
    folder.mkdir(parents=True)
    (folder / "2026-11-20.txt").write_text("tensorflow-cpu==2.21.0\nkeras==3.15.1\n", encoding="utf-8")
    return tmp_path


def test_what_was_measured_is_answered_as_itself() -> None:
    assert measured_instead("2.21", MEASURED) == End("2.21", "2.21")
    assert measured_instead("today", [*MEASURED, facts("today-cpu", "3.15.1")]) == End("today", "today")


@pytest.mark.parametrize(
    ("word", "measured", "why"),
    [
        ("keras3.13", "2.21-cpu", "which has the same Keras"),
        ("keras3.11-cpu", "2.19-cpu", "which has the same Keras"),
        ("keras3.12", "2.21-cpu", "Keras 3.13.2, the nearest that was"),
        ("keras3.0", "2.16-cpu", "Keras 3.4.1, the nearest that was"),
        ("today", "2.21-cpu", "Keras 3.13.2, the nearest that was"),
    ],
)
def test_a_keras_that_was_not_measured_is_answered_as_the_nearest_and_that_is_said(
    word: str, measured: str, why: str
) -> None:
    end = measured_instead(word, MEASURED)
    assert end.measured == measured
    assert "was not measured: answered as" in end.line
    assert why in end.line
    assert "crossload run --tf" in end.line


def test_what_nobody_knows_stays_what_it_is() -> None:
    assert measured_instead("2.99", MEASURED) == End("2.99", "2.99")
    assert measured_instead("nightly", MEASURED) == End("nightly", "nightly")
    assert measured_instead("keras3.7", [facts("2.10-cpu", "2.10.0")]).line == ""


def test_what_pip_gives_stands_beside_what_was_measured() -> None:
    assert pip_today(MEASURED) == (
        "pip gives TensorFlow 2.21.0 with Keras 3.15.1 (pins of 2026-11-20): "
        "not measured: the newest Keras that was is 3.13.2."
    )
    assert "newest Keras that was is 3.13.2" in pip_today([*MEASURED, facts("nightly-cpu", "3.16.0.dev2026")])
    assert "measured, in today." in pip_today([*MEASURED, facts("today-cpu", "3.15.1")])
    assert pip_today([facts("2.10-cpu", "2.10.0")]) == ""


def test_nothing_is_said_of_pip_where_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr(lock_files, "lock_path", lambda name: tmp_path / "none.txt")
    assert pip_today(MEASURED) == ""


def test_what_was_sampled_is_answered_as_what_it_was_compared_with_and_the_sample_is_told() -> None:
    sample = {"like": "2.21-cpu", "text": "131 of 131 say what they say in 2.21."}
    end = measured_instead("keras3.13", [*MEASURED, facts("keras3.13-cpu", "3.13.2") | {"sample": sample}])
    assert end.measured == "2.21-cpu"
    assert end.line.startswith("131 of 131 say what they say in 2.21. Answered as 2.21.")
    assert "`crossload run --tf all,keras3.13` measures it in full" in end.line


def test_a_sample_stands_for_no_other_keras() -> None:
    sample = {"like": "2.21-cpu", "text": "1 of 1 agrees."}
    end = measured_instead("keras3.12", [*MEASURED, facts("today-cpu", "3.12.4") | {"sample": sample}])
    assert end.measured == "2.21-cpu"


def test_a_nightly_is_nobodys_release() -> None:
    nightly = facts("nightly-cpu", "3.15.2.dev2026010103")
    assert measured_instead("keras3.15", [*MEASURED, nightly]).measured == "2.21-cpu"
