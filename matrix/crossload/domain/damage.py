"""What becomes of damaged files: noticed, silently wrong or harmless, measured copy by copy and shipped as it was measured.

``benchmarks/damage.py`` measures and writes it; the report, the claims and ``docs/damage.md`` read it here.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crossload.resources import DAMAGE
from crossload.util.files import write_text_atomically

FORMATS = ("h5", "keras", "savedmodel", "export", "weights.h5", "tf-checkpoint")
HEADER, METADATA, WEIGHTS, DIRECTORY = REGIONS = ("header", "metadata", "weights", "directory")
CUT = "cut"
NOTICED, DIED, SILENT, HARMLESS = OUTCOMES = ("noticed", "ends the process", "silently wrong", "harmless")
EVERY = "every"

_COLUMNS = ("environment", "format", "file", "region", "place", "outcome", "verdict", "error", "measured")


@dataclass(frozen=True)
class Damage:
    """One way to damage a file.

    :param path: below the artifact's folder.
    :param region: one of :data:`REGIONS`, or ``cut``.
    :param place: of the byte that is changed, or the tenth that is left.
    """

    path: str
    region: str
    place: int


@dataclass(frozen=True)
class Finding:
    """What came of one.

    :param outcome: one of :data:`OUTCOMES`.
    :param measured: the day, as ``2026-11-27``.
    """

    environment: str
    format: str
    damage: Damage
    outcome: str
    verdict: str
    error: str
    measured: str = ""


@dataclass(frozen=True)
class Row:
    """Damages of one kind to files of one format, counted.

    :param format: or ``every``.
    :param damage: in words: ``a byte of the weights``, ``cut``, ``flipped byte``.
    """

    format: str
    damage: str
    counts: Mapping[str, int]

    @property
    def loads(self) -> int:
        """How many damaged copies were loaded."""
        return sum(self.counts.values())

    @property
    def silent(self) -> float:
        """The share that is silently wrong, from 0 to 1."""
        return self.counts.get(SILENT, 0) / self.loads if self.loads else 0.0


def rows(found: Sequence[Finding]) -> list[Row]:
    """The table by format and region, then flipped bytes and cuts of every format."""
    made = []
    for form in FORMATS:
        for region in (*REGIONS, CUT):
            items = [item for item in found if (item.format, item.damage.region) == (form, region)]
            if items:
                made.append(_row(form, region if region == CUT else f"a byte of the {region}", items))
    flipped = [item for item in found if item.damage.region != CUT]
    cut = [item for item in found if item.damage.region == CUT]
    return [
        *made,
        *([_row(EVERY, "flipped byte", flipped)] if flipped else []),
        *([_row(EVERY, CUT, cut)] if cut else []),
    ]


def _row(form: str, damage: str, items: Iterable[Finding]) -> Row:
    return Row(form, damage, Counter(item.outcome for item in items))


def table(found: Sequence[Finding]) -> str:
    """The table in Markdown, with the share of silent damage."""
    lines = [["format", "damage", "loads", *OUTCOMES, "silent"]]
    for row in rows(found):
        counts = [str(row.counts.get(outcome, 0)) for outcome in OUTCOMES]
        lines.append([row.format, row.damage, str(row.loads), *counts, f"{100 * row.silent:.0f} %"])
    told = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([told[0], "|---|---|" + "--:|" * (len(lines[0]) - 2), *told[1:]]) + "\n"


def write(found: Sequence[Finding], path: Path) -> None:
    """Write findings as they were made."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for item in found:
        damage = item.damage
        row = (item.environment, item.format, damage.path, damage.region, damage.place, item.outcome, item.verdict)
        writer.writerow((*row, item.error, item.measured))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(path, text.getvalue())


def read(path: Path) -> list[Finding]:
    """What was written; nothing where there is no such file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return [
            Finding(
                row["environment"],
                row["format"],
                Damage(row["file"], row["region"], int(row["place"])),
                row["outcome"],
                row["verdict"],
                row["error"],
                row.get("measured") or "",
            )
            for row in csv.DictReader(stream)
        ]


@cache
def shipped() -> tuple[Finding, ...]:
    """What comes with Crossload."""
    return tuple(read(DAMAGE))
