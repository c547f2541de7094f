"""What the store keeps: artifacts, cells, and the keys that name them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crossload.domain.attempts import AttemptRecord, SaveReport
from crossload.domain.verdicts import HARNESS_ERROR


@dataclass(frozen=True)
class Artifact:
    """What one environment wrote for one scenario and format, or why it could not.

    :param state: ``saved``, ``cannot-save``, ``crashes`` or ``harness-error``.
    :param folder: digest of the artifact's folder; empty unless saved.
    :param payload: what the probe reported of it.
    """

    key: str
    scenario: str
    format: str
    saved_with: str
    state: str
    folder: str
    file: str
    container: str
    bytes: int
    seconds: float
    payload: SaveReport


@dataclass(frozen=True)
class Cell:
    """One artifact loaded in one environment: the attempts asked for, and the probe's records of those that ran."""

    key: str
    artifact_key: str
    loaded_with: str
    requested: tuple[str, ...]
    records: tuple[AttemptRecord, ...]
    seconds: float

    @property
    def is_faulty(self) -> bool:
        """Whether an attempt failed for a fault of ours."""
        return any(record["outcome"] == HARNESS_ERROR for record in self.records)


@dataclass(frozen=True)
class KnownCell:
    """What tells whether a cell is finished.

    :param requested: the attempts that were asked for.
    :param sound: whether the plain attempt is recorded and no attempt failed for a fault of ours.
    :param is_copy: whether it was measured on a file of another environment, which holds the same.
    """

    requested: frozenset[str]
    sound: bool
    is_copy: bool = False

    def covers(self, wanted: Iterable[str]) -> bool:
        """Whether nothing of what is wanted is left to be run. Where it is False, its records decide."""
        return self.sound and self.requested.issuperset(wanted)


def content_key(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
