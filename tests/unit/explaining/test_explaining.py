"""An error message as people paste it: what is taken for it, and which cause is named."""

from typing import Any

import pytest

from crossload.diagnosis.catalogue import load_catalogue
from crossload.explaining.answer import ALIKE, PATTERN, SAME, explain
from crossload.explaining.message import likeness, parse, shape, words
from crossload.explaining.text import document, lines, report
from crossload.resources import MEASURED
from crossload.shipped.file_format import read

TRACEBACK = """\
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    model = keras.models.load_model("mine.h5")
  File "/usr/lib/python3/site-packages/keras/src/legacy.py", line 40, in deserialize
ValueError: inner

During handling of the above exception, another exception occurred:

keras.src.errors.TypeError: Error when deserializing class 'Dense' using config={'units': 3}.

Exception encountered: Unrecognized keyword arguments: ['batch_shape']
"""


def test_the_last_exception_of_a_traceback_is_the_message() -> None:
    found = parse(TRACEBACK)
    assert found.error_type == "TypeError"
    assert found.core == "Unrecognized keyword arguments: ['batch_shape']"
    assert parse("ValueError: x\ny").text == "x\ny"
    assert parse("just words") == parse("  just words\n")
    assert parse("just words").error_type == ""


def test_two_users_with_their_own_names_have_the_same_message() -> None:
    one = "Unknown layer: 'Gate' in /home/ann/model.h5 at 0x7f12 with 12 weights"
    two = "Unknown layer: 'Scale' in /srv/x.h5 at 0xffff with 3 weights"
    assert shape(one) == shape(two)
    assert likeness(words(one), words(two)) == 1
    assert likeness(words(one), words("No space left on device")) == 0


def row(cause: str, error: str, error_type: str = "ValueError", verdict: str = "fails", **more: Any) -> dict[str, Any]:
    place = {"scenario": "dense", "format": "h5", "saved_with": "2.10-cpu", "loaded_with": "2.16-cpu"}
    return {
        **place,
        "cause": cause,
        "error": error,
        "error_type": error_type,
        "verdict": verdict,
        "attempt": "",
        **more,
    }


UNKNOWN_LAYER = "Unknown layer: 'Gate'. Please ensure you are using a `keras.utils.custom_object_scope`"


def test_cells_with_the_same_message_name_the_cause_and_what_helped() -> None:
    rows = [
        row("custom-object-not-passed", UNKNOWN_LAYER),
        row("custom-object-not-passed", UNKNOWN_LAYER, verdict="remedy", attempt="rebuild+weights"),
        row("damaged-file", "the file is cut"),
    ]
    message = parse(
        "ValueError: Unknown layer: 'Gate'. Please ensure you are using a `keras.utils.custom_object_scope`"
    )
    found = next(item for item in explain(message, rows, load_catalogue()) if item.cells)
    assert (found.by, len(found.cells), found.remedies, found.unhelped) == (SAME, 2, (("rebuild+weights", 1),), 1)
    told = document(found)
    assert told["cells"] == ["2.10-cpu,2.16-cpu,h5,dense"] * 2


def test_the_same_sentence_about_another_name_is_another_message() -> None:
    rows = [row("custom-object-not-passed", UNKNOWN_LAYER)]
    for name in ("MyOwn", "Gates", "CuDNNLSTM"):
        message = parse(f"ValueError: {UNKNOWN_LAYER.replace('Gate', name)}")
        assert not any(item.cells for item in explain(message, rows, load_catalogue()))


def test_cells_that_agree_outweigh_a_wording_that_other_causes_share() -> None:
    said = "Some Python objects were not bound to checkpointed values, likely due to changes in the Python program."
    rows = [row("lookup-layer-rewritten", said)] * 3 + [row("weights-count", said)]
    names = [item.name for item in explain(parse(f"ValueError: {said}"), rows, load_catalogue())]
    assert names[0] == "lookup-layer-rewritten"
    assert "checkpoint-objects" in names


