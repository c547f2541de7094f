"""What people install: the wheel, in an environment that has nothing else, used from an empty folder.

No code of this checkout is on the path of what is run here. Environments come from the cache of this session, so that none is
built a second time; everything else of the user's home is out of reach.
"""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import Parser
from importlib.metadata import distributions
from pathlib import Path

import pytest
from uv import find_uv_bin

from crossload import __version__
from crossload.util.cache import cache_folder
from tests.e2e.running import REPOSITORY, results

ENVIRONMENTS = "2.10,2.16"
_LEFT_OUT = ("PYTHON", "VIRTUAL_ENV", "CROSSLOAD_", "XDG_")

# What a child must not find: ours, what we depend on, and what lies beside the packages of scenarios.
OWN = """\
import importlib.util
import os
import sys

from scenarios import scenario


@scenario("sees-nothing", "mine", title="Sees nothing of the host")
def sees_nothing():
    for name in ("crossload", "crossload_reports", "docker", "pandas", "typer", "beside"):
        assert importlib.util.find_spec(name) is None, name
    ours = [path for path in sys.path if "crossload" in path and not path.startswith(sys.prefix)]
    found = sorted(tuple(os.listdir(path)) for path in ours)
    assert found == [("own",), ("scenarios",)], found
    from tensorflow import keras

    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _uv("build", "--wheel", "--quiet", "--out-dir", str(folder), str(REPOSITORY))
    (path,) = folder.glob("*.whl")
    return path


@dataclass(frozen=True)
class Installed:
    """A bare environment with the wheel and what it depends on."""

    folder: Path
    home: Path

    @property
    def site_packages(self) -> Path:
        return next(self.folder.glob("lib/python3.*/site-packages"))

    def files(self) -> dict[str, int]:
        """Its files with their times, but for Python's own bytecode."""
        paths = (path for path in self.site_packages.rglob("*") if path.is_file() and path.suffix != ".pyc")
        return {str(path.relative_to(self.site_packages)): path.stat().st_mtime_ns for path in paths}

    def run(
        self, *arguments: str, cwd: Path, code: int = 0, stdin: str = "", variables: Mapping[str, str] | None = None
    ) -> str:
        """Run ``crossload`` in a folder; what it printed. The exit code must be the one given."""
        # What a network needs (proxies, certificates, indexes) is as it is here; what leads to this checkout is not.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
        uv_cache = _uv("cache", "dir").strip()
        finished = subprocess.run(
            [str(self.folder / "bin" / "crossload"), *arguments],
            cwd=cwd,
            env={**kept, "HOME": str(self.home), "CROSSLOAD_CACHE": str(cache_folder().absolute()),
                 "UV_CACHE_DIR": uv_cache, "DOCKER_HOST": "unix:///nowhere/docker.sock", **(variables or {})},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        said = finished.stdout + finished.stderr
        assert finished.returncode == code, said
        assert "Traceback" not in said
        return said


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own, with the versions of this session's packages."""
    folder = tmp_path_factory.mktemp("installed")
    pins = {item.name: item.version for item in distributions() if item.name != "crossload"}
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in pins.items()), encoding="utf-8")
    _uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(folder / "env"))
    python = str(folder / "env" / "bin" / "python")
    _uv("pip", "install", "--quiet", "--python", python, "--constraint", str(constraints), str(wheel))
    (folder / "home").mkdir()
    return Installed(folder / "env", folder / "home")


