"""Finds the cause of a message: by what it says itself, and among measured cells with the very same message."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crossload.diagnosis.catalogue import UNKNOWN, Catalogue, Cause
from crossload.domain.cells import CellRow, Side
from crossload.domain.verdicts import CRASHES, DIFFERS, REMEDY
from crossload.explaining.message import Message, likeness, named, words
from crossload.explaining.wording import OF_KERAS, Told, by_traceback, told_by

# Characters of a measured message that are compared: shipped ones are no longer.
LONGEST = 240

# Messages that share less than this are two different ones.
_ALIKE = 0.75
# Share of the cells with a message that have to have one cause before it is taken for the cause of the message.
_AGREED = 2 / 3
SAME, ALIKE, PATTERN, TRACEBACK = "the same message", "messages much like it", "its wording", "where its traceback ends"
# What a message is about: classes, keys, modules and whatever else it puts in quotes.
_WORD = re.compile(r"[^\W\d_]{2}")
# What Python itself says of any program, without a name that would tell one from another.
_OF_PYTHON = re.compile(
    r"(string|list|tuple|byte|bytearray) ind(ices|ex) |expected str, bytes or os\.PathLike object|can only concatenate "
    r"|'\w+' object is not (iterable|callable|subscriptable)|unhashable type|unsupported operand type|argument of type "
    r"|(not enough|too many) values to unpack|maximum recursion depth|local variable "
)
_IDENTIFIER = re.compile(r"[A-Za-z]*[A-Z_]\w*|'[^'\n]{1,80}'")


@dataclass(frozen=True)
class Explanation:
    """One possible cause of a message.

    :param by: what speaks for it: cells with the same message, with one much like it, the wording alone, or nothing but the
        function at which the traceback ends.
    :param cells: the measured cells behind it; of this cause in general where only the wording speaks.
    :param remedies: attempts that gave the right outputs in those cells, with the number of cells, most frequent first.
    :param details: what the thing is that the message names, in sentences.
    """

    cause: Cause | None
    by: str
    cells: tuple[CellRow, ...]
    remedies: tuple[tuple[str, int], ...]
    details: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.cause.id if self.cause else UNKNOWN

    def environments(self, side: Side) -> list[str]:
        """Environments on one side of the cells (``saved_with`` or ``loaded_with``)."""
        return list(dict.fromkeys(row[side] for row in self.cells if row[side]))

    @property
    def unhelped(self) -> int:
        """Cells in which nothing that was tried gave the right outputs."""
        return sum(row["verdict"] not in (REMEDY, DIFFERS) for row in self.cells)


class Measured:
    """Measured cells, grouped once for many messages.

    :param rows: cells as in a result table.
    """

    def __init__(self, rows: Iterable[CellRow]) -> None:
        self.by_cause: dict[str, list[CellRow]] = defaultdict(list)
        self._by_core: dict[str, list[CellRow]] = defaultdict(list)
        whole: dict[str, list[CellRow]] = defaultdict(list)
        for row in rows:
            if row["cause"] and row["error"]:
                self.by_cause[row["cause"]].append(row)
                whole[row["error"]].append(row)
        for text, cells in whole.items():
            self._by_core[Message("", text).core[:LONGEST]] += cells
        self._named = {text: named(text) for text in self._by_core}

    def same(self, message: Message) -> dict[str, list[CellRow]]:
        """Cells with this message, names and all, by cause. A stored one is cut short, and so may be a pasted one."""
        core, own = message.core, named(message.core)
        # Where no word is left, such as of `KeyError: 0`, only the very text is the same.
        worded = _WORD.search(own)
        return self._with(
            message,
            [text for text, said in self._named.items() if (_begins_alike(own, said) if worded else text == core)],
        )

    def much_like(self, message: Message) -> dict[str, list[CellRow]]:
        """Cells whose message is about the same things in almost the same words, by cause."""
        core, own = message.core, words(message.core)
        alike = {
            text: likeness(own, words(text))
            for text, cells in self._by_core.items()
            if any(_same_type(message, row) for row in cells) and _same_things(core, text)
        }
        best = max(alike.values(), default=0.0)
        return self._with(message, [text for text, score in alike.items() if score >= max(_ALIKE, best - 0.02)])

    def _with(self, message: Message, texts: Iterable[str]) -> dict[str, list[CellRow]]:
        groups: dict[str, list[CellRow]] = defaultdict(list)
        # Any program says that; it is Keras only where the text around it says so.
        if _OF_PYTHON.match(message.core) and not OF_KERAS.search(message.around):
            return groups
        for text in texts:
            for row in self._by_core[text]:
                if _same_type(message, row):
                    groups[row["cause"]].append(row)
        return groups


def _same_type(message: Message, row: CellRow) -> bool:
    return not message.error_type or row["error_type"] == message.error_type or row["verdict"] == CRASHES


def explain(message: Message, rows: Iterable[CellRow] | Measured, catalogue: Catalogue) -> list[Explanation]:
    """Possible causes, the likeliest first; none where neither a cell nor a cause knows such a message.

    :param rows: cells as in a result table, or grouped already.
    """
    known_cells = rows if isinstance(rows, Measured) else Measured(rows)
    told = told_by(message, catalogue)
    measured = known_cells.same(message)
    by = SAME
    if not told and not measured:
        measured, by = known_cells.much_like(message), ALIKE
    details = {item.cause.id: item.details for item in told}
    named_things = frozenset(item.cause.id for item in told if item.names)
    known = catalogue.by_id()
    found = []
    for name in _ranked(told, measured):
        cells = measured.get(name)
        cause = known.get(name)
        if cells is not None:
            found.append(_explanation(cause, by, cells, details.get(name, ())))
        else:
            # Where the message is about one thing by its name, cells of other things show nothing.
            others = [] if name in named_things else known_cells.by_cause.get(name, [])
            found.append(_explanation(cause, PATTERN, others, details[name]))
    if not found and (end := by_traceback(message, catalogue)) is not None:
        return [_explanation(end.cause, TRACEBACK, (), ())]
    return found


def _ranked(told: Sequence[Told], measured: Mapping[str, Sequence[CellRow]]) -> list[str]:
    """Names of causes, the likeliest first.

    Cells with the very same message are known with file and versions: where most of them agree, they come before a wording that
    is weak, and behind one that can mean nothing else.
    """
    by_cells = sorted(measured, key=lambda name: len(measured[name]), reverse=True)
    strong = [item.cause.id for item in told if not item.weak]
    weak = [item.cause.id for item in told if item.weak]
    both = [name for name in by_cells if name in weak]
    agreed = by_cells and len(measured[by_cells[0]]) >= _AGREED * sum(map(len, measured.values()))
    names = list(dict.fromkeys([*strong, *both, *by_cells, *weak] if agreed else [*strong, *weak, *by_cells]))
    known = [name for name in names if name != UNKNOWN]
    return known or names


def _same_things(one: str, two: str) -> bool:
    """Whether two messages are about the same: what one names and the other does not makes them two."""
    length = min(len(one), len(two))
    first, second = (set(_IDENTIFIER.findall(text[:length])) for text in (one, two))
    return first == second


def _begins_alike(one: str, two: str) -> bool:
    length = min(len(one), len(two))
    return one == two != "" or (length >= 20 and one[:length] == two[:length])


def _explanation(cause: Cause | None, by: str, cells: Sequence[CellRow], details: tuple[str, ...]) -> Explanation:
    remedies = Counter(row["attempt"] for row in cells if row["verdict"] == REMEDY)
    return Explanation(cause, by, tuple(cells), tuple(remedies.most_common()), details)
