"""The table of ``docs/networks.md``: ``python -m benchmarks.networks FILE`` prints the rows that ``nox -s models`` wrote to
``FILE``, which the environment variable ``CROSSLOAD_TEST_NETWORKS`` named.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HEAD = (
    "network", "written by", "format", "MB", "MB after", "seconds", "outputs off", "optimizer", "next loss off", "fine",
)  # fmt: skip


def table(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Lines of a Markdown table, one for each conversion.

    Outputs are the largest difference by the largest of the writer's outputs. Of the next loss, the difference by the loss is
    shown from the writer's own loss where its BatchNormalization is computed as in Keras 3, and how far that moves in the writer
    itself under changes that are mathematically none.
    """
    yield f"| {' | '.join(HEAD)} |"
    yield "|---|---|---|--:|--:|--:|--:|---|--:|---|"
    for row in rows:
        yield (
            f"| {row['family']} | {row['saver']} | {row['format']} | {row['megabytes']:.1f} | {row['converted']:.1f} "
            f"| {row['seconds']} | {row['outputs']:.0e} | {'kept' if row['optimizer'] == 'pass' else row['optimizer']} "
            f"| {row['off_unfused'] / row['loss']:.0e} (moves by {row['spread'] / row['loss']:.0e}) "
            f"| {'yes' if row['fine'] else '**no**'} |"
        )


def main(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    print("\n".join(table(rows)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
