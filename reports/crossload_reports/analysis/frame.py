"""The columns of the two tables, and the words in them, in the order in which readers meet them."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.cells import FLOAT_COLUMNS, INTEGER_COLUMNS


def tidy(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return the frame with every expected column, in order and with one type each; other columns follow.

    An empty run, a column that holds nothing but None, and integers that became floats beside a missing value all
    come out the same, so that nothing after this has to ask. Texts become categories, in the order of the alphabet: a
    million cells say few things, and each is held, cleaned and written once.
    """
    tidied: dict[str, Any] = {}
    for name in (*columns, *(str(extra) for extra in frame.columns if extra not in columns)):
        column: pd.Series[Any] = frame[name] if name in frame.columns else pd.Series(None, frame.index, dtype="object")
        if name in INTEGER_COLUMNS:
            tidied[name] = pd.to_numeric(column).astype("Float64").round().astype("Int64")
        elif name in FLOAT_COLUMNS:
            tidied[name] = pd.to_numeric(column).astype("Float64")
        elif name in columns:
            tidied[name] = pd.Series(_texts(column), index=frame.index)
        else:
            tidied[name] = column
    return pd.DataFrame(tidied, index=frame.index).reset_index(drop=True)


def _texts(column: "pd.Series[Any]") -> pd.Categorical:
    codes, found = pd.factorize(column)
    cleaned = [_text(value) for value in list(found)]
    missing = bool((codes < 0).any())
    words = sorted({*cleaned, ""} if missing else set(cleaned))
    place_of = {word: place for place, word in enumerate(words)}
    # The last place stands for what is missing: there, `codes` has -1.
    places = np.array([*(place_of[word] for word in cleaned), place_of.get("", -1)], dtype=np.int32)
    return pd.Categorical.from_codes(places[codes], categories=pd.Index(words, dtype="object"))


def _text(value: Any) -> str:
    """Return a string that can be written as UTF-8: messages of old TensorFlows hold undecodable file names."""
    if isinstance(value, str) and value.isascii():
        return value
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def tuples(frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Return the rows as tuples. Many times faster than `itertuples` over Arrow strings."""
    return zip(*(frame[name].astype("object").tolist() for name in columns), strict=True)
