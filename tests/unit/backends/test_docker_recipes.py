"""What images are made of: bases, Dockerfiles that a linter passes, settings, and names."""

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from crossload.backends.docker.builders import BuildError, choose_builder
from crossload.backends.docker.images import _split
from crossload.backends.docker.recipes import (
    BuildSettings,
    base_of,
    build_settings,
    context,
    context_files,
    cuda_bases,
    recipe,
)
from crossload.config import DockerConfig, load_config
from crossload.environments.selection import all_environments
from crossload.errors import ConfigError
from tests.unit.doubles import environment

MINORS = [f"2.{minor}" for minor in range(3, 22)]
TOML = Path(__file__).parents[3] / "matrix.toml"
LINTER = Path(sys.executable).parent / "hadolint"


def settings(variables: dict[str, str] | None = None, **config: object) -> BuildSettings:
    return build_settings(DockerConfig.model_validate(config), variables or {})


@pytest.mark.parametrize("buildkit", [False, True])
@pytest.mark.parametrize("name", [*(f"{minor}-cuda" for minor in MINORS), *(f"{minor}-cpu" for minor in MINORS)])
def test_every_template_renders_to_a_dockerfile_that_the_linter_passes(
    tmp_path: Path, name: str, buildkit: bool
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    made = recipe(environment(name), settings(ca_bundle=str(bundle)), buildkit)
    path = tmp_path / "Dockerfile"
    path.write_text(made.labelled("2026-01-01T00:00:00+00:00", "sha256:0"), encoding="utf-8")
    finished = subprocess.run([str(LINTER), str(path)], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stdout) == (0, "")


def test_the_linter_finds_something_to_say(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM debian\nRUN cd /tmp && sudo apt-get install curl\n", encoding="utf-8")
    assert subprocess.run([str(LINTER), str(path)], capture_output=True, check=False).returncode == 1


def test_every_cuda_base_is_cited() -> None:
    assert list(cuda_bases()) == MINORS
    for minor, known in cuda_bases().items():
        from_pip = minor in MINORS[MINORS.index("2.15") :]
        assert known["libraries"] == ("pip" if from_pip else "base")
        if not from_pip:
            assert known["base"].startswith(f"nvidia/cuda:{known['cuda']}")
            assert f"-cudnn{known['cudnn'].split('.')[0]}-" in known["base"]
            assert known["tried"] is False


def test_locks_bring_the_libraries_that_tensorflow_was_built_for() -> None:
    known = [item for item in all_environments(load_config(TOML)).values() if item.hardware == "cuda"]
    assert len(known) >= 3
    for item in known:
        table = cuda_bases()[item.label]
        for package, named in (("nvidia-cuda-runtime-cu12", "cuda"), ("nvidia-cudnn-cu12", "cudnn")):
            pin, wanted = item.pins[package].split("."), table[named].split(".")
            # A later one of the same major version serves, an earlier one does not.
            assert pin[0] == wanted[0], (item.id, package)
            assert int(pin[1]) >= int(wanted[1]), (item.id, package)


@pytest.mark.parametrize(
    ("name", "bases", "expected"),
    [
        ("2.10-cpu", {}, ("python:3.9-slim", False)),
        ("2.10-cpu", {"cpu": "mirror/python:{python}"}, ("mirror/python:3.9", False)),
        ("2.10-cpu", {"cpu": "a", "3.9-cpu": "b"}, ("b", False)),
        ("2.10-cpu", {"3.9-cpu": "b", "2.10-cpu": "c"}, ("c", False)),
        ("2.16+tf_keras-cpu", {"2.16-cpu": "c"}, ("c", False)),
        ("2.15-cuda", {"cpu": "a"}, ("python:3.9-slim", False)),
        ("2.10-cuda", {}, ("nvidia/cuda:11.2.2-cudnn8-runtime-ubuntu20.04", True)),
        ("2.10-cuda", {"cuda": "ours"}, ("ours", False)),
    ],
)
def test_the_nearest_base_is_taken(name: str, bases: dict[str, str], expected: tuple[str, bool]) -> None:
    assert base_of(environment(name), bases) == expected


def test_a_version_without_a_known_cuda_base() -> None:
    with pytest.raises(ConfigError, match=r"2\.2-cuda: no CUDA base is known"):
        base_of(environment("2.2-cuda"), {})


def test_the_environment_goes_before_the_configuration_and_other_tools_settings_after_it() -> None:
    usual = {"UV_INDEX_URL": "http://uv", "HTTPS_PROXY": "http://proxy", "UV_EXTRA_INDEX_URL": "http://a http://b"}
    assert settings(usual).index_url == "http://uv"
    assert settings(usual).extra_index_urls == ("http://a", "http://b")
    assert settings(usual).proxies == {"HTTPS_PROXY": "http://proxy", "https_proxy": "http://proxy"}
    assert settings(usual, index_url="http://toml", proxy="http://p").index_url == "http://toml"
    assert settings(usual, proxy="http://p").proxies["http_proxy"] == "http://p"
    own = {**usual, "CROSSLOAD_DOCKER_INDEX_URL": "http://own", "CROSSLOAD_DOCKER_BUILD_NETWORK": "host"}
    assert settings(own, index_url="http://toml").index_url == "http://own"
    assert settings(own, build_network="bridge").network == "host"
    based = settings({"CROSSLOAD_DOCKER_BASE_CPU": "mine"}, bases={"cpu": "a", "3.9-cpu": "b", "cuda": "c"})
    assert based.bases == {"cpu": "mine", "cuda": "c"}


def test_a_bundle_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"docker\.ca_bundle: /nowhere\.pem cannot be read"):
        settings(ca_bundle="/nowhere.pem")


def test_the_builder_can_be_chosen() -> None:
    assert settings().builder == "auto"
    assert settings(builder="classic").builder == "classic"
    assert settings({"CROSSLOAD_DOCKER_BUILDER": "buildkit"}, builder="classic").builder == "buildkit"
    with pytest.raises(ConfigError, match="'kaniko' is none of auto, buildkit, classic"):
        settings({"CROSSLOAD_DOCKER_BUILDER": "kaniko"})


class EngineOf:
    """What an engine says of itself."""

    def __init__(self, api: str, name: str = "Engine") -> None:
        self._said = {"ApiVersion": api, "Version": "1.2", "Components": [{"Name": name}]}

    def version(self) -> dict[str, Any]:
        return self._said


@pytest.mark.parametrize(
    ("engine", "program", "expected"),
    [
        (EngineOf("1.41"), "echo 'Docker version 20.10.24+dfsg1, build 297e128'; [ $1 != buildx ]", "docker build"),
        (EngineOf("1.50"), "echo 'Docker version 28.2.2'", "docker buildx"),
        (EngineOf("1.50"), "echo 'Docker version 28.2.2'; [ $1 != buildx ]", "has no buildx plugin"),
        (EngineOf("1.40"), "echo 'Docker version 28.2.2'", "older than Docker 20.10"),
        (EngineOf("1.41", "Podman Engine"), "echo 'Docker version 28.2.2'", "its own builder"),
        (EngineOf("1.41"), "", "no docker command"),
    ],
)
def test_buildkit_is_taken_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: EngineOf, program: str, expected: str
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}")
    if program:
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{program}\n", encoding="ascii")
        (tmp_path / "docker").chmod(0o755)
    assert choose_builder(engine, "classic").is_buildkit is False
    if expected.startswith("docker "):
        assert expected in choose_builder(engine).name
    else:
        assert choose_builder(engine).is_buildkit is False
        with pytest.raises(BuildError, match=expected):
            choose_builder(engine, "buildkit")


