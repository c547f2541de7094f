"""After attempts that killed their process: which others are still worth trying, and for which the short time is enough."""

from collections.abc import Collection, Iterable, Sequence

from crossload.domain.attempts import AttemptRecord
from crossload.probe import attempts

TIME_LIMIT = "time limit"
# Attempts of one cell that may hang before those that load the same file in the same way are given up.
_ENOUGH = 2


def hung(records: Iterable[AttemptRecord]) -> set[str]:
    """Attempts that ran into the time limit, by their records."""
    return {record["attempt"] for record in records if record.get("error_type") == TIME_LIMIT}


def worth_trying(names: Iterable[str], died: Sequence[str], hanging: Collection[str]) -> list[str]:
    """Of these attempts, those that may fare otherwise than the ones that died.

    :param died: attempts that killed their process, in this cell.
    :param hanging: those of them that hung.
    """
    names = [name for name in names if not any(_does_all_of(name, other) for other in died)]
    if len(hanging) < _ENOUGH:
        return names
    tried = {piece for name in hanging for piece in attempts.edits(name)}
    return [name for name in names if attempts.replaces_load(name) or attempts.edits(name) - tried]


def _does_all_of(name: str, other: str) -> bool:
    """Whether an attempt does what another one did, and nothing more to the file."""
    pieces, others = set(attempts.parts(name)), set(attempts.parts(other))
    return bool(others) and others <= pieces and not attempts.edits(name) - attempts.edits(other)


def first_alike(names: Sequence[str], expected: Collection[str]) -> tuple[list[str], list[str]]:
    """The leading attempts that may be asked for at once, and the others: one that is expected to hang goes alone."""
    count = next((number for number, name in enumerate(names) if name in expected), len(names)) or 1
    return list(names[:count]), list(names[count:])
