"""Tables of rows that share what is the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.rows import Row


def frame(rows: Sequence[Row], columns: Iterable[str], numbers: Mapping[str, str]) -> pd.DataFrame:
    """A table of rows of one kind.

    :param numbers: pandas types of the columns that are no text.
    """
    places: dict[int, int] = {}
    distinct: list[Mapping[str, Any]] = []
    codes = np.empty(len(rows), dtype=np.int64)
    for number, row in enumerate(rows):
        place = places.get(id(row.shared))
        if place is None:
            place = places[id(row.shared)] = len(distinct)
            distinct.append(row.shared)
        codes[number] = place
    own = type(rows[0]).OWN if rows else {}
    made: dict[str, Any] = {}
    for name in columns:
        values: Any
        if name in own:
            values = pd.Series([getattr(row, name) for row in rows], dtype="object")
        else:
            of_each = np.empty(len(distinct), dtype="object")
            of_each[:] = [shared[name] for shared in distinct]
            values = pd.Series(of_each[codes], dtype="object")
        made[name] = values.astype(numbers[name]) if name in numbers else values
    return pd.DataFrame(made)
