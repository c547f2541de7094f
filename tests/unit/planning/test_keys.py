"""A stored result answers for what it was measured of, and for nothing else: everything that may matter is part of its key."""

from dataclasses import replace
from typing import Any

import pytest

from crossload.environments.model import EnvironmentState
from crossload.planning.keys import CellKeys, artifact_key, cell_key
from crossload.planning.matrix import Work
from crossload.planning.process_sharing import COMMON, share_key
from crossload.probe import protocol
from crossload.probe.attempts import BARE, IMPORTED, PLAIN
from crossload.scenario_index import Scenario
from tests.unit.doubles import environment, ready, scenario

WORK = Work(scenario("dense", digest="a"), "h5")


def state(**changes: Any) -> EnvironmentState:
    """A built environment, in an image."""
    made = ready(environment("2.10-cpu"))
    return replace(made, image={"name": "crossload/2.10", "digest": "sha256:1", "content": "recipe base"}, **changes)


OTHERS = {
    "pins": replace(state(), environment=environment("2.10-cpu", lock="tensorflow-cpu==2.10.0\n")),
    "variables": replace(state(), environment=environment("2.10-cpu", TF_ENABLE_ONEDNN_OPTS="0")),
    "Python": replace(state(), facts={"python": "3.9.20"}),
    "backend": replace(state(), backend="docker"),
    "hardware": replace(state(), environment=environment("2.10-cuda", lock=state().environment.lock_text)),
    "base of the image": replace(state(), image={"name": "crossload/2.10", "digest": "sha256:1", "content": "other"}),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_environment_has_other_results(other: EnvironmentState) -> None:
    assert artifact_key(WORK, state()) != artifact_key(WORK, other)
    assert cell_key("ab", state()) != cell_key("ab", other)


def test_an_image_that_was_built_again_of_the_same_has_the_same_results() -> None:
    again = replace(state(), image={"name": "crossload/2.10", "digest": "sha256:2", "content": "recipe base"})
    assert artifact_key(WORK, state()) == artifact_key(WORK, again)


def test_another_scenario_format_artifact_or_way_of_measuring_has_other_results(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = {
        artifact_key(WORK, state()),
        artifact_key(Work(scenario("dense", digest="b"), "h5"), state()),
        artifact_key(Work(WORK.scenario, "keras"), state()),
    }
    assert len(keys) == 3
    assert cell_key("ab", state()) != cell_key("cd", state())
    monkeypatch.setattr(protocol, "PROBE_VERSION", protocol.PROBE_VERSION + 1)
    assert artifact_key(WORK, state()) not in keys


def test_many_keys_are_made_as_one_is() -> None:
    assert CellKeys({"2.10-cpu": state()}).key("ab", "2.10-cpu") == cell_key("ab", state())


def _only_builds(**options: Any) -> Scenario:
    return replace(scenario("dense", **options), only_builds=True)


def test_evidence_runs_where_nothing_of_the_scenario_was_ever_imported() -> None:
    made = _only_builds()
    shared = share_key(made, "h5", protocol.LOAD, PLAIN)
    assert shared == share_key(made, "h5", protocol.SAVE) == share_key(made, "h5", protocol.LOAD, IMPORTED) == COMMON
    assert share_key(made, "h5", protocol.LOAD, BARE) not in (COMMON, None)
    hidden = _only_builds(hidden_modules=("scenarios.objects.absent",))
    assert share_key(hidden, "h5", protocol.LOAD, PLAIN) != COMMON
    assert share_key(hidden, "h5", protocol.LOAD, BARE) != share_key(made, "h5", protocol.LOAD, BARE)
    assert share_key(_only_builds(precision="mixed_float16"), "h5", protocol.LOAD, PLAIN) != COMMON
    assert share_key(_only_builds(load_with="load"), "h5", protocol.LOAD, PLAIN) is None
