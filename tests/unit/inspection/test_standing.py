"""What canaries did, what is published, and which of the two is told."""

from pathlib import Path

from crossload.inspection import carried
from crossload.inspection.carried import MEANINGS, Carried
from crossload.inspection.security.canaries import Flight, Flights, read_flights, shipped_flights, write_flights
from crossload.inspection.security.standing import Standing, open_constructs, package_of, standings
from crossload.probe.canaries import make
from crossload.probe.canaries.kinds import KINDS
from crossload.probe.formats import FORMATS

GUARD = "ValueError: Requested the deserialization of a Lambda layer: pass safe_mode=False"


def flight(keras: str, ending: str, unsafe: str = "", error: str = "", **more: str) -> Flight:
    told = {"canary": "lambda", "format": "h5", "package": "keras"} | more
    return Flight(
        told["canary"], told["format"], f"keras{keras}-cpu", told["package"], keras, "d", ending, unsafe, error, 1
    )


def stand(keras: str, *flights: Flight, construct: str = carried.LAMBDA, form: str = "h5") -> list[Standing]:
    return standings([Carried(construct, "here")], form, keras, "keras", Flights(flights))


def test_every_canary_can_be_made_and_carries_something_known() -> None:
    assert set(make.MAKERS) == set(KINDS)
    for kind in KINDS.values():
        assert kind.construct in MEANINGS
        assert set(kind.forms) <= set(FORMATS)


def test_what_a_canary_did_is_told_before_what_is_published() -> None:
    (found,) = stand("3.12.4", flight("3.12.4", "runs"))
    assert found.lets
    assert not found.published
    assert found.text == "would run it (measured; no advisory)"
    assert found.names == ("measured: lambda-bytecode",)


def test_a_guard_that_was_seen_to_refuse_is_believed_against_an_advisory() -> None:
    (found,) = stand("3.8.0", flight("3.8.0", "refused", "runs", GUARD), flight("2.10.0", "runs"))
    assert found.published
    assert (found.lets, found.refuses, found.needs_unsafe) == (False, True, True)
    assert found.text == (
        "refuses it (measured, though it is published otherwise); the model needs safe_mode=False there"
    )


def test_any_other_error_may_be_the_canarys_own_and_proves_nothing() -> None:
    for ending, error in (("refused", "TypeError: no such argument"), ("idle", ""), ("died", "SIGSEGV")):
        (found,) = stand("3.8.0", flight("3.8.0", ending, "", error), flight("2.10.0", "runs"))
        assert found.lets
        assert found.text == "is open to it (by advisory; CVE-2025-9905, CVE-2026-12481)"
        assert not stand("3.15.1", flight("3.15.1", ending, "", error), flight("2.10.0", "runs"))


def test_a_canary_that_nothing_ever_let_proves_nothing() -> None:
    (found,) = stand("3.8.0", flight("3.8.0", "refused", "", GUARD))
    assert found.lets
    assert found.seen is None


def test_a_refusal_is_no_guard_where_one_canary_of_several_ended_otherwise() -> None:
    flights = [
        flight("3.8.0", "refused", "", GUARD),
        flight("3.8.0", "refused", "", "TypeError: odd", canary="lambda-in-a-wrapper"),
        flight("2.10.0", "runs"),
        flight("2.10.0", "runs", canary="lambda-in-a-wrapper"),
    ]
    (found,) = stand("3.8.0", *flights)
    assert found.lets


def test_the_worst_of_several_counts_and_only_in_this_very_version_package_and_format() -> None:
    flights = [
        flight("3.8.0", "refused", "", GUARD),
        flight("3.8.0", "runs", canary="lambda-in-a-wrapper"),
        flight("2.10.0", "runs"),
    ]
    assert stand("3.8.0", *flights)[0].text.startswith("would run it (measured")
    assert stand("3.8.1", *flights)[0].seen is None
    assert stand("3.8.0", *flights, form="keras")[0].seen is None
    assert not standings([Carried(carried.LAMBDA)], "h5", "2.10.0", "tf_keras", Flights([flight("2.9.0", "runs")]))[
        0
    ].seen


def test_what_reads_a_file_is_not_said_to_run() -> None:
    seen = flight("3.8.0", "reads", canary="vocabulary-path")
    (found,) = stand("3.8.0", seen, construct=carried.VOCABULARY_PATH)
    assert found.text == "reads it (measured; CVE-2025-12058)"


def test_flights_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = [flight("3.8.0", "refused", "runs", 'said "no",\nindeed'), flight("2.10.0", "runs")]
    write_flights(tmp_path / "canaries.csv", kept)
    assert read_flights(tmp_path / "canaries.csv") == sorted(kept, key=lambda item: item.environment)
    assert read_flights(tmp_path / "none.csv") == []


def test_shipped_flights_say_what_is_known_of_well_known_versions() -> None:
    """Held against what Keras' own sources say at these tags."""
    known = shipped_flights()
    assert known.seen(carried.LAMBDA, "h5", "keras", "2.10.0").ending == "runs"  # type: ignore[union-attr]
    assert known.seen(carried.FOREIGN_MODULE, "keras", "keras", "3.8.0").ending == "runs"  # type: ignore[union-attr]
    assert known.seen(carried.EXTERNAL_STORAGE, "h5", "keras", "3.8.0").ending == "reads"  # type: ignore[union-attr]
    refused = known.seen(carried.LAMBDA, "json+weights", "keras", "3.8.0")
    assert refused is not None
    assert (refused.ending, refused.guarded) == ("refused", True)


def test_what_an_environment_lets_is_told_with_how_that_is_known() -> None:
    found = open_constructs("3.8.0", "keras", ("keras", "h5"))
    assert found[carried.FOREIGN_MODULE] == "measured"
    # Nobody loads canaries in a version between two others.
    assert open_constructs("3.8.99", "keras", ("keras",))[carried.FOREIGN_MODULE] == "by advisory"
    assert open_constructs("", "keras", ("keras", "h5")) == {}
    assert (package_of("tf_keras"), package_of("")) == ("tf_keras", "keras")
