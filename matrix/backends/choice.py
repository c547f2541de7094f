"""Chooses a backend and says why."""

from collections.abc import Mapping

from matrix.backends.base import Backend
from matrix.errors import SelectionError, nearest


def _engine_answer() -> str:
    """What the Docker engine answers: its version, or why there is none."""
    import docker

    # Without the SDK installed, `import docker` finds the empty folder of templates and succeeds.
    if not hasattr(docker, "from_env"):
        return "the Docker SDK is not installed"
    try:
        client = docker.from_env(timeout=3)
        version = client.version()["Version"]
        client.close()
    except Exception as error:
        # The SDK lets errors of three libraries through; all of them mean the same here.
        return f"no Docker engine answers ({type(error).__name__})"
    return f"Docker engine {version} answers"


def choose(name: str, backends: Mapping[str, type[Backend]]) -> tuple[Backend, str]:
    """Return the backend and the reason for it, in one line."""
    known = ("auto", "docker", *(key for key in backends if key != "docker"))
    if name not in known:
        raise SelectionError(f"unknown backend {name!r}.{nearest(name, known)} Known: {', '.join(known)}.")
    if name == "auto":
        answer = _engine_answer()
        if "docker" in backends and answer.startswith("Docker engine"):
            return backends["docker"](), f"docker: {answer}"
        if answer.startswith("Docker engine"):
            answer += ", but this version of Crossload has no Docker backend yet"
        return backends["venv"](), f"venv (uv virtual environments): {answer}"
    if name not in backends:
        raise SelectionError(f"backend {name!r} is not available in this version. Use --backend venv.")
    return backends[name](), f"{name}: asked for"
