"""One scenario's loads and saves as a graph, and the best way through it.

Nodes are files, ``("file", environment, format)``, and what is in memory after a load: ``("model", environment)`` or
``("function", environment)``, which can be called and not saved again. Every load is a measured cell. That saving a model
that was loaded gives what saving it in its first environment gives is assumed; a path of more than one load says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx

from matrix.cell_names import cell_name
from matrix.outcomes import EQUAL, EXACT, LOSSY, REMEDY
from matrix.probe import attempts
from matrix.probe.formats import FORMATS, INFERENCE, REBUILT

Row = Mapping[str, Any]
Node = tuple[str, ...]
if TYPE_CHECKING:
    Graph = networkx.DiGraph[Any]
else:
    Graph = networkx.DiGraph


class Loss(IntEnum):
    """What a step takes away, from nothing to nearly everything."""

    NOTHING = 0
    WORK = 1  # a remedy that keeps everything: a copy is edited or renamed, code or trust is needed
    STATE = 2  # optimizer state, or another rung of the ladder
    TRAINING = 3  # what is left can only be called


@dataclass(frozen=True)
class Step:
    """One load, and the save before it where it is not the first.

    :param losses: what it loses or needs, in words.
    :param key: the measured cell: its key, or its name where shipped.
    """

    saved_with: str
    format: str
    loaded_with: str
    attempt: str
    loss: Loss
    losses: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class Path:
    """A way from a file to another environment."""

    steps: tuple[Step, ...]

    @property
    def hops(self) -> int:
        """Loads besides the last one."""
        return len(self.steps) - 1

    @property
    def loss(self) -> Loss:
        return max(step.loss for step in self.steps)

    @property
    def losses(self) -> tuple[str, ...]:
        """What is lost or needed on the way, each named once."""
        return tuple(dict.fromkeys(loss for step in self.steps for loss in step.losses))

    @property
    def recipe(self) -> tuple[tuple[str, str], ...]:
        """The stops on the way: environment, and the format it saves in."""
        return tuple((step.saved_with, step.format) for step in self.steps[1:])

    @property
    def text(self) -> str:
        """``load in 2.15-cpu, save as keras; load in 2.21-cpu with compile=False``."""
        parts = []
        for number, step in enumerate(self.steps):
            how = f" with {step.attempt}" if step.attempt != attempts.PLAIN else ""
            following = f", save as {self.steps[number + 1].format}" if number < self.hops else ""
            parts.append(f"load in {step.loaded_with}{how}{following}")
        return "; ".join(parts)


def _step(row: Row) -> Step | None:
    """The step that a measured cell allows; None where it does not load, or gives other outputs."""
    if row["verdict"] not in (EXACT, EQUAL, LOSSY, REMEDY) or not row["loaded_with"]:
        return None
    lost = [f"{rung} lost" for rung in str(row["lost"] or "").split(",") if rung]
    costs = [cost for cost in str(row.get("cost") or "").split(", ") if cost]
    if attempts.OPTIMIZER_LOST in costs:
        lost = [name for name in lost if name not in ("optimizer lost", "training lost")]
    loss = Loss.WORK if costs else Loss.NOTHING
    if lost or attempts.OPTIMIZER_LOST in costs:
        loss = Loss.STATE
    if attempts.gives(row["attempt"], row["format"]) == INFERENCE:
        loss = Loss.TRAINING
    return Step(
        row["saved_with"],
        row["format"],
        row["loaded_with"],
        row["attempt"],
        loss,
        (*lost, *costs),
        str(row.get("key") or cell_name(row)),
    )


def build_graph(rows: Iterable[Row]) -> Graph:
    """The graph of one scenario's cells."""
    graph: Graph = networkx.DiGraph()
    for row in rows:
        step = _step(row)
        if step is None:
            continue
        kind = "function" if step.loss == Loss.TRAINING else "model"
        file = ("file", step.saved_with, step.format)
        graph.add_edge(file, (kind, step.loaded_with), step=step)
        graph.add_edge(("model", step.saved_with), file, step=None)
    return graph


def _path(found: Iterable[Step | None]) -> Path:
    """A path of steps; weights that are saved on the way leave behind whatever else the first file held."""
    steps = [step for step in found if step is not None]
    if FORMATS[steps[0].format].gives != REBUILT:
        for number, step in enumerate(steps[1:], start=1):
            if FORMATS[step.format].gives == REBUILT:
                losses = dict.fromkeys((*step.losses, attempts.OPTIMIZER_LOST, attempts.CODE_NEEDED))
                steps[number] = replace(step, loss=max(step.loss, Loss.STATE), losses=tuple(losses))
    return Path(tuple(steps))


def _usable(graph: Graph, start: Node, most: Loss) -> Graph:
    """The part of a graph in which no step loses more than ``most``."""
    carries_state = FORMATS[start[2]].gives != REBUILT

    def allowed(source: Node, target: Node) -> bool:
        step = graph.edges[source, target]["step"]
        if step is not None:
            return bool(step.loss <= most)
        # Saving only weights on the way drops the optimizer, unless the first file had none either.
        return most >= Loss.STATE or FORMATS[target[2]].gives != REBUILT or not carries_state

    view: Graph = networkx.subgraph_view(graph, filter_edge=allowed)
    return view


def best_path(
    graph: Graph, start: tuple[str, str], to: str, most: Loss = Loss.TRAINING, max_hops: int = 3
) -> Path | None:
    """The path that loses least and, among those, has the fewest hops; None where there is none.

    :param start: environment and format of the file.
    :param most: what may be lost at most.
    """
    file = ("file", *start)
    if file not in graph:
        return None
    for loss in Loss:
        if loss > most:
            break
        usable = _usable(graph, file, loss)
        for goal in (("model", to), ("function", to)):
            if goal not in usable or not networkx.has_path(usable, file, goal):
                continue
            nodes = networkx.shortest_path(usable, file, goal)
            path = _path([usable.edges[pair]["step"] for pair in pairwise(nodes)])
            if path.hops <= max_hops:
                return path
    return None


def follow(graph: Graph, start: tuple[str, str], recipe: Sequence[tuple[str, str]], to: str) -> Path | None:
    """The path over given stops; None where one of its loads does not work for this scenario."""
    files = [("file", *start), *(("file", environment, form) for environment, form in recipe)]
    stops = [*(environment for environment, _ in recipe), to]
    steps = []
    for number, (file, stop) in enumerate(zip(files, stops, strict=True)):
        last = number == len(files) - 1
        edge = graph.get_edge_data(file, ("model", stop)) or (
            graph.get_edge_data(file, ("function", stop)) if last else None
        )
        if edge is None:
            return None
        steps.append(edge["step"])
    return _path(steps)
