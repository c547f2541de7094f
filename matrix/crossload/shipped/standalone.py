"""Which saved Keras models load in which TensorFlow and Keras, as measured by Crossload.

    >>> verdict("2.10", "2.16", "h5", "LSTM")
    Verdict(verdict='remedy', attempt='translate', lost='', cause='...')

Nothing is guessed: what was not measured is None. Needs nothing but Python 3.10.
"""

import json
import lzma
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

SCHEMA = 1


class Verdict(NamedTuple):
    """What became of a file.

    :param verdict: ``exact``, ``equal``, ``remedy``, ``lossy``, ``fails``, ``crashes`` or ``differs``.
    :param attempt: the way of loading that it rests on, such as ``plain`` or ``translate``.
    :param lost: what of the model is lost, by commas.
    :param cause: why, as a word; empty where all is well.
    """

    verdict: str
    attempt: str
    lost: str
    cause: str


class Cell(NamedTuple):
    """One file of a scenario, loaded in one environment.

    :param twin: the environment whose file was loaded in the place of the writer's, because both hold the same; empty where
        the writer's own was.
    """

    scenario: str
    format: str
    writer: str
    reader: str
    outcome: Verdict
    twin: str


@cache
def _data() -> dict[str, Any]:
    with resources.files(__name__).joinpath("cells.json.xz").open("rb") as stream:
        found: dict[str, Any] = json.loads(lzma.decompress(stream.read()))
    if found["schema"] != SCHEMA:
        raise ValueError(f"cells of schema {found['schema']}; this package reads {SCHEMA}")
    return found


def measured() -> str:
    """The day, or the first and the last, of the measurements."""
    return str(_data()["measured"])


def environments() -> list[dict[str, str]]:
    """``id``, ``tensorflow``, ``keras`` and ``python`` of each, in the order of their versions."""
    return list(_data()["environments"])


def constructs() -> list[str]:
    """The classes and compile settings that were measured."""
    return list(_data()["constructs"])


def formats() -> list[str]:
    """The formats."""
    return list(_data()["formats"])


@cache
def _of_constructs() -> dict[tuple[str, str, str, str], Verdict]:
    data = _data()
    ids, outcomes = [item["id"] for item in data["environments"]], _outcomes()
    return {
        (data["constructs"][name], data["formats"][form], ids[writer], ids[reader]): outcomes[outcome]
        for name, form, writer, reader, outcome in zip(*data["construct_cells"], strict=True)
    }


@cache
def _outcomes() -> list[Verdict]:
    return [Verdict(**item) for item in _data()["outcomes"]]


def _id(name: str) -> str:
    """An environment's id; ``-cpu`` may be left out.

    :raises KeyError: there is none.
    """
    known = {item["id"] for item in _data()["environments"]}
    for candidate in (name, f"{name}-cpu"):
        if candidate in known:
            return candidate
    raise KeyError(f"no environment {name!r}: environments() lists them")


def verdict(writer: str, reader: str, format: str, construct: str) -> Verdict | None:
    """What the best measured file with a construct does; None where that was not measured.

    :param writer, reader: environments, such as ``2.10`` or ``2.10-cpu``.
    :raises KeyError: an environment that there is not.
    """
    return _of_constructs().get((construct, format, _id(writer), _id(reader)))


def cells() -> Iterator[Cell]:
    """Every cell that was scored."""
    data = _data()
    ids, outcomes = [item["id"] for item in data["environments"]], _outcomes()
    for (scenario, form, writer, reader, outcome), twin in zip(
        zip(*data["cells"], strict=True), data["twins"], strict=True
    ):
        names = data["scenarios"][scenario], data["formats"][form], ids[writer], ids[reader]
        yield Cell(*names, outcomes[outcome], ids[twin] if twin >= 0 else "")
