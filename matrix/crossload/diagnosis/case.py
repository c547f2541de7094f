"""What is known of one bad cell, as the evidence of a cause asks for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from packaging.version import Version

from crossload.domain.attempts import Rungs
from crossload.domain.verdicts import lost_rungs
from crossload.inspection import Inspection
from crossload.probe.formats import OPTIMIZER, OUTPUTS, TRAINING, WEIGHTS

# What Keras wraps around the error that matters, and the configurations that it prints into it: a configuration names
# hundreds of keys, and none of them is what went wrong.
_WRAPPED = "Exception encountered: "
_CONFIG = re.compile(r"(Full object config: |\n\nconfig=|using config=|Object config: ).*", re.DOTALL)
# Of the digits of versions, and as many as those have: what is longer is a text that somebody put there.
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){0,9}((a|b|rc)[0-9]{1,9})?(?![0-9])")


@lru_cache(maxsize=20_000)
def essence(message: str) -> str:
    """The innermost error of a message, without the configurations that Keras prints into it."""
    return _CONFIG.sub("", message.rpartition(_WRAPPED)[2]).strip()


@dataclass(frozen=True)
class Pins:
    """Versions of one environment that decide how a file is written and read; None where there is none."""

    tensorflow: Version | None = None
    keras: Version | None = None
    python: Version | None = None
    h5py: Version | None = None
    numpy: Version | None = None
    protobuf: Version | None = None

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Pins":
        """From an environment's facts. ``2.2.4-tf`` counts as 2.2.4."""
        names = ("tensorflow", "keras", "python", "h5py", "numpy", "protobuf")
        return cls(**{name: version_in(facts.get(name)) for name in names})


def version_in(text: Any) -> Version | None:
    """The version number that a text begins with."""
    found = _NUMBER.match(str(text or ""))
    return Version(found[0]) if found else None


@dataclass(eq=False)  # not frozen: one is made for each bad cell, and that takes three times as long
class Case:
    """One bad cell.

    :param verdict: of the cell; :param attempt: the attempt that it rests on.
    :param error: message of the plain attempt, or of the save.
    :param place: file and line that raised.
    :param rungs: state of each rung of the attempt that the verdict rests on (``pass``, ``lost``, ``n/a``).
    :param measured: what the probe recorded of the rungs of that attempt.
    :param inspect: reads the file when evidence first asks for it.
    :param passed: what plain loading passes as ``custom_objects``: key to the name in its module.
    :param round_trip: verdict of the same artifact in the environment that wrote it; empty where it was not run.
    """

    verdict: str
    format: str
    saver: Pins
    loader: Pins
    attempt: str = ""
    error_type: str = ""
    error: str = ""
    stage: str = ""
    place: str = ""
    rungs: Mapping[str, str] = field(default_factory=dict)
    measured: Rungs = field(default_factory=dict)
    inspect: Callable[[], Inspection | None] | None = None
    passed: Mapping[str, str] = field(default_factory=dict)
    round_trip: str = ""
    same_environment: bool = False

    @cached_property
    def essence(self) -> str:
        return essence(self.error)

    @cached_property
    def lost(self) -> tuple[str, ...]:
        """Rungs that were lost, lowest first."""
        return tuple(lost_rungs(self.rungs))

    @cached_property
    def file(self) -> Inspection | None:
        return self.inspect() if self.inspect is not None else None

    @cached_property
    def observed(self) -> frozenset[str]:
        """What the measurements show, by name; see `observations`."""
        return frozenset(observations(self.measured))


def observations(measured: Rungs) -> list[str]:
    """Named facts of the rungs' measurements: ``slots-gone``, ``steps-reset``, ``weights-fewer`` …"""
    found = []
    optimizer = measured.get(OPTIMIZER) or {}
    changes = optimizer.get("differences") or {}
    if optimizer.get("note") == "not compiled":
        found.append("not-compiled")
    if "slots" in changes:
        expected, actual = changes["slots"]
        found.append("slots-gone" if expected and not actual else "slots-differ")
    if "steps" in changes:
        found.append("steps-reset" if changes["steps"][1] == 0 else "steps-differ")
    found += [
        f"{name.replace('_', '-')}-differs"
        for name in ("optimizer", "learning_rate", "loss", "metrics")
        if name in changes
    ]
    if set(changes) - {"slots", "steps", "optimizer", "learning_rate", "loss", "metrics"}:
        found.append("settings-differ")
    weights = measured.get(WEIGHTS) or {}
    if weights.get("same") is False:
        expected, actual = weights.get("expected", []), weights.get("actual", [])
        if len(actual) != len(expected):
            found.append("weights-fewer" if len(actual) < len(expected) else "weights-more")
        else:
            found.append("weights-other-shapes" if sorted(expected) != sorted(actual) else "weights-other-values")
    outputs = measured.get(OUTPUTS) or {}
    if outputs.get("mismatch"):
        found.append("outputs-of-another-kind")
    training = measured.get(TRAINING) or {}
    if training.get("error_type"):
        found.append("training-raises")
    elif training.get("note") == "not compiled":
        found.append("not-compiled")
    return list(dict.fromkeys(found))
