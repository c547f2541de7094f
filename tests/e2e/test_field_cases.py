"""Files that people really have: the answer of ``check`` and ``convert`` is what plain Keras does with them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.environments.selection import all_environments
from crossload_reports.html.remedy_code import remedy_code
from tests.e2e.running import crossload

pytestmark = pytest.mark.e2e
HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("field")


def python_of(version: str) -> Path:
    """The interpreter of a version's environment, which is built where it is missing."""
    backend = VenvBackend()
    environment = all_environments(load_config(REPOSITORY / "matrix.toml"))[f"{version}-cpu"]
    assert backend.build(environment, lambda line: None).state == "ready"
    return backend.folder(environment) / "bin" / "python"


def make(case: str, saver: str, folder: Path) -> Path:
    """The file of a case, written by plain Keras in the environment of a version."""
    done = subprocess.run(
        [python_of(saver), HERE / "field_makers.py", case, folder / case],
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
        # Step by step in Python, one call of it takes half a minute.
        ("long_sequence", "2.21", "2.21", {"2.21": ("exact",)}),
        # Two inputs, as JSON and weights.
        ("two_inputs_json", "2.10", "2.10", {"2.10": ("exact",)}),
        # Strings through a vocabulary, in what follows loading as well.
        ("texts", "2.16", "2.21", {"2.16": ("exact",), "2.21": ("exact", "equal")}),
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
    assert (row["verdict"], row["rung_use"]) == ("remedy", "pass")
    assert row["attempt"] in ("edit-config", "translate")
    assert (row["stage"], row["error_type"], row["cause"]) == ("predict", "TypeError", "compile-nulls")


def test_what_raises_after_loading_at_home_too_is_shown(folder: Path) -> None:
    """Keras 3 builds the optimizer of its own HDF5 for no variables: `fit` raises, in the version that wrote the file as well."""
    row = check(make("loss_object", "2.21", folder), "2.21")["2.21"]
    assert (row["verdict"], row["stage"], row["cause"]) == ("lossy", "fit", "optimizer-without-variables"), row
    assert "Unknown variable" in row["error"]


@pytest.mark.parametrize(
    ("case", "saver", "attempt"),
    [("fuel_efficiency_h5", "2.10", "edit-config"), ("fuel_efficiency_keras", "2.15", "translate")],
)
def test_sizes_that_a_file_does_not_say_are_taken_from_its_arrays(
    case: str, saver: str, attempt: str, folder: Path
) -> None:
    """Plain Keras loads it nowhere, not even at home; the mean that it was adapted to has the size."""
    versions = ",".join(dict.fromkeys(("2.10", saver, "2.21")))
    rows = check(make(case, saver, folder), versions, "--saved-with", saver)
    home, away, back = rows[saver], rows["2.21"], rows["2.10"]
    assert (home["verdict"], home["attempt"], home["cause"]) == ("remedy", attempt, "adapted-shape-unknown"), home
    assert (away["verdict"], away["attempt"]) == ("remedy", "translate"), away
    assert (home["rung_weights"], home["rung_outputs"], home["rung_optimizer"]) == ("pass", "pass", "pass"), home
    assert back["verdict"] == "remedy", back
    assert (away["rung_weights"], away["rung_outputs"], away["rung_optimizer"]) == ("pass", "pass", "pass"), away


def test_the_limit_of_memory_follows_the_file(folder: Path) -> None:
    """576 MB of weights are more than any fixed limit of a small model allows for."""
    path = make("wide", "2.10", folder)
    assert path.stat().st_size > 570_000_000
    row = check(path, "2.10", "--saved-with", "2.10")["2.10"]
    assert row["verdict"] == "exact", row
    path.unlink()


def test_a_death_in_training_takes_nothing_along(folder: Path) -> None:
    path = make("dies_in_training", "2.10", folder)
    row = check(path, "2.15", "--custom-objects", str(HERE / "field_layers.py"), "--saved-with", "2.10")["2.15"]
    assert row["verdict"] in ("exact", "equal")
    assert row["rung_outputs"] == "pass"
    assert (row["rung_training"], row["rung_use"]) == ("n/a", "pass")


def test_a_model_that_draws_is_loaded_everywhere_and_good_nowhere(folder: Path) -> None:
    path = make("sampled", "2.10", folder)
    rows = check(path, "2.15,2.21", "--custom-objects", str(HERE / "field_layers.py"), "--saved-with", "2.10")
    for row in rows.values():
        assert row["verdict"] == "not-applicable"
        assert "other outputs each time" in row["reason"]
        assert row["reason"].endswith("with the same architecture and weights")
    assert "it loads plainly" in rows["2.15"]["reason"]
    assert "it loads with translate" in rows["2.21"]["reason"]


_LITERALLY = """\
import os, sys
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np, tensorflow as tf
from tensorflow import keras
code, folder = sys.argv[1:]
os.chdir(folder)
inputs = np.load("inputs.npy")
def build_model():
    model = keras.Sequential([keras.layers.Dense(4, input_shape=(3,)), keras.layers.Dense(2)])
    model(inputs)
    return model
space = {"keras": keras, "tf": tf, "inputs": inputs, "build_model": build_model}
exec(code, space)
found = space["outputs"] if "outputs" in space else space["model"](inputs)
found = next(iter(found.values())) if isinstance(found, dict) else found
assert np.allclose(np.asarray(found), np.load("outputs.npy"), atol=1e-6), found
"""


@pytest.mark.parametrize(
    ("attempt", "form", "version"),
    [
        # A SavedModel of 2.10 that has an optimizer, and HDF5 that is called .keras.
        ("TFSMLayer", "savedmodel", "2.21"),
        ("TFSMLayer", "savedmodel", "2.10"),
        ("rebuild+weights", "keras", "2.21"),
        ("rebuild+weights", "savedmodel", "2.10"),
    ],
)
def test_the_code_that_a_report_prints_runs_as_it_is(attempt: str, form: str, version: str, folder: Path) -> None:
    made = folder / "printed"
    if not made.exists():
        make("printed", "2.10", folder)
    done = subprocess.run([python_of(version), "-c", _LITERALLY, remedy_code(attempt, form), made],
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
