"""Takes an error message apart as people paste it, and says when two are the same."""

import re
from dataclasses import dataclass

from crossload.diagnosis.case import essence

# `ValueError: text`, `keras.src.errors.X: text`, at the beginning of a line.
_RAISED = re.compile(r"^(?:[\w.]+\.)?([A-Z]\w*(?:Error|Exception|Warning|Interrupt|Exit)): ?", re.MULTILINE)
# What differs between two users who meet the same error: names, paths, shapes, counts, addresses.
_OWN = re.compile(
    r"0x[0-9a-fA-F]+|b?'[^'\n]{0,200}'|b?\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`|<[^<>\n]{0,200}>|/[^\s,;)]+|\d+(\.\d+)*"
)
_WORD = re.compile(r"[a-z_]{2,}")


@dataclass(frozen=True)
class Message:
    """One error.

    :param error_type: name of the exception without its module; empty where it is not said.
    :param text: what it says, without the traceback.
    """

    error_type: str
    text: str

    @property
    def core(self) -> str:
        """The innermost error in one line."""
        line = " ".join(essence(self.text).split())
        # A KeyError shows its message as Python writes a text: in quotes.
        return line[1:-1] if len(line) > 2 and line[0] == line[-1] and line[0] in "'\"" else line


def parse(pasted: str) -> Message:
    """The error in a pasted text: the last exception of a traceback, or all of it."""
    found = list(_RAISED.finditer(pasted))
    if not found:
        return Message("", pasted.strip())
    last = found[-1]
    return Message(last[1], pasted[last.end() :].strip())


def words(text: str) -> frozenset[str]:
    """The words of a message that are not one user's own names."""
    return frozenset(_WORD.findall(_OWN.sub(" ", text).lower()))


def shape(text: str) -> str:
    """A message with everything of one user's own taken out, in one line."""
    return " ".join(_OWN.sub("#", text).lower().split())


def likeness(one: frozenset[str], two: frozenset[str]) -> float:
    """How much two messages share, from 0 to 1. A stored one may be cut short, and a pasted one may hold more."""
    if len(one & two) < 3:
        return 0.0
    return len(one & two) / min(len(one), len(two)) * (0.7 + 0.3 * len(one & two) / len(one | two))
