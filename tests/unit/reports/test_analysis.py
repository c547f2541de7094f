import pandas as pd
import pytest

from crossload.domain.cells import RESULT_COLUMNS
from crossload.domain.verdicts import SCORED, SEVERITY, UNSCORED
from crossload.domain.versions import in_order
from crossload_reports import analysis
from crossload_reports.analysis.frame import tidy
from tests.unit.reports.sample_run import cell, made_up_run, table


def tidied(*rows: dict[str, object]) -> pd.DataFrame:
    return tidy(table(*rows), RESULT_COLUMNS)


def test_totals_keep_what_was_not_judged_out_of_every_share() -> None:
    judged = tidied(cell("exact"), cell("fails"), cell("remedy"), cell("differs"))
    with_more = tidied(
        *(cell(verdict) for verdict in ("exact", "fails", "remedy", "differs")),
        *(cell(verdict) for verdict in UNSCORED for _ in range(5)),
    )

    before, after = analysis.totals(judged), analysis.totals(with_more)

    assert (before.scored, before.loadable, before.share) == (4, 2, 0.5)
    assert (after.scored, after.loadable, after.share) == (4, 2, 0.5)
    assert after.unscored == dict.fromkeys(UNSCORED, 5)


def test_nothing_scored_is_no_share_rather_than_zero() -> None:
    counts = analysis.totals(tidied(cell("unavailable")))

    assert counts.share is None
    assert analysis.headline(tidied(cell("unavailable"))) == "No cell could be scored in this run."


def test_the_verdicts_are_all_ranked() -> None:
    assert sorted(SEVERITY) == sorted(SCORED)


def test_grid_has_share_and_worst_verdict_of_each_square() -> None:
    squares = analysis.grid(tidied(
        cell("exact", scenario="a"), cell("lossy", scenario="b"), cell("fails", scenario="c"),
        cell("differs", scenario="d"), cell("unavailable", scenario="e"),
        cell("exact", loader="2.10-cpu"), cell("unavailable", saver="2.15-cpu"), cell("cannot-save", saver="2.4-cpu"),
    )).to_dict("index")  # fmt: skip

    square = squares["2.10-cpu", "2.16-cpu"]
    assert (square["scored"], square["loadable"], square["share"], square["worst"]) == (4, 2, 0.5, "differs")
    assert square["unavailable"] == 1
    nothing = squares["2.15-cpu", "2.16-cpu"]
    assert (nothing["scored"], nothing["worst"]) == (0, "")
    assert pd.isna(nothing["share"])
    assert len(squares) == 3


def test_grid_of_an_empty_run_is_empty() -> None:
    assert analysis.grid(tidied()).empty


def test_what_could_not_be_saved_is_counted_for_its_saver() -> None:
    assert analysis.unsaved(tidied(cell("cannot-save"), cell("exact"))) == {"2.10-cpu": 1}


def test_findings_put_silent_errors_before_loud_ones_whatever_their_number() -> None:
    results = tidied(
        *(cell("lossy", scenario=f"l{n}") for n in range(9)), *(cell("fails", scenario=f"f{n}") for n in range(7)),
        cell("crashes"), cell("differs"), cell("exact", scenario="fine"),
    )  # fmt: skip

    found = analysis.worst_findings(results, limit=9)

    assert [finding.verdict for finding in found] == ["differs", "crashes", "fails", "lossy"]
    assert [finding.verdict for finding in analysis.worst_findings(results)] == ["differs", "crashes", "fails"]


def test_a_finding_is_one_sentence() -> None:
    names = ("adapted-normalization", "batchnorm", "lstm")
    results = tidied(*(cell("differs", scenario=name) for name in names))

    (finding,) = analysis.findings(results)

    assert finding.sentence == (
        "h5 of 2.10 gives other outputs in 2.16 for 3 scenarios (adapted-normalization, batchnorm and lstm)"
    )


