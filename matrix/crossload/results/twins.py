"""Whether files that hold the same are loaded alike: what was run all the same, beside what was taken from a twin."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crossload.domain.cells import CellName, CellRow, axes_of
from crossload.domain.verdicts import is_comparable
from crossload.environments.model import EnvironmentState
from crossload.planning.keys import CellKeys, artifact_key
from crossload.planning.matrix import Matrix, why_not_applicable
from crossload.planning.sample import Name
from crossload.results.samples import agree
from crossload.store.records import Artifact, Cell, KnownCell


@dataclass(frozen=True)
class TwinCheck:
    """What was taken from twins in a run, and how that compares with what was run all the same.

    :param files: how many files there are, ``classes`` how many of them hold something of their own.
    :param measured: loads that were run; ``copied``: those that were not.
    :param compared: how many pairs were run of files that hold the same, in one loader; ``agreed`` how many say the same.
    :param disagreeing: names of cells that do not.
    :param refuted: classes that one of these belongs to, with the keys of the cells that were taken from twins.
    """

    files: int = 0
    classes: int = 0
    measured: int = 0
    copied: int = 0
    compared: int = 0
    agreed: int = 0
    disagreeing: tuple[str, ...] = ()
    refuted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def factor(self) -> float:
        """How many loads there are for each that was run."""
        return (self.measured + self.copied) / self.measured if self.measured else 1.0

    @property
    def text(self) -> str:
        """In one or two sentences."""
        if not self.copied:
            return "Every cell was measured on its own file."
        return (
            f"{self.copied:,} of {self.measured + self.copied:,} cells are measured on a twin of their file, which holds the "
            f"same but for the version that it names ({self.factor:.1f} cells for each load). {self.compared:,} more were run "
            f"to check that: {self.agreed:,} of {self.compared:,} say the same as their twin's."
        )

    @property
    def refutation(self) -> str:
        """In one sentence, what is run because it differs."""
        copies = sum(map(len, self.refuted.values()))
        return (
            f"{', '.join(self.disagreeing[:3])}: not what was measured on a file that holds the same; {copies:,} cells that such "
            "a file stood for are run themselves."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "refuted"} | {
            "factor": round(self.factor, 2),
            "text": self.text,
        }


def compare_twins(
    matrix: Matrix,
    states: Mapping[str, EnvironmentState],
    artifacts: Mapping[str, Artifact],
    cells: Mapping[str, Cell],
    known: Mapping[str, KnownCell],
    classes: Mapping[str, str],
    rows_of: Callable[[Matrix], Sequence[CellRow]],
) -> TwinCheck:
    """Compare loads of files that hold the same, as :func:`crossload.results.samples.compare_samples` compares.

    :param known: every cell of the store, by key.
    :param classes: of artifacts that hold the same, by key.
    :param rows_of: judges the cells of a part of the matrix.
    """
    held: defaultdict[tuple[str, str], list[tuple[Name, str, bool]]] = defaultdict(list)
    files, measured, copied = set[str](), 0, 0
    for name, artifact, key in _cells(matrix, states, artifacts):
        if key not in cells or key not in known:
            continue
        files.add(artifact.key)
        is_copy = known[key].is_copy
        measured, copied = measured + (not is_copy), copied + is_copy
        if artifact.key in classes:
            held[classes[artifact.key], name[3]].append((name, key, is_copy))
    pairs = [
        (group, own[0], other)
        for (group, _), members in held.items()
        if (own := [name for name, _, is_copy in members if not is_copy])
        for other in own[1:]
    ]
    said = _said(matrix, pairs, rows_of)
    both = [(group, said[one], said[other]) for group, one, other in pairs if one in said and other in said]
    apart = [(group, other) for group, one, other in both if not agree(one, other)]
    refuted = {group for group, _ in apart}
    copies: dict[str, list[str]] = {group: [] for group in refuted}
    for (group, _), members in held.items():
        if group in refuted:
            copies[group] += [key for _, key, is_copy in members if is_copy]
    return TwinCheck(
        len(files),
        len({classes.get(key, key) for key in files}),
        measured,
        copied,
        len(both),
        len(both) - len(apart),
        tuple(str(CellName.of(row)) for _, row in apart),
        {group: tuple(keys) for group, keys in copies.items()},
    )  # fmt: skip


def _cells(
    matrix: Matrix, states: Mapping[str, EnvironmentState], artifacts: Mapping[str, Artifact]
) -> Iterator[tuple[Name, Artifact, str]]:
    """Every cell of a file that was saved: its name, the file, its key."""
    keys = CellKeys(states)
    for work, saver in matrix.pairs():
        state = states.get(saver.id)
        if state is None or state.state != "ready" or why_not_applicable(work.scenario, saver):
            continue
        artifact = artifacts.get(artifact_key(work, state))
        if artifact is None or artifact.state != "saved":
            continue
        for loader in matrix.loaders(work, saver.id):
            if loader.id in states and states[loader.id].state == "ready":
                name = (work.scenario.name, work.format, saver.id, loader.id)
                yield name, artifact, keys.key(artifact.key, loader.id)


def _said(
    matrix: Matrix, pairs: Sequence[tuple[str, Name, Name]], rows_of: Callable[[Matrix], Sequence[CellRow]]
) -> dict[tuple[str, ...], CellRow]:
    """Rows of cells that are to be compared, by their names; none of what could not be run."""
    wanted = {name for _, one, other in pairs for name in (one, other)}
    if not wanted:
        return {}
    # A cause may rest on how a file fares where it was written.
    homes = {(*name[:3], name[2]) for name in wanted}
    return {axes_of(row): row for row in rows_of(matrix.only(wanted | homes)) if is_comparable(row["verdict"])}
