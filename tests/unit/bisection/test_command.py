"""From two environments to the sentence that names a release; what is asked is answered without building anything."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from packaging.version import Version

from crossload.bisection import command, procedure, releases
from crossload.bisection.endpoints import Change
from crossload.bisection.probe_environment import Prober
from crossload.bisection.procedure import Bisection
from crossload.bisection.releases import releases_between, write_lock
from crossload.bisection.search import NEW, NOTHING, OLD
from crossload.errors import SelectionError, StoreError
from crossload.results.changes import LOADER
from tests.unit.doubles import environment

OLD_LOCK = "tensorflow-cpu==2.15.1\nkeras==2.15.0\nh5py==3.10.0\n"
NEW_LOCK = "tensorflow-cpu==2.16.2\nkeras==3.3.3\nh5py==3.11.0\n"
KERAS = ["2.15.0", "3.0.0", "3.0.5", "3.3.3"]


class Asked:
    """Answers for a prober: what fails is said of pins."""

    def __init__(self, fails: Any, configured: Mapping[str, str] | None = None) -> None:
        self._fails, self._configured = fails, configured or {}
        self.texts: list[str] = []
        self.places = SimpleNamespace(
            environments={
                "2.14-cpu": environment("2.14-cpu", "3.11", OLD_LOCK),
                "2.15-cpu": environment("2.15-cpu", "3.11", OLD_LOCK),
                "2.16-cpu": environment("2.16-cpu", "3.11", NEW_LOCK),
            }
        )

    def configured(self, name: str) -> str:
        return self._configured[name]

    def mixed(self, pins: Mapping[str, str], python: str, text: str) -> str:
        self.texts.append(text)
        return str(self._fails(pins))


def _change(old: str = "2.15-cpu", **verdicts: str) -> Change:
    rows: list[Any] = [
        {"scenario": "dense", "format": "h5", "saved_with": "2.10-cpu", "loaded_with": place, "verdict": verdict}
        for place, verdict in ((old, verdicts.get("before", "exact")), ("2.16-cpu", verdicts.get("after", "fails")))
    ]
    return Change(LOADER, rows[0], rows[1])


def _found(asked: Asked, change: Change, between: Sequence[str] = ()) -> str:
    return Bisection(change, cast(Prober, asked), between).run()


@pytest.fixture(autouse=True)
def known_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"keras": KERAS, "tensorflow-cpu": ["2.15.1", "2.16.0rc0", "2.16.2"], "h5py": ["3.10.0", "3.11.0"]}
    monkeypatch.setattr(procedure, "releases_between", lambda package, low, high, python: list(listed[package]))


def test_the_release_of_the_one_package_that_brings_the_change() -> None:
    asked = Asked(lambda pins: NEW if Version(pins["keras"]) >= Version("3.0.5") else OLD)
    assert _found(asked, _change()) == (
        "h5 dense 2.15→2.16 broke in keras 3.0.5 (last before: 3.0.0), not in TensorFlow or h5py"
    )
    assert "2.15 with keras 3.0.0" in asked.texts


def test_a_change_for_the_better_was_mended() -> None:
    asked = Asked(lambda pins: NEW if Version(pins["h5py"]) >= Version("3.11") else OLD)
    assert "was mended in h5py 3.11.0" in _found(asked, _change(before="fails", after="exact"))


def test_environments_between_narrow_it_first() -> None:
    asked = Asked(lambda pins: NEW if Version(pins["keras"]) >= Version("3.0.0") else OLD, {"2.15-cpu": OLD})
    said = _found(asked, _change("2.14-cpu"), ["2.15-cpu"])
    assert said.startswith("h5 dense 2.15→2.16 broke in keras 3.0.0")


def test_what_cannot_be_mixed_varies_tensorflow_with_all_that_goes_with_it() -> None:
    def fails(pins: Mapping[str, str]) -> str:
        mixed = pins["keras"].startswith("3") != pins["tensorflow-cpu"].startswith("2.16")
        return NOTHING if mixed else NEW if pins["keras"].startswith("3") else OLD

    said = _found(Asked(fails), _change())
    assert "tensorflow-cpu 2.16.0rc0 (last before: 2.15.1), varied with the packages that go with it" in said


# What uv is asked


class Resolver:
    """uv as far as it is needed: it knows the releases of one package."""

    def __init__(self, *known: str) -> None:
        self._known = known

    def __call__(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        from packaging.requirements import Requirement

        lines = Path(arguments[2]).read_text(encoding="utf-8").splitlines()
        wanted = Requirement(lines[0])
        found = [release for release in self._known if wanted.specifier.contains(release, prereleases=True)]
        if not found:
            return subprocess.CompletedProcess(arguments, 1, "", "nothing fits")
        target = Path(arguments[list(arguments).index("--output-file") + 1])
        target.write_text(f"{wanted.name}=={max(found, key=Version)}\n", encoding="utf-8")
        return subprocess.CompletedProcess(arguments, 0, "", "")


def test_releases_between_two_with_their_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "run_uv", Resolver("2.15.0", "3.0.0rc0", "3.0.0", "3.1.0", "3.3.3"))
    assert releases_between("keras", "2.15.0", "3.3.3", "3.11") == ["2.15.0", "3.0.0rc0", "3.0.0", "3.1.0", "3.3.3"]


def test_pins_are_locked_or_it_is_said_why_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(releases, "run_uv", Resolver("3.0.0"))
    assert write_lock({"keras": "3.0.0"}, "3.11", tmp_path / "locks" / "a.txt") == ""
    assert (tmp_path / "locks" / "a.txt").read_text(encoding="utf-8") == "keras==3.0.0\n"
    assert write_lock({"keras": "9.0.0"}, "3.11", tmp_path / "b.txt") == "nothing fits"


# The command

HEADER = "scenario,format,saved_with,loaded_with,verdict,error_type,cause,key\n"
LINES = (
    "dense,h5,2.10-cpu,2.15-cpu,exact,,,aaaaaaaaaaaaaaaa\n{},h5,2.10-cpu,{},fails,TypeError,unknown,bbbbbbbbbbbbbbbb\n"
)


def _results(folder: Path, scenario: str = "dense", loader: str = "2.16-cpu") -> None:
    text = LINES.format(scenario, loader).replace("dense,h5,2.10-cpu,2.15", f"{scenario},h5,2.10-cpu,2.15")
    (folder / "results.csv").write_text(HEADER + text, encoding="utf-8")


def test_a_cell_of_a_run_is_narrowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _results(tmp_path)
    monkeypatch.setattr(Bisection, "run", lambda self: f"narrowed {self.change.fixed}")
    said: list[str] = []
    assert (
        command.bisect_cell("2.10-cpu,2.16-cpu,h5,dense", tmp_path, command_config(), said.append)
        == "narrowed 2.10-cpu"
    )
    assert said[0] == "dense h5: 2.15-cpu exact, 2.16-cpu fails"


@pytest.mark.parametrize(
    ("scenario", "loader", "said"),
    [("dense", "2.99-cpu", r"environment 2\.99-cpu is not in"), ("gone", "2.16-cpu", "scenario gone is not there")],
)
def test_what_is_not_configured_any_more(tmp_path: Path, scenario: str, loader: str, said: str) -> None:
    _results(tmp_path, scenario, loader)
    with pytest.raises(SelectionError, match=said):
        command.bisect_cell("bbbbbbbbbbbbbbbb", tmp_path, command_config(), lambda line: None)


def test_without_results_there_is_nothing_to_narrow(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has no results yet"):
        command.bisect_cell("x", tmp_path, command_config(), lambda line: None)


def command_config() -> Path:
    from crossload.resources import CONFIG

    return CONFIG
