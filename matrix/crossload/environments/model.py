"""An environment: its pins, its identity, and what is known of it on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.version import Version

from crossload.config import EnvironmentConfig
from crossload.domain.versions import EnvironmentId, Natural, tensorflow_of
from crossload.environments.lock_files import lock_digest, lock_path, read_pins
from crossload.environments.locking import unmet
from crossload.environments.overlays import exchanged
from crossload.errors import LockError, SelectionError


@dataclass(frozen=True)
class Environment:
    """One line of ``[environments]`` with its lock.

    :param resolved: the lock of an environment that is resolved when it runs; None until then.
    :param unresolved: why it could not be resolved; empty otherwise.
    :param note: what has to be said of its pins, such as that they are not those of the day.
    :param base: the environment that it is like but for a few packages; None for one that stands alone.
    :param own_locks: the user's folder of locks, which go before Crossload's.
    :raises SelectionError: from the properties that need the lock, when it has not been made.
    :raises LockError: from them, when it is not a lock of what the configuration asks for.
    """

    id: str
    config: EnvironmentConfig = field(hash=False)
    resolved: Path | None = None
    unresolved: str = ""
    base: "Environment | None" = None
    own_locks: Path | None = None
    note: str = ""

    @property
    def is_floating(self) -> bool:
        """Whether its pins are those of the day on which it runs."""
        return isinstance(self.config.as_of, str)

    @property
    def lock_file(self) -> Path:
        """Where its lock lies."""
        return self.resolved or lock_path(self.id, self.own_locks)

    @property
    def name(self) -> EnvironmentId:
        """Its id in its parts."""
        return EnvironmentId.parse(self.id)

    @cached_property
    def hardware(self) -> str:
        return self.name.hardware

    @property
    def label(self) -> str:
        """The id as ``--tf`` takes it: without the hardware."""
        return self.name.label

    @property
    def variant(self) -> str:
        return self.name.variant

    @cached_property
    def tensorflow(self) -> Version:
        """Major and minor of TensorFlow; what is resolved on the day of the run sorts after every release."""
        if self.name.is_release:
            return Version(self.name.base)
        locked = tensorflow_of(self.pins) if self.name.is_keras_3 else None
        return Version("999") if locked is None else Version(".".join(locked.split(".")[:2]))

    @property
    def sort_key(self) -> tuple[int, tuple[int, ...], Natural, str]:
        return self.name.order

    @cached_property
    def lock_text(self) -> str:
        if self.resolved is None and (self.is_floating or self.unresolved):
            return ""
        try:
            text = self.lock_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise SelectionError(f"{self.id} has no lock. Make it with `crossload lock {self.id}`.") from None
        # A user's file may say something else of an environment than the lock that comes with Crossload.
        if self.resolved is None and (problem := unmet(read_pins(text), self.config)):
            raise LockError(
                f"{self.id}: its lock does not fit the configuration: {problem}. Make it with `crossload lock {self.id}`."
            )
        return text

    @cached_property
    def pins(self) -> dict[str, str]:
        return read_pins(self.lock_text)

    @cached_property
    def digest(self) -> str:
        return lock_digest(self.lock_text, self.config.python, self.config.variables)

    @cached_property
    def overlay(self) -> tuple[str, ...]:
        """Packages that make its base into this one when they stand in front of it; empty where it is installed whole."""
        base = self.base
        if base is None or base.overlay or (base.config.python, base.hardware) != (self.config.python, self.hardware):
            return ()
        try:
            return exchanged(self.lock_text, base.lock_text)
        except (SelectionError, LockError):
            return ()


@dataclass
class EnvironmentState:
    """What is known of an environment on this machine.

    :param state: ``ready``, ``missing`` (can be built) or ``unavailable`` (with the reason).
    :param facts: versions as the probe saw them; empty until it was built once.
    :param image: name, digest and base of the image it lives in, where it lives in one.
    """

    environment: Environment
    state: str
    reason: str = ""
    size_mb: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    backend: str = "venv"
    image: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What another machine needs to know to read the results made here."""
        names = ("state", "reason", "size_mb", "backend")
        return {
            "id": self.environment.id,
            "digest": self.environment.digest,
            **{name: getattr(self, name) for name in names},
            "facts": dict(self.facts),
            "image": dict(self.image),
        }

    @classmethod
    def from_record(cls, environment: Environment, record: Mapping[str, Any]) -> "EnvironmentState":
        """The state that :meth:`record` wrote down, of the same environment."""
        names = ("state", "reason", "size_mb", "facts", "backend", "image")
        return cls(environment, **{name: record[name] for name in names})

    def describe(self) -> dict[str, Any]:
        """A plain dictionary for tables and the report."""
        environment, pins = self.environment, self.environment.pins
        known = {name: self.facts.get(name) or pins.get(name) for name in ("keras", "h5py", "numpy", "protobuf")}
        return {
            "id": environment.id,
            "python": self.facts.get("python") or environment.config.python,
            "tensorflow": self.facts.get("tensorflow") or tensorflow_of(pins),
            **known,
            "state": self.state,
            "reason": self.reason or environment.note,
            "size_mb": self.size_mb,
            "digest": environment.digest,
            "hardware": environment.hardware,
            "backend": self.backend,
            "image": self.image.get("name", ""),
            "image_digest": self.image.get("digest", ""),
            "base": self.image.get("base", ""),
            "gpu": self.facts.get("gpu", ""),
            "pins": pins,
        }
