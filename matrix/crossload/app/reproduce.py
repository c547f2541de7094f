"""``crossload reproduce``: the command that runs one stored cell again by hand."""

import shlex
from contextlib import closing
from pathlib import Path

from crossload.backends import choose_backend
from crossload.config import MatrixConfig, load_config
from crossload.environments.model import Environment
from crossload.environments.selection import all_environments
from crossload.errors import SelectionError
from crossload.execution.probe_requests import Request, load_request, save_request
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.matrix import Work
from crossload.planning.tolerances import tolerance_for
from crossload.scenario_index import index_scenarios
from crossload.store.database import Store, open_existing
from crossload.store.records import Artifact, Cell

# What is saved by hand lies here: nothing of it belongs to the store.
_BY_HAND = Path("/tmp/crossload-artifact")


def reproduce(key: str, config: Path, out: Path, backend: str) -> str:
    """One line for a shell. It asks for what the run asked for, with the tolerance of that cell.

    :param key: the beginning of a key, as ``results.csv`` has it.
    :raises CrossloadError: no such cell, or what it needs is not there any more.
    """
    settings = load_config(config)
    environments = all_environments(settings)
    with closing(open_existing(out)) as store:
        artifact, cell = _find(store, key, out)
        name = cell.loaded_with if cell else artifact.saved_with
        if name not in environments:
            raise SelectionError(f"{config} has no environment {name!r} any more.")
        scenarios = index_scenarios(config.parent / folder for folder in settings.scenario_folders)
        if artifact.scenario not in scenarios:
            raise SelectionError(f"there is no scenario {artifact.scenario!r} any more.")
        work = Work(scenarios[artifact.scenario], artifact.format)
        if cell is None:
            request = save_request(SaveTask(artifact.key, work, name), _BY_HAND, settings.limits)
        else:
            # Of a saver that is not configured any more, only the hardware would matter.
            saver = environments.get(artifact.saved_with, environments[name])
            request = _load(work, artifact, cell, saver, environments[name], store, settings)
    place, _ = choose_backend(backend, settings, config.parent, [environments[name]])
    # By hand it gets a process of its own.
    return shlex.join(place.command_line(environments[name], {**request.form, "share": None}))


def _find(store: Store, key: str, out: Path) -> tuple[Artifact, Cell | None]:
    """The artifact that a key stands for, and the cell, where it is one's."""
    artifacts = store.artifacts()
    name = next((name for name in store.cell_keys() if key and name.startswith(key)), None)
    cell = store.cell(name) if name else None
    wanted = cell.artifact_key if cell else key
    artifact = next((item for name, item in artifacts.items() if wanted and name.startswith(wanted)), None)
    if artifact is None:
        raise SelectionError(f"no cell {key!r} in {out}. The column `key` of {out / 'results.csv'} has them.")
    return artifact, cell


def _load(
    work: Work,
    artifact: Artifact,
    cell: Cell,
    saver: Environment,
    loader: Environment,
    store: Store,
    settings: MatrixConfig,
) -> Request:
    near = tolerance_for(settings, work.scenario, saver, loader)
    task = LoadTask(cell.key, work, artifact, loader.id, near)
    folder = store.artifact_folder(artifact).resolve()
    return load_request(task, folder, [record["attempt"] for record in cell.records], settings.limits)
