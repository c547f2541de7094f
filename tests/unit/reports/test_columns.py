"""Environments side by side: by the kind of Keras, those of Keras 3 by its version, each with both of its numbers."""

from typing import Any

import pytest

from crossload_reports.analysis.columns import both_numbers, group_of, groups, other_number

FACTS: list[dict[str, Any]] = [
    {"id": "2.4-cpu", "tensorflow": "2.4.4", "keras": "2.4.0"},
    {"id": "2.15-cpu", "tensorflow": "2.15.1", "keras": "2.15.0"},
    {"id": "2.16-cpu", "tensorflow": "2.16.2", "keras": "3.4.1"},
    {"id": "2.16+tf_keras-cpu", "tensorflow": "2.16.2", "keras": "2.16.0"},
    {"id": "2.21-cpu", "tensorflow": "2.21.0", "keras": "3.13.2"},
    {"id": "keras3.4-cpu", "tensorflow": "2.18.1", "keras": "3.4.1"},
    {"id": "keras3.9-cpu", "tensorflow": "2.18.1", "keras": "3.9.2"},
    {"id": "keras3.15-cpu", "tensorflow": "2.18.1", "keras": "3.15.1"},
    {"id": "today-cpu", "tensorflow": "2.21.0", "keras": "3.15.1"},
    {"id": "nightly-cpu", "tensorflow": "2.22.0.dev1", "keras": None},
]


def shown() -> dict[str, list[str]]:
    return {group.name: [str(FACTS[place]["id"]) for place in group.places] for group in groups(FACTS)}


def test_keras_3_stands_by_its_version_and_what_says_none_stands_last() -> None:
    assert shown() == {
        "Keras 2": ["2.4-cpu", "2.15-cpu"],
        "legacy Keras": ["2.16+tf_keras-cpu"],
        "Keras 3": [
            "2.16-cpu",
            "keras3.4-cpu",
            "keras3.9-cpu",
            "2.21-cpu",
            "keras3.15-cpu",
            "today-cpu",
            "nightly-cpu",
        ],
    }


def test_a_group_without_members_is_none() -> None:
    assert [group.name for group in groups(FACTS[:2])] == ["Keras 2"]
    assert groups([]) == []


@pytest.mark.parametrize(
    ("name", "other", "both"),
    [
        ("2.16-cpu", "Keras 3.4", "2.16 (Keras 3.4)"),
        ("keras3.9-cpu", "TF 2.18", "keras3.9 (TF 2.18)"),
        ("2.16+tf_keras-cpu", "Keras 2.16", "2.16+tf_keras (Keras 2.16)"),
        ("today-cpu", "Keras 3.15, TF 2.21", "today (Keras 3.15, TF 2.21)"),
        ("nightly-cpu", "", "nightly"),
    ],
)
def test_a_label_has_the_number_that_the_id_leaves_out(name: str, other: str, both: str) -> None:
    facts = next(one for one in FACTS if one["id"] == name)
    assert (other_number(name, facts), both_numbers(name, facts)) == (other, both)


def test_what_nothing_is_known_of_keeps_its_id() -> None:
    assert both_numbers("2.16-cuda", {}) == "2.16-cuda"
    assert group_of("2.15-cuda") == "Keras 2"
