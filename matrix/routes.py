"""Routes: what other environments offer where a cell is bad. Read from the cells of a run; nothing is loaded for them.

``legacy-keras`` is a measured cell: the same TensorFlow with tf_keras. A ``hop`` is composed of two measured cells: the file
is loaded in a third environment, saved there in some format, and what that environment writes loads here. That saving
again gives what a model made there gives is assumed, not measured, and every hop says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matrix.outcomes import CRASHES, DIFFERS, EQUAL, EXACT, FAILS, LOSSY, REMEDY
from matrix.probe import attempts
from matrix.probe.formats import INFERENCE, RUNGS
from matrix.rows import Pool, ResultRow

LEGACY_KERAS, HOP = "legacy-keras", "hop"
COMPOSED = "composed of two measured cells"

# Cells for which a route is looked for, and cells that a route may be made of.
BAD = (DIFFERS, FAILS, CRASHES, REMEDY)
USABLE = (EXACT, EQUAL, LOSSY, REMEDY)

Row = Mapping[str, Any]
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
    """A usable cell, and what ranks it: fidelity, and 1 where the plain call is enough."""

    row: Row
    quality: tuple[int, int]
    can_be_saved: bool


class Finder:
    """Finds routes among the usable cells of one scenario."""

    def __init__(self, usable: Iterable[Row]) -> None:
        self._cells: dict[tuple[str, str, str], _Usable] = {}
        self._first: dict[_Place, list[_Usable]] = {}
        self._second: dict[_Place, _Usable] = {}
        for row in usable:
            cell = _Usable(row, _quality(row), _can_be_saved(row))
            self._cells[row["format"], row["saved_with"], row["loaded_with"]] = cell
            self._first.setdefault((row["format"], row["saved_with"]), []).append(cell)
            # Of all formats that a third environment can write, the one that comes through best.
            place = (row["saved_with"], row["loaded_with"])
            if place not in self._second or cell.quality > self._second[place].quality:
                self._second[place] = cell

    def best(self, bad: Row) -> Route | None:
        """The route with the highest fidelity that is better than what the cell itself offers; None where there is none."""
        own = _quality(bad) if bad["verdict"] == REMEDY else (-1, 0)
        rank, cells = max(self._ways(bad), key=lambda way: way[0], default=((), ()))
        if not cells or rank[0] <= own[0]:
            return None
        return _hop(rank[0], *cells) if len(cells) > 1 else _legacy(rank[0], cells[0])

    def _ways(self, bad: Row) -> Iterator[tuple[tuple[int, ...], tuple[Row, ...]]]:
        """The cells of each way, with what ranks it: fidelity, then fewer remedies, then fewer steps."""
        form, saver, loader = bad["format"], bad["saved_with"], bad["loaded_with"]
        legacy = self._cells.get((form, saver, legacy_of(loader)))
        if legacy is not None:
            yield (*legacy.quality, 1), (legacy.row,)
        for first in self._first.get((form, saver), ()):
            third = first.row["loaded_with"]
            second = self._second.get((third, loader))
            if second is None or third == loader or not first.can_be_saved:
                continue
            if third == saver and second.row["format"] == form:
                continue
            one, two = first.quality, second.quality
            # What wrote the file is at hand: it comes before environments that would have to be made.
            yield (min(one[0], two[0]), one[1] + two[1] - 1, 0, third == saver), (first.row, second.row)


def _legacy(fidelity: int, cell: Row) -> Route:
    step = f"load in {cell['loaded_with']}{_with(cell)}"
    return Route(LEGACY_KERAS, cell["loaded_with"], cell["format"], fidelity, (step,), tuple(_lost(cell)))


def _hop(fidelity: int, first: Row, second: Row) -> Route:
    third = first["loaded_with"]
    steps = (
        f"load in {third}{_with(first)}",
        f"save as {second['format']}",
        f"load here{_with(second)}",
    )
    cost = (COMPOSED, *dict.fromkeys((*_lost(first), *_lost(second))))
    return Route(HOP, third, second["format"], fidelity, steps, cost)


def legacy_of(environment: str) -> str:
    """Id of the same TensorFlow with tf_keras: ``2.16+tf_keras-cpu`` for ``2.16-cpu``."""
    label, _, hardware = environment.rpartition("-")
    return f"{label.partition('+')[0]}+tf_keras-{hardware}"


def _quality(row: Row) -> tuple[int, int]:
    """Fidelity, and 1 where the plain call is enough."""
    return int(row["fidelity"] or 0), int(row["verdict"] != REMEDY)


def _can_be_saved(row: Row) -> bool:
    """Whether what was loaded is a model that can be saved again: a bare function is not."""
    given: str = attempts.gives(row["attempt"], row["format"])
    return given != INFERENCE


def _with(row: Row) -> str:
    return f" with {row['attempt']}" if row["verdict"] == REMEDY else ""


def _lost(row: Row) -> list[str]:
    """Rungs that a cell lost, and what its remedy costs."""
    rungs = [rung for rung in RUNGS if rung in str(row["lost"] or "").split(",")]
    losses = [f"{rung} lost" for rung in rungs if rung != "optimizer"]
    if "optimizer" in rungs:
        losses.append(attempts.OPTIMIZER_LOST)
    return [*losses, *(cost for cost in str(row["cost"] or "").split(", ") if cost and cost not in losses)]
