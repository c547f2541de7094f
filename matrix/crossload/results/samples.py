"""Whether environments with the same Keras 3 say the same: what was sampled of one, beside the same cells of the other."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from crossload.config import MatrixConfig
from crossload.domain.cells import CellName, CellRow, axes_of
from crossload.domain.verdicts import FAITHFUL, is_comparable
from crossload.domain.versions import keras_of, spoken
from crossload.environments.model import EnvironmentState
from crossload.inspection import Inspection
from crossload.planning.matrix import Matrix
from crossload.planning.sample import Name
from crossload.results.tables import Tables
from crossload.store.records import Artifact, Cell

# Disagreeing cells that are named; one is enough.
_MOST_NAMED = 20
COLUMNS = (
    "environment", "like", "keras", "measured", "cells", "compared", "agreed", "share_agreed", "disagreeing", "reason",
    "share_asked", "seed",
)  # fmt: skip
"""``samples.csv``."""


@dataclass(frozen=True)
class Sampled:
    """An environment that repeats another one's Keras 3, and how its sample compares.

    :param like: the environment with the same Keras that is measured in full.
    :param keras: the version that both have.
    :param cells: how many cells it takes part in, measured or not.
    :param compared: how many were measured of both; ``agreed`` how many of those say the same.
    :param disagreeing: names of cells that do not.
    :param reason: why it has to be measured in full after all; empty where its sample stands for it.
    """

    environment: str
    like: str
    keras: str
    cells: int
    compared: int
    agreed: int
    disagreeing: tuple[str, ...]
    reason: str
    share_asked: float
    seed: int

    @property
    def text(self) -> str:
        """In one sentence."""
        name, like = spoken(self.environment), spoken(self.like)
        if self.reason:
            return f"{name} is measured in full: {self.reason}."
        return (
            f"{name} has the Keras of {like} ({self.keras}): a sample of {self.compared:,} of its {self.cells:,} cells was "
            f"measured, and {self.agreed:,} of {self.compared:,} say what they say in {like}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as a row of ``samples.csv``."""
        return asdict(self) | {
            "measured": "in full" if self.reason else "sample",
            "share_agreed": round(self.agreed / self.compared, 4) if self.compared else None,
            "disagreeing": "; ".join(self.disagreeing),
            "text": self.text,
        }


def compare_samples(
    matrix: Matrix,
    config: MatrixConfig,
    states: Mapping[str, EnvironmentState],
    artifacts: Mapping[str, Artifact],
    cells: Mapping[str, Cell],
    inspect: Callable[[Artifact], Inspection] | None = None,
) -> list[Sampled]:
    """Compare what was sampled with its counterparts, in the order of environments.

    Compared are verdict, fidelity, what is lost, the attempt that the verdict rests on, and the cause. ``exact`` and ``equal``
    are the same here: kernels of two TensorFlows round differently. What could not be run in one of both says nothing.
    """
    sample = matrix.sample
    if sample is None:
        return []
    wanted = sample.cells | {sample.counterpart(cell) for cell in sample.cells}
    # A cause may rest on how a file fares where it was written.
    wanted |= {(cell[0], cell[1], cell[2], cell[2]) for cell in wanted}
    rows = Tables(matrix.only(wanted), config, states, artifacts, cells, inspect).rows()
    said: dict[tuple[str, ...], CellRow] = {axes_of(row): row for row in rows if is_comparable(row["verdict"])}
    possible = matrix.count_possible(sample.stand_ins)
    found = []
    for environment in matrix.environments:
        name = environment.id
        if name not in sample.stand_ins:
            continue
        like, state = sample.stand_ins[name], states.get(sample.stand_ins[name])
        pairs = [
            (cell, _said_of(said, cell), _said_of(said, sample.counterpart(cell))) for cell in sorted(sample.of(name))
        ]
        both = [(cell, one, other) for cell, one, other in pairs if one is not None and other is not None]
        apart = [
            CellName.parse(",".join((*cell[2:], cell[1], cell[0])))
            for cell, one, other in both
            if not agree(one, other)
        ]
        reason = ""
        if apart:
            reason = (
                f"{len(apart)} of {len(both)} sampled cells say something else than in {spoken(like)}, first {apart[0]}"
            )
        elif state is None or state.state != "ready":
            reason = f"{spoken(like)}, which has the same Keras, is not there"
        found.append(
            Sampled(
                name,
                like,
                keras_of(name, environment.pins) or "",
                possible[name],
                len(both),
                len(both) - len(apart),
                tuple(map(str, apart[:_MOST_NAMED])),
                reason,
                sample.share,
                sample.seed,
            )
        )
    return found


def _said_of(said: Mapping[tuple[str, ...], CellRow], cell: Name) -> CellRow | None:
    """The row of a cell; that of its file where it could not be written."""
    return said.get(cell) or said.get((*cell[:3], ""))


def agree(one: CellRow, other: CellRow) -> bool:
    """Whether two cells say the same, wherever they were measured."""
    return _gist(one, other) == _gist(other, one)


def _gist(row: CellRow, beside: CellRow) -> tuple[Any, ...]:
    verdict = FAITHFUL[0] if row["verdict"] in FAITHFUL else row["verdict"]
    gist = (verdict, row["fidelity"], row["lost"], row["attempt"])
    # Some causes are ruled out where saver and loader are one environment.
    at_home = [item["saved_with"] == item["loaded_with"] for item in (row, beside)]
    return (*gist, row["cause"]) if at_home[0] == at_home[1] else gist
