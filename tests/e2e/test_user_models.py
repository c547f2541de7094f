"""``check``, ``convert`` and ``plan`` on files that no scenario resembles, against scripts that just call Keras."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crossload.store.database import Store
from tests.e2e.running import crossload
from tests.e2e.user_files import BY_NAME, FILES, LAYERS, MEANS, UserFile, inputs_of, make, plain_outputs, plain_says

pytestmark = pytest.mark.e2e
LOADERS = ("2.4", "2.10", "2.15", "2.16", "2.21")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files lie; each is made once."""
    return tmp_path_factory.mktemp("files")


def code(file: UserFile) -> list[str]:
    return ["--custom-objects", str(LAYERS)] if file.needs_code else []


def check(file: UserFile, path: Path, versions: tuple[str, ...], out: Path) -> dict[str, Any]:
    finished = crossload(
        "check",
        str(path),
        "--tf",
        ",".join(versions),
        "--saved-with",
        file.saver,
        "--backend",
        "venv",
        "--json",
        "--inputs",
        str(inputs_of(path)),
        "--out",
        str(out),
        *code(file),
    )
    assert finished.returncode == 0, finished.stderr
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def agrees(file: UserFile, folder: Path, versions: tuple[str, ...]) -> None:
    path = make(file, folder)
    found = check(file, path, versions, folder / f"page of {file.name}")
    verdicts = {row["loaded_with"].removesuffix("-cpu"): row["verdict"] for row in found["measured"]}
    assert set(versions) <= set(verdicts)
    said = {version: MEANS[verdicts[version]] for version in versions}
    plainly = {version: plain_says(file, path, version) for version in versions}
    print(f"{file.name} of {file.saver}: " + ", ".join(f"{v}: {verdicts[v]} ({plainly[v]})" for v in versions))
    assert said == plainly
    page = (folder / f"page of {file.name}" / "index.html").read_text(encoding="utf-8")
    assert file.file in page


@pytest.mark.parametrize("name", ["rank", "residual"])
def test_check_agrees_with_plain_keras(name: str, folder: Path) -> None:
    agrees(BY_NAME[name], folder, ("2.10", "2.21"))


@pytest.mark.models
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_check_agrees_with_plain_keras_everywhere(file: UserFile, folder: Path) -> None:
    agrees(file, folder, LOADERS)


@pytest.mark.parametrize("name", ["rank", "sensor", "residual"])
def test_a_converted_file_gives_the_same_outputs_in_plain_keras(name: str, folder: Path) -> None:
    file = BY_NAME[name]
    path = make(file, folder)
    before = {item: hashlib.sha256(item.read_bytes()).hexdigest() for item in parts(path)}
    destination = folder / f"new-{name}.keras"
    arguments = ["convert", str(path), "--to", "2.21", "--out", str(destination), "--backend", "venv", *code(file)]

    finished = crossload(*arguments)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    old = plain_outputs(file.saver, path, inputs_of(path), file.needs_code)
    new = plain_outputs("2.21", destination, inputs_of(path), file.needs_code)
    assert not isinstance(old, str), old
    assert not isinstance(new, str), new
    assert [array.shape for array in old] == [array.shape for array in new]
    assert max(float(np.abs(one - two).max()) for one, two in zip(old, new, strict=True)) <= 1e-6
    assert {item: hashlib.sha256(item.read_bytes()).hexdigest() for item in parts(path)} == before
    proof = json.loads(destination.with_name(destination.name + ".json").read_text(encoding="utf-8"))
    assert proof["output"]["sha256"] == hashlib.sha256(destination.read_bytes()).hexdigest()
    assert proof["measured"]["rungs"]["weights"] == proof["measured"]["rungs"]["outputs"] == "pass"
    again = crossload(*arguments)
    assert again.returncode == 2
    assert "exists already and is not overwritten" in again.stderr


def parts(path: Path) -> list[Path]:
    return sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]


