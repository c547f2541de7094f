"""How right predictions are: ``python -m benchmarks.predictions OUT [--evidence FILE]``.

OUT is the folder of a run of models that no scenario was derived from: those of ``benchmarks/held_out``, with a copy of
``matrix.toml`` that says ``scenario_folders = ["benchmarks/held_out"]``::

    crossload run --config held_out.toml --scenario 'held-*' --format h5,keras,savedmodel --out OUT

``--prefix later-`` takes the second set, which was written after the first one had been looked at.

Each file of its store is read and predicted as `check --static` does, and compared with its measured cells. A prediction that
says that a way works is wrong where that way does not: a plain load that fails or differs, a remedy where nothing helps.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crossload.domain.verdicts import LOADS, SCORED, USABLE
from crossload.inspection import inspect
from crossload.resources import CONSTRUCTS_MEASURED
from crossload.shipped.construct_data import read_constructs, saved_files
from crossload.user_models.prediction import Prediction, Predictor

RIGHT_AT_LEAST, NOT_KNOWN_AT_MOST = 0.995, 0.15


@dataclass(frozen=True)
class Compared:
    """One file in one environment."""

    file: str
    said: Prediction
    measured: str
    attempt: str

    @property
    def promises(self) -> bool:
        """Whether the prediction says that a way works."""
        return self.said.verdict in USABLE

    @property
    def is_right(self) -> bool:
        """Whether the way that it names works: the plain load, or some remedy."""
        return self.measured in (LOADS if self.said.verdict in LOADS else USABLE)


def compare(out: Path, evidence: Path, prefix: str = "held-") -> Iterator[Compared]:
    """Every measured cell of a run with what is predicted of it."""
    data = read_constructs(evidence)
    files = saved_files(out)
    predictor = cache(lambda saver, form: Predictor.from_data(data, saver, form))
    marks = cache(lambda path: inspect(path).constructs)
    rows = json.loads((out / "results.json").read_text(encoding="utf-8"))["results"]
    for row in rows:
        place = (row["scenario"], row["saved_with"], row["format"])
        if row["scenario"].startswith(prefix) and row["verdict"] in SCORED and row["loaded_with"] and place in files:
            said = predictor(row["saved_with"], row["format"]).of(marks(files[place]), row["loaded_with"])
            yield Compared(" ".join(place), said, row["verdict"], row["attempt"] or "")


def main() -> None:
    """Print the table, the wrong ones and what is missing most."""
    parser = argparse.ArgumentParser(description="How right predictions are on models that were held out.")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--evidence", type=Path, default=CONSTRUCTS_MEASURED)
    parser.add_argument("--prefix", default="held-")
    given = parser.parse_args()
    found = list(compare(given.out, given.evidence, given.prefix))
    table = Counter((_group(item.said.verdict), _group(item.measured)) for item in found)
    print("| predicted | measured | pairs |\n|---|---|---|")
    for (said, measured), count in sorted(table.items()):
        print(f"| {said} | {measured} | {count} |")
    promised = [item for item in found if item.promises]
    right = sum(item.is_right for item in promised)
    unknown = sum(not item.said.is_known for item in found)
    print(f"{len(found)} pairs of {len({item.file for item in found})} files")
    if promised:
        print(
            f"a way is said to work: {len(promised)}, right {right} ({right / len(promised):.1%}; {RIGHT_AT_LEAST:.1%})"
        )
    if found:
        print(f"not known: {unknown} ({unknown / len(found):.1%}; at most {NOT_KNOWN_AT_MOST:.0%})")
    for item in promised:
        if not item.is_right:
            print(f"WRONG {item.file} in {item.said.environment}: {item.said}; measured {item.measured} {item.attempt}")
    missing = Counter(mark.partition("=")[0] for item in found for mark in item.said.missing)
    print("missing most: " + ", ".join(f"{mark} ({count})" for mark, count in missing.most_common(20)))


def _group(verdict: str) -> str:
    return "loads plainly" if verdict in LOADS else verdict


if __name__ == "__main__":
    main()
