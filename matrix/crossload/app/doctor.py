"""``crossload doctor``: one screen that says what this host can do, and what to install for the rest."""

import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from crossload.backends import AUTO, Backend, choose_backend
from crossload.backends.confinement import why_not
from crossload.backends.venv import VenvBackend
from crossload.config import MatrixConfig, load_config
from crossload.environments.model import Environment
from crossload.environments.selection import all_environments
from crossload.errors import CrossloadError
from crossload.util.cache import cache_folder
from crossload.util.uv import look_for_python, run_uv

Line = tuple[str, str]


def doctor(config: Path, console: Console) -> None:
    """Print what was found. Looks only: nothing is downloaded or built."""
    settings = load_config(config)
    environments = [item for item in all_environments(settings).values() if not item.is_floating]
    table = Table(box=None, pad_edge=False, show_header=False)
    pythons = _pythons(environments)
    for name, text in (
        *_host(),
        *_interpreters(pythons),
        *_environments(environments, pythons),
        ("venv: confinement", _confinement()),
        *_docker(settings, config.parent, environments),
        ("--backend auto", choose_backend(AUTO, settings, config.parent, environments)[1]),
    ):
        table.add_row(name, text)
    console.print(table, highlight=False)


def _host() -> Iterator[Line]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield "host", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB memory"
    yield "Python", f"{platform.python_version()}; {run_uv(['--version']).stdout.strip()}"
    folder = cache_folder()
    yield "disk", f"{_free(folder):.0f} GB free for environments in {folder} (all 22 take about 21 GB)"


def _free(folder: Path) -> float:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e9


def _pythons(environments: Sequence[Environment]) -> dict[str, Path | None]:
    minors = sorted({item.config.python for item in environments}, key=lambda minor: int(minor.partition(".")[2]))
    return {minor: look_for_python(minor) for minor in minors}


def _interpreters(pythons: dict[str, Path | None]) -> Iterator[Line]:
    for minor, path in pythons.items():
        yield (
            f"Python {minor}",
            str(path) if path else "not found; uv downloads it where the network allows it, or add it with pyenv",
        )


def _confinement() -> str:
    """What holds `check` and `convert` on the venv backend, or what to install."""
    reason = why_not()
    if reason:
        return f"none: {reason}; a file that carries code is loaded with --trust only"
    return "bubblewrap, for `check` and `convert`; matrix runs on your own scenarios are not confined"


def _docker(config: MatrixConfig, folder: Path, environments: Sequence[Environment]) -> Iterator[Line]:
    try:
        from crossload.backends.docker.backend import DockerBackend
        from crossload.backends.docker.engine import engine_host, engine_name

        backend = DockerBackend.create(config, folder)
        info, version, name = backend.client.info(), backend.client.version(), engine_name(backend.client)
        builder = backend.images.builder
    except ImportError:
        yield "Docker", "the SDK is not installed (pip install docker)"
        return
    except CrossloadError as error:
        installed = shutil.which("dockerd") or shutil.which("podman")
        yield "Docker", str(error) + ("" if installed else ". None is installed (Debian: apt install docker.io)")
        return
    yield "Docker", f"{name}, API {version['ApiVersion']}, at {engine_host()}"
    yield (
        "builder",
        f"{builder.name}, with a cache of packages"
        if builder.is_buildkit
        else f"{builder.name}; Docker's with BuildKit keeps downloads between builds: install the buildx plugin",
    )
    root = str(info.get("DockerRootDir", ""))
    yield "images", f"in {root}" + (f", {_free(Path(root)):.0f} GB free there" if os.path.isdir(root) else "")
    yield "limits", "; ".join(info.get("Warnings") or []) or "memory, processors and processes can be limited"
    runtimes = info.get("Runtimes") or {}
    yield (
        "NVIDIA",
        "runtime found"
        if "nvidia" in runtimes
        else (
            "no runtime in the engine: CUDA environments can be built and not run; install the NVIDIA Container Toolkit"
        ),
    )
    built = [item.id for item in environments if backend.images.find(item) is not None]
    yield "built images", ", ".join(built) or "none; `crossload images --build` makes those of the quick profile"
    waiting: dict[str, list[Environment]] = {}
    for item in environments:
        if item.id not in built:
            waiting.setdefault(backend.images.recipe(item).base, []).append(item)
    for base, items in waiting.items():
        why = backend.images.why_no_base(items[0])
        yield f"base {base}", f"{why or 'can be had'}: {', '.join(item.id for item in items)}"


def _environments(environments: Sequence[Environment], pythons: dict[str, Path | None]) -> Iterator[Line]:
    venv: Backend = VenvBackend()
    ready: list[str] = []
    can: list[str] = []
    lack: list[str] = []
    for item in environments:
        state = venv.state(item)
        if state.state == "ready":
            ready.append(item.id)
        elif state.state == "missing":
            (can if pythons[item.config.python] else lack).append(item.id)
    yield "venv: ready", ", ".join(ready) or "none yet"
    yield "venv: can be built", ", ".join(can) or "none"
    if lack:
        yield "venv: lack a Python", ", ".join(lack)
