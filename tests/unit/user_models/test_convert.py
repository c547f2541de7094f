"""How a conversion ends where no way is found: what stops it once, what is left, and the exit code of a finding."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.domain.verdicts import FAILS, REMEDY, Judged, Verdict
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.convert import Converter
from crossload.user_models.model_file import NoWayError

STOPS = "layer tf.math.bessel_i0: the operation tf.math.bessel_i0 has no equal in the table"


def ended(verdict: Verdict) -> NoWayError:
    """The error of a conversion of which every load ends so."""
    bench = SimpleNamespace(
        given=SimpleNamespace(model=SimpleNamespace(path=Path("model.h5"))),
        places=SimpleNamespace(state=lambda place: SimpleNamespace(state="ready", reason="")),
        reference=lambda saver: SimpleNamespace(format="h5"),
        judged=lambda artifact, place: verdict,
        facts={},
    )
    environment: Any = SimpleNamespace(id="2.21-cpu")
    converter = Converter(bench, environment, environment, "keras", False, lambda line: None)  # type: ignore[arg-type]
    routes = [Candidate((), None, 0), Candidate((("2.15-cpu", "keras"),), None, 0)]
    with pytest.raises(NoWayError) as raised:
        converter.convert(routes)
    return raised.value


def test_what_has_no_equal_is_named_rather_than_what_plain_loading_says() -> None:
    plain = Judged("plain", "raised", error_type="ValueError", error="Unknown layer: 'TFOpLambda'")
    error = ended(Verdict(FAILS, None, plain, untranslated=STOPS))
    assert error.exit_code == 1
    lines = str(error).splitlines()
    assert lines[0] == (
        "model.h5: no route to a keras file that 2.21-cpu loads plainly was found (2 routes walked). Nothing was written."
    )
    assert lines[1].startswith(f"What stops it: in 2.21-cpu it fails ({STOPS})")
    assert "TFOpLambda" not in str(error)


def test_what_is_left_is_offered() -> None:
    left = Judged("TFSMLayer", "loaded", rungs={"outputs": "pass"}, called=True)
    plain = Judged("plain", "raised", error_type="ValueError", error="no")
    error = ended(Verdict(REMEDY, left, plain, untranslated=STOPS))
    assert "What is left: inference: 2.21-cpu calls it with TFSMLayer, and its outputs are right." in str(error)
    assert STOPS in str(error)


def test_without_a_known_construct_the_error_of_plain_loading_is_the_reason() -> None:
    plain = Judged("plain", "raised", error_type="ValueError", error="bad\nmagic")
    assert "ValueError: bad magic" in str(ended(Verdict(FAILS, None, plain)))
