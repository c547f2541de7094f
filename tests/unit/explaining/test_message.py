"""Texts in the forms in which people paste them, and how much of a long one is read."""

import io
import time

import pytest

from crossload.diagnosis.catalogue import load_catalogue
from crossload.explaining.answer import explain
from crossload.explaining.message import named, parse, read_bounded

PYTEST = """\
=================================== FAILURES ===================================
    def test_model():
>       model = keras.models.load_model("model.h5")

tests/test_model.py:12:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _
E           ValueError: Unknown layer: 'CuDNNLSTM'. Please ensure you are using a
E           `keras.utils.custom_object_scope`

venv/lib/python3.11/site-packages/keras/src/legacy/saving/serialization.py:370: ValueError
=========================== short test summary info ============================
FAILED tests/test_model.py::test_model - ValueError: Unknown layer: 'CuDNNLSTM...
"""
NOTEBOOK = """\
\x1b[0;31m---------------------------------------------------------------------------\x1b[0m
\x1b[0;31mValueError\x1b[0m                                Traceback (most recent call last)
\x1b[0;32m<ipython-input-3-1b>\x1b[0m in \x1b[0;36m<module>\x1b[0;34m\x1b[0m
\x1b[0;31mValueError\x1b[0m: Unknown layer: 'CuDNNLSTM'
"""
STORED = '{"output_type": "error", "ename": "ValueError", "evalue": "Unknown layer: \'CuDNNLSTM\'", "traceback": ["…"]}'
VSCODE = '{"name": "ValueError", "message": "Unknown layer: \'CuDNNLSTM\'", "stack": "-----\nValueError  Traceback"}'
LOG = "2024-05-01 10:00:00,123 ERROR app.worker job 7 failed: ValueError: Unknown layer: 'CuDNNLSTM'"
QUOTED = "> **ValueError: Unknown layer: 'CuDNNLSTM'**"
WINDOWS = "Traceback (most recent call last):\r\n  File \"a.py\", line 1\r\nValueError: Unknown layer: 'CuDNNLSTM'\r\n"
CHAINED = """\
KeyError: 'CuDNNLSTM'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 1, in <module>
ValueError: Unknown layer: 'CuDNNLSTM'
"""
WARNED = "ValueError: Unknown layer: 'CuDNNLSTM'\nUserWarning: something else\n"


@pytest.mark.parametrize("text", [PYTEST, NOTEBOOK, STORED, VSCODE, LOG, QUOTED, WINDOWS, CHAINED, WARNED])
def test_every_form_has_the_same_error(text: str) -> None:
    found = parse(text)
    assert found.error_type == "ValueError"
    assert "Unknown layer: 'CuDNNLSTM" in found.core
    assert explain(found, [], load_catalogue())[0].name == "builtin-gone"


def test_a_message_ends_where_the_next_traceback_begins() -> None:
    text = "ValueError: one\ntwo\n\nDuring handling of the above exception, another exception occurred:\n\nTypeError: three"
    found = parse(text)
    assert (found.error_type, found.core) == ("TypeError", "three")
    assert [(error.error_type, error.core) for error in found.earlier] == [("ValueError", "one two")]


def test_names_are_kept_and_places_are_not() -> None:
    one = "Unknown layer: 'Gate' in /home/ann/model.h5 at 0x7f12, weights 3"
    assert named(one) == named("Unknown layer: 'Gate' in /srv/x.h5 at 0x1, weights 12")
    assert named(one) != named(one.replace("Gate", "Scale"))


@pytest.mark.parametrize(
    "text",
    ["a" * 50_000, "A." * 25_000, "x__init__() got an unexpected keyword argument '" * 1_100, "Shapes (" * 6_000, "(" * 50_000,
     "Unrecognized keyword arguments passed to " * 1_200, "ValueError: " * 5_000, "'" * 50_000,
     "ValueError: Unknown layer: Foo\n" * 600_000, "ValueError: x" + "\n" * 400_000,
     "\x1b[" * 10_000_000, "\n" * 20_000_000, "a b'" * 5_000_000,
     '"message": "' + "\\\\" * 10_000_000],
    ids=lambda text: f"{len(text)} of {text[:12]!r}",
)  # fmt: skip
def test_long_texts_are_answered_at_once(text: str) -> None:
    catalogue = load_catalogue()
    explain(parse("ValueError: warm"), [], catalogue)
    started = time.process_time()
    explain(parse(text), [], catalogue)
    assert time.process_time() - started < 2


def test_a_version_in_another_script_is_no_version() -> None:
    assert explain(parse("ValueError: Unknown layer: Gate. Keras version \u0663.\u0664"), [], load_catalogue())


def test_of_a_pipe_the_beginning_and_the_end_are_read() -> None:
    begun = read_bounded(io.BytesIO(b"begin " + b"x" * 5_000_000 + b" end"))
    assert begun.startswith("begin ")
    assert begun.endswith(" end")
    assert len(begun) < 3_000_000
    assert read_bounded(io.BytesIO("Fehler: größer".encode("utf-16"))) == "Fehler: größer"
    assert read_bounded(io.BytesIO(b"\xff broken")) == "\ufffd broken"


class Endless(io.RawIOBase):
    """A pipe that never ends."""

    def read(self, size: int = -1) -> bytes:
        return b"y\n" * (size // 2)


def test_an_endless_pipe_ends() -> None:
    assert len(read_bounded(Endless())) < 3_000_000  # type: ignore[arg-type]
