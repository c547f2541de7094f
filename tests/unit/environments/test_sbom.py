"""Bills of materials: valid CycloneDX, the same wherever they are written, and all that a lock pins."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from typer.testing import CliRunner

from crossload.cli.main import app
from crossload.config import load_config
from crossload.environments import sbom
from crossload.environments.selection import all_environments
from crossload.errors import SelectionError
from tests.e2e.running import REPOSITORY

LEGACY = "2.21+tf_keras-cpu"


@pytest.mark.parametrize("name", ["2.10-cpu", LEGACY])
def test_a_bill_is_valid_and_names_every_pin(name: str) -> None:
    environment = all_environments(load_config(REPOSITORY / "matrix.toml"))[name]
    text = sbom.sbom(environment)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    told = json.loads(text)
    assert {item["name"]: item["version"] for item in told["components"]} == environment.pins
    keras = next(item for item in told["components"] if item["name"] in ("keras", "tf-keras"))
    assert keras["purl"] == f"pkg:pypi/{keras['name']}@{keras['version']}"
    files = {item["value"] for item in keras["properties"]}
    assert files
    assert all(f"--hash=sha256:{digest}" in environment.lock_text for digest in files)
    about = {item["name"]: item["value"] for item in told["metadata"]["component"]["properties"]}
    assert about["crossload:lock-sha256"] == environment.digest
    assert about.get("crossload:variable:TF_USE_LEGACY_KERAS") == ("1" if name == LEGACY else None)
    assert len(told["dependencies"][0].get("dependsOn", told["dependencies"])) >= 1
    assert sbom.sbom(environment) == text


def test_hashes_belong_to_the_package_above_them() -> None:
    one, two = "a" * 64, "b" * 64
    lock = f"Foo_bar==1.0 \\\n    --hash=sha256:{one}\n    # via --hash=sha256:{two}\nbaz==2 --hash=sha256:{two}\n"
    assert sbom.hashes_of(lock) == {("foo-bar", "1.0"): [one], ("baz", "2"): [two]}


def test_the_command_writes_one_for_each_environment(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["envs", "--tf", "2.10,2.15", "--sbom", str(tmp_path / "bills")])
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "bills").iterdir()) == ["2.10-cpu.cdx.json", "2.15-cpu.cdx.json"]


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom, "find_spec", lambda name: None)
    with pytest.raises(SelectionError, match=r"pip install 'crossload\[sbom\]'"):
        sbom.check_available()
