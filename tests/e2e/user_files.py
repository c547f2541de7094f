"""Model files that no scenario resembles, made in their environments, and what plain Keras says of them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments
from crossload.util.clock import today

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
LAYERS = HERE / "user_models" / "layers.py"
ATOL, RTOL = 1e-6, 1e-5


@dataclass(frozen=True)
class UserFile:
    """One file.

    :param needs_code: whether loading takes the custom objects.
    :param coarse: whether it computes in half precision.
    """

    name: str
    saver: str
    file: str
    inputs: tuple[tuple[int, ...], ...]
    kind: str = "float"
    needs_code: bool = False
    coarse: bool = False


# Ten files of ten environments: formats, custom layers, LSTM, attention, text, mixed precision, a subclassed model, several
# inputs and outputs.
FILES = (
    UserFile("rank", "2.3", "rank.h5", ((12,),), needs_code=True),
    UserFile("gru", "2.5", "gru.h5", ((11, 3),)),
    UserFile("half", "2.6", "half.h5", ((12, 12, 2),), coarse=True),
    UserFile("subclassed", "2.8", "subclassed", ((5,),), needs_code=True),
    UserFile("sensor", "2.10", "sensor", ((10, 6),)),
    UserFile("attention", "2.12", "attention.keras", ((9,),), kind="int"),
    UserFile("residual", "2.13", "residual.keras", ((8,),)),
    UserFile("text", "2.14", "text.keras", ((1,),), kind="text"),
    UserFile("autoencoder", "2.17", "autoencoder.keras", ((16, 3),)),
    UserFile("towers", "2.20", "towers.h5", ((7,), (7,))),
)
BY_NAME = {file.name: file for file in FILES}


def python_of(version: str) -> Path:
    """The interpreter of a built environment."""
    environment = resolve(all_environments(load_config(REPOSITORY / "matrix.toml"))[f"{version}-cpu"], today())
    backend = VenvBackend()
    state = backend.build(environment, lambda message: None)
    assert state.state == "ready", state.reason
    return backend.folder(environment) / "bin" / "python"


def run_inside(version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a Python script in an environment, as its user would."""
    variables = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": "/usr/bin:/bin", "HOME": "/tmp"}
    return subprocess.run(
        [str(python_of(version)), *arguments], env=variables, capture_output=True, text=True, check=False
    )


def make(file: UserFile, folder: Path) -> Path:
    """Write a file in its environment, and ``NAME.npz`` with inputs beside it; returns the file's path."""
    path = folder / file.file
    if not path.exists():
        made = run_inside(file.saver, str(HERE / "user_models" / "make.py"), file.name, str(folder))
        assert made.returncode == 0, made.stderr
    generator = np.random.RandomState(11)
    arrays: dict[str, Any] = {}
    for number, shape in enumerate(file.inputs):
        size = (16, *shape)
        if file.kind == "int":
            arrays[f"x{number}"] = generator.randint(0, 40, size).astype("int32")
        elif file.kind == "text":
            words = np.array(["model", "saved", "layer", "weight", "unheard"])
            arrays[f"x{number}"] = np.array([[" ".join(generator.choice(words, 4))] for _ in range(16)])
        else:
            arrays[f"x{number}"] = generator.uniform(-1, 1, size).astype("float32")
    np.savez(inputs_of(path), **arrays)
    return path


def inputs_of(path: Path) -> Path:
    return path.with_name(path.stem + ".npz")


def plain_outputs(version: str, path: Path, inputs: Path, needs_code: bool) -> list[np.ndarray] | str:
    """What plain Keras gives for a file in an environment; the last line of its error where it raises or dies."""
    destination = path.parent / f"{path.name}.{version}.outputs.npz"
    destination.unlink(missing_ok=True)
    arguments = [str(HERE / "plain_user_model.py"), str(path), str(inputs), str(destination)]
    finished = run_inside(version, *arguments, *([str(LAYERS)] if needs_code else []))
    if finished.returncode or not destination.exists():
        return (finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"])[-1]
    with np.load(destination) as stored:
        return [stored[name] for name in stored.files]


def plain_says(file: UserFile, path: Path, loader: str) -> str:
    """``loads``, ``differs`` or ``raises``: what a user of plain Keras meets, against what the saver's own Keras gives."""
    there = plain_outputs(loader, path, inputs_of(path), file.needs_code)
    if isinstance(there, str):
        return "raises"
    here = plain_outputs(file.saver, path, inputs_of(path), file.needs_code)
    assert not isinstance(here, str), here
    atol, rtol = (1e-2, 1e-2) if file.coarse else (ATOL, RTOL)
    same = len(here) == len(there) and all(
        one.shape == two.shape and np.allclose(two, one, rtol=rtol, atol=atol)
        for one, two in zip(here, there, strict=True)
    )
    return "loads" if same else "differs"


# What each verdict means for a user of plain Keras.
MEANS = {
    **dict.fromkeys(("exact", "equal", "lossy"), "loads"),
    **dict.fromkeys(("remedy", "fails", "crashes"), "raises"),
    "differs": "differs",
}
