"""One scenario's loads and saves as a graph, and the best way through it.

Nodes are files, ``("file", environment, format)``, and what is in memory after a load: ``("model", environment)`` or
``("function", environment)``, which can be called and not saved again. Every load is a measured cell. That saving a model
that was loaded gives what saving it in its first environment gives is assumed; a path of more than one load says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from itertools import pairwise
from typing import Any

import rustworkx

from crossload.domain.cells import cell_name
from crossload.domain.verdicts import EQUAL, EXACT, LOSSY, REMEDY
from crossload.probe import attempts
from crossload.probe.formats import FORMATS, INFERENCE, OPTIMIZER, REBUILT, RUNGS, TRAINING

# Verdicts of loads that a way may be made of.
USABLE = (EXACT, EQUAL, LOSSY, REMEDY)

Row = Mapping[str, Any]
Node = tuple[str, ...]


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


@cache
def _taken(verdict: str, attempt: str, form: str, lost: str, cost: str) -> tuple[Loss, tuple[str, ...]] | None:
    """What a load takes away, as a degree and in words; None where it gives nothing, or other outputs."""
    if verdict not in USABLE:
        return None
    rungs = [f"{rung} lost" for rung in lost.split(",") if rung]
    costs = [word for word in cost.split(", ") if word]
    if attempts.OPTIMIZER_LOST in costs:
        rungs = [name for name in rungs if name not in ("optimizer lost", "training lost")]
    loss = Loss.WORK if costs else Loss.NOTHING
    if rungs or attempts.OPTIMIZER_LOST in costs:
        loss = Loss.STATE
    if attempts.gives(attempt, form) == INFERENCE:
        loss = Loss.TRAINING
    return loss, (*rungs, *costs)


def _loss_of(row: Row) -> tuple[Loss, tuple[str, ...]] | None:
    if not row["loaded_with"]:
        return None
    return _taken(row["verdict"], row["attempt"] or "", row["format"], row["lost"] or "", row.get("cost") or "")


def _step(row: Row) -> Step:
    """The step that a usable measured cell allows."""
    taken = _loss_of(row)
    assert taken is not None
    name = str(row.get("key") or cell_name(row))
    return Step(row["saved_with"], row["format"], row["loaded_with"], row["attempt"], *taken, name)


class ScenarioGraph:
    """The usable cells of one scenario. A graph for each degree of loss is made when it is first asked for."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._places: dict[Node, int] = {}
        # Loads by their ends, from those that lose nothing to those that leave a function.
        self._loads: dict[Loss, list[tuple[int, int, Row]]] = {loss: [] for loss in Loss}
        # By what loads, then by the file: its row, and what the load takes away.
        self._by_loader: dict[str, dict[Node, tuple[Row, Loss]]] = {}
        # The places of nodes are looked up by what tells them apart: there are few of them and a hundred times as many rows.
        files: dict[tuple[str, str], tuple[Node, int]] = {}
        models: dict[str, int] = {}
        functions: dict[str, int] = {}
        training = Loss.TRAINING
        for row in rows:
            taken = _loss_of(row)
            if taken is None:
                continue
            loss, loader, saved = taken[0], row["loaded_with"], (row["saved_with"], row["format"])
            if saved not in files:
                node = ("file", *saved)
                files[saved] = (node, self._place(node))
            file, place = files[saved]
            memories = functions if loss is training else models
            if loader not in memories:
                memories[loader] = self._place(("function" if loss is training else "model", loader))
                self._by_loader.setdefault(loader, {})
            self._loads[loss].append((place, memories[loader], row))
            self._by_loader[loader][file] = (row, loss)
        self._graphs: dict[tuple[Loss, bool], rustworkx.PyDiGraph[Node, Row | None]] = {}

    def _place(self, node: Node) -> int:
        return self._places.setdefault(node, len(self._places))

    def __contains__(self, node: Node) -> bool:
        return node in self._places

    def load(self, file: Node, environment: str) -> Step | None:
        """The load of a file in an environment; None where it does not work."""
        found = self._by_loader.get(environment, {}).get(file)
        return _step(found[0]) if found is not None else None

    def single_stops(self, start: tuple[str, str], to: str) -> dict[tuple[str, str], Loss]:
        """What is lost over each environment and format that a file can be saved in once on the way."""
        file = ("file", *start)
        firsts = {
            environment: loads[file][1]
            for environment, loads in self._by_loader.items()
            if file in loads and loads[file][1] < Loss.TRAINING
        }
        drops = {form for form in FORMATS if _drops(start[1], form)}
        found = {}
        for (_, environment, form), (_, second) in self._by_loader.get(to, {}).items():
            if environment in firsts:
                dropped = Loss.STATE if form in drops else Loss.NOTHING
                found[environment, form] = max(firsts[environment], second, dropped)
        return found

    def _within(self, most: Loss, with_weights: bool) -> "rustworkx.PyDiGraph[Node, Row | None]":
        """The part in which no load loses more than ``most``; weights may be saved on the way or not."""
        if (most, with_weights) not in self._graphs:
            saves = [
                (self._place(("model", node[1])), place, None)
                for node, place in list(self._places.items())
                if node[0] == "file" and (with_weights or FORMATS[node[2]].gives != REBUILT)
            ]
            graph: rustworkx.PyDiGraph[Node, Row | None] = rustworkx.PyDiGraph()
            graph.add_nodes_from(list(self._places))
            graph.add_edges_from(saves)
            for loss in Loss:
                if loss <= most:
                    graph.add_edges_from(self._loads[loss])
            self._graphs[most, with_weights] = graph
        return self._graphs[most, with_weights]

    def shortest(self, file: Node, goal: Node, most: Loss) -> list[Step] | None:
        """The loads on a shortest way on which none loses more than ``most``; None where there is no way."""
        if file not in self or goal not in self:
            return None
        # Saving only weights on the way drops the optimizer, unless the first file had none either.
        graph = self._within(most, most >= Loss.STATE or FORMATS[file[2]].gives == REBUILT)
        start, end = self._places[file], self._places[goal]
        if end >= graph.num_nodes():
            return None
        nodes = rustworkx.digraph_dijkstra_shortest_paths(graph, start, target=end)
        if end not in nodes:
            return None
        rows = [graph.get_edge_data(one, two) for one, two in pairwise(nodes[end])]
        return [_step(row) for row in rows if row is not None]


