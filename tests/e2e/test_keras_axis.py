"""Files that every third minor of Keras 3, and what pip gives today, write: the exact writer is named, and loads them plainly."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.domain.versions import keras_of
from crossload.environments.exact_keras import lock_exact_keras
from crossload.environments.model import Environment
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments
from crossload.execution.provisioner import Provisioner
from crossload.store.database import Store
from crossload.user_models.bench import Bench, Inputs
from crossload.user_models.model_file import CannotLoadError, open_model
from crossload.user_models.saver import find_saver
from crossload.user_models.user_code import prepare_code
from crossload.util.clock import today
from tests.e2e.running import REPOSITORY, config_with, crossload, results

pytestmark = pytest.mark.e2e

MODELS = Path(__file__).with_name("user_models") / "keras_axis.py"
WRITERS = [
    "keras3.0-cpu",
    "keras3.3-cpu",
    "keras3.6-cpu",
    "keras3.9-cpu",
    "keras3.12-cpu",
    "keras3.15-cpu",
    "today-cpu",
]
KINDS = ["dense", "conv", "lstm", "attention", "text", "custom"]
CONFIG = load_config(REPOSITORY / "matrix.toml")


@pytest.fixture(scope="module")
def environments() -> dict[str, Environment]:
    found = all_environments(CONFIG)
    return found | {"today-cpu": resolve(found["today-cpu"], today())}


@pytest.fixture(scope="module")
def places(environments: dict[str, Environment]) -> Iterator[Provisioner]:
    with Provisioner(VenvBackend(), environments, lambda line: None) as made:
        yield made


# What these versions cannot save themselves.
CANNOT_SAVE = {"3.0.5": ["attention.h5"]}
# An h5 of Keras 3 does not hold what a vocabulary was adapted to: plain Keras cannot use it where it was written either.
CANNOT_BE_USED = "text.h5"


def written(folder: Path, environment: Environment, places: Provisioner) -> str:
    """Writes every model in an environment; returns the version of Keras that did."""
    state = places.state(environment.id)
    assert state.state == "ready", state.reason
    python = VenvBackend().folder(environment) / "bin" / "python"
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "PYTHONDONTWRITEBYTECODE": "1"}
    finished = subprocess.run(
        [str(python), str(MODELS), str(folder)], env=variables, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    version, *failed = finished.stdout.splitlines()
    assert [line.split()[0] for line in failed] == CANNOT_SAVE.get(version, []), failed
    return version


@pytest.mark.parametrize("writer", WRITERS)
def test_the_exact_writer_is_named_and_loads_its_files_plainly(
    writer: str, environments: dict[str, Environment], places: Provisioner, tmp_path: Path
) -> None:
    keras = written(tmp_path, environments[writer], places)
    code = prepare_code(tmp_path / "package", str(MODELS), None)
    plain = prepare_code(tmp_path / "nothing", None, None)
    not_plain = {}
    for kind in KINDS:
        for suffix in ("keras", "h5"):
            if f"{kind}.{suffix}" in CANNOT_SAVE.get(keras, ()):
                continue
            model = open_model(tmp_path / f"{kind}.{suffix}")
            found = find_saver(model, environments, make=lock_exact_keras)
            assert found.exact, found.why
            assert keras_of(found.environment.id, found.environment.pins) == keras
            assert f"Keras {keras}" in found.why
            places.add(found.environment)
            (folder := tmp_path / f"store of {kind}.{suffix}").mkdir()
            with closing(Store(folder)) as store:
                bench = Bench(Inputs(model, code if kind == "custom" else plain), CONFIG, places, store)
                if model.path.name == CANNOT_BE_USED:
                    with pytest.raises(CannotLoadError, match=r"calling the model .* a vocabulary most often"):
                        bench.reference(found.environment.id)
                    continue
                bench.reference(found.environment.id)
            if bench.facts["attempt"] != "plain":
                not_plain[model.path.name] = bench.facts["attempt"]
    assert not_plain == {}


def test_check_says_who_wrote_todays_file_and_where_it_loads(
    environments: dict[str, Environment], places: Provisioner, tmp_path: Path
) -> None:
    keras = written(tmp_path, environments["today-cpu"], places)
    finished = crossload(
        "check",
        str(tmp_path / "attention.keras"),
        "--tf",
        "2.16,today",
        "--backend",
        "venv",
        "--out",
        str(tmp_path / "page"),
    )
    assert finished.returncode == 0, finished.stderr
    assert f"the file says Keras {keras}" in finished.stdout
    (answer,) = [line for line in finished.stdout.splitlines() if line.startswith("attention.keras ")]
    assert "today-cpu" in answer.split(";")[0]
    assert "nowhere" not in answer
    assert "stands in" not in answer


def test_what_two_minors_write_alike_is_loaded_once_and_says_the_same(tmp_path: Path) -> None:
    """Of two minors that write the same HDF5 but for its version, one file is loaded in a third; both, and nothing differs."""
    options = ("--tf", "keras3.0,keras3.1,keras3.15", "--scenario", "dense,batch-normalisation", "--format", "h5,keras")
    finished = crossload("run", *options, "--backend", "venv", "--out", str(tmp_path / "once"))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    once = results(tmp_path / "once")
    copied = once[once["twin"] != ""]
    pairs = set(zip(copied["saved_with"], copied["twin"], strict=True))
    assert pairs <= {("keras3.0-cpu", "keras3.1-cpu"), ("keras3.1-cpu", "keras3.0-cpu")}
    assert len(copied) >= 3
    config = config_with(tmp_path, ("share = 0.02", "share = 1.0"))
    crossload("run", *options, "--backend", "venv", "--config", str(config), "--out", str(tmp_path / "each"))
    each = results(tmp_path / "each")
    assert set(each["twin"]) == {""}
    said = ["scenario", "format", "saved_with", "loaded_with", "verdict", "attempt", "lost"]
    assert each[said].to_dict() == once[said].to_dict()
    assert f"{len(copied)} of {len(each)} cells" in finished.stdout
