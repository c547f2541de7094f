"""A Dask scheduler and workers in processes of their own, in two network namespaces where this host allows that."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.running import SOURCES

_PREFIX = "10.83.7"
_BRIDGE = "crossload0"


def _ip(*words: str, check: bool = True) -> bool:
    finished = subprocess.run(["ip", *words], capture_output=True, check=False)
    if check and finished.returncode:
        raise OSError(finished.stderr.decode().strip())
    return finished.returncode == 0


class Network:
    """Two namespaces on a bridge; without root or ``ip`` everything is on the loopback instead."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.address = "127.0.0.1"
        try:
            self._make()
        except OSError:
            self.close()

    def _make(self) -> None:
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{_PREFIX}.1/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for number in (1, 2):
            name = f"crossload{number}"
            _ip("netns", "add", name)
            self.names.append(name)
            _ip("link", "add", f"cl-out{number}", "type", "veth", "peer", "name", f"cl-in{number}")
            _ip("link", "set", f"cl-out{number}", "master", _BRIDGE, "up")
            _ip("link", "set", f"cl-in{number}", "netns", name)
            _ip("-n", name, "addr", "add", f"{_PREFIX}.{number + 1}/24", "dev", f"cl-in{number}")
            _ip("-n", name, "link", "set", f"cl-in{number}", "up")
            _ip("-n", name, "link", "set", "lo", "up")
        self.address = f"{_PREFIX}.1"

    def enter(self, number: int) -> list[str]:
        """What to put before a command to run it in a namespace."""
        return ["ip", "netns", "exec", self.names[number % len(self.names)]] if self.address != "127.0.0.1" else []

    def close(self) -> None:
        """Remove them."""
        self.address = "127.0.0.1"
        try:
            for name in self.names:
                _ip("netns", "delete", name, check=False)
            _ip("link", "delete", _BRIDGE, check=False)
        except OSError:
            return  # there is no `ip` here
        self.names = []


class Machines:
    """A scheduler, and workers that are started one by one, each with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._network = Network()
        self._processes: list[subprocess.Popen[bytes]] = []
        self.namespaces = list(self._network.names)

    def start_scheduler(self, path: str = "") -> str:
        """Start it, with a folder put first on its path; returns its address."""
        told = self._folder / "scheduler.json"
        self._start(
            [],
            "dask_scheduler",
            "--host",
            self._network.address,
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(told),
            path=path,
        )
        deadline = time.monotonic() + 60
        while not told.exists() or not told.read_text():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.1)
        import json

        address: str = json.loads(told.read_text())["address"]
        return address

    def start_worker(self, scheduler: str, number: int, folder: Path | None = None, path: str = "") -> int:
        """Start a worker in the namespace of its number; returns its process id."""
        folder = folder or self._folder / f"worker{number}"
        folder.mkdir(exist_ok=True)
        return self._start(
            self._network.enter(number),
            "dask_worker",
            scheduler,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--memory-limit",
            "0",
            "--resources",
            "venv=1",
            "--local-directory",
            str(folder),
            "--name",
            f"w{number}",
            path=path,
        )

    def wait_until_ready(self, pid: int) -> None:
        """Until the worker of this process id is registered with its scheduler.

        Raises ``AssertionError`` with what it printed where it ends before, or takes longer than two minutes.
        """
        number = next(number for number, process in enumerate(self._processes) if process.pid == pid)
        log = self._folder / f"{number}.log"
        deadline = time.monotonic() + 120
        while "Registered to" not in log.read_text():
            assert self._processes[number].poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    def _start(self, before: list[str], module: str, *arguments: str, path: str) -> int:
        process = subprocess.Popen(
            [*before, sys.executable, "-W", "ignore", "-m", f"distributed.cli.{module}", *arguments],
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([path, *SOURCES] if path else SOURCES)},
            stdout=(self._folder / f"{len(self._processes)}.log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._processes.append(process)
        return process.pid

    def kill(self, pid: int) -> None:
        """As when the machine's plug is pulled: the worker and what it started."""
        os.killpg(pid, signal.SIGKILL)

    def close(self) -> None:
        """End everything."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._network.close()
