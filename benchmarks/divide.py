"""What of Keras 2's files arrives in Keras 3: ``python -m benchmarks.divide RESULTS [RESULTS ...]``.

RESULTS are ``results.json`` of runs, such as those of ``crossload run --tf 2.10,2.21,today --format h5,keras,savedmodel``. For
each writer with Keras 2 and each reader with Keras 3, of the files of whole models that are right where they were written: how
many come back as a full model without their own code, and of those that keep training at home, how many keep it. What does not
arrive is listed. The exit code is 1 where the shares are not the ones wanted.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossload.domain.cells import axes_of
from crossload.domain.verdicts import USABLE
from crossload.domain.versions import EnvironmentId
from crossload.probe.attempts import CODE_NEEDED, INFERENCE_ONLY, costs

FULL_AT_LEAST, TRAINING_AT_LEAST = 0.98, 0.95
_WHOLE_MODELS = ("h5", "keras", "savedmodel")


@dataclass(frozen=True)
class Crossing:
    """One file in one environment of Keras 3.

    :param row: of the result table.
    :param trains: whether the file keeps training where it was written.
    """

    row: Mapping[str, Any]
    trains: bool

    @property
    def is_full(self) -> bool:
        """Whether it comes back as a full model, without its own code."""
        price = costs(self.row["attempt"]) if self.row["attempt"] else ()
        return self.row["verdict"] in USABLE and not {CODE_NEEDED, INFERENCE_ONLY} & set(price)

    @property
    def keeps_training(self) -> bool:
        """Whether the optimizer's state, where it can be read, and the next loss are the writer's."""
        return self.is_full and self.row["rung_training"] == "pass" and self.row["rung_optimizer"] in ("pass", "n/a")

    def __str__(self) -> str:
        row = self.row
        return (
            f"{row['scenario']} {row['format']} {row['saved_with']} > {row['loaded_with']}: {row['verdict']} "
            f"{row['attempt']} {row['cause']}, lost: {row['lost'] or 'nothing'}, optimizer {row['rung_optimizer']}, "
            f"training {row['rung_training']}"
        )


def crossings(rows: Iterable[Mapping[str, Any]]) -> list[Crossing]:
    """The cells of a result table that cross from Keras 2 into Keras 3 and count."""
    of_models = [row for row in rows if row["format"] in _WHOLE_MODELS and row["loaded_with"] and not row["apart"]]
    at_home = {
        (row["scenario"], row["format"], row["saved_with"]): row
        for row in of_models
        if row["saved_with"] == row["loaded_with"]
    }
    found = []
    for row in of_models:
        saver, loader = (EnvironmentId.parse(row[side]) for side in ("saved_with", "loaded_with"))
        home = at_home.get((row["scenario"], row["format"], row["saved_with"]))
        if saver.keras_generation == 2 and loader.keras_generation == 3 and home and home["verdict"] in USABLE:
            found.append(Crossing(row, home["rung_training"] == "pass"))
    return found


def table(found: Sequence[Crossing]) -> list[str]:
    """Files, full models and kept training by writer and reader, in Markdown."""
    lines = ["| written by | read by | files | full model | trains at home | keeps it |", "|---|---|--:|--:|--:|--:|"]
    pairs = list(dict.fromkeys((item.row["saved_with"], item.row["loaded_with"]) for item in found))
    for pair in [*pairs, None]:
        own = [item for item in found if pair in (None, (item.row["saved_with"], item.row["loaded_with"]))]
        training = [item for item in own if item.trains]
        full, kept = sum(item.is_full for item in own), sum(item.keeps_training for item in training)
        names = " | ".join(pair) if pair else "all | "
        lines.append(
            f"| {names} | {len(own)} | {_share(full, len(own))} | {len(training)} | {_share(kept, len(training))} |"
        )
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.1%})" if whole else "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and what does not arrive; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.divide", description=__doc__)
    parser.add_argument("results", nargs="+", type=Path)
    asked = parser.parse_args(arguments)
    rows: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for path in asked.results:
        for row in json.loads(path.read_text(encoding="utf-8"))["results"]:
            rows[axes_of(row)] = row
    found = crossings(rows.values())
    print("\n".join(table(found)))
    print("\nNo full model without code:")
    print("\n".join(f"- {item}" for item in found if not item.is_full))
    print("\nTraining that is kept at home and does not arrive:")
    print("\n".join(f"- {item}" for item in found if item.is_full and item.trains and not item.keeps_training))
    training = [item for item in found if item.trains]
    full, kept = sum(item.is_full for item in found), sum(item.keeps_training for item in training)
    return int(full < FULL_AT_LEAST * len(found) or kept < TRAINING_AT_LEAST * len(training))


if __name__ == "__main__":
    sys.exit(main())
