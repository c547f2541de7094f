"""What is expected of a file that was loaded nowhere: the most frequent verdict, and of two the worse."""

import itertools
from typing import Any

import pytest

from crossload.domain.verdicts import SEVERITY
from crossload.shipped.answers import Known
from crossload.user_models.prediction import predict


def expected(*verdicts: str) -> str:
    rows: list[dict[str, Any]] = [
        {
            **{"scenario": f"s{number}", "format": "h5", "saved_with": "2.10-cpu", "loaded_with": "2.16-cpu"},
            **{"verdict": verdict, "attempt": "plain", "cause": ""},
        }
        for number, verdict in enumerate(verdicts)
    ]
    known = Known(rows, [{"id": "2.10-cpu"}, {"id": "2.16-cpu"}], (), "")
    (found,) = predict(known, "2.10-cpu", "h5", [row["scenario"] for row in rows])
    return found.verdict


@pytest.mark.parametrize(("worse", "better"), [*itertools.combinations(SEVERITY, 2)])
def test_a_tie_goes_to_the_worse(worse: str, better: str) -> None:
    assert expected(better, worse) == expected(worse, better) == worse


def test_the_most_frequent_one_is_expected() -> None:
    assert expected("exact", "differs", "exact") == "exact"
