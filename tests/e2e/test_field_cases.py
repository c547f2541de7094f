"""Files that people really have: the answer of ``check`` and ``convert`` is what plain Keras does with them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.environments.selection import all_environments
from tests.e2e.running import crossload

pytestmark = pytest.mark.e2e
HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("field")


def make(case: str, saver: str, folder: Path) -> Path:
    """The file of a case, written by plain Keras in the environment of a version."""
    settings = load_config(REPOSITORY / "matrix.toml")
    backend = VenvBackend()
    environment = all_environments(settings)[f"{saver}-cpu"]
    assert backend.build(environment, lambda line: None).state == "ready"
    python = backend.folder(environment) / "bin" / "python"
    done = subprocess.run(
        [python, HERE / "field_makers.py", case, folder / case],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / case / done.stdout.split()[-1]


def check(path: Path, versions: str, *more: str) -> dict[str, dict[str, Any]]:
    """The rows of ``check`` by the version that loads."""
    finished = crossload("check", str(path), "--tf", versions, "--backend", "venv", "--json",
                         "--out", str(path.parent / "page"), *more)  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)
    return {row["loaded_with"].removesuffix("-cpu"): row for row in document["measured"]}


@pytest.mark.parametrize(
    ("case", "saver", "versions", "verdicts"),
    [
        # Outputs reach thousands, and elements near zero are off by what the largest ones need.
        ("deep_autoencoder", "2.10", "2.21", {"2.10": ("exact",), "2.21": ("exact", "equal")}),
        # The most written line of Keras: metrics=["accuracy"].
        ("accuracy", "2.10", "2.15", {"2.10": ("exact",), "2.15": ("exact", "equal")}),
        # What training makes by chance is no loss, in the saver's own version either.
        ("dropout_and_constraint", "2.10", "2.10", {"2.10": ("exact",)}),
        ("recurrent_dropout", "2.10", "2.15", {"2.10": ("exact",), "2.15": ("exact", "equal")}),
        # Integers that fit the table.
        ("category_encoding", "2.10", "2.15", {"2.10": ("exact",), "2.15": ("exact", "equal")}),
        ("float_tokens", "2.10", "2.15", {"2.10": ("exact",), "2.15": ("exact", "equal")}),
        # Two inputs, as JSON and weights.
        ("two_inputs_json", "2.10", "2.10", {"2.10": ("exact",)}),
        # 2.15 cannot read its own file, and 2.21 can: both are the answer.
        ("spectral", "2.15", "2.21", {"2.15": ("fails",), "2.21": ("exact", "equal")}),
    ],
)
def test_the_verdict_is_right(case: str, saver: str, versions: str, verdicts: dict[str, Any], folder: Path) -> None:
    rows = check(make(case, saver, folder), versions, "--saved-with", saver)
    for version, right in verdicts.items():
        assert rows[version]["verdict"] in right, (version, rows[version]["reason"], rows[version]["error"])


def test_a_model_that_loads_and_cannot_predict_is_not_green(folder: Path) -> None:
    """Calling it works; `predict`, `evaluate` and `fit` compare None with a number."""
    row = check(make("input_layer_trained", "2.15", folder), "2.21")["2.21"]
    assert (row["verdict"], row["attempt"], row["rung_use"]) == ("remedy", "edit-config", "pass")
    assert (row["stage"], row["error_type"]) == ("predict", "TypeError")
