"""What a selection holds, which keys change with what, and what the store does not have yet."""

from typing import Any

import pytest

from crossload.config import ProfileConfig, Tolerance
from crossload.environments.model import EnvironmentState
from crossload.errors import SelectionError
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import (
    Matrix,
    Work,
    expand_formats,
    make_works,
    why_not_applicable,
    why_not_loaded,
)
from crossload.planning.remaining import attempts_to_run
from crossload.planning.tolerances import tolerance_for
from crossload.probe import attempts, protocol
from crossload.probe.formats import FORMATS
from crossload.store.records import Cell
from tests.unit.doubles import config, crashed, environment, faulty, loaded, raised, ready, scenario

NEAR = Tolerance(atol=1e-6, rtol=1e-5)


def profile(**settings: Any) -> ProfileConfig:
    return ProfileConfig.model_validate({"environments": ["2.10-cpu"], "formats": ["h5", "keras"], **settings})


# Formats


def test_groups_stand_for_several_formats() -> None:
    assert expand_formats(["h5", "weights"]) == ["h5", "weights-h5", "weights.h5"]


def test_a_format_named_twice_is_run_once() -> None:
    assert expand_formats(["weights.h5", "weights", " h5 ", "h5"]) == ["weights.h5", "weights-h5", "h5"]


@pytest.mark.parametrize(("word", "meant"), [("kers", "keras"), ("saved_model", "savedmodel"), ("weight", "weights")])
def test_an_unknown_format_is_told_the_nearest_one(word: str, meant: str) -> None:
    with pytest.raises(SelectionError, match=f"unknown format '{word}'. Did you mean '{meant}'") as caught:
        expand_formats(["h5", word])
    assert "Known: h5, savedmodel, export, keras," in str(caught.value)


@pytest.mark.parametrize("words", [[], [""], ["H5"]])
def test_no_format_is_an_error(words: list[str]) -> None:
    with pytest.raises(SelectionError):
        expand_formats(words)


# Works


def names(works: tuple[Work, ...]) -> list[tuple[str, str]]:
    return [(work.scenario.name, work.format) for work in works]


def test_a_profile_takes_its_formats_for_every_scenario() -> None:
    works = make_works(profile(), [scenario("a"), scenario("b")], None, named=False)
    assert names(works) == [("a", "h5"), ("a", "keras"), ("b", "h5"), ("b", "keras")]


def test_a_profile_takes_the_scenarios_with_one_of_its_tags() -> None:
    scenarios = [scenario("a", tags=("quick", "x")), scenario("b"), scenario("c", tags=("other",))]
    works = make_works(profile(tags=["quick", "slow"]), scenarios, ["h5"], named=False)
    assert names(works) == [("a", "h5")]


def test_a_scenario_that_was_named_needs_no_tag() -> None:
    works = make_works(profile(tags=["quick"]), [scenario("b")], ["h5"], named=True)
    assert names(works) == [("b", "h5")]


def test_wide_scenarios_run_in_every_format() -> None:
    scenarios = [scenario("a", tags=("wide",)), scenario("b")]
    works = make_works(profile(wide_tags=["wide"]), scenarios, None, named=False)
    assert [name for owner, name in names(works) if owner == "a"] == list(FORMATS)
    assert [name for owner, name in names(works) if owner == "b"] == ["h5", "keras"]


def test_formats_asked_for_replace_even_the_wide_ones() -> None:
    works = make_works(profile(wide_tags=["wide"]), [scenario("a", tags=("wide",))], ["export"], named=False)
    assert names(works) == [("a", "export")]


def test_a_scenario_about_some_formats_runs_in_no_other() -> None:
    only = scenario("a", formats=("keras", "export"), tags=("wide",))
    assert names(make_works(profile(), [only], None, named=False)) == [("a", "keras")]
    assert names(make_works(profile(wide_tags=["wide"]), [only], None, named=False)) == [
        ("a", "export"),
        ("a", "keras"),
    ]


