"""The deliberate faults of ``nox -s mutants`` still fit the program; whether they are noticed is for that session."""

from collections import Counter
from pathlib import Path

from tests.mutants.faults import AREAS, Fault, problems, read_faults

ROOT = Path(__file__).parents[2]


def test_nearly_every_fault_still_has_its_text_in_the_program() -> None:
    """The session itself is red at the first that has not; who changes one line of the program need not stop for it here."""
    faults = read_faults()
    assert len(problems(faults, ROOT)) <= 0.05 * len(faults), problems(faults, ROOT)


def test_there_are_faults_of_every_kind() -> None:
    counts = Counter(fault.area for fault in read_faults())
    assert set(counts) == set(AREAS)
    assert min(counts.values()) >= 5
    assert counts.total() >= 120


def test_few_are_excused() -> None:
    faults = read_faults()
    excused = [fault for fault in faults if fault.survives]
    assert len(excused) <= 0.05 * len(faults)


def test_a_fault_that_no_longer_fits_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("if done:\n    stop()\nif done:\n    stop()\n", encoding="utf-8")
    (tmp_path / "tests/unit/store").mkdir(parents=True)
    fault = Fault(area="store", file="a.py", text="stop()", by="pass", breaks="it goes on", tests=("store",))
    assert "stands 2 times" in problems([fault], tmp_path)[0]
    assert "stands 0 times" in problems([fault.model_copy(update={"text": "halt()"})], tmp_path)[0]
    assert "no such file" in problems([fault.model_copy(update={"file": "b.py"})], tmp_path)[0]
    assert (
        "no tests/unit/runs"
        in problems([fault.model_copy(update={"text": "stop()\nif", "tests": ("runs",)})], tmp_path)[0]
    )
    once = fault.model_copy(update={"text": "stop()\nif"})
    assert problems([once], tmp_path) == []
    assert "the same fault twice" in problems([once, once], tmp_path)[0]
    once.inject(tmp_path)
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "if done:\n    pass done:\n    stop()\n"
