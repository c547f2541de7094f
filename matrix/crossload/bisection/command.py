"""Puts a bisection together from a run's results, its configuration and its store."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from crossload.backends.venv import VenvBackend
from crossload.bisection.endpoints import Change, find_cell, find_change
from crossload.bisection.probe_environment import Prober
from crossload.bisection.procedure import Bisection
from crossload.config import load_config
from crossload.domain.versions import place_in_line
from crossload.environments.selection import all_environments
from crossload.errors import SelectionError, StoreError
from crossload.execution.provisioner import Provisioner
from crossload.planning.matrix import Work
from crossload.scenario_index import index_scenarios
from crossload.store.database import Store


def bisect_cell(name: str, out: Path, config_path: Path, say: Callable[[str], None]) -> str:
    """Narrow the change that a cell stands for; returns the sentence that says where it is.

    :param out: folder of the run that has the cell.
    :param say: receives a line for every step.
    :raises CrossloadError: there is no such cell, or no change to narrow.
    """
    config = load_config(config_path)
    rows = _result_rows(out)
    change = find_change(rows, find_cell(rows, name))
    environments = all_environments(config)
    scenarios = index_scenarios(config_path.parent / folder for folder in config.scenario_folders)
    scenario = change.new["scenario"]
    for needed in (change.environment(change.old), change.environment(change.new), change.fixed):
        if needed not in environments:
            raise SelectionError(f"environment {needed} is not in {config_path} any more. Run the matrix again first.")
    if scenario not in scenarios:
        raise SelectionError(f"scenario {scenario} is not there any more. Run the matrix again first.")
    old, new = change.environment(change.old), change.environment(change.new)
    say(f"{scenario} {change.new['format']}: {old} {change.old['verdict']}, {new} {change.new['verdict']}")
    store = Store(out / "store")
    try:
        with (
            FileLock(out / "store" / "run.lock", timeout=0),
            Provisioner(VenvBackend(), environments, lambda line: None) as places,
        ):
            work = Work(scenarios[scenario], change.new["format"])
            prober = Prober(change, work, places, store, config, say)
            bisection = Bisection(change, prober, _between(change, list(environments)))
            line = bisection.run()
            say(f"{len(prober.probed)} environments probed")
            return line
    except Timeout:
        raise StoreError(f"{out}: a run is using it. Wait for it, or choose another folder with --out.") from None
    finally:
        store.close()


def _result_rows(out: Path) -> list[dict[str, Any]]:
    import pandas as pd

    try:
        table = pd.read_csv(out / "results.csv", keep_default_na=False, dtype=str)
    except (OSError, ValueError):
        raise StoreError(f"{out}: has no results yet. Run `crossload run --out {out}` first.") from None
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _between(change: Change, names: Sequence[str]) -> list[str]:
    """Configured environments between the two ends of a change that differ from them in the version only."""
    first, last = (place_in_line(change.environment(row)) for row in (change.old, change.new))
    return [name for name in sorted(names, key=place_in_line) if first < place_in_line(name) < last]
