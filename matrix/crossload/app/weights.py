"""``crossload weights``: fills a model that code builds with the arrays of a file, by a mapping, and proves it by outputs."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from crossload.app.model_bench import ModelOptions, open_bench
from crossload.config import load_config
from crossload.domain.attempts import record_of
from crossload.domain.verdicts import PASS, Judged, judge_attempt
from crossload.environments.exact_keras import lock_exact_keras
from crossload.environments.model import Environment
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments
from crossload.execution.probe_requests import first
from crossload.inspection.bounds import json_value
from crossload.probe import attempts, protocol
from crossload.probe.formats import OUTPUTS, RUNGS
from crossload.store.records import Artifact
from crossload.user_models.bench import Bench, read_inputs
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.convert import Walk, check_destination, write
from crossload.user_models.model_file import ModelError, NoWayError, UserModel, open_model
from crossload.user_models.saver import environment_named, find_saver
from crossload.util.clock import today
from crossload.util.files import read_plain
from crossload.util.terminal import Say

_VERSION = 1
_WEIGHTS = "weights.h5"
_ENDS = {".weights.h5": _WEIGHTS, ".keras": "keras", ".h5": "h5"}
_INPUTS, _VALUES = "inputs.npz", "second-file"


@dataclass(frozen=True)
class Filling:
    """What is to be done with the arrays of a file.

    :param to: the version in which the model is built.
    :param mapping: a file with the mapping; None to propose one.
    :param propose: where to write the mapping, for correcting it.
    :param values: a second file that holds the same values, by which arrays are told apart.
    :param expected: an npz of what the model must give for the inputs; None to ask the version that wrote the file.
    :param out: the new file: ``.weights.h5``, ``.keras`` or ``.h5``; None to write none.
    """

    to: str
    mapping: Path | None = None
    propose: Path | None = None
    values: Path | None = None
    expected: Path | None = None
    out: Path | None = None


@dataclass
class Filled:
    """What came of it.

    :param rows: each weight of the model with the array that it gets.
    :param unused: arrays that no weight gets.
    :param proof: how the filled model's outputs compare; None where they could not be compared, ``unproven`` says why.
    """

    rows: Sequence[Mapping[str, Any]]
    unused: Sequence[Mapping[str, Any]]
    proof: Judged | None = None
    unproven: str = ""
    written: Path | None = None
    missing: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return self.proof is not None and self.proof.rungs.get(OUTPUTS) == PASS

    def answer(self) -> str:
        """What it comes to, in a sentence or two."""
        if self.missing:
            more = f" and {len(self.missing) - 3} more" if len(self.missing) > 3 else ""
            return (
                f"{len(self.missing)} weights have no array: {', '.join(self.missing[:3])}{more}. Correct the mapping."
            )
        if self.proof is None:
            return f"Every weight has an array; that these are the right ones is not proven: {self.unproven}"
        if not self.is_right:
            why = self.proof.difference or self.proof.error
            return f"The filled model gives other outputs ({why}). Correct the mapping."
        said = "bit by bit the same" if self.proof.bit_equal else self.proof.difference
        return f"The filled model gives the right outputs ({said})."


def fill_model(options: ModelOptions, filling: Filling, say: Say) -> Filled:
    """Propose or apply a mapping, and write what was proven.

    :raises CrossloadError: something given cannot be used.
    """
    if not options.given.build:
        raise ModelError("weights: pass --build factory.py:function, which builds the model that is to be filled.")
    form = _form_of(filling.out)
    entries = read_mapping(filling.mapping) if filling.mapping is not None else None
    if filling.propose is not None and filling.propose.exists():
        raise ModelError(f"--propose {filling.propose}: exists already and is not overwritten.")
    if filling.values is not None and not filling.values.is_file():
        raise ModelError(f"--values {filling.values}: there is no such file.")
    if filling.expected is not None and options.given.inputs is None:
        raise ModelError("--expected: goes with --inputs FILE.npz, what the model is called with.")
    opened = open_model(options.model)
    settings = load_config(options.conditions.config)
    environments = all_environments(settings)
    to = resolve(environment_named(filling.to, environments), today())
    saver = to
    if filling.expected is None:
        saver = find_saver(opened, environments, options.given.saved_with, lock_exact_keras).environment
    environments |= {to.id: to, saver.id: saver}
    with open_bench(options, opened, settings, environments, say) as bench:
        bench.places.announce([saver.id, to.id])
        artifact, unproven = _reference(bench, saver, filling, say)
        found, judged = _fill(bench, artifact, to, filling, entries, form, say)
        found.unproven = unproven
        if filling.propose is not None:
            _write_mapping(filling.propose, opened, found)
        if filling.out is not None:
            if not found.is_right or judged is None:
                raise NoWayError(f"{options.model}: {found.answer()} Nothing was written.")
            _prove(bench, judged, saver, to, filling.out, found)
    return found


def _form_of(out: Path | None) -> str:
    if out is None:
        return ""
    form = next((form for end, form in _ENDS.items() if out.name.endswith(end)), None)
    if form is None:
        raise ModelError(f"--out {out}: needs one of the ends {', '.join(_ENDS)}.")
    check_destination(out, "h5" if form == _WEIGHTS else form)
    return form


def _reference(bench: Bench, saver: Environment, filling: Filling, say: Say) -> tuple[Artifact, str]:
    """The file as an artifact, with what the model must give where that is known; and why not, where it is not."""
    state = bench.places.state(saver.id)
    if filling.expected is None:
        say(f"{saver.id}: reading the model where it was written")
        try:
            return bench.reference(saver.id), ""
        except ModelError as error:
            why = f"{error} Or pass --expected OUTPUTS.npz with --inputs."
            say(f"  {error}")
    elif state.state != "ready":
        raise ModelError(f"{saver.id} is unavailable: {state.reason}")
    else:
        why = ""
    staging = bench.staged()
    if filling.expected is not None:
        assert bench.given.inputs is not None
        _write_reference(staging, bench.given.inputs, read_inputs(filling.expected, "--expected"))
        described = [f"{array.dtype} {array.shape}" for array in bench.given.inputs.values()]
        bench.facts = {"inputs": described, "attempt": "given", "unmeasured": {}}
    return bench.file_as_artifact(saver.id, staging), why


def _write_reference(folder: Path, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    """What a saver would have measured of outputs that were given; no other rung can be compared."""
    arrays = {f"inputs_{number}": array for number, array in enumerate(inputs.values())}
    arrays |= {f"outputs_{number}": array for number, array in enumerate(outputs.values())}
    facts = {
        "inputs": len(inputs),
        "outputs": len(outputs),
        "input_names": list(inputs),
        "unmeasured": {rung: "only outputs were given" for rung in RUNGS if rung != OUTPUTS},
    }
    np.savez(folder / "reference.npz", **arrays)
    (folder / "reference.json").write_text(json.dumps(facts), encoding="utf-8")


def _fill(
    bench: Bench,
    artifact: Artifact,
    to: Environment,
    filling: Filling,
    entries: Sequence[Mapping[str, Any]] | None,
    form: str,
    say: Say,
) -> tuple[Filled, Artifact | None]:
    say(f"{to.id}: building the model and {'applying the mapping' if entries is not None else 'proposing a mapping'}")
    inputs = bench.given.inputs or {}
    artifact = _with_files(bench, artifact, filling, inputs)
    output = bench.store.staging_folder()
    way = {
        "inputs": _INPUTS if inputs else "",
        "names": list(inputs),
        "mapping": None if entries is None else list(entries),
        "values": _VALUES if filling.values is not None else "",
        "save_as": form,
    }
    events = bench.ask(protocol.FILL, artifact, to.id, output, **way)
    mapped, raised = first(events, "mapped"), first(events, "raised")
    if mapped is None:
        raise ModelError(_why_not_mapped(raised, events, bench, filling))
    found = Filled(
        mapped["rows"], mapped["unused"], missing=[row["model"] for row in mapped["rows"] if not row["file"]]
    )
    attempt = first(events, "attempt")
    if attempt is not None:
        found.proof = judge_attempt(record_of({**attempt, "seconds": 0.0}), bench.tolerance(artifact.saved_with, to.id))
    if not form or attempt is None:
        return found, None
    bench.facts = {**bench.facts, "custom_objects": mapped["custom_objects"]}
    written, why = bench.written(events, artifact, to.id, output, form, "filled")
    if written is None:
        raise NoWayError(f"{bench.given.model.path}: the filled model could not be saved ({why}). Nothing was written.")
    return found, written


def _with_files(bench: Bench, artifact: Artifact, filling: Filling, inputs: Mapping[str, Any]) -> Artifact:
    """The artifact with what else the environment has to read."""
    if not inputs and filling.values is None:
        return artifact
    staging = bench.store.staging_folder()
    shutil.copytree(bench.store.artifact_folder(artifact), staging, dirs_exist_ok=True)
    if inputs:
        np.savez(staging / _INPUTS, **{f"input_{number}": array for number, array in enumerate(inputs.values())})
    if filling.values is not None:
        shutil.copyfile(filling.values, staging / _VALUES)
    return bench.file_as_artifact(artifact.saved_with, staging)


def _why_not_mapped(
    raised: Mapping[str, Any] | None, events: Sequence[Mapping[str, Any]], bench: Bench, filling: Filling
) -> str:
    if raised is None:
        return f"{bench.given.model.path}: the process ended early: {events[-1]['signal']}"
    said = " ".join(f"{raised['error_type']}: {raised['error']}".split())[:300]
    what = {
        "mapping": f"--mapping {filling.mapping}: {' '.join(str(raised['error']).split())[:300]}",
        "values": f"--values {filling.values}: cannot be read ({said})",
        "read": f"{bench.given.model.path}: its arrays cannot be read ({said})",
        "import": f"--build: importing it raises {said}",
    }
    return f"{what.get(raised['stage'], f'--build: building the model and calling it raises {said}')}."


def _prove(bench: Bench, written: Artifact, saver: Environment, to: Environment, out: Path, found: Filled) -> None:
    """Load what was written plainly, and write it out where that gives the right outputs."""
    proof = bench.judged(written, to.id, (attempts.PLAIN,)).plain
    assert proof is not None
    if proof.outcome != "loaded" or proof.rungs.get(OUTPUTS) != PASS:
        why = proof.difference or f"{proof.error_type}: {' '.join(proof.error.split())[:240]}"
        raise NoWayError(
            f"{bench.given.model.path}: {to.id} does not load the filled model again plainly ({why}). Nothing was written."
        )
    steps: list[dict[str, Any]] = [{"filled in": to.id, "mapping": [dict(row) for row in found.rows]}]
    walk = Walk(Candidate((), None, 0), steps, written, proof)
    write(walk, bench, out, saver, to)
    found.proof, found.written = proof, out


def read_mapping(path: Path) -> list[dict[str, Any]]:
    """The entries of a mapping.

    :raises ModelError: it is missing or not of the form that :func:`_write_mapping` writes.
    """
    try:
        document = json_value(read_plain(path))
    except FileNotFoundError:
        raise ModelError(f"--mapping {path}: there is no such file. `--propose FILE` writes one.") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"--mapping {path}: is no JSON ({error}).") from None
    entries = document.get("weights") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict)
        and isinstance(entry.get("model"), str)
        and isinstance(entry.get("file"), str | None)
        and isinstance(entry.get("change", ""), str)
        for entry in entries
    ):
        raise ModelError(
            f'--mapping {path}: needs "weights", a list of {{"model": NAME, "file": NAME or null}}, as --propose writes it.'
        )
    return entries


def _write_mapping(path: Path, opened: UserModel, found: Filled) -> None:
    document = {
        "crossload_weights": _VERSION,
        "of": str(opened.path),
        "how": "file: the array that a weight gets; change: reshape, transpose, or transpose 2,0,1",
        "weights": list(found.rows),
        "unused": list(found.unused),
    }
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(json.dumps(document, indent=1) + "\n")
    except OSError as error:
        raise ModelError(f"--propose {path}: cannot be written ({error.strerror}).") from None
