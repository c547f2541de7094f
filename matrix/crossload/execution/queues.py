"""What is waiting to be run in one environment, and in which order it is taken."""

from collections import deque
from collections.abc import Mapping

from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.process_sharing import share_key
from crossload.probe import protocol
from crossload.store.records import Artifact

Task = SaveTask | LoadTask

# Seconds of a task of which nothing is known yet; only the order depends on it.
_UNKNOWN = 0.3


class Durations:
    """Seconds that a task is expected to take, from what the store measured of its like."""

    def __init__(self, artifacts: Mapping[str, Artifact], loads: Mapping[str, tuple[float, int]]) -> None:
        """
        :param loads: seconds that the loads of an artifact took together, and their number, by its key.
        """
        seconds: dict[tuple[str, ...], tuple[float, int]] = {}

        def note(op: str, artifact: Artifact, value: float, count: int) -> None:
            for kind in ((op, artifact.format, artifact.scenario), (op, artifact.format)):
                total, number = seconds.get(kind, (0.0, 0))
                seconds[kind] = total + value, number + count

        for artifact in artifacts.values():
            note(protocol.SAVE, artifact, artifact.seconds, 1)
        for key, (value, count) in loads.items():
            if key in artifacts:
                note(protocol.LOAD, artifacts[key], value, count)
        self._means = {kind: total / number for kind, (total, number) in seconds.items()}

    def expected(self, task: Task) -> float:
        """Seconds; of the same scenario and format, else of the same format."""
        op = protocol.SAVE if isinstance(task, SaveTask) else protocol.LOAD
        known = self._means.get((op, task.work.format, task.work.scenario.name))
        return self._means.get((op, task.work.format), _UNKNOWN) if known is None else known


class TaskQueue:
    """Tasks of one kind in one environment. Those that may share a process are taken one after the other.

    Not safe for several threads: the engine's lock guards it.
    """

    def __init__(self, durations: Durations) -> None:
        self._durations = durations
        self._groups: dict[str, deque[Task]] = {}
        self._seconds: dict[str, float] = {}

    def __len__(self) -> int:
        return sum(len(group) for group in self._groups.values())

    @property
    def seconds(self) -> float:
        """Expected seconds of everything that waits."""
        return sum(self._seconds.values())

    @staticmethod
    def group_of(task: Task) -> str:
        """Name of the group that a task is taken with."""
        op = protocol.SAVE if isinstance(task, SaveTask) else protocol.LOAD
        return share_key(task.work.scenario, task.work.format, op) or f"alone: {task.work.scenario.name}"

    def add(self, task: Task) -> None:
        name = self.group_of(task)
        self._groups.setdefault(name, deque()).append(task)
        self._seconds[name] = self._seconds.get(name, 0.0) + self._durations.expected(task)

    def take(self, group: str) -> Task | None:
        """The next task of this group; when it has none, of the group that will take longest."""
        if not self._groups:
            return None
        name = group if group in self._groups else max(self._seconds, key=lambda key: self._seconds[key])
        task = self._groups[name].popleft()
        self._seconds[name] -= self._durations.expected(task)
        if not self._groups[name]:
            del self._groups[name], self._seconds[name]
        return task
