"""The table of constructs: one line for each public class or function of Keras that a saved model can name.

``scenarios/constructs.csv`` is the table; ``scenarios/constructs.py`` builds a model of each line inside the environments. This
reads what the host has to know of it.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from crossload.errors import ConfigError

COLUMNS = ("kind", "name", "variant", "form", "arguments", "inputs", "since", "until", "aliases")
FAMILY, TAG = "constructs", "constructs"
# What is compiled takes one step before it is saved; everything else is saved untrained.
_COMPILED = ("optimizer", "schedule", "loss", "metric")
_KINDS = ("layer", "model", "operation", "activation", "initializer", "regularizer", "constraint", "policy", *_COMPILED)
_INPUT = re.compile(r"^(float|int|text) (\d+(?:x\d+)*)(?: <(\d+))?$")
# Kinds of which several lines fit into one model, and how many.
_TOGETHER = ("layer", "activation", "initializer", "regularizer", "constraint", "policy", "loss", "metric")
_MOST_TOGETHER = 8
# Where classes and functions of one's own lie, and the one of them that holds another layer.
_OWN, _HOLDER = "scenarios.objects.own_parts", "OwnHolder"
_BOUQUET = "bouquet-"
_TWO_OUTPUTS = ("list", "dictionary", "weights", "named-weights", "named-metrics", "listed-metrics")


@dataclass(frozen=True)
class ConstructLine:
    """One line.

    :param aliases: other public names of the same object: what is saved is the same.
    """

    kind: str
    name: str
    variant: str
    form: str
    arguments: str
    inputs: str
    since: str
    until: str
    aliases: tuple[str, ...]

    @property
    def scenario(self) -> str:
        """Name of its scenario, such as ``construct-layer-Bidirectional``."""
        parts = ("construct", self.kind, self.name.replace(".", "-").replace("_", "-"), self.variant)
        return "-".join(part for part in parts if part)

    @property
    def title(self) -> str:
        """The call that makes it, or how it is named where it is not called."""
        if self.form in ("string", "function"):
            return f"{self.kind} {self.name!r}" if self.form == "string" else f"{self.kind} {self.name}, the function"
        if self.form == "held":
            return f"{self.kind} {self.name}({self.arguments}) in a layer of one's own"
        if self.kind in ("model", "operation"):
            return f"{self.kind} {self.name}{f', {self.variant}' if self.variant else ''}"
        return f"{self.kind} {self.name}({self.arguments})"

    @cached_property
    def options(self) -> dict[str, Any]:
        """What it sets of a scenario's options.

        :raises ValueError: the inputs are not written as they must be.
        """
        given, _, wanted = self.inputs.partition("->")
        size = (int(wanted),) if wanted.strip() else (3,)
        is_compiled = self.kind in _COMPILED
        own = [_HOLDER] if self.form == "held" else []
        own += [self.name] if self.form == "own" or self.name.startswith("Own") else []
        half = self.kind == "policy" and "16" in f"{self.name}{self.arguments}"
        return {
            "name": self.scenario,
            "family": FAMILY,
            "title": self.title,
            "since": self.since,
            "until": self.until,
            "inputs": tuple(_input(part) for part in given.split("+")),
            "targets": (size, size) if self.form in _TWO_OUTPUTS else (size,),
            "precision": "mixed_float16" if half else "float32",
            "training_steps": int(is_compiled and self.form != "untrained"),
            "tags": (TAG,),
            "custom_objects": tuple(f"{_OWN}:{name}" for name in sorted(set(own))),
        }


def _input(text: str) -> tuple[Any, ...]:
    found = _INPUT.match(text.strip())
    if found is None:
        raise ValueError(f"{text.strip()!r} is no input such as 'float 5x3', 'int 4 <12' or 'text 1'")
    kind, shape, bound = found[1], tuple(int(size) for size in found[2].split("x")), found[3]
    return (kind, shape, int(bound)) if kind == "int" and bound else (kind, shape)


@dataclass(frozen=True)
class Bouquet:
    """Several lines of one kind in one model: what loads there is measured at once."""

    scenario: str
    lines: tuple[ConstructLine, ...]

    @property
    def options(self) -> dict[str, Any]:
        """What it sets of a scenario's options; a line that a version lacks is left out there."""
        first = self.lines[0]
        options = {**first.options, "name": self.scenario, "title": ", ".join(line.title for line in self.lines)}
        options |= {"since": "2.0", "until": "", "precision": "float32"}
        if first.kind == "loss":
            options["targets"] = ((3,),) * len(self.lines)
        elif first.kind not in _COMPILED:
            options["inputs"] = tuple(item for line in self.lines for item in line.options["inputs"])
        if any(line.options["precision"] != "float32" for line in self.lines):
            options["precision"] = "mixed_float16"
        return options


def is_bouquet(scenario: str) -> bool:
    """Whether the scenario of this name holds several lines."""
    return scenario.startswith(_BOUQUET)


def bouquets(lines: Iterable[ConstructLine]) -> Iterator[Bouquet]:
    """Lines that are measured together; ``scenarios/constructs.py`` has the same rule, and a test holds them together."""
    together: dict[str, list[ConstructLine]] = {}
    for line in lines:
        usual = line.form in ("", "string", "function", "pair", "cell")
        if line.kind in _TOGETHER and usual and "text" not in line.inputs and "-> 1" not in line.inputs:
            together.setdefault(line.kind, []).append(line)
    for kind, found in together.items():
        for number, start in enumerate(range(0, len(found) - 1, _MOST_TOGETHER), 1):  # one alone is its own line
            yield Bouquet(f"{_BOUQUET}{kind}-{number:02}", tuple(found[start : start + _MOST_TOGETHER]))


def read_table(path: Path) -> Iterator[tuple[ConstructLine, str]]:
    """Lines of the table, each with its text.

    :raises ConfigError: a line is not what it must be.
    """
    text = path.read_text(encoding="utf-8")
    reader = csv.reader(text.splitlines())
    if tuple(next(reader, ())) != COLUMNS:
        raise ConfigError(f"{path}: its first line must be {','.join(COLUMNS)}.")
    for values in reader:
        where = f"{path}, line {reader.line_num}"
        if len(values) != len(COLUMNS):
            raise ConfigError(f"{where}: {len(values)} values, and {len(COLUMNS)} columns.")
        fields: Mapping[str, str] = dict(zip(COLUMNS, values, strict=True))
        line = ConstructLine(**{**fields, "aliases": tuple(fields["aliases"].split())})  # type: ignore[arg-type]
        if line.kind not in _KINDS:
            raise ConfigError(f"{where}: {line.kind!r} is no kind of construct. Known: {', '.join(_KINDS)}.")
        try:
            line.options  # noqa: B018 - read here, so that a mistake names its line
        except ValueError as error:
            raise ConfigError(f"{where}: {error}.") from None
        yield line, ",".join(values[:-1])
