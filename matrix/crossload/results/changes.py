"""Since when: neighbouring environments between which a verdict changes. Pure functions over the result table."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pandas as pd

from crossload.domain.cells import CellRow
from crossload.domain.verdicts import FAITHFUL, is_comparable, severity
from crossload.domain.versions import neighbours, place_in_line

# What changes between the two environments of a row: the one that loads, or the one that saved.
LOADER, SAVER = "loader", "saver"

COLUMNS = [
    "scenario",
    "format",
    "axis",
    "fixed",
    "before",
    "after",
    "skipped",
    "verdict_before",
    "verdict_after",
    "direction",
    "attempt_before",
    "attempt_after",
    "error_type_after",
    "error_after",
    "key_before",
    "key_after",
]


def changes(rows: Iterable[CellRow]) -> pd.DataFrame:
    """One row for every change of a verdict between neighbours, in the order of their versions.

    Environments that vary something else than the version (``2.16+tf_keras-cpu``, ``nightly-cpu``) have no neighbours. Of
    those between ``before`` and ``after`` that were not measured, ``skipped`` gives the ids: the change is in one of them,
    or in ``after``.

    :param rows: rows of the result table.
    """
    groups: dict[tuple[str, str, str, str], dict[str, CellRow]] = {}
    seen: set[str] = set()
    for row in rows:
        seen.update(name for name in (row["saved_with"], row["loaded_with"]) if name)
        scenario, form, saver, loader = row["scenario"], row["format"], row["saved_with"], row["loaded_with"]
        if not is_comparable(row["verdict"]):
            continue
        if loader:
            groups.setdefault((scenario, form, LOADER, saver), {})[loader] = row
            groups.setdefault((scenario, form, SAVER, loader), {})[saver] = row
        else:
            groups.setdefault((scenario, form, SAVER, ""), {})[saver] = row
    for (scenario, form, axis, fixed), members in groups.items():
        if axis == SAVER and fixed:
            # What could not be saved has no loader: it stands between the savers of every one.
            members |= groups.get((scenario, form, SAVER, ""), {})
    order = sorted(seen, key=place_in_line)
    found = [
        change
        for (scenario, form, axis, fixed), members in groups.items()
        if fixed
        for change in _between(scenario, form, axis, fixed, members, order)
    ]
    return pd.DataFrame(found, columns=COLUMNS)


def _between(
    scenario: str, form: str, axis: str, fixed: str, members: Mapping[str, CellRow], order: list[str]
) -> Iterator[dict[str, Any]]:
    measured = [name for name in order if name in members]
    for before, after in pairwise(measured):
        if not neighbours(before, after):
            continue
        old, new = members[before], members[after]
        if old["verdict"] == new["verdict"]:
            continue
        worsening = severity(new["verdict"]) - severity(old["verdict"])
        both_faithful = {old["verdict"], new["verdict"]} <= set(FAITHFUL)
        skipped = order[order.index(before) + 1 : order.index(after)]
        yield {
            "scenario": scenario,
            "format": form,
            "axis": axis,
            "fixed": fixed,
            "before": before,
            "after": after,
            "skipped": ",".join(skipped),
            "verdict_before": old["verdict"],
            "verdict_after": new["verdict"],
            "direction": "same" if both_faithful else "worse" if worsening > 0 else "better",
            "attempt_before": old["attempt"],
            "attempt_after": new["attempt"],
            "error_type_after": new["error_type"],
            "error_after": new["error"],
            "key_before": old["key"],
            "key_after": new["key"],
        }
