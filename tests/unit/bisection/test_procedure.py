"""The search for a change, and the mixed environments that it asks about; no environment is built here."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossload.bisection.endpoints import alike, behaviour, find_cell, find_change
from crossload.bisection.mixed_pins import COMPONENTS, component_of, differing, label, mix
from crossload.bisection.search import NEW, NOTHING, OLD, OTHER, narrow, responsible, sentence
from crossload.errors import SelectionError
from crossload.results.changes import LOADER, SAVER

# The search


@given(st.integers(2, 40), st.data())
def test_a_single_change_is_found_exactly(count: int, data: st.DataObject) -> None:
    first_new = data.draw(st.integers(1, count - 1))
    silent = data.draw(st.sets(st.integers(1, count - 2))) if count > 2 else set()
    items = [str(number) for number in range(count)]

    def ask(item: str) -> str:
        assert item not in asked, "nothing is asked twice"
        asked.append(item)
        return NOTHING if int(item) in silent else NEW if int(item) >= first_new else OLD

    asked: list[str] = []
    found = narrow(items, ask)
    low, high = int(found.last_old), int(found.first_new)
    assert low < first_new <= high
    assert list(found.between) == items[low + 1 : high]
    assert all(place in silent for place in range(low + 1, high))
    assert not found.goes_back_and_forth
    if not silent:
        assert len(asked) <= count.bit_length() + 2


def test_the_ends_are_not_asked_again() -> None:
    assert narrow(["a", "b"], lambda item: pytest.fail("asked")).answers == {"a": OLD, "b": NEW}


def test_results_that_go_back_and_forth_give_one_of_the_changes_and_say_so() -> None:
    shown = dict(zip("abcdefg", (OLD, NEW, OLD, NEW, NOTHING, OTHER, NEW), strict=True))
    found = narrow(list(shown), shown.__getitem__)
    assert (shown[found.last_old], shown[found.first_new]) == (OLD, NEW)
    back = dict(zip("abcdefg", (OLD, NEW, OLD, NEW, OLD, NEW, NEW), strict=True))
    assert narrow(list(back), back.__getitem__).goes_back_and_forth


@pytest.mark.parametrize(
    ("bringers", "needs_all", "expected"),
    [
        ({"Keras"}, False, (["Keras"], ["TensorFlow", "NumPy"])),
        ({"Keras", "NumPy"}, False, (["NumPy", "Keras"], ["TensorFlow"])),
        (set(), False, ([], ["TensorFlow", "NumPy", "Keras"])),
        # Only together: taking either back undoes it.
        ({"Keras", "TensorFlow"}, True, (["TensorFlow", "Keras"], ["NumPy"])),
    ],
)
def test_who_brings_a_change(bringers: set[str], needs_all: bool, expected: tuple[list[str], list[str]]) -> None:
    def ask(from_new: frozenset[str]) -> str:
        hit = bringers <= from_new if needs_all else bool(bringers & from_new)
        return NEW if hit or (not bringers and len(from_new) > 1) else OLD

    found = responsible(["TensorFlow", "NumPy", "Keras"], ask)
    if bringers == {"Keras", "NumPy"}:
        # Either is enough, so that taking one back changes nothing: what each does alone decides.
        assert set(found[0]) == bringers
    else:
        assert found == expected


def test_what_can_not_be_built_accuses_and_acquits_nobody() -> None:
    assert responsible(["TensorFlow", "Keras"], lambda from_new: NOTHING) == ([], [])


def test_the_sentence() -> None:
    line = sentence("keras dense", "2.13", "2.14", "broke in keras 2.14.0rc0", ["TensorFlow"], "")
    assert line == "keras dense 2.13→2.14 broke in keras 2.14.0rc0, not in TensorFlow"


# Mixed pins

OLD_PINS = {
    "tensorflow-cpu": "2.15.1",
    "keras": "2.15.0",
    "numpy": "1.26.4",
    "wrapt": "1.14.1",
    "tensorboard": "2.15.2",
}
NEW_PINS = {"tensorflow-cpu": "2.16.2", "keras": "3.4.1", "numpy": "1.26.4", "wrapt": "1.16.0", "namex": "0.0.8"}


def test_every_package_goes_with_its_component() -> None:
    assert {name: component_of(name) for name in ("keras", "numpy", "wrapt", "tensorflow-cpu")} == {
        "keras": "Keras",
        "numpy": "NumPy",
        "wrapt": "TensorFlow",
        "tensorflow-cpu": "TensorFlow",
    }


def test_a_component_brings_its_own_pins_and_nothing_is_left_out() -> None:
    everything = {"tensorboard": "2.15.2", "namex": "0.0.8", "numpy": "1.26.4"}
    assert mix(OLD_PINS, NEW_PINS, ()) == {**OLD_PINS, **everything}
    assert mix(OLD_PINS, NEW_PINS, COMPONENTS) == {**NEW_PINS, **everything}
    mixed = mix(OLD_PINS, NEW_PINS, ["Keras"])
    assert (mixed["keras"], mixed["tensorflow-cpu"], mixed["wrapt"]) == ("3.4.1", "2.15.1", "1.14.1")


def test_only_what_differs_is_varied() -> None:
    assert differing(OLD_PINS, NEW_PINS, ("3.11", "3.11")) == ["TensorFlow", "Keras"]
    assert differing(OLD_PINS, OLD_PINS, ("3.9", "3.11")) == ["Python"]


def test_the_label_is_one_of_an_environment() -> None:
    assert label(OLD_PINS, "2.15 with keras 3.0.0") == "2.15+2.15.with.keras.3.0.0"


# From a cell to a change


def cell(saver: str, loader: str, verdict: str, **more: Any) -> dict[str, Any]:
    row = {"scenario": "dense", "format": "h5", "saved_with": saver, "loaded_with": loader, "verdict": verdict}
    return row | {"error_type": "", "key": f"{saver}{loader}".ljust(16, "0")} | more


ROWS = [
    cell("2.10-cpu", "2.10-cpu", "exact"),
    cell("2.10-cpu", "2.13-cpu", "unavailable"),
    cell("2.10-cpu", "2.15-cpu", "equal"),
    cell("2.10-cpu", "2.16-cpu", "fails", error_type="ValueError"),
    cell("2.10-cpu", "2.16+tf_keras-cpu", "exact"),
    cell("2.10-cpu", "2.21-cpu", "fails", error_type="ValueError"),
    cell("2.21-cpu", "2.21-cpu", "remedy"),
]


def test_a_cell_is_found_by_key_and_by_permalink() -> None:
    wanted = ROWS[5]
    assert find_cell(ROWS, "2.10-cpu,2.21-cpu,h5,dense") is wanted
    assert find_cell(ROWS, "index.html#format=h5&cell=2.10-cpu,2.21-cpu,h5,dense") is wanted
    assert find_cell(ROWS, wanted["key"]) is wanted
    with pytest.raises(SelectionError, match="Did you mean"):
        find_cell(ROWS, "2.10-cpu,2.21-cpu,h5,densest")
    with pytest.raises(SelectionError, match="not measured"):
        find_cell(ROWS, "2.10-cpu,2.13-cpu,h5,dense")


def test_the_nearest_earlier_loader_that_behaves_otherwise() -> None:
    found = find_change(ROWS, ROWS[5])
    assert (found.axis, found.old, found.new, found.fixed) == (LOADER, ROWS[2], ROWS[5], "2.10-cpu")
    assert found.between == ("2.16-cpu",)
    assert found.environment(found.new) == "2.21-cpu"


def test_a_later_loader_where_there_is_no_earlier_one() -> None:
    found = find_change(ROWS, ROWS[0])
    assert (found.old, found.new) == (ROWS[0], ROWS[3])


def test_the_saver_where_every_loader_behaves_alike() -> None:
    rows = [cell("2.15-cpu", "2.16-cpu", "fails"), cell("2.16-cpu", "2.16-cpu", "exact")]
    found = find_change(rows, rows[0])
    assert (found.axis, found.old, found.new, found.fixed) == (SAVER, rows[0], rows[1], "2.16-cpu")


def test_without_a_change_there_is_nothing_to_narrow() -> None:
    with pytest.raises(SelectionError, match="in the same way"):
        find_change(ROWS[:1], ROWS[0])


def test_a_cause_counts_and_an_unknown_one_is_held_against_none() -> None:
    def failed(cause: str, loader: str = "2.16-cpu") -> dict[str, Any]:
        return cell("2.10-cpu", loader, "fails", error_type="ValueError", cause=cause)

    assert not alike(failed("compile-string-h5"), failed("config-key-past"))
    assert alike(failed("compile-string-h5"), failed("unknown"))
    assert not alike(failed("unknown"), cell("2.10-cpu", "2.16-cpu", "fails", error_type="TypeError", cause="unknown"))
    rows = [*ROWS[:3], failed("config-key-past"), failed("compile-string-h5", "2.21-cpu")]
    assert find_change(rows, rows[-1]).old is rows[3]


def test_failures_go_by_their_type_and_exact_and_equal_are_one() -> None:
    assert behaviour(cell("a", "b", "exact")) == behaviour(cell("a", "b", "equal"))
    assert behaviour(cell("a", "b", "fails")) != behaviour(cell("a", "b", "fails", error_type="TypeError"))
