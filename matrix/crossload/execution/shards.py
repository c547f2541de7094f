"""One matrix on several machines: cut into shards of about the same time, run anywhere, and joined again.

A shard holds whole scenarios: their artifacts are loaded where they were saved, so nothing travels while it runs. The cut
depends on the selection and on measured durations that come with Crossload, never on a local store: every machine cuts alike.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache

from crossload.errors import SelectionError
from crossload.planning.matrix import Matrix, Work
from crossload.resources import DURATIONS

# The most jobs of one matrix on GitHub.
MOST_SHARDS = 256


_SHARD = re.compile(r"^([1-9]\d*)/([1-9]\d*)$")


@cache
def _durations() -> dict[str, dict[str, float]]:
    return tomllib.loads(DURATIONS.read_text(encoding="utf-8"))


def expected_seconds(matrix: Matrix, work: Work) -> float:
    """Seconds that a scenario in one format takes in this matrix: a save in every environment, a load in every pair."""
    count = len(matrix.environments)

    def each(op: str) -> float:
        known = _durations()[op]
        return known.get(f"{work.scenario.name} {work.format}", known.get(work.format, known["any"]))

    return count * each("save") + count * count * each("load")


@dataclass(frozen=True)
class Shard:
    """Scenarios that one machine runs, and the seconds they are expected to take on one core."""

    number: int
    of: int
    scenarios: tuple[str, ...]
    seconds: float

    @property
    def name(self) -> str:
        return f"{self.number}/{self.of}"


def cut(matrix: Matrix, count: int) -> list[Shard]:
    """Cut a matrix into at most ``count`` shards: the longest scenario first, always to the shard that has least.

    :raises SelectionError: the count is not from 1 to 256.
    """
    if not 1 <= count <= MOST_SHARDS:
        raise SelectionError(f"{count} shards: from 1 to {MOST_SHARDS} are possible.")
    seconds: dict[str, float] = {}
    for work in matrix.works:
        seconds[work.scenario.name] = seconds.get(work.scenario.name, 0.0) + expected_seconds(matrix, work)
    count = min(count, len(seconds))
    bins: list[tuple[float, list[str]]] = [(0.0, []) for _ in range(count)]
    for name in sorted(seconds, key=lambda item: (-seconds[item], item)):
        least = min(range(count), key=lambda number: (bins[number][0], number))
        bins[least] = (bins[least][0] + seconds[name], [*bins[least][1], name])
    return [Shard(number, count, tuple(sorted(names)), total) for number, (total, names) in enumerate(bins, start=1)]


def select_shard(matrix: Matrix, word: str) -> Matrix:
    """The part of a matrix that ``i/N`` names.

    :raises SelectionError: it is not of that form, or there is no such shard.
    """
    match = _SHARD.match(word)
    if not match or int(match[1]) > int(match[2]):
        raise SelectionError(f"--shard: {word!r} is not of the form i/N, such as 1/4.")
    shards = cut(matrix, int(match[2]))
    number = int(match[1])
    # More shards than scenarios: the last ones are empty, and their machines have nothing to do.
    names = shards[number - 1].scenarios if number <= len(shards) else ()
    if not names:
        raise SelectionError(f"--shard: {word} has nothing to do; {len(shards)} shards are enough for this selection.")
    return replace(matrix, works=tuple(work for work in matrix.works if work.scenario.name in names))
