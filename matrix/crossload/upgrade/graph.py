"""One scenario's loads and saves as a graph, and the best way through it.

Nodes are files, ``("file", environment, format)``, and what is in memory after a load: ``("model", environment)`` or
``("function", environment)``, which can be called and not saved again. Every load is a measured cell. That saving a model
that was loaded gives what saving it in its first environment gives is assumed; a path of more than one load says so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from itertools import pairwise
from typing import Any

import rustworkx

from crossload.domain.cells import CellName, CellRow
from crossload.domain.verdicts import USABLE
from crossload.domain.versions import sort_key
from crossload.probe import attempts
from crossload.probe.formats import FORMATS, INFERENCE, OPTIMIZER, REBUILT, RUNGS, TRAINING

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

    @property
    def how(self) -> str:
        """`` with compile=False``; empty for the plain call."""
        return f" with {self.attempt}" if self.attempt != attempts.PLAIN else ""


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
            following = f", save as {self.steps[number + 1].format}" if number < self.hops else ""
            parts.append(f"load in {step.loaded_with}{step.how}{following}")
        return "; ".join(parts)


@cache
def _taken(verdict: str, attempt: str, form: str, lost: str, cost: str) -> tuple[Loss, tuple[str, ...]] | None:
    """What a load takes away, as a degree and in words; None where it gives nothing, or other outputs."""
    if verdict not in USABLE:
        return None
    rungs = [rung for rung in lost.split(",") if rung]
    costs = [word for word in cost.split(", ") if word]
    if OPTIMIZER in rungs and attempts.OPTIMIZER_LOST not in costs:
        costs.append(attempts.OPTIMIZER_LOST)
    if attempts.OPTIMIZER_LOST in costs:
        # Training does not go on from a state that is lost: said once.
        rungs = [rung for rung in rungs if rung not in (OPTIMIZER, TRAINING)]
    loss = Loss.WORK if costs else Loss.NOTHING
    if rungs or attempts.OPTIMIZER_LOST in costs:
        loss = Loss.STATE
    if attempts.gives(attempt, form) == INFERENCE:
        loss = Loss.TRAINING
    return loss, (*(f"{rung} lost" for rung in rungs), *costs)


def _loss_of(row: CellRow) -> tuple[Loss, tuple[str, ...]] | None:
    if not row["loaded_with"]:
        return None
    return _taken(row["verdict"], row["attempt"] or "", row["format"], row["lost"] or "", row.get("cost") or "")


def _step(row: CellRow) -> Step:
    """The step that a usable measured cell allows."""
    taken = _loss_of(row)
    assert taken is not None
    name = str(row.get("key") or CellName.of(row))
    return Step(row["saved_with"], row["format"], row["loaded_with"], row["attempt"], *taken, name)


@dataclass(frozen=True, slots=True)
class _Second:
    """A load of what was saved on the way."""

    loss: Loss
    losses: tuple[str, ...]
    form: str
    row: CellRow


# What is lost, whether the stop is elsewhere, how much is lost or needed in words, and the age of the stop.
_StopRank = tuple[Loss, bool, int, tuple[Any, ...]]


class ScenarioGraph:
    """The usable cells of one scenario. A graph for each degree of loss is made when it is first asked for."""

    def __init__(self, rows: Iterable[CellRow]) -> None:
        self._places: dict[Node, int] = {}
        # Loads by their ends, from those that lose nothing to those that leave a function.
        self._loads: dict[Loss, list[tuple[int, int, CellRow]]] = {loss: [] for loss in Loss}
        # By the file, then by what loads it: its row, and what the load takes away. By what saves, its files.
        self._by_file: dict[Node, dict[str, tuple[CellRow, Loss, tuple[str, ...]]]] = {}
        self._by_saver: dict[str, list[Node]] = {}
        self._seconds: dict[tuple[str, str, bool], list[_Second]] = {}
        # The places of nodes are looked up by what tells them apart: there are few of them and a hundred times as many rows.
        files: dict[tuple[str, str], tuple[dict[str, tuple[CellRow, Loss, tuple[str, ...]]], int]] = {}
        models: dict[str, int] = {}
        functions: dict[str, int] = {}
        training = Loss.TRAINING
        for row in rows:
            taken = _loss_of(row)
            if taken is None:
                continue
            loss, losses = taken
            loader, saved = row["loaded_with"], (row["saved_with"], row["format"])
            if saved not in files:
                node = ("file", *saved)
                self._by_saver.setdefault(saved[0], []).append(node)
                files[saved] = (self._by_file.setdefault(node, {}), self._place(node))
            loads, place = files[saved]
            memories = functions if loss is training else models
            if loader not in memories:
                memories[loader] = self._place(("function" if loss is training else "model", loader))
            self._loads[loss].append((place, memories[loader], row))
            loads[loader] = (row, loss, losses)
        self._graphs: dict[tuple[Loss, bool], rustworkx.PyDiGraph[Node, CellRow | None]] = {}

    def _place(self, node: Node) -> int:
        return self._places.setdefault(node, len(self._places))

    def __contains__(self, node: Node) -> bool:
        return node in self._places

    def load(self, file: Node, environment: str) -> Step | None:
        """The load of a file in an environment; None where it does not work."""
        found = self._by_file.get(file, {}).get(environment)
        return _step(found[0]) if found is not None else None

    def single_stops(self, start: tuple[str, str], to: str) -> dict[tuple[str, str], Loss]:
        """What is lost over each environment and format that a file can be saved in once on the way."""
        from_weights = FORMATS[start[1]].gives == REBUILT
        found = {}
        for stop, (_, loss, _) in self._by_file.get(("file", *start), {}).items():
            for second in self._seconds_of(stop, to, from_weights) if loss < Loss.TRAINING else ():
                found[stop, second.form] = max(loss, second.loss)
        return found

    def over_one_stop(self, start: tuple[str, str], to: str, most: Loss) -> "tuple[CellRow, CellRow] | None":
        """The two loads of the best path with one stop; None where there is none that loses so little.

        It loses least; of equal ones it stops where the file was written (no other environment is needed), then needs least,
        then stops at the newest version. What a stop saves is what comes through best from there.
        """
        home, form = start
        best: tuple[_StopRank, CellRow, CellRow] | None = None
        for stop, (row, loss, losses) in self._by_file.get(("file", *start), {}).items():
            if loss == Loss.TRAINING or loss > most or stop == to:
                continue
            seconds = self._seconds_of(stop, to, FORMATS[form].gives == REBUILT)
            # A file that is loaded where it was written and saved as it was is the same file.
            second = next((one for one in seconds if stop != home or one.form != form), None)
            if second is None or max(loss, second.loss) > most:
                continue
            words = len({*losses, *second.losses})
            rank = (max(loss, second.loss), stop != home, words, sort_key(stop))
            if best is None or rank[:3] < best[0][:3] or (rank[:3] == best[0][:3] and rank[3] > best[0][3]):
                best = (rank, row, second.row)
        return best[1:] if best else None

    def _seconds_of(self, stop: str, to: str, from_weights: bool) -> "list[_Second]":
        """How what an environment saves loads in another: what loses and needs least comes first."""
        if (stop, to, from_weights) not in self._seconds:
            found = []
            for file in self._by_saver.get(stop, ()):
                if load := self._by_file[file].get(to):
                    row, *taken = load
                    found.append(_Second(*_taken_after_save(*taken, file[2], from_weights), file[2], row))
            found.sort(key=lambda one: (one.loss, len(one.losses), one.form))
            self._seconds[stop, to, from_weights] = found
        return self._seconds[stop, to, from_weights]

    def _within(self, most: Loss, with_weights: bool) -> "rustworkx.PyDiGraph[Node, CellRow | None]":
        """The part in which no load loses more than ``most``; weights may be saved on the way or not."""
        if (most, with_weights) not in self._graphs:
            saves = [
                (self._place(("model", node[1])), place, None)
                for node, place in list(self._places.items())
                if node[0] == "file" and (with_weights or FORMATS[node[2]].gives != REBUILT)
            ]
            graph: rustworkx.PyDiGraph[Node, CellRow | None] = rustworkx.PyDiGraph()
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


def build_graph(rows: Iterable[CellRow]) -> ScenarioGraph:
    """The graph of one scenario's cells."""
    return ScenarioGraph(rows)


