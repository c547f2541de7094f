"""The time of day as it is stored and shown, and seconds that pass."""

import datetime
import time


def now(timespec: str = "seconds") -> str:
    """The time of day in ISO 8601, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec=timespec)


def today() -> datetime.date:
    """The day, UTC: the same on every machine."""
    return datetime.datetime.now(datetime.UTC).date()


class Started:
    """When something began: the time of day to be shown, and seconds since, which a clock that is set back does not change."""

    def __init__(self) -> None:
        self.at = now()
        self._monotonic = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._monotonic, 2)
