"""What a worker is asked to do: save an artifact, load a cell."""

from dataclasses import dataclass

from crossload.backends import WorkerError
from crossload.config import Tolerance
from crossload.domain.attempts import AttemptRecord
from crossload.domain.verdicts import HARNESS_ERROR
from crossload.planning.matrix import Work
from crossload.probe import attempts
from crossload.store.records import Artifact, Cell


@dataclass(frozen=True)
class SaveTask:
    """One artifact to be written."""

    key: str
    work: Work
    saved_with: str


@dataclass(frozen=True)
class LoadTask:
    """One cell to be run.

    :param known: what the store already holds of it.
    :param only: run these attempts instead of all that belong to its work.
    """

    key: str
    work: Work
    artifact: Artifact
    loaded_with: str
    near: Tolerance
    known: Cell | None = None
    only: tuple[str, ...] = ()

    @property
    def attempts(self) -> tuple[str, ...]:
        """The attempts that make it complete."""
        return self.only or self.work.attempts()


def failed_cell(task: LoadTask, error: WorkerError) -> Cell:
    """A cell that our own machinery could not run."""
    record: AttemptRecord = {
        "attempt": attempts.PLAIN,
        "outcome": "harness-error",
        "error_type": "WorkerError",
        "error": str(error),
        "stage": "",
        "seconds": 0.0,
    }
    return Cell(task.key, task.artifact.key, task.loaded_with, task.attempts, (record,), 0.0)


def failed_artifact(task: SaveTask, error: WorkerError) -> Artifact:
    """An artifact that our own machinery could not have written."""
    return Artifact(
        key=task.key,
        scenario=task.work.scenario.name,
        format=task.work.format,
        saved_with=task.saved_with,
        state=HARNESS_ERROR,
        folder="",
        file="",
        container="",
        bytes=0,
        seconds=0.0,
        payload={"error_type": "WorkerError", "error": str(error)},
    )