def test_a_profile_may_name_what_runs_besides_its_tags_and_formats() -> None:
    scenarios = [scenario("a", tags=("quick",)), scenario("b")]
    quick = profile(tags=["quick"], also={"a": ["export", "h5"], "b": ["weights-h5"]})
    expected = [("a", "h5"), ("a", "keras"), ("a", "export"), ("b", "weights-h5")]
    assert names(make_works(quick, scenarios, None, named=False)) == expected
    # What was asked for by name is all that runs.
    assert names(make_works(quick, scenarios, ["h5"], named=False)) == [("a", "h5")]
    assert names(make_works(quick, [scenarios[0]], None, named=True)) == [("a", "h5"), ("a", "keras")]
    with pytest.raises(SelectionError, match=r"unknown scenario 'aa'\. Did you mean 'a'"):
        make_works(profile(also={"aa": ["h5"]}), scenarios, None, named=False)


def test_nothing_left_is_an_error_that_says_where_to_look() -> None:
    with pytest.raises(SelectionError, match="crossload scenarios"):
        make_works(profile(tags=["quick"]), [scenario("a")], None, named=False)
    with pytest.raises(SelectionError, match="no scenario is selected"):
        make_works(profile(), [scenario("a", formats=("export",))], ["h5"], named=True)


def test_a_profile_with_an_unknown_format_is_an_error() -> None:
    with pytest.raises(SelectionError, match="Did you mean 'keras'"):
        make_works(profile(formats=["keas"]), [scenario()], None, named=False)


def test_pairs_are_environments_times_works() -> None:
    works = (Work(scenario("a"), "h5"), Work(scenario("b"), "h5"))
    made = Matrix((environment("2.9-cpu"), environment("2.10-cpu")), works)
    found = [(work.scenario.name, place.id) for work, place in made.pairs()]
    assert sorted(found) == [("a", "2.10-cpu"), ("a", "2.9-cpu"), ("b", "2.10-cpu"), ("b", "2.9-cpu")]


# Attempts of a work


def test_every_work_is_tried_plainly() -> None:
    for name in FORMATS:
        assert attempts.PLAIN in Work(scenario(), name).attempts()


def test_remedies_come_after_plain_where_load_model_takes_them() -> None:
    assert Work(scenario(), "keras").attempts() == ("plain", *attempts.REMEDIES)
    assert Work(scenario(), "weights.h5").attempts() == ("plain", "rename")
    assert Work(scenario(), "export").attempts() == ("plain",)
    assert Work(scenario(), "json+weights").attempts() == ("plain",)


@pytest.mark.parametrize("options", [{"custom_objects": ("Scale",)}, {"import_modules": ("scenarios.objects.gate",)}])
def test_evidence_is_gathered_first_where_the_code_matters(options: dict[str, Any]) -> None:
    assert Work(scenario(**options), "h5").attempts() == ("bare", "imported", "plain", *attempts.REMEDIES)
    assert Work(scenario(**options), "weights-h5").attempts() == ("plain", "rename")


# Where a scenario cannot exist


@pytest.mark.parametrize(
    ("since", "until", "name", "reason"),
    [
        ("2.0", "", "2.0-cpu", ""),
        ("2.9", "", "2.10-cpu", ""),
        ("2.10", "", "2.9-cpu", "since TensorFlow 2.10"),
        ("2.10", "", "2.10-cpu", ""),
        ("2.0", "2.9", "2.9-cpu", ""),
        ("2.0", "2.9", "2.10-cpu", "until TensorFlow 2.9"),
        ("2.0", "2.9", "2.16+tf_keras-cpu", "until TensorFlow 2.9"),
        ("2.0", "2.21", "nightly-cpu", "until TensorFlow 2.21"),
        ("2.0", "", "nightly-cpu", ""),
    ],
)
def test_outside_the_declared_versions_a_scenario_is_not_applicable(
    since: str, until: str, name: str, reason: str
) -> None:
    found = why_not_applicable(scenario(since=since, until=until), environment(name))
    assert found.endswith(reason)
    assert bool(found) == bool(reason)


