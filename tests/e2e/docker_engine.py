"""A real Docker engine of the tests' own, and a base image made from Debian's packages: no registry is needed.

``python -m tests.e2e.docker_engine FOLDER`` starts one and keeps it until Ctrl-C, for trying things by hand.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import docker
import docker.errors

from crossload.util.uv import find_python

BASE = "crossload-test/base:bookworm"
PYTHONS = ("3.8", "3.11")
# What interpreters are linked to, beyond what Debian's smallest system has.
_LIBRARIES = ("ca-certificates", "libbz2-1.0", "libexpat1", "libffi8", "liblzma5", "libncursesw6", "libreadline8",
              "libsqlite3-0", "libssl3", "libstdc++6", "zlib1g")  # fmt: skip


def why_not() -> str:
    """Why no engine can be started here; empty where one can."""
    if os.geteuid() != 0:
        return "starting a Docker engine needs root"
    missing = [name for name in ("dockerd", "debootstrap", "iptables") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not installed (Debian: apt install docker.io iptables debootstrap)"
    return ""


class Engine:
    """A dockerd with its own socket and data. ``stop`` ends it by its process id.

    :param hidden: a folder that it does not see, as an engine on another machine would not.
    """

    program = "dockerd"

    def __init__(self, folder: Path, hidden: Path | None = None) -> None:
        self.folder, self._hidden = folder, hidden
        self.socket = folder / "docker.sock"
        self.host = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "docker.pid").unlink(missing_ok=True)
        command = self._command()
        if self._hidden is not None:
            # It becomes this process: its id is the one to end.
            script = 'mount -t tmpfs tmpfs "$0" && exec "$@"'
            command = ["unshare", "--mount", "sh", "-c", script, str(self._hidden), *command]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                client = docker.DockerClient(base_url=self.host)
                client.ping()
                client.close()
                return
            except docker.errors.DockerException:
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"{self.program} did not start:\n{self.log.read_text()[-2000:]}")

    @property
    def log(self) -> Path:
        return self.folder / f"{self.program}.log"

    def _command(self) -> list[str]:
        return [
            "dockerd",
            "--host",
            self.host,
            "--data-root",
            str(self.folder / "data"),
            "--exec-root",
            str(self.folder / "exec"),
            "--pidfile",
            str(self.folder / "docker.pid"),
        ]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for its end."""
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
            self._unmount()

    def _folders(self) -> list[Path]:
        """Where its files lie."""
        return [self.folder]

    def _unmount(self) -> None:
        """Undo what it leaves mounted below its folders (a network namespace, its own data), or the folder could not go."""
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
        own = tuple(f"{folder}/" for folder in self._folders())
        targets = [line.split()[1] for line in lines if line.split()[1].startswith(own)]
        for target in reversed(targets):
            subprocess.run(["umount", "--lazy", target], capture_output=True, check=False)


class Podman(Engine):
    """Podman's service, which speaks Docker's API, with images of its own."""

    program = "podman"

    @property
    def _run_root(self) -> Path:
        """Where it keeps what runs. Podman takes no path of more than 50 characters, nor another one the next time."""
        return Path("/tmp") / f"podman-{hashlib.sha256(bytes(self.folder)).hexdigest()[:12]}"

    def _folders(self) -> list[Path]:
        return [self.folder, self._run_root]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        super().stop(number)
        shutil.rmtree(self._run_root, ignore_errors=True)

    def _command(self) -> list[str]:
        return [
            "podman",
            "--root",
            str(self.folder / "data"),
            "--runroot",
            str(self._run_root),
            "--cgroup-manager",
            "cgroupfs",
            "--events-backend",
            "file",
            "system",
            "service",
            "--time",
            "0",
            self.host,
        ]


def _interpreter(root: Path, minor: str) -> None:
    """Copy an interpreter to where every user can read it, without what only its own tests and packages need."""
    found, reason = find_python(minor)
    if found is None:
        raise RuntimeError(reason)
    prefix = found.resolve().parent.parent
    target = root / "opt" / f"python{minor}"
    unwanted = shutil.ignore_patterns(
        "site-packages", "test", "idlelib", "ensurepip", "__pycache__", "config-*", "*.a", "share"
    )
    shutil.copytree(prefix, target, symlinks=True, ignore=unwanted)
    (target / "lib" / f"python{minor}" / "site-packages").mkdir()
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def make_base(host: str, scratch: Path, pythons: Iterable[str] = PYTHONS) -> None:
    """Make the base image unless the engine has it: Debian's smallest system, interpreters, this machine's certificates."""
    client = docker.DockerClient(base_url=host)
    try:
        client.images.get(BASE)
    except docker.errors.ImageNotFound:
        root = scratch / "base"
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(_LIBRARIES)}", "bookworm", str(root)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode != 0:
            raise RuntimeError(f"debootstrap failed:\n{finished.stdout[-2000:]}") from None
        shutil.rmtree(root / "var/cache/apt", ignore_errors=True)
        shutil.rmtree(root / "var/lib/apt/lists", ignore_errors=True)
        for minor in pythons:
            _interpreter(root, minor)
        libraries = "".join(f"/opt/python{minor}/lib\n" for minor in pythons)
        (root / "etc/ld.so.conf.d/pythons.conf").write_text(libraries, encoding="ascii")
        subprocess.run(["ldconfig", "-r", str(root)], check=True)
        archive = scratch / "base.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        shutil.rmtree(root)
        repository, _, tag = BASE.partition(":")
        folders = ":".join(f"/opt/python{minor}/bin" for minor in pythons)
        path = f"ENV PATH={folders}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        client.api.import_image_from_file(str(archive), repository=repository, tag=tag, changes=[path])
        archive.unlink()
        if not client.images.list(BASE):
            # Podman forgets the tag.
            client.images.get(repository).tag(repository, tag)
    finally:
        client.close()


def variables(host: str) -> dict[str, str]:
    """What makes Crossload use this engine and base; build containers have no network of their own without a firewall."""
    return {
        "DOCKER_HOST": host,
        "CROSSLOAD_DOCKER_BASE_CPU": BASE,
        "CROSSLOAD_DOCKER_BASE_CUDA": BASE,
        "CROSSLOAD_DOCKER_BUILD_NETWORK": "host",
    }


def main() -> None:
    folder = Path(sys.argv[1])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    engine = Engine(folder)
    engine.start()
    try:
        make_base(engine.host, folder)
        print(
            f"export DOCKER_HOST={engine.host} CROSSLOAD_DOCKER_BASE_CPU={BASE} CROSSLOAD_DOCKER_BUILD_NETWORK=host",
            flush=True,
        )
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        engine.stop()


if __name__ == "__main__":
    main()
