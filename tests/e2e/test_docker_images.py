"""Images on a real engine: what is in them, what is not, and what a failed build says."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crossload.backends.docker.builders import choose_builder
from crossload.backends.docker.images import ImageError
from crossload.config import load_config
from crossload.environments.selection import all_environments
from tests.e2e.docker_engine import BASE, Engine, variables
from tests.e2e.docker_small import OTHER, SIX, client_of, fresh_lock, images, small_environment
from tests.e2e.running import REPOSITORY

pytestmark = pytest.mark.e2e

USER, PASSWORD = "somebody-4711", "hunter2-of-the-index"
PROXY_USER, PROXY_PASSWORD = "somebody-4712", "hunter2-of-the-proxy"
SECRETS = (
    USER,
    PASSWORD,
    PROXY_USER,
    PROXY_PASSWORD,
    "our own certificate 4711",
    *(base64.b64encode(password.encode()).decode() for password in (PASSWORD, PROXY_PASSWORD)),
)


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[Any]:
    made = client_of(engine.host)
    yield made
    made.close()


class _EmptyIndex(BaseHTTPRequestHandler):
    """An index behind a password, and a proxy behind another, that have no package; remembers who asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"{self.headers.get('Authorization', '')} {self.headers.get('Proxy-Authorization', '')}")
        self.send_response(404 if self.headers.get("Authorization") else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def secret_index() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (_EmptyIndex,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def _everything_in(client: Any, image: Any, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of every layer, and what the image says about itself."""
    yield "configuration", json.dumps(image.attrs).encode()
    yield "history", json.dumps(image.history()).encode()
    archive = scratch / "image.tar"
    with archive.open("wb") as stream:
        for chunk in image.save():
            stream.write(chunk)
    own = set(image.attrs["RootFS"]["Layers"]) - set(client.images.get(BASE).attrs["RootFS"]["Layers"])
    assert own, "the image has no layer of its own"
    with tarfile.open(archive) as outer:
        for member in outer:
            if member.name.endswith("layer.tar"):
                with tarfile.open(fileobj=outer.extractfile(member)) as layer:
                    for entry in layer:
                        content = layer.extractfile(entry) if entry.isfile() else None
                        yield entry.name, content.read() if content else b""


@pytest.fixture(params=["classic", "buildkit"])
def builder(
    request: pytest.FixtureRequest, client: Any, docker_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """Each builder that can be had here. Debian's docker.io has BuildKit in its command line."""
    name: str = request.param
    if name == "buildkit":
        if Path("/usr/bin/docker").exists():
            monkeypatch.setenv("PATH", f"/usr/bin:{os.environ['PATH']}")
        if not choose_builder(client).is_buildkit:
            pytest.skip("BuildKit cannot be had")
    return name


def test_an_image_is_pinned_labelled_and_holds_no_secret(
    client: Any, engine: Engine, tmp_path: Path, secret_index: tuple[str, list[str]], builder: str
) -> None:
    address, asked = secret_index
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(
        Path(os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt").read_text()
        + "\n# our own certificate 4711\n"
    )
    behind_a_wall = {**variables(engine.host), "HTTP_PROXY": f"http://{PROXY_USER}:{PROXY_PASSWORD}@{address}"}
    made = images(
        client,
        tmp_path,
        {**behind_a_wall, "NO_PROXY": "", "no_proxy": ""},
        extra_index_urls=[f"http://{USER}:{PASSWORD}@index.of.the.company/simple"],
        ca_bundle=str(bundle),
        builder=builder,
    )
    # Never built before, also by an engine that is kept between runs.
    environment = small_environment("2.94-cpu", variables={"CROSSLOAD_TEST": uuid.uuid4().hex})
    image = made.build(environment)
    assert made.builder.is_buildkit == (builder == "buildkit")
    for login in (f"{USER}:{PASSWORD}", f"{PROXY_USER}:{PROXY_PASSWORD}"):
        assert base64.b64encode(login.encode()).decode() in " ".join(asked), "a password was never used"

    assert image.tags == [f"crossload/2.94-cpu:{environment.digest[:16]}"]
    labels = image.labels
    assert labels["dev.crossload.lock"] == environment.digest
    assert labels["org.opencontainers.image.base.name"] == BASE
    assert labels["org.opencontainers.image.base.digest"] == client.images.get(BASE).id
    assert labels["org.opencontainers.image.created"] > "2024"
    assert (labels["dev.crossload.python"], labels["dev.crossload.hardware"]) == ("3.11", "cpu")
    assert image.attrs["Config"]["User"] == "10001:10001"

    names = []
    for name, content in _everything_in(client, image, tmp_path):
        names.append(name)
        for secret in SECRETS:
            assert secret.encode() not in content, f"{secret!r} is in {name}"
    assert "opt/crossload/lib/python3.11/site-packages/six.py" in names
    assert any(name.endswith("site-packages/__pycache__/six.cpython-311.pyc") for name in names)
    assert not [name for name in names if name.startswith(("run/settings/", "usr/local/bin/uv", "root/.cache"))]
    log = made.log_path(environment).read_text()
    assert not [secret for secret in SECRETS if secret in log]
    # Nor does anything else on the engine hold one: the stage that installed is gone.
    for other in client.images.list(all=True):
        assert not [secret for secret in SECRETS if secret in json.dumps(other.history())]
        assert "dev.crossload.build" not in other.labels

    assert made.build(environment).id == image.id, "the same lock was built again"


def test_bytecode_is_there_and_fresh(client: Any, engine: Engine, tmp_path: Path, builder: str) -> None:
    environment = small_environment(f"2.95-{builder}-cpu")
    image = images(client, tmp_path, variables(engine.host), builder=builder).build(environment)
    program = (
        "import six, os, struct, sys, importlib.util as u; c = u.cache_from_source(six.__file__);"
        "made = struct.unpack('<I', open(c, 'rb').read()[8:12])[0];"
        "print(made == int(os.stat(six.__file__).st_mtime), os.getuid(), sys.prefix)"
    )
    said = client.containers.run(image.id, ["-c", program], remove=True, network_mode="none", read_only=True)
    assert said.decode().split() == ["True", "10001", "/opt/crossload"]


def test_environments_with_the_same_python_share_all_layers_but_their_own(
    client: Any, engine: Engine, tmp_path: Path, builder: str
) -> None:
    made = images(client, tmp_path, variables(engine.host), builder=builder)
    one = made.build(small_environment(f"2.95-{builder}-cpu")).attrs["RootFS"]["Layers"]
    other = made.build(small_environment(f"2.91-{builder}-cpu", OTHER)).attrs["RootFS"]["Layers"]
    shared = next(place for place, (mine, its) in enumerate(zip(one, other, strict=True)) if mine != its)
    foundation = len(client.images.get(BASE).attrs["RootFS"]["Layers"]) + 1
    assert shared == foundation
    assert len(set(one) - set(other)) == 1, "BuildKit's empty layer of WORKDIR is the same in both"


def test_buildkit_keeps_downloads_between_builds(client: Any, engine: Engine, tmp_path: Path, builder: str) -> None:
    made = images(client, tmp_path, variables(engine.host), builder=builder)
    logs = []
    for number in range(2):
        environment = small_environment(f"2.96-{number}-cpu", fresh_lock())
        made.build(environment)
        logs.append(made.log_path(environment).read_text())
    # uv speaks of preparing what it downloads.
    assert "Installed 1 package" in logs[1]
    assert ("Prepared 1 package" in logs[1]) == (builder == "classic")


def test_a_build_that_is_killed_leaves_nothing_after_the_next_pruning(
    client: Any, engine: Engine, tmp_path: Path
) -> None:
    """The classic builder's stages hold settings, passwords among them."""
    silent = socket.create_server(("127.0.0.1", 0))  # nobody answers there: the step that installs takes its time
    address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
    program = (
        "from pathlib import Path; from tests.e2e.docker_small import *; import os\n"
        "client = client_of(os.environ['DOCKER_HOST'])\n"
        f"made = images(client, Path({str(tmp_path)!r}), {{}}, extra_index_urls=[{address!r}], builder='classic')\n"
        f"made.build(small_environment('2.97-cpu', variables={{'CROSSLOAD_TEST': {uuid.uuid4().hex!r}}}))"
    )
    environment = os.environ | variables(engine.host)
    process = subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, env=environment)

    def stages() -> list[Any]:
        return [image for image in client.images.list(all=True) if "dev.crossload.build" in image.labels]

    try:
        deadline = time.monotonic() + 60
        while len(stages()) < 3:
            assert process.poll() is None, "the build ended by itself"
            assert time.monotonic() < deadline, "the build never came so far"
            time.sleep(0.2)
    finally:
        process.kill()
        process.wait()
        silent.close()
    made = images(client, tmp_path, variables(engine.host))
    deadline = time.monotonic() + 30
    while stages() and time.monotonic() < deadline:
        # The engine gives up a build some moments after its client has gone.
        made.remove_orphaned_stages()
        time.sleep(0.5)
    assert stages() == []
    assert [item for item in client.containers.list(all=True) if item.status == "running"] == []


def test_pruning_takes_what_no_lock_names_and_nothing_else(client: Any, engine: Engine, tmp_path: Path) -> None:
    made = images(client, tmp_path, variables(engine.host))
    kept, dropped = small_environment(), small_environment("2.92-cpu", SIX + "# the same pins\n" + OTHER)
    made.build(kept)
    made.build(dropped)
    # What other tests built is named by the locks of the repository.
    current = [kept, *all_environments(load_config(REPOSITORY / "matrix.toml")).values()]
    names = [made.recipe(item).name for item in (kept, dropped)]
    rows = {row.name: row.is_used for row in made.rows(current)}
    assert [rows[name] for name in names] == [True, False]
    removed = {row.name for row in made.prune(current)}
    assert [name in removed for name in names] == [False, True]
    assert made.find(kept) is not None
    assert made.find(dropped) is None
    assert client.images.get(BASE)


def test_a_failing_step_shows_its_last_lines(client: Any, engine: Engine, tmp_path: Path) -> None:
    made = images(client, tmp_path, variables(engine.host))
    broken = small_environment("2.93-cpu", SIX.replace("1e61c3", "000000").replace("8abb2f", "000000"))
    with pytest.raises(ImageError) as caught:
        made.build(broken)
    said = str(caught.value)
    assert "Hash mismatch" in said
    assert f"Whole log: {made.log_path(broken)}" in said
    assert "uv pip install" in made.log_path(broken).read_text()
    assert not [image for image in client.images.list(all=True) if "dev.crossload.build" in image.labels]


def test_a_base_that_can_not_be_had(client: Any, tmp_path: Path) -> None:
    made = images(client, tmp_path, {"CROSSLOAD_DOCKER_BASE_CPU": "crossload-test/nowhere:{python}"})
    with pytest.raises(ImageError, match=r"base image crossload-test/nowhere:3\.11 cannot be had: .*matrix\.toml"):
        made.build(small_environment())
    assert "crossload-test/nowhere:3.11 cannot be had" in made.why_no_base(small_environment())


def test_a_full_disk_in_the_middle_of_a_build(
    client: Any, engine: Engine, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An engine whose disk holds the base and has little more room than that."""
    # A short name: the address of a socket has at most 107 letters, and an engine has some far below its folder.
    disk = tmp_path_factory.mktemp("full")
    size = int(client.images.get(BASE).attrs["Size"] / 1e6 * 3)  # loading takes the archive, too
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(disk)], check=True)
    small = Engine(disk)
    try:
        small.start()
        other = client_of(small.host)
        try:
            other.images.load(client.images.get(BASE).save(named=True))
            (disk / "filler").write_bytes(b"\0" * (shutil.disk_usage(disk).free - 40_000_000))
            made = images(other, tmp_path, variables(small.host))
            with pytest.raises(ImageError, match=r"disk of the Docker engine is full.*--prune"):
                made.build(small_environment())
            assert other.ping()
        finally:
            other.close()
    finally:
        small.stop()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