def test_the_route_of_a_plan_can_be_walked(tmp_path: Path) -> None:
    planned = json.loads(crossload("plan", "--from", "2.10", "--to", "2.21", "--json").stdout)
    stops = ",".join(
        f"{item['environment'].removesuffix('-cpu')}:{item['format']}" for item in planned["route"]["stops"]
    )
    out = tmp_path / "run"
    names = "dense,conv2d,lstm"
    crossload(
        "run", "--tf", "2.10", "--scenario", names, "--format", "savedmodel", "--backend", "venv", "--out", str(out)
    )
    store = Store(out / "store")
    artifacts = [item for item in store.artifacts().values() if item.state == "saved"]
    store.close()
    assert len(artifacts) == 3
    for artifact in artifacts:
        model = store.artifact_folder(artifact) / artifact.file
        destination = tmp_path / f"{artifact.scenario}.keras"
        where = ["--to", "2.21", "--out", str(destination), "--backend", "venv", "--route", stops or "direct"]

        finished = crossload("convert", str(model), *where)

        assert finished.returncode == 0, finished.stdout + finished.stderr
        proof = json.loads(destination.with_name(destination.name + ".json").read_text(encoding="utf-8"))
        walked = [item["save in"] for item in proof["route"] if "save in" in item]
        assert walked == [*(item["environment"] for item in planned["route"]["stops"]), "2.21-cpu"]


BAD_CODE = {
    "raises.py": ("raise RuntimeError('not today')\n", ["--custom-objects", "importing the module", "not today"]),
    "needs.py": ("import a_package_that_is_not_there\n", ["needs a package", "a_package_that_is_not_there"]),
    "wrong.py": ("class Other:\n    pass\n", ["cannot load it", "does not define what the file needs"]),
}


@pytest.mark.parametrize("name", BAD_CODE)
def test_code_that_can_not_be_used(name: str, folder: Path, tmp_path: Path) -> None:
    text, words = BAD_CODE[name]
    path = make(BY_NAME["rank"], folder)
    (tmp_path / name).write_text(text, encoding="utf-8")
    refused(["check", str(path), "--custom-objects", str(tmp_path / name)], words, tmp_path)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 5), "float32"), ["--inputs", "wrong shape", "(4, 5)", "(None, 12)"]),
        (np.zeros((4, 12), "int32"), ["--inputs", "wrong type", "int32", "float32"]),
    ],
)
def test_inputs_that_do_not_fit(array: Any, words: list[str], folder: Path, tmp_path: Path) -> None:
    path = make(BY_NAME["rank"], folder)
    np.savez(tmp_path / "inputs.npz", x=array)
    given = ["--custom-objects", str(LAYERS), "--inputs", str(tmp_path / "inputs.npz")]
    refused(["check", str(path), *given], words, tmp_path)


def test_a_target_without_a_route(folder: Path, tmp_path: Path) -> None:
    path = make(BY_NAME["attention"], folder)  # 2.3 has no such layer
    out = tmp_path / "new.h5"
    words = ["no route to a h5 file", "2.3-cpu", "Nothing was written"]
    arguments = ["convert", str(path), "--to", "2.3", "--format", "h5", "--max-hops", "0", "--out", str(out)]
    refused(arguments, words, tmp_path, code=1, lines=3)
    assert not out.exists()


def refused(arguments: list[str], words: list[str], tmp_path: Path, code: int = 2, lines: int = 2) -> None:
    """One or two clear lines, exit code 2, and nothing written. That nothing was found is a finding, code 1."""
    before = sorted(tmp_path.iterdir())
    where = ["--out", str(tmp_path / "page")] if arguments[0] == "check" else []
    limits = ["--tf", "2.10", "--saved-with", "2.3"] if arguments[0] == "check" else []
    finished = crossload(*arguments, *limits, *where, "--backend", "venv")
    assert finished.returncode == code, finished.stdout + finished.stderr
    assert all(word in finished.stderr for word in words), finished.stderr
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.strip().splitlines()) <= lines, finished.stderr
    assert sorted(tmp_path.iterdir()) == before
