"""``fleet.toml``: what goes with which models of a fleet."""

import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crossload.errors import ConfigError, nearest
from crossload.user_models.seat import NOTHING_GIVEN, Given
from crossload.util.files import LARGEST_TOML, UnreadableError, read_plain, toml_table

DEFAULT = Path("fleet.toml")


class ModelSettings(BaseModel):
    """One ``[[model]]``: what goes with models whose name in the table a pattern matches. Relative paths start from the file.

    :param match: a pattern such as ``rank/*.h5``; ``*`` matches slashes, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    match: Annotated[str, Field(min_length=1)]
    custom_objects: str | None = None
    build: str | None = None
    inputs: Path | None = None
    saved_with: str | None = None


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    model: list[ModelSettings] = []


@dataclass(frozen=True)
class FleetSettings:
    """What goes with which models.

    :param common: for those of which no pattern says anything else.
    """

    common: Given = NOTHING_GIVEN
    patterns: tuple[ModelSettings, ...] = ()

    def of(self, name: str) -> Given:
        """What goes with a model: of each thing what the first pattern says that matches its name."""
        matching = [item for item in self.patterns if fnmatch.fnmatchcase(name, item.match)]

        def first(field: str) -> str | Path | None:
            said = (getattr(item, field) for item in (*matching, self.common))
            return next((value for value in said if value is not None), None)

        return Given(**{field: first(field) for field in Given.__dataclass_fields__})  # type: ignore[arg-type]


def read_settings(path: Path | None, common: Given) -> FleetSettings:
    """Settings of a file; where none is named, of the ``fleet.toml`` of the current folder, where there is one.

    :raises ConfigError: it cannot be read, is no TOML, or holds an unknown key.
    """
    if path is None:
        if not DEFAULT.exists():
            return FleetSettings(common)
        path = DEFAULT
    try:
        document = _Document.model_validate(toml_table(read_plain(path, LARGEST_TOML).decode("utf-8")))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnreadableError as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = _Document.model_fields if len(first["loc"]) == 1 else ModelSettings.model_fields
            raise ConfigError(f"{path}: unknown key {where!r}.{nearest(str(first['loc'][-1]), known)}") from None
        raise ConfigError(f"{path}: {where}: {first['msg']} (got {first['input']!r:.80}).") from None
    return FleetSettings(common, tuple(_placed(item, path.absolute().parent) for item in document.model))


def _placed(settings: ModelSettings, folder: Path) -> ModelSettings:
    """The same with paths that start from the file's folder. A dotted module is looked up where the command runs."""
    update: dict[str, object] = {}
    if settings.inputs is not None:
        update["inputs"] = folder / settings.inputs
    if settings.custom_objects and settings.custom_objects.endswith(".py"):
        update["custom_objects"] = str(folder / settings.custom_objects)
    if settings.build and settings.build.rpartition(":")[0].endswith(".py"):
        update["build"] = str(folder / settings.build)
    return settings.model_copy(update=update)
