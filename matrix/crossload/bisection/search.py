"""The search itself: pure functions over a question that can be answered ``old``, ``new`` or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# What a probe shows: the behaviour before the change, the one after it, a third one, or nothing (not built, not imported).
OLD, NEW, OTHER, NOTHING = "old", "new", "other", "nothing"

Ask = Callable[[str], str]


@dataclass(frozen=True)
class Narrowed:
    """Where a change lies in a sequence.

    :param last_old: the last item that was seen to behave as before.
    :param first_new: the first one after it that was seen to behave as after.
    :param between: items between the two that say nothing, or something else: the change may be in one of them.
    :param answers: everything that was asked.
    """

    last_old: str
    first_new: str
    between: tuple[str, ...]
    answers: Mapping[str, str]
    goes_back_and_forth: bool


def narrow(items: Sequence[str], ask: Ask) -> Narrowed:
    """Find where ``old`` becomes ``new`` between the ends of a sequence.

    Halves the sequence; what says nothing is stepped over, the nearest to the middle first. Then one more is asked on
    either side of the change. Where results go back and forth, the change found is one of several.

    :param items: at least two, in order; the first is known to be old, the last to be new.
    """
    answers = {items[0]: OLD, items[-1]: NEW}
    low, high = 0, len(items) - 1
    while True:
        open_ones = [place for place in range(low + 1, high) if items[place] not in answers]
        if not open_ones:
            break
        middle = min(open_ones, key=lambda place: (abs(2 * place - low - high), place))
        answers[items[middle]] = ask(items[middle])
        if answers[items[middle]] == OLD:
            low = middle
        elif answers[items[middle]] == NEW:
            high = middle
    # Halving alone never sees a result that is out of its order.
    for place in (low - 1, high + 1):
        if 0 < place < len(items) - 1 and items[place] not in answers:
            answers[items[place]] = ask(items[place])
    return Narrowed(items[low], items[high], tuple(items[low + 1 : high]), answers, _back_and_forth(items, answers))


def _back_and_forth(items: Sequence[str], answers: Mapping[str, str]) -> bool:
    seen = [answers[item] for item in items if answers.get(item) in (OLD, NEW)]
    return OLD in seen[seen.index(NEW) :]


def responsible(components: Sequence[str], ask: Callable[[frozenset[str]], str]) -> tuple[list[str], list[str]]:
    """Which components bring the change when they alone are taken from the new side, or alone from the old one.

    :param ask: what is shown when these components are new and all others old.
    :return: those that bring it, and those of which both experiments say that they do not.
    """
    everything = frozenset(components)
    bringing, innocent = [], []
    for name in components:
        alone = ask(frozenset({name}))
        if alone == NEW:
            bringing.append(name)
            continue
        without = ask(everything - {name})
        if without == OLD:
            bringing.append(name)
        elif alone == OLD and without == NEW:
            innocent.append(name)
    return bringing, innocent


def sentence(what: str, before: str, after: str, blamed: str, innocent: Sequence[str], note: str) -> str:
    """The result in one line: ``.keras dense 2.13→2.14 broke in keras 2.14.0rc0, not in TensorFlow``."""
    line = f"{what} {before}→{after} {blamed}"
    if innocent:
        line += f", not in {' or '.join(innocent)}"
    return line + (f" ({note})" if note else "")
