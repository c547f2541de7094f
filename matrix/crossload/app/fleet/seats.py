"""Seats for the models of a fleet, and what wrote each of them, for several threads."""

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache

from crossload.app.model_bench import SeatOptions, open_seat
from crossload.config import MatrixConfig
from crossload.environments.exact_keras import lock_exact_keras
from crossload.environments.model import Environment
from crossload.fleet.crew import OpenSeat
from crossload.fleet.reading import Read
from crossload.user_models.saver import Writer, find_saver
from crossload.user_models.seat import Conditions, Given, Seat
from crossload.util.terminal import Say


class WriterFinder:
    """Finds the environment that wrote a model; one with an exact Keras is resolved once, and added to those that are known."""

    def __init__(self, known: dict[str, Environment]) -> None:
        self._known = known
        self._lock = threading.Lock()
        self._locked = cache(lambda exactly: lock_exact_keras(exactly, known))

    def find(self, item: Read) -> Writer:
        """What wrote a model.

        :raises ModelError: the version that the user names is none.
        """
        assert item.opened is not None
        with self._lock:
            writer = find_saver(item.opened, self._known, item.given.saved_with, self._once)
            self._known[writer.environment.id] = writer.environment
        return writer

    def _once(self, exactly: str, among: Mapping[str, Environment]) -> tuple[Environment | None, str]:
        """The environment with one very Keras: a resolver is asked once for each."""
        return self._locked(exactly)


def seats_for(
    conditions: Conditions, settings: MatrixConfig, known: Mapping[str, Environment], largest: int, most_workers: int
) -> OpenSeat:
    """Opens seats.

    :param known: environments; those that come to it later are there at seats that are opened later.
    :param largest: bytes of the largest model that may be measured there.
    """

    def seat(given: Given, say: Say) -> AbstractContextManager[Seat]:
        return open_seat(SeatOptions(conditions, given, largest, most_workers), settings, known, say)

    return seat
