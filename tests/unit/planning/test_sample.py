"""Environments with the same Keras 3: which one stands for the others, and which of their cells are measured."""

import pytest

from crossload.config import SampleConfig
from crossload.environments.model import Environment
from crossload.execution.shards import select_shard
from crossload.planning.matrix import Matrix, Work
from crossload.planning.sample import Name, choose, same_keras
from tests.unit.doubles import environment, scenario

KERAS = {
    "2.15-cpu": "2.15.0",
    "2.18-cpu": "3.9.0",
    "2.19-cpu": "3.11.3",
    "2.20-cpu": "3.11.3",
    "keras3.9-cpu": "3.9.2",
    "keras3.11-cpu": "3.11.3",
    "keras3.15-cpu": "3.15.1",
    "today-cpu": "3.15.1",
}
TWINS = {"2.20-cpu": "2.19-cpu", "keras3.11-cpu": "2.19-cpu", "keras3.15-cpu": "today-cpu"}


def made(names: tuple[str, ...] = tuple(KERAS)) -> list[Environment]:
    return [environment(name, lock=f"tensorflow-cpu==2.18.1\nkeras=={KERAS[name]}\n") for name in names]


def matrix(scenarios: int = 5, names: tuple[str, ...] = tuple(KERAS)) -> Matrix:
    works = [Work(scenario(f"s{number}"), form) for number in range(scenarios) for form in ("h5", "keras")]
    return Matrix(tuple(made(names)), tuple(works))


def planned(whole: Matrix) -> list[Name]:
    """The names of the cells that are to be measured."""
    return [
        (work.scenario.name, work.format, saver.id, loader.id)
        for work, saver in whole.pairs()
        for loader in whole.loaders(work, saver.id)
    ]


def test_what_people_have_stands_for_what_is_made_for_measuring() -> None:
    assert same_keras(made()) == TWINS


def test_an_environment_that_is_named_is_measured_in_full() -> None:
    assert same_keras(made(), in_full=["2.20-cpu"]) == {
        name: TWINS[name] for name in ("keras3.11-cpu", "keras3.15-cpu")
    }


def test_legacy_keras_and_another_kind_of_hardware_stand_for_nothing() -> None:
    lock = "tensorflow-cpu==2.19.1\nkeras==3.11.3\ntf-keras==2.19.0\n"
    others = [environment("2.19+tf_keras-cpu", lock=lock), environment("2.19-cuda", lock=lock)]
    assert same_keras([environment("2.20-cpu", lock=lock), *others]) == {}


def test_each_gets_no_less_than_its_share_and_every_file_its_load_at_home() -> None:
    whole = matrix()
    sample = choose(TWINS, whole.possible(), SampleConfig(share=0.1, seed=3))
    possible = whole.count_possible(TWINS)
    for name in TWINS:
        assert possible[name] == 10 * 15
        assert 15 <= len(list(sample.of(name))) <= 150 * 0.5
    assert {(*file, file[2]) for file in sample.files} <= sample.cells
    assert {saver for *_, saver in sample.files} <= set(TWINS)


def test_even_the_smallest_selection_has_a_sample() -> None:
    sample = choose({"b": "a"}, [("dense", "h5", "a", "b"), ("dense", "h5", "a", "a")], SampleConfig())
    assert sample.cells == {("dense", "h5", "a", "b")}


def test_the_same_cells_are_drawn_again_and_others_with_another_seed() -> None:
    settings = SampleConfig(share=0.05, seed=3)
    cells = list(matrix().possible())
    drawn = choose(TWINS, cells, settings).cells
    assert choose(TWINS, reversed(cells), settings).cells == drawn
    assert choose(TWINS, cells, SampleConfig(share=0.05, seed=4)).cells != drawn


def test_a_shard_draws_what_the_whole_matrix_drew() -> None:
    whole = matrix().sampled(TWINS, SampleConfig(share=0.1))
    parts = [select_shard(whole, f"{number}/3") for number in (1, 2, 3)]
    assert sorted(cell for part in parts for cell in planned(part)) == sorted(planned(whole))


def test_what_is_measured_is_the_rest_and_the_sample() -> None:
    whole = matrix().sampled(TWINS, SampleConfig(share=0.1))
    assert whole.sample is not None
    cells = set(planned(whole))
    assert {cell for cell in cells if set(cell[2:]) & set(TWINS)} == whole.sample.cells
    assert cells - whole.sample.cells == {cell for cell in whole.possible() if not set(cell[2:]) & set(TWINS)}


def test_a_counterpart_lies_between_those_that_stand_for_both() -> None:
    sample = choose(TWINS, matrix().possible(), SampleConfig())
    assert sample.counterpart(("s", "h5", "2.20-cpu", "keras3.15-cpu")) == ("s", "h5", "2.19-cpu", "today-cpu")
    assert sample.counterpart(("s", "h5", "2.15-cpu", "2.20-cpu")) == ("s", "h5", "2.15-cpu", "2.19-cpu")


def test_who_is_measured_in_full_after_all_leaves_the_draw_of_others_as_it_was() -> None:
    whole = matrix().sampled(TWINS, SampleConfig(share=0.1))
    fewer = whole.without({"2.20-cpu"})
    assert whole.sample is not None
    assert fewer.sample is not None
    assert set(fewer.sample.stand_ins) == {"keras3.11-cpu", "keras3.15-cpu"}
    assert set(fewer.sample.of("keras3.11-cpu")) <= whole.sample.cells
    assert fewer.without(set(TWINS)).sample is None


@pytest.mark.parametrize("share", [0, -1, 1.5])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        SampleConfig(share=share)
