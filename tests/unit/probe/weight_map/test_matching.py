"""Which array belongs to which weight: what is proposed, why, and what a mapping by hand may say."""

from typing import Any

import numpy as np
import pytest

from crossload.probe.weight_map import matching
from crossload.probe.weight_map.arrays import Stored

stored: Any = Stored  # the probe carries no annotations
propose: Any = matching.propose
given: Any = matching.given
applied: Any = matching.applied
told: Any = matching.told


def items(**shapes: tuple[int, ...]) -> list[Any]:
    """Arrays of these names (``__`` parts them) and shapes, no two of the same values."""
    found = []
    for number, (name, shape) in enumerate(shapes.items()):
        values = np.arange(int(np.prod(shape)), dtype="float32").reshape(shape) + 1000 * number
        found.append(stored(name.replace("__", "/"), values))
    return found


def proposed(arrays: list[Any], weights: list[Any], values: list[Any] | None = None) -> dict[str, tuple[str, str, str]]:
    rows = told(propose(arrays, weights, values or []), arrays, weights)
    return {row["model"]: (row["file"], row["change"], row["because"]) for row in rows if row["file"]}


def test_names_come_before_order() -> None:
    arrays = items(old__first__kernel=(3, 3), old__second__kernel=(3, 3))
    weights = items(new__second__kernel=(3, 3), new__first__kernel=(3, 3))
    found = proposed(arrays, weights)
    assert found["new/first/kernel"] == ("old/first/kernel", "", "the same name")
    assert found["new/second/kernel"] == ("old/second/kernel", "", "the same name")


def test_a_name_with_another_shape_is_another_weight() -> None:
    assert proposed(items(a__kernel=(3, 2)), items(a__kernel=(4, 2))) == {}


def test_a_role_is_never_taken_for_another_one() -> None:
    """Four vectors of one shape: the order alone would put the mean where gamma belongs."""
    arrays = items(bn__moving_mean=(4,), bn__moving_variance=(4,), bn__gamma=(4,), bn__beta=(4,))
    weights = items(norm__gamma=(4,), norm__beta=(4,), norm__moving_mean=(4,), norm__moving_variance=(4,))
    found = proposed(arrays, weights)
    assert {name.split("/")[1]: row[0].split("/")[1] for name, row in found.items()} == {
        role: role for role in ("gamma", "beta", "moving_mean", "moving_variance")
    }


def test_where_files_only_count_shapes_and_order_decide() -> None:
    arrays = items(layers__dense__vars__0=(5, 6), layers__dense__vars__1=(6,), layers__dense_1__vars__0=(6, 6),
                   layers__dense_1__vars__1=(6,))  # fmt: skip
    weights = items(a__kernel=(5, 6), a__bias=(6,), b__kernel=(6, 6), b__bias=(6,))
    found = proposed(arrays, weights)
    assert found["a/kernel"] == ("layers/dense/vars/0", "", "the only one of this shape")
    assert found["b/bias"] == ("layers/dense_1/vars/1", "", "in order among those of this shape")


def test_where_there_are_more_of_a_shape_than_wanted_nothing_is_guessed() -> None:
    found = proposed(items(x__0=(6,), y__0=(6,), z__0=(2,)), items(a__bias=(6,), b__bias=(2,)))
    assert found == {"b/bias": ("z/0", "", "the only one of this shape")}


@pytest.mark.parametrize(("wanted", "change"), [((1, 5, 6), "reshape"), ((6, 5), "transpose"), ((10, 3), None)])
def test_another_layout_of_the_same_numbers(wanted: tuple[int, ...], change: str | None) -> None:
    found = proposed(items(dense__kernel=(5, 6)), items(conv__kernel=wanted))
    expected = {"conv/kernel": ("dense/kernel", change, "the only one with as many numbers")} if change else {}
    assert found == expected


def test_a_second_file_with_the_same_values_decides_what_order_would_get_wrong() -> None:
    arrays = items(x__0=(6,), y__0=(6,))
    weights = items(a__bias=(6,), b__bias=(6,))
    second = [stored("a/bias", arrays[1].value), stored("b/bias", arrays[0].value)]
    found = proposed(arrays, weights, second)
    assert found["a/bias"] == ("y/0", "", "the same values as a/bias of the second file")
    assert found["b/bias"][0] == "x/0"
    assert proposed(arrays, weights)["a/bias"][0] == "x/0"


def test_no_array_is_taken_twice() -> None:
    arrays = items(a__kernel=(2, 2), b__0=(2, 2), c__bias=(2,))
    weights = items(a__kernel=(2, 2), d__kernel=(2, 2), c__bias=(2,), e__bias=(2,))
    rows = [row[0] for row in proposed(arrays, weights).values()]
    assert sorted(rows) == sorted(set(rows))


def test_a_mapping_by_hand_is_applied_as_it_says() -> None:
    arrays, weights = items(x=(2, 3), y=(3,)), items(a=(3, 2), b=(3,))
    entries = [{"model": "a", "file": "x", "change": "transpose 1,0"}, {"model": "b", "file": None}]
    pairs = given(entries, arrays, weights)
    assert [(pair.weight, pair.array, pair.change) for pair in pairs] == [(0, 0, "transpose 1,0")]
    assert np.array_equal(applied(arrays[0].value, pairs[0].change, weights[0]), arrays[0].value.T)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"model": "c", "file": "x"}, "the model has no weight 'c'"),
        ({"model": "a", "file": "z"}, "the file has no array 'z'"),
        ({"model": "a", "file": "x"}, r"a is \(3, 2\), the array \(2, 3\)"),
        ({"model": "a", "file": "x", "change": "rotate"}, "'rotate' is no change"),
        ({"model": "a", "file": "y", "change": "reshape"}, "reshape does not go with"),
        ({"model": "a", "file": "x", "change": "transpose 0,7"}, "transpose 0,7 does not go with"),
    ],
)
def test_a_mapping_that_cannot_be_is_named_with_its_entry(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(matching.MapError, match=words):
        given([entry], items(x=(2, 3), y=(3,)), items(a=(3, 2), b=(3,)))


def test_a_weight_may_come_once() -> None:
    entries = [{"model": "a", "file": "x"}, {"model": "a", "file": "y"}]
    with pytest.raises(matching.MapError, match="the weight 'a' comes twice"):
        given(entries, items(x=(2,), y=(2,)), items(a=(2,)))