def test_passwords_are_hidden() -> None:
    made = settings(index_url="https://me:secret@index/simple", proxy="http://you:other@proxy:1")
    said = made.hide("GET https://me:secret@index/simple by http://you:other@proxy:1; secret and other")
    assert "secret" not in said
    assert "other" not in said
    assert made.hide("nothing to hide") == "nothing to hide"


def test_what_an_image_is_called_depends_on_its_lock_alone() -> None:
    made = recipe(environment("2.16+tf_keras-cpu"), settings())
    assert made.name == f"crossload/2.16-tf_keras-cpu:{made.environment.digest[:16]}"
    same = recipe(
        environment("2.16+tf_keras-cpu"), settings(index_url="http://mirror", ca_bundle=__file__), buildkit=True
    )
    assert (same.name, same.digest) == (made.name, made.digest)
    other = recipe(environment("2.16+tf_keras-cpu", lock="tensorflow-cpu==2.16.2\n"), settings())
    assert other.name != made.name
    assert recipe(environment("2.16+tf_keras-cpu"), settings(bases={"cpu": "other"})).digest != made.digest


def test_a_cuda_image_knows_where_its_libraries_are() -> None:
    lock = "tensorflow==2.18.1\nnvidia-cudnn-cu12==9.3.0.75\nnvidia-cuda-runtime-cu12==12.5.82\n"
    text = recipe(environment("2.18-cuda", python="3.11", lock=lock), settings()).dockerfile
    folder = "/opt/crossload/lib/python3.11/site-packages/nvidia"
    assert f"LD_LIBRARY_PATH={folder}/cuda_runtime/lib:{folder}/cudnn/lib" in text
    assert "NVIDIA_TF32_OVERRIDE=0" in text


def test_the_context_has_neither_dates_nor_owners() -> None:
    made = recipe(environment("2.10-cpu"), settings(extra_index_urls=["http://a"]))
    files = context_files(made, "FROM x", settings(extra_index_urls=["http://a"]))
    assert b'extra-index-url = ["http://a"]' in files["settings/uv.toml"]
    with tarfile.open(fileobj=context(files)) as archive:
        entries = {entry.name: entry for entry in archive}
    assert set(entries) == {"Dockerfile", "requirements.txt", "settings/uv.toml", "settings/ca-bundle.pem", "uv"}
    assert {(entry.mtime, entry.uid) for entry in entries.values()} == {(0, 0)}
    assert entries["uv"].mode == 0o755


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("python:3.9-slim", ("python", "3.9-slim")),
        ("mirror:5000/python", ("mirror:5000/python", "latest")),
        ("mirror:5000/python:3.9", ("mirror:5000/python", "3.9")),
        ("python@sha256:ab", ("python", "sha256:ab")),
    ],
)
def test_names_of_images_are_split(name: str, expected: tuple[str, str]) -> None:
    assert _split(name) == expected
