"""The file format of shipped measurements: the only module that writes and reads it.

A file is xz over a header (JSON, its length before it) and the columns of the cells, one plane of bytes after the other.
Cells that ended alike share one outcome, so a cell is five small numbers; sorted, most of them repeat.
"""

import json
import lzma
import struct
from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any

from crossload.domain.cells import AXES, CellRow, Column
from crossload.errors import StoreError
from crossload.util.files import write_atomically

SCHEMA = 1
# What an outcome holds, in this order. Texts are shortened by whoever packs.
OUTCOME: tuple[Column, ...] = (
    "verdict",
    "fidelity",
    "attempt",
    "cause",
    "lost",
    "cost",
    "max_abs_diff",
    "error_type",
    "error",
    "stage",
    "container",
    "reason",
)
_NOWHERE = 0xFFFF  # the place of `loaded_with` where nothing was loaded, and of `twin` where the cell's own file was


@dataclass(frozen=True)
class Measurements:
    """What is shipped.

    :param facts: ``date``, ``version``, ``command``, ``tolerances`` and ``host`` of the run; ``added``, the same of each
        run whose cells were added later.
    :param environments: each with ``id``, ``digest`` of its lock, and versions.
    :param scenarios: each with ``name``, ``family``, ``digest`` of its source, whether its files were ``altered`` after saving,
        and ``features`` of its models.
    :param columns: places in ``scenarios``, ``formats``, ``environments`` (twice) and ``outcomes``, one number a cell.
    :param twins: of each cell the place in ``environments`` of the one whose file was loaded in the place of its own, because
        both hold the same; empty where every cell's own file was loaded.
    """

    facts: Mapping[str, Any]
    environments: Sequence[Mapping[str, Any]]
    scenarios: Sequence[Mapping[str, Any]]
    formats: Sequence[str]
    outcomes: Sequence[Sequence[Any]]
    columns: tuple[Sequence[int], ...]
    twins: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.columns[0])

    @property
    def date(self) -> str:
        return str(self.facts["date"])

    @property
    def dates(self) -> str:
        """In words: one day, or the first and the last where cells were added later."""
        days = sorted({self.date, *(str(item["date"]) for item in self.facts.get("added", ()))})
        return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"

    @cached_property
    def environment_ids(self) -> list[str]:
        """In the order of their versions."""
        return [item["id"] for item in self.environments]

    @cached_property
    def _outcome_rows(self) -> list[dict[str, Any]]:
        return [dict(zip(OUTCOME, outcome, strict=True)) for outcome in self.outcomes]

    def rows(
        self, wanted: Callable[[CellRow], bool] | None = None, all_of: Collection[str] = ()
    ) -> Iterator[dict[str, Any]]:
        """Cells as rows of a result table.

        :param wanted: which outcomes are wanted; it is given an outcome alone.
        :param all_of: environments of whose files every outcome is wanted.
        """
        # Rows are copies of their outcome, with places for their own columns: unpacking it takes three times as long.
        own: dict[str, Any] = dict.fromkeys(("scenario", "family", "format", "saved_with", "loaded_with", "twin"))
        every = [own | row for row in self._outcome_rows]
        outcomes = [row if wanted is None or wanted(row) else None for row in every]
        names = [item["name"] for item in self.scenarios]
        families = [item["family"] for item in self.scenarios]
        ids, formats = self.environment_ids, self.formats
        whole = {number for number, name in enumerate(ids) if name in all_of}
        cells = zip(*self.columns, strict=True)
        for (scenario, form, saver, loader, outcome), twin in zip(cells, self.twins or repeat(_NOWHERE), strict=False):
            ended = every[outcome] if saver in whole else outcomes[outcome]
            if ended is not None:
                row = ended.copy()
                row["scenario"], row["family"], row["format"] = names[scenario], families[scenario], formats[form]
                row["saved_with"], row["loaded_with"] = ids[saver], "" if loader == _NOWHERE else ids[loader]
                row["twin"] = "" if twin == _NOWHERE else ids[twin]
                yield row


