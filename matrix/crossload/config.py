"""Reads ``matrix.toml`` into checked, frozen values.

Raises :class:`crossload.errors.ConfigError` with file, line where known, and the nearest known key.
"""

import datetime
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from crossload import resources
from crossload.errors import ConfigError, nearest
from crossload.util.files import LARGEST_TOML, UnreadableError, expanded, read_plain, toml_table


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


# Values of `as_of` that are no date.
AT_RUN, TODAY = "run", "today"


class EnvironmentConfig(_Table):
    """One line of ``[environments]``: what is asked for, before locking.

    :param as_of: the date that uv resolves for. ``"run"`` is the day of the run, and ``"today"`` that day without a date, as
        an installer resolves; their pins are recorded with the results.
    :param like: id of the environment that this one is but for what its line says; empty for one that stands alone.
    :param unavailable: why it comes without a lock, and what to do; until it has one it is unavailable for that reason.
    :param pins: packages at exactly these versions, ``name==version``, whatever the date and the others' metadata allow.
    """

    python: Annotated[str, Field(pattern=r"^3\.\d+$")]
    as_of: datetime.date | Literal["run", "today"]
    requirements: Annotated[list[str], Field(min_length=1)]
    like: str = ""
    pins: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+==[A-Za-z0-9.]+$")]] = []
    overrides: list[str] = []
    as_of_packages: dict[str, datetime.date] = {}
    variables: dict[str, str] = {}
    unavailable: str = ""

    @field_validator("as_of", mode="before")
    @classmethod
    def _read_date(cls, value: Any) -> Any:
        return datetime.date.fromisoformat(value) if isinstance(value, str) and value not in (AT_RUN, TODAY) else value


class ProfileConfig(_Table):
    """One ``[profiles.NAME]``: default environments, formats and scenarios.

    :param without_tags: scenarios with one of these are left out.
    :param also: formats by scenario: what runs besides, whatever the tags and the formats above.
    """

    environments: Annotated[list[str], Field(min_length=1)]
    formats: Annotated[list[str], Field(min_length=1)]
    tags: list[str] = []
    wide_tags: list[str] = []
    without_tags: list[str] = []
    also: dict[str, list[str]] = {}


class Tolerance(_Table):
    """Two values agree when ``|a - b| <= atol * min(1, S) + rtol * |b| + spread * n``.

    ``b`` is the saver's value, ``S`` the largest magnitude in its output, ``n`` how far the saver's own value moves when every
    weight and input moves by one unit in the last place (``probe/agreement.py``).
    """

    atol: Annotated[float, Field(ge=0)]
    rtol: Annotated[float, Field(ge=0)]
    spread: Annotated[float, Field(ge=0)] = 100.0


class Tolerances(_Table):
    """Tolerances by what is compared."""

    float32: Tolerance = Tolerance(atol=1e-6, rtol=1e-5)
    mixed_float16: Tolerance = Tolerance(atol=1e-2, rtol=1e-2)
    cpu_cuda: Tolerance = Tolerance(atol=1e-4, rtol=1e-4)


class Limits(_Table):
    """Limits of each child process of the probe: seconds of wall time, and MB on top of TensorFlow's own.

    :param seconds_after_hang: limit for the further attempts of a cell in which one has already run into ``seconds``,
        and for cells whose like has done so twice.
    """

    seconds: Annotated[float, Field(gt=0)] = 40
    seconds_after_hang: Annotated[float, Field(gt=0)] = 5
    memory_mb: Annotated[int, Field(gt=0)] = 4096


class SampleConfig(_Table):
    """``[sample]``: what is measured of an environment with the same Keras 3 as another one of ``--tf all``.

    :param share: of its cells, from above 0 to 1.
    :param seed: decides which; another one draws others.
    """

    share: Annotated[float, Field(gt=0, le=1)] = 0.02
    seed: int = 1


BUILDERS = ("auto", "buildkit", "classic")


class DockerConfig(_Table):
    """``[docker]``: where images come from and what a container may use. docs/docker.md, explains each.

    :param bases: base image by ``3.9-cpu``, ``2.10-cuda`` or ``cpu``; ``{python}`` stands for the Python minor.
    :param index_url: with ``extra_index_urls`` and ``ca_bundle`` used while building, and never left in an image.
    :param builder: ``auto`` takes BuildKit where it can be had.
    :param memory_mb: limit of a whole container; by default what a child may take and 4096 MB more.
    :param cpus: limit of a container, in processors; never more than the engine has.
    :param processes: limit of a container, threads included.
    :param temporary_mb: size of its ``/tmp``, which lies in memory.
    """

    bases: dict[str, str] = {}
    index_url: str | None = None
    extra_index_urls: list[str] = []
    ca_bundle: str | None = None
    proxy: str | None = None
    build_network: str | None = None
    python_mirror: str | None = None
    builder: Literal["auto", "buildkit", "classic"] = "auto"
    memory_mb: Annotated[int, Field(gt=0)] | None = None
    cpus: Annotated[float, Field(gt=0)] = 2
    processes: Annotated[int, Field(ge=64)] = 1024
    temporary_mb: Annotated[int, Field(gt=0)] = 2048


