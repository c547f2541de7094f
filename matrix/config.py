"""Reads ``matrix.toml`` into checked, frozen values.

Raises :class:`matrix.errors.ConfigError` with file, line where known, and the nearest known key.
"""

import datetime
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from matrix.errors import ConfigError, nearest

DEFAULT_CONFIG = Path("matrix.toml")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EnvironmentConfig(_Table):
    """One line of ``[environments]``: what is asked for, before locking."""

    python: Annotated[str, Field(pattern=r"^3\.\d+$")]
    as_of: datetime.date
    requirements: Annotated[list[str], Field(min_length=1)]
    overrides: list[str] = []
    as_of_packages: dict[str, datetime.date] = {}
    variables: dict[str, str] = {}

    @field_validator("as_of", mode="before")
    @classmethod
    def _read_date(cls, value: Any) -> Any:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value


class ProfileConfig(_Table):
    """One ``[profiles.NAME]``: default environments, formats and scenarios."""

    environments: Annotated[list[str], Field(min_length=1)]
    formats: Annotated[list[str], Field(min_length=1)]
    tags: list[str] = []
    wide_tags: list[str] = []


class Tolerance(_Table):
    """Two values agree when ``|a - b| <= atol + rtol * |b|``, where ``b`` is the saver's value."""

    atol: Annotated[float, Field(ge=0)]
    rtol: Annotated[float, Field(ge=0)]


class Tolerances(_Table):
    """Tolerances by what is compared."""

    float32: Tolerance = Tolerance(atol=1e-6, rtol=1e-5)
    mixed_float16: Tolerance = Tolerance(atol=1e-2, rtol=1e-2)
    cpu_cuda: Tolerance = Tolerance(atol=1e-4, rtol=1e-4)


class Limits(_Table):
    """Limits of each child process of the probe: seconds of wall time, and MB on top of TensorFlow's own.

    :param seconds_after_hang: limit for the further attempts of a cell in which one has already run into ``seconds``.
    """

    seconds: Annotated[float, Field(gt=0)] = 40
    seconds_after_hang: Annotated[float, Field(gt=0)] = 10
    memory_mb: Annotated[int, Field(gt=0)] = 4096


class MatrixConfig(_Table):
    """The whole of ``matrix.toml``.

    :param scenario_folders: further packages of scenarios, relative to the file.
    """

    environments: dict[str, EnvironmentConfig]
    profiles: dict[str, ProfileConfig]
    scenario_folders: list[str] = []
    tolerances: Tolerances = Tolerances()
    limits: Limits = Limits()


def _line_of(text: str, key: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if (
            line.split("#")[0].strip().strip("[]").strip('"').startswith(key)
            or f'"{key}"' in line
            or f"{key} =" in line
        ):
            return f", line {number}"
    return ""


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: Any = MatrixConfig
    for part in location[:-1]:
        fields = getattr(model, "model_fields", {})
        if part in fields:
            annotation = fields[str(part)].annotation
            arguments: Any = getattr(annotation, "__args__", ())
            model = arguments[1] if len(arguments) == 2 else annotation
    return list(getattr(model, "model_fields", {}))


def load_config(path: Path) -> MatrixConfig:
    """Read and check a configuration file.

    :raises ConfigError: the file is missing, is not TOML, or holds an unknown key or a value of the wrong type.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: can not be read ({error.strerror}). Run in the folder that holds matrix.toml, or pass --config FILE."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text. Save it as UTF-8.") from None
    try:
        config = MatrixConfig.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        location = first["loc"]
        where = ".".join(str(part) for part in location)
        line = next((found for part in reversed(location) if (found := _line_of(text, str(part)))), "")
        if first["type"] == "extra_forbidden":
            hint = nearest(str(location[-1]), _known_keys(location))
            raise ConfigError(f"{path}{line}: unknown key {where!r}.{hint}") from None
        raise ConfigError(f"{path}{line}: {where}: {first['msg']} (got {first['input']!r:.80}).") from None
    for name, profile in config.profiles.items():
        for environment in profile.environments:
            if environment not in config.environments:
                raise ConfigError(
                    f"{path}{_line_of(text, 'profiles.' + name)}: profile {name!r} names environment {environment!r}, "
                    f"which [environments] does not have.{nearest(environment, config.environments)}"
                )
    return config
