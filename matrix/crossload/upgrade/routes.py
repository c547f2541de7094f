"""Routes: what other environments offer where a cell is bad. Read from the cells of a run; nothing is loaded for them.

``legacy-keras`` is a measured cell: the same TensorFlow with tf_keras. A ``hop`` is composed of two measured cells: the file
is loaded in a third environment, saved there in some format, and what that environment writes loads here. That saving
again gives what a model made there gives is assumed, not measured, and every hop says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from crossload.domain.rows import Pool, ResultRow
from crossload.domain.verdicts import CRASHES, DIFFERS, EQUAL, EXACT, FAILS, LOSSY, REMEDY
from crossload.domain.versions import legacy_of
from crossload.probe import attempts
from crossload.probe.formats import INFERENCE, RUNGS

LEGACY_KERAS, HOP = "legacy-keras", "hop"
COMPOSED = "composed of two measured cells"

# Cells for which a route is looked for, and cells that a route may be made of.
BAD = (DIFFERS, FAILS, CRASHES, REMEDY)
USABLE = (EXACT, EQUAL, LOSSY, REMEDY)

_Place = tuple[str, str]


@dataclass(frozen=True)
class Route:
    """One way round a bad cell.

    :param fidelity: of a hop, the lower of its two cells'.
    :param cost: what is lost or needed on the way, in words.
    """

    kind: str
    environment: str
    format: str
    fidelity: int
    steps: tuple[str, ...]
    cost: tuple[str, ...]

    @property
    def text(self) -> str:
        """The route in words, such as ``hop: load in 2.15-cpu, save as h5, load here with compile=False``."""
        return f"{self.kind}: {', '.join(self.steps)}"


def add_routes(rows: Sequence[ResultRow], pool: Pool) -> None:
    """Fill in ``route`` and ``route_cost`` of the rows of a result table, where a cell is bad and there is one.

    :param pool: keeps what rows share.
    """
    by_scenario: dict[str, list[ResultRow]] = {}
    for row in rows:
        if row.shared["verdict"] in USABLE and row.loaded_with:
            by_scenario.setdefault(row.scenario, []).append(row)
    finders = {name: Finder(usable) for name, usable in by_scenario.items()}
    for row in rows:
        finder = finders.get(row.scenario)
        route = finder.best(row) if finder and row.shared["verdict"] in BAD and row.loaded_with else None
        if route is not None:
            row.shared = pool.one(row.shared | {"route": route.text, "route_cost": "; ".join(route.cost)})


@dataclass(frozen=True, slots=True)
class _Usable:
    """A usable cell, and what ranks it: fidelity, and 1 where the plain call is enough.

    :param place: among the usable cells of its scenario; of two equal ways, the first is taken.
    """

    row: ResultRow
    quality: tuple[int, int]
    place: int


# Fidelity, then fewer remedies, then fewer steps, then what wrote the file: it is at hand, where other environments would
# have to be made. Then the first of the table.
_Rank = tuple[int, int, int, int, int]


class Finder:
    """Finds routes among the usable cells of one scenario."""

    def __init__(self, usable: Iterable[ResultRow]) -> None:
        self._cells: dict[tuple[str, str, str], _Usable] = {}
        self._first: dict[_Place, list[_Usable]] = {}
        self._second: dict[_Place, _Usable] = {}
        for number, row in enumerate(usable):
            cell = _Usable(row, _quality(row), number)
            self._cells[row.format, row.saved_with, row.loaded_with] = cell
            if _can_be_saved(row):
                self._first.setdefault((row.format, row.saved_with), []).append(cell)
            # Of all formats that a third environment can write, the one that comes through best.
            place = (row.saved_with, row.loaded_with)
            if place not in self._second or cell.quality > self._second[place].quality:
                self._second[place] = cell
        for (_, saver), cells in self._first.items():
            # What wrote the file first, then the best: so the search may end as soon as no later cell can win.
            cells.sort(key=lambda cell: (cell.row.loaded_with != saver, -cell.quality[0], -cell.quality[1]))

    def best(self, bad: ResultRow) -> Route | None:
        """The route with the highest fidelity that is better than what the cell itself offers; None where there is none."""
        shared = bad.shared
        own = int(shared["fidelity"] or 0) if shared["verdict"] == REMEDY else -1
        form, saver, loader = bad.format, bad.saved_with, bad.loaded_with
        best: _Rank = (own, 2, 0, 0, 0)  # no way has this many plain calls: what wins has a higher fidelity
        cells: tuple[ResultRow, ...] = ()
        legacy = self._cells.get((form, saver, legacy_of(loader)))
        if legacy is not None and legacy.quality[0] > own:
            best, cells = (*legacy.quality, 1, 0, 0), (legacy.row,)
        for first in self._first.get((form, saver), ()):
            third = first.row.loaded_with
            one = first.quality
            if third != saver and (*one, 0, 0, -first.place) < best:
                break
            second = self._second.get((third, loader))
            if second is None or third == loader or (third == saver and second.row.format == form):
                continue
            two = second.quality
            rank = (min(one[0], two[0]), one[1] + two[1] - 1, 0, int(third == saver), -first.place)
            if rank > best:
                best, cells = rank, (first.row, second.row)
        if not cells:
            return None
        return _hop(best[0], *cells) if len(cells) > 1 else _legacy(best[0], cells[0])


def _legacy(fidelity: int, cell: ResultRow) -> Route:
    step = f"load in {cell['loaded_with']}{_with(cell)}"
    return Route(LEGACY_KERAS, cell["loaded_with"], cell["format"], fidelity, (step,), _lost(cell))


def _hop(fidelity: int, first: ResultRow, second: ResultRow) -> Route:
    third = first["loaded_with"]
    steps = (
        f"load in {third}{_with(first)}",
        f"save as {second['format']}",
        f"load here{_with(second)}",
    )
    cost = (COMPOSED, *dict.fromkeys((*_lost(first), *_lost(second))))
    return Route(HOP, third, second["format"], fidelity, steps, cost)


def _quality(row: ResultRow) -> tuple[int, int]:
    """Fidelity, and 1 where the plain call is enough."""
    return int(row.shared["fidelity"] or 0), int(row.shared["verdict"] != REMEDY)


def _can_be_saved(row: ResultRow) -> bool:
    """Whether what was loaded is a model that can be saved again: a bare function is not."""
    given: str = attempts.gives(row.shared["attempt"], row.format)
    return given != INFERENCE


def _with(row: ResultRow) -> str:
    return f" with {row['attempt']}" if row["verdict"] == REMEDY else ""


def _lost(row: ResultRow) -> tuple[str, ...]:
    """Rungs that a cell lost, and what its remedy costs."""
    return _losses(row.shared["lost"] or "", row.shared["cost"] or "")


@cache
def _losses(lost: str, cost: str) -> tuple[str, ...]:
    rungs = [rung for rung in RUNGS if rung in lost.split(",")]
    losses = [f"{rung} lost" for rung in rungs if rung != "optimizer"]
    if "optimizer" in rungs:
        losses.append(attempts.OPTIMIZER_LOST)
    return (*losses, *(one for one in cost.split(", ") if one and one not in losses))