# What is no loss where the first file held no more than weights.
_STATE = (attempts.OPTIMIZER_LOST, f"{TRAINING} lost")


@cache
def _taken_after_save(
    loss: Loss, losses: tuple[str, ...], form: str, from_weights: bool
) -> tuple[Loss, tuple[str, ...]]:
    """What a later load of a path takes away; weights that are saved on the way leave behind whatever else the first file held.

    :param form: what is loaded.
    :param from_weights: whether the first file held weights alone: the optimizer's state, which the load loses, was in no file.
    """
    if from_weights:
        kept = tuple(one for one in losses if one not in _STATE)
        if loss != Loss.STATE or kept == losses:
            return loss, losses
        is_lost = any(one == f"{rung} lost" for one in kept for rung in RUNGS)
        return (Loss.STATE if is_lost else Loss.WORK if kept else Loss.NOTHING), kept
    if FORMATS[form].gives != REBUILT:
        return loss, losses
    return max(loss, Loss.STATE), tuple(dict.fromkeys((*losses, attempts.OPTIMIZER_LOST, attempts.CODE_NEEDED)))


def _after_save(step: Step, from_weights: bool) -> Step:
    """A later step of a path: see :func:`_taken_after_save`."""
    loss, losses = _taken_after_save(step.loss, step.losses, step.format, from_weights)
    return replace(step, loss=loss, losses=losses)


def _path(found: Iterable[Step]) -> Path:
    first, *later = found
    from_weights = FORMATS[first.format].gives == REBUILT
    return Path((first, *(_after_save(step, from_weights) for step in later)))


def best_path(
    graph: ScenarioGraph, start: tuple[str, str], to: str, most: Loss = Loss.TRAINING, max_hops: int = 3
) -> Path | None:
    """The path that loses least and, among those, has the fewest hops; None where there is none. Everything that is said of
    ways (plans, routes of bad cells, candidates for a conversion) is asked here.

    A remedy that keeps everything counts as no loss here: who can rename a file need not build another environment for it.

    :param start: environment and format of the file.
    :param most: what may be lost at most.
    """
    found = []
    direct = graph.load(("file", *start), to)
    if direct is not None and direct.loss <= most:
        found.append(_path([direct]))
    stop = graph.over_one_stop(start, to, most) if max_hops else None
    if stop is not None:
        found.append(_path(map(_step, stop)))
    best = min(found, key=_preferred, default=None)
    if max_hops > 1 and (best is None or best.loss > Loss.WORK):
        longer = (path for path in _longer_paths(graph, start, to, most) if path.hops <= max_hops)
        best = min((*found, *longer), key=_preferred, default=None)
    return best


def _preferred(path: Path) -> tuple[Loss, int, Loss]:
    return max(path.loss, Loss.WORK), path.hops, path.loss


def _longer_paths(graph: ScenarioGraph, start: tuple[str, str], to: str, most: Loss) -> Iterator[Path]:
    """The shortest path for each degree of loss, and of what can be trained and what can only be called."""
    for loss in Loss:
        for memory in ("model", "function"):
            steps = graph.shortest(("file", *start), (memory, to), loss) if loss <= most else None
            if steps:
                yield _path(steps)


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