def test_a_message_that_is_much_like_one_says_so() -> None:
    rows = [row("a", "cannot read the weights of the layer with the name dense because of its shape")]
    message = parse("cannot read the weights of a layer because of its shape")
    (found,) = explain(message, rows, load_catalogue())
    assert found.by == ALIKE
    assert found.cause is None
    assert "unknown" in lines(found, ["2.10-cpu", "2.16-cpu"])[0]


def test_the_wording_alone_names_a_cause_without_claiming_cells() -> None:
    message = parse("ValueError: bad marshal data (unknown type code)")
    found = explain(message, [], load_catalogue())
    assert [item.name for item in found] == ["lambda-bytecode"]
    assert found[0].by == PATTERN
    assert "no measured cell shows it" in lines(found[0], [])[2]


def test_a_traceback_without_its_message_is_known_by_where_it_ends() -> None:
    head = 'Traceback (most recent call last):\n  File "/lib/keras/models.py", line 40, in model_from_config\n    return deser'
    (found,) = explain(parse(head), [], load_catalogue())
    assert found.name == "fails-in-configuration"
    assert "Known by where its traceback ends; no measured cell shows it." in lines(found, [])[2]
    later = head + '\n  File "/lib/keras/saving.py", line 9, in load_weights_from_hdf5_group\n    for k'
    assert explain(parse(later), [], load_catalogue())[0].name == "fails-in-weights"


def test_where_a_traceback_ends_counts_only_where_nothing_else_is_known() -> None:
    head = 'Traceback (most recent call last):\n  File "/lib/{}/models.py", line 40, in model_from_config\n    return deser'
    assert explain(parse(head.format("own")), [], load_catalogue()) == []
    said = parse(head.format("keras") + "\nValueError: one that was measured")
    assert explain(said, [row("a", "one that was measured")], load_catalogue())[0].by == SAME
    known = parse(head.format("keras") + "\nValueError: bad marshal data (unknown type code)")
    assert [item.name for item in explain(known, [], load_catalogue())] == ["lambda-bytecode"]


def test_one_answer_stands_first_and_the_others_in_a_line_each() -> None:
    found = explain(parse("ValueError: Unknown optimizer: 'Addons>AdamW'"), [], load_catalogue())
    said = report(found, [])
    assert said[0] == "Cause: A class of a package beside Keras (addon-class)."
    assert any("tensorflow-addons" in line for line in said)
    assert sum(line.startswith("Cause:") for line in said) == 1
    assert "Not known" in report([], [])[0]


def test_what_is_no_loading_problem_says_so() -> None:
    found = explain(
        parse("ResourceExhaustedError: OOM when allocating tensor with shape[64,512,512,3]"), [], load_catalogue()
    )
    assert report(found, [])[0].startswith("No loading problem.")
    assert document(found[0])["loading"] is False


def test_another_type_of_error_is_another_error() -> None:
    rows = [row("a", "one two three four five", error_type="TypeError")]
    assert explain(parse("ValueError: one two three four five"), rows, load_catalogue()) == []


def test_nothing_is_made_up_for_what_nobody_has_seen() -> None:
    rows = list(read(MEASURED).rows())
    assert explain(parse("KeyError: 'my_column'"), rows, load_catalogue()) == []
    assert explain(parse("the coffee machine reports an empty water tank"), rows, load_catalogue()) == []


def measured() -> list[Any]:
    """One shipped cell for every cause and error."""
    found = {(item["cause"], item["error"]): item for item in read(MEASURED).rows() if item["cause"] and item["error"]}
    return [item for item in found.values() if item["cause"] != "unknown"]


def test_most_shipped_messages_are_explained_by_their_own_cause() -> None:
    rows = list(read(MEASURED).rows())
    catalogue = load_catalogue()
    cells = measured()[::7]
    right = [
        item
        for item in cells
        if item["cause"]
        in [found.name for found in explain(parse(f"{item['error_type']}: {item['error']}"), rows, catalogue)[:2]]
    ]
    assert len(cells) > 20
    assert len(right) >= 0.9 * len(cells), [item["error"] for item in cells if item not in right]


@pytest.mark.parametrize("text", ["", "   \n"])
def test_nothing_is_no_message(text: str) -> None:
    assert not parse(text).text
