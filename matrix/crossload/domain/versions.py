"""What an environment's id says, and the one order of environments and versions.

An id is ``BASE[+VARIANT]-HARDWARE``. The base says which version it stands for: a TensorFlow (``2.10``), a Keras 3
(``keras3.7``), or what an installer gives on the day of the run (``today``, ``nightly``). The variant says what is
exchanged in it (``tf_keras``, ``py3.13``, ``jax``). Nothing else in Crossload takes an id apart.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

HARDWARE = ("cpu", "cuda")
# What Keras 3 computes with; the first where its variant says nothing.
TENSORFLOW_BACKEND, OTHER_BACKENDS = "tensorflow", ("jax", "torch")
TODAY, NIGHTLY, LEGACY_KERAS, KERAS_3 = "today", "nightly", "tf_keras", "keras3"

# By which names TensorFlow is installed.
TENSORFLOW_PACKAGES = ("tensorflow-cpu", "tensorflow", "tf-nightly-cpu", "tf-nightly")
KERAS_PACKAGES = ("keras", "tf-keras", "keras-nightly")
# From this one on, `tf.keras` is Keras 3, a package with versions of its own.
FIRST_WITH_KERAS_3 = (2, 16)
KERAS_3_MAJOR = 3
# Keras inside TensorFlow, by TensorFlow's minor, where no package of its own says which.
BUNDLED_KERAS = {"2.0": "2.2.4", "2.1": "2.2.4", "2.2": "2.3.0", "2.3": "2.4.0", "2.4": "2.4.0", "2.5": "2.5.0"}

# Kinds of base, in their order: what has a number, by its number, before what is always the newest.
_RELEASE, _KERAS, _TODAY, _NIGHTLY, _OTHER = range(5)
_BASES = (
    (_RELEASE, re.compile(r"\d+\.\d+")),
    (_KERAS, re.compile(r"keras(\d+\.\d+(?:\.\d+)?)")),
    (_TODAY, re.compile(TODAY)),
    (_NIGHTLY, re.compile(NIGHTLY)),
)
_VARIANT = re.compile(r"[\w.]*")

# A text in parts, words and numbers in turn.
Natural = tuple[str | int, ...]


def natural(text: str) -> Natural:
    """Key that sorts numbers in a text by their value: ``keras3.9`` before ``keras3.15``."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text))


