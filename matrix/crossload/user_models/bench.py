"""Measures a user's file: once where it was written, as the reference, and then in other environments against that."""

import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from crossload.backends import WorkerError
from crossload.config import Limits, MatrixConfig, Tolerance
from crossload.diagnosis.case import version_in
from crossload.diagnosis.catalogue import Cause, load_catalogue
from crossload.domain.attempts import crash_message
from crossload.domain.verdicts import HARNESS_ERROR, Verdict, verdict
from crossload.environments.model import Environment
from crossload.execution.memory import limits_for
from crossload.execution.probe_requests import Request, ended_early, file_request, first, last_stage
from crossload.execution.provisioner import Provisioner
from crossload.execution.tasks import LoadTask
from crossload.explaining.message import parse
from crossload.explaining.wording import told_by
from crossload.inspection.archive import is_bomb
from crossload.inspection.bounds import printable
from crossload.inspection.containers import container_of
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import Work
from crossload.planning.tolerances import tolerance_for
from crossload.probe import attempts, protocol
from crossload.probe.formats import STEPS, TRAINING, USE
from crossload.scenario_index import Scenario, defaults
from crossload.store.artifact_files import not_files
from crossload.store.database import Store
from crossload.store.records import Artifact, Cell, content_key
from crossload.user_models.model_file import CannotCallError, CannotLoadError, ModelError, UserModel, files_of
from crossload.user_models.security import Named
from crossload.user_models.user_code import NAME, PACKAGE, UserCode, scenario_request
from crossload.util.files import special_kind
from crossload.util.source import ONE_AT_A_TIME

_INPUTS = "inputs.npz"
_ARRAYS, _FACTS = "reference.npz", "reference.json"
# Of a way on which the functions of Lambda layers were run, so that they become operations.
_TRACED = "traced"
_MOST_INPUTS = 1000
# What nothing here loads, whatever it says when it is tried: the id of its cause.
_KERAS_1 = "keras-1-file"
# Of a cause's remedies, so many are named where a file cannot be loaded.
_MOST_REMEDIES = 2
# So many times as long as a load.
_REFERENCE_TAKES = 4
# What Keras 3 writes before the error that it caught.
_WITHIN = "Exception encountered:"
# A file beside the model that it does not hold: Keras opens it by the path that it had where the model was made.
# Weights of a file that do not fit the model that was built for them, in the words of 2.0 to today.
_UNFIT = re.compile(
    r"shape mismatch|shapes? .{0,80} incompatible|expects \d+ weight|expected \d+ variables|weight file containing \d+ layers",
    re.IGNORECASE,
)
_NOT_THERE = re.compile(
    r"(?:Vocabulary file|SavedModel file does not exist at:) (?P<path>.+?)(?: does not exist|/\{|\.?$)"
)
# What TensorFlow says of an operation that has no kernel for the processor.
_NEEDS_GPU = re.compile(
    r"(?:Could not find device for node: \{\{node |No OpKernel was registered to support Op ')(Cudnn\w+)"
)


@dataclass(frozen=True)
class UserWork(Work):
    """The user's model in its format. No evidence for claims is collected.

    :param uses: what of the rung ``use`` is tried.
    """

    has_factory: bool = False
    uses: tuple[str, ...] = STEPS

    def steps(self) -> tuple[str, ...]:
        return self.uses

    def attempts(self) -> tuple[str, ...]:
        remedies = [
            name for name in attempts.remedies_for(self.format) if self.has_factory or not attempts.rebuilds(name)
        ]
        return (attempts.PLAIN, *remedies)


@dataclass
class Inputs:
    """What a user gave with a model.

    :param inputs: arrays by name, in the order of the file; None where they are to be made.
    :param named: what becomes of the files that the model names.
    :param confined: whether what is not let through is hidden from it.
    """

    model: UserModel
    code: UserCode
    inputs: Mapping[str, Any] | None = None
    named: tuple[Named, ...] = ()
    confined: bool = True

    @property
    def hidden(self) -> str:
        """What loading surely reads and cannot here, and what to do, in words; empty where there is nothing."""
        lacking = [str(item) for item in self.named if item.surely and item.source is None and self.confined]
        return f"{'It ' if lacking else ''}{'; it '.join(lacking)}"


