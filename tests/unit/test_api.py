"""The public functions, by the examples of the page that documents them, from an empty folder."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import crossload
from crossload.app import model_bench
from crossload.config import config_in_use
from crossload.errors import CrossloadError
from crossload.resources import CONFIG
from tests.unit.cli.test_answers import KERAS_2, Bench
from tests.unit.inspection import files

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder but for a model; a probe that says what it finds in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(model_bench, "choose_backend", lambda *arguments: (Bench(), "scripted"))
    files.hdf5(tmp_path / "model.h5", KERAS_2)
    return tmp_path


def test_the_examples_of_the_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for example in EXAMPLES:
        exec(compile(example, str(PAGE), "exec"), names)
        if names.get("found") is not None and not names["found"].rows:
            assert names["found"].saver == "2.10-cpu"
            assert names["found"].verdicts == {}
    said = capsys.readouterr().out
    assert "custom-object-missing" in said
    assert "h5 2.10.0" in said
    assert names["found"].verdicts["2.10-cpu"] == "exact"
    assert (folder / "model.keras").is_file()
    assert (folder / "model.keras.json").is_file()
    assert not (folder / "build").exists()


def test_a_check_writes_the_page_that_is_asked_for(folder: Path) -> None:
    steps: list[str] = []
    crossload.check("model.h5", ["2.10"], page=folder / "page.html", say=steps.append)
    assert "model.h5" in (folder / "page.html").read_text(encoding="utf-8")
    assert any(line.startswith("reference: 2.10-cpu") for line in steps)


def test_what_cannot_be_used_says_so(folder: Path) -> None:
    with pytest.raises(CrossloadError, match="no such file"):
        crossload.check(folder / "none.h5")
    with pytest.raises(CrossloadError, match="no message"):
        crossload.explain("  ")
    with pytest.raises(AttributeError):
        crossload.chek  # noqa: B018


def test_the_configuration_is_that_of_the_folder_or_the_packages_own(folder: Path) -> None:
    assert config_in_use() == CONFIG
    (folder / "matrix.toml").write_text("", encoding="utf-8")
    assert config_in_use() == Path("matrix.toml")
    assert config_in_use("other.toml") == Path("other.toml")


@pytest.mark.parametrize("command", [["envs"], ["inspect", "model.h5"], ["check", "model.h5", "--static"]])
def test_commands_about_files_work_from_any_folder(folder: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crossload", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_name_of_the_package_costs_nothing(folder: Path) -> None:
    code = "import sys, crossload; print([name for name in sys.modules if name.startswith('crossload.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_nobody_knows_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(TypeError, match="unknown argument 'custom_object'"):
        crossload.check("model.h5", custom_object="layers.py")  # type: ignore[call-arg]
