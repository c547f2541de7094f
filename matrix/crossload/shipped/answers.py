"""The cells that questions are answered from: shipped ones, replaced one by one by what was measured here."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossload.domain.cells import CellRow
from crossload.domain.standing import CONTROL
from crossload.errors import StoreError
from crossload.inspection.bounds import json_value
from crossload.resources import MEASURED
from crossload.scenario_index import own_controls
from crossload.shipped.file_format import Measurements, read
from crossload.shipped.joining import joined_environments, kept_rows
from crossload.util.files import LARGEST_RESULTS, read_plain


@dataclass(frozen=True)
class Known:
    """Cells and where they come from.

    :param rows: as in a result table; shipped ones lack some columns.
    :param environments: facts of each, in the order of their versions.
    :param scenarios: what is known of each scenario, ``features`` among it.
    :param origin: in one line where the cells come from.
    :param dates: of what is shipped, in words; empty where none of it is there.
    """

    rows: Sequence[CellRow]
    environments: Sequence[Mapping[str, Any]]
    scenarios: Sequence[Mapping[str, Any]]
    origin: str
    dates: str = ""

    @property
    def environment_ids(self) -> list[str]:
        return [item["id"] for item in self.environments]

    @property
    def in_full(self) -> list[str]:
        """Those that were measured in full."""
        return [item["id"] for item in self.environments if not item.get("sample")]

    @property
    def stands_for(self) -> dict[str, str]:
        """Of those that a sample was measured of, the one with the same Keras that was measured in full; both by id."""
        return {item["id"]: item["sample"]["like"] for item in self.environments if item.get("sample")}

    @property
    def controls(self) -> frozenset[str]:
        """Scenarios that are meant to fail or to differ: Crossload's own, and those that cells of a run are said to be of."""
        return own_controls() | {row["scenario"] for row in self.rows if row.get("apart") == CONTROL}


def read_known(
    out: Path | None = None,
    wanted: Callable[[CellRow], bool] | None = None,
    shipped: Path = MEASURED,
    required: bool = False,
    all_of: Collection[str] = (),
) -> Known:
    """Shipped cells, and in their place those of a run where there is one.

    :param out: the folder of a run.
    :param wanted: which outcomes of shipped cells are wanted; the others may be left out.
    :param required: the run must be there.
    :param all_of: environments of whose files every outcome is wanted.
    :raises StoreError: there are no cells at all.
    """
    local = results_of(out) if out is not None else None
    if local is None and required:
        raise StoreError(f"{out}: there are no results here. Run `crossload run --out {out}` first.")
    measured = _shipped(shipped, local)
    if measured is None:
        assert local is not None
        return Known(local["results"], local["environments"], (), f"From the run in {out}.")
    origin = f"From shipped measurements of {measured.dates} ({len(measured):,} cells)"
    if local is None:
        return Known(
            list(measured.rows(wanted, all_of)), measured.environments, measured.scenarios, f"{origin}.", measured.dates
        )
    return _joined(measured, local, measured.rows(wanted, all_of), f"{origin}, replaced by {{}} of the run in {out}.")


def known_environments(out: Path | None = None, shipped: Path = MEASURED) -> Sequence[Mapping[str, Any]]:
    """The environments alone of :func:`read_known`: laying out two hundred thousand cells takes a third of a second.

    :raises StoreError: there are no cells at all.
    """
    local = results_of(out) if out is not None else None
    measured = _shipped(shipped, local)
    if local is None:
        assert measured is not None
        return measured.environments
    own: Sequence[Mapping[str, Any]] = local["environments"]
    return own if measured is None else joined_environments(measured.environments, own)[1]


def _shipped(place: Path, local: Mapping[str, Any] | None) -> Measurements | None:
    """What is shipped; None where that is not there and there is a run."""
    try:
        return read(place)
    except StoreError:
        if local is None:
            raise
        return None


def results_of(out: Path) -> dict[str, Any] | None:
    """What a run wrote as ``results.json``; None where there is none, or one of another shape."""
    try:
        document = json_value(read_plain(out / "results.json", LARGEST_RESULTS))
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict):
        return None
    tables = [document.get("results"), document.get("environments")]
    is_ours = all(isinstance(table, list) and all(isinstance(row, dict) for row in table) for table in tables)
    return document if is_ours else None


def _joined(measured: Measurements, local: Mapping[str, Any], rows: Iterable[dict[str, Any]], origin: str) -> Known:
    void, environments = joined_environments(measured.environments, local["environments"])
    kept = kept_rows(rows, void, local["results"])
    origin = origin.format(f"{len(local['results']):,} cells")
    return Known([*kept, *local["results"]], environments, measured.scenarios, origin, measured.dates)
