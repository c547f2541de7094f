"""Whether the report that lies in a folder is still right, so that a run with nothing to do need not render it again."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from crossload.config import MatrixConfig
from crossload.environments.model import EnvironmentState
from crossload.inspection.bounds import json_value
from crossload.planning.matrix import Matrix
from crossload.resources import PACKAGE, REPORTS
from crossload.store.records import content_key
from crossload.util.files import write_text_atomically

_PACKAGES = (PACKAGE, REPORTS)
OUTPUTS = (
    "results.csv",
    "results.json",
    "results.schema.json",
    "results.parquet",
    "results.junit.xml",
    "attempts.csv",
    "summary.md",
    "report/index.html",
    "report/grid.svg",
)


@dataclass(frozen=True)
class Stamp:
    """What a report was made from, and what a run that finds it unchanged has to say.

    :param lines: the summary for the terminal.
    :param verdicts: those that occur.
    :param finished: when the report was written, ISO 8601.
    """

    fingerprint: str
    lines: Sequence[str]
    verdicts: Sequence[str]
    finished: str


@cache
def _code_digest() -> str:
    """Digest of everything that judges and renders: another Crossload may say something else about the same results."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(item for item in package.rglob("*") if item.is_file() and "__pycache__" not in item.parts):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(
    matrix: Matrix,
    config: MatrixConfig,
    states: Mapping[str, EnvironmentState],
    artifacts: Iterable[str],
    cells: Iterable[str],
) -> str:
    """Hash of all that a report depends on. Artifacts and cells are given by their keys."""
    return content_key(
        _code_digest(),
        config.tolerances.model_dump(),
        [[work.scenario.name, work.scenario.digest, work.format] for work in matrix.works],
        [states[environment.id].describe() for environment in matrix.environments],
        sorted(artifacts),
        sorted(cells),
    )


class StampFile:
    """The stamp of the report in one folder. It is taken away while a run goes on: a run that is killed leaves none."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._path = out / "store" / "report.json"

    def take(self) -> Stamp | None:
        """Read the stamp and remove it; None where there is none, or where a file of the report is missing."""
        try:
            stamp = Stamp(**json_value(self._path.read_bytes()))
            self._path.unlink()
        except (OSError, ValueError, TypeError):
            return None
        return stamp if all((self._out / name).is_file() for name in OUTPUTS) else None

    def put(self, stamp: Stamp) -> None:
        """Write the stamp; called when the whole report is there."""
        write_text_atomically(self._path, json.dumps(asdict(stamp)))
