"""Protocol buffers as bytes: fields by their numbers, without any code that was generated for them."""

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}


def fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field in its order: its number, and a whole number or the bytes that it holds.

    :raises ValueError: the bytes are no protocol buffer.
    """
    place = 0
    while place < len(content):
        tag, place = varint(content, place)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("no protocol buffer: field number 0")
        value: int | bytes
        if kind == _VARINT:
            value, place = varint(content, place)
        elif kind in _WIDTHS or kind == _BYTES:
            length = _WIDTHS.get(kind, 0)
            if kind == _BYTES:
                length, place = varint(content, place)
            value = content[place : place + length]
            place += length
        else:
            raise ValueError(f"no protocol buffer: wire type {kind}")
        if place > len(content):
            raise ValueError("cut short in the middle of a field")
        yield number, value


def messages(content: bytes, wanted: int) -> Iterator[bytes]:
    """Length-delimited fields with a number. Raises ValueError where the bytes are no protocol buffer."""
    return (value for number, value in fields(content) if number == wanted and isinstance(value, bytes))


def last(content: bytes, wanted: int) -> bytes:
    """The field with a number that counts where it may be there once: the last one; empty where there is none."""
    found = b""
    for content_of_one in messages(content, wanted):
        found = content_of_one
    return found


def varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(content) or shift > 63:
            raise ValueError("cut short in the middle of a number")
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
