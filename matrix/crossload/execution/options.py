"""What a run was asked for: declared once, for the command line, the run, and the next report of its folder."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Selection:
    """Environments, scenarios and formats as they were asked for; None means the profile's own.

    :param as_of: the day whose pins nightly environments get; None for today's.
    """

    profile: str = "quick"
    tf: Sequence[str] | None = None
    hardware: Sequence[str] = ("cpu",)
    scenario: str | None = None
    formats: Sequence[str] | None = None
    as_of: datetime.date | None = None

    @property
    def day(self) -> datetime.date:
        """The day whose pins nightly environments get."""
        return self.as_of or datetime.datetime.now(datetime.UTC).date()

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


@dataclass(frozen=True)
class RunOptions:
    """What ``crossload run`` was asked for.

    :param out: folder of the store and of everything that is rendered.
    :param jobs: workers at a time; 0 is one for each core.
    :param fail_on: verdicts that make the exit code 1.
    :param shard: ``i/N`` for a part of the selection.
    :param scheduler: address of the Dask scheduler whose workers execute; None for workers of our own.
    :param artifacts: folder or fsspec URL over which they exchange artifacts; None for Dask itself.
    :param site: a folder for a web server, written besides the one-file report.
    """

    config: Path
    out: Path
    selection: Selection = field(default_factory=Selection)
    backend: str = "auto"
    jobs: int = 0
    fail_on: Sequence[str] = ()
    shard: str | None = None
    executor: str = "local"
    scheduler: str | None = None
    artifacts: str | None = None
    site: Path | None = None