def test_what_is_made_of_keras_alone_is_loaded_where_keras_lacks_it() -> None:
    """Files that name what a version lacks are what people bring to it; a scenario's own code may not run there."""
    versions = [environment(name) for name in ("2.9-cpu", "2.10-cpu", "2.15-cpu")]
    construct, own = (scenario("a", since="2.10", until="2.10", family=family) for family in ("constructs", "core"))
    assert [why_not_applicable(construct, item) for item in versions].count("") == 1
    assert [why_not_loaded(construct, item) for item in versions] == ["", "", ""]
    assert [why_not_loaded(own, item) for item in versions] == [why_not_applicable(own, item) for item in versions]
    whole = Matrix(tuple(versions), (Work(construct, "h5"), Work(own, "h5")))
    assert [cell for cell in whole.possible() if cell[3] != "2.10-cpu"] == [
        ("a", "h5", "2.10-cpu", "2.9-cpu"),
        ("a", "h5", "2.10-cpu", "2.15-cpu"),
    ]
    assert whole.count_possible(["2.9-cpu", "2.10-cpu"]) == {"2.9-cpu": 1, "2.10-cpu": 3 + 1}


# Keys

BASE = ready(environment("2.10-cpu"))
WORK = Work(scenario("dense", "d1"), "h5")

OTHER_STATES: dict[str, EnvironmentState] = {
    "other pins": ready(environment("2.10-cpu", lock="tensorflow-cpu==2.10.0\n")),
    "other configured Python": ready(environment("2.10-cpu", python="3.10")),
    "other Python patch": ready(environment("2.10-cpu"), python="3.9.1"),
    "other variables": ready(environment("2.10-cpu", TF_USE_LEGACY_KERAS="1")),
    "other backend": ready(environment("2.10-cpu"), backend="docker"),
    "other hardware": ready(environment("2.10-cuda", lock=BASE.environment.lock_text)),
}


@pytest.mark.parametrize("state", OTHER_STATES.values(), ids=OTHER_STATES)
def test_keys_change_with_the_environment_on_both_sides(state: EnvironmentState) -> None:
    assert artifact_key(WORK, state) != artifact_key(WORK, BASE)
    artifact = artifact_key(WORK, BASE)
    assert cell_key(artifact, state) != cell_key(artifact, BASE)


@pytest.mark.parametrize(
    "work",
    [Work(scenario("dense", "d2"), "h5"), Work(scenario("dense", "d1"), "keras")],
    ids=["other source", "other format"],
)
def test_keys_change_with_the_work(work: Work) -> None:
    assert artifact_key(work, BASE) != artifact_key(WORK, BASE)
    assert cell_key(artifact_key(work, BASE), BASE) != cell_key(artifact_key(WORK, BASE), BASE)


def test_keys_change_with_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = artifact_key(WORK, BASE)
    monkeypatch.setattr(protocol, "PROBE_VERSION", protocol.PROBE_VERSION + 1)
    assert artifact_key(WORK, BASE) != before


def test_keys_do_not_change_with_anything_else() -> None:
    commented = f"# made by another uv\n{BASE.environment.lock_text}\n"
    same = ready(environment("2.10-cpu", lock=commented))
    same.size_mb, same.reason = 1.0, "whatever"
    same.facts = {**same.facts, "keras": "9"}
    assert artifact_key(WORK, same) == artifact_key(WORK, BASE)
    retitled = Work(scenario("renamed", "d1", title="x", tags=("quick",)), "h5")
    assert artifact_key(retitled, BASE) == artifact_key(WORK, BASE)


def test_saver_and_loader_are_not_interchangeable() -> None:
    other = OTHER_STATES["other pins"]
    assert cell_key(artifact_key(WORK, BASE), other) != cell_key(artifact_key(WORK, other), BASE)


# What is still to be run

WANTED = ("plain", *attempts.REMEDIES)


def cell(*records: Any, requested: tuple[str, ...] = WANTED) -> Cell:
    return Cell("k", "a", "2.10-cpu", requested, records, 1.0)


def test_everything_of_an_unknown_cell_is_run() -> None:
    assert attempts_to_run(WANTED, None, NEAR) == list(WANTED)


@pytest.mark.parametrize(
    "record", [loaded(), raised(), crashed(), loaded("plain", "beyond"), loaded("plain", "raised")]
)
def test_nothing_of_a_known_cell_is_run_again(record: dict[str, Any]) -> None:
    assert attempts_to_run(WANTED, cell(record), NEAR) == []


@pytest.mark.parametrize("records", [[faulty()], [loaded(), faulty(attempts.REMEDIES[0])], [faulty("bare"), raised()]])
def test_a_fault_of_ours_is_tried_again_whole(records: list[dict[str, Any]]) -> None:
    assert attempts_to_run(WANTED, cell(*records), NEAR) == list(WANTED)


