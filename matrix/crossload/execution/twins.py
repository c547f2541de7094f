"""Which loads of a run are measured on a twin of their file. Its methods are called under the lock of the run's books."""

from collections import defaultdict
from collections.abc import Mapping

from crossload.config import SampleConfig
from crossload.environments.model import Environment
from crossload.execution.tasks import LoadTask
from crossload.inspection.content import content_digest
from crossload.planning.keys import CellKeys
from crossload.planning.matrix import Work
from crossload.planning.twins import class_of, is_drawn
from crossload.store.database import Store
from crossload.store.records import Artifact, Cell, KnownCell
from crossload.store.twins import Contents


class Twins:
    """Of each class of files that hold the same and each loader, one file is loaded; the others wait for it."""

    def __init__(self, store: Store, sample: SampleConfig, keys: CellKeys, known: Mapping[str, KnownCell]) -> None:
        """
        :param sample: the share of cells that are run all the same, and the seed of the draw.
        :param known: cells of the store.
        """
        self._store, self._sample, self._keys, self._known = store, sample, keys, known
        self._contents = Contents(store)
        self._members: defaultdict[str, list[str]] = defaultdict(list)
        for key, name in self._contents.classes.items():
            self._members[name].append(key)
        # By class and loader: what runs, or will, with those that wait for it; what was measured in this run, by its key.
        self._waiting: dict[tuple[str, str], list[LoadTask]] = {}
        self._measured: dict[tuple[str, str], str] = {}

    def enter(self, work: Work, artifact: Artifact, saver: Environment) -> None:
        """Find out what an artifact holds; without the lock, for its files are read.

        :raises StoreError: it cannot be written down.
        """
        if artifact.state != "saved" or artifact.key in self._contents.classes:
            return
        try:
            content = content_digest(self._store.artifact_folder(artifact))
        except OSError:
            return  # whoever loads it will say so
        name = class_of(work, artifact, saver.hardware, content)
        self._contents.put(artifact.key, name)
        self._members[name].append(artifact.key)

    def donor(self, task: LoadTask) -> Cell | None:
        """A stored cell that was measured on a twin and may stand for this one."""
        name = self._class_of(task)
        if name is None:
            return None
        if (name, task.loaded_with) in self._measured:
            return self._store.cell(self._measured[name, task.loaded_with])
        for member in self._members[name]:
            key = self._keys.key(member, task.loaded_with)
            known = self._known.get(key)
            if known is not None and not known.is_copy and known.covers(task.attempts):
                return self._store.cell(key)
        return None

    def claim(self, task: LoadTask) -> bool:
        """Whether a load is to be run: not where a twin of its file is going to be, which it then waits for."""
        name = self._class_of(task)
        if name is None:
            return True
        waiting = self._waiting.get((name, task.loaded_with))
        if waiting is None:
            self._waiting[name, task.loaded_with] = []
            return True
        waiting.append(task)
        return False

    def ended(self, task: LoadTask, cell: Cell | None) -> list[LoadTask]:
        """The loads that waited for this one.

        :param cell: what was measured, which may stand for them; None where a fault of ours kept it from that.
        """
        name = self._contents.classes.get(task.artifact.key)
        if name is None:
            return []
        if cell is not None:
            self._measured.setdefault((name, task.loaded_with), cell.key)
        return self._waiting.pop((name, task.loaded_with), []) if self._class_of(task) else []

    def _class_of(self, task: LoadTask) -> str | None:
        """The class of a load's file; None where it is run whatever its twins do."""
        artifact = task.artifact
        name = self._contents.classes.get(artifact.key)
        cell = (artifact.scenario, artifact.format, artifact.saved_with, task.loaded_with)
        if task.loaded_with == artifact.saved_with or name in self._contents.dissolved or is_drawn(cell, self._sample):
            return None
        return name
