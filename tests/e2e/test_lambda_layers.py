"""Lambda layers of a trusted file become operations where it was written, from TensorFlow 2.0 on; nothing is lost."""

import json
from pathlib import Path

import pytest

from tests.e2e.running import crossload
from tests.e2e.user_files import HERE, run_inside

pytestmark = pytest.mark.e2e
MAKER = HERE / "user_models" / "lambda_layers.py"
# Each builds its graphs otherwise: nodes, tensors and names are other ones from 2.2, 2.3 and 2.4 on.
OLDER = [pytest.param(name, marks=pytest.mark.models) for name in ("2.0", "2.2", "2.3", "2.4", "2.15")]


@pytest.mark.parametrize("saver", ["2.10", *OLDER])
def test_functions_of_a_trusted_file_become_operations(saver: str, tmp_path: Path) -> None:
    path, destination = tmp_path / "model.h5", tmp_path / "model.keras"
    ran = run_inside(saver, str(MAKER), str(path))
    assert ran.returncode == 0, ran.stderr
    asked = ["convert", str(path), "--to", "2.21", "--out", str(destination), "--backend", "venv", "--route", "direct"]

    refused = crossload(*asked)
    assert refused.returncode == 1, refused.stderr
    assert "is code of the file, which is not run" in refused.stdout + refused.stderr
    assert not destination.exists()

    done = crossload(*asked, "--trust")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is lost" in done.stdout
    proof = json.loads(destination.with_name("model.keras.json").read_text(encoding="utf-8"))
    assert set(proof["measured"]["rungs"].values()) == {"pass"}
    assert "the functions of the file's Lambda layers" in proof["route"][0]["ran"]
