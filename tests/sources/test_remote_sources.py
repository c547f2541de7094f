"""Models behind addresses: a real S3 server and a real MLflow store, both started here. ``nox -s sources`` runs this."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.s3_server import bucket_of
from crossload.errors import CrossloadError
from crossload.fleet.downloads import DownloadError, Downloads
from crossload.fleet.reading import read_all
from crossload.fleet.settings import FleetSettings
from crossload.fleet.sources import find
from tests.unit.inspection import files

pytestmark = [pytest.mark.sources, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty models in folders, with names that nobody wants in an address, and a text."""
    folder = tmp_path_factory.mktemp("models")
    for number in range(18):
        place = folder / f"team {number % 3}" / "ä+b"
        place.mkdir(parents=True, exist_ok=True)
        files.hdf5(place / f"model {number}.h5", files.KERAS_2, files.TRAINING if number % 2 else None)
    files.keras_zip(folder / "new.keras")
    files.savedmodel(folder / "graph")
    (folder / "graph" / "variables").mkdir(exist_ok=True)
    (folder / "graph" / "variables" / "variables.index").write_bytes(b"")
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    return folder


def read(words: list[str], laid_out: Path, cache: Path) -> dict[str, tuple[str, str]]:
    """Digest and format of each model that is found, by its name."""
    finds = find(words, Downloads(laid_out, cache).fetch)
    return {
        item.found.name: (item.digest, item.opened.format if item.opened else item.problem)
        for item in read_all(finds, FleetSettings(), 1)
    }


@pytest.fixture(scope="module")
def bucket(models: Path) -> Iterator[str]:
    """A bucket with the models on a server that speaks S3."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")
    with bucket_of(models):
        yield "s3://fleet/years"


def test_a_bucket_holds_the_same_models_as_the_folder(models: Path, bucket: str, tmp_path: Path) -> None:
    here = read([str(models)], tmp_path / "none", tmp_path / "cache")
    there = read([bucket], tmp_path / "laid", tmp_path / "cache")
    assert len(here) == 20
    assert there == here


def test_one_object_and_what_is_not_there(bucket: str, tmp_path: Path) -> None:
    assert list(read([f"{bucket}/new.keras"], tmp_path / "laid", tmp_path / "cache")) == ["new.keras"]
    for wrong in (f"{bucket}/none", "s3://no-such-bucket/x"):
        with pytest.raises(CrossloadError) as raised:
            read([wrong], tmp_path / "laid", tmp_path / "cache")
        assert len(str(raised.value).splitlines()) == 1
    with pytest.raises(DownloadError, match="more than is left"):
        Downloads(tmp_path / "laid", tmp_path / "cache", largest=100).fetch(bucket)


def test_what_the_bucket_holds_is_fetched_once(bucket: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    Downloads(tmp_path / "one", cache).fetch(bucket)
    before = {path: path.stat().st_mtime_ns for path in (cache / "versions").glob("*/*")}
    Downloads(tmp_path / "two", cache).fetch(bucket)
    assert {path: path.stat().st_mtime_ns for path in (cache / "versions").glob("*/*")} == before


def test_the_command_reads_a_bucket(bucket: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crossload", "check", bucket, "--static", "--tf", "2.16", "--json"],
        cwd=tmp_path,
        env=os.environ | {"CROSSLOAD_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["models"]) == 20


@pytest.fixture
def registry(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of MLflow in a folder; returns the id of a run that holds the models."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlruns").as_uri())
    mlflow.set_registry_uri((tmp_path / "mlruns").as_uri())
    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(models), "ours")
    client.create_registered_model("ranker")
    client.create_model_version("ranker", f"{run.info.artifact_uri}/ours", run.info.run_id)
    return str(run.info.run_id)


def test_what_mlflow_holds_is_fetched_once_and_again_where_it_changed(
    models: Path, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    first = read([f"runs:/{registry}/ours"], tmp_path / "one", cache)
    notes = {path: path.stat().st_mtime_ns for path in (cache / "versions").glob("*/*")}
    assert notes
    copied: list[str] = []
    get = Downloads._get

    def noting(own: Downloads, system: Any, url: str, file: Any) -> Path:
        copied.append(file.relative)
        return get(own, system, url, file)

    monkeypatch.setattr(Downloads, "_get", noting)
    assert read([f"runs:/{registry}/ours"], tmp_path / "two", cache) == first
    assert read(["models:/ranker/1"], tmp_path / "three", cache) == first
    assert copied == []
    # Trained again: as long as before, and other bytes.
    (stored,) = (tmp_path / "mlruns").rglob("model 3.h5")
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.write_bytes(bytes(content))
    os.utime(stored, (1, 1))
    again = read(["models:/ranker/1"], tmp_path / "four", cache)
    assert copied == ["team 0/ä+b/model 3.h5"]
    assert [name for name in first if again[name] != first[name]] == ["team 0/ä+b/model 3.h5"]


def test_a_store_that_only_mlflow_can_read_is_read_by_it(
    models: Path, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossload.fleet.downloads._kept_at", lambda url: "s3://no-such-bucket-at-all/x")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    here = read([str(models)], tmp_path / "none", tmp_path / "cache")
    assert read([f"runs:/{registry}/ours"], tmp_path / "run", tmp_path / "cache") == here


def test_a_run_and_a_registered_model_of_mlflow(models: Path, registry: str, tmp_path: Path) -> None:
    here = read([str(models)], tmp_path / "none", tmp_path / "cache")
    assert read([f"runs:/{registry}/ours"], tmp_path / "run", tmp_path / "cache") == here
    assert read(["models:/ranker/1"], tmp_path / "registered", tmp_path / "cache") == here
    with pytest.raises(DownloadError, match="more than is left"):
        Downloads(tmp_path / "laid", tmp_path / "cache", largest=100).fetch("models:/ranker/1")
    with pytest.raises(DownloadError, match="cannot be read"):
        read(["models:/none/1"], tmp_path / "laid", tmp_path / "cache")
