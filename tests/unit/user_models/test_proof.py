"""A converted file counts only with its proof: each part of it can be what is wrong, and then nothing is written."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.config import Tolerance
from crossload.domain.verdicts import DIFFERS, EXACT, REMEDY, Judged, Verdict
from crossload.store.database import Store
from crossload.store.records import Artifact
from crossload.upgrade.graph import Loss
from crossload.user_models.bench import Bench
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.convert import Converter, Walk, check_destination, proof_path, write
from crossload.user_models.model_file import ModelError, NoWayError
from crossload.user_models.saver import Writer
from tests.unit.doubles import environment, faulty

KEPT = {"architecture": "pass", "weights": "pass", "outputs": "pass", "optimizer": "pass", "training": "pass"}
RIGHT = Judged("plain", "loaded", KEPT, 5, 0.0, 0.0, 0, 0.0, True, True)
LOADS = Verdict(EXACT, RIGHT, RIGHT)
DIRECT, OVER_2_15 = Candidate((), None, 0), Candidate((("2.15-cpu", "h5"),), Loss.NOTHING, 3)
FACTS: dict[str, Any] = {"attempt": "plain", "compiled": True, "unmeasured": {}, "inputs": 1}


class _Bench:
    """Every hop ends alike; what comes out of each route has the proof that is its turn."""

    def __init__(self, *proofs: Judged, hop: Verdict = LOADS, facts: dict[str, Any] = FACTS) -> None:
        self.given = SimpleNamespace(model=SimpleNamespace(path=Path("model.h5")))
        self.places = SimpleNamespace(state=lambda place: SimpleNamespace(state="ready", reason=""))
        self.facts, self.saved = facts, 0
        self._proofs, self._hop = list(proofs), hop

    def reference(self, saver: str) -> Any:
        return SimpleNamespace(format="h5")

    def judged(self, artifact: Any, place: str, only: tuple[str, ...] = ()) -> Verdict:
        if only == ("plain",):
            proof = self._proofs.pop(0)
            return Verdict("any", None, proof)
        return self._hop

    def resave(self, artifact: Any, place: str, attempt: str, form: str, trace: bool = False) -> tuple[Any, str]:
        self.saved += 1
        return SimpleNamespace(format=form), ""


def convert(bench: _Bench, *routes: Candidate, keep_optimizer: bool = False) -> Walk:
    saver: Any = SimpleNamespace(id="2.10-cpu")
    to: Any = SimpleNamespace(id="2.21-cpu")
    made = Converter(bench, Writer(saver, ""), to, "keras", keep_optimizer, lambda line: None)  # type: ignore[arg-type]
    return made.convert(routes or (DIRECT,))


def test_a_file_with_its_proof_counts() -> None:
    walk = convert(_Bench(RIGHT), keep_optimizer=True)
    assert (walk.reason, walk.lost, walk.proof) == ("", [], RIGHT)


@pytest.mark.parametrize(
    ("proof", "keep", "reason"),
    [
        (replace(RIGHT, outcome="raised", error_type="ValueError"), False, "does not load the result plainly"),
        (replace(RIGHT, called=False), False, "does not load the result plainly"),
        (replace(RIGHT, predicts=False), False, "does not load the result plainly"),
        (replace(RIGHT, predicts_alike=False), False, "predict gives other outputs than a call"),
        (replace(RIGHT, rungs=KEPT | {"outputs": "lost"}), False, "it gives other outputs"),
        (replace(RIGHT, rungs=KEPT | {"outputs": "n/a"}), False, "it gives other outputs"),
        (replace(RIGHT, rungs=KEPT | {"weights": "lost"}), False, "weights differ"),
        (replace(RIGHT, rungs=KEPT | {"optimizer": "lost"}), True, "the optimizer's state is lost"),
        (replace(RIGHT, rungs=KEPT | {"optimizer": "n/a"}), True, "the optimizer's state is lost"),
    ],
)
def test_one_thing_that_is_wrong_with_the_proof_is_enough(proof: Judged, keep: bool, reason: str) -> None:
    with pytest.raises(NoWayError, match=reason):
        convert(_Bench(proof), keep_optimizer=keep)


def test_without_being_asked_to_keep_it_a_lost_optimizer_is_said_and_no_reason() -> None:
    assert convert(_Bench(replace(RIGHT, rungs=KEPT | {"optimizer": "lost"}))).lost == ["optimizer"]


def test_a_remedy_proves_nothing() -> None:
    # What the target needs a remedy for is what the file was converted to get rid of.
    raised = replace(RIGHT, outcome="raised", rungs={}, called=False)
    with pytest.raises(NoWayError, match="does not load the result plainly"):
        convert(_Bench(raised, hop=Verdict(REMEDY, replace(RIGHT, attempt="translate"), raised)))


def test_what_gives_other_outputs_on_the_way_is_not_saved() -> None:
    wrong = replace(RIGHT, rungs=KEPT | {"outputs": "lost"})
    bench = _Bench(RIGHT, hop=Verdict(DIFFERS, wrong, wrong))
    with pytest.raises(NoWayError, match=r"in 2\.21-cpu it differs"):
        convert(bench)
    assert bench.saved == 0


@pytest.mark.parametrize("facts", [FACTS | {"compiled": False}, FACTS | {"unmeasured": {"optimizer": "holds none"}}])
def test_an_optimizer_that_is_not_there_cannot_be_kept(facts: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="cannot be proven"):
        convert(_Bench(RIGHT, facts=facts), keep_optimizer=True)


def test_the_way_that_loses_least_is_taken_and_the_search_ends_where_nothing_is_lost() -> None:
    lossy = replace(RIGHT, rungs=KEPT | {"optimizer": "lost", "training": "lost"})
    less = replace(RIGHT, rungs=KEPT | {"training": "lost"})
    third = Candidate((("2.12-cpu", "h5"),), Loss.NOTHING, 1)
    assert convert(_Bench(lossy, RIGHT), DIRECT, OVER_2_15).candidate == OVER_2_15
    assert convert(_Bench(less, lossy), DIRECT, OVER_2_15).candidate == DIRECT
    assert convert(_Bench(lossy, less, lossy), DIRECT, OVER_2_15, third).candidate == OVER_2_15
    # No proof is left for a second route.
    assert convert(_Bench(RIGHT), DIRECT, OVER_2_15).candidate == DIRECT


# What is written


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "store")) as opened:
        yield opened


def _artifact(store: Store, **files: str) -> Artifact:
    staging = store.staging_folder()
    for name, text in {"model.h5": "weights", "reference.json": "{}", "reference.npz": "arrays", **files}.items():
        (staging / name).write_text(text, encoding="utf-8")
    digest, size = store.keep_artifact(staging)
    return Artifact("a1", "yours", "h5", "2.10-cpu", "saved", digest, "model.h5", "hdf5", size, 0.0, {})


def _written(store: Store, folder: Path, destination: Path, proof: Judged = RIGHT) -> dict[str, Any]:
    given = folder / "given.h5"
    given.write_bytes(b"as it was")
    model = SimpleNamespace(path=given, format="h5", found=SimpleNamespace(keras="2.10.0"))
    state = SimpleNamespace(facts={"python": "3.9"}, environment=environment("2.10-cpu"))
    bench: Any = SimpleNamespace(
        store=store,
        given=SimpleNamespace(model=model, code=SimpleNamespace(custom=""), inputs=None),
        facts=FACTS,
        places=SimpleNamespace(state=lambda name: state),
        tolerance=lambda saver, loader: Tolerance(atol=1e-6, rtol=1e-5),
    )
    walk = Walk(DIRECT, [], _artifact(store), proof)
    return write(walk, bench, destination, environment("2.10-cpu"), environment("2.21-cpu"))


def test_the_proof_lies_beside_the_file_and_says_what_is_lost(store: Store, tmp_path: Path) -> None:
    destination = tmp_path / "out.h5"
    told = _written(store, tmp_path, destination, replace(RIGHT, rungs=KEPT | {"optimizer": "lost"}))
    assert destination.read_text(encoding="utf-8") == "weights"
    assert json.loads(proof_path(destination).read_text(encoding="utf-8"))["lost"] == ["optimizer"] == told["lost"]
    assert told["input"]["sha256"] != told["output"]["sha256"]


def test_a_file_that_comes_to_be_there_stays_and_has_no_proof_of_ours(store: Store, tmp_path: Path) -> None:
    destination = tmp_path / "out.h5"
    destination.write_text("somebody else's", encoding="utf-8")
    with pytest.raises(ModelError, match="is not overwritten"):
        _written(store, tmp_path, destination)
    assert destination.read_text(encoding="utf-8") == "somebody else's"
    assert not proof_path(destination).exists()
    assert [item.name for item in tmp_path.glob(".out*")] == []


@pytest.mark.parametrize("name", ["out.keras", "out.keras.json"])
@pytest.mark.parametrize("is_link", [True, False])
def test_what_is_there_is_refused_before_anything_is_measured(tmp_path: Path, name: str, is_link: bool) -> None:
    place = tmp_path / name
    # A link to nothing is there, too: writing to it would make a file somewhere else.
    place.symlink_to(tmp_path / "nowhere") if is_link else place.write_text("", encoding="utf-8")
    with pytest.raises(ModelError, match="exists already"):
        check_destination(tmp_path / "out.keras", "keras")


# What a stop hands on


def _bench(store: Store, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench whose probe writes a model, and a reference of its own."""

    def ask(self: Bench, place: str, output: Path) -> list[dict[str, Any]]:
        (output / "model.keras").write_text("converted", encoding="utf-8")
        (output / "reference.json").write_text('{"outputs": "of the converted model itself"}', encoding="utf-8")
        saved = {"event": "saved", "file": "model.keras", "traced": ["lambda"]}
        return [saved, {"event": "ended", "signal": None, "seconds": 1.0}]

    monkeypatch.setattr(Bench, "_request", lambda self, op, form, lent, file, output, **way: output)
    monkeypatch.setattr(Bench, "_ask", ask)
    given: Any = SimpleNamespace(named=())
    nothing: Any = None
    return Bench(given, nothing, nothing, store)


