"""Which shipped cells may be run again here, and when one of them holds."""

from typing import Any

from crossload.shipped.checking import Checked, sample
from crossload.shipped.file_format import pack
from tests.unit import doubles
from tests.unit.shipped.test_file_format import FACTS, environment, row

HERE = {name: doubles.environment(name) for name in ("2.4-cpu", "2.10-cpu")}
SCENARIOS = {name: doubles.scenario(name, digest=f"{name} as it is now ".ljust(16, ".")) for name in ("dense", "lstm")}


def sampled(digests: dict[str, str], sources: dict[str, str]) -> tuple[set[tuple[str, str, str]], str]:
    """The cells that are drawn where environments and scenarios were these when they were measured."""
    rows = [row(name, "h5", saver, loader) for name in SCENARIOS for saver in HERE for loader in HERE]
    known = [environment(name, digests.get(name, found.digest)) for name, found in HERE.items()]
    described: list[Any] = [
        {"name": name, "family": "core", "digest": sources.get(name, found.digest[:16])}
        for name, found in SCENARIOS.items()
    ]
    found, said = sample(pack(rows, FACTS, known, described), 99, 1, HERE, SCENARIOS)
    return {(item["scenario"], item["saved_with"], item["loaded_with"]) for item in found}, said


def test_all_are_drawn_where_nothing_has_changed() -> None:
    found, said = sampled({}, {})
    assert (len(found), said) == (8, "")


def test_cells_of_other_pins_or_of_another_source_cannot_be_compared() -> None:
    found, said = sampled({"2.4-cpu": "other pins"}, {})
    assert found == {(name, "2.10-cpu", "2.10-cpu") for name in SCENARIOS}
    assert said.startswith("6 of 8 cells are left out")
    found, _ = sampled({}, {"lstm": "another source"})
    assert {name for name, _, _ in found} == {"dense"}


def test_a_cell_holds_where_everything_compared_is_the_same() -> None:
    shipped: dict[str, Any] = {"verdict": "exact", "fidelity": 5, "attempt": "plain", "error_type": ""}
    told: Any = {**row("dense", "h5", "2.4-cpu", "2.4-cpu"), **shipped}

    def holds(here: Any) -> bool:
        return Checked(told, here).holds

    assert holds(shipped)
    for name, other in {"verdict": "equal", "fidelity": 4, "attempt": "rename", "error_type": "ValueError"}.items():
        assert not holds({**shipped, name: other})
    # What could not be run here holds nothing.
    assert not holds({})
