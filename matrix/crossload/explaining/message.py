"""Takes an error message apart as people paste it, and says when two are the same.

A whole traceback, a notebook's cell output, a log of pytest or of an application: the errors in it are found, the last one first.
Everything is bounded: of a long text the beginning and the end are read, of a long line its beginning, of a long message its
beginning.
"""

import html
import json
import re
from dataclasses import dataclass
from typing import BinaryIO

from crossload.diagnosis.case import essence

# Characters of a pasted text that are read: of its beginning and of its end, where the error stands.
_HEAD, _TAIL = 100_000, 300_000
# Bytes after which a pipe is not read any further.
_MOST_BYTES = 1 << 26
# Characters of a line in which the name of an exception is looked for, and of a message that are compared with patterns.
_LINE, LONGEST_MESSAGE = 1_000, 4_000
_MOST_ERRORS = 20

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-9;?]{0,20}[A-Za-z]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))|\r(?=\n)|[\x00-\x08\x0b\x0c\x0e-\x1f]"
)
# A line that a console of 80 columns has broken in the middle of a word, or in front of a comma.
_WRAPPED = re.compile(r"^(.{78,80}[a-z)])\n(?=[a-z]{2}|, )", re.MULTILINE)
# A quoted text, and the share of its lines that say so.
_QUOTE, _QUOTED = re.compile(r"^> ?"), 0.8
# What editors and translators make of quotes.
_CURLY = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
# What pytest, quoting and tables put before a line.
_PREFIX = re.compile(r"^(?:E {1,12}|[|>│] ?|[ \t`*]){0,12}")
# `ValueError: text`, `keras.src.errors.X: text`, at the beginning of a line once what stands before it is gone.
_NAME = r"([A-Z][A-Za-z]{0,60}?(?:Error|Exception|Warning|Interrupt|Exit))"
_RAISED = re.compile(rf"^(?:\w{{1,60}}\.){{0,8}}{_NAME} ?:(?: |$)")
# An exception without words, as Python prints it.
_BARE = re.compile(rf"^(?:\w{{1,60}}\.){{0,8}}{_NAME}$")
# The same inside a line: a log's own words before it, `E   Exception: ValueError: …`.
_WITHIN = re.compile(rf"(?:^|[\s(\"'`*])(?:\w{{1,60}}\.){{0,8}}{_NAME}: ")
# A notebook names the exception above its traceback, too, and there it stays where the text is cut before the message.
_HEADED = re.compile(rf"^{_NAME}\s{{3,60}}Traceback \(most recent call last", re.MULTILINE)
_IN_BRACES = re.compile(rf"^\{{{_NAME}\}}")
_NOTEBOOK = re.compile(r'"(?:message|evalue)"\s{0,5}:\s{0,5}("(?:[^"\\]|\\.){0,20000}")')
_NOTEBOOK_NAME = re.compile(r'"(?:name|ename)"\s{0,5}:\s{0,5}"([A-Za-z.]{1,80})"')
# pytest's summary repeats an error, cut short.
_SUMMARY = re.compile(r"^(?:FAILED|ERROR) \S{1,300}(?:::|\.py)")
_ENDS = (
    "Traceback (most recent call last",
    "Process finished with exit code",
    "During handling of the above",
    "The above exception was",
    "=====",
    "-----",
)
# In a notebook's traceback, the line of the source that was running has an arrow; the numbered ones around it did not run.
_ARROW, _NUMBERED = re.compile(r"\s*-{1,6}> ?\d+\s"), re.compile(r"\s*\d+(?:\s|$)")
# What differs between two users who meet the same error: names, paths, shapes, counts, addresses.
_OWN = re.compile(
    r"0x[0-9a-fA-F]+|b?'[^'\n]{0,200}'|b?\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`|<[^<>\n]{0,200}>|/[^\s,;)]+|\d+(\.\d+)*"
)
# What of it is never what the error is about.
_PLACES = re.compile(r"0x[0-9a-fA-F]+|<[^<>\n]{0,200}>|\b[A-Za-z]:\\[^\s,;)'\"]{0,200}|/[^\s,;)'\"]{1,200}|\d+(\.\d+)*")
_WORD = re.compile(r"[a-z_]{2,60}")
_KEY = re.compile(r"(?:(['\"])(?P<text>.{1,300}?)\1|(?P<number>\d{1,9}))(?=[\s`*.,;)]|$)")


def without_escapes(text: str) -> str:
    """A text without what only a terminal understands."""
    return _ESCAPES.sub("", text)


@dataclass(frozen=True)
class Message:
    """One error.

    :param error_type: name of the exception without its module; empty where it is not said.
    :param text: what it says, without the traceback.
    :param earlier: the errors before it in the pasted text, the latest first.
    :param around: all of the pasted text that is read.
    """

    error_type: str
    text: str
    earlier: tuple["Message", ...] = ()
    around: str = ""

    @property
    def core(self) -> str:
        """The innermost error in one line."""
        line = " ".join(essence(self.text)[:LONGEST_MESSAGE].split())
        # A KeyError shows its key as Python writes it, and what stands behind that is not the error's.
        if self.error_type == "KeyError" and (key := _KEY.match(line)):
            return key["text"] or key["number"]
        quoted = len(line) > 2 and line[0] == line[-1] and line[0] in "'\"" and line[0] not in line[1:-1]
        return line[1:-1] if quoted else line

    @property
    def warning(self) -> bool:
        return self.error_type.endswith("Warning")