def _drops(first: str, form: str) -> bool:
    """Whether saving in a format leaves behind what a file in the first format held besides weights."""
    return bool(FORMATS[form].gives == REBUILT and FORMATS[first].gives != REBUILT)


def build_graph(rows: Iterable[Row]) -> ScenarioGraph:
    """The graph of one scenario's cells."""
    return ScenarioGraph(rows)


# What is no loss where the first file held no more than weights.
_STATE = (attempts.OPTIMIZER_LOST, f"{OPTIMIZER} lost", f"{TRAINING} lost")


def _had_no_state(step: Step) -> Step:
    """A later step of a path that began with weights alone: the optimizer's state, which it loses, was in no file."""
    losses = tuple(loss for loss in step.losses if loss not in _STATE)
    if step.loss != Loss.STATE or losses == step.losses:
        return step
    is_lost = any(loss == f"{rung} lost" for loss in losses for rung in RUNGS)
    return replace(step, loss=Loss.STATE if is_lost else Loss.WORK if losses else Loss.NOTHING, losses=losses)


def _path(found: Iterable[Step]) -> Path:
    """A path of steps; weights that are saved on the way leave behind whatever else the first file held."""
    steps = list(found)
    for number, step in enumerate(steps[1:], start=1):
        if FORMATS[steps[0].format].gives == REBUILT:
            steps[number] = _had_no_state(step)
        elif _drops(steps[0].format, step.format):
            losses = dict.fromkeys((*step.losses, attempts.OPTIMIZER_LOST, attempts.CODE_NEEDED))
            steps[number] = replace(step, loss=max(step.loss, Loss.STATE), losses=tuple(losses))
    return Path(tuple(steps))


def best_path(
    graph: ScenarioGraph, start: tuple[str, str], to: str, most: Loss = Loss.TRAINING, max_hops: int = 3
) -> Path | None:
    """The path that loses least and, among those, has the fewest hops; None where there is none.

    A remedy that keeps everything counts as no loss here: who can rename a file need not build another environment for it.

    :param start: environment and format of the file.
    :param most: what may be lost at most.
    """
    best: Path | None = None
    for loss in Loss:
        if loss > most or (best is not None and loss > Loss.WORK):
            break
        for goal in (("model", to), ("function", to)):
            steps = graph.shortest(("file", *start), goal, loss)
            if steps and len(steps) - 1 <= max_hops and (best is None or len(steps) - 1 < best.hops):
                best = _at_hand(graph, start, to, _path(steps))
    return best


def _at_hand(graph: ScenarioGraph, start: tuple[str, str], to: str, path: Path) -> Path:
    """Of ways with one stop that lose as little, one that stops where the file was written: no other environment is needed."""
    home, written = start
    if path.hops != 1 or path.recipe[0][0] == home:
        return path
    found = (follow(graph, start, [(home, form)], to) for form in FORMATS if form != written)
    as_good = [other for other in found if other is not None and other.loss <= path.loss]
    return min(as_good, key=lambda other: len(other.losses), default=path)


def follow(graph: ScenarioGraph, start: tuple[str, str], recipe: Sequence[tuple[str, str]], to: str) -> Path | None:
    """The path over given stops; None where one of its loads does not work for this scenario."""
    files = [("file", *start), *(("file", environment, form) for environment, form in recipe)]
    stops = [*(environment for environment, _ in recipe), to]
    steps = []
    for number, (file, stop) in enumerate(zip(files, stops, strict=True)):
        step = graph.load(file, stop)
        last = number == len(files) - 1
        if step is None or (step.loss == Loss.TRAINING and not last):
            return None
        steps.append(step)
    return _path(steps)