def _uv(*arguments: str) -> str:
    finished = subprocess.run([find_uv_bin(), *arguments], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_nothing_is_installed_but_what_is_named_crossload(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "crossload",
        "crossload_reports",
        f"crossload-{__version__}.dist-info",
    }
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc") or "node_modules" in name] == []
    root = "crossload/_bundled/scenarios_root/"
    assert {name.removeprefix(root).partition("/")[0] for name in names if name.startswith(root)} == {"scenarios"}


def test_the_metadata_says_who_may_use_it_and_how(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        said = Parser().parsestr(archive.read(f"crossload-{__version__}.dist-info/METADATA").decode("utf-8"))
    assert (said["Name"], said["Version"]) == ("crossload", __version__)
    assert said["License-Expression"] == "Apache-2.0"
    assert said.get_all("License-File") == ["LICENSE"]
    assert said["Requires-Python"] == ">=3.11"
    assert f"crossload-{__version__}.dist-info/licenses/LICENSE" in names
    assert "Typing :: Typed" in (said.get_all("Classifier") or [])
    assert {"crossload/py.typed", "crossload_reports/py.typed"} <= set(names)


def test_an_installed_environment_has_no_other_import_names(installed: Installed) -> None:
    (record,) = installed.site_packages.glob("crossload-*.dist-info/RECORD")
    names = {
        line.partition("/")[0] for line in record.read_text(encoding="utf-8").splitlines() if not line.startswith("..")
    }
    assert {name.partition("-")[0] for name in names} == {"crossload", "crossload_reports"}


def test_it_answers_without_running_anything(installed: Installed, empty: Path) -> None:
    assert "check" in installed.run("--help", cwd=empty)
    assert installed.run("--version", cwd=empty).strip() == f"crossload {__version__}"
    assert "From 2.10-cpu to 2.16-cpu:" in installed.run("plan", "--from", "2.10", "--to", "2.16", cwd=empty)
    said = installed.run(
        "explain", cwd=empty, stdin="TypeError: Error when deserializing class 'InputLayer' batch_shape"
    )
    assert "measured" in said
    assert "Backend: venv" in installed.run("envs", "--tf", ENVIRONMENTS, cwd=empty)
    assert "dense" in installed.run("scenarios", cwd=empty)
    assert list(empty.iterdir()) == []


def test_what_would_write_into_it_is_refused(installed: Installed, empty: Path) -> None:
    before = installed.files()
    said = installed.run("lock", "2.10-cpu", cwd=empty, code=2)
    assert "cp " in said
    assert "--to FILE" in installed.run("data", "build", "nowhere", cwd=empty, code=2)
    assert "none.toml: cannot be read" in installed.run("envs", "--config", "none.toml", cwd=empty, code=2)
    assert installed.files() == before


@pytest.mark.e2e
def test_a_small_matrix_and_a_check_of_its_file(installed: Installed, empty: Path) -> None:
    before = installed.files()
    installed.run(
        *("run", "--tf", ENVIRONMENTS, "--scenario", "dense", "--format", "h5", "--backend", "venv"), cwd=empty
    )
    table = results(empty / "build")
    assert sorted(zip(table["saved_with"], table["loaded_with"], strict=True)) == [
        (saver, loader) for saver in ("2.10-cpu", "2.16-cpu") for loader in ("2.10-cpu", "2.16-cpu")
    ]
    assert set(table["verdict"]) <= {"exact", "equal", "lossy", "remedy"}, table["verdict"]
    assert (empty / "build" / "report" / "index.html").stat().st_size > 10_000
    model = next((empty / "build" / "store" / "artifacts").rglob("*.h5"))
    said = installed.run("check", str(model), "--tf", "2.16", "--backend", "venv", "--json", cwd=empty)
    assert json.loads(said)
    assert installed.files() == before


@pytest.mark.e2e
def test_a_child_sees_the_packages_of_scenarios_and_nothing_else(installed: Installed, tmp_path: Path) -> None:
    project = tmp_path / "crossload-project"
    (project / "own").mkdir(parents=True)
    (project / "own" / "__init__.py").write_text(OWN, encoding="utf-8")
    (project / "beside.py").write_text("", encoding="utf-8")
    bundled = (installed.site_packages / "crossload" / "_bundled" / "matrix.toml").read_text(encoding="utf-8")
    (project / "matrix.toml").write_text(f'scenario_folders = ["own"]\n{bundled}', encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    installed.run(
        "run",
        "--config",
        "../crossload-project/matrix.toml",
        "--tf",
        "2.16",
        "--scenario",
        "sees-nothing",
        "--format",
        "keras",
        "--backend",
        "venv",
        cwd=elsewhere,
    )
    (row,) = results(elsewhere / "build").to_dict("records")
    assert row["verdict"] == "exact", row


@pytest.mark.e2e
def test_auto_takes_docker_where_an_engine_answers(
    installed: Installed, empty: Path, docker_variables: dict[str, str]
) -> None:
    before = installed.files()
    assert "Backend: docker" in installed.run("envs", "--tf", "2.15,2.16", cwd=empty, variables=docker_variables)
    said = installed.run(
        *("run", "--tf", "2.15,2.16", "--scenario", "dense", "--format", "h5"), cwd=empty, variables=docker_variables
    )
    assert "Backend: docker" in said
    table = results(empty / "build")
    assert len(table) == 4
    assert set(table["verdict"]) <= {"exact", "equal", "lossy", "remedy"}, table["verdict"]
    assert installed.files() == before
