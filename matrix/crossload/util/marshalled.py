"""Names that a function asks for, read from the bytecode that a Lambda layer is saved with, without running or unmarshalling it.

`marshal` of any Python from 3.5 to 3.13 writes a code object as five or six numbers, its instructions, its constants, its names
and what is only for people and debuggers (``w_complex_object`` of ``Python/marshal.c``).
"""

import base64
import binascii
import struct

_DEEPEST, _LONGEST = 20, 10_000
# How many bytes of length follow a type that has one, and what follows a type of fixed size.
_TEXTS = {"z": 1, "Z": 1, "a": 4, "A": 4, "u": 4, "t": 4, "s": 4}
_FIXED = {"N": 0, "T": 0, "F": 0, ".": 0, "S": 0, "i": 4, "g": 8, "y": 16}
_SHAPES = {"(": 4, "[": 4, ")": 1, "<": 4, ">": 4}


class UnreadableCodeError(ValueError):
    """It is no code object, or one of another kind."""


def names_in(code: str) -> frozenset[str]:
    """Names of globals and attributes that a function uses, those of functions inside it among them.

    :param code: a code object as `marshal` writes it, in base64.
    :raises UnreadableCodeError: it is none.
    """
    try:
        reader = _Reader(base64.b64decode(code, validate=False))
        reader.value(0)
    except (binascii.Error, struct.error, IndexError, UnicodeDecodeError) as error:
        raise UnreadableCodeError(str(error)) from None
    if not reader.has_code:
        raise UnreadableCodeError("no function in it")
    return frozenset(reader.names)


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0
        self._known: list[object] = []
        self.names: set[str] = set()
        self.has_code = False

    def value(self, depth: int) -> object:
        """The next value: a text, a list of values, or None for whatever else."""
        if depth > _DEEPEST:
            raise UnreadableCodeError("values inside values")
        byte = self._bytes(1)[0]
        kind, place = chr(byte & 0x7F), len(self._known)
        if byte & 0x80:
            self._known.append(None)
        found = self._of(kind, depth)
        if byte & 0x80:
            self._known[place] = found
        return found

    def _of(self, kind: str, depth: int) -> object:
        if kind in _TEXTS:
            content = self._bytes(self._number(_TEXTS[kind]))
            return None if kind == "s" else content.decode("utf-8")
        if kind in _FIXED:
            self._bytes(_FIXED[kind])
            return None
        if kind in _SHAPES:
            count = self._number(_SHAPES[kind])
            if count > _LONGEST:
                raise UnreadableCodeError("too many values")
            return [self.value(depth + 1) for _ in range(count)]
        if kind == "r":
            return self._known[self._number(4)]
        if kind == "l":
            self._bytes(2 * abs(struct.unpack("<i", self._bytes(4))[0]))
            return None
        if kind == "c":
            self._code(depth)
            return None
        raise UnreadableCodeError(f"a value of type {kind!r}")

    def _code(self, depth: int) -> None:
        self.has_code = True
        self._bytes(20)
        # Since 3.8 one number more, of arguments by position; since 3.11 none of local names.
        if not self._is_at_instructions():
            self._bytes(4)
        self.value(depth + 1)
        self.value(depth + 1)
        names = self.value(depth + 1)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UnreadableCodeError("no names where they should be")
        self.names.update(names)
        # Up to 3.10: names of variables, free ones and cells; since then names and kinds of variables. File, name, (qualified
        # name since 3.11), line, table of lines, (exceptions since 3.11).
        self.value(depth + 1)
        is_new = not isinstance(self.value(depth + 1), list)
        for _ in range(3):
            self.value(depth + 1)
        self._bytes(4)
        for _ in range(2 if is_new else 1):
            self.value(depth + 1)

    def _is_at_instructions(self) -> bool:
        """Whether bytes stand here, and a tuple behind them: a number may begin as bytes do."""
        end = self._at + 5 + int.from_bytes(self._content[self._at + 1 : self._at + 5], "little")
        kinds = [chr(self._content[place] & 0x7F) for place in (self._at, end) if place < len(self._content)]
        return len(kinds) == 2 and kinds[0] == "s" and kinds[1] in "()r"

    def _number(self, size: int) -> int:
        return int.from_bytes(self._bytes(size), "little")

    def _bytes(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._content):
            raise UnreadableCodeError("it ends too early")
        found = self._content[self._at : self._at + count]
        self._at += count
        return found