def test_a_stop_cannot_leave_a_reference_of_its_own_to_be_compared_with(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, why = _bench(store, monkeypatch).resave(_artifact(store), "2.15-cpu", "plain", "keras")
    assert why == ""
    assert written is not None
    assert (store.artifact_folder(written) / "reference.json").read_text(encoding="utf-8") == "{}"


def test_only_where_lambda_layers_were_to_be_taken_apart_they_are_not_missed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, artifact = _bench(store, monkeypatch), _artifact(store)
    for trace in (False, True):
        written, _ = bench.resave(artifact, "2.10-cpu", "plain", "h5", trace=trace)
        assert written is not None
        facts = json.loads((store.artifact_folder(written) / "reference.json").read_bytes())
        assert facts == ({"traced": True} if trace else {})


def test_files_of_two_ways_are_two_files(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, artifact = _bench(store, monkeypatch), _artifact(store)
    ways: list[dict[str, Any]] = [
        {"place": "2.15-cpu", "attempt": "plain", "form": "keras"},
        {"place": "2.12-cpu", "attempt": "plain", "form": "keras"},
        {"place": "2.15-cpu", "attempt": "translate", "form": "keras"},
        {"place": "2.15-cpu", "attempt": "plain", "form": "h5"},
        {"place": "2.15-cpu", "attempt": "plain", "form": "keras", "trace": True},
    ]
    keys = {made.key for way in ways if (made := bench.resave(artifact, **way)[0]) is not None}
    assert len(keys) == len(ways)


def test_a_fault_of_ours_says_nothing_about_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bench, "load", lambda *arguments: SimpleNamespace(records=[faulty()]))
    monkeypatch.setattr(Bench, "tolerance", lambda *arguments: Tolerance(atol=1e-6, rtol=1e-5))
    nothing: Any = None
    artifact: Any = SimpleNamespace(saved_with="2.10-cpu")
    with pytest.raises(ModelError, match="a fault of Crossload"):
        Bench(nothing, nothing, nothing, nothing).judged(artifact, "2.21-cpu")
