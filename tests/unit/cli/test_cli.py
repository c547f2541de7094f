"""The command line: exit codes, what is said about each mistake, and that help is instant."""

import errno
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from crossload import backends, resources, scenario_index
from crossload.app import report, report_stamp, run
from crossload.app.report import Judged
from crossload.backends import Backend
from crossload.cli import main
from crossload.environments import locking
from crossload.execution import executors
from crossload.inspection import guarded
from tests.unit.doubles import Event, ScriptedBackend, answer, ended, raised, tried

CONFIG = """\
[environments]
"2.9-cpu" = { python = "3.9", as_of = "2022-11-30", requirements = ["tensorflow-cpu==2.9.3"] }
"2.10-cpu" = { python = "3.9", as_of = "2022-11-30", requirements = ["tensorflow-cpu==2.10.1"] }

[profiles.quick]
environments = ["2.9-cpu", "2.10-cpu"]
formats = ["h5"]
tags = ["quick"]
"""
COMMANDS = [
    "run",
    "envs",
    "scenarios",
    "lock",
    "report",
    "runs",
    "diff",
    "history",
    "accept",
    "gc",
    "nightly",
    "plan",
    "inspect",
    "shards",
    "merge",
    "images",
    "doctor",
    "explain",
    "check",
    "convert",
    "data",
]