@dataclass
class Bench:
    """One model on the bench: measured in its saver, loaded and saved again elsewhere.

    :param store: of its own, in a folder that is thrown away.
    :param memory_mb: what a process may take, as somebody chose it; None for what the file needs.
    :param uses: what of the rung ``use`` is tried.
    :param peaks: by environment the most memory that loading it there took, MB.
    """

    given: Inputs
    config: MatrixConfig
    places: Provisioner
    store: Store
    memory_mb: int | None = None
    uses: tuple[str, ...] = STEPS
    facts: Mapping[str, Any] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)

    @property
    def limits(self) -> Limits:
        """Of each child process."""
        return limits_for(self.config.limits, self.given.model.bytes, self.memory_mb)

    @property
    def reference_limits(self) -> Limits:
        """Of the one that measures the file where it was written: it loads it up to three times, and takes eight updates."""
        limits = self.limits
        return limits.model_copy(update={"seconds": limits.seconds * _REFERENCE_TAKES})

    def _options(self) -> dict[str, Any]:
        code = self.given.code
        return {
            **defaults(),
            "name": NAME,
            "family": "yours",
            "title": self.given.model.path.name,
            "targets": (),
            # It may look words up in tables: nothing of one attempt may be kept for the next.
            "inputs": (("text", (1,)),),
            "custom_objects": tuple(self.facts.get("custom_objects", ())),
            "import_modules": (PACKAGE,) if code.custom else (),
            "precision": self.facts.get("precision", "float32"),
            "trains_repeatably": True,
        }

    def scenario(self) -> Scenario:
        """The model as a scenario, for what handles those."""
        digest = content_key(self.facts.get("digest", ""), self.given.code.custom, self.given.code.factory)
        roots = tuple(self.given.code.roots)
        return Scenario(NAME, PACKAGE, roots, self._options(), digest, "")

    def work(self, form: str) -> UserWork:
        return UserWork(self.scenario(), form, bool(self.given.code.factory), self.uses)

    def reference(self, saver: str, uncalled: bool = False) -> Artifact:
        """Measure the file where it was written; keeps the facts of that and returns the file as an artifact.

        :param uncalled: without its outputs, where it cannot be called there or gives others each time.
        :raises CannotLoadError: the environment cannot be had, or cannot load it; :class:`CannotCallError` where it does load it.
        :raises ModelError: it cannot be measured there; the message says why and what to do.
        """
        model = self.given.model
        ready = self.places.state(saver)
        if ready.state != "ready":
            raise CannotLoadError(f"{saver} is unavailable: {ready.reason}")
        staging, output = self.staged(), self.store.staging_folder()
        names: list[str] = []
        if self.given.inputs is not None:
            names = list(self.given.inputs)
            arrays = {f"input_{number}": self.given.inputs[name] for number, name in enumerate(names)}
            np.savez(staging / _INPUTS, **arrays)
        without: dict[str, str] = {}
        with self.store.lend(staging) as lent:
            request = self._request(
                protocol.REFERENCE,
                model.format,
                lent,
                model.path.name,
                output,
                attempts=list(self.work(model.format).attempts()),
                inputs=_INPUTS if names else "",
                names=names,
                use=list(self.uses),
                without=without,
                uncalled=uncalled,
            )
            events = self._ask(saver, request)
            # What kills the process after everything else was measured is left out: the rest stands without it.
            for _ in STEPS:
                stage = last_stage(events, "load")
                if first(events, "referenced") or not ended_early(events) or not stage.startswith((TRAINING, USE)):
                    break
                if stage in without:  # it ends there all the same: something else than that step does it
                    break
                why = f"it ends the process where it was written, too: {events[-1]['signal']}"
                without[stage] = why
                events = self._ask(saver, request)
        found = first(events, "referenced")
        if found is None:
            raised = first(events, "raised")
            kind = _kind_of_failure(raised, bool(names)) if raised is not None else ModelError
            raise kind(_why_no_reference(events, saver, self.given, self.reference_limits))
        if strange := not_files(output):
            raise ModelError(f"{model.path}: measuring it in {saver} left {strange}, which is no file.")
        for path in output.iterdir():
            shutil.move(path, staging / path.name)
        (staging / _INPUTS).unlink(missing_ok=True)
        self.facts = dict(found)
        return self.file_as_artifact(saver, staging)

    def staged(self) -> Path:
        """A folder with a copy of what belongs to the file."""
        staging = self.store.held_folder()
        for path in files_of(self.given.model.path):
            place = staging / path.name
            shutil.copytree(path, place) if path.is_dir() else shutil.copyfile(path, place)
        self._lay_out_named(staging)
        return staging

    def _lay_out_named(self, folder: Path) -> None:
        """Copy what the model reads by a relative path: what loads it works in that folder."""
        for item in self.given.named:
            if item.source is None or Path(item.path).is_absolute():
                continue
            place = folder / protocol.NAMED / item.path
            place.parent.mkdir(parents=True, exist_ok=True)
            if item.source.is_dir():
                shutil.copytree(item.source, place, dirs_exist_ok=True, ignore=_no_plain_files)
            else:
                shutil.copyfile(item.source, place)

    def file_as_artifact(self, saver: str, staging: Path) -> Artifact:
        """The file in such a folder, and what was put beside it, as what an environment saved."""
        model = self.given.model
        digest, size = self.store.keep_artifact(staging)
        self.facts = {**self.facts, "digest": digest}
        key = artifact_key(self.work(model.format), self.places.state(saver))
        return _artifact(key, model.format, saver, digest, model.path.name, model.found.container, size)

    def load(self, artifact: Artifact, loader: str, only: Sequence[str] = ()) -> Cell:
        """Load an artifact in an environment in every way there is, or in some.

        :raises WorkerError: the probe died twice.
        """
        work = self.work(artifact.format)
        near = self.tolerance(artifact.saved_with, loader)
        key = cell_key(artifact.key, self.places.state(loader))
        task = LoadTask(key, work, artifact, loader, near, only=tuple(only))
        with self.places.runner(loader, self.store, self.limits) as runner:
            cell = runner.load(task)
            self.peaks[loader] = max(self.peaks.get(loader, 0), runner.peak_mb)
        return cell

    def judged(self, artifact: Artifact, loader: str, only: Sequence[str] = ()) -> Verdict:
        """What loading an artifact amounts to.

        :raises ModelError: our own code failed.
        """
        found = verdict(self.load(artifact, loader, only).records, self.tolerance(artifact.saved_with, loader))
        if found.verdict == HARNESS_ERROR:
            raise ModelError(f"{loader}: a fault of Crossload, which says nothing about the model: {found.reason}")
        return found

    def tolerance(self, saver: str, loader: str) -> Tolerance:
        known = self.places.environments
        return tolerance_for(self.config, self.scenario(), known[saver], known[loader])

    def resave(
        self, artifact: Artifact, place: str, attempt: str, form: str, trace: bool = False
    ) -> tuple[Artifact | None, str]:
        """Load an artifact by one attempt and save it in another format, in the same environment.

        :param trace: run the functions of its Lambda layers, so that they become operations.
        :return: what was written, with the reference of the file that the way began with; None and why not elsewhere.
        """
        output = self.store.staging_folder()
        way = {"attempt": attempt, "save_as": form, "trace": trace}
        events = self.ask(protocol.RESAVE, artifact, place, output, **way)
        return self.written(events, artifact, place, output, form, attempt, _TRACED if trace else "")

    def ask(self, op: str, artifact: Artifact, place: str, output: Path, **way: Any) -> list[dict[str, Any]]:
        """Do something with an artifact in an environment that gives other files.

        :param output: an empty folder for them.
        :return: what happened there, as events of the probe.
        :raises ModelError: our own code failed.
        """
        with self.store.lent(artifact) as lent:
            return self._ask(place, self._request(op, artifact.format, lent, artifact.file, output, **way))

    def written(
        self, events: Sequence[Mapping[str, Any]], artifact: Artifact, place: str, output: Path, form: str, *way: str
    ) -> tuple[Artifact | None, str]:
        """What came of that, as :meth:`resave` gives it."""
        saved = first(events, "saved")
        if saved is None:
            return None, _why_not_saved(events)
        if strange := not_files(output):
            return None, f"{strange} is a link, a pipe or a device: only files are kept"
        known = self.store.artifact_folder(artifact)
        shutil.copyfile(known / _ARRAYS, output / _ARRAYS)
        facts = json.loads((known / _FACTS).read_bytes())
        if _TRACED in way and saved.get("traced"):
            # What was taken apart is no loss of architecture from here on.
            facts["traced"] = True
        (output / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        self._lay_out_named(output)
        container = container_of(output / saved["file"])
        digest, size = self.store.keep_artifact(output)
        key = content_key(artifact.key, place, form, *way)
        return _artifact(key, form, place, digest, saved["file"], container, size), ""

    def _request(self, op: str, form: str, directory: Path, file: str, output: Path, **more: Any) -> Request:
        return file_request(
            op,
            scenario=scenario_request(self.given.code, self._options()),
            format=form,
            directory=directory,
            file=file,
            output=output,
            code=self.given.code.package / "code",
            limits=self.reference_limits if op == protocol.REFERENCE else self.limits,
            **more,
        )

    def _ask(self, place: str, request: Request) -> list[dict[str, Any]]:
        try:
            with self.places.runner(place, self.store, self.limits) as runner:
                events = runner.ask(request)
                self.peaks[place] = max(self.peaks.get(place, 0), runner.peak_mb)
        except WorkerError as error:
            raise ModelError(f"{place}: the worker ended: {error}") from None
        fault = first(events, "harness-error")
        if fault is not None:
            raise ModelError(
                f"{place}: a fault of Crossload, which says nothing about the model: {fault['error_type']}: {fault['error']}"
            )
        return events


def _artifact(key: str, form: str, saver: str, digest: str, file: str, container: str, size: int) -> Artifact:
    return Artifact(
        key=key,
        scenario=NAME,
        format=form,
        saved_with=saver,
        state="saved",
        folder=digest,
        file=file,
        container=container,
        bytes=size,
        seconds=0.0,
        payload={},
    )


def _no_plain_files(folder: str, names: list[str]) -> list[str]:
    """Links and the like: they would lead out of what was let through."""
    paths = {name: Path(folder, name) for name in names}
    return [name for name, path in paths.items() if path.is_symlink() or not (path.is_file() or path.is_dir())]


def read_inputs(path: Path, option: str = "--inputs") -> dict[str, Any]:
    """Arrays of an npz by name.

    :param option: what gave it, for messages.

    :raises ModelError: it is missing, no npz, empty, or holds Python objects.
    """
    try:
        if kind := special_kind(path):
            raise ModelError(f"{option} {path}: is {kind}, not a file.")
        if container_of(path) == "zip" and is_bomb(path):
            raise ModelError(f"{option} {path}: unpacks to far more than it holds. Save the arrays with numpy.savez.")
        with ONE_AT_A_TIME, np.load(path, allow_pickle=False) as stored:
            if not hasattr(stored, "files"):
                raise ModelError(f"{option} {path}: is a single array. Save it with numpy.savez(FILE, NAME=ARRAY).")
            if len(stored.files) > _MOST_INPUTS:
                raise ModelError(f"{option} {path}: holds {len(stored.files):,} arrays; a model has a few inputs.")
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError:
        raise ModelError(f"{option} {path}: there is no such file.") from None
    except ModelError:
        raise
    except Exception as error:
        hint = " Save texts as a NumPy array of type str, not object." if "pickle" in str(error) else ""
        raise ModelError(f"{option} {path}: is not an npz of plain arrays ({error}).{hint}"[:300]) from None
    if not arrays:
        raise ModelError(f"{option} {path}: holds no arrays.")
    if strange := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
        raise ModelError(f"{option} {path}: {printable(strange[0])} is no array. Save the arrays with numpy.savez.")
    sizes = {array.shape[0] if array.ndim else 0 for array in arrays.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise ModelError(f"{option} {path}: every array needs the same number of rows, at least one.")
    return arrays


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")[:300]


def _telling_line(text: str) -> str:
    """The line of an error that says what is wrong.

    Keras 3 puts a sentence that fits everything, and a whole configuration, around what went wrong within.
    """
    return _first_line(text.rpartition(_WITHIN)[2])


def first_that_loads(
    bench: Bench, environments: Sequence[Environment], say: Callable[[str], None]
) -> tuple[Environment, Artifact] | None:
    """The first of some environments that can give a file's reference, with the file; None where none can."""
    for other in environments:
        say(f"{other.id}: reading the model there")
        try:
            return other, bench.reference(other.id)
        except ModelError as error:
            say(f"{other.id}: {error}")
    return None


def _kind_of_failure(raised: Mapping[str, Any], inputs_given: bool) -> type[ModelError]:
    """What a reference fails with: where another environment may do better, because it loads other files, calls other layers
    or has other packages, a :class:`CannotLoadError`.
    """
    if raised["stage"] == "call" or (raised["stage"] == "inputs" and not inputs_given):
        return CannotCallError
    return CannotLoadError if raised["stage"] == "load" or _lacks_package(raised) else ModelError


def _lacks_package(raised: Mapping[str, Any]) -> bool:
    return raised["stage"] == "import" and raised["error_type"] in ("ModuleNotFoundError", "ImportError")


def _why_no_reference(events: Sequence[Mapping[str, Any]], saver: str, given: Inputs, limits: Limits) -> str:
    """Why a file could not be measured where it was written, and what to do, in one or two lines."""
    model, code = given.model, given.code
    stage = last_stage(events, "load")
    raised = first(events, "raised")
    if raised is None:
        signal = events[-1]["signal"] or "ended early"
        if signal == "memory limit":
            return (
                f"{model.path}: needs more than the {limits.memory_mb} MB that a process may take in {saver}. "
                "Let it take more with --memory, or use a machine that has more."
            )
        if signal == "time limit":
            return (
                f"{model.path}: {saver} did not finish within {limits.seconds:.0f} s ({stage}). Raise [limits] seconds."
            )
        return f"{model.path}: {saver} died ({stage}): {_first_line(crash_message(signal, events[-1]['stderr']))}"
    said = f"{raised['error_type']}: {_telling_line(raised['error'])}"
    stage = raised["stage"]
    if stage == "import":
        what = "--custom-objects" if code.custom else "--build"
        if _lacks_package(raised):
            return (
                f"{what}: the module needs a package that {saver} does not have ({said}). "
                "Only TensorFlow and what it depends on is there: import the rest inside the functions that need it."
            )
        return f"{what}: importing the module in {saver} raises {said} ({raised['place']}). Mend the module."
    if stage == "build":
        return f"--build {code.factory}: building the model in {saver} raises {said} ({raised['place']})."
    if stage in ("inputs", "call") and (needed := _NEEDS_GPU.search(raised["error"])):
        return (
            f"{model.path}: loads in {saver}, and cannot be called on this machine: {needed.group(1)} runs on a GPU only. "
            "LSTM and GRU take the weights of CuDNN layers and run anywhere."
        )
    if stage == "inputs":
        where = "--inputs: " if given.inputs is not None else ""
        return f"{where}{said.removeprefix('UnfitInputs: ')}." if "UnfitInputs" in said else (
            f"{model.path}: no inputs could be made from the model's signature ({said}). Pass --inputs FILE.npz."
        )  # fmt: skip
    if stage == "call":
        where = "the given inputs" if given.inputs is not None else "inputs made from its own signature"
        missing = ""
        if raised["error_type"] == "FailedPreconditionError":
            missing = (
                " The file lacks what a layer looks up, a vocabulary most often: save it again, in another format."
            )
        return f"{model.path}: calling the model in {saver} on {where} raises {said}.{missing}"
    if "File format not supported" in raised["error"] and model.format == "tf-checkpoint":
        return (
            f"{model.path}: is a checkpoint of TensorFlow, and Keras 3 ({saver}) loads none as weights. "
            "Read it there with tf.train.Checkpoint(model=MODEL).read(PATH), and save MODEL, or its weights as .weights.h5."
        )
    hint = f"{given.hidden}." if given.hidden else _hint(raised, given)
    return f"{model.path}: {saver} cannot load it: {said.rstrip('.')}. {hint}".rstrip()


def _hint(raised: Mapping[str, Any], given: Inputs) -> str:
    """What to do about an error that loading raised: what to pass, or else what is known of the cause that its words tell."""
    error, code = str(raised["error"]), given.code
    catalogue = load_catalogue()
    if (keras := version_in(given.model.found.keras)) is not None and keras.major == 1:
        return _what_helps(catalogue.by_id()[_KERAS_1])
    if beside := _NOT_THERE.search(_telling_line(error)):
        return (
            f"It does not hold {beside['path']}, which its configuration names: put that beside the model, name it with "
            "--allow-read, or save the model with the content inside (vocabulary as a list; a layer in place of TFSMLayer)."
        )
    if "Unknown" in error or "custom" in error.lower() or "could not be found" in error.lower():
        if not code.custom:
            return "Pass --custom-objects FILE with its classes and functions."
        return f"--custom-objects {code.custom} does not define what the file needs, or another class of that name."
    if code.factory and ("mismatch" in error or "shape" in error.lower()):
        return f"--build {code.factory} does not build the model that these weights belong to."
    if _UNFIT.search(error):
        if code.custom:
            return (
                f"The file's weights do not fit the classes in --custom-objects {code.custom}, or the file is damaged."
            )
        return "Its weights do not fit the model that its own configuration describes: it is damaged. Restore it from a copy."
    if told := told_by(parse(f"{raised['error_type']}: {error}"), catalogue):
        return _what_helps(told[0].cause)
    return "Pass --saved-with VERSION where another version wrote it."


def _why_not_saved(events: Sequence[Mapping[str, Any]]) -> str:
    raised = first(events, "raised")
    if raised is None:
        return f"the process ended early: {events[-1]['signal']}"
    return f"{raised['stage']}: {raised['error_type']}: {_first_line(raised['error'])}"


def _what_helps(cause: Cause) -> str:
    return f"{cause.title} ({cause.id}). To be tried: {'; '.join(cause.remedies[:_MOST_REMEDIES])}."
