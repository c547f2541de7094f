"""How much a file that nobody trusts may make its reader do, and what of its texts may be shown."""

import json
from pathlib import Path
from typing import Any

from crossload.util.files import UnreadableError, read_plain, special_kind
from crossload.util.terminal import escaped

# Of the process that reads: what takes more is said to be unreadable.
SECONDS = 10.0
MEGABYTES = 512

# Bytes of a text of JSON inside a file. The configuration of the largest network of keras.applications is under a megabyte.
LARGEST_JSON = 64 << 20
# Bytes of an archive's members together whose checksums are verified; reading more takes longer than it tells.
LARGEST_VERIFIED = 1 << 30
# Members shrink to a hundredth at most: weights hardly shrink, and JSON to a twentieth.
LARGEST_RATIO = 200
MOST_MEMBERS = 100_000
# Bytes of saved_model.pb or keras_metadata.pb that are read.
LARGEST_PROTOCOL_BUFFER = 256 << 20
# Characters of any name or version that is shown.
LONGEST_TEXT = 300


def printable(text: str) -> str:
    """A text from a file as a terminal, a log or a page may show it: escapes, control characters and half characters are
    written out, and what is longer than 300 characters is cut.
    """
    if len(text) > LONGEST_TEXT:
        text = text[: LONGEST_TEXT - 1] + "…"
    return escaped(text)


def json_object(content: bytes | str) -> dict[str, Any]:
    """A JSON object.

    :raises ValueError: it is no JSON, something else than an object, or too large.
    """
    if len(content) > LARGEST_JSON:
        raise UnreadableError(f"{len(content) >> 20} MB of JSON")
    found = json_value(content)
    if not isinstance(found, dict):
        raise UnreadableError(f"JSON that is no object but {type(found).__name__}")
    return found


def json_value(content: bytes | str) -> Any:
    """What a text of JSON says.

    :raises ValueError: it is no JSON, or nested deeper than can be read.
    """
    try:
        return json.loads(content)
    except RecursionError:
        raise UnreadableError("JSON that is nested too deep") from None


def place_within(path: Path, folder: Path) -> Path:
    """Where a file really lies that belongs to a folder.

    :raises UnreadableError: it leads out of the folder, or is no file.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UnreadableError("a link out of the folder")
    if kind := special_kind(path):
        raise UnreadableError(kind)
    return path


def read_within(path: Path, folder: Path, largest: int) -> bytes:
    """The content of a file that belongs to a folder.

    :raises UnreadableError: it leads out of the folder, is no file, or is larger than ``largest`` bytes.
    """
    return read_plain(place_within(path, folder), largest)
