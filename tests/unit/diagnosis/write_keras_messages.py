"""Write what Keras and TensorFlow raise: ``python -m tests.unit.diagnosis.write_keras_messages SOURCES``.

SOURCES is a folder of unpacked packages, one a release, named ``keras-2.10.0`` or ``tensorflow-2.15.1``. Of Keras every ``raise``
and every warning is read, of TensorFlow those of the modules that save and load; those without words of their own are left out.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from crossload.diagnosis.said_by_keras import ANYWHERE, GAP, WARNING
from crossload.resources import KERAS_MESSAGES

# Letters that a message must have of its own, in all and in its longest piece; characters that are kept of one.
LETTERS, PIECE, LONGEST = 12, 8, 140
_SKIPPED = re.compile(
    r"(^|/)(applications|datasets|bounding_boxes|testing|testing_infra|tests?|tools|api|backend(?!/\w+/trainer\.py))/|test|benchmark"
)
# What is about one name: the catalogue looks that up, and one that nobody has stays unknown.
_OF_A_NAME = re.compile(
    r"^(Unrecognized keyword|Keyword argument not understood|Invalid keyword argument|Unknown |Could not locate |"
    r"Argument\(s\) not recognized)"
)
_OF_TENSORFLOW = re.compile(
    r"^tensorflow/python/(saved_model|checkpoint|trackable|training/(saver|saving|tracking|checkpoint)|framework/(importer|"
    r"meta_graph|load_library|function_deserialization|graph_util_impl)|lib/io|keras/|eager/(function|def_function|wrap_function|"
    r"polymorphic_function)|util/lazy_loader|ops/lookup_ops)|^tensorflow/lite/python/(lite|convert|interpreter|util)\w*\.py"
)


def template(node: ast.expr) -> str:
    """The text that an expression gives, with a gap for each value in it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(template(part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return template(left) + template(right)
        case ast.BinOp(left=left, op=ast.Mod()):
            return re.sub(r"%(\(\w+\))?[-\d.]*[sdrifg]", GAP, template(left))
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return re.sub(r"\{[^{}]*\}", GAP, template(value))
    return GAP


def messages(source: str) -> Iterator[tuple[str, bool]]:
    """Templates of what a module raises and warns of, each in one line, and whether it is a warning."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(args=[said, *_])):
                warning = False
            case ast.Call(func=ast.Attribute(attr="warn" | "warning"), args=[said, *_]):
                warning = True
            case _:
                continue
        text = " ".join(re.sub(f"{GAP}+", GAP, template(said)).split())
        # Words that a gap ends need not stand in what is kept: a text is cut where people cut theirs.
        yield text[:LONGEST].rstrip(), warning


def telling(text: str) -> bool:
    """Whether a template has words enough to be told from any other text."""
    if _OF_A_NAME.match(text):
        return False
    pieces = [len(re.sub(r"[^A-Za-z]", "", piece)) for piece in text.split(GAP)]
    least = ANYWHERE if text.startswith(GAP) else LETTERS
    return sum(pieces) >= least and max(pieces) >= PIECE


def collect(sources: Path) -> dict[str, list[str]]:
    """For each file, templates of what it says; of one that moved, where it was first."""
    found: dict[str, str] = {}
    releases = [(*folder.name.rpartition("-")[::2], folder) for folder in sources.iterdir() if folder.is_dir()]
    for package, _number, folder in sorted(releases, key=lambda item: (item[0], Version(item[1]))):
        for file in sorted(folder.rglob("*.py")):
            path = file.relative_to(folder).as_posix()
            if _SKIPPED.search(path) or (package == "tensorflow" and not _OF_TENSORFLOW.search(path)):
                continue
            place = path.replace("keras/src/", "keras/").replace("tensorflow/python/keras/", "keras/")
            for text, warning in messages(file.read_text(encoding="utf-8", errors="replace")):
                if telling(text):
                    found.setdefault(WARNING * warning + text, place)
    places: dict[str, list[str]] = {}
    for text, place in found.items():
        # What some release raises is no warning.
        if not (text.startswith(WARNING) and text[len(WARNING) :] in found):
            places.setdefault(place, []).append(text)
    return places


def main(sources: str) -> None:
    places = collect(Path(sources))
    lines = ["# What Keras and TensorFlow raise and warn of, by the file that says it; … stands for a value, ~ before a warning.",
             "# Written by tests/unit/diagnosis/write_keras_messages.py."]  # fmt: skip
    for place in sorted(places):
        lines += [f"[{place}]", *sorted(places[place])]
    KERAS_MESSAGES.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