class MatrixConfig(_Table):
    """The whole of ``matrix.toml``.

    :param scenario_folders: further packages of scenarios; relative ones start from the file's folder, and are absolute
        once it is read.
    """

    environments: dict[str, EnvironmentConfig]
    profiles: dict[str, ProfileConfig]
    scenario_folders: list[str] = []
    tolerances: Tolerances = Tolerances()
    limits: Limits = Limits()
    sample: SampleConfig = SampleConfig()
    docker: DockerConfig = DockerConfig()
    _lock_folder: Path | None = PrivateAttr(None)

    @property
    def lock_folder(self) -> Path | None:
        """Where a user's own locks lie, which go before those that come with Crossload; None for Crossload's own file."""
        return self._lock_folder


def _line_of(text: str, *location: int | str) -> str:
    """Where a key stands, as ``, line 7``: the header of its table first, then each further key from there on."""
    lines = text.splitlines()
    parts = [str(part) for part in location if not isinstance(part, int)]
    start, rest = 0, parts
    for count in range(len(parts), 0, -1):
        headers = {".".join(parts[:count]), ".".join([*parts[: count - 1], f'"{parts[count - 1]}"'])}
        at = next(
            (n for n, line in enumerate(lines) if line.split("#")[0].strip().strip("[]").strip() in headers), None
        )
        if at is not None and lines[at].lstrip().startswith("["):
            start, rest = at, parts[count:]
            break
    for part in rest:
        key = re.compile(rf"""(^|[\s{{,])["']?{re.escape(part)}["']?\s*=""")
        start = next((n for n in range(start, len(lines)) if key.search(lines[n])), start)
    return f", line {start + 1}" if parts else ""


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = MatrixConfig
    for part in location[:-1]:
        fields = getattr(model, "model_fields", {})
        if part in fields:
            annotation = fields[str(part)].annotation
            arguments: Any = getattr(annotation, "__args__", ())
            model = arguments[1] if len(arguments) == 2 else annotation
    return list(getattr(model, "model_fields", {}))


def _completed(lines: Any, complain: Callable[[str, str], ConfigError]) -> Any:
    """Lines of ``[environments]``, those with ``like`` completed by what they do not say themselves.

    :param complain: makes the error for an environment's id and what is wrong with it.
    """
    if not isinstance(lines, dict):
        return lines
    completed = {}
    for name, line in lines.items():
        like = line.get("like") if isinstance(line, dict) else None
        if like and not isinstance(like, str):
            raise complain(name, "is like more than one, or none. Say the id of one environment, in quotes.")
        if like:
            base = lines.get(like)
            if not isinstance(base, dict):
                raise complain(
                    name, f"is like {like!r}, which [environments] does not have.{nearest(str(like), lines)}"
                )
            if "like" in base or base.get("as_of") in (AT_RUN, TODAY):
                raise complain(name, f"is like {like!r}, which has no pins of its own. Name one that has.")
            if line.get("python", base.get("python")) == base.get("python") and not line.get("pins"):
                raise complain(
                    name, f'is {like!r} again. Say what it varies: python, or pins such as ["h5py==3.11.0"].'
                )
            line = {**base, **line}
        completed[name] = line
    return completed


def config_in_use(named: str | Path | None = None) -> Path:
    """The configuration to read: the one that is named, that of the current folder, or the one that comes with Crossload."""
    if named is not None:
        return Path(named)
    own = Path("matrix.toml")
    return own if own.exists() else resources.CONFIG


def load_config(path: Path) -> MatrixConfig:
    """Read and check a configuration file.

    :raises ConfigError: the file is missing, is not TOML, or holds an unknown key or a value of the wrong type.
    """
    try:
        text = read_plain(path, LARGEST_TOML).decode("utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}). Pass --config FILE, or leave it out for the configuration that "
            "comes with Crossload."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from None
    except UnreadableError as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from None

    def complain(name: str, problem: str) -> ConfigError:
        return ConfigError(f"{path}{_line_of(text, 'environments', name)}: environment {name!r} {problem}")

    try:
        data = toml_table(text)
        data["environments"] = _completed(data.get("environments"), complain)
        config = MatrixConfig.model_validate(data)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        location = first["loc"]
        where = ".".join(str(part) for part in location)
        line = _line_of(text, *location)
        if first["type"] == "extra_forbidden":
            hint = nearest(str(location[-1]), _known_keys(location))
            raise ConfigError(f"{path}{line}: unknown key {where!r}.{hint}") from None
        raise ConfigError(f"{path}{line}: {where}: {first['msg']} (got {first['input']!r:.80}).") from None
    for name, profile in config.profiles.items():
        for environment in profile.environments:
            if environment not in config.environments:
                line = _line_of(text, "profiles", name, "environments")
                raise ConfigError(
                    f"{path}{line}: profile {name!r} names environment {environment!r}, "
                    f"which [environments] does not have.{nearest(environment, config.environments)}"
                )
    return _placed(config, path)


def _placed(config: MatrixConfig, path: Path) -> MatrixConfig:
    """The configuration with its relative paths starting from the file's folder."""
    folder = path.absolute().parent

    def place(name: str) -> str:
        if "\0" in name:
            raise ConfigError(f"{path}: a path has a NUL in it: {name!r:.80}.")
        return str(folder / expanded(Path(name)))

    placed = config.model_copy(update={"scenario_folders": [place(name) for name in config.scenario_folders]})
    if config.docker.ca_bundle:
        docker = config.docker.model_copy(update={"ca_bundle": place(config.docker.ca_bundle)})
        placed = placed.model_copy(update={"docker": docker})
    if path.resolve() != resources.CONFIG.resolve():
        placed._lock_folder = folder / "locks"
    return placed
