"""What changes between neighbouring minors of Keras 3: ``python -m benchmarks.keras_minors OUT``, with OUT of a run such as
``crossload run --tf keras3 --format h5,keras``. Prints a table in Markdown.

Two cells are compared that differ in one thing: the minor that loads (the same file), or the minor that saved (loaded by the
same one). Verdict, fidelity, what is lost, the attempt and the cause count; ``exact`` and ``equal`` are one. A cell that was not
measured of both is no cell of the table.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from packaging.version import Version

from crossload.domain.cells import CellRow
from crossload.domain.verdicts import FAITHFUL, is_comparable
from crossload.domain.versions import EnvironmentId


@dataclass(frozen=True)
class Difference:
    """One cell that differs from its neighbour.

    :param changed: ``loader`` or ``saver``.
    :param fixed: the environment that is the same in both.
    """

    changed: str
    scenario: str
    format: str
    fixed: str
    before: str
    after: str
    cause: str

    @property
    def text(self) -> str:
        """In a few words."""
        other = f"file of {self.fixed}" if self.changed == "loader" else f"loaded in {self.fixed}"
        why = f" ({self.cause})" if self.cause else ""
        return f"{self.scenario} {self.format}, {other}: {self.before} → {self.after}{why}"


@dataclass(frozen=True)
class Step:
    """What was seen between two neighbouring minors.

    :param loads, saves: pairs of cells that were compared: by the minor that loads, and by the minor that saved.
    """

    before: str
    after: str
    loads: int
    saves: int
    differences: tuple[Difference, ...]

    @property
    def cells(self) -> int:
        """How many pairs of cells were compared."""
        return self.loads + self.saves

    @property
    def first(self) -> str:
        """What is seen first: the most frequent cause, with the first of its cells."""
        causes = [item.cause or item.after for item in self.differences]
        if not causes:
            return ""
        usual = max(dict.fromkeys(causes), key=causes.count)
        return next(item.text for item, cause in zip(self.differences, causes, strict=True) if cause == usual)


def minors(environments: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The id of one environment for each minor of Keras 3, and its Keras, in the order of versions; what is made for it first."""
    found: dict[tuple[int, ...], tuple[bool, str, str]] = {}
    for item in environments:
        name, keras = EnvironmentId.parse(str(item["id"])), str(item.get("keras") or "")
        if (
            not keras.startswith("3.")
            or name.is_legacy_keras
            or name.variant
            or Version(keras).is_prerelease
            or item.get("sample")
        ):
            continue
        minor = Version(keras).release[:2]
        one = (not name.is_keras_3, str(item["id"]), keras)
        found[minor] = min(found.get(minor, one), one)
    return [found[minor][1:] for minor in sorted(found)]


def steps(rows: Iterable[CellRow], order: Sequence[tuple[str, str]]) -> list[Step]:
    """Compare every two neighbours.

    :param rows: of a result table.
    :param order: ids and versions, as :func:`minors` gives them.
    """
    said: dict[tuple[str, str, str, str], CellRow] = {}
    for row in rows:
        if is_comparable(row["verdict"]):
            said[row["scenario"], row["format"], row["saved_with"], row["loaded_with"]] = row
    works = sorted({key[:2] for key in said})
    others = sorted({name for key in said for name in key[2:] if name})
    found = []
    for (before, old), (after, new) in pairwise(order):
        differences: list[Difference] = []
        counts = {"loader": 0, "saver": 0}
        for work in works:
            for other in others:
                for changed, one, two in (
                    ("loader", said.get((*work, other, before)), said.get((*work, other, after))),
                    ("saver", _saved(said, work, before, other), _saved(said, work, after, other)),
                ):
                    if one is None or two is None:
                        continue
                    counts[changed] += 1
                    if _gist(one) != _gist(two):
                        worse = two if two["verdict"] not in FAITHFUL else one
                        differences.append(
                            Difference(changed, *work, other, one["verdict"], two["verdict"], worse["cause"] or "")
                        )
        found.append(Step(old, new, counts["loader"], counts["saver"], tuple(differences)))
    return found


def _saved(
    said: Mapping[tuple[str, str, str, str], CellRow], work: tuple[str, str], saver: str, loader: str
) -> CellRow | None:
    """The row of a saver's file in a loader; that of the file where it could not be written."""
    return said.get((*work, saver, loader)) or said.get((*work, saver, ""))


def _gist(row: CellRow) -> tuple[Any, ...]:
    verdict = FAITHFUL[0] if row["verdict"] in FAITHFUL else row["verdict"]
    return verdict, row["fidelity"], row["lost"] or "", row["attempt"] or "", row["cause"] or ""


def table(found: Iterable[Step]) -> str:
    """The table in Markdown."""
    lines = ["| Keras | cells compared | differ | first cause |", "|---|---|---|---|"]
    lines += [
        f"| {step.before} → {step.after} | {step.cells:,} | {len(step.differences):,} | {step.first or '–'} |"
        for step in found
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Print the table of a run's results."""
    document = json.loads((Path(arguments[0]) / "results.json").read_text(encoding="utf-8"))
    print(table(steps(document["results"], minors(document["environments"]))))


if __name__ == "__main__":
    main(sys.argv[1:])