def test_a_finding_joins_versions_and_names_the_error() -> None:
    pairs = [(saver, loader) for saver in ("2.10-cpu", "2.4-cpu") for loader in ("2.21-cpu", "2.16-cpu")]
    results = tidied(*(cell("fails", saver=saver, loader=loader, error_type="TypeError") for saver, loader in pairs))

    (finding,) = analysis.findings(results)

    assert finding.cells == 4
    assert finding.sentence == "h5 of 2.4 and 2.10 does not load in 2.16 and 2.21 for dense: TypeError"


def test_a_known_cause_stands_for_the_many_words_of_its_errors() -> None:
    results = tidied(
        cell("fails", error_type="TypeError", cause="old-key"),
        cell("fails", loader="2.21-cpu", error_type="ValueError", cause="old-key"),
        cell("differs", scenario="other", cause="old-key"),
        cell("fails", scenario="strange", error_type="KeyError", cause="unknown"),
    )

    found = analysis.findings(results, titles={"old-key": "An old key"})

    assert [(one.cells, one.cause, one.sentence) for one in found] == [
        (1, "old-key", "h5 of 2.10 gives other outputs in 2.16 for other: An old key"),
        (2, "old-key", "h5 of 2.10 does not load in 2.16 and 2.21 for dense: An old key"),
        (1, "", "h5 of 2.10 does not load in 2.16 for strange: KeyError"),
    ]


def test_silent_damage_is_counted_for_every_scenario_that_has_any() -> None:
    results = tidied(
        cell("lossy", scenario="a", lost="optimizer,training"), cell("lossy", scenario="a", lost="training"),
        cell("differs", scenario="b", lost="outputs"), cell("fails", scenario="c"), cell("exact", scenario="d"),
    )  # fmt: skip

    assert analysis.silent_damage(results) == [
        analysis.SilentDamage("b", 1, {}),
        analysis.SilentDamage("a", 0, {"optimizer": 1, "training": 2}),
    ]


def test_findings_claim_each_bad_cell_once_and_no_other() -> None:
    results = tidy(made_up_run()[0], RESULT_COLUMNS)
    bad = results[results["verdict"].isin(SEVERITY[:5])]
    kept = ["verdict", "format", "saved_with", "loaded_with", "scenario"]

    claimed = [
        (finding.verdict, finding.format, saver, loader, scenario)
        for finding in analysis.findings(results)
        for saver in finding.savers for loader in finding.loaders for scenario in finding.scenarios
    ]  # fmt: skip

    assert sorted(claimed) == sorted(bad[kept].itertuples(index=False, name=None))
    assert sum(finding.cells for finding in analysis.findings(results)) == len(bad)


def test_round_trips_are_the_broken_ones_inside_one_environment_worst_first() -> None:
    same = {"saver": "2.10-cpu", "loader": "2.10-cpu"}
    results = tidied(
        cell("exact", scenario="a", **same), cell("lossy", scenario="b", **same), cell("differs", scenario="c", **same),
        cell("fails"), cell("unavailable", scenario="d", **same),
    )  # fmt: skip

    assert analysis.round_trips(results)["scenario"].tolist() == ["c", "b"]


def test_the_headline_counts_silent_errors_and_only_judged_environments() -> None:
    results = tidied(cell("exact"), cell("exact"), cell("differs"), cell("unavailable", loader="2.15-cpu"))

    assert analysis.headline(results) == (
        "67 % of 3 loads between 2 environments give the right outputs; "
        "1 loads without a word and computes something else."
    )


@pytest.mark.parametrize(
    ("share", "said"), [(0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.625, "63 %"), (0.999, "99 %"), (1, "100 %")]
)
def test_percentages_do_not_round_to_all_or_nothing(share: float, said: str) -> None:
    assert analysis.percent(share) == said


def test_versions_are_in_their_own_order() -> None:
    names = ["nightly-cpu", "2.16+tf_keras-cpu", "2.10-cpu", "2.4-cpu", "2.16-cpu", "2.4+keras-cpu", "", "2.21-cuda"]

    assert in_order(names) == [
        "2.4-cpu", "2.4+keras-cpu", "2.10-cpu", "2.16-cpu", "2.16+tf_keras-cpu", "2.21-cuda", "nightly-cpu",
    ]  # fmt: skip
