"""``crossload convert``: walks a route, proves what comes out of it, and only then writes a file."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crossload import __version__
from crossload.domain.attempts import record_of
from crossload.domain.verdicts import LOST, PASS, Judged, Verdict, judge_attempt
from crossload.environments.model import Environment
from crossload.execution.probe_requests import first
from crossload.probe import attempts, protocol
from crossload.probe.formats import FORMATS, INFERENCE, OPTIMIZER, OUTPUTS, WEIGHTS, WHOLE_MODEL
from crossload.store.records import Artifact
from crossload.user_models.bench import Bench, first_that_loads
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.digests import digest_of_model
from crossload.user_models.model_file import CannotLoadError, ModelError, NoWayError, UserModel
from crossload.user_models.saver import Writer

# Routes that are walked at most before giving up.
_MOST_ROUTES = 8
# Reasons that are named when no route was found.
_MOST_REASONS = 2
_SUFFIXES = {"keras": (".keras",), "h5": (".h5", ".hdf5"), "savedmodel": ("",)}


# What one hop gave: the file (None where it ended), what was done, why it ended, and what is left then.
Step = tuple[Artifact | None, list[dict[str, Any]], str, str]


@dataclass(frozen=True)
class Example:
    """A route that was proven for a model which is made alike: what is tried first for the others of its group.

    :param name: of that model.
    :param by: the attempt that loaded it at each stop.
    :param lost: rungs that did not come through for it.
    """

    name: str
    candidate: Candidate
    by: tuple[str, ...]
    lost: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, route: Sequence[Mapping[str, Any]], lost: Sequence[str]) -> "Example | None":
        """From the route of a proof; None where that cannot be walked again as it was.

        :param route: what was done, as :attr:`Walk.steps`.
        """
        loads = [step for step in route if "load in" in step]
        saves = [step for step in route if "save in" in step]
        if not saves or [step["load in"] for step in loads] != [step["save in"] for step in saves]:
            return None
        recipe = tuple((str(step["save in"]), str(step["format"])) for step in saves[:-1])
        return cls(name, Candidate(recipe, None, 1), tuple(str(step["attempt"]) for step in loads), tuple(lost))


@dataclass
class Walk:
    """One route as it was walked.

    :param steps: each load with how it went, and each save.
    :param end: the file at its end; None where it ended early, ``reason`` says why.
    :param proof: the plain load of that file in the target.
    :param offer: what is left where the route ended early: a way to call the model, not to save it.
    """

    candidate: Candidate
    steps: list[dict[str, Any]] = field(default_factory=list)
    end: Artifact | None = None
    proof: Judged | None = None
    reason: str = ""
    offer: str = ""

    @property
    def lost(self) -> list[str]:
        """Rungs that did not come through."""
        return self.proof.lost if self.proof else []


class Converter:
    """Converts one file.

    :param keep_optimizer: a route on which the optimizer's state is lost does not count.
    :param trace: the file is trusted: what the functions of its Lambda layers do is to become operations, by running them.
    :param say: receives a line for every step.
    """

    def __init__(
        self,
        bench: Bench,
        writer: Writer,
        to: Environment,
        form: str,
        keep_optimizer: bool,
        say: Callable[[str], None],
        trace: bool = False,
    ) -> None:
        self._bench, self._writer, self._to, self._form = bench, writer, to, form
        self._saver = writer.environment
        self._keep_optimizer, self._say, self._trace = keep_optimizer, say, trace
        self._ran: list[dict[str, Any]] = []
        self._walked: dict[tuple[Any, ...], Step] = {}
        self._example: Example | None = None

    def convert(self, routes: Sequence[Candidate] | Example, others: Sequence[Environment] = ()) -> Walk:
        """Walk routes until one loses no more than was expected of it; the best proven one.

        :param routes: in the order in which they are walked; or what was proven for a model that is made alike.
        :param others: what may stand for the saver where that cannot load the file, the nearest first.
        :raises ModelError: the file cannot be measured in its saver.
        :raises NoWayError: no route ends in a proven file.
        """
        self._example = routes if isinstance(routes, Example) else None
        candidates = [routes.candidate] if isinstance(routes, Example) else routes
        start = self._reference(others)
        if self._keep_optimizer and not self._has_optimizer():
            why = self._bench.facts["unmeasured"].get(OPTIMIZER, "holds none")
            raise ModelError(
                f"{self._bench.given.model.path}: that the optimizer's state is kept cannot be proven ({why}). "
                "Leave out --keep optimizer."
            )
        if self._trace:
            start = self._traced(start)
        proven: list[Walk] = []
        failed: list[Walk] = []
        for candidate in candidates[:_MOST_ROUTES]:
            if proven and not self._may_be_better(candidate, proven):
                continue
            walk = self._walk(start, candidate)
            why = walk.reason or self._why_unproven(walk) or self._why_not_as_example(walk)
            if why:
                walk.reason = why
                failed.append(walk)
                self._say(f"  no: {why}")
                continue
            proven.append(walk)
            if not walk.lost:
                break
        if not proven:
            raise NoWayError(self._no_way(failed))
        return min(proven, key=lambda walk: (len(walk.lost), len(walk.candidate.recipe)))

    @property
    def saver(self) -> Environment:
        """What gave the reference."""
        return self._saver

    def _reference(self, others: Sequence[Environment]) -> Artifact:
        self._say(self._writer.reads)
        try:
            return self._bench.reference(self._saver.id)
        except CannotLoadError as error:
            if self._bench.given.hidden:
                raise  # no other version could read what is not there
            self._say(f"{self._saver.id}: {error}")
            found = first_that_loads(self._bench, others, self._say)
            if found is None:
                raise
        self._saver, start = found
        self._say(f"{self._saver.id}: it stands for what wrote the file, because it loads it")
        return start

    def _no_way(self, failed: Sequence[Walk]) -> str:
        """That nothing was found: what stops it, each thing once, and what is left."""
        count = f"{len(failed)} route{'s' if len(failed) != 1 else ''}"
        reasons = list(dict.fromkeys(walk.reason for walk in failed))
        lines = [
            f"{self._bench.given.model.path}: no route to a {self._form} file that {self._to.id} loads plainly was found "
            f"({count} walked). Nothing was written.",
            f"What stops it: {'; '.join(reasons[:_MOST_REASONS])}.",
        ]
        offers = list(dict.fromkeys(walk.offer for walk in failed if walk.offer))
        return "\n".join([*lines, *(f"What is left: {offer}." for offer in offers[:1])])

    def _traced(self, start: Artifact) -> Artifact:
        """The file without its Lambda layers, where they can be traced; the file itself elsewhere."""
        self._say(f"{self._saver.id}: running the functions of its Lambda layers, which are code of the file")
        attempt = str(self._bench.facts["attempt"])
        made, why = self._bench.resave(start, self._saver.id, attempt, "h5", trace=True)
        if made is None:
            self._say(f"  they stay as they are ({why})")
            return start
        self._ran = [
            {
                "traced in": self._saver.id,
                "ran": "the functions of the file's Lambda layers, to make operations of them",
            }
        ]
        self._say("  they are operations now")
        return made

    def _has_optimizer(self) -> bool:
        return bool(self._bench.facts.get("compiled")) and OPTIMIZER not in self._bench.facts["unmeasured"]

    @staticmethod
    def _may_be_better(candidate: Candidate, proven: Sequence[Walk]) -> bool:
        """Whether a further route is expected to lose less than the best one so far; unknown ones are not tried for that."""
        best = min(len(walk.lost) for walk in proven)
        return best > 0 and candidate.loss is not None and candidate.loss <= 1

    def _walk(self, start: Artifact, candidate: Candidate) -> Walk:
        stops = [*candidate.recipe, (self._to.id, self._form)]
        walk = Walk(candidate, list(self._ran))
        self._say(f"route: {candidate.text}; load in {self._to.id}, save as {self._form}")
        artifact = start
        for number, (place, form) in enumerate(stops):
            following, steps, reason, offer = self._hop(artifact, place, form, tuple(stops[: number + 1]))
            walk.steps += steps
            if following is None:
                walk.reason, walk.offer = reason, offer
                return walk
            artifact = following
        walk.end = artifact
        found = self._bench.judged(artifact, self._to.id, (attempts.PLAIN,))
        walk.proof = found.plain
        return walk

    def _hop(self, artifact: Artifact, place: str, form: str, way: tuple[Any, ...]) -> Step:
        """Load in an environment by the way that loses least, and save again; measured once for each beginning of a route."""
        if way not in self._walked:
            self._walked[way] = self._new_hop(artifact, place, form, len(way) - 1)
        return self._walked[way]

    def _new_hop(self, artifact: Artifact, place: str, form: str, number: int) -> Step:
        state = self._bench.places.state(place)
        if state.state != "ready":
            return None, [], f"{place} is unavailable: {state.reason}", ""
        if self._example is not None and (found := self._hop_as_example(artifact, place, form, number)) is not None:
            return found
        return self._searched_hop(artifact, place, form)

    def _hop_as_example(self, artifact: Artifact, place: str, form: str, number: int) -> Step | None:
        """Load and save again at once, by the attempt that worked for the model that is made alike; None where that goes wrong.

        Its outputs are compared here as anywhere; what else a load keeps is seen at the end of the route, from the file itself.
        """
        assert self._example is not None
        attempt = self._example.by[number]
        output = self._bench.store.staging_folder()
        events = self._bench.ask(protocol.RESAVE, artifact, place, output, attempt=attempt, save_as=form, trace=False)
        measured = first(events, "attempt")
        if measured is None:
            return None
        loaded = judge_attempt(record_of(measured), self._bench.tolerance(artifact.saved_with, place))
        if loaded.rungs.get(OUTPUTS) != PASS:
            return None
        written, _ = self._bench.written(events, artifact, place, output, form, attempt, "")
        if written is None:
            return None
        return (
            written,
            [{"load in": place, "like": self._example.name, **_as_step(loaded)}, _saved(place, form)],
            "",
            "",
        )

    def _searched_hop(self, artifact: Artifact, place: str, form: str) -> Step:
        found = self._bench.judged(artifact, place)
        step: dict[str, Any] = {"load in": place, "verdict": found.verdict}
        resting = found.resting
        if resting is None or resting.rungs.get(OUTPUTS) != PASS:
            why = _why(found)
            return None, [step], f"in {place} it {found.verdict}" + (f" ({why})" if why else ""), ""
        # A file that loads plainly is translated where that keeps more of it.
        resting = found.keeps_more or resting
        step |= _as_step(resting)
        if attempts.gives(resting.attempt, artifact.format) == INFERENCE:
            reason = f"{place} can only call it ({resting.attempt}), not save it again"
            offer = f"inference: {place} calls it with {resting.attempt}, and its outputs are right"
            return None, [step], f"{found.untranslated}; {reason}" if found.untranslated else reason, offer
        how = "" if resting.attempt == attempts.PLAIN else f" with {resting.attempt}"
        self._say(f"  {place}: loads{how}; saving as {form}")
        written, why = self._bench.resave(artifact, place, resting.attempt, form)
        if written is None:
            return None, [step], f"saving as {form} in {place} failed ({why})", ""
        return written, [step, _saved(place, form)], "", ""

    def _why_not_as_example(self, walk: Walk) -> str:
        """That a file loses more than one that is made alike: another way may keep it. Empty where it does not."""
        more = [rung for rung in walk.lost if rung not in self._example.lost] if self._example is not None else []
        return f"it loses more than a model that is made alike: {', '.join(more)}" if more else ""

    def _why_unproven(self, walk: Walk) -> str:
        """Why the file at the end of a route does not count; empty where it does."""
        proof = walk.proof
        assert proof is not None
        if proof.outcome != "loaded" or not proof.called or not proof.predicts:
            return f"{self._to.id} does not load the result plainly ({proof.error_type}: {_one_line(proof.error)})"
        if not proof.predicts_alike:
            return "predict gives other outputs than a call"
        if proof.rungs.get(OUTPUTS) != PASS:
            return f"it gives other outputs ({proof.difference or proof.error})"
        if FORMATS[self._form].gives == WHOLE_MODEL and proof.rungs.get(WEIGHTS) == LOST:
            return "weights differ"
        if self._keep_optimizer and proof.rungs.get(OPTIMIZER) != PASS:
            return "the optimizer's state is lost"
        return ""


def _as_step(loaded: Judged) -> dict[str, Any]:
    """How a load went, for the proof."""
    step = {
        "attempt": loaded.attempt,
        "max_abs_diff": loaded.max_abs_diff,
        "lost": loaded.lost,
        "costs": loaded.costs,
    }
    return step | {"note": loaded.note} if loaded.note else step


def _saved(place: str, form: str) -> dict[str, Any]:
    return {"save in": place, "format": form}


def _why(found: Verdict) -> str:
    """Why a load does not count: what has no equal there, the difference of its outputs, or its error."""
    if found.untranslated:
        return _one_line(found.untranslated)
    plain = found.plain
    if plain is None:
        return found.reason
    if plain.error_type:
        return f"{plain.error_type}: {_one_line(plain.error)}"
    return plain.difference or _one_line(plain.error) or found.reason


def _one_line(text: str) -> str:
    return " ".join(text.split())[:240]


def check_destination(destination: Path, form: str) -> None:
    """Refuse a destination that exists, has the wrong suffix, or cannot be written.

    :raises ModelError: with what to do.
    """
    if form not in _SUFFIXES:
        raise ModelError(f"--format {form}: is not a format of whole models. Known: {', '.join(_SUFFIXES)}.")
    suffixes = _SUFFIXES[form]
    if destination.suffix not in suffixes:
        wanted = " or ".join(suffixes) if suffixes[0] else "no suffix"
        raise ModelError(f"--out {destination}: a {form} file needs {wanted}: versions choose the reader by it.")
    for path in (destination, proof_path(destination)):
        if path.exists() or path.is_symlink():
            raise ModelError(f"{path}: exists already and is not overwritten. Choose another --out.")
    folder = destination.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ModelError(f"{folder}: is no folder that can be written. Make it first, or choose another --out.")


def proof_path(destination: Path) -> Path:
    """Where the proof of a converted file lies: beside it."""
    return destination.with_name(destination.name + ".json")


def write(walk: Walk, bench: Bench, destination: Path, saver: Environment, to: Environment) -> dict[str, Any]:
    """Write a proven file and its proof; returns the proof.

    :raises ModelError: it cannot be written, or something came to lie there in the meantime.
    """
    assert walk.end is not None
    assert walk.proof is not None
    source = bench.store.artifact_folder(walk.end) / walk.end.file
    model = bench.given.model
    proof = _proof(walk, bench, saver, to) | {"input": _described(model), "output": digest_of_model(source)}
    text = json.dumps(proof, indent=1, default=str) + "\n"
    unfinished = destination.with_name(f".{destination.name}.{os.getpid()}.tmp")
    beside = proof_path(destination)
    is_written = False
    try:
        if source.is_dir():
            shutil.copytree(source, unfinished)
        else:
            shutil.copyfile(source, unfinished)
        with beside.open("x", encoding="utf-8") as stream:
            stream.write(text)
        # Both ways fail where something lies there by now.
        if source.is_dir():
            os.mkdir(destination)
            os.rename(unfinished, destination)
        else:
            os.link(unfinished, destination)
        is_written = True
    except FileExistsError as error:
        raise ModelError(
            f"{error.filename2 or error.filename}: came to exist meanwhile and is not overwritten."
        ) from None
    except OSError as error:
        raise ModelError(f"{destination}: cannot be written ({error.strerror}). Choose another --out.") from None
    finally:
        if unfinished.is_dir():
            shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.unlink(missing_ok=True)
        if not is_written and beside.is_file() and beside.read_text(encoding="utf-8") == text:
            beside.unlink()
    return proof


def _proof(walk: Walk, bench: Bench, saver: Environment, to: Environment) -> dict[str, Any]:
    judged = walk.proof
    assert judged is not None
    used = [saver.id, *(place for place, _ in walk.candidate.recipe), to.id]
    states = {name: bench.places.state(name) for name in dict.fromkeys(used)}
    costs = [cost for step in walk.steps for cost in step.get("costs", ())]
    return {
        "crossload": __version__,
        "route": walk.steps,
        "loads_plainly_in": to.id,
        "custom_objects": bench.given.code.custom or None,
        "inputs": {"given": bench.given.inputs is not None, "arrays": bench.facts["inputs"]},
        "measured": {
            "outputs": {"max_abs_diff": judged.max_abs_diff, "max_rel_diff": judged.max_rel_diff,
                        "max_scaled_diff": judged.max_scaled_diff, "in_words": judged.difference, "bit_equal": judged.bit_equal},
            "tolerance": bench.tolerance(to.id, to.id).model_dump(),
            "rungs": dict(judged.rungs),
            "note": judged.note or None,
        },
        "lost": walk.lost,
        "costs_on_the_way": list(dict.fromkeys(costs)),
        "environments": {
            name: {"python": state.facts.get("python"), "lock": state.environment.digest, "pins": state.environment.pins}
            for name, state in states.items()
        },
    }  # fmt: skip


def _described(model: UserModel) -> dict[str, Any]:
    return digest_of_model(model.path) | {
        "path": str(model.path),
        "format": model.format,
        "keras": model.found.keras or None,
    }
