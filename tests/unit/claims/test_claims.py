"""Each claim against small runs: what speaks for it, against it, and what says nothing."""

from pathlib import Path
from typing import Any

import pytest

from crossload.claims import CLAIMS, decide, decide_all
from crossload.claims.evidence import Evidence
from crossload.config import load_config
from crossload.domain import damage
from crossload.planning.matrix import make_works
from crossload.scenario_index import index_scenarios


@pytest.fixture(autouse=True)
def _cells_alone(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """What was measured beside a run is not what these runs show."""
    if "comes_with" not in request.node.name:
        monkeypatch.setattr(damage, "shipped", lambda: ())


BY_ID = {claim.id: claim for claim in CLAIMS}


def row(scenario: str, verdict: str = "exact", saver: str = "2.10", loader: str = "", **more: Any) -> dict[str, Any]:
    rung = "pass" if verdict in ("exact", "equal") else "lost" if verdict == "lossy" else ""
    return {
        "scenario": scenario, "family": "cases", "format": "h5", "saved_with": f"{saver}-cpu",
        "loaded_with": f"{loader or saver}-cpu", "verdict": verdict, "cause": "", "error_type": "", "container": "hdf5",
        "artifact_bytes": 100, "rung_architecture": rung and "pass", "rung_optimizer": rung, "rung_training": rung, **more,
    }  # fmt: skip


def attempt(of: dict[str, Any], name: str, outcome: str, error_type: str = "") -> dict[str, Any]:
    names = {key: of[key] for key in ("scenario", "format", "saved_with", "loaded_with")}
    return {**names, "attempt": name, "outcome": outcome, "error_type": error_type,
            "rung_outputs": "pass" if outcome == "loaded" else ""}  # fmt: skip


def verdict(claim: str, rows: list[dict[str, Any]], attempts: list[dict[str, Any]] | None = None) -> str:
    return decide(BY_ID[claim], Evidence(rows, attempts or [])).verdict


def test_a_run_without_cells_decides_nothing() -> None:
    decided = decide_all([], [])

    assert [one.verdict for one in decided] == ["not-run"] * len(CLAIMS)
    assert all("No cell of this run bears on it." in one.numbers for one in decided)


def test_every_claim_of_the_five_answers_is_there_once() -> None:
    letters = {"q0": "abcde", "q1": "abcde", "q2": "abcdef", "q3": "abcdefgh", "q4": "abcd"}

    assert [claim.id for claim in CLAIMS] == [f"{name}-{letter}" for name, known in letters.items() for letter in known]
    assert all(claim.question.startswith(claim.id[:2].upper()) for claim in CLAIMS)


def test_what_was_not_scored_says_nothing() -> None:
    rows = [row("q3-4-missing-dependency", "unavailable"), row("q3-4-missing-dependency", "not-applicable")]

    assert verdict("q3-g", rows) == "not-run"


CUSTOM = row("q1-1-repaired")
Q0 = row("q0-2-repaired")
LOSS, WHOLE_LOSS = (
    row("q4-2-loss-not-passed", "remedy", cause="compile-custom-missing"),
    row("q4-2-loss-and-activation"),
)
FAILS: dict[str, Any] = {"cause": "custom-object-missing", "error_type": "ValueError"}


@pytest.mark.parametrize(
    ("claim", "expected", "rows", "attempts"),
    [
        ("q0-a", "holds", [row("q0-2-repaired", format="checkpoint-callback")], []),
        ("q0-a", "fails", [row("q0-2-repaired", format="checkpoint-callback", container="directory")], []),
        ("q0-b", "fails", [row("q0-2-repaired", format="checkpoint-callback")], []),
        ("q0-c", "holds", [Q0], [attempt(Q0, "bare", "raised", "ValueError")]),
        ("q0-c", "fails", [Q0], [attempt(Q0, "bare", "raised", "TypeError")]),
        ("q0-c", "fails", [Q0], [attempt(Q0, "bare", "loaded")]),
        ("q0-c", "not-run", [row("q0-2-repaired", "fails")], [attempt(Q0, "bare", "raised", "ValueError")]),
        ("q0-d", "holds", [Q0], [attempt(Q0, "bare", "raised"), attempt(Q0, "imported", "loaded")]),
        ("q0-d", "fails", [Q0], [attempt(Q0, "bare", "raised"), attempt(Q0, "imported", "raised")]),
        ("q0-d", "fails", [Q0], [attempt(Q0, "bare", "loaded"), attempt(Q0, "imported", "loaded")]),
        ("q0-e", "holds", [row("q0-1-repaired", format="weights.h5")], []),
        ("q1-a", "holds", [CUSTOM], [attempt(CUSTOM, "bare", "raised", "TypeError")]),
        ("q1-a", "fails", [CUSTOM], [attempt(CUSTOM, "bare", "loaded")]),
        ("q1-b", "fails", [CUSTOM], [attempt(CUSTOM, "bare", "raised", "ValueError")]),
        ("q1-b", "holds", [CUSTOM], [attempt(CUSTOM, "bare", "raised", "ModuleNotFoundError")]),
        ("q1-c", "holds", [row("q1-2-import-only")], []),
        ("q1-c", "fails", [row("q1-2-import-only", "fails", **FAILS)], []),
        ("q1-c", "not-run", [row("q1-2-import-only", "fails", cause="savedmodel-removed")], []),
        ("q1-d", "holds", [row("q1-3-wrong-key", "fails"), row("q1-3-two-layers")], []),
        ("q1-d", "fails", [row("q1-3-wrong-key"), row("q1-3-two-layers")], []),
        ("q1-d", "not-run", [row("q1-3-wrong-key", "fails"), row("q1-3-two-layers", "fails")], []),
        ("q2-a", "holds", [row("q2-1-missing-file", "fails", error_type="OSError")], []),
        ("q2-a", "fails", [row("q2-1-missing-file", "fails", error_type="ValueError")], []),
        ("q2-c", "holds", [row("q2-3-savedmodel", "lossy", format="savedmodel")], []),
        ("q2-c", "not-run", [row("q2-3-savedmodel", "fails", format="savedmodel", cause="savedmodel-removed")], []),
        ("q2-d", "holds", [row("dense"), row("dense", format="keras", container="zip", artifact_bytes=101)], []),
        ("q2-d", "fails", [row("dense"), row("dense", format="keras", container="zip", artifact_bytes=99)], []),
        ("q2-d", "not-run", [row("dense"), row("dense", format="keras", artifact_bytes=101)], []),
        ("q2-e", "mixed", [row("dense"), row("dense", "lossy", format="savedmodel")], []),
        ("q2-e", "not-run", [row("dense", loader="2.15")], []),
        ("q2-f", "holds", [row("dense", "fails", loader="2.15"), row("dense", loader="2.15", format="savedmodel")], []),
        ("q2-f", "fails", [row("dense", loader="2.15"), row("dense", "fails", loader="2.15", format="savedmodel")], []),
        ("q2-f", "not-run", [row("dense", loader="2.15"), row("dense", loader="2.15", format="savedmodel")], []),
        ("q2-f", "mixed", [row("dense", "fails", loader="2.15"), row("dense", loader="2.15", format="savedmodel"),
                           *(row(f"dense-{number}", loader="2.16") for number in range(3)),
                           *(row(f"dense-{number}", "fails", loader="2.16", format="savedmodel") for number in range(3))], []),
        ("q3-a", "fails", [row("dense", saver="2.4"), row("dense", saver="2.4", loader="2.10")], []),
        ("q3-a", "holds", [row("dense", saver="2.4"), row("dense", "remedy", saver="2.4", loader="2.10")], []),
        ("q3-a", "not-run", [row("dense", "fails", saver="2.4"), row("dense", "fails", saver="2.4", loader="2.10")], []),
        ("q3-b", "mixed", [row("q3-1-plain"), row("dense", "remedy", family="core")], []),
        ("q3-b", "fails", [row("q3-1-plain", "fails", saver="2.4", loader="2.4+keras")], []),
        ("q3-b", "not-run", [row("q1-3-wrong-key", "fails"), row("q3-1-plain", "fails", loader="2.15")], []),
        ("q3-d", "mixed", [row("q3-4-other-behaviour", "differs"),
                           row("q3-4-other-arguments", "fails", cause="custom-arguments")], []),
        ("q3-e", "holds", [row("dense"), row("dense", "fails", loaded_with="2.10-cuda")], []),
        ("q3-e", "not-run", [row("dense"), row("dense", "fails", loader="2.15")], []),
        ("q3-e", "fails", [row("dense", saver="keras3.15"),
                           row("dense", saver="keras3.15", loader="keras3.15+jax")], []),
        ("q3-e", "holds", [row("dense", saver="keras3.15+torch"),
                           row("dense", "fails", saver="keras3.15+torch", loader="keras3.15+jax")], []),
        # That another version cannot load it says nothing of backends.
        ("q3-e", "not-run", [row("dense", saver="keras3.15+jax"),
                             row("dense", "fails", saver="keras3.15+jax", loader="keras3.4")], []),
        ("q3-e", "mixed", [row("dense", saver="keras3.15"), row("dense", saver="keras3.15", loader="keras3.15+jax"),
                           row("dense", "fails", saver="keras3.15", loaded_with="keras3.15-cuda")], []),
        ("q3-f", "holds", [row("q3-4-truncated", "fails", cause="damaged-file")], []),
        ("q3-f", "fails", [row("q3-4-flipped-bytes")], []),
        ("q3-f", "not-run", [row("q3-4-flipped-bytes", "fails", cause="config-key-past")], []),
        ("q3-g", "holds", [row("q3-4-missing-dependency", "fails", error_type="ModuleNotFoundError")], []),
        ("q3-h", "fails", [row("q3-3-repaired", "lossy")], []),
        ("q4-a", "fails", [WHOLE_LOSS, {**LOSS, "error_type": "TypeError"}], []),
        ("q4-a", "holds", [WHOLE_LOSS, {**LOSS, "error_type": "ValueError"}], []),
        ("q4-b", "fails", [row("q4-3-helper-not-passed"), row("q4-3-helper-class")], []),
        ("q4-c", "holds", [row("registered-layer"), row("q1-2-import-only", "fails")], []),
        ("q4-c", "fails", [row("registered-layer", "fails"), row("q1-2-import-only")], []),
        ("q4-d", "holds", [LOSS], [attempt(LOSS, "compile=False", "loaded")]),
        ("q4-d", "fails", [LOSS], [attempt(LOSS, "compile=False", "raised", "ValueError")]),
    ],
)  # fmt: skip
def test_what_decides(claim: str, expected: str, rows: list[Any], attempts: list[Any]) -> None:
    assert verdict(claim, rows, attempts) == expected


def test_which_kind_of_cell_a_run_has_more_of_does_not_decide() -> None:
    def pairs(count: int, loader: str, h5: str, savedmodel: str) -> list[dict[str, Any]]:
        return [
            row(f"{loader}-{number}", verdict, loader=loader, format=name)
            for number in range(count)
            for name, verdict in (("h5", h5), ("savedmodel", savedmodel))
        ]

    def run(within: int, across: int) -> Any:
        rows = pairs(within, "2.15", "fails", "lossy") + pairs(across, "2.16", "lossy", "fails")
        return decide(BY_ID["q2-f"], Evidence([*rows, *pairs(1, "2.16+tf_keras", "fails", "exact")], []))

    assert {run(9, 2).verdict, run(2, 9).verdict, run(4, 4).verdict} == {"mixed"}
    assert run(9, 0).verdict == "holds"
    assert run(9, 2).numbers == (
        "True in 10 of 12 pairs of cells where only one of the two loads plainly. "
        "That is 0 of 2 from Keras 2 to Keras 3, 10 of 10 within Keras 2. Otherwise: 2 only HDF5."
    )


def test_the_numbers_and_the_cells_say_what_decided() -> None:
    rows = [row("dense", saver=f"2.{minor}") for minor in range(10, 16)]
    rows += [row("dense", "lossy", saver="2.10", format="savedmodel")]

    told = decide(BY_ID["q2-e"], Evidence(rows, [])).to_dict()

    assert told["numbers"] == "True in 6 of 7 models loaded where they were saved. Otherwise: 1 lossy."
    assert (told["verdict"], told["decided"], len(told["cells"])) == ("mixed", 7, 6)
    assert told["cells"][0] == {
        "saved_with": "2.10-cpu", "loaded_with": "2.10-cpu", "format": "savedmodel", "scenario": "dense",
    }  # fmt: skip


def test_the_quick_profile_runs_what_every_claim_asks_for_but_the_one_that_takes_a_gpu_or_another_backend() -> None:
    config = load_config(Path("matrix.toml"))
    works = make_works(config.profiles["quick"], list(index_scenarios().values()), None, named=False)
    there = {(work.scenario.name, work.format) for work in works}

    assert {("q0-2-repaired", "checkpoint-callback"), ("q0-2-repaired", "checkpoint-callback-weights")} <= there
    for form in ("h5", "keras"):
        for name in ("registered-layer", "q1-2-import-only", "registered-layer-moved", "q1-4-moved-import-only"):
            assert (name, form) in there
    assert [claim.id for claim in CLAIMS if claim.takes] == ["q3-e"]


def _damaged(outcome: str, count: int, region: str = "weights") -> tuple[damage.Finding, ...]:
    return (damage.Finding("2.10-cpu", "h5", damage.Damage("model.h5", region, 1), outcome, "", ""),) * count


@pytest.mark.parametrize(
    ("found", "rows", "verdict"),
    [
        (_damaged("noticed", 3), [], "holds"),
        (_damaged("ends the process", 3), [], "holds"),
        (_damaged("silently wrong", 3), [], "fails"),
        (_damaged("harmless", 3), [], "not-run"),
        (_damaged("noticed", 3) + _damaged("silently wrong", 1), [], "mixed"),
        (_damaged("silently wrong", 1), [row("q3-4-truncated", "fails", cause="damaged-file")], "mixed"),
        (_damaged("noticed", 1), [row("q3-4-flipped-bytes")], "mixed"),
    ],
)
def test_damaged_copies_count_like_cells(
    monkeypatch: pytest.MonkeyPatch, found: tuple[damage.Finding, ...], rows: list[Any], verdict: str
) -> None:
    monkeypatch.setattr(damage, "shipped", lambda: found)
    assert {item.claim.id: item.verdict for item in decide_all(rows, [])}["q3-f"] == verdict


def test_what_was_measured_beside_the_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _damaged("noticed", 3, "cut") + _damaged("silently wrong", 1) + _damaged("harmless", 3)
    monkeypatch.setattr(damage, "shipped", lambda: found)
    numbers = {item.claim.id: item.numbers for item in decide_all([row("q3-4-flipped-bytes")], [])}["q3-f"]
    assert numbers == (
        "True in 0 of 1 loads of a damaged file. Otherwise: 1 exact. Beside this run 7 damaged copies were loaded in 1 versions: "
        "3 were noticed, 1 were silently wrong (25% of bytes of the weights of h5 files), 3 were harmless."
    )


def test_what_comes_with_crossload_decides_that_damage_is_not_always_noticed() -> None:
    decided = {item.claim.id: item for item in decide_all([], [])}["q3-f"]
    assert decided.verdict == "mixed"
    assert f"Beside this run {len(damage.shipped()):,} damaged copies" in decided.to_dict()["numbers"]
