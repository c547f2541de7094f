"""Environments that only repeat another one's Keras 3, and the cells that are measured of them: few, chosen before anything runs.

What loads follows Keras, so two environments with the same Keras 3 are expected to say the same. One of them is measured in
full; of the other a sample says whether that holds. Everything here depends on names and a seed alone: whoever plans the same
selection, on another day or another machine, chooses the same cells.
"""

import hashlib
import heapq
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from crossload.config import SampleConfig
from crossload.domain.versions import TODAY, keras_of
from crossload.environments.model import Environment

# Scenario, format, saver and loader: as in :data:`crossload.domain.cells.AXES`.
Name = tuple[str, str, str, str]


def same_keras(environments: Sequence[Environment], in_full: Collection[str] = ()) -> dict[str, str]:
    """Environments that have the Keras 3 of one before them, with the id of that one.

    Of those with the same Keras, the one that is measured in full is the one that people have: a release of TensorFlow, then
    what pip gives today, then what is made for measuring.

    :param in_full: ids that are measured in full whatever others have.
    """
    groups: dict[tuple[str, str], list[Environment]] = {}
    for item in environments:
        keras = keras_of(item.id, item.pins)
        if item.name.keras_generation == 3 and keras is not None:
            groups.setdefault((keras, item.hardware), []).append(item)
    found: dict[str, str] = {}
    for members in groups.values():
        first, *others = sorted(members, key=lambda item: (_rank(item), item.sort_key))
        found |= {item.id: first.id for item in others if item.id not in in_full}
    return found


def _rank(environment: Environment) -> int:
    name = environment.name
    return 0 if name.is_plain else 1 if name.base == TODAY and not name.variant else 2


@dataclass(frozen=True)
class Sample:
    """The cells that are measured of environments that repeat another one's Keras.

    :param stand_ins: the environment that stands for each of them, which is measured in full; both by id.
    :param cells: those that were chosen, and of each file that one of them wrote its load where it was written: whether a file
        is right there decides how its cells count.
    """

    seed: int
    share: float
    stand_ins: Mapping[str, str]
    cells: frozenset[Name]

    @property
    def files(self) -> frozenset[tuple[str, str, str]]:
        """Scenario, format and saver of every file that has to be written for it."""
        return frozenset(name[:3] for name in self.cells if name[2] in self.stand_ins)

    def counterpart(self, cell: Name) -> Name:
        """The cell between those that stand for the two environments of a cell."""
        scenario, form, saver, loader = cell
        return scenario, form, self.stand_ins.get(saver, saver), self.stand_ins.get(loader, loader)

    def of(self, environment: str) -> Iterator[Name]:
        """Its cells that an environment takes part in."""
        return (name for name in self.cells if environment in name[2:])


def choose(stand_ins: Mapping[str, str], cells: Iterable[Name], settings: SampleConfig) -> Sample:
    """Choose cells at random, for each environment at least one and no less than the share that was asked for.

    A cell's place in the draw is a hash of its name and the seed: another scenario more changes the draw by its own cells only.

    :param cells: every cell that can exist.
    """
    of_each: dict[str, list[Name]] = {name: [] for name in stand_ins}
    for cell in cells:
        for name in {cell[2], cell[3]} & of_each.keys():
            of_each[name].append(cell)
    chosen: set[Name] = set()
    for members in of_each.values():
        count = math.ceil(settings.share * len(members))
        chosen.update(heapq.nsmallest(count, members, key=lambda cell: _lot(settings.seed, cell)))
    home = {(cell[0], cell[1], cell[2], cell[2]) for cell in chosen if cell[2] in stand_ins}
    return Sample(settings.seed, settings.share, dict(stand_ins), frozenset(chosen | home))


def _lot(seed: int, cell: Name) -> bytes:
    return hashlib.blake2b("\n".join((str(seed), *cell)).encode(), digest_size=8).digest()
