"""What a run was asked for: declared once, for the command line, the run, and the next report of its folder."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


@dataclass(frozen=True)
class RunOptions:
    """What ``crossload run`` was asked for; None means the profile's own.

    :param as_of: the day whose pins nightly environments get; None for today's.
    :param shard: ``i/N`` for a part of the selection.
    :param scheduler: address of the Dask scheduler whose workers execute; None for workers of our own.
    :param artifacts: folder or fsspec URL over which they exchange artifacts; None for Dask itself.
    :param site: a folder for a web server, written besides the one-file report.
    """

    config: Path
    out: Path
    profile: str = "quick"
    tf: Sequence[str] | None = None
    hardware: Sequence[str] = ("cpu",)
    scenario: str | None = None
    formats: Sequence[str] | None = None
    backend: str = "auto"
    jobs: int = 0
    fail_on: Sequence[str] = ()
    as_of: datetime.date | None = None
    shard: str | None = None
    executor: str = "local"
    scheduler: str | None = None
    artifacts: str | None = None
    site: Path | None = None


class Selection(NamedTuple):
    """A selection as it was asked for; None means the profile's own.

    :param as_of: the day whose pins nightly environments got.
    """

    profile: str
    tf: Sequence[str] | None
    hardware: Sequence[str]
    scenario: str | None
    formats: Sequence[str] | None
    as_of: datetime.date

    @property
    def words(self) -> str:
        """The options that ask for it."""
        named = {
            "--profile": self.profile,
            "--tf": ",".join(self.tf) if self.tf is not None else None,
            "--hardware": ",".join(self.hardware),
            "--scenario": self.scenario,
            "--format": ",".join(self.formats) if self.formats is not None else None,
        }
        return " ".join(f"{option} {value}" for option, value in named.items() if value is not None)
