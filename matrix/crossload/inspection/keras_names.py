"""Every public name of every Keras, with the versions that have it: reads ``keras_names.txt``.

Three lines of releases are told apart. ``main`` is what `tf.keras` is up to TensorFlow 2.15 and Keras 3 after that: its
versions are those of TensorFlow up to 2.15, which its `keras` package shares from 2.6 on. ``v1`` is the TensorFlow 1 API in the
same releases (`tf.compat.v1.keras`). ``standalone`` is the `keras` package up to 2.3.1, another code base.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from packaging.version import Version

from crossload.resources import KERAS_NAMES

# Kinds of names that stand for a class or function in a saved file; `inner` ones are not public.
OBJECTS = ("layers", "models", "optimizers", "losses", "metrics", "initializers", "regularizers", "constraints", "activations",
           "dtype_policies", "mixed_precision", "quantizers", "inner")  # fmt: skip
_EMPTY = "."


@dataclass(frozen=True)
class Span:
    """Releases of one line that have something: runs of consecutive ones, as indices into the line's order."""

    order: Sequence[str]
    runs: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.runs)

    @property
    def first(self) -> str:
        return self.order[self.runs[0][0]]

    @property
    def last(self) -> str:
        return self.order[self.runs[-1][1]]

    @property
    def open(self) -> bool:
        """Whether the last release of the line has it."""
        return bool(self.runs) and self.runs[-1][1] == len(self.order) - 1

    def holds(self, version: Version) -> bool:
        """Whether the release that a version belongs to has it; a version between two releases counts as the earlier."""
        index = -1
        for position, release in enumerate(self.order):
            if Version(release) <= version:
                index = position
        return any(start <= index <= end for start, end in self.runs)

    def __str__(self) -> str:
        parts = []
        for start, end in self.runs:
            one, two = self.order[start], self.order[end]
            parts.append(f"{one} and later" if end == len(self.order) - 1 else one if one == two else f"{one} to {two}")
        return ", ".join(parts)


@dataclass
class Name:
    """One name of Keras.

    :param kind: the module that exports it, such as ``layers``; ``inner`` for a class that is not public.
    :param arguments: names in its constructor or configuration, with the releases of the main line and of the standalone one.
    """

    kind: str
    name: str
    main: Span
    v1: Span
    standalone: Span
    arguments: dict[str, tuple[Span, Span]] = field(default_factory=dict)


@dataclass(frozen=True)
class KerasNames:
    """All that was read.

    :param by_name: names as they stand in saved files; a class may be exported under two kinds.
    :param modules: importable modules of Keras by their path.
    """

    by_name: Mapping[str, Sequence[Name]]
    modules: Mapping[str, Name]

    def objects(self, name: str, kinds: Iterable[str] = OBJECTS) -> list[Name]:
        """What a saved file may mean by a name."""
        wanted = tuple(kinds)
        return [found for found in self.by_name.get(name, ()) if found.kind in wanted]

    def with_argument(self, argument: str) -> list[Name]:
        """Layers and optimizers of which some release has this argument."""
        return [
            found
            for names in self.by_name.values()
            for found in names
            if argument in found.arguments and found.kind in ("layers", "optimizers", "models", "losses", "metrics")
        ]


@cache
def keras_names(path: Path = KERAS_NAMES) -> KerasNames:
    """Read the names, once."""
    orders: dict[str, list[str]] = {}
    by_name: dict[str, list[Name]] = defaultdict(list)
    modules: dict[str, Name] = {}
    current: Name | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        if line.startswith("!"):
            label, *releases = line[1:].split()
            orders[label] = releases
        elif line.startswith(" ") and current is not None:
            main, standalone, *arguments = line.split()
            spans = _span(main, orders["main"]), _span(standalone, orders["standalone"])
            current.arguments.update(dict.fromkeys(arguments, spans))
        else:
            dotted, main, old, standalone = line.split()
            kind, _, name = dotted.partition(".")
            current = Name(kind, name, _span(main, orders["main"]), _span(old, orders["main"]),
                           _span(standalone, orders["standalone"]))  # fmt: skip
            if kind == "module":
                modules[name] = current
            else:
                by_name[name].append(current)
    return KerasNames(by_name, modules)


def _span(text: str, order: Sequence[str]) -> Span:
    if text == _EMPTY:
        return Span(order)
    runs = []
    for run in text.split(","):
        start, _, end = run.partition("-")
        runs.append((order.index(start), order.index(end) if end else len(order) - 1))
    return Span(order, tuple(runs))
