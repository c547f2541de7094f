"""What changed between two releases of the measurements, for who depends on a verdict."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from crossload.domain.cells import SEEN_COLUMNS, CellRow, axes_of
from crossload.domain.versions import sort_key, spoken
from crossload.runs.compare import ERROR_CHANGED, GONE, NEW, Change, compare
from crossload.shipped.file_format import Measurements
from crossload.store.run_log import Observation

_TITLES = {
    "regression": "Worse", "unavailable": "Not available any more", "changed": "Changed otherwise", "fixed": "Better",
    NEW: "New", GONE: "Gone",
}  # fmt: skip
_MOST_NAMED = 3


def verdict_changes(before: Measurements, after: Measurements) -> list[Change]:
    """Cells that say something else, or that one of both does not have; the worse ones first."""
    changes = compare(_observed(before.rows()), _observed(after.rows()))
    return [change for change in changes if change.kind != ERROR_CHANGED]


def _observed(rows: Iterable[CellRow]) -> dict[tuple[str, ...], Observation]:
    return {
        axes_of(row): Observation(axes_of(row), {name: _text(row.get(name)) for name in SEEN_COLUMNS}, "")
        for row in rows
    }


def _text(value: object) -> object:
    return "" if value is None else value


def changelog(before: Measurements, after: Measurements, changes: Sequence[Change]) -> Iterator[str]:
    """Lines of Markdown: what got worse, better or otherwise, by pair of versions and format."""
    yield f"# Verdicts from {before.dates} to {after.dates}"
    yield ""
    yield f"{len(before):,} cells before, {len(after):,} now."
    for kind, title in _TITLES.items():
        found = [change for change in changes if change.kind == kind]
        if not found:
            continue
        yield ""
        yield f"## {title}: {len(found):,}"
        yield ""
        yield from _by_pair(found) if kind not in (NEW, GONE) else _by_environment(found)


def _by_pair(changes: Sequence[Change]) -> Iterator[str]:
    groups: defaultdict[tuple[str, str, str, str, str], list[str]] = defaultdict(list)
    for change in changes:
        assert change.before is not None
        assert change.after is not None
        scenario, form, saver, loader = change.cell
        groups[saver, loader, form, _said(change.before), _said(change.after)].append(scenario)
    for (saver, loader, form, old, new), names in sorted(groups.items(), key=lambda item: -len(item[1])):
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        pair = f"{spoken(saver)} → {spoken(loader)}" if loader else spoken(saver)
        yield f"- {pair}, {form}: {old} → {new}: {', '.join(names[:_MOST_NAMED])}{more}"


def _said(seen: Observation) -> str:
    verdict, attempt = seen.verdict, str(seen.seen["attempt"])
    return f"{verdict} ({attempt})" if verdict == "remedy" else verdict


def _by_environment(changes: Sequence[Change]) -> Iterator[str]:
    counts: defaultdict[str, int] = defaultdict(int)
    for change in changes:
        for name in {*change.cell[2:]} - {""}:
            counts[name] += 1
    for name in sorted(counts, key=sort_key):
        yield f"- {spoken(name)}: in {counts[name]:,} cells"
