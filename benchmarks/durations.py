"""Writes ``matrix/crossload/execution/durations.toml``, by which a matrix is cut into shards, from what a store measured.

``python -m benchmarks.durations OUT`` takes the output folder of a run.
"""

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from statistics import fmean

from crossload.resources import DURATIONS
from crossload.store.database import Store


def _table(name: str, measured: Iterable[tuple[str, str, float]]) -> list[str]:
    seconds: dict[str, list[float]] = {}
    for scenario, form, value in measured:
        for key in (f"{scenario} {form}", form, "any"):
            seconds.setdefault(key, []).append(value)
    return [f"[{name}]", *(f'"{key}" = {fmean(values):.3f}' for key, values in sorted(seconds.items()))]


def main(out: Path) -> None:
    with closing(Store(out / "store")) as store:
        saves = store.read("SELECT scenario, format, seconds FROM artifacts")
        loads = store.read(
            "SELECT scenario, format, cells.seconds FROM cells JOIN artifacts ON artifacts.key = artifact_key"
        )
    head = "# Mean seconds of one save and of one load, by scenario and format. Made by `python -m benchmarks.durations OUT`."
    DURATIONS.write_text("\n".join([head, *_table("save", saves), "", *_table("load", loads)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
