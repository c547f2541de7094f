"""The frame of SARIF: addresses are addresses, whatever files are called."""

from pathlib import Path

from crossload.util.sarif import document, finding


def test_a_name_of_a_file_is_part_of_an_address() -> None:
    found = finding("differs", "error", "it differs", Path("models/a b#1?.h5"), "layer/dense")
    (location,) = found["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "models/a%20b%231%3F.h5"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "layer/dense"}]
    assert "logicalLocations" not in finding("differs", "error", "it differs", Path("a"))["locations"][0]


def test_rules_are_described_once() -> None:
    made = document({"differs": "It differs."}, [])
    assert [rule["id"] for rule in made["runs"][0]["tool"]["driver"]["rules"]] == ["differs"]
    assert made["version"] == "2.1.0"
