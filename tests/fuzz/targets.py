"""What each fuzz target does with some bytes, and what must hold whatever they are.

A target raises where the program would be wrong: an exception that a reader lets through, an answer that cannot be carried to the
process that asked, or a text that a terminal would obey.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from crossload.diagnosis.catalogue import load_catalogue
from crossload.explaining.answer import explain
from crossload.explaining.message import parse
from crossload.fleet.statements import SUFFIX, verify
from crossload.inspection import Inspection, inspect
from crossload.inspection.bounds import json_object, printable
from crossload.inspection.report import Notes
from crossload.user_models.other_files import kind_of_file
from crossload.util.files import UnreadableError
from tests.unit.inspection import files

_ANSWER: TypeAdapter[Inspection] = TypeAdapter(Inspection)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item)


def check_answer(found: Inspection) -> None:
    """Raise where an inspection cannot be carried from process to process, or holds what a terminal obeys."""
    assert _ANSWER.validate_json(_ANSWER.dump_json(found)) == found
    json.dumps(asdict(found) | {"config_keys": [], "constructs": []})
    for text in _texts(asdict(found)):
        assert text.isprintable(), ascii(text)
        text.encode("utf-8")


class Places:
    """A folder in which each target has its own file, written anew for each input."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.savedmodel = folder / "savedmodel"
        files.savedmodel(self.savedmodel)
        self.graph_only = folder / "graph"
        files.savedmodel(self.graph_only, metadata_file=False)
        files.checkpoint(folder / "ckpt", ["a"])
        self.statements = folder / "statements"
        self.statements.mkdir()
        (self.statements / "model.keras").write_bytes(b"x")


def _inspected(path: Path, written: Path, data: bytes) -> None:
    written.write_bytes(data)
    check_answer(inspect(path))


def _configuration(data: bytes) -> None:
    """JSON of models and compile settings, without the file around it."""
    try:
        config = json_object(data)
    except (UnreadableError, ValueError, RecursionError):
        return
    notes = Notes()
    notes.guarded("config.json", lambda: notes.architecture(config))
    notes.guarded("config.json", lambda: notes.training(config))
    check_answer(notes.finish("zip", ".keras"))


def _explained(data: bytes) -> None:
    """What is pasted, without cells: those are our own."""
    message = parse(data.decode("utf-8", "replace"))
    if message.text:
        list(explain(message, (), load_catalogue()))


def _other_file(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    printable(kind_of_file(path) or "").encode("utf-8")


def _verified(folder: Path, data: bytes) -> None:
    (folder / f"model.keras{SUFFIX}").write_bytes(data)
    assert len(verify(folder)) == 1


def targets(places: Places) -> dict[str, Callable[[bytes], None]]:
    """Every target by the name of its reader."""
    root, saved, graph = places.root, places.savedmodel, places.graph_only
    return {
        "keras": lambda data: _inspected(root / "a.keras", root / "a.keras", data),
        "hdf5": lambda data: _inspected(root / "a.h5", root / "a.h5", data),
        "graph": lambda data: _inspected(graph, graph / "saved_model.pb", data),
        "metadata": lambda data: _inspected(saved, saved / "keras_metadata.pb", data),
        "checkpoint": lambda data: _inspected(root / "ckpt", root / "ckpt.index", data),
        "configuration": _configuration,
        "other": lambda data: _other_file(root / "other", data),
        "statement": lambda data: _verified(places.statements, data),
        "explain": _explained,
    }


def path_of(reader: str, places: Places) -> Path | None:
    """What a guarded reader is given for the last input of a target; None where no such reader stands before it."""
    return {
        "keras": places.root / "a.keras",
        "hdf5": places.root / "a.h5",
        "graph": places.graph_only,
        "metadata": places.savedmodel,
        "checkpoint": places.root / "ckpt",
    }.get(reader)


def seeds(reader: str) -> list[bytes]:
    """Sound inputs of a target, from which a fuzzer starts."""
    folder = Path(tempfile.mkdtemp(prefix="crossload-seeds-"))
    try:
        places = Places(folder)
        for number, config in enumerate([None, files.KERAS_2]):
            files.keras_zip(folder / f"{number}.keras", config)
            files.hdf5(folder / f"{number}.h5", config, files.TRAINING, "new" if config is None else "legacy")
        texts = [json.dumps(item).encode() for item in (files.KERAS_2, files.KERAS_3, files.TRAINING)]
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "model.keras", "digest": {"sha256": "0" * 64}}],
            "predicate": {"loads_plainly_in": "2.21-cpu"},
        }
        said = [
            b"ValueError: Unknown layer: 'Gate'. Please ensure you are using a `keras.utils.custom_object_scope`",
            b'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nValueError: bad marshal data',
            b'{"cells": [{"outputs": [{"ename": "TypeError", "evalue": "Keyword argument not understood: \\u0027x\\u0027"}]}]}',
        ]
        archives = [(folder / f"{number}.keras").read_bytes() for number in range(2)]
        return {
            "keras": archives,
            "hdf5": [(folder / f"{number}.h5").read_bytes() for number in range(2)],
            "graph": [(places.graph_only / "saved_model.pb").read_bytes()],
            "metadata": [(places.savedmodel / "keras_metadata.pb").read_bytes()],
            "checkpoint": [(folder / "ckpt.index").read_bytes()],
            "configuration": texts,
            "other": [
                *archives,
                *texts,
                b"\x80\x04K\x01.",
                b"\x0a\x10\x0a\x05dtype",
                b"version https://git-lfs.github.com/spec/",
            ],
            "statement": [json.dumps(statement).encode()],
            "explain": said,
        }[reader]
    finally:
        shutil.rmtree(folder)
