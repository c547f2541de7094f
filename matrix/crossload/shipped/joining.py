"""What becomes of measurements when others are made beside them: which stay, which are replaced, and which are void."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from crossload.domain.cells import CellRow, axes_of, environments_of
from crossload.domain.versions import sort_key
from crossload.shipped.file_format import Measurements, pack

Facts = Mapping[str, Any]


def joined_environments(before: Sequence[Facts], own: Sequence[Facts]) -> tuple[set[str], list[Facts]]:
    """Ids whose cells of before are void, and all environments in the order of their versions.

    An environment of the same name with other pins is another one: what was measured with the old pins is void. A sample takes
    nothing away from what was measured in full with the same pins.
    """
    earlier, later = ({item["id"]: item for item in items} for items in (before, own))
    void = {name for name, item in earlier.items() if name in later and item["digest"] != later[name]["digest"]}
    in_full = {name: item for name, item in earlier.items() if name not in void and not item.get("sample")}
    later = {name: in_full.get(name, item) if item.get("sample") else item for name, item in later.items()}
    return void, sorted((earlier | later).values(), key=lambda item: sort_key(item["id"]))


def kept_rows(rows: Iterable[CellRow], void: set[str], own: Iterable[CellRow]) -> Iterator[CellRow]:
    """Cells of before that neither lost an environment nor were run again."""
    replaced = {axes_of(row) for row in own}
    # Where only a side that was run later is known, rows of a scenario that could not be saved would contradict.
    return (row for row in rows if not void & {row["saved_with"], row["loaded_with"]} and axes_of(row) not in replaced)


def add(before: Measurements, own: Measurements) -> Measurements:
    """Measurements with those of a later run in the place of the same cells, and beside the others.

    Cells of a scenario whose source is another one now are left out, unless the later run has them: side by side they would
    answer for two models under one name.
    """
    void, environments = joined_environments(before.environments, own.environments)
    earlier, later = ({item["name"]: item for item in part.scenarios} for part in (before, own))
    changed = {name for name, item in earlier.items() if name in later and item["digest"] != later[name]["digest"]}
    of_own = list(own.rows())
    rows = [*kept_rows((row for row in before.rows() if row["scenario"] not in changed), void, of_own), *of_own]
    used = environments_of(rows)
    scenarios = []
    for name, item in (earlier | later).items():
        # What a file is made of is known from the formats that were run: a run of fewer formats may know less.
        is_known = item.get("features") or name not in earlier or name in changed
        scenarios.append(item if is_known else {**item, "features": earlier[name]["features"]})
    added = [
        *before.facts.get("added", ()),
        {name: own.facts.get(name) for name in ("date", "version", "command", "host")},
    ]
    return pack(
        rows,
        {**before.facts, "added": added},
        [item for item in environments if item["id"] in used],
        sorted(scenarios, key=lambda item: item["name"]),
    )
