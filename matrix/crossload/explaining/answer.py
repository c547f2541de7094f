"""Finds the cause of a message among measured cells and in the catalogue of causes."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.diagnosis.catalogue import UNKNOWN, Catalogue, Cause
from crossload.domain.verdicts import CRASHES, DIFFERS, REMEDY
from crossload.explaining.message import Message, likeness, shape, words

Row = Mapping[str, Any]

# Characters of a measured message that are compared: shipped ones are no longer.
LONGEST = 240

# Messages that share less than this are two different ones.
_ALIKE = 0.75
SAME, ALIKE, PATTERN = "the same message", "messages much like it", "its wording"


@dataclass(frozen=True)
class Explanation:
    """One possible cause of a message.

    :param by: what speaks for it: cells with the same message, with one much like it, or the wording alone.
    :param cells: the measured cells behind it; of this cause in general where only the wording speaks.
    :param remedies: attempts that gave the right outputs in those cells, with the number of cells, most frequent first.
    """

    cause: Cause | None
    by: str
    cells: tuple[Row, ...]
    remedies: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        return self.cause.id if self.cause else UNKNOWN

    def environments(self, side: str) -> list[str]:
        """Environments on one side of the cells (``saved_with`` or ``loaded_with``)."""
        return list(dict.fromkeys(row[side] for row in self.cells if row[side]))

    @property
    def unhelped(self) -> int:
        """Cells in which nothing that was tried gave the right outputs."""
        return sum(row["verdict"] not in (REMEDY, DIFFERS) for row in self.cells)


def explain(message: Message, rows: Iterable[Row], catalogue: Catalogue) -> list[Explanation]:
    """Possible causes, the likeliest first; none where neither a cell nor a cause knows such a message.

    :param rows: cells as in a result table.
    """
    bad = [row for row in rows if row["cause"] and row["error"]]
    groups, by = _same_message(message, bad)
    known = catalogue.by_id()
    worded = _by_wording(message, catalogue)
    if groups:
        # The wording decides between causes that share a message; the number of cells comes second.
        ranked = sorted(groups, key=lambda name: (name in worded, len(groups[name])), reverse=True)
        return [_explanation(known.get(name), by, groups[name]) for name in ranked]
    of_cause: dict[str, list[Row]] = defaultdict(list)
    for row in bad:
        of_cause[row["cause"]].append(row)
    seen = [name for name in worded if name in of_cause] or worded
    return [_explanation(known[name], PATTERN, of_cause.get(name, [])) for name in seen]


def _same_message(message: Message, rows: Sequence[Row]) -> tuple[dict[str, list[Row]], str]:
    """Cells with this message by cause, and how alike it is."""
    whole: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not message.error_type or row["error_type"] == message.error_type or row["verdict"] == CRASHES:
            whole[row["error"]].append(row)
    by_text: dict[str, list[Row]] = defaultdict(list)
    for text, found in whole.items():
        by_text[Message("", text).core[:LONGEST]] += found
    core = message.core
    own, own_words = shape(core), words(core)
    # A stored message is cut short, and so may be a pasted one.
    same = [text for text in by_text if _begins_alike(own, shape(text))]
    if not same:
        scores = {text: likeness(own_words, words(text)) for text in by_text}
        best = max(scores.values(), default=0.0)
        alike = [text for text, score in scores.items() if score >= max(_ALIKE, best - 0.02)]
        return _by_cause(alike, by_text), ALIKE
    return _by_cause(same, by_text), SAME


def _begins_alike(one: str, two: str) -> bool:
    length = min(len(one), len(two))
    return length >= min(20, len(two)) and length > 0 and one[:length] == two[:length]


def _by_cause(texts: Iterable[str], by_text: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for text in texts:
        for row in by_text[text]:
            groups[row["cause"]].append(row)
    return groups


# A pattern that fits this fits any message: it stands beside other facts, which a message alone does not tell.
_ANYTHING = "Zebra zwölf"


def _by_wording(message: Message, catalogue: Catalogue) -> list[str]:
    """Causes of which a pattern fits the message, in the catalogue's order."""
    core = message.core
    return [
        cause.id
        for cause in catalogue.cause
        if any(
            evidence.message
            and not re.search(evidence.message, _ANYTHING, re.DOTALL)
            and (not evidence.error_types or not message.error_type or message.error_type in evidence.error_types)
            and re.search(evidence.message, core, re.DOTALL)
            for evidence in cause.evidence
        )
    ]


def _explanation(cause: Cause | None, by: str, cells: Sequence[Row]) -> Explanation:
    remedies = Counter(row["attempt"] for row in cells if row["verdict"] == REMEDY)
    return Explanation(cause, by, tuple(cells), tuple(remedies.most_common()))
