"""What `crossload weights` takes and says, without TensorFlow."""

import json
from pathlib import Path
from typing import Any

import pytest

from crossload.app.model_bench import ModelOptions
from crossload.app.weights import Filled, Filling, fill_model, read_mapping
from crossload.domain.verdicts import Judged
from crossload.user_models.model_file import ModelError
from crossload.user_models.seat import Conditions, Given

ROW = {"model": "a/kernel", "shape": [2], "file": "x", "file_shape": [2], "change": "", "because": "the same name"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no such file"),
        ("{", "is no JSON"),
        ("[]", 'needs "weights", a list'),
        ('{"weights": [{"file": "x"}]}', 'needs "weights", a list'),
        ('{"weights": [{"model": "a", "file": 3}]}', 'needs "weights", a list'),
        ('{"weights": [{"model": "a", "file": "x", "change": 1}]}', 'needs "weights", a list'),
    ],
)
def test_a_mapping_that_cannot_be_read_is_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    path = tmp_path / "map.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=words) as caught:
        read_mapping(path)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_mapping_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"weights": [ROW, {"model": "b", "file": None}]}), encoding="utf-8")
    assert read_mapping(path) == [ROW, {"model": "b", "file": None}]


@pytest.mark.parametrize(
    ("build", "filling", "words"),
    [
        (None, {}, "pass --build"),
        ("f.py:f", {"out": "model.pb"}, "needs one of the ends .weights.h5, .keras, .h5"),
        ("f.py:f", {"out": "missing/model.keras"}, "is no folder that can be written"),
        ("f.py:f", {"expected": "y.npz"}, "--expected: goes with --inputs"),
        ("f.py:f", {"values": "second.h5"}, "--values .*second.h5: there is no such file"),
        ("f.py:f", {"propose": "there.json"}, "exists already and is not overwritten"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_runs(
    tmp_path: Path, build: str | None, filling: dict[str, Any], words: str
) -> None:
    (tmp_path / "there.json").write_text("{}", encoding="utf-8")
    options = ModelOptions(tmp_path / "model.h5", Conditions(tmp_path / "matrix.toml"), Given(build=build))
    paths = {name: tmp_path / value for name, value in filling.items()}
    with pytest.raises(ModelError, match=words):
        fill_model(options, Filling("today", **paths), lambda line: None)


def test_the_answer_never_claims_more_than_was_proven() -> None:
    right = Judged("plain", "loaded", rungs={"outputs": "pass"}, called=True, bit_equal=True)
    wrong = Judged("plain", "loaded", rungs={"outputs": "lost"}, called=True, max_abs_diff=0.5, max_scaled_diff=0.5)
    assert Filled([ROW], [], right).answer() == "The filled model gives the right outputs (bit by bit the same)."
    assert "gives other outputs" in Filled([ROW], [], wrong).answer()
    assert (
        "is not proven: it is not known what it gives"
        in Filled([ROW], [], None, "it is not known what it gives").answer()
    )
    missing = Filled([ROW], [], None, missing=["a", "b", "c", "d"])
    assert missing.answer() == "4 weights have no array: a, b, c and 1 more. Correct the mapping."
    assert [found.is_right for found in (Filled([], [], right), Filled([], [], wrong), missing)] == [True, False, False]
