"""The machines: who is there, what each offers, and whether all of them run the same Crossload."""

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import distributed

from crossload.errors import ClusterError
from crossload.execution.dask import tasks

# How long a run waits for a worker that can serve it, and how often it looks who is there.
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Seat:
    """Where one batch at a time can run: a worker's address, and the machine it is on."""

    address: str
    number: int
    machine: str
    resources: frozenset[str]


class Cluster:
    """A Dask scheduler and its workers, or workers started here.

    :param address: of the scheduler; None for workers of our own.
    :param jobs: how many of our own.
    :raises ClusterError: it cannot be reached, or runs another Crossload or Python.
    """

    def __init__(self, address: str | None, jobs: int) -> None:
        self.own: distributed.LocalCluster | None = None
        # Dask tells every reconnection; what matters is said by the engine.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if address is None:
            self.own = distributed.LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                dashboard_address=None,
                resources={"venv": 1, "docker": 1},
                silence_logs=logging.CRITICAL,
            )
        try:
            self.client = distributed.Client(self.own or address, timeout=15, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ClusterError(f"--scheduler {address}: no scheduler answers ({_last_line(error)}).") from None
        self.name = address or f"{jobs} workers of our own"
        self._checked: set[str] = set()
        self._refused: dict[str, str] = {}
        self._seats: list[Seat] = []
        self._looked = 0.0
        self._alone_since = time.monotonic()
        self._check_scheduler()

    def _check_scheduler(self) -> None:
        try:
            found = self.client.run_on_scheduler(tasks.identity)
        except Exception as error:
            self.close()
            raise ClusterError(
                f"the scheduler at {self.name} cannot run Crossload ({_last_line(error)}). Install the same version there."
            ) from None
        different = _differences(found)
        if different:
            self.close()
            raise ClusterError(f"the scheduler at {self.name} {different}. Install the same on both sides.")

    def _why_not(self, address: str) -> str:
        """Why a worker cannot take part; empty where it can."""
        try:
            return _differences(self.client.run(tasks.identity, workers=[address])[address])
        except KeyError:
            return "has left"
        except Exception as error:
            return f"cannot run Crossload ({_last_line(error)})"

    def seats(self, say: Any, now: bool = False) -> list[Seat]:
        """Everyone who can take a batch. Newcomers are checked, and refused where they run something else.

        :param say: told, once each, who is refused and why.
        :raises ClusterError: the scheduler is gone, or all workers were refused.
        """
        if time.monotonic() - self._looked < _LOOK_SECONDS and not now:
            return self._seats
        try:
            workers = self.client.scheduler_info(n_workers=-1)["workers"]
        except Exception as error:
            raise ClusterError(
                f"the scheduler at {self.name} is gone ({_last_line(error)}). Results so far are kept; "
                "the same command goes on from there."
            ) from None
        for address in workers:
            if address not in self._checked:
                self._checked.add(address)
                reason = self._why_not(address)
                if reason:
                    self._refused[address] = reason
                    say(f"worker {address} {reason}: it gets no work")
        self._seats = [
            Seat(address, number, facts["host"], frozenset(facts["resources"]))
            for address, facts in workers.items()
            if address not in self._refused
            for number in range(facts["nthreads"])
        ]
        if workers and not self._seats and self._looked == 0.0:
            # Said at once: waiting would not make them fit.
            reasons = "; ".join(f"{address} {reason}" for address, reason in list(self._refused.items())[:3])
            raise ClusterError(f"no worker at {self.name} can take part: {reasons}.")
        self._looked = time.monotonic()
        return self._seats

    def retire(self, address: str, reason: str) -> None:
        """Give a worker no more work."""
        self._checked.add(address)
        self._refused[address] = reason
        self._seats = [seat for seat in self._seats if seat.address != address]

    def check_patience(self, what: str) -> None:
        """Raise ClusterError when nobody has been able to work for long.

        :param what: what is waited for.
        """
        if time.monotonic() - self._alone_since > _PATIENCE_SECONDS:
            reasons = "; ".join(f"{address} {reason}" for address, reason in list(self._refused.items())[:3])
            raise ClusterError(
                f"no worker for {what} at {self.name} for {_PATIENCE_SECONDS:.0f} s"
                + (f" ({reasons})" if reasons else "")
                + ". Results so far are kept; the same command goes on from there."
            )

    def someone_works(self) -> None:
        """Reset the patience: there is a seat that can be used."""
        self._alone_since = time.monotonic()

    def submit(self, batch: Mapping[str, Any], seat: Seat, resources: Mapping[str, float]) -> Any:
        """Start a batch there; elsewhere when that worker is lost."""
        return self.client.submit(
            tasks.run_batch,
            batch,
            workers=[seat.address],
            allow_other_workers=True,
            resources=dict(resources),
            pure=False,
            retries=0,
        )

    def stop(self, run: str) -> None:
        """End what a run still does on all workers."""
        try:
            self.client.run(tasks.stop_run, run, on_error="ignore")
        except Exception:
            return  # whoever cannot be reached does nothing any more

    def close(self) -> None:
        """Leave the cluster; workers of our own are ended."""
        for ending, seconds in ((self.client, 5), (self.own, 30)):
            # On a crowded machine goodbyes take long. Nothing depends on them: whatever is left ends with this process.
            with suppress(TimeoutError, OSError):
                if ending is not None:
                    ending.close(timeout=seconds)


def _differences(found: Mapping[str, str]) -> str:
    here = tasks.identity()
    return "; ".join(
        f"has {name} {found.get(name, '?')}, here it is {value}"
        for name, value in here.items()
        if found.get(name) != value
    )


def _last_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[-1][:200]
