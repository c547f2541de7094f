"""Environments that are resolved on the day of the run."""

import datetime
from pathlib import Path

import pytest

from crossload.backends.venv import VenvBackend
from crossload.config import EnvironmentConfig
from crossload.environments import nightly_lock
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
