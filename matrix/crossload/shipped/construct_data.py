"""Cells with the marks of their files, which come with the package: what predictions rest on.

They lie in a file of the same form as the other shipped measurements, with marks (``inspection.constructs``) of every file
that was loaded in the place of the features of its scenario.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from crossload.config import MatrixConfig
from crossload.construct_table import is_bouquet
from crossload.domain.cells import AXES, CellRow
from crossload.domain.verdicts import LOADS, SCORED
from crossload.inspection import inspect
from crossload.resources import CONSTRUCTS_MEASURED
from crossload.scenario_index import index_scenarios
from crossload.shipped.building import build
from crossload.shipped.file_format import OUTCOME, Measurements, pack, read
from crossload.store.database import Store
from crossload.store.records import Artifact

Place = tuple[str, str, str]


def build_constructs(outs: Sequence[Path], config: MatrixConfig, folder: Path) -> Measurements:
    """The cells of one or several runs, with the marks of their files; of a cell that several have, that of the last.

    Only Crossload's own scenarios are taken, and none that is meant to fail or whose file was altered after saving.

    :param outs: folders of runs.
    :param folder: what the configuration's relative paths start from.
    :raises StoreError: there are no results or no store.
    """
    own = {name for name, item in index_scenarios().items() if not item.control and not item.options["after_save"]}
    rows: dict[tuple[object, ...], CellRow] = {}
    marks: dict[Place, frozenset[str]] = {}
    parts = [build(out, config, folder) for out in outs]
    for out, part in zip(outs, parts, strict=True):
        found = {
            tuple(row[name] for name in AXES): row for row in part.rows() if row["scenario"] in own and _tells(row)
        }
        rows |= found
        wanted = {(row["scenario"], row["saved_with"], row["format"]) for row in found.values()}
        marks |= {place: inspect(path).constructs for place, path in saved_files(out).items() if place in wanted}
    # Weights alone are made of nothing that a mark could tell.
    telling = [row for row in rows.values() if marks.get((row["scenario"], row["saved_with"], row["format"]))]
    used = {row["scenario"] for row in telling}
    environments = {item["id"]: item for part in parts for item in part.environments}
    scenarios = {item["name"]: item for part in parts for item in part.scenarios if item["name"] in used}
    numbers: dict[str, int] = {}
    features: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for (scenario, saver, form), names in sorted(marks.items()):
        features[scenario][f"{saver} {form}"] = [numbers.setdefault(name, len(numbers)) for name in sorted(names)]
    facts = {**parts[-1].facts, "marks": list(numbers)}
    described = [{**item, "features": features.get(name, {})} for name, item in sorted(scenarios.items())]
    kept: list[dict[str, Any]] = [{name: row[name] for name in (*AXES, *OUTCOME, "twin")} for row in telling]
    return pack(kept, facts, list(environments.values()), described)


def _tells(row: CellRow) -> bool:
    """Whether a cell says something of what its file is made of: a bouquet that fails does not say for which of its lines."""
    if not row["loaded_with"] or row["verdict"] not in SCORED:
        return False
    return row["verdict"] in LOADS or not is_bouquet(row["scenario"])


def saved_files(out: Path) -> dict[Place, Path]:
    """The files of a run by scenario, writer and format; of one that was written more than once, the last."""
    store = Store(out / "store")
    try:
        saved: Iterable[Artifact] = [item for item in store.artifacts().values() if item.state == "saved"]
        return {
            (item.scenario, item.saved_with, item.format): store.artifact_folder(item) / item.file for item in saved
        }
    finally:
        store.close()


@dataclass(frozen=True)
class Evidence:
    """The measured files of one writer in one format.

    :param marks: of each scenario's file.
    :param cells: rows by environment that loaded them, then by scenario.
    """

    marks: Mapping[str, frozenset[str]]
    cells: Mapping[str, Mapping[str, CellRow]]

    @cached_property
    def scenarios_with(self) -> Mapping[str, frozenset[str]]:
        """Scenarios by the marks of their files."""
        found: dict[str, set[str]] = defaultdict(set)
        for scenario, marks in self.marks.items():
            for mark in marks:
                found[mark].add(scenario)
        return {mark: frozenset(names) for mark, names in found.items()}


@dataclass(frozen=True)
class ConstructData:
    """All that was measured of constructs."""

    measured: Measurements

    @property
    def writers(self) -> list[str]:
        """Environments whose files were loaded."""
        return self.measured.environment_ids

    @property
    def origin(self) -> str:
        """In words where the cells come from."""
        return f"{len(self.measured):,} cells of constructs, measured {self.measured.date}"

    def evidence(self, saver: str, form: str) -> Evidence:
        """The cells of one writer's files in one format."""
        names = self.measured.facts.get("marks", [])
        place = f"{saver} {form}"
        marks = {
            item["name"]: frozenset(names[number] for number in item["features"][place])
            for item in self.measured.scenarios
            if place in item["features"]
        }
        cells: dict[str, dict[str, CellRow]] = defaultdict(dict)
        for row in self.measured.rows(lambda row: row["verdict"] in SCORED):
            if row["saved_with"] == saver and row["format"] == form and row["loaded_with"] and row["scenario"] in marks:
                cells[row["loaded_with"]][row["scenario"]] = row
        return Evidence(marks, cells)

    def of_same_keras(self, saver: str) -> frozenset[str]:
        """Environments with a Keras of the same generation as a writer's."""
        generation = {item["id"]: str(item["keras"]).partition(".")[0] for item in self.measured.environments}
        return frozenset(name for name, number in generation.items() if number == generation.get(saver))

    def of_other_formats(self, saver: str, form: str) -> list[Evidence]:
        """The cells of one writer's files in each of the other formats."""
        places = {place for item in self.measured.scenarios for place in item["features"]}
        forms = {other for writer, _, other in (place.rpartition(" ") for place in places) if writer == saver}
        return [self.evidence(saver, other) for other in sorted(forms - {form})]


def read_constructs(path: Path = CONSTRUCTS_MEASURED) -> ConstructData:
    """What comes with the package.

    :raises StoreError: there is none, or it is damaged.
    """
    return ConstructData(read(path))
