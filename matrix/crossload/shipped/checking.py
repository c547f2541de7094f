"""Runs a random sample of the shipped cells again, and says whether they still hold here."""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.backends import WorkerError
from crossload.config import MatrixConfig
from crossload.domain.cells import Axis, CellRow, Column
from crossload.domain.verdicts import HARNESS_ERROR, SCORED, verdict
from crossload.environments.model import Environment
from crossload.execution.provisioner import Provisioner
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import Work
from crossload.planning.tolerances import tolerance_for
from crossload.scenario_index import Scenario
from crossload.shipped.file_format import Measurements
from crossload.store.database import Store
from crossload.store.records import Artifact

COMPARED: tuple[Column, ...] = ("verdict", "fidelity", "attempt", "error_type")


@dataclass(frozen=True)
class Checked:
    """One shipped cell that was run again.

    :param here: what it shows here, by the names in ``COMPARED``; empty where it could not be run.
    :param reason: why it could not be run.
    """

    row: CellRow
    here: Mapping[Column, Any]
    reason: str = ""

    @property
    def holds(self) -> bool:
        return bool(self.here) and all(self.here[name] == self.row[name] for name in COMPARED)


def sample(
    measurements: Measurements,
    count: int,
    seed: int,
    environments: Mapping[str, Environment],
    scenarios: Mapping[str, Scenario],
) -> tuple[list[CellRow], str]:
    """Random cells that can be compared here, and in words what had to be left out.

    A cell can be compared when the lock of both its environments and the source of its scenario are what they were.
    """
    shipped = {item["id"]: item["digest"] for item in measurements.environments}
    same = {name for name, digest in shipped.items() if name in environments and environments[name].digest == digest}
    unchanged = {
        item["name"]
        for item in measurements.scenarios
        if item["name"] in scenarios and scenarios[item["name"]].digest[:16] == item["digest"]
    }
    scored = [row for row in measurements.rows(lambda row: row["verdict"] in SCORED) if row["loaded_with"]]
    usable = [row for row in scored if {row["saved_with"], row["loaded_with"]} <= same and row["scenario"] in unchanged]
    left_out = len(scored) - len(usable)
    said = (
        f"{left_out:,} of {len(scored):,} cells are left out: not asked for, or other pins or another source here."
        if left_out
        else ""
    )
    return random.Random(seed).sample(usable, min(count, len(usable))), said


class Checker:
    """Runs cells again in environments of this machine.

    :param store: a store of its own: what an earlier run left behind must not answer.
    :param say: receives a line for every environment that is used.
    """

    def __init__(
        self,
        config: MatrixConfig,
        places: Provisioner,
        store: Store,
        scenarios: Mapping[str, Scenario],
        say: Callable[[str], None],
    ) -> None:
        self._config, self._places, self._store = config, places, store
        self._scenarios, self._say = scenarios, say
        self._artifacts: dict[tuple[str, ...], Artifact] = {}

    def run(self, rows: Sequence[CellRow]) -> list[Checked]:
        """Save what the rows need, environment by environment, then load it, environment by environment."""
        found: list[Checked] = []
        for name, group in _grouped(rows, "saved_with"):
            self._say(f"{name}: saving for {len(group)} cells")
            found += [Checked(row, {}, reason) for row in group if (reason := self._save(row))]
        savable = [row for row in rows if _artifact_of(row) in self._artifacts]
        for name, group in _grouped(savable, "loaded_with"):
            self._say(f"{name}: loading {len(group)} cells")
            found += [self._load(row) for row in group]
        return found

    def _why_not(self, name: str) -> str:
        state = self._places.state(name)
        return "" if state.state == "ready" else f"{name} is unavailable: {state.reason}"

    def _work(self, row: CellRow) -> Work:
        return Work(self._scenarios[row["scenario"]], row["format"])

    def _save(self, row: CellRow) -> str:
        """Save what a row needs; returns why that is not possible, or an empty text."""
        saver = row["saved_with"]
        if _artifact_of(row) in self._artifacts:
            return ""
        if reason := self._why_not(saver):
            return reason
        work = self._work(row)
        task = SaveTask(artifact_key(work, self._places.state(saver)), work, saver)
        try:
            with self._places.runner(saver, self._store, self._config.limits) as runner:
                artifact = runner.save(task)
        except WorkerError as error:
            return f"a fault of Crossload: {error}"
        if artifact.state == "saved":
            self._artifacts[_artifact_of(row)] = artifact
            return ""
        return f"saving it ends as {artifact.state} here: {artifact.payload.get('error', '')}"

    def _load(self, row: CellRow) -> Checked:
        loader = row["loaded_with"]
        if reason := self._why_not(loader):
            return Checked(row, {}, reason)
        work, artifact = self._work(row), self._artifacts[_artifact_of(row)]
        known = self._places.environments
        near = tolerance_for(self._config, work.scenario, known[row["saved_with"]], known[loader])
        task = LoadTask(cell_key(artifact.key, self._places.state(loader)), work, artifact, loader, near)
        try:
            with self._places.runner(loader, self._store, self._config.limits) as runner:
                cell = runner.load(task)
        except WorkerError as error:
            return Checked(row, {}, f"a fault of Crossload: {error}")
        judged = verdict(cell.records, near)
        if judged.verdict == HARNESS_ERROR:
            return Checked(row, {}, f"a fault of Crossload: {judged.reason}")
        here: dict[Column, Any] = {
            "verdict": judged.verdict,
            "fidelity": judged.resting.fidelity if judged.resting else None,
            "attempt": judged.resting.attempt if judged.resting else "",
            "error_type": judged.plain.error_type if judged.plain else "",
        }
        return Checked(row, here)


def _grouped(rows: Iterable[CellRow], name: Axis) -> list[tuple[str, list[CellRow]]]:
    groups: dict[str, list[CellRow]] = {}
    for row in rows:
        groups.setdefault(row[name], []).append(row)
    return sorted(groups.items())


def _artifact_of(row: CellRow) -> tuple[str, ...]:
    return row["scenario"], row["format"], row["saved_with"]
