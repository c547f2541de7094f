"""How environments stand side by side: by the kind of Keras, those of Keras 3 by its version, each with both of its numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.domain.versions import EnvironmentId, sort_key

KERAS_2, LEGACY, KERAS_3 = "Keras 2", "legacy Keras", "Keras 3"
GROUPS = (KERAS_2, LEGACY, KERAS_3)
# Sorts after every version: what says none is what nobody can place.
_UNKNOWN = (999,)


@dataclass(frozen=True)
class Group:
    """Environments with the same kind of Keras, by their places."""

    name: str
    places: tuple[int, ...]


def group_of(environment: str) -> str:
    """The kind of Keras behind ``tf.keras``."""
    found = EnvironmentId.parse(environment)
    if found.is_legacy_keras:
        return LEGACY
    return KERAS_2 if found.keras_generation == 2 else KERAS_3


def groups(environments: Sequence[Mapping[str, Any]]) -> list[Group]:
    """Return the groups that there are, the members of each in the order in which they are shown.

    :param environments: facts of each, ``id`` and ``keras`` among them.
    """

    def order(place: int) -> tuple[Any, ...]:
        name = str(environments[place]["id"])
        keras = _numbers(environments[place].get("keras")) if group_of(name) == KERAS_3 else ()
        return keras, sort_key(name)

    found = {
        name: [place for place, one in enumerate(environments) if group_of(str(one["id"])) == name] for name in GROUPS
    }
    return [Group(name, tuple(sorted(places, key=order))) for name, places in found.items() if places]


def _numbers(version: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(version or ""))[:3]) or _UNKNOWN


def other_number(environment: str, facts: Mapping[str, Any]) -> str:
    """The number that an id does not say: ``Keras 3.4`` of ``2.16-cpu``, ``TF 2.18`` of ``keras3.7-cpu``; empty where unknown."""
    found = EnvironmentId.parse(environment)
    keras, tensorflow = (
        ".".join(re.findall(r"\d+", str(facts.get(name) or ""))[:2]) for name in ("keras", "tensorflow")
    )
    if found.is_keras_3:
        return f"TF {tensorflow}" if tensorflow else ""
    if not keras:
        return ""
    return f"Keras {keras}" if found.is_release or not tensorflow else f"Keras {keras}, TF {tensorflow}"


def both_numbers(environment: str, facts: Mapping[str, Any]) -> str:
    """An environment as people say it, with the number that this leaves out: ``2.16 (Keras 3.4)``."""
    said, other = EnvironmentId.parse(environment).spoken, other_number(environment, facts)
    return f"{said} ({other})" if other else said
