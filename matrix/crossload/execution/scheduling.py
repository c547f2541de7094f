"""Which environment a free worker serves next, and how much it takes at once. Pure: the engine and the simulation share it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

# Seconds of work that a worker takes at once: as much as makes the way there and back negligible, and no more, for what a
# lost worker had taken is run again, and nobody can load an artifact before the batch that saved it is back.
MOST_SECONDS = 5.0
LEAST_SECONDS = 0.5

# Seconds until the first task can run in an environment: where it is not built, and where it is and nothing runs in it.
BUILD_SECONDS = 20.0
START_SECONDS = 3.0


@dataclass(frozen=True)
class Waiting:
    """What waits in one environment: expected seconds of its saves and of its loads, and how many workers are in it."""

    saves: float
    loads: float
    servers: int

    @property
    def share(self) -> float:
        """Seconds for each worker, with one more."""
        return (self.saves + self.loads) / (self.servers + 1)


def choose(waiting: Mapping[str, Waiting], start: Callable[[str], float]) -> str | None:
    """The environment that a free worker should serve; None where none is worth its start.

    Saves go first, for they make the work of others possible; then what is warm on this worker; then where most is left. A
    cold environment that others serve is worth it only when its share exceeds what starting it costs.

    :param start: seconds until the first task would run there on this worker; 0 where it is warm.
    """
    worth = {name: found for name, found in waiting.items() if not found.servers or found.share > start(name)}
    saving = {name: found for name, found in worth.items() if found.saves > 0}
    return max(saving or worth, key=lambda name: (start(name) == 0, worth[name].share, name), default=None)


def batch_seconds(left: float, workers: int) -> float:
    """How many expected seconds of work to take at once: less towards the end, so that all workers end together.

    :param left: expected seconds of everything that waits.
    """
    return min(MOST_SECONDS, max(LEAST_SECONDS, left / (4 * max(workers, 1))))
