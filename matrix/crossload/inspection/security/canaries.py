"""What canaries did where they were loaded: which Keras runs, reads or takes what a file carries, measured.

A canary is a harmless file that does what a hostile one would (``probe/canaries``). Beside the advisories stands what was
seen: an advisory says more, or less, than is so.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from itertools import groupby
from pathlib import Path

from packaging.version import Version

from crossload.probe.canaries.kinds import CANNOT_BE_MADE, DIED, IDLE, KINDS, READS, REFUSED, RUNS, TAKES
from crossload.resources import CANARIES
from crossload.util.files import write_text_atomically

# What it does, worst first.
EFFECTS = (RUNS, READS, TAKES)
HEADINGS = ("canary", "format", "does it", "with safe_mode=False", "refused by a guard", "ends otherwise")
_USUAL = "keras"
# Words of Keras' own guards.
_OF_GUARDS = re.compile(
    r"safe_mode|unsafe|arbitrary code|[Nn]ot allowed|disallowed|not a modeling|Could not (?:locate|deserialize)|"
    r"outside of|[Ss]ecurity|bomb|contain character"
)
# The formats of files that are loaded as one of the measured ones is.
_LIKE = {"checkpoint-callback": "h5", "weights-h5": "weights.h5"}


@dataclass(frozen=True)
class Flight:
    """One canary in one environment.

    :param environment: its id, with ``package`` (``keras`` or ``tf_keras``), that one's version, and ``digest`` of its lock.
    :param ending: what it did with the plain load call, or how that ended: see ``probe/canaries/kinds.py``.
    :param unsafe: the same with ``safe_mode=False``; empty where there is no such argument, or where plain did it already.
    :param error: what the plain call raised.
    :param version: of the canaries.
    """

    canary: str
    format: str
    environment: str
    package: str
    keras: str
    digest: str
    ending: str
    unsafe: str
    error: str
    version: int

    @property
    def construct(self) -> str:
        """What the canary carries."""
        return str(KINDS[self.canary].construct)

    @property
    def does_it(self) -> bool:
        """Whether nothing stopped it."""
        return self.ending in EFFECTS

    @property
    def is_guarded(self) -> bool:
        """Whether the error is that of a guard: others may be the canary's own fault."""
        return self.ending == REFUSED and bool(_OF_GUARDS.search(self.error))


def read_flights(path: Path) -> list[Flight]:
    """Flights in a file; none where it is not there."""
    if not path.is_file():
        return []
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return [Flight(**{**row, "version": int(row["version"])}) for row in rows]  # type: ignore[arg-type]


def write_flights(path: Path, flights: Iterable[Flight]) -> None:
    """Write flights, in an order of their own."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [item.name for item in fields(Flight)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        asdict(item) for item in sorted(flights, key=lambda item: (item.canary, item.format, item.environment))
    )
    write_text_atomically(path, text.getvalue())


@dataclass(frozen=True)
class Seen:
    """What was seen of one construct in one Keras.

    :param ending: the worst of its canaries.
    :param unsafe: whether ``safe_mode=False`` lets it, where plain does not.
    :param guarded: whether guards refused all of them.
    """

    ending: str
    unsafe: bool = False
    guarded: bool = False


class Flights:
    """What is known of constructs, by format, package and version of Keras."""

    def __init__(self, flights: Iterable[Flight]) -> None:
        self._by: dict[tuple[str, str, str, str], list[Flight]] = {}
        # A canary that nothing ever let is no proof that others refuse it: it may be badly made.
        flights = list(flights)
        able = {(item.canary, item.format) for item in flights if item.does_it}
        for item in flights:
            if (item.canary, item.format) in able and item.ending != CANNOT_BE_MADE:
                self._by.setdefault((item.construct, item.format, item.package, item.keras), []).append(item)

    def seen(self, construct: str, form: str, package: str, keras: str) -> Seen | None:
        """What the canaries of a construct did in one Keras; None where that was not tried."""
        found = self._by.get((construct, _LIKE.get(form, form), package, keras))
        if not found:
            return None
        endings = [item.ending for item in found]
        worst = next((item for item in (*EFFECTS, DIED, REFUSED, IDLE) if item in endings), endings[0])
        unsafe = worst not in EFFECTS and any(item.unsafe in EFFECTS for item in found)
        return Seen(worst, unsafe, all(item.is_guarded for item in found))

    @property
    def places(self) -> list[tuple[str, str, str, str]]:
        """Construct, format, package and version of Keras of everything that is known."""
        return sorted(self._by)


def table(flights: Iterable[Flight]) -> list[tuple[str, ...]]:
    """What canaries did, a row for each in each format: the versions in which it does it, in which only ``safe_mode=False`` lets
    it, in which a guard refuses it, and in which it ends otherwise; what cannot be made there is left out.

    Versions that follow each other among those that were tried are told as a range.
    """
    by: dict[tuple[str, str], dict[tuple[str, Version], Flight]] = {}
    for item in flights:
        if item.ending != CANNOT_BE_MADE and item.keras:
            by.setdefault((item.canary, item.format), {})[item.package, Version(item.keras)] = item
    rows = []
    for (canary, form), found in sorted(by.items()):
        columns = {place: _column(flight) for place, flight in found.items()}
        rows.append((canary, form, *spans(columns, 4)))
    return rows


def spans(columns: Mapping[tuple[str, Version], int], count: int) -> list[str]:
    """Versions by column, those that follow each other as a range.

    :param columns: the column of each package and version that was tried.
    """
    told: list[list[str]] = [[] for _ in range(count)]
    for (package, column), group in groupby(sorted(columns), key=lambda place: (place[0], columns[place])):
        versions = [str(version) for _, version in group]
        span = versions[0] if len(versions) == 1 else f"{versions[0]} – {versions[-1]}"
        told[column].append(f"{package} {span}" if package != _USUAL else span)
    return [", ".join(column) for column in told]


def _column(item: Flight) -> int:
    if item.does_it:
        return 0
    if item.is_guarded:
        return 1 if item.unsafe in EFFECTS else 2
    return 3


@cache
def shipped_flights() -> Flights:
    """What comes with Crossload."""
    return Flights(read_flights(CANARIES))