@dataclass
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Shell:
    """Runs ``crossload`` in this process, in a folder with a small configuration and on a scripted backend."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.backend = ScriptedBackend()

    def __call__(self, *arguments: str) -> Answer:
        self._monkeypatch.setattr(sys, "argv", ["crossload", *arguments])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main.main()
        captured = self._capsys.readouterr()
        code = caught.value.code
        return Answer(code if isinstance(code, int) else 0, captured.out, captured.err)

    def refuse(self, *arguments: str) -> str:
        """Run a command that must be refused as bad usage; what it said, which is never a traceback."""
        answer = self(*arguments)
        assert answer.code == 2
        assert "Traceback" not in answer.out + answer.err
        assert answer.err.startswith("crossload: ")
        assert len(answer.err.strip().splitlines()) <= 2
        assert self.backend.asked == []
        return answer.err


@pytest.fixture
def crossload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    (tmp_path / "matrix.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    # Two modules of Crossload's scenarios: reading all of them takes a while.
    folder = tmp_path / "crossload" / "scenarios"
    folder.mkdir(parents=True)
    for name in ("__init__.py", "core.py"):
        shutil.copy(scenario_index.BUILT_IN / name, folder / name)
    monkeypatch.setattr(scenario_index, "BUILT_IN", folder)
    shell = Shell(monkeypatch, capsys)

    def choose(name: str, *more: Any) -> tuple[Backend, str]:
        return shell.backend, "scripted"

    def write(judged: Judged, out: Path, facts: dict[str, Any], *more: Any) -> list[str]:
        facts["finished"] = "now"
        judged.tables.results().to_csv(out / "results.csv")
        return ["the summary"]

    for module in (report, executors):
        monkeypatch.setattr(module, "choose_backend", choose)
    for module in (report, run):
        monkeypatch.setattr(module, "write_report", write)
    before = signal.getsignal(signal.SIGTERM)
    yield shell
    signal.signal(signal.SIGTERM, before)


# Bad usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tf", "2.99"], ["no environment '2.99' for cpu", "crossload envs"]),
        (["--tf", "2.10,2.100"], ["no environment '2.100'", "Did you mean '2.10'?"]),
        (["--tf", "latest:0"], ["latest:0"]),
        (["--tf", ""], ["no environment is selected", "--tf"]),
        (["--scenario", "dens"], ["no scenario matches 'dens'", "Did you mean 'dense'?", "crossload scenarios"]),
        (["--format", "h5,kers"], ["unknown format 'kers'", "Did you mean 'keras'?", "Known: h5"]),
        (["--format", ""], ["no format is selected"]),
        (["--profile", "quik"], ["unknown profile 'quik'", "Did you mean 'quick'?"]),
        (["--hardware", "cudda"], ["unknown hardware 'cudda'", "Did you mean 'cuda'?"]),
        (["--hardware", "cuda"], ["no environment '2.9-cpu' for cuda"]),
        (["--fail-on", "difers"], ["unknown condition 'difers'", "Did you mean 'differs'?"]),
        (["--config", "nothing.toml"], ["nothing.toml: cannot be read", "--config FILE"]),
        (["--out", "matrix.toml"], ["matrix.toml", "--out"]),
        (["--out", "matrix.toml/build"], ["matrix.toml/build", "--out"]),
    ],
)
def test_a_run_that_asks_for_what_is_not_there(crossload: Shell, arguments: list[str], words: list[str]) -> None:
    said = crossload.refuse("run", *arguments)
    assert [word for word in words if word not in said] == []


def test_an_unknown_backend(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "choose_backend", backends.choose_backend)
    assert "unknown backend 'vnev'. Did you mean 'venv'?" in crossload.refuse("run", "--backend", "vnev")
    assert "unknown backend 'vnev'. Did you mean 'venv'?" in crossload.refuse("envs", "--backend", "vnev")


def test_without_a_configuration_here_the_one_that_comes_with_crossload_is_read(crossload: Shell) -> None:
    Path("matrix.toml").unlink()
    said = crossload("shards", "2", "--tf", "2.4,2.21", "--scenario", "dense").out
    assert "1/1" in said
    assert "no environment '2.99'" in crossload.refuse("run", "--tf", "2.99")
    # One that was named has to be there, whatever its name.
    assert "matrix.toml: cannot be read" in crossload.refuse("run", "--config", "matrix.toml")


def test_paths_of_a_configuration_start_from_its_folder(crossload: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere" / "more"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text(
        "from scenarios import scenario\n\n\n@scenario('mine', 'core')\ndef mine():\n    return 1\n", encoding="utf-8"
    )
    Path("elsewhere", "matrix.toml").write_text(f'scenario_folders = ["more"]\n{CONFIG}', encoding="utf-8")
    assert "mine" in crossload("scenarios", "--config", "elsewhere/matrix.toml").out


def test_locks_are_written_beside_the_configuration(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        path = Path(arguments[arguments.index("--output-file") + 1])
        path.write_text("tensorflow-cpu==2.9.3\n", encoding="utf-8")
        return subprocess.CompletedProcess(arguments, 0, "", "")

    monkeypatch.setattr(locking, "run_uv", resolve)
    Path("elsewhere").mkdir()
    Path("matrix.toml").rename("elsewhere/matrix.toml")
    assert crossload("lock", "2.9-cpu", "--config", "elsewhere/matrix.toml").code == 0
    assert Path("elsewhere/locks/2.9-cpu.txt").read_text(encoding="utf-8") == "tensorflow-cpu==2.9.3\n"


def test_an_installed_crossload_is_not_written_into(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (locking, resources):
        monkeypatch.setattr(module, "IS_CHECKOUT", False)
    Path("matrix.toml").unlink()
    assert "cp " in crossload.refuse("lock", "2.9-cpu")
    assert "--to FILE" in crossload.refuse("data", "build", "nowhere")


def test_a_mistake_in_the_configuration(crossload: Shell) -> None:
    Path("matrix.toml").write_text(CONFIG + "\n[limits]\nsecond = 1\n", encoding="utf-8")
    for command in ("run", "envs", "scenarios", "report"):
        said = crossload.refuse(command)
        assert "matrix.toml, line 11: unknown key 'limits.second'. Did you mean 'seconds'?" in said


def test_a_bad_environment_id(crossload: Shell) -> None:
    Path("matrix.toml").write_text(CONFIG.replace("2.9-cpu", "2.9-cpuu"), encoding="utf-8")
    assert "environment id '2.9-cpuu'" in crossload.refuse("run")


def test_an_environment_without_a_lock_is_said_before_anything_is_built(crossload: Shell) -> None:
    Path("matrix.toml").write_text(CONFIG.replace("2.9-cpu", "2.98-cpu"), encoding="utf-8")
    assert "crossload lock 2.98-cpu" in crossload.refuse("run")


def test_a_lock_of_an_unknown_environment(crossload: Shell) -> None:
    assert "no environment '2.1-cpu'. Did you mean '2.10-cpu'?" in crossload.refuse("lock", "2.1-cpu")


def test_a_report_of_nothing(crossload: Shell) -> None:
    assert "Run `crossload run --out nowhere` first" in crossload.refuse("report", "--out", "nowhere")
    assert not Path("nowhere").exists()


def test_a_folder_that_another_run_is_using(crossload: Shell) -> None:
    Path("build/store").mkdir(parents=True)
    with FileLock("build/store/run.lock"):
        assert "another run is using it" in crossload.refuse("run")


@pytest.mark.parametrize(
    "arguments", [["run", "--tff", "2.10"], ["rum"], ["run", "--jobs", "-1"], ["run", "--jobs", "many"]]
)
def test_options_and_commands_that_do_not_exist(crossload: Shell, arguments: list[str]) -> None:
    answer = crossload(*arguments)
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert "Usage" in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["runs"], ["nothing has been run here yet", "crossload run --out build"]),
        (["diff"], ["nothing has been run here yet"]),
        (["accept", "3", "--out", "elsewhere"], ["elsewhere: nothing has been run here yet"]),
        (["history", "dense/h5"], ["is not a cell", "scenario/format/saved_with/loaded_with"]),
        (["nightly", "--fail-on", "regresion"], ["unknown condition 'regresion'", "Did you mean 'regression'?"]),
        (["nightly", "--profile", "quik"], ["Did you mean 'quick'?"]),
        (["nightly", "--expectations", "none.toml"], ["none.toml: cannot be read"]),
        (["plan", "--from", "2.9", "--to", "2.10", "--out", "nowhere"], ["nowhere: there are no results here"]),
        (["plan", "--from", "2.99", "--to", "2.10"], ["the measurements have no 2.99"]),
        (["data", "build", "nowhere"], ["nowhere: there are no results to build from"]),
        (["plan", "--from", "2.9", "--to", "2.10", "--keep", "all"], ["--keep", "optimizer"]),
        (["inspect", "nothing.h5"], ["nothing.h5: there is no such file or folder"]),
        (["shards", "300"], ["300 shards: from 1 to 256"]),
        (["run", "--shard", "5/4"], ["not of the form i/N"]),
        (["merge", "nowhere", "--out", "joined"], ["nowhere: holds no results"]),
    ],
)
def test_later_commands_refuse_what_is_not_there(crossload: Shell, arguments: list[str], words: list[str]) -> None:
    said = crossload.refuse(*arguments)
    assert all(word in said for word in words), said


# Runs


def test_runs_are_recorded_compared_and_accepted(crossload: Shell) -> None:
    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if request["op"] == "load" and name == "2.10-cpu":
            return [*tried(raised(error="no such layer")), ended()]
        return answer(request)

    crossload("run", "--scenario", "dense")
    assert "1 " in crossload("runs").out
    assert crossload("accept").out.startswith("Run 1 of ")
    shutil.rmtree("build/store/artifacts")
    crossload.backend = ScriptedBackend(respond)
    crossload("run", "--scenario", "dense,embedding")
    changed = crossload("diff", "baseline", "last")
    assert changed.code == 0
    assert "regression" not in changed.out  # the cells of dense are known, and are not run again
    assert "4 new" in changed.out
    listed = json.loads(crossload("diff", "1", "2", "--json").out)
    assert {item["scenario"] for item in listed} == {"embedding"}
    assert "dense/h5/2.9-cpu/2.10-cpu: 2 runs, 0 changes" in crossload("history", "dense/h5/2.9-cpu/2.10-cpu").out
    assert "Did you mean 'dense/h5/2.9-cpu/2.10-cpu'?" in crossload("history", "dence/h5/2.9-cpu/2.10-cpu").err
    assert "no run '9'" in crossload("diff", "9").err
    assert crossload("gc", "--keep", "1").out == "0 runs forgotten.\n"


def test_a_run_in_which_every_environment_claims_success_is_red(crossload: Shell) -> None:
    declared = '@scenario("gone", "core", title="", after_save="remove", control=True)\ndef gone():\n    pass\n'
    Path("crossload/scenarios/gone.py").write_text(f"from scenarios import scenario\n\n\n{declared}", encoding="utf-8")
    answer = crossload("run", "--scenario", "dense,gone")
    assert (answer.code, len(answer.err.splitlines())) == (3, 1)
    assert "2.9-cpu, 2.10-cpu: files that are not there load (gone in h5 in 2.9-cpu, for instance)" in answer.err
    assert "summary" not in answer.out
    # What is stored says the same again: nothing of it is called right because nothing had to be run.
    assert crossload("run", "--scenario", "dense,gone").code == 3


def test_a_report_that_is_still_right_is_left_alone(crossload: Shell) -> None:
    crossload("run", "--scenario", "dense", "--fail-on", "exact")
    for name in set(report_stamp.OUTPUTS) - {"results.csv"}:
        Path("build/report").mkdir(exist_ok=True)
        Path("build", name).write_text("as it was", encoding="utf-8")
    again = crossload("run", "--scenario", "dense", "--fail-on", "exact")
    assert "Nothing to do: the report of now is still right." in again.out
    assert again.out.endswith("the summary\n")
    assert again.code == 1
    tolerant = (
        Path("matrix.toml").read_text(encoding="utf-8") + "\n[tolerances]\nfloat32 = { atol = 1e-3, rtol = 1e-3 }\n"
    )
    Path("matrix.toml").write_text(tolerant, encoding="utf-8")
    assert "Nothing to do" not in crossload("run", "--scenario", "dense").out
    Path("build/results.parquet").unlink()
    assert "Nothing to do" not in crossload("run", "--scenario", "dense").out


def test_a_run_is_done_and_the_next_one_finds_everything_there(crossload: Shell) -> None:
    answer = crossload("run", "--scenario", "dense", "--jobs", "1")
    assert (answer.code, answer.err) == (0, "")
    assert "Backend: scripted" in answer.out
    assert "2 environments, 1 scenarios, 1 formats" in answer.out
    assert answer.out.endswith("the summary\n")
    assert (crossload.backend.count("save"), crossload.backend.count("load")) == (2, 4)
    crossload.backend = ScriptedBackend()
    assert crossload("run", "--scenario", "dense").code == 0
    assert crossload.backend.asked == []


@pytest.mark.parametrize(
    ("conditions", "code"),
    [("never", 0), ("differs,fails", 0), ("exact", 1), ("crashes, exact", 1), ("unavailable", 0)],
)
def test_a_condition_that_holds_makes_the_exit_code_one(crossload: Shell, conditions: str, code: int) -> None:
    assert crossload("run", "--scenario", "dense", "--tf", "2.10", "--fail-on", conditions).code == code


def test_nothing_could_run_is_three_and_says_why(crossload: Shell) -> None:
    crossload.backend = ScriptedBackend(states={"2.9-cpu": "unavailable", "2.10-cpu": "unavailable"})
    answer = crossload("run", "--scenario", "dense")
    assert answer.code == 3
    assert "nothing could run" in answer.err
    assert "2.10-cpu: unavailable: no Python 3.9" in answer.out
    assert len(Path("build/results.csv").read_text(encoding="utf-8").splitlines()) == 1 + 4


def test_one_environment_that_can_not_run_is_no_failure(crossload: Shell) -> None:
    crossload.backend = ScriptedBackend(states={"2.9-cpu": "unavailable"})
    answer = crossload("run", "--scenario", "dense")
    assert answer.code == 0
    assert "2.9-cpu: unavailable: no Python 3.9" in answer.out


def test_a_run_that_is_stopped_says_what_is_kept(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(self: Any, tick: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crossload.execution.local.Engine.run", stop)
    answer = crossload("run", "--scenario", "dense")
    assert answer.code == 130
    assert "Stopped. 0 of 6 cells are kept; the same command goes on from there." in answer.out


def test_scenarios_are_listed(crossload: Shell) -> None:
    answer = crossload("scenarios")
    assert answer.code == 0
    assert "Two dense layers, Adam" in answer.out


def test_environments_are_listed(crossload: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    answer = crossload("envs", "--backend", "venv")
    assert answer.code == 0
    lines = [line.split() for line in answer.out.splitlines()]
    assert [line[:3] for line in lines if line[0].endswith("-cpu")] == [
        ["2.9-cpu", "3.9", "2.9.3"],
        ["2.10-cpu", "3.9", "2.10.1"],
    ]
    answer = crossload("envs", "--backend", "venv", "--tf", "2.9")
    assert "2.10-cpu" not in answer.out
    assert "missing" in answer.out


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(crossload: Shell, command: str) -> None:
    answer = crossload(command, "--help")
    assert answer.code == 0
    assert f"crossload {command} [OPTIONS]" in answer.out
    assert command in crossload("--help").out


def test_help_says_what_the_exit_codes_mean(crossload: Shell) -> None:
    words = " ".join(crossload("run", "--help").out.split())
    for option in (
        "--profile",
        "--tf",
        "--hardware",
        "--scenario",
        "--format",
        "--backend",
        "--jobs",
        "--out",
        "--config",
    ):
        assert option in words
    assert "3 nothing could run" in words


def test_the_version(crossload: Shell) -> None:
    assert crossload("--version").out.startswith("crossload ")


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.EACCES, errno.ENOSPC])
def test_what_the_machine_refuses_is_no_traceback(
    crossload: Shell, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(number, os.strerror(number), "\x1b[31mname")

    monkeypatch.setattr(guarded, "inspect_untrusted", refuse)
    assert crossload.refuse("inspect", "model.h5") == f"crossload: \\x1b[31mname: {os.strerror(number)}.\n"


def test_another_error_of_the_system_is_seen(crossload: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EBADF, "ours")

    monkeypatch.setattr(guarded, "inspect_untrusted", refuse)
    monkeypatch.setattr(sys, "argv", ["crossload", "inspect", "model.h5"])
    with pytest.raises(OSError, match="ours"):
        main.main()


@pytest.mark.parametrize(("where", "code"), [(">/dev/full", 2), (">&-", 0)])
def test_a_full_or_closed_output_is_no_traceback(where: str, code: int) -> None:
    command = f"exec {shlex.quote(sys.executable)} -m crossload --version {where}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


def test_a_terminal_without_letters_gets_them_written_out(tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "crossload", "inspect", str(tmp_path / "模.h5")]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("\\u6a21.h5: there is no such file or folder.\n")


_LIGHT = """
import sys
sys.argv = ["crossload", *sys.argv[1:]]
from crossload.cli.main import main
try:
    main()
finally:
    # Pydantic is not among them: typer imports it by itself.
    heavy = {"pandas", "numpy", "pyarrow", "jinja2", "docker", "tensorflow", "sqlite3"}
    print("heavy:", sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    # Whoever measures coverage imports more in every process.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", _LIGHT, *arguments], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize(
    "command", [[sys.executable, "-m", "crossload"], [str(Path(sys.executable).with_name("crossload"))]]
)
def test_the_command_as_it_is_installed(tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run(
        [*command, "run", "--config", "none.toml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("crossload: none.toml: cannot be read (No such file or directory)")


def test_a_run_never_imports_the_code_of_scenarios_nor_tensorflow(tmp_path: Path) -> None:
    (tmp_path / "matrix.toml").write_text(CONFIG, encoding="utf-8")
    code = (
        "import sys, crossload.app.run, crossload.execution.local, crossload.app.progress, crossload.backends\n"
        "from crossload.scenario_index import index_scenarios\n"
        "index_scenarios()\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('tensorflow', 'keras', 'scenarios')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
