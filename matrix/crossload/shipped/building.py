"""Makes the shipped measurements out of a run's tables and store."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crossload.config import MatrixConfig
from crossload.diagnosis.case import essence
from crossload.domain.cells import AXES, CellRow, environments_of
from crossload.domain.verdicts import HARNESS_ERROR, UNAVAILABLE
from crossload.errors import StoreError
from crossload.explaining.answer import LONGEST
from crossload.inspection import Inspection, inspect
from crossload.scenario_index import index_scenarios
from crossload.shipped.answers import results_of
from crossload.shipped.file_format import OUTCOME, Measurements, pack
from crossload.store.database import Store
from crossload.store.records import Artifact

# Read for what a scenario's models are made of, in this order: what says most comes first.
_TELLING = ("keras", "h5", "savedmodel", "json+weights", "checkpoint-callback")
_VERSIONS = ("id", "python", "tensorflow", "keras", "h5py", "numpy", "protobuf", "digest", "hardware", "backend")


def build(out: Path, config: MatrixConfig, folder: Path) -> Measurements:
    """The measurements of a run, without what says nothing elsewhere: faults of ours, and what could not be had there.

    :param folder: what the configuration's relative paths start from.
    :raises StoreError: there are no results or no store.
    """
    document = results_of(out)
    if document is None:
        raise StoreError(f"{out}: there are no results to build from. Run `crossload run --out {out}` first.")
    if not (out / "store" / "results.sqlite").is_file():
        raise StoreError(f"{out}: there is no store beside the results. Give the folder of a run.")
    rows = [_packed(row) for row in document["results"] if row["verdict"] not in (HARNESS_ERROR, UNAVAILABLE)]
    used = environments_of(rows)
    environments = [
        {name: item.get(name) for name in _VERSIONS} | {name: item[name] for name in ("sample",) if item.get(name)}
        for item in document["environments"]
        if item["id"] in used
    ]
    store = Store(out / "store")
    try:
        artifacts = list(store.artifacts().values())
        measured = store.measured_last()
    finally:
        store.close()
    known = index_scenarios(folder / name for name in config.scenario_folders)
    names = sorted({row["scenario"] for row in rows})
    features = _features(names, artifacts, store)
    families = {row["scenario"]: row["family"] for row in document["results"]}
    scenarios = [
        {
            "name": name,
            "family": families[name],
            "digest": known[name].digest[:16] if name in known else "",
            # What happened to the file after it was saved says nothing about files to which it did not happen.
            "altered": name in known and bool(known[name].options["after_save"]),
            "features": features.get(name, {}),
        }
        for name in names
    ]
    run = document["run"]
    facts = {
        "date": str(measured or run["finished"])[:10],
        "command": _command(str(run.get("command") or "")),
        **{name: run.get(name) for name in ("version", "host", "backend", "tolerances")},
    }
    return pack(rows, facts, environments, scenarios)


def _command(command: str) -> str:
    """The command of a run without the folder it wrote to, which says nothing elsewhere."""
    return re.sub(r" --out[= ]\S+", "", command)


def _packed(row: CellRow) -> CellRow:
    """A row with its texts shortened; numbers keep one digit, so that cells that ended alike are alike."""
    kept: dict[str, Any] = {name: row.get(name) for name in (*AXES, *OUTCOME)}
    difference = row.get("max_abs_diff")
    kept["max_abs_diff"] = float(f"{difference:.0e}") if isinstance(difference, float) else difference
    kept["error"] = " ".join(essence(str(row.get("error") or "")).split())[:LONGEST]
    kept["reason"] = " ".join(str(row.get("reason") or "").split())[:120]
    kept["cost"], kept["twin"] = row.get("cost") or "", row.get("twin") or ""
    return kept


def _features(names: Iterable[str], artifacts: Iterable[Artifact], store: Store) -> dict[str, dict[str, Any]]:
    """What the models of each scenario are made of, read from one of their files."""
    best: dict[str, tuple[int, Artifact]] = {}
    for artifact in artifacts:
        if artifact.state == "saved" and artifact.format in _TELLING:
            rank = _TELLING.index(artifact.format)
            if artifact.scenario not in best or rank < best[artifact.scenario][0]:
                best[artifact.scenario] = rank, artifact
    return {
        name: features_of(inspect(store.artifact_folder(best[name][1]) / best[name][1].file))
        for name in names
        if name in best
    }


def features_of(found: Inspection) -> dict[str, Any]:
    """What decides whether two saved models are alike."""
    return {
        "classes": sorted(set(found.classes) - set(found.custom)),
        "custom": bool(found.custom),
        "registered": bool(found.registered),
        "lambdas": found.lambdas > 0,
        "nested": found.nested,
        "compiled": bool(found.compiled),
    }
