"""The targets of ``nox -s fuzz``: what was found once, sound inputs, and sound inputs that something was done to."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossload.inspection import Inspection
from tests.fuzz.__main__ import READERS, digest_of_sources, executed, next_reader, read_log, table
from tests.fuzz.targets import Places, check_answer, seeds, targets

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus.zip"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[bytes], None]]:
    return targets(Places(tmp_path_factory.mktemp("fuzz")))


@pytest.mark.parametrize("reader", READERS)
def test_what_is_kept_of_earlier_runs_is_read(made: dict[str, Callable[[bytes], None]], reader: str) -> None:
    with zipfile.ZipFile(CORPUS) as kept:
        for name in [name for name in kept.namelist() if name.startswith(f"{reader}/")]:
            made[reader](kept.read(name))


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sound_inputs_that_something_was_done_to(
    made: dict[str, Callable[[bytes], None]], reader: str, data: st.DataObject
) -> None:
    content = bytearray(data.draw(st.sampled_from(seeds(reader)), label="seed"))
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8), label="changed"
    ):
        content[place] = byte
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2), label="cut"))
    inserted = data.draw(
        st.binary(max_size=20) | st.text(max_size=20).map(lambda text: text.encode()), label="inserted"
    )
    made[reader](bytes(content[:begin] + inserted + content[end:]))
    made[reader](bytes(content[:end] + inserted))


def test_an_answer_that_a_terminal_obeys_is_a_finding() -> None:
    check_answer(Inspection("zip", keras="3.4.1"))
    with pytest.raises(AssertionError):
        check_answer(Inspection("zip", keras="\x1b[31m"))


def test_turns_of_other_sources_do_not_count(tmp_path: Path) -> None:
    line = (
        '{{"reader": "{}", "sources": "{}", "seconds": 90, "inputs": {}, "bounded": 1, "findings": [], "corpus": 7}}\n'
    )
    now = digest_of_sources("keras")
    told = [("keras", now, 1000), ("hdf5", "before", 5), ("keras", now, 234)]
    (tmp_path / "log.jsonl").write_text("".join(line.format(*one) for one in told), encoding="utf-8")
    turns = read_log(tmp_path / "log.jsonl")
    assert table(turns).splitlines()[2:] == ["| keras | 3.0 | 1,234 | 2 | 0 | 7 |", "| all | 3.0 | 1,234 | 2 | 0 | 7 |"]
    assert read_log(tmp_path / "none.jsonl") == []


def test_only_what_a_target_runs_counts_for_its_sources() -> None:
    assert digest_of_sources("keras") == digest_of_sources("hdf5")
    assert len({digest_of_sources(name) for name in ("keras", "other", "statement", "explain")}) == 4


def test_who_has_had_the_least_time_is_next() -> None:
    turns = [{"reader": "keras", "seconds": 300}, {"reader": "hdf5", "seconds": 20}, {"reader": "hdf5", "seconds": 30}]
    assert next_reader(["keras", "hdf5"], turns) == "hdf5"
    assert next_reader(["keras", "hdf5"], [*turns, {"reader": "hdf5", "seconds": 400}]) == "keras"


def test_how_many_inputs_were_tried_is_read_off_what_the_fuzzer_says() -> None:
    assert executed("#12\tNEW cov\n#99\tREDUCE\n") == 99
    assert executed("#12\tNEW\nstat::number_of_executed_units: 1234\n") == 1234
    assert executed("no fuzzer") == 0
