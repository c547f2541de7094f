"""Which published weaknesses of a loader a file could use: constructs of the file held against the loader's Keras.

By advisory and by reading Keras' sources, not by running: an answer says so.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, field_validator

from crossload.inspection.carried import MEANINGS, Carried
from crossload.resources import ADVISORIES

KERAS, TF_KERAS = "keras", "tf_keras"


class Affected(BaseModel):
    """Versions from ``introduced`` up to, and without, ``fixed``; without ``fixed``, all that follow."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    introduced: str
    fixed: str = ""

    def holds(self, version: Version) -> bool:
        """Whether a version is among them."""
        return Version(self.introduced) <= version and (not self.fixed or version < Version(self.fixed))


class Advisory(BaseModel):
    """One entry of ``advisories.toml``, which documents the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    package: str = KERAS
    constructs: tuple[str, ...]
    formats: tuple[str, ...]
    summary: str
    affected: tuple[Affected, ...]
    advisory: str

    @field_validator("constructs")
    @classmethod
    def _are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in value if name not in MEANINGS]
        if unknown:
            raise ValueError(f"no construct {unknown[0]!r}")
        return value


@dataclass(frozen=True)
class Exposure:
    """A weakness of a loader that a file could use.

    :param fixed: versions of Keras from which on it is mended, one for each line; empty where none is.
    """

    advisory: Advisory
    carried: Carried
    fixed: tuple[str, ...]


@cache
def load_advisories() -> tuple[Advisory, ...]:
    """Every known advisory."""
    told = tomllib.loads(ADVISORIES.read_text(encoding="utf-8"))
    return tuple(Advisory.model_validate(item) for item in told["advisory"])


def exposures(carries: Iterable[Carried], form: str, keras: str, package: str = KERAS) -> list[Exposure]:
    """What of a file a loader does not guard against, one for each advisory.

    :param form: the format of the file.
    :param keras: version of the loader's Keras; what is no version is affected by nothing that is known.
    :param package: ``keras`` or ``tf_keras``.
    """
    try:
        version = Version(keras)
    except InvalidVersion:
        return []
    found: list[Exposure] = []
    for advisory in load_advisories():
        if advisory.package != package or form not in advisory.formats:
            continue
        if not any(item.holds(version) for item in advisory.affected):
            continue
        held = next((item for item in carries if item.construct in advisory.constructs), None)
        if held is not None:
            found.append(Exposure(advisory, held, tuple(item.fixed for item in advisory.affected if item.fixed)))
    return found
