"""Every message that Keras and TensorFlow raise or warn of in their own sources is answered by `explain`."""

import re

import pytest

from crossload.diagnosis.catalogue import load_catalogue
from crossload.diagnosis.said_by_keras import GAP, WARNING, place_of
from crossload.explaining.message import Message
from crossload.explaining.wording import told_by
from crossload.resources import KERAS_MESSAGES
from tests.unit.diagnosis.write_keras_messages import messages, telling


def sites() -> dict[str, list[str]]:
    """Templates by the file that says them."""
    found: dict[str, list[str]] = {}
    for line in KERAS_MESSAGES.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith(".py]"):
            said = found.setdefault(line[1:-1], [])
        elif not line.startswith("#"):
            said.append(line)
    return found


SITES = sites()


def test_every_file_that_says_something_belongs_to_a_cause() -> None:
    catalogue = load_catalogue()
    assert len(SITES) > 300
    assert [place for place in SITES if catalogue.of_place(place) is None] == []


def test_every_message_is_answered() -> None:
    catalogue = load_catalogue()
    unanswered = []
    for said in SITES.values():
        # A tenth of each file, the first at least: all of them take a minute.
        for text in said[::10]:
            shown = re.sub(GAP, "model_7", text.removeprefix(WARNING))
            if not told_by(Message("", shown, around=shown), catalogue):
                unanswered.append(text)
    assert unanswered == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Layer ModuleWrapper was passed non-serializable keyword arguments", ""),
        ("The layer weights have not been made", ""),
        ("`validation_split` must be a float between 0 and 1", ""),
        ("`merge_mode` argument is wrong", ""),
    ],
)
def test_words_that_nobody_says_are_of_no_place(text: str, place: str) -> None:
    assert place_of(text) == place


def test_a_message_is_known_without_its_quotes_and_cut_short() -> None:
    whole = next(
        text
        for said in SITES.values()
        for text in said
        if "`" in text and GAP not in text and WARNING not in text and len(text) > 90
    )
    for shown in (whole, whole.replace("`", ""), whole.replace("`", "'"), whole[:80]):
        assert place_of(shown)


def test_a_warning_is_answered_as_one() -> None:
    text = "Layer InputLayer does not have a `quantize()` method implemented."
    (told,) = told_by(Message("UserWarning", text, around=text), load_catalogue())
    assert told.cause.id == "says-warning"
    assert not told.details[0].startswith("This is what `~")


def test_the_names_that_a_message_is_about_are_left_to_the_catalogue() -> None:
    said = [text for texts in SITES.values() for text in texts]
    assert not [text for text in said if text.startswith(("Unknown ", "Unrecognized keyword"))]


def test_messages_are_read_off_the_source() -> None:
    source = """
def f(name, shape):
    if name:
        raise ValueError(f"The layer {name} has no weights, and " "shape {} is no shape".format(shape))
    if shape:
        raise TypeError("Expected %s weights of the layer, got %d" % (name, shape))
    warnings.warn("No training configuration found in " + name + " of this save file")
    raise ValueError(message)
"""
    assert {(text, warning) for text, warning in messages(source) if telling(text)} == {
        (f"The layer {GAP} has no weights, and shape {GAP} is no shape", False),
        (f"Expected {GAP} weights of the layer, got {GAP}", False),
        (f"No training configuration found in {GAP} of this save file", True),
    }
    assert (GAP, False) in messages(source)