def read_bounded(stream: BinaryIO) -> str:
    """The beginning and the end of a piped text, whatever its encoding; of an endless one as much as is worth waiting for."""
    head, tail, size = b"", b"", 0
    while size < _MOST_BYTES and (chunk := stream.read(1 << 20)):
        size += len(chunk)
        if len(head) < 4 * _HEAD:
            room = 4 * _HEAD - len(head)
            head, chunk = head + chunk[:room], chunk[room:]
        tail = (tail + chunk)[-4 * _TAIL :]
    data = head + tail
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace")


def parse(pasted: str) -> Message:
    """The error in a pasted text: the last exception of a traceback, or all of it."""
    text = _readable(pasted)
    found = _notebook(text) or _errors(text)
    if not found:
        headed = _HEADED.search(text)
        return Message(headed[1] if headed else "", without_beside(text).strip(), around=text.strip())
    # The last error counts most; a warning counts where there is no error.
    found.reverse()
    ranked = sorted(found, key=lambda message: message.warning)
    first, *others = ranked[:_MOST_ERRORS]
    return Message(first.error_type, first.text, tuple(others), text.strip())


def _readable(pasted: str) -> str:
    """The beginning and the end of a text, without what only a terminal understands."""
    if len(pasted) > _HEAD + _TAIL:
        pasted = f"{pasted[:_HEAD]}\n{pasted[-_TAIL:]}"
    text = _WRAPPED.sub(r"\1", _unquoted(_ESCAPES.sub("", pasted))).translate(_CURLY)
    return html.unescape(text) if "&#39;" in text or "&lt;" in text or "&quot;" in text else text


def _unquoted(text: str) -> str:
    """A text that was quoted as a whole in a mail or an issue, as it was before."""
    lines = text.split("\n")
    if sum(line.startswith(">") for line in lines) < _QUOTED * sum(map(bool, map(str.strip, lines))):
        return text
    return "\n".join(_QUOTE.sub("", line) for line in lines)


def without_beside(text: str) -> str:
    """A traceback of a notebook without the source around the lines that ran: what stands there was not said.

    A call that is not closed in its line goes on in the next ones.
    """
    lines = text.split("\n")
    if not any(map(_ARROW.match, lines)):
        return text
    kept, opened = [], 0
    for line in lines:
        numbered = _NUMBERED.match(line) is not None
        opened = opened if numbered else 0
        if not numbered or opened > 0:
            kept.append(line)
        if opened > 0 or _ARROW.match(line):
            opened += line.count("(") - line.count(")")
    return "\n".join(kept)


def _notebook(text: str) -> list[Message]:
    """Errors in the form in which notebooks store them."""
    if '"message"' not in text and '"evalue"' not in text:
        return []
    names = [match[1].rpartition(".")[2] for match in _NOTEBOOK_NAME.finditer(text)]
    found = []
    for number, match in enumerate(_NOTEBOOK.finditer(text)):
        try:
            said = json.loads(match[1], strict=False)
        except ValueError:
            continue
        found.append(Message(names[number] if number < len(names) else "", str(said).strip()))
    return [message for message in found if message.text]


def _errors(text: str) -> list[Message]:
    found: list[tuple[str, list[str]]] = []
    taking, room = False, 0
    for line in text.split("\n"):
        plain = _PREFIX.sub("", line[:_LINE])
        if _SUMMARY.match(plain):
            taking = False
            continue
        raised = _RAISED.match(plain) or _IN_BRACES.match(plain) or _BARE.match(plain) or _WITHIN.search(plain)
        if raised is not None:
            rest = plain[raised.end() :] + line[_LINE:][: LONGEST_MESSAGE * 4]
            found.append((raised[1], [rest]))
            del found[: -2 * _MOST_ERRORS]
            taking, room = True, 4 * LONGEST_MESSAGE - len(rest)
        elif taking and plain.startswith(_ENDS):
            taking = False
        elif taking and room > 0:
            found[-1][1].append(line[: LONGEST_MESSAGE * 4])
            room -= len(line) + 1  # an empty line takes room, too
    return [Message(name, "\n".join(said).strip().strip("`*")) for name, said in found]


def words(text: str) -> frozenset[str]:
    """The words of a message that are not one user's own names."""
    return frozenset(_WORD.findall(_OWN.sub(" ", text).lower()))


def shape(text: str) -> str:
    """A message with everything of one user's own taken out, in one line."""
    return " ".join(_OWN.sub("#", text).lower().split())


def named(text: str) -> str:
    """A message with paths, addresses and numbers taken out and every name kept: what it is about."""
    return " ".join(_PLACES.sub("#", text).replace('"', "'").split())


def likeness(one: frozenset[str], two: frozenset[str]) -> float:
    """How much two messages share, from 0 to 1. A stored one may be cut short, and a pasted one may hold more."""
    if len(one & two) < 3:
        return 0.0
    return len(one & two) / min(len(one), len(two)) * (0.7 + 0.3 * len(one & two) / len(one | two))
