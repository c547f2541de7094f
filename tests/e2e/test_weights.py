"""Weights of a model that was rewritten since: found by names, shapes and order, proven by outputs."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.running import crossload
from tests.e2e.user_files import HERE, run_inside

pytestmark = pytest.mark.e2e
CODE = HERE / "user_models" / "rewritten.py"


def test_a_rewritten_model_is_filled_and_a_wrong_mapping_is_not_written(tmp_path: Path) -> None:
    made = run_inside("2.10", str(CODE), str(tmp_path))
    assert made.returncode == 0, made.stderr
    given = ("--inputs", str(tmp_path / "inputs.npz"), "--expected", str(tmp_path / "outputs.npz"), "--backend", "venv")
    common = (str(tmp_path / "old.h5"), "--build", f"{CODE}:new", "--to", "2.21", *given)
    mapping, out = tmp_path / "map.json", tmp_path / "new.weights.h5"

    filled = crossload("weights", *common, "--propose", str(mapping), "--out", str(out))

    assert filled.returncode == 0, filled.stdout + filled.stderr
    document = json.loads(mapping.read_text(encoding="utf-8"))
    rows = {row["model"]: row for row in document["weights"]}
    assert (rows["scorer/encode/kernel"]["file"], rows["scorer/encode/kernel"]["change"]) == (
        "old/dense/kernel",
        "reshape",
    )
    # Plain Keras, with the new code, finds what was written.
    script = "import sys, numpy as np; sys.path.insert(0, sys.argv[1]); import rewritten; model = rewritten.new(); " \
        "model.load_weights(sys.argv[2]); print(*model(np.load(sys.argv[3])['x']).numpy().ravel())"  # fmt: skip
    used = run_inside("2.21", "-c", script, str(CODE.parent), str(out), str(tmp_path / "inputs.npz"))
    assert used.returncode == 0, used.stderr
    actual = np.array(used.stdout.splitlines()[-1].split(), np.float32)
    assert np.allclose(actual, np.load(tmp_path / "outputs.npz")["y"].ravel(), atol=1e-6)

    one, other = rows["scorer/encode/bias"], rows["scorer/mix/bias"]
    one["file"], other["file"] = other["file"], one["file"]
    swapped, wrong = tmp_path / "swapped.json", tmp_path / "wrong.weights.h5"
    swapped.write_text(json.dumps(document), encoding="utf-8")

    refused = crossload("weights", *common, "--mapping", str(swapped), "--out", str(wrong))

    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "gives other outputs" in refused.stderr
    assert not wrong.exists()
