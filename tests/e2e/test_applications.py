"""Networks of keras.applications, as people fine-tune them, from Keras 2 into the Keras of today: nothing is lost."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.running import crossload
from tests.e2e.user_files import HERE, run_inside

pytestmark = [pytest.mark.e2e, pytest.mark.models]
MODELS = HERE / "user_models"
TO = "today"
# By family: the first of these versions that has it.
FAMILIES = {
    "MobileNetV2": "2.4",
    "MobileNetV3Small": "2.4",
    "EfficientNetB0": "2.4",
    "EfficientNetV2B0": "2.10",
    "ResNet50": "2.4",
    "ResNet50V2": "2.4",
    "DenseNet121": "2.4",
    "InceptionV3": "2.4",
    "InceptionResNetV2": "2.4",
    "Xception": "2.4",
    "NASNetMobile": "2.4",
    "VGG16": "2.4",
    "ConvNeXtTiny": "2.10",
    "RegNetX002": "2.10",
}
SAVERS = ("2.4", "2.10", "2.15")
CASES = [
    (family, saver, suffix)
    for saver in SAVERS
    for family, first in FAMILIES.items()
    if SAVERS.index(saver) >= SAVERS.index(first)
    for suffix in (".h5", "")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("applications")


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    print(
        "\nfamily            saver format      MB before  after   seconds  outputs (of the largest)  next loss: off, from that "
        "without the fused kernel, which moves by"
    )
    print("\n".join(rows))


@pytest.mark.parametrize(("family", "saver", "suffix"), CASES)
def test_nothing_is_lost(family: str, saver: str, suffix: str, folder: Path, table: list[str]) -> None:
    path = folder / f"{family}-{saver}{suffix}"
    made = run_inside(saver, str(MODELS / "applications.py"), family, str(path))
    assert made.returncode == 0, made.stderr
    destination = folder / f"{family}-{saver}{suffix or '-savedmodel'}.keras"
    started = time.monotonic()
    arguments = ["--out", str(destination), "--backend", "venv", "--keep", "optimizer", "--route", "direct"]
    if family.startswith("ConvNeXt"):
        # Nor does the Keras that wrote it load it without this class.
        arguments += ["--custom-objects", str(MODELS / "convnext_layers.py")]

    converted = crossload("convert", str(path), "--to", TO, *arguments)

    seconds = time.monotonic() - started
    assert converted.returncode == 0, converted.stdout + converted.stderr
    proof = json.loads(destination.with_name(destination.name + ".json").read_text(encoding="utf-8"))
    assert proof["measured"]["rungs"]["optimizer"] == "pass"
    reference = Path(f"{path}.npz")
    used = run_inside(
        TO, str(MODELS / "use_translated.py"), str(destination), str(reference), str(folder / "again.keras")
    )
    assert used.returncode == 0, used.stderr
    found = json.loads(used.stdout.splitlines()[-1])
    with np.load(reference) as known:
        loss, unfused, spread = (float(known[name]) for name in ("loss", "unfused", "spread"))
    off, off_unfused = abs(found["loss"] - loss), abs(found["loss"] - unfused)
    before = sum(item.stat().st_size for item in (path.rglob("*") if path.is_dir() else [path]) if item.is_file())
    table.append(
        f"{family:17} {saver:5} {suffix.strip('.') or 'savedmodel':10} {before / 1e6:10.1f} "
        f"{destination.stat().st_size / 1e6:6.1f} {seconds:9.0f}  {found['difference']:24.1e}  {off:14.1e} {off_unfused:8.1e} "
        f"{spread:8.1e}"
    )
    assert found["difference"] <= 1e-5
    assert found["steps"] == 2
    assert found["saved again"]
    # Keras 3 has no fused kernel for BatchNormalization: what it does is what the writer does without it.
    assert off_unfused <= 1e-5 * unfused + spread
    if proof["measured"]["rungs"]["training"] == "lost":
        assert "fused BatchNormalization" in proof["measured"]["note"]