@pytest.mark.parametrize(
    ("record", "needed"),
    [
        (loaded(), False),
        (loaded("plain", "within"), False),
        (loaded("plain", "exact", weights="lost"), False),
        (loaded("plain", "beyond"), True),
        (loaded("plain", "mismatch"), True),
        (loaded("plain", "raised"), True),
        (raised(), True),
        (crashed(), True),
    ],
)
def test_a_remedy_that_was_added_since_runs_where_plain_was_not_good(record: dict[str, Any], needed: bool) -> None:
    *before, added = WANTED
    missing = attempts_to_run(WANTED, cell(record, requested=tuple(before)), NEAR)
    assert missing == ([added] if needed else [])


@pytest.mark.parametrize("known", ["compile=False", "TFSMLayer"])
def test_remedies_added_since_run_only_before_one_that_is_known_to_work(known: str) -> None:
    """The answer must be the one of a run from scratch, which stops at the first remedy in order that works."""
    old = ("plain", "safe_mode=False", "compile=False", "TFSMLayer")
    missing = attempts_to_run(WANTED, cell(raised(), loaded(known), requested=old), NEAR)
    place = attempts.REMEDIES.index(known)
    assert missing == [name for name in attempts.REMEDIES[:place] if name not in old]
    unhelpful = attempts_to_run(WANTED, cell(raised(), loaded(known, "beyond"), requested=old), NEAR)
    assert unhelpful == [name for name in attempts.REMEDIES if name not in old]


def test_the_translation_is_due_where_what_loads_has_lost_what_it_keeps() -> None:
    old = tuple(name for name in WANTED if name not in ("translate", "traced+translate"))
    for known in (loaded(optimizer="lost"), loaded(training="lost"), loaded("rename", optimizer="lost")):
        records = [known] if known["attempt"] == "plain" else [raised(), known]
        assert attempts_to_run(WANTED, cell(*records, requested=old), NEAR) == ["translate", "traced+translate"]
    for known in (loaded(weights="lost"), loaded(optimizer="n/a", training="n/a"), loaded()):
        assert attempts_to_run(WANTED, cell(known, requested=old), NEAR) == []


def test_evidence_that_was_added_since_runs_even_where_plain_was_good() -> None:
    assert attempts_to_run(("bare", "imported", *WANTED), cell(loaded()), NEAR) == ["bare", "imported"]


def test_how_near_is_good_follows_the_tolerance() -> None:
    known = cell(loaded("plain", "beyond"), requested=("plain",))
    assert attempts_to_run(WANTED, known, NEAR) == list(attempts.REMEDIES)
    assert attempts_to_run(WANTED, known, Tolerance(atol=1.0, rtol=0)) == []


# Tolerances

CPU, CUDA = environment("2.10-cpu"), environment("2.10-cuda")


def test_the_tolerance_follows_the_precision() -> None:
    found = config()
    assert tolerance_for(found, scenario(), CPU, CPU) == NEAR
    assert tolerance_for(found, scenario(precision="mixed_float16"), CPU, CPU) == Tolerance(atol=1e-2, rtol=1e-2)


def test_where_a_gpu_takes_part_the_wider_tolerance_holds() -> None:
    found = config()
    across = Tolerance(atol=1e-4, rtol=1e-4)
    assert tolerance_for(found, scenario(), CPU, CPU) == NEAR
    assert tolerance_for(found, scenario(), CPU, CUDA) == across
    assert tolerance_for(found, scenario(), CUDA, CPU) == across
    assert tolerance_for(found, scenario(), CUDA, CUDA) == across
    assert tolerance_for(found, scenario(precision="mixed_float16"), CPU, CUDA) == Tolerance(atol=1e-2, rtol=1e-2)


def test_the_configured_tolerance_is_used() -> None:
    found = config(tolerances={"float32": {"atol": 0.5, "rtol": 0.25}})
    assert tolerance_for(found, scenario(), CPU, CPU) == Tolerance(atol=0.5, rtol=0.25)
    assert tolerance_for(found, scenario(), CPU, CUDA) == Tolerance(atol=0.5, rtol=0.25)
