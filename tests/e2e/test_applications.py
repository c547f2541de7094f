"""Networks of keras.applications, as people fine-tune them, from Keras 2 into the Keras of today: nothing is lost."""

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.running import crossload
from tests.e2e.user_files import HERE, run_inside

pytestmark = [pytest.mark.e2e, pytest.mark.models]
MODELS = HERE / "user_models"
TO = "today"
# By family, those that most people use first: the first of these versions that has it.
FAMILIES = {
    "ResNet50": "2.4",
    "MobileNetV2": "2.4",
    "EfficientNetB0": "2.4",
    "VGG16": "2.4",
    "InceptionV3": "2.4",
    "Xception": "2.4",
    "DenseNet121": "2.4",
    "ResNet50V2": "2.4",
    "MobileNetV3Small": "2.4",
    "EfficientNetV2B0": "2.10",
    "ConvNeXtTiny": "2.10",
    "RegNetX002": "2.10",
    "InceptionResNetV2": "2.4",
    "NASNetMobile": "2.4",
}
SAVERS = ("2.4", "2.10", "2.15")
SUFFIXES = (".h5", "")
# Every family once in both formats, then again: the savers take turns, so that a run that is stopped has seen all of each.
CASES = [
    (family, saver, suffix)
    for turn in range(len(SAVERS))
    for place, (family, first) in enumerate(FAMILIES.items())
    if SAVERS.index(saver := SAVERS[(place + turn + 1) % len(SAVERS)]) >= SAVERS.index(first)
    for suffix in SUFFIXES
]
# A file to which each row goes as soon as it is measured, one JSON object a line; what it holds is not measured again.
ROWS = os.environ.get("CROSSLOAD_TEST_NETWORKS", "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("applications")


def measured() -> set[tuple[str, str, str]]:
    """The cases that the file of rows holds."""
    if not ROWS or not Path(ROWS).exists():
        return set()
    rows = [json.loads(line) for line in Path(ROWS).read_text(encoding="utf-8").splitlines()]
    return {(row["family"], row["saver"], row["format"]) for row in rows}


def keep(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)
    if ROWS:
        with Path(ROWS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def made(family: str, saver: str, folder: Path) -> None:
    """Have the network written in both formats, by one process: most of its time is the steps, not the files."""
    paths = [folder / f"{family}-{saver}{suffix}" for suffix in SUFFIXES]
    if not all(path.exists() for path in paths):
        ran = run_inside(saver, str(MODELS / "applications.py"), family, *map(str, paths))
        assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(("family", "saver", "suffix"), CASES)
def test_nothing_is_lost(family: str, saver: str, suffix: str, folder: Path) -> None:
    kind = suffix.strip(".") or "savedmodel"
    if (family, saver, kind) in measured():
        pytest.skip(f"{ROWS} has it")
    path = folder / f"{family}-{saver}{suffix}"
    made(family, saver, folder)
    destination = folder / f"{family}-{saver}-{kind}.keras"
    # What a run that failed left there is not overwritten by ``convert``.
    destination.unlink(missing_ok=True)
    started = time.monotonic()
    arguments = ["--out", str(destination), "--backend", "venv", "--route", "direct"]
    if suffix:
        # Keras 2 does not restore the optimizer of a SavedModel itself: the next loss alone shows it there.
        arguments += ["--keep", "optimizer"]
    if family.startswith("ConvNeXt"):
        # Nor does the Keras that wrote it load it without this class.
        arguments += ["--custom-objects", str(MODELS / "convnext_layers.py")]

    converted = crossload("convert", str(path), "--to", TO, *arguments)

    seconds = time.monotonic() - started
    assert converted.returncode == 0, converted.stdout + converted.stderr
    proof = json.loads(destination.with_name(destination.name + ".json").read_text(encoding="utf-8"))
    rungs = proof["measured"]["rungs"]
    reference = Path(f"{path}.npz")
    again = folder / "again.keras"
    used = run_inside(TO, str(MODELS / "use_translated.py"), str(destination), str(reference), str(again))
    assert used.returncode == 0, used.stderr
    found = json.loads(used.stdout.splitlines()[-1])
    with np.load(reference) as known:
        loss, unfused, spread = (float(known[name]) for name in ("loss", "unfused", "spread"))
    off, off_unfused = abs(found["loss"] - loss), abs(found["loss"] - unfused)
    before = sum(item.stat().st_size for item in (path.rglob("*") if path.is_dir() else [path]) if item.is_file())
    # Keras 3 has no fused kernel for BatchNormalization: what it does is what the writer does without it.
    explained = rungs["training"] != "lost" or "fused BatchNormalization" in str(proof["measured"]["note"])
    fine = (
        rungs["optimizer"] in (("pass",) if suffix else ("pass", "n/a"))
        and found["difference"] <= 1e-5
        and found["steps"] == 2
        and found["saved again"]
        and off_unfused <= 1e-5 * unfused + spread
        and explained
    )
    row = {
        "family": family, "saver": saver, "format": kind, "fine": fine,
        "megabytes": round(before / 1e6, 1), "converted": round(destination.stat().st_size / 1e6, 1),
        "seconds": round(seconds), "outputs": found["difference"], "optimizer": rungs["optimizer"], "steps": found["steps"],
        "training": rungs["training"], "loss": unfused, "off": off, "off_unfused": off_unfused, "spread": spread,
    }  # fmt: skip
    keep(row)
    for file in (destination, again):
        file.unlink()
    assert fine, row
