"""What is said of one pair of environments, so that it can be said again in a meeting."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Numbers:
    """Files of one environment that are right there, by how they load in another.

    :param plain: load by the plain call, with the right outputs.
    :param lossy: of those, lose something that training needs.
    :param stepped: load with a measured remedy only.
    :param called: of those, can only be called afterwards, not trained.
    :param detours: of those again, have a measured way round on which they stay trainable.
    :param wrong: load without a word and compute something else.
    :param lost: do not load by any way that was tried.
    :param routed: of those, have a measured way through another environment.
    """

    plain: int
    lossy: int
    stepped: int
    called: int
    detours: int
    wrong: int
    lost: int
    routed: int

    @property
    def files(self) -> int:
        """Return how many there are."""
        return self.plain + self.stepped + self.wrong + self.lost


@dataclass(frozen=True)
class Break:
    """The neighbouring versions on the way between which most files stop loading by the plain call.

    :param plain: how many load so in the one before, of `files`.
    """

    before: str
    after: str
    plain: int
    files: int


def sentence(found: Numbers | None, start: str, to: str, broke: Break | None) -> str:
    """Return the answer to "can we upgrade from `start` to `to`?"."""
    if found is None or not found.files:
        return f"Nothing was measured from {start} to {to}."
    parts = [_opening(found, start, to), *([_lost(found)] if found.lost and found.lost < found.files else [])]
    return "; ".join(parts) + "." + _break(broke, to)


def many(count: int, word: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _opening(found: Numbers, start: str, to: str) -> str:
    files, one = found.files, found.files == 1
    of = f"the one file saved by {start}" if one else f"{files:,} files saved by {start}"
    if found.plain == files:
        return f"Yes: {of} loads in {to} as it is" if one else f"Yes: all {of} load in {to} as they are"
    if found.lost == files:
        whole = f"No: {of} does not load in {to}" if one else f"No: none of {of} loads in {to}"
        return whole + (f", but {_routed(found)}" if found.routed else "")
    if found.wrong:
        silently = f"{_verb(found.wrong, 'loads', 'load')} in {to} without a word and {_verb(found.wrong, 'computes', 'compute')}"
        ways = " and ".join(_ways(found, ""))
        return f"Careful: of {of}, {found.wrong:,} {silently} something else" + (f"; {ways}" if ways else "")
    ways = " and ".join(_ways(found, f" in {to}"))
    return f"{'In part' if found.lost else 'Yes, with work'}: of {of}, {ways}"


def _ways(found: Numbers, where: str) -> list[str]:
    """Return what loads, by the plain call and with a step; the first names the place."""
    ways = []
    if found.plain:
        ways.append(
            f"{found.plain:,} {_verb(found.plain, 'loads', 'load')}{where} as {_verb(found.plain, 'it is', 'they are')}"
        )
    if found.stepped:
        load = "" if ways else f"{_verb(found.stepped, 'loads', 'load')}{where} "
        ways.append(f"{found.stepped:,} {load}after a measured step{_called(found)}")
    return ways


def _called(found: Numbers) -> str:
    if not found.called:
        return ""
    few = "" if found.called == found.stepped else f"{found.called:,} of them "
    kept = "them" if found.detours == found.called else f"{found.detours:,} of these"
    return f" ({few}for predictions only{f'; a detour keeps {kept} trainable' if found.detours else ''})"


def _lost(found: Numbers) -> str:
    said = f"{found.lost:,} {_verb(found.lost, 'does', 'do')} not load"
    return said + (f", and {_routed(found)}" if found.routed else "")


def _routed(found: Numbers) -> str:
    if found.routed == found.lost:
        return "it gets" * (found.lost == 1) + "all of them get" * (found.lost > 1) + " there through another version"
    return f"{found.routed:,} of them {_verb(found.routed, 'gets', 'get')} there through another version"


def _break(broke: Break | None, to: str) -> str:
    if broke is None:
        return ""
    share = "" if broke.plain == broke.files else " of them"
    plain = f"all {broke.plain:,}" if broke.plain == broke.files > 1 else f"{broke.plain:,}{share}"
    still = f"in {broke.before}, {plain} still {_verb(broke.plain, 'loads as it is', 'load as they are')}"
    return f" The break is {broke.after}: {still}." if broke.after != to else f" {still[0].upper()}{still[1:]}."


def _verb(count: int, one: str, more: str) -> str:
    return one if count == 1 else more
