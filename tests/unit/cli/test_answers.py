"""Commands that answer from what is there: shipped measurements, a user's file, this host. Nothing is built."""

import io
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from crossload.app import doctor as doctor_command
from crossload.app import model_bench
from crossload.app import report as report_command
from crossload.app.data import check as data_check
from crossload.backends import Backend
from crossload.backends.docker.backend import DockerBackend
from crossload.backends.docker.engine import EngineError
from crossload.backends.docker.images import ImageError, ImageRow
from crossload.cli import main
from crossload.environments.model import Environment
from crossload.execution import executors
from tests.unit.doubles import Event, ScriptedBackend, answer, ended, loaded, raised, tried
from tests.unit.inspection import files

KERAS_2 = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [{"class_name": "Dense", "config": {"name": "dense", "units": 1, "batch_input_shape": [None, 8]}}],
    },
}


class Shell:
    """Runs ``crossload`` in this process, in an empty folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str, code: int | None = 0) -> str:
        self._monkeypatch.setattr(sys, "argv", ["crossload", *arguments])
        self._capsys.readouterr()
        ended = None
        with suppress(SystemExit):
            try:
                main.main()
            except SystemExit as error:
                ended = error.code
                raise
        captured = self._capsys.readouterr()
        assert code is None or (ended or 0) == code, captured.out + captured.err
        return captured.out + captured.err


@pytest.fixture
def crossload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    return Shell(monkeypatch, capsys)


# From the shipped measurements


def test_a_plan_in_words_with_every_file_and_as_json(crossload: Shell) -> None:
    asked = ("plan", "--from", "2.10", "--to", "2.16", "--format", "h5", "--scenario", "dense*")
    said = crossload(*asked, "--files")
    assert "From 2.10-cpu to 2.16-cpu:" in said
    assert [line for line in said.splitlines() if line.startswith("dense ")]
    document = json.loads(crossload(*asked, "--json", "--keep", "optimizer"))
    assert document["origin"].startswith("From shipped measurements")
    assert "no cell from" in crossload("plan", "--from", "2.10", "--to", "2.16", "--scenario", "nothing", code=2)


def test_an_error_is_explained_in_words_and_as_json(crossload: Shell) -> None:
    message = "Unknown layer: 'Gate'. Please ensure you are using a `keras.utils.custom_object_scope`"
    said = crossload("explain", message)
    assert "custom" in said
    document = json.loads(crossload("explain", message, "--json"))
    assert document["causes"]
    assert "no message to explain" in crossload("explain", "  ", code=2)


@pytest.mark.parametrize("given", [(), ("-",)])
def test_an_error_is_read_from_a_pipe(
    given: tuple[str, ...], crossload: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Unknown layer: 'Gate'")))
    assert "custom-object-missing" in crossload("explain", *given)


def test_what_is_shipped(crossload: Shell) -> None:
    said = crossload("data", "show")
    assert "cells measured" in said
    assert "2.10-cpu: TensorFlow 2.10" in said


# A user's file


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mine.h5"
    files.hdf5(path, KERAS_2)
    return path


def test_a_file_is_inspected_in_words_and_as_json(crossload: Shell, model: Path) -> None:
    said = crossload("inspect", str(model))
    assert "hdf5" in said
    assert "Dense" in said
    assert json.loads(crossload("inspect", str(model), "--json"))["keras"] == "2.10.0"


def test_a_check_that_runs_nothing(crossload: Shell, model: Path) -> None:
    said = crossload("check", str(model), "--static", "--tf", "2.10,2.16")
    assert "reference: 2.10-cpu, the file says Keras 2.10.0" in said
    assert "2.16-cpu:" in said
    document = json.loads(crossload("check", str(model), "--static", "--tf", "2.16", "--json"))
    assert document
    assert not Path("build").exists()


def test_findings_of_a_check_as_sarif(crossload: Shell, tmp_path: Path) -> None:
    model = tmp_path / "hostile.h5"
    lambda_layer = {"class_name": "Lambda", "config": {"name": "lambda", "function": ["4wEAAAAAAAAA", None, None]}}
    files.hdf5(model, {"class_name": "Sequential", "config": {"name": "mine", "layers": [lambda_layer]}})
    out = tmp_path / "sarif" / "found.json"
    said = crossload(
        "check", str(model), "--static", "--saved-with", "2.10", "--tf", "2.10,keras3.15", "--sarif", str(out)
    )
    assert f"SARIF: {out}" in said
    document = json.loads(out.read_text(encoding="utf-8"))
    (run,) = document["runs"]
    assert (document["version"], run["tool"]["driver"]["name"]) == ("2.1.0", "Crossload")
    found = [(item["ruleId"], item["level"]) for item in run["results"]]
    assert found == [("lambda-bytecode", "warning"), ("CVE-2024-3660 (h5, SavedModel)", "error")]
    assert "2.10-cpu (Keras 2.10.0) does not guard against it" in run["results"][1]["message"]["text"]
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {name for name, _ in found}
    assert all(rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"])
    for item in run["results"]:
        (place,) = item["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == str(model)
        assert "lambda" in place["logicalLocations"][0]["fullyQualifiedName"]


@pytest.mark.parametrize("place", ["/", "", "."])
def test_findings_go_to_no_folder(crossload: Shell, model: Path, place: str) -> None:
    assert f"--sarif {Path(place)}: cannot be written" in crossload(
        "check", str(model), "--static", "--sarif", place, code=2
    )


def test_findings_that_cannot_be_written_are_one_line(crossload: Shell, model: Path) -> None:
    said = crossload("check", str(model), "--static", "--tf", "2.10", "--sarif", f"{model}/found.json", code=2)
    assert "cannot be written" in said
    said = crossload("check", str(model), str(model), "--static", "--sarif", "found.json", code=2)
    assert "--sarif: is for one model" in said


class Bench(ScriptedBackend):
    """What a probe says of a user's file; loading it in 2.16 takes a remedy, or does not work at all."""

    def __init__(self, reference: list[Event] | None = None, loads_there: bool = True) -> None:
        def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
            if request["op"] == "reference":
                if reference is not None:
                    return reference
                for file in ("reference.json", "reference.npz"):
                    (Path(request["output"]) / file).write_text("{}", encoding="utf-8")
                facts = {"custom_objects": [], "precision": "float32", "compiled": True, "unmeasured": {}, "inputs": []}
                return [{"event": "referenced", **facts}, ended()]
            if request["op"] == "resave":
                files.keras_zip(Path(request["output"]) / "model.keras")
                return [*tried(loaded(request["attempt"]))[1:], {"event": "saved", "file": "model.keras"}, ended()]
            if request["op"] == "load" and name == "2.16-cpu" and not loads_there:
                return [event for attempt in request["attempts"] for event in tried(raised(attempt))] + [ended()]
            if request["op"] == "load":
                return [*tried(loaded(request["attempts"][0])), ended()]
            return answer(request)

        super().__init__(respond)


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a scripted backend in place of the chosen one."""

    def put(backend: Backend) -> None:
        monkeypatch.setattr(model_bench, "choose_backend", lambda *arguments: (backend, "scripted"))

    return put


def test_a_step_that_ends_the_process_again_is_tried_once_more_and_no_oftener(
    crossload: Shell, model: Path, on: Any
) -> None:
    asked: list[Any] = []

    class Ending(Bench):
        def __init__(self) -> None:
            def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
                asked.append(dict(request["without"]))
                return [{"event": "stage", "stage": "use: predict"}, ended("time limit")]

            ScriptedBackend.__init__(self, respond)

    on(Ending())
    crossload("check", str(model), "--tf", "2.10", code=2)
    assert [sorted(without) for without in asked] == [[], ["use: predict"]]


def test_what_loads_a_file_reaches_its_own_copy_alone(crossload: Shell, model: Path, on: Any) -> None:
    seen: list[set[Path]] = []

    class Watching(Bench):
        def __init__(self) -> None:
            def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
                # Where a confined child may write.
                staged = Path(request["output"]).parent
                copies = {path.parent for path in staged.rglob(model.name)}
                seen.append(copies - {Path(request["directory"])})
                return [raised("plain") | {"event": "raised", "stage": "load"}, ended()]

            ScriptedBackend.__init__(self, respond)

    on(Watching())
    crossload("check", str(model), "--tf", "2.10", code=2)
    assert seen == [set()]


@pytest.mark.parametrize("size", ["inf", "nan", "1e308"])
def test_a_size_without_an_end_is_refused(crossload: Shell, model: Path, size: str) -> None:
    said = crossload("check", str(model), str(model.parent), "--static", "--most-gb", size, code=2)
    assert "--most-gb" in said


def test_a_check_measures_in_every_version_asked_for(crossload: Shell, model: Path, on: Any) -> None:
    on(Bench(loads_there=False))
    said = crossload("check", str(model), "--tf", "2.10,2.16")
    assert "Backend: scripted; confinement: none" in said
    assert "fails" in said
    assert "Report: build/check/index.html" in said
    page = Path("build/check/index.html").read_text(encoding="utf-8")
    assert "mine.h5" in page
    document = json.loads(crossload("check", str(model), "--tf", "2.10,2.16", "--json"))
    assert "fails" in json.dumps(document)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([ended("time limit")], ["did not finish within", "[limits] seconds"]),
        ([ended("memory limit")], ["needs more than", "--memory"]),
        ([ended("SIGSEGV")], ["died"]),
        ([{"event": "raised", "stage": "load", **raised(error="Unknown layer: 'Gate'"), "place": ""}, ended()],
         ["cannot load it", "--custom-objects FILE"]),
        *[([{"event": "raised", "stage": "load", **raised(error=error), "place": ""}, ended()],
           ["cannot load it", "weights do not fit the model that its own configuration describes"])
          for error in ("Cannot assign value to variable ' dense/kernel:0': Shape mismatch.The variable shape (8, 16), and",
                        "Shapes (8, 16) and (7, 16) are incompatible",
                        'Layer #0 (named "dense") expects 2 weight(s), but the saved weights have 1 element(s).',
                        "Layer 'dense' expected 2 variables, but received 1 variables during loading.")],
        ([{**raised(error="no module named x"), "event": "raised", "stage": "call", "place": ""}, ended()],
         ["calling the model", "raises"]),
        ([{**raised(error="no signature"), "event": "raised", "stage": "inputs", "place": ""}, ended()],
         ["--inputs FILE.npz"]),
        ([{"event": "harness-error", "error_type": "KeyError", "error": "'x'"}, ended()], ["a fault of Crossload"]),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_measured_where_it_was_written(
    crossload: Shell, model: Path, on: Any, events: list[Event], words: list[str]
) -> None:
    on(
        Bench(
            [
                {"stage": "load", **event} if event["event"] == "raised" and "stage" not in event else event
                for event in events
            ]
        )
    )
    said = crossload("check", str(model), "--tf", "2.16", code=2)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize("route", ["direct", "2.15:h5", ""])
def test_a_file_is_converted_with_its_proof(crossload: Shell, model: Path, on: Any, route: str) -> None:
    on(Bench())
    chosen = ("--route", route) if route else ()
    said = crossload("convert", str(model), "--to", "2.16", "--out", "new.keras", *chosen)
    assert "proven: 2.16-cpu loads it plainly" in said
    assert Path("new.keras").read_bytes()[:2] == b"PK"
    proof = json.loads(Path("new.keras.json").read_text(encoding="utf-8"))
    assert proof["input"]
    assert proof["output"]["sha256"]
    assert "exists already" in crossload("convert", str(model), "--to", "2.16", "--out", "new.keras", code=2)


def test_what_is_not_proven_is_not_written(crossload: Shell, model: Path, on: Any) -> None:
    on(Bench(loads_there=False))
    said = crossload("convert", str(model), "--to", "2.16", "--out", "new.keras", code=1)
    assert "Nothing was written" in said
    assert not Path("new.keras").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "2.16", "--out", "new.h5"], "needs .keras"),
        (["--to", "2.16", "--out", "nowhere/new.keras"], "is no folder that can be written"),
        (["--to", "2.16", "--out", "new.keras", "--format", "onnx"], "is not a format of whole models"),
        (["--to", "2.99", "--out", "new.keras"], "there is no environment '2.99'"),
        (["--to", "2.16", "--out", "new.keras", "--keep", "all"], "unknown value 'all'"),
        (["--to", "2.16", "--out", "new.keras", "--saved-with", "2.98"], "there is no environment '2.98'"),
        (["--to", "2.16", "--out", "new.keras", "--route", "2.98:h5"], "2.98"),
    ],
)
def test_a_conversion_that_cannot_be(crossload: Shell, model: Path, arguments: list[str], words: str) -> None:
    assert words in crossload("convert", str(model), *arguments, code=2)


# A run from its first cell to its tables


def test_a_run_its_report_its_store_and_what_can_be_shipped_of_it(
    crossload: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = ScriptedBackend()
    for module in (report_command, executors):
        monkeypatch.setattr(module, "choose_backend", lambda *arguments: (backend, "scripted"))
    asked = ("--tf", "2.10,2.16", "--scenario", "dense", "--format", "h5")
    said = crossload("run", *asked, "--site", "site")
    assert "Report: build/report/index.html" in said
    assert 'href="lookup.html"' in Path("site/index.html").read_text(encoding="utf-8")
    assert Path("site/lookup.html").is_file()
    # The run's cells stand in the place of the shipped ones.
    pair = json.loads(Path("site/api/v1/pairs/2.10-cpu/2.16-cpu.json").read_text(encoding="utf-8"))
    assert "of the run in build" in pair["origin"]
    rows = json.loads(Path("build/results.json").read_text(encoding="utf-8"))["results"]
    assert {(row["saved_with"], row["loaded_with"]) for row in rows} == {
        (saver, loader) for saver in ("2.10-cpu", "2.16-cpu") for loader in ("2.10-cpu", "2.16-cpu")
    }
    assert "As the last run" in crossload("report")
    assert "whole" in crossload("store", "check")
    assert "whole" in crossload("store", "backup", "copy")
    assert "4 cells of 2 environments" in crossload("data", "build", "build", "--to", "shipped.xz")
    assert Path("shipped.xz").is_file()
    assert len(json.loads(crossload("runs", "--json"))) == 1


@pytest.mark.parametrize("backend", [ScriptedBackend(), ScriptedBackend(states={"2.10-cpu": "unavailable"})])
def test_a_sample_of_what_is_shipped_is_run_again(
    crossload: Shell, monkeypatch: pytest.MonkeyPatch, backend: ScriptedBackend
) -> None:
    monkeypatch.setattr(data_check, "choose_backend", lambda *arguments: (backend, "scripted"))
    said = crossload("data", "check", "--cells", "4", "--seed", "1", "--tf", "2.10,2.16", code=None)
    assert "4 cells of the shipped measurements" in said
    assert "cells agree" in said or "none of these cells could be run here" in said


# This host


def test_what_this_host_can_do(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setattr(
        doctor_command, "look_for_python", lambda minor: Path("/usr/bin/python3") if minor == "3.9" else None
    )
    said = crossload("doctor")
    assert "Python 3.7" in said
    assert "/usr/bin/python3" in said
    assert "no Docker engine: unix:///nowhere/docker.sock does not exist" in said
    assert "venv: lack a Python" in said
    assert "venv: confinement" in said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "bubblewrap, for `check` and `convert`"),
        ("there is no bubblewrap here: install it", "none: there is no bubblewrap"),
    ],
)
def test_the_confinement_in_force_is_named(monkeypatch: pytest.MonkeyPatch, reason: str, said: str) -> None:
    monkeypatch.setattr(doctor_command, "why_not", lambda: reason)
    assert doctor_command._confinement().startswith(said)


class _Images:
    """The images of an engine: one is there, one can be built, one cannot."""

    def find(self, environment: Environment) -> Any:
        return object() if environment.id == "2.9-cpu" else None

    def log_path(self, environment: Environment) -> Path:
        return Path("log")

    def build(self, environment: Environment) -> Any:
        if environment.id == "2.11-cpu":
            raise ImageError("base image x cannot be had")
        return type("Image", (), {"attrs": {"Size": 5e8}})()

    def rows(self, current: Any) -> list[ImageRow]:
        return [ImageRow("2.9-cpu", "crossload/2.9-cpu:1", "sha256:" + "a" * 64, 500.0, "2026-01-01T00:00:00+00:00", True),
                ImageRow("2.8-cpu", "crossload/2.8-cpu:1", "sha256:" + "b" * 64, 500.0, "", False)]  # fmt: skip

    def prune(self, current: Any) -> list[ImageRow]:
        return self.rows(current)[1:]


def test_images_are_built_removed_and_listed(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = type("Backend", (), {"images": _Images()})()
    monkeypatch.setattr(DockerBackend, "create", lambda *arguments: backend)
    said = crossload("images", "--tf", "2.9,2.10,2.11", "--prune", code=3)
    assert "2.9-cpu: is there" in said
    assert "2.10-cpu: built in" in said
    assert "2.11-cpu: base image x cannot be had" in said
    assert "removed crossload/2.8-cpu:1" in said
    assert "no lock names it" in said
    assert "day" in crossload("images")


def test_images_without_an_engine(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise EngineError("no Docker engine answers")

    monkeypatch.setattr(DockerBackend, "create", refuse)
    assert "no Docker engine answers" in crossload("images", code=2)
