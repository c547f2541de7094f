"""What the host of a cluster takes for each batch and for each of its results, in processor seconds.

``python -m benchmarks.host OUT`` replays batches of real results, taken from the output folder of a run, through the engine that
keeps the books: packing and sending on one side, unpacking, verifying and storing on the other. Dask's own work on the way is not
in it, except for pickling.
"""

import pickle
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from crossload.app.selection import select_matrix
from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.execution.dask.cluster import Seat
from crossload.execution.dask.engine import DaskEngine
from crossload.execution.dask.transfer import pack
from crossload.execution.dask.wire import plain_artifact, plain_cell
from crossload.execution.options import RunOptions, Selection
from crossload.store.database import Store

_SEATS = [Seat(f"tcp://10.0.0.{number}:1", 0, f"10.0.0.{number}", frozenset({"venv"})) for number in range(8)]


class _Replay:
    """A cluster whose workers answer from a store, at once."""

    def __init__(self, source: Store) -> None:
        self._source = source
        artifacts = source.artifacts().values()
        self._artifacts = {(item.scenario, item.format, item.saved_with): item for item in artifacts}
        names = {item.key: (item.scenario, item.format, item.saved_with) for item in artifacts}
        self._cells = {
            (*names[cell.artifact_key], cell.loaded_with): cell
            for cell in source.cells().values()
            if cell.artifact_key in names
        }
        self.batches = self.results = 0
        self.seconds = 0.0

    def seats(self, say: Any) -> list[Seat]:
        return _SEATS

    def nothing(self, *arguments: Any) -> None:
        """What a replay has no use for."""

    someone_works = check_patience = retire = stop = nothing

    def submit(self, batch: Mapping[str, Any], seat: Seat, resources: Mapping[str, float]) -> Any:
        sent = pickle.dumps(batch)
        started = time.thread_time()
        answer = pickle.dumps(self._answer(pickle.loads(sent), seat))
        # What the worker would have done is not the host's.
        self.seconds -= time.thread_time() - started
        self.batches += bool(batch["tasks"])
        self.results += len(batch["tasks"])
        return _Future(f"batch{self.batches} {len(batch['tasks'])} {batch['environment']['id']}", answer)

    def _answer(self, batch: Mapping[str, Any], seat: Seat) -> dict[str, Any]:
        environment = batch["environment"]["id"]
        packed: dict[str, bytes] = {}
        finished = []
        for task in batch["tasks"]:
            name, form = task["scenario"]["name"], task["format"]
            if "artifact" in task:
                cell = self._cells.get((name, form, task["artifact"]["saved_with"], environment))
                finished.append(
                    {"key": task["key"], "seconds": 0.1, "fault": "not measured"}
                    if cell is None
                    else {
                        **{"key": task["key"], "seconds": 0.1},
                        "cell": plain_cell(cell) | {"key": task["key"], "artifact_key": task["artifact"]["key"]},
                    }
                )
                continue
            artifact = self._artifacts[name, form, environment]
            if artifact.folder:
                packed[artifact.folder] = pack(self._source.artifact_folder(artifact))
            finished.append(
                {"key": task["key"], "seconds": 0.1, "artifact": plain_artifact(artifact) | {"key": task["key"]}}
            )
        facts = {"python": "3.11.0", "tensorflow": environment}
        state = {"state": "ready", "reason": "", "size_mb": 1.0, "facts": facts, "backend": "venv", "image": {}}
        return {
            **{"state": state, "finished": finished, "packed": packed, "messages": [], "why": "", "retire": False},
            **{"missing": [], "warm": [environment], "address": seat.address, "machine": seat.machine},
        }


class _Future:
    status = "finished"

    def __init__(self, key: str, answer: bytes) -> None:
        self.key, self._answer = key, answer

    def add_done_callback(self, done: Any) -> None:
        done(self)

    def result(self, timeout: float) -> Any:
        return pickle.loads(self._answer)

    def release(self) -> None:
        pass


def measure(out: Path, environments: str, scenarios: str) -> dict[str, float]:
    """Seconds a batch and a result, and how many of each were replayed."""
    config = load_config(Path("matrix.toml"))
    options = RunOptions(
        config=Path("matrix.toml"),
        out=out,
        selection=Selection(profile="full", tf=environments.split(","), scenario=scenarios),
    )
    matrix = select_matrix(options, config)
    with (
        tempfile.TemporaryDirectory() as scratch,
        closing(Store(out / "store")) as source,
        closing(Store(Path(scratch, "store"))) as target,
    ):
        cluster = _Replay(source)
        engine = DaskEngine(matrix, config, VenvBackend.name, target, cluster, None)  # type: ignore[arg-type]
        started = time.thread_time()
        engine.run()
        seconds = time.thread_time() - started + cluster.seconds
        return {
            **{"batches": cluster.batches, "results": cluster.results, "seconds": round(seconds, 3)},
            "milliseconds_a_result": round(1000 * seconds / cluster.results, 2),
        }


if __name__ == "__main__":
    chosen = sys.argv[2:4] if len(sys.argv) > 3 else ["2.10,2.15,2.16,2.21", "dense,conv2d,lstm,gru,lambda,functional*"]
    print(measure(Path(sys.argv[1]), *chosen))
