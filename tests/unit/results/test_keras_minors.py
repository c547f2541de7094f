"""The table of neighbouring minors of Keras 3, on rows that were made up."""

from typing import Any

from benchmarks.keras_minors import minors, steps, table

OLD, NEW, NEWEST = "keras3.4-cpu", "keras3.5-cpu", "keras3.6-cpu"
ORDER = [(OLD, "3.4.1"), (NEW, "3.5.0"), (NEWEST, "3.6.0")]


def row(saver: str, loader: str, verdict: str = "exact", cause: str = "", scenario: str = "dense") -> dict[str, Any]:
    return {
        **{"scenario": scenario, "format": "keras", "saved_with": saver, "loaded_with": loader, "verdict": verdict},
        **{"fidelity": 6, "lost": "", "attempt": "plain", "cause": cause},
    }


def test_one_environment_stands_for_a_minor_and_a_sample_for_none() -> None:
    known: list[dict[str, Any]] = [
        {"id": "2.15-cpu", "keras": "2.15.0"},
        {"id": "2.16-cpu", "keras": "3.4.1"},
        {"id": "keras3.4-cpu", "keras": "3.4.1", "sample": {"like": "2.16-cpu"}},
        {"id": "2.18-cpu", "keras": "3.9.0"},
        {"id": "keras3.9-cpu", "keras": "3.9.2"},
        {"id": "keras3.15+jax-cpu", "keras": "3.15.1"},
        {"id": "2.16+tf_keras-cpu", "keras": "2.16.0"},
        {"id": "nightly-cpu", "keras": "3.16.0.dev2026"},
    ]
    assert minors(known) == [("2.16-cpu", "3.4.1"), ("keras3.9-cpu", "3.9.2")]


def test_what_loads_and_what_saved_are_compared_where_both_were_measured() -> None:
    rows = [row(OLD, OLD), row(OLD, NEW, "equal"), row(NEW, NEW), row(NEW, OLD, "fails", "config-key-newer-keras")]
    first, second = steps(rows, ORDER)
    assert (first.before, first.after, first.loads, first.saves) == ("3.4.1", "3.5.0", 2, 2)
    assert [item.text for item in first.differences] == [
        "dense keras, loaded in keras3.4-cpu: exact → fails (config-key-newer-keras)",
        "dense keras, file of keras3.5-cpu: fails → exact (config-key-newer-keras)",
    ]
    assert (second.cells, second.differences, second.first) == (0, (), "")


def test_another_attempt_or_cause_is_a_difference_and_noise_is_none() -> None:
    one = row(OLD, OLD) | {"verdict": "remedy", "attempt": "safe_mode=False", "cause": "lambda-safe-mode"}
    two = row(OLD, NEW) | {"verdict": "remedy", "attempt": "translate", "cause": "lambda-safe-mode"}
    (step, _) = steps([one, two], ORDER)
    assert len(step.differences) == 1
    (step, _) = steps([row(OLD, OLD), row(OLD, NEW, "equal")], ORDER)
    assert step.differences == ()


def test_a_file_that_cannot_be_written_differs_wherever_it_would_be_loaded() -> None:
    unsaved = row(NEW, "", "cannot-save", "lambda-safe-mode")
    (step, _) = steps([row(OLD, OLD), row(OLD, NEWEST), unsaved], ORDER)
    assert [(item.changed, item.fixed, item.after) for item in step.differences] == [
        ("saver", OLD, "cannot-save"),
        ("saver", NEWEST, "cannot-save"),
    ]


def test_the_table_has_the_most_frequent_cause_and_says_where_nothing_differs() -> None:
    rows = [row(OLD, OLD), row(OLD, NEW, "fails", "rare"), row(NEW, NEW), row(NEW, NEWEST), row(NEWEST, NEWEST)]
    for name in ("a", "b"):
        rows += [row(OLD, OLD, scenario=name), row(OLD, NEW, "differs", "usual", scenario=name)]
    lines = table(steps(rows, ORDER)).splitlines()
    assert lines[2].startswith("| 3.4.1 → 3.5.0 | ")
    assert lines[2].endswith("a keras, file of keras3.4-cpu: exact → differs (usual) |")
    assert lines[3].endswith("| 0 | – |")


def test_what_was_not_run_or_not_to_be_had_is_no_cell() -> None:
    (step, _) = steps([row(OLD, OLD), row(OLD, NEW, "unavailable"), row(NEW, OLD, "harness-error")], ORDER)
    assert step.cells == 0
