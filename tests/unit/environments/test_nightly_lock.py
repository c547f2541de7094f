"""Environments that are resolved on the day of the run."""

import datetime
from pathlib import Path

import pytest

from crossload.backends.venv import VenvBackend
from crossload.config import EnvironmentConfig
from crossload.environments import lock_files, nightly_lock
from crossload.environments.model import Environment
from crossload.errors import LockError
from tests.unit.doubles import environment

DAY = datetime.date(2026, 11, 20)
NIGHTLY = Environment(
    "nightly-cpu", EnvironmentConfig.model_validate({"python": "3.13", "as_of": "run", "requirements": ["tf-nightly"]})
)


@pytest.fixture
def resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[datetime.date]:
    """Days that were resolved; every one gives the same pins."""
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path))
    days: list[datetime.date] = []

    def write(name: str, config: EnvironmentConfig, day: datetime.date, destination: Path, own: Path | None) -> Path:
        days.append(day)
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_text(f"# resolved for {day}\ntf-nightly==2.23.0.dev1\n", encoding="utf-8")
        return destination

    monkeypatch.setattr(nightly_lock, "write_lock", write)
    return days


def test_a_day_is_resolved_once(resolved: list[datetime.date]) -> None:
    first, again = nightly_lock.resolve(NIGHTLY, DAY), nightly_lock.resolve(NIGHTLY, DAY)
    assert resolved == [DAY]
    assert first.pins == again.pins == {"tf-nightly": "2.23.0.dev1"}


def test_the_same_pins_on_another_day_are_the_same_environment(resolved: list[datetime.date]) -> None:
    today, tomorrow = (nightly_lock.resolve(NIGHTLY, DAY + datetime.timedelta(days=days)) for days in (0, 1))
    assert len(resolved) == 2
    assert today.digest == tomorrow.digest


def test_a_release_has_its_lock_already(resolved: list[datetime.date]) -> None:
    release = environment("2.10-cpu")
    assert nightly_lock.resolve(release, DAY) is release
    assert resolved == []


def test_what_can_not_be_resolved_is_unavailable_and_says_why(
    resolved: list[datetime.date], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> Path:
        raise LockError("nightly-cpu: uv could not resolve it:\nno such package")

    monkeypatch.setattr(nightly_lock, "write_lock", refuse)
    state = VenvBackend().state(nightly_lock.resolve(NIGHTLY, DAY))
    assert state.state == "unavailable"
    assert "no such package" in state.reason


def test_before_it_runs_it_is_missing_and_has_no_pins(resolved: list[datetime.date]) -> None:
    described = VenvBackend().state(NIGHTLY).describe()
    assert (described["state"], described["reason"], described["pins"]) == ("missing", "resolved when it runs", {})


# What an installer gives today, without a date

TODAY = Environment(
    "today-cpu", EnvironmentConfig.model_validate({"python": "3.11", "as_of": "today", "requirements": ["keras"]})
)


class Index:
    """Stands in for uv: gives one Keras, or refuses."""

    def __init__(self, keras: str = "3.15.1") -> None:
        self.keras, self.refusal = keras, ""
        self.asked: list[datetime.date | None] = []

    def __call__(
        self,
        name: str,
        config: EnvironmentConfig,
        day: datetime.date | None,
        destination: Path,
        own: Path | None = None,
    ) -> Path:
        self.asked.append(day)
        if self.refusal:
            raise LockError(self.refusal)
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_text(f"tensorflow-cpu==2.21.0\nkeras=={self.keras}\n", encoding="utf-8")
        return destination


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(nightly_lock, "today", lambda: DAY)
    monkeypatch.setattr(lock_files, "lock_path", lambda name: tmp_path / "shipped" / f"{name}.txt")
    made = Index()
    monkeypatch.setattr(nightly_lock, "write_lock", made)
    return made


def test_today_is_resolved_without_a_date_and_once_a_day(index: Index) -> None:
    first, again = nightly_lock.resolve(TODAY, DAY), nightly_lock.resolve(TODAY, DAY)
    assert index.asked == [None]
    assert first.pins["keras"] == again.pins["keras"] == "3.15.1"
    assert first.note == ""


def test_an_unchanged_resolution_is_the_same_environment_and_a_new_keras_another(index: Index) -> None:
    first, next_day = (nightly_lock.resolve(TODAY, DAY + datetime.timedelta(days=days)) for days in (0, 1))
    index.keras = "3.16.0"
    later = nightly_lock.resolve(TODAY, DAY + datetime.timedelta(days=2))
    assert first.digest == next_day.digest != later.digest


def test_a_day_that_is_over_is_resolved_as_of_it(index: Index) -> None:
    before = DAY - datetime.timedelta(days=3)
    nightly_lock.resolve(TODAY, before)
    assert index.asked == [before]


def test_without_an_index_the_last_lock_is_taken_and_that_is_said(index: Index) -> None:
    nightly_lock.resolve(TODAY, DAY)
    index.refusal = "today-cpu: uv could not resolve it:\n  error: no index answers"
    later = nightly_lock.resolve(TODAY, DAY + datetime.timedelta(days=1))
    assert later.pins["keras"] == "3.15.1"
    assert later.note == (
        "it could not be resolved for 2026-11-21 (error: no index answers): these are the pins of 2026-11-20"
    )
    assert VenvBackend().state(later).describe()["reason"] == "not built yet"


def test_without_an_index_and_any_lock_it_is_unavailable(index: Index) -> None:
    index.refusal = "no index answers"
    assert VenvBackend().state(nightly_lock.resolve(TODAY, DAY)).state == "unavailable"


def test_the_lock_that_came_with_crossload_is_the_last_resort(index: Index, tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "today-cpu.txt").write_text("keras==3.14.1\n", encoding="utf-8")
    index.refusal = "no index answers"
    assert nightly_lock.resolve(TODAY, DAY).pins == {"keras": "3.14.1"}
    assert lock_files.known_pins() == ({"keras": "3.14.1"}, "that came with Crossload")
    assert lock_files.known_pins("today+py3.10-cpu") == ({}, "")


def test_the_lock_lies_with_the_results_and_is_found_there(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "build" / "store" / "locks"
    first = nightly_lock.resolve(TODAY, DAY, kept)
    nightly_lock.keep(first, kept)
    nightly_lock.keep(environment("2.10-cpu"), kept)
    assert [path.name for path in kept.rglob("*.txt")] == ["2026-11-20.txt"]
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "another machine"))
    index.keras = "3.16.0"
    assert nightly_lock.resolve(TODAY, DAY, kept).digest == first.digest
    assert index.asked == [None]
