"""Environments, tasks and results as plain values, and back: what is sent is readable by any version, and holds no paths."""

import dataclasses
import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from crossload.config import EnvironmentConfig, MatrixConfig, Tolerance
from crossload.environments.model import Environment
from crossload.execution.queues import Task
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.matrix import Work
from crossload.scenario_index import BUILT_IN, Scenario
from crossload.store.records import Artifact, Cell
from crossload.util.files import write_text_atomically
from crossload.util.import_roots import import_root

Plain = dict[str, Any]


def plain_environment(environment: Environment) -> Plain:
    """An environment with the text of its lock."""
    config = environment.config.model_dump(mode="json")
    base = plain_environment(environment.base) if environment.base is not None and environment.overlay else None
    return {"id": environment.id, "config": config, "lock": environment.lock_text, "base": base}


def environment_from(plain: Mapping[str, Any], folder: Path) -> Environment:
    """The environment, its lock written below a folder of this machine."""
    name = hashlib.sha256(plain["lock"].encode()).hexdigest()[:32]
    lock = folder / f"{name}.txt"
    if not lock.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_text_atomically(lock, plain["lock"])
    base = environment_from(plain["base"], folder) if plain.get("base") else None
    return Environment(plain["id"], EnvironmentConfig.model_validate(plain["config"]), resolved=lock, base=base)


def plain_config(config: MatrixConfig) -> Plain:
    """What a worker needs of the configuration."""
    return {**config.model_dump(mode="json"), "environments": {}, "profiles": {}, "scenario_folders": []}


def package_of(scenario: Scenario) -> Path | None:
    """The folder of the package that a scenario of the user's own is in; None for one that comes with Crossload."""
    name = scenario.module.partition(".")[0]
    folders = [Path(root, name) for root in scenario.roots if Path(root) != import_root(BUILT_IN)]
    return folders[0] if folders else None


def plain_task(task: Task, expected_hangs: Collection[str], source: str) -> Plain:
    """A save or a load.

    :param source: digest of the package that the scenario is in; empty for one that comes with Crossload.
    """
    scenario = task.work.scenario
    plain: Plain = {
        "key": task.key,
        "format": task.work.format,
        "scenario": {
            "name": scenario.name,
            "module": scenario.module,
            "options": dict(scenario.options),
            "digest": scenario.digest,
            "only_builds": scenario.only_builds,
            "package": source,
        },
    }
    if isinstance(task, LoadTask):
        plain |= {
            "artifact": plain_artifact(task.artifact) | {"payload": {}},
            "near": task.near.model_dump(),
            "known": plain_cell(task.known) if task.known else None,
            "expected_hangs": sorted(expected_hangs),
        }
    return plain


def task_from(plain: Mapping[str, Any], environment: str, packages: Mapping[str, Path]) -> Task:
    """The task.

    :param packages: folders that hold the unpacked packages of scenarios, by digest.
    """
    told = plain["scenario"]
    roots = [str(import_root(BUILT_IN)), *([str(packages[told["package"]])] if told["package"] else ())]
    scenario = Scenario(
        name=told["name"],
        module=told["module"],
        roots=tuple(roots),
        options=told["options"],
        digest=told["digest"],
        source="",
        only_builds=told["only_builds"],
    )
    work = Work(scenario, plain["format"])
    if "artifact" not in plain:
        return SaveTask(plain["key"], work, environment)
    known = cell_from(plain["known"]) if plain["known"] else None
    near = Tolerance.model_validate(plain["near"])
    return LoadTask(plain["key"], work, artifact_from(plain["artifact"]), environment, near, known)


def plain_artifact(artifact: Artifact) -> Plain:
    """An artifact's row."""
    names = (field.name for field in dataclasses.fields(artifact))
    return {name: getattr(artifact, name) for name in names} | {"payload": dict(artifact.payload)}


def artifact_from(plain: Mapping[str, Any]) -> Artifact:
    """The artifact."""
    return Artifact(**plain)


def plain_cell(cell: Cell) -> Plain:
    """A cell's row."""
    names = (field.name for field in dataclasses.fields(cell))
    return {name: getattr(cell, name) for name in names} | {"records": [dict(record) for record in cell.records]}


def cell_from(plain: Mapping[str, Any]) -> Cell:
    """The cell."""
    return Cell(**{**plain, "requested": tuple(plain["requested"]), "records": tuple(plain["records"])})
