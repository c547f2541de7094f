"""The attempts of a cell that a store still lacks."""

from collections.abc import Sequence

from crossload.config import Tolerance
from crossload.domain.attempts import AttemptRecord
from crossload.probe import agreement, attempts
from crossload.store.records import Cell


def attempts_to_run(wanted: Sequence[str], cell: Cell | None, near: Tolerance) -> list[str]:
    """Attempts of a cell that have not been asked for yet.

    Remedies that were added since are not needed where the stored plain attempt gave matching outputs, nor after a stored
    remedy that did: the answer is the one that a run from scratch gives.
    """
    recorded: dict[str, AttemptRecord] = {record["attempt"]: record for record in cell.records} if cell else {}
    if cell is None or cell.is_faulty or (attempts.PLAIN in cell.requested and attempts.PLAIN not in recorded):
        return list(wanted)
    ranked = [attempts.PLAIN, *attempts.REMEDIES]
    enough = next((rank for rank, name in enumerate(ranked) if _matches(recorded.get(name), near)), len(ranked))
    spared = set(ranked[enough:])
    if enough < len(ranked) and not _keeps_training(recorded[ranked[enough]], near):
        # What loads may have lost what the translation keeps.
        spared.difference_update(attempts.TRANSLATIONS)
    return [name for name in wanted if name not in cell.requested and name not in spared]


def _matches(record: AttemptRecord | None, near: Tolerance) -> bool:
    """Whether an attempt gave matching outputs, and `predict` did."""
    return bool(agreement.works(record.get("rungs", {}) if record else {}, near.atol, near.rtol, near.spread))


def _keeps_training(record: AttemptRecord, near: Tolerance) -> bool:
    return bool(agreement.keeps_training(record["rungs"], near.atol, near.rtol))
