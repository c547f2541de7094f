"""How far numerical noise and other functions lie apart: ``python -m benchmarks.noise OUT [--tf VERSIONS] [--only MODELS]``.

Runs the models of :mod:`benchmarks.noise.models` in every environment, oneDNN on and off, and compares what each gives with what
every other gives of the same function and of other ones. Prints how many pairs are judged wrongly by which ``spread``, and the
extremes of both kinds. Outputs are kept in OUT and measured once. ``--cells FILE`` writes the hardest of each model and function
as the tests read them (``tests/unit/domain/numeric_cells.json``).
"""

import argparse
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crossload.backends.venv import VenvBackend
from crossload.config import Tolerances, load_config
from crossload.environments.selection import all_environments
from crossload.probe import agreement
from crossload.probe.operations.measuring import compare_arrays

HERE = Path(__file__).parent
PROBE = HERE.parents[1] / "matrix" / "crossload"
VERSIONS = "2.4,2.10,2.15,2.16,2.21"
SPREADS = (20.0, 50.0, 70.0, 100.0, 200.0, 300.0)
HOW = {"base": "", "one": ", one at a time", "predict": ", predict"}
DEFAULT = Tolerances().float32
# Of an element, the figures that are kept; of a pair, the elements that come nearest to their limit.
_DIGITS, _ELEMENTS = 4, 5
Outputs = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two sets of outputs.

    :param same: whether they are of one function.
    :param ratio: of the worst element, how many times its noise the difference is beyond what tolerance allows.
    """

    same: bool
    function: str
    saved_with: str
    loaded_with: str
    compared: dict[str, Any]

    @property
    def ratio(self) -> float:
        if self.compared["mismatch"]:
            return float("inf")
        return max((_times_noise(entry) for entry in self.compared["frontier"]), default=0.0)

    def agrees(self, spread: float) -> bool:
        """What the rule says of it."""
        frontier = self.compared["frontier"]
        return not self.compared["mismatch"] and agreement.within(frontier, DEFAULT.atol, DEFAULT.rtol, spread)


def _times_noise(entry: Sequence[float]) -> float:
    difference, magnitude, noise, scale = entry
    beyond = difference - DEFAULT.atol * min(1.0, scale) - DEFAULT.rtol * magnitude
    return 0.0 if beyond <= 0 else beyond / noise if noise else float("inf")


def measure(version: str, variables: dict[str, str], only: Sequence[str], out: Path) -> Outputs:
    """The outputs of all models in the environment of a version; measured where ``out`` is not there yet."""
    if not out.exists():
        backend = VenvBackend()
        environment = all_environments(load_config(Path("matrix.toml")))[f"{version}-cpu"]
        state = backend.build(environment, print)
        if state.state != "ready":
            raise SystemExit(f"{environment.id}: {state.reason}")
        python = backend.folder(environment) / "bin" / "python"
        unfinished = out.with_suffix(".part.npz")
        command = [str(part) for part in (python, HERE / "measure.py", PROBE, unfinished, *only)]
        subprocess.run(command, check=True, env=os.environ | variables)
        unfinished.rename(out)
    with np.load(out) as stored:
        return dict(stored)


def pairs(measured: dict[str, Outputs]) -> Iterator[Pair]:
    """Every pair that is not bit-equal: of one function, and of two."""
    for saver, own in measured.items():
        for name in [key.split("|")[1] for key in own if key.startswith("noise|")]:
            outputs, noise = own[f"base|{name}"], own[f"noise|{name}"]
            for loader, theirs in measured.items():
                for how, said in HOW.items():
                    if f"{how}|{name}" not in theirs or (loader == saver and how == "base"):
                        continue
                    compared = compare_arrays([outputs], [theirs[f"{how}|{name}"]], [noise])
                    if not compared["bit_equal"]:
                        yield Pair(True, name, saver, loader + said, compared)
        for loader, theirs in measured.items():
            for key in [key for key in theirs if key.startswith("other|")]:
                _, name, other = key.split("|")
                if f"noise|{name}" in own:
                    compared = compare_arrays([own[f"base|{name}"]], [theirs[key]], [own[f"noise|{name}"]])
                    yield Pair(False, other, saver, loader, compared)


def hardest(found: Sequence[Pair], each: int) -> list[Pair]:
    """Of every function the pairs that are hardest to judge, the hardest function first."""
    by_function: dict[str, list[Pair]] = {}
    for pair in sorted(found, key=lambda pair: -pair.ratio if pair.same else pair.ratio):
        by_function.setdefault(pair.function, []).append(pair)
    return [pair for several in by_function.values() for pair in several[:each]]


def cell(pair: Pair) -> dict[str, Any]:
    """A pair as the tests read it: the elements that come nearest to their limit, and the largest."""
    frontier = pair.compared["frontier"]

    def share(entry: Sequence[float]) -> float:
        return entry[0] / max(float(agreement.limit(entry, DEFAULT.atol, DEFAULT.rtol, DEFAULT.spread)), 1e-300)

    kept = sorted(frontier, key=share, reverse=True)[:_ELEMENTS]
    largest = max(frontier, key=lambda entry: entry[1])
    kept += [largest] if largest not in kept else []
    return {
        "kind": "harmless" if pair.same else "real",
        "function": pair.function,
        "saved_with": pair.saved_with,
        "loaded_with": pair.loaded_with,
        "frontier": [[float(f"%.{_DIGITS}g" % value) for value in entry] for entry in kept],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder of the outputs")
    parser.add_argument("--tf", default=VERSIONS, help="versions, separated by commas")
    parser.add_argument("--only", default="", help="models, separated by commas; all by default")
    parser.add_argument("--cells", type=Path, help="file to write the hardest pairs to")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    only = [name for name in asked.only.split(",") if name]
    measured: dict[str, Outputs] = {}
    for version in asked.tf.split(","):
        for mode in ("1", "0"):
            name = f"{version}, oneDNN {'on' if mode == '1' else 'off'}"
            out = asked.out / f"{version}-onednn-{mode}.npz"
            measured[name] = measure(version, {"TF_ENABLE_ONEDNN_OPTS": mode}, only, out)
    found = list(pairs(measured))
    same, others = [pair for pair in found if pair.same], [pair for pair in found if not pair.same]
    print(f"{len(same)} pairs of one function that are not bit-equal, {len(others)} of two")
    for spread in SPREADS:
        wrong = sum(not pair.agrees(spread) for pair in same), sum(pair.agrees(spread) for pair in others)
        print(f"spread {spread:g}: {wrong[0]} of the former called another function, {wrong[1]} of the latter the same")
    for pair in [*hardest(same, 1)[:5], *hardest(others, 1)[:5]]:
        said = "the same" if pair.same else "another"
        print(f"{said}: {pair.function}, {pair.saved_with} > {pair.loaded_with}: {pair.ratio:.3g} times the noise")
    if asked.cells:
        kept = [*hardest(same, 2), *(pair for pair in hardest(others, 1) if not pair.compared["mismatch"])]
        asked.cells.write_text("[\n" + ",\n".join(json.dumps(cell(pair)) for pair in kept) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
