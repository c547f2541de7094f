"""Where in the sources of Keras and TensorFlow a message comes from: every one that they raise or warn of is known."""

import re
from dataclasses import dataclass
from functools import cache

from crossload.resources import KERAS_MESSAGES

# Stands for a value in a message.
GAP = "…"
# Stands before a warning, and before the place that gives one.
WARNING = "~"
# Letters of a message that tell it wherever it stands in a text; a shorter one is only known where the text begins with it.
ANYWHERE = 28
_QUOTES = {ord(sign): None for sign in "`'\"‘’“”"}
_LETTERS = re.compile(r"[^A-Za-z]+")


@dataclass(frozen=True)
class _Said:
    place: str
    pieces: tuple[str, ...]
    anywhere: bool

    @property
    def longest(self) -> str:
        return max(self.pieces, key=len)

    def found_in(self, text: str) -> bool:
        """Whether all pieces stand in a text, one after the other."""
        if self.longest not in text or not (self.anywhere or text.startswith(self.pieces[0])):
            return False
        at = 0
        for piece in self.pieces:
            at = text.find(piece, at)
            if at < 0:
                return False
            at += len(piece)
        return True

    def begins(self, text: str) -> bool:
        """Whether a text begins as this does, far enough to be told from any other: people cut what they paste."""
        first = self.pieces[0]
        length = min(len(first), len(text))
        return first[:length] == text[:length] and len(_LETTERS.sub("", text[:length])) >= ANYWHERE


@cache
def _said() -> tuple[_Said, ...]:
    found, place = [], ""
    for line in KERAS_MESSAGES.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith(".py]"):
            place = line[1:-1]
        elif line and not line.startswith("#"):
            warning, text = line.startswith(WARNING), line.removeprefix(WARNING)
            pieces = tuple(_plain(piece) for piece in text.split(GAP) if piece.strip())
            letters = sum(len(_LETTERS.sub("", piece)) for piece in pieces)
            found.append(_Said(WARNING * warning + place, pieces, letters >= ANYWHERE))
    # The one with the most words of its own is the one that was said.
    return tuple(sorted(found, key=lambda said: -sum(map(len, said.pieces))))


def _plain(text: str) -> str:
    """Without what people's editors, Markdown and Python's own quoting change."""
    return text.translate(_QUOTES).strip()


def place_of(message: str) -> str:
    """The file of Keras or TensorFlow that says a message, such as ``keras/saving/saving_lib.py``; empty where none does.

    It has ``~`` before it where the message is a warning.

    :param message: in one line.
    """
    text = _plain(message)
    whole = next((said.place for said in _said() if said.found_in(text)), "")
    return whole or next((said.place for said in _said() if said.begins(text)), "")
