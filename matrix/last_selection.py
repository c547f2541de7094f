"""What a folder's last run was asked for, so that its report can be rendered again without saying it once more."""

import datetime
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from matrix.atomic import write_text_atomically


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


def _path(out: Path) -> Path:
    return out / "store" / "selection.json"


def remember(out: Path, selection: Selection) -> None:
    """Note what a run that begins was asked for; where it can not be written, the run goes on without."""
    told = selection._asdict() | {"as_of": selection.as_of.isoformat()}
    with suppress(OSError):
        write_text_atomically(_path(out), json.dumps(told) + "\n")


def last_selection(out: Path) -> Selection | None:
    """What the last run into this folder was asked for; None where that is not known."""
    try:
        told: Mapping[str, Any] = json.loads(_path(out).read_text(encoding="utf-8"))
        return Selection(**{**told, "as_of": datetime.date.fromisoformat(told["as_of"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