def pack(
    rows: Sequence[CellRow],
    facts: Mapping[str, Any],
    environments: Sequence[Mapping[str, Any]],
    scenarios: Sequence[Mapping[str, Any]],
) -> Measurements:
    """Bring the rows of a result table into columns."""
    places: dict[str, dict[Any, int]] = {
        "scenario": {item["name"]: number for number, item in enumerate(scenarios)},
        "format": {name: number for number, name in enumerate(sorted({row["format"] for row in rows}))},
        "environment": {item["id"]: number for number, item in enumerate(environments)} | {"": _NOWHERE},
    }
    outcomes: dict[tuple[Any, ...], int] = {}
    cells = []
    for row in rows:
        outcome = tuple(row[name] for name in OUTCOME)
        cells.append(
            (
                places["scenario"][row["scenario"]],
                places["format"][row["format"]],
                places["environment"][row["saved_with"]],
                places["environment"][row["loaded_with"]],
                outcomes.setdefault(outcome, len(outcomes)),
                places["environment"][row.get("twin") or ""],
            )
        )
    cells.sort()
    *columns, twins = zip(*cells, strict=True) if cells else ((),) * 6
    if set(twins) <= {_NOWHERE}:
        twins = ()
    return Measurements(facts, environments, scenarios, list(places["format"]), list(outcomes), tuple(columns), twins)


def write(measurements: Measurements, destination: Path) -> Path:
    """Write a file that :func:`read` reads; returns its path."""
    header = {
        "schema": SCHEMA,
        "cells": len(measurements),
        "facts": dict(measurements.facts),
        "environments": [dict(item) for item in measurements.environments],
        "scenarios": [dict(item) for item in measurements.scenarios],
        "formats": list(measurements.formats),
        "outcomes": [list(outcome) for outcome in measurements.outcomes],
    }
    columns = list(measurements.columns)
    if measurements.twins:
        header["twins"] = True
        columns.append(measurements.twins)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    # Planes of bytes compress better than numbers of two bytes each: most high bytes are zero.
    planes = [_plane(column, shift) for column in columns for shift in (0, 8)]
    content = struct.pack("<I", len(text)) + text + b"".join(planes)
    packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    destination.parent.mkdir(parents=True, exist_ok=True)
    return write_atomically(destination, lambda path: path.write_bytes(packed))


def _plane(column: Sequence[int], shift: int) -> bytes:
    return bytes(value >> shift & 0xFF for value in column)


def read(path: Path) -> Measurements:
    """Read shipped measurements.

    :raises StoreError: there are none, or they are damaged or of another schema.
    """
    try:
        content = lzma.decompress(path.read_bytes())
        (length,) = struct.unpack_from("<I", content)
        header = json.loads(content[4 : 4 + length])
        if header["schema"] != SCHEMA:
            raise StoreError(f"{path}: written by another Crossload (schema {header['schema']}). Reinstall Crossload.")
        count, place = header["cells"], 4 + length
        columns = []
        for _ in (*AXES, "outcome", *(["twin"] if header.get("twins") else [])):
            low, high = content[place : place + count], content[place + count : place + 2 * count]
            columns.append(_numbers(low, high))
            place += 2 * count
        if place != len(content):
            raise ValueError("its length is wrong")
    except FileNotFoundError:
        raise StoreError(f"{path}: there are no shipped measurements. Reinstall Crossload, or run a matrix.") from None
    except (OSError, ValueError, KeyError, struct.error, lzma.LZMAError) as error:
        raise StoreError(f"{path}: the shipped measurements cannot be read ({error}). Reinstall Crossload.") from None
    twins = columns.pop() if header.get("twins") else ()
    return Measurements(
        header["facts"],
        header["environments"],
        header["scenarios"],
        header["formats"],
        header["outcomes"],
        tuple(columns),
        twins,
    )


def _numbers(low: bytes, high: bytes) -> Sequence[int]:
    joined = bytearray(2 * len(low))
    joined[0::2], joined[1::2] = low, high
    numbers = array("H", bytes(joined))
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        numbers.byteswap()
    return numbers
