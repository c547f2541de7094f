"""Makes a large fleet of few real models, and measures how long reading takes: ``python -m benchmarks.fleet MADE FOLDER COUNT``.

``MADE`` holds models that ``fleet_maker.py`` wrote in their environments. Each is copied in turn; the weights of a copy are other
numbers, 5 % of the copies are cut short, and 3 % of the files are no models.
"""

import json
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from crossload.fleet.sources import find
from crossload.inspection.containers import container_of


def make(made: Path, folder: Path, count: int, seed: int = 0) -> None:
    """Fill a folder with models, damaged ones and other files."""
    chance, numbers = random.Random(seed), np.random.default_rng(seed)
    originals = find([str(made)], lambda url: made).found
    for number in range(count):
        original = originals[number % len(originals)]
        place = folder / f"jahr {2015 + number % 9}" / f"ordner ü{number % 37}"
        place.mkdir(parents=True, exist_ok=True)
        kind = number % 100
        if kind < 3:
            (place / f"notes {number}.txt").write_bytes(numbers.bytes(2000))
            continue
        target = place / f"{number:04d} {original.path.name}"
        if original.path.is_dir():
            shutil.copytree(original.path, target)
        elif original.path.is_file():
            shutil.copyfile(original.path, target)
            if container_of(target) == "hdf5":
                _change(target, numbers)
            if kind < 8:
                content = target.read_bytes()
                target.write_bytes(content[: chance.randrange(100, len(content))])
        else:
            for file in original.path.parent.glob(f"{original.path.name}.*"):
                shutil.copyfile(file, place / f"{target.name}{file.name[len(original.path.name) :]}")


def _change(path: Path, numbers: np.random.Generator) -> None:
    """Give every float of a file another value."""
    with h5py.File(path, "a") as file:

        def change(name: str, found: Any) -> None:
            if isinstance(found, h5py.Dataset) and found.dtype.kind == "f" and found.shape:
                found[...] = numbers.uniform(-0.1, 0.1, found.shape)

        file.visititems(change)


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of a process and its children, MB."""
    total, waiting = 0, [process.pid]
    while waiting:
        number = waiting.pop()
        try:
            status = Path(f"/proc/{number}/status").read_text(encoding="utf-8")
            for thread in Path(f"/proc/{number}/task").iterdir():
                waiting += map(int, (thread / "children").read_text(encoding="utf-8").split())
        except (OSError, ValueError):
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    return total / 1024


def measure(folder: Path, out: Path) -> dict[str, Any]:
    """Read a fleet without running anything: seconds, memory at most, processor seconds, what was found."""
    command = [
        sys.executable,
        "-m",
        "crossload",
        "check",
        str(folder),
        "--static",
        "--tf",
        "2.16,2.21",
        "--out",
        str(out),
    ]
    started, most = time.monotonic(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stopped = threading.Event()

    def watch() -> None:
        nonlocal most
        while not stopped.wait(0.2):
            most = max(most, memory_mb(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    stopped.set()
    watcher.join()
    found = json.loads((out / "fleet.json").read_text(encoding="utf-8"))
    return {
        "seconds": round(time.monotonic() - started, 1),
        "read_seconds": found["scan"]["read_seconds"],
        "memory_mb": round(most),
        "models": len(found["models"]),
        "groups": found["groups"],
        "counts": found["counts"],
        "others": found["others"],
    }


if __name__ == "__main__":
    made, folder, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    if not folder.exists():
        make(made, folder, count)
    print(json.dumps(measure(folder, folder.with_name(folder.name + " scanned")), indent=1))
