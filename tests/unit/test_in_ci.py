"""What runs in other people's CI: the script behind ``action.yml`` with the variables that a job has, and the hooks."""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.running import REPOSITORY, SOURCES
from tests.unit.cli.test_answers import KERAS_2
from tests.unit.inspection import files

SCRIPT = REPOSITORY / ".ci" / "check-models"
ACTION: dict[str, Any] = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
STEP = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
# A program in the place of GitHub's: notes what it is asked, and answers that there is a comment, or that it may not write.
GH = """#!/bin/sh
printf '%s\\n' "$@" --- >>"$GH_LOG"
case "$*" in
*--paginate*) if [ -n "$GH_COMMENT" ]; then echo "$GH_COMMENT"; fi ;;
*) [ -z "$GH_FORBIDDEN" ] ;;
esac
"""


@dataclass
class Job:
    """A job of a repository with a model, one that was cut short, and a SavedModel."""

    folder: Path
    tools: Path

    def run(self, code: int, **variables: str) -> str:
        """Run the script as the action does; its output. The exit code must be the one given."""
        known = dict(os.environ, PATH=f"{self.tools}{os.pathsep}{os.environ['PATH']}")
        defaults = {name.replace("-", "_").upper(): str(item["default"]) for name, item in ACTION["inputs"].items()}
        given = {f"INPUT_{name}": value for name, value in defaults.items() if f"INPUT_{name}" in STEP["env"]}
        given |= {"INPUT_TF": "2.16", "INPUT_ARGUMENTS": "--static --jobs 1", "INPUT_FAIL_ON": "unreadable"}
        given |= {
            **{
                "GITHUB_ACTIONS": "true",
                "GITHUB_REPOSITORY": "team/models",
                "CROSSLOAD": str(self.tools / "crossload"),
            },
            **{"GITHUB_OUTPUT": str(self.tools / "output"), "GITHUB_STEP_SUMMARY": str(self.tools / "summary.md")},
            **{"GH_LOG": str(self.tools / "gh.log"), "GH_COMMENT": "", "GH_FORBIDDEN": "", "PULL_REQUEST": "7"},
            **{"CROSSLOAD_CACHE": str(self.tools / "cache")},
        }
        done = subprocess.run(
            [str(SCRIPT)], cwd=self.folder, env=known | given | variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def outputs(self) -> dict[str, str]:
        lines = (self.tools / "output").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def asked(self) -> list[str]:
        """What GitHub was asked, a text each."""
        log = self.tools / "gh.log"
        return log.read_text(encoding="utf-8").split("---\n")[:-1] if log.exists() else []


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    folder, tools = tmp_path / "repository", tmp_path / "tools"
    (folder / "models ä").mkdir(parents=True)
    tools.mkdir()
    files.hdf5(folder / "models ä" / "good.h5", KERAS_2)
    content = (folder / "models ä" / "good.h5").read_bytes()
    (folder / "models ä" / "half, 50%.h5").write_bytes(content[: len(content) // 2])
    files.savedmodel(folder / "graph")
    path = os.pathsep.join(SOURCES)
    _program(
        tools / "crossload", f'#!/bin/sh\nPYTHONPATH={shlex.quote(path)} exec {sys.executable} -m crossload "$@"\n'
    )
    _program(tools / "gh", GH)
    return Job(folder, tools)


def test_a_pull_request_gets_annotations_a_comment_and_an_exit_code(job: Job) -> None:
    said = job.run(1)
    (shown,) = (line for line in said.splitlines() if line.startswith("::"))
    assert shown.startswith(
        "::error file=models ä/half%2C 50%25.h5,title=Crossload%3A unreadable::models ä/half, 50%25.h5 in 2.16"
    )
    assert shown.endswith("Restore it from a copy.")
    found = job.outputs()
    assert found["exit-code"] == "1"
    assert set(found) == set(ACTION["outputs"])
    document = json.loads((job.folder / found["sarif"]).read_text(encoding="utf-8"))
    uris = [
        item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for item in document["runs"][0]["results"]
    ]
    assert uris
    assert not any(uri.startswith("/") for uri in uris)
    assert (job.folder / found["page"]).is_file()
    answer = (job.folder / found["summary"]).read_text(encoding="utf-8")
    assert answer in (job.tools / "summary.md").read_text(encoding="utf-8")
    listed, written = job.asked()
    assert "repos/team/models/issues/7/comments" in listed
    assert "POST\nrepos/team/models/issues/7/comments\n" in written
    assert f"body=<!-- crossload -->\n{answer.strip()}" in written
    assert not list(job.folder.glob(".crossload-sources*"))


def test_the_next_push_changes_the_same_comment(job: Job) -> None:
    job.run(0, INPUT_FAIL_ON="never", GH_COMMENT="123")
    assert "PATCH\nrepos/team/models/issues/comments/123\n" in job.asked()[1]


def test_a_job_that_may_not_write_says_so_and_keeps_its_exit_code(job: Job) -> None:
    assert "::warning title=Crossload::The comment could not be written" in job.run(1, GH_FORBIDDEN="1")
    job.run(1, PULL_REQUEST="")
    job.run(1, INPUT_COMMENT="false")
    assert len(job.asked()) == 2


def test_sources_are_lines_and_an_error_is_no_answer(job: Job) -> None:
    job.run(0, INPUT_SOURCES="models ä/good.h5\ngraph")
    document = json.loads((job.folder / "build/fleet/fleet.json").read_text(encoding="utf-8"))
    assert [item["name"] for item in document["models"]] == ["good.h5", "graph"]
    before = len(job.asked())
    job.run(2, INPUT_SOURCES="nothing here")
    assert job.outputs()["exit-code"] == "2"
    assert len(job.asked()) == before


def test_what_the_action_promises_is_what_the_script_does() -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{?((?:INPUT|GH|GITHUB|RUNNER)_[A-Z_]+|PULL_REQUEST)", script))
    of_every_job = {"GITHUB_OUTPUT", "GITHUB_REPOSITORY", "RUNNER_TEMP"}
    assert read - of_every_job == set(STEP["env"]) - {"GH_TOKEN"}
    used = json.dumps(ACTION["runs"])
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in used and f"inputs.{name}}}" not in used] == []
    assert all(f'"{name}=' in script or f"echo {name}=" in script for name in ACTION["outputs"])
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in ACTION["runs"]["steps"] if "uses" in step)
    # What runs in it stands in the script, where a test sees it.
    assert STEP["run"] == '"$GITHUB_ACTION_PATH/.ci/check-models"'


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_hooks_take_what_is_committed(job: Job, hook: dict[str, Any]) -> None:
    taken = re.compile(hook["files"])
    names = [str(path.relative_to(job.folder)) for path in job.folder.rglob("*") if path.is_file()]
    chosen = sorted(name for name in names if taken.search(name))
    assert chosen == ["graph/saved_model.pb", "models ä/good.h5", "models ä/half, 50%.h5"]
    program, *arguments = shlex.split(hook["entry"])
    assert program == "crossload"
    if "--static" not in arguments:
        arguments += ["--static"]
    for given, code in ((chosen[:1], 0), (chosen, 1)):
        done = subprocess.run(
            [str(job.tools / "crossload"), *arguments, *given],
            cwd=job.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
    assert "2 models" not in done.stdout
