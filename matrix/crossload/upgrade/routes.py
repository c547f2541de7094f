"""Routes: what other environments offer where a cell is bad. Read from the cells of a run; nothing is loaded for them.

``legacy-keras`` is a measured cell: the same TensorFlow with tf_keras. A ``hop`` is the planner's best path with one stop,
composed of two measured cells: the file is loaded in a third environment, saved there in some format, and what that
environment writes loads here. That saving again gives what a model made there gives is assumed, not measured, and every hop
says so.
"""

from collections.abc import Sequence

from crossload.domain.rows import Outcome, Pool, ResultRow
from crossload.domain.verdicts import NEEDS_WAY
from crossload.domain.versions import legacy_of
from crossload.upgrade.graph import Loss, Path, ScenarioGraph, Step, best_path, build_graph

LEGACY_KERAS, HOP = "legacy-keras", "hop"
COMPOSED = "composed of two measured cells"


def add_routes(rows: Sequence[ResultRow], pool: Pool[Outcome]) -> None:
    """Fill in ``route`` and ``route_cost`` of the rows of a result table, where a cell is bad and there is one.

    :param pool: keeps what rows share.
    """
    by_scenario: dict[str, list[ResultRow]] = {}
    for row in rows:
        by_scenario.setdefault(row.scenario, []).append(row)
    for cells in by_scenario.values():
        graph = build_graph(cells)
        for row in cells:
            if row.shared["verdict"] in NEEDS_WAY and row.loaded_with:
                route, cost = _route(graph, row)
                if route:
                    row.shared = pool.one(row.shared | {"route": route, "route_cost": "; ".join(cost)})


def _route(graph: ScenarioGraph, row: ResultRow) -> tuple[str, tuple[str, ...]]:
    """The way round a cell that loses less than the cell itself, and what it loses; two empty ones where there is none."""
    start, to = (row.saved_with, row.format), row.loaded_with
    path = best_path(graph, start, to, max_hops=1)
    legacy = graph.load(("file", *start), legacy_of(to))
    if legacy is not None and _is_better(legacy, path):
        return f"{LEGACY_KERAS}: load in {legacy.loaded_with}{legacy.how}", legacy.losses
    if path is None or not path.hops:
        return "", ()
    first, second = path.steps
    steps = (f"load in {first.loaded_with}{first.how}", f"save as {second.format}", f"load here{second.how}")
    return f"{HOP}: {', '.join(steps)}", (COMPOSED, *path.losses)


def _is_better(legacy: Step, path: Path | None) -> bool:
    """Whether another Keras keeps more than what the cell itself offers, or as much as a path that needs a stop.

    A remedy that keeps everything is as good as a plain load.
    """
    if path is None:
        return True
    one, other = max(legacy.loss, Loss.WORK), max(path.loss, Loss.WORK)
    return one < other or (one == other and path.hops > 0)
