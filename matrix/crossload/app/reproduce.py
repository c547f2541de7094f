"""``crossload reproduce``: the command that runs one stored cell again by hand."""

import shlex
from pathlib import Path
from typing import Any

from crossload.backends import choose_backend
from crossload.config import MatrixConfig, load_config
from crossload.environments.selection import all_environments
from crossload.errors import SelectionError, StoreError
from crossload.probe import protocol
from crossload.scenario_index import index_scenarios
from crossload.store.database import Store
from crossload.store.records import Artifact, Cell


def reproduce(key: str, config: Path, out: Path, backend: str) -> str:
    """One line for a shell.

    :param key: the beginning of a key, as ``results.csv`` has it.
    :raises CrossloadError: no such cell, or what it needs is not there any more.
    """
    settings = load_config(config)
    if not (out / "store" / "results.sqlite").exists():
        raise StoreError(f"{out}: nothing has been run here yet. Run `crossload run --out {out}` first.")
    store = Store(out / "store")
    try:
        artifacts = store.artifacts()
        name = next((name for name in store.cell_keys() if key and name.startswith(key)), None)
        cell = store.cell(name) if name else None
        wanted = cell.artifact_key if cell else key
        artifact = next((item for name, item in artifacts.items() if wanted and name.startswith(wanted)), None)
        if artifact is None:
            raise SelectionError(f"no cell {key!r} in {out}. The column `key` of {out / 'results.csv'} has them.")
        request = _request(artifact, cell, store, settings, config)
    finally:
        store.close()
    environments = all_environments(settings)
    name = cell.loaded_with if cell else artifact.saved_with
    if name not in environments:
        raise SelectionError(f"{config} has no environment {name!r} any more.")
    place, _ = choose_backend(backend, settings, config.parent, [environments[name]])
    return shlex.join(place.command_line(environments[name], request))


def _request(
    artifact: Artifact, cell: Cell | None, store: Store, settings: MatrixConfig, config: Path
) -> dict[str, Any]:
    scenarios = index_scenarios(config.parent / folder for folder in settings.scenario_folders)
    if artifact.scenario not in scenarios:
        raise SelectionError(f"there is no scenario {artifact.scenario!r} any more.")
    request = {
        "op": protocol.LOAD if cell else protocol.SAVE,
        "id": "shown",
        "scenario": scenarios[artifact.scenario].request(),
        "format": artifact.format,
        "limits": settings.limits.model_dump(),
    }
    if cell is None:
        return request | {"directory": "/tmp/crossload-artifact"}
    return request | {
        "directory": str(store.artifact_folder(artifact).resolve()),
        "file": artifact.file,
        "attempts": [record["attempt"] for record in cell.records],
        "near": settings.tolerances.float32.model_dump(),
    }