@dataclass(frozen=True)
class EnvironmentId:
    """An id in its parts. Any text can be parsed, so that results of any age can be sorted; see :meth:`is_id`.

    :param base: ``2.10``, ``keras3.7``, ``today`` or ``nightly``.
    :param variant: what is exchanged in it, such as ``tf_keras``; empty for a plain one.
    :param hardware: ``cpu`` or ``cuda``.
    """

    base: str
    variant: str
    hardware: str

    def __str__(self) -> str:
        return f"{self.label}-{self.hardware}" if self.hardware else self.label

    @staticmethod
    @cache
    def parse(text: str) -> "EnvironmentId":
        """The parts of an id."""
        label, dash, hardware = text.rpartition("-")
        base, _, variant = (label if dash else text).partition("+")
        hardware = hardware if dash else ""
        return EnvironmentId(base, variant, hardware)

    @classmethod
    def is_id(cls, text: str) -> bool:
        """Whether a text has a form that ``matrix.toml`` may give to an environment."""
        found = cls.parse(text)
        known = found._kind != _OTHER and found.hardware in HARDWARE
        return known and _VARIANT.fullmatch(found.variant) is not None and str(found) == text

    @cached_property
    def _kind(self) -> int:
        return next((kind for kind, form in _BASES if form.fullmatch(self.base)), _OTHER)

    @property
    def label(self) -> str:
        """The id as ``--tf`` takes it: without the hardware."""
        return f"{self.base}+{self.variant}" if self.variant else self.base

    @property
    def spoken(self) -> str:
        """The id as people say it: CPU goes without saying."""
        return str(self).removesuffix("-cpu")

    @property
    def is_release(self) -> bool:
        """Whether its base is a release of TensorFlow."""
        return self._kind == _RELEASE

    @property
    def is_keras_3(self) -> bool:
        """Whether its base is a version of Keras 3."""
        return self._kind == _KERAS

    @property
    def is_plain(self) -> bool:
        """Whether it is a release of TensorFlow with nothing exchanged: what people move through."""
        return self.is_release and not self.variant

    @property
    def is_today(self) -> bool:
        """Whether it is what pip gives on the day of the run, with nothing exchanged: where people move to."""
        return self.base == TODAY and not self.variant

    @property
    def is_legacy_keras(self) -> bool:
        """Whether ``tf.keras`` is tf_keras there, by a variable."""
        return self.variant == LEGACY_KERAS

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The version that the base names, of TensorFlow or of Keras; empty where it names none."""
        return tuple(int(part) for part in re.findall(r"\d+", self.base)) if self._kind in (_RELEASE, _KERAS) else ()

    @property
    def keras_generation(self) -> int:
        """2 or 3: the Keras behind ``tf.keras``."""
        if self.is_legacy_keras:
            return 2
        return 2 if self.is_release and self.numbers < FIRST_WITH_KERAS_3 else 3

    @property
    def backend(self) -> str:
        """What Keras computes with there, as ``KERAS_BACKEND`` names it."""
        return self.variant if self.variant in OTHER_BACKENDS else TENSORFLOW_BACKEND

    @property
    def legacy_keras(self) -> "EnvironmentId":
        """The same base with tf_keras in the place of Keras: ``2.16+tf_keras-cpu`` for ``2.16-cpu``."""
        return EnvironmentId(self.base, LEGACY_KERAS, self.hardware)

    @cached_property
    def order(self) -> tuple[int, tuple[int, ...], Natural, str]:
        """The order of environments: 2.4 before 2.10, variants after the plain one, the newest of all last."""
        return self._kind, self.numbers, natural(self.variant if self._kind != _OTHER else self.label), self.hardware

    @cached_property
    def line(self) -> str:
        """What it shares with its neighbours, which differ from it in one version only; its own id where it has none."""
        if self.variant or self._kind not in (_RELEASE, _KERAS):
            return f"~{self}"
        return self.hardware if self.is_release else f"{self.hardware} keras"

    @cached_property
    def place_in_line(self) -> tuple[str, tuple[int, ...]]:
        """Sorts environments line by line, and those of one line by version."""
        return self.line, self.numbers


def sort_key(environment: str) -> tuple[int, tuple[int, ...], Natural, str]:
    """Key of the one order of environments; see :attr:`EnvironmentId.order`."""
    return EnvironmentId.parse(environment).order


def place_in_line(environment: str) -> tuple[str, tuple[int, ...]]:
    """Key that sorts environments line by line; see :attr:`EnvironmentId.line`."""
    return EnvironmentId.parse(environment).place_in_line


def neighbours(one: str, other: str) -> bool:
    """Whether two environments differ in one version only, so that a change between them has a "since when"."""
    return EnvironmentId.parse(one).line == EnvironmentId.parse(other).line


def in_order(environments: Iterable[str]) -> list[str]:
    """Every id once, in the order of environments; an empty one (no loader) is none."""
    return sorted({name for name in environments if name}, key=sort_key)


@cache
def legacy_of(environment: str) -> str:
    """Id of the same base with tf_keras; see :attr:`EnvironmentId.legacy_keras`. Asked for once a cell, hence the cache."""
    return str(EnvironmentId.parse(environment).legacy_keras)


def spoken(environment: str) -> str:
    """An id as people say it; CPU goes without saying."""
    return EnvironmentId.parse(environment).spoken


def spellings(word: str, hardware: Iterable[str] = HARDWARE) -> tuple[str, ...]:
    """The ids that a word may stand for: itself, and the label that it is with each hardware, CPU first."""
    return word, *(f"{word}-{kind}" for kind in hardware)


def on_the_way(environments: Iterable[str], start: str, to: str) -> list[str]:
    """Of these, the two ends and every plain release on the hardware of the goal: nobody moves through a variant."""
    hardware = EnvironmentId.parse(to).hardware
    return [
        name
        for name in environments
        if name in (start, to) or ((one := EnvironmentId.parse(name)).is_plain and one.hardware == hardware)
    ]


def tensorflow_of(pins: Mapping[str, str]) -> str | None:
    """The version of TensorFlow that pins name, under whichever of its names; None where they name none."""
    return next((pins[name] for name in TENSORFLOW_PACKAGES if name in pins), None)


def keras_of(environment: str, pins: Mapping[str, str]) -> str | None:
    """The version of the Keras behind ``tf.keras``; None where nothing says it."""
    found = EnvironmentId.parse(environment)
    if found.is_legacy_keras:
        return pins.get("tf-keras") or pins.get("tf_keras")
    return BUNDLED_KERAS.get(found.label) or next((pins[name] for name in KERAS_PACKAGES if name in pins), None)
