"""The answer to "can we upgrade?": for every scenario and format a way, and one route for the whole fleet."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crossload.domain.cells import CellRow
from crossload.domain.standing import CONTROL, is_wrong
from crossload.domain.verdicts import FAILS, FAITHFUL, SCORED, USABLE
from crossload.domain.versions import on_the_way
from crossload.errors import SelectionError, nearest
from crossload.upgrade.graph import Loss, Path, ScenarioGraph, best_path, build_graph, follow

PLAINLY, WITH_LOSS, WITH_REMEDY, WITH_HOPS, NO_WAY = (
    "plainly",
    "with loss",
    "with a remedy",
    "with hops",
    "no way found",
)
WAYS = (PLAINLY, WITH_LOSS, WITH_REMEDY, WITH_HOPS, NO_WAY)


@dataclass(frozen=True)
class Wish:
    """What is asked.

    :param most: what may be lost at most.
    :param max_hops: environments that may lie between.
    """

    start: str
    to: str
    most: Loss = Loss.STATE
    max_hops: int = 2


@dataclass(frozen=True)
class Entry:
    """One scenario in one format: the best way found, and how the plain direct load ends.

    :param path: None where there is no way within what was asked.
    :param direct: verdict of the direct cell.
    :param own: verdict of the same file in the environment that wrote it.
    """

    scenario: str
    family: str
    format: str
    path: Path | None
    direct: str
    own: str

    @property
    def way(self) -> str:
        if self.path is None:
            return NO_WAY
        if self.path.hops:
            return WITH_HOPS
        return {Loss.NOTHING: PLAINLY, Loss.WORK: WITH_REMEDY}.get(
            self.path.loss, WITH_LOSS if self.path.steps[0].attempt == "plain" else WITH_REMEDY
        )


@dataclass(frozen=True)
class FleetRoute:
    """One route for everything.

    :param recipe: the stops: environment, and the format it saves in; empty for the direct load.
    :param works: entries for which it works, of ``entries``.
    """

    recipe: tuple[tuple[str, str], ...]
    works: int
    entries: int
    losses: Mapping[str, int]


@dataclass(frozen=True)
class UpgradePlan:
    """Everything that is answered.

    :param latest_without_work: the newest plain version in which every file that loads where it was written loads no worse.
    :param expensive: the neighbouring versions on the way between which most files stop loading so, and how many do.
    :param wrong_at_home: files that are not right in the environment that wrote them; they are no entries.
    :param unsafe_loads: loads of the files that were left out because they are not safe; None where that was not asked.
    """

    wish: Wish
    entries: tuple[Entry, ...]
    route: FleetRoute | None
    latest_without_work: str
    expensive: tuple[str, str, int] | None
    wrong_at_home: int = 0
    unsafe_loads: int | None = None

    def counts(self, entries: Iterable[Entry] | None = None) -> dict[str, int]:
        """Number of entries for each way."""
        found = Counter(entry.way for entry in (self.entries if entries is None else entries))
        return {way: found[way] for way in WAYS if found[way]}


def make_plan(
    rows: Sequence[CellRow],
    wish: Wish,
    environments: Sequence[str],
    formats: Sequence[str] | None = None,
    controls: Collection[str] = (),
    unsafe: Callable[[CellRow], bool] | None = None,
) -> UpgradePlan:
    """Plan an upgrade from the rows of a result table.

    :param environments: ids in the order of their versions.
    :param formats: of the files that there are; None for every one. What lies between may have any format.
    :param controls: scenarios that are meant to fail or to differ, besides those whose rows say so: nobody moves them.
    :param unsafe: tells loads that are no ways, however well they work; what an environment wrote, it may load itself. None
        where every load counts.
    :raises SelectionError: an environment has no cells in these results.
    """
    for name in (wish.start, wish.to):
        if name not in environments:
            known = ", ".join(environments)
            raise SelectionError(
                f"{name}: these results have no such environment.{nearest(name, environments)} Known: {known}."
            )
    by_scenario: dict[str, list[CellRow]] = {}
    of_start, left_out = [], set()
    for row in rows:
        if row["loaded_with"] and row["scenario"] not in controls and row.get("apart") != CONTROL:
            if row["saved_with"] == wish.start:
                of_start.append(row)
            if unsafe is not None and row["saved_with"] != row["loaded_with"] and unsafe(row):
                left_out.add((row["scenario"], row["format"], row["saved_with"], row["loaded_with"]))
            else:
                by_scenario.setdefault(row["scenario"], []).append(row)
    verdicts: dict[tuple[str, ...], str] = {
        (row["scenario"], row["format"], wish.start, row["loaded_with"]): row["verdict"] for row in of_start
    }
    families = {row["scenario"]: row["family"] for row in of_start}
    graphs = {scenario: build_graph(by_scenario.get(scenario, ())) for scenario in families}
    entries, wrong_at_home = [], 0
    saved = {(row["scenario"], row["format"]) for row in of_start}
    for scenario, form in sorted(pair for pair in saved if formats is None or pair[1] in formats):
        direct = verdicts.get((scenario, form, wish.start, wish.to), "")
        if direct not in SCORED:
            continue  # not run, or outside every score: nothing is claimed
        own = verdicts.get((scenario, form, wish.start, wish.start), "")
        if is_wrong(own):
            wrong_at_home += 1
            continue
        path = best_path(graphs[scenario], (wish.start, form), wish.to, wish.most, wish.max_hops)
        entries.append(Entry(scenario, families[scenario], form, path, direct, own))
    versions = on_the_way(environments, wish.start, wish.to)
    at_home = [entry for entry in entries if entry.own in USABLE]
    plainly = verdicts | dict.fromkeys(left_out & verdicts.keys(), FAILS)
    counts = {name: _without_work(at_home, plainly, wish.start, name) for name in versions}
    since, goal = versions.index(wish.start), versions.index(wish.to)
    walked = versions[since : goal + 1] if since <= goal else versions[goal : since + 1][::-1]
    return UpgradePlan(
        wish,
        tuple(entries),
        _fleet_route(entries, graphs, wish, environments),
        _latest([(name, counts[name]) for name in versions[since:]], at_home),
        _most_expensive([(name, counts[name]) for name in walked]),
        wrong_at_home,
        None if unsafe is None else sum(formats is None or key[1] in formats for key in left_out & verdicts.keys()),
    )


def _no_worse(verdict: str, own: str) -> bool:
    """Whether a load is as good as in the environment that wrote the file."""
    return verdict in FAITHFUL or verdict == own


def _without_work(
    entries: Sequence[Entry], verdicts: Mapping[tuple[str, ...], str], start: str, name: str
) -> int | None:
    """Entries that load in an environment as they load at home; None where one of them was not run there."""
    found = [verdicts.get((entry.scenario, entry.format, start, name), "") for entry in entries]
    if any(verdict not in SCORED for verdict in found):
        return None
    return sum(_no_worse(verdict, entry.own) for verdict, entry in zip(found, entries, strict=True))


def _latest(counts: Sequence[tuple[str, int | None]], entries: Sequence[Entry]) -> str:
    complete = [name for name, count in counts if entries and count == len(entries)]
    return complete[-1] if complete else ""


def _most_expensive(counts: Sequence[tuple[str, int | None]]) -> tuple[str, str, int] | None:
    known = [(name, count) for name, count in counts if count is not None]
    drops = [(one, two, before - after) for (one, before), (two, after) in pairwise(known)]
    worst = max(drops, key=lambda drop: drop[2], default=None)
    return worst if worst and worst[2] > 0 else None


def _cheapest_single_stops(
    entries: Sequence[Entry], graphs: Mapping[str, ScenarioGraph], wish: Wish
) -> set[tuple[tuple[str, str], ...]]:
    """Of all routes with one stop the cheapest: the best ones of single entries are picked without regard to the others."""
    left_behind = max(Loss) + 1
    prices: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        for stop, loss in graphs[entry.scenario].single_stops((wish.start, entry.format), wish.to).items():
            if loss <= wish.most:
                prices[stop] -= left_behind - loss
    least = min(prices.values(), default=0)
    return {(stop,) for stop, price in prices.items() if price == least}


# What is lost or left behind, hops, what is lost or needed in all, stops besides the start; then the oldest stop's age.
_RouteRank = tuple[int, int, int, int, tuple[int, ...]]


def _fleet_route(
    entries: Sequence[Entry], graphs: Mapping[str, ScenarioGraph], wish: Wish, order: Sequence[str]
) -> FleetRoute | None:
    """The route that leaves behind and loses least, then has the fewest hops: of those with one stop or best for some entry.

    Of equal ones, that which needs least (code, trust, an edited copy), then the start itself as the stop: it is at hand;
    then the newest versions.
    """
    age = {name: -place for place, name in enumerate(order)}
    recipes = {entry.path.recipe for entry in entries if entry.path is not None} | ({()} if entries else set())
    if wish.max_hops:
        recipes |= _cheapest_single_stops(entries, graphs, wish)
    best: tuple[_RouteRank, FleetRoute] | None = None
    for recipe in sorted(recipes):
        paths = [follow(graphs[entry.scenario], (wish.start, entry.format), recipe, wish.to) for entry in entries]
        working = [path for path in paths if path is not None and path.loss <= wish.most]
        if not working:
            continue
        losses = Counter(loss for path in working for loss in path.losses)
        route = FleetRoute(recipe, len(working), len(entries), dict(losses.most_common()))
        # A file that is left behind weighs more than one that can only be called afterwards.
        price = sum(path.loss for path in working) + (max(Loss) + 1) * (len(entries) - len(working))
        stops = [stop for stop, _ in recipe]
        elsewhere = sum(stop != wish.start for stop in stops)
        rank = (price, len(recipe), losses.total(), elsewhere, tuple(age[stop] for stop in stops))
        if best is None or rank < best[0]:
            best = (rank, route)
    return best[1] if best else None
