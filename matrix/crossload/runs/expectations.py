"""Changes that are known and accepted for a while: a pattern of cells, the reason, a link, and the day it ends."""

import datetime
import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crossload.errors import ConfigError
from crossload.util.files import LARGEST_TOML, UnreadableError, read_plain, toml_table


class Expectation(BaseModel):
    """One accepted change.

    :param cell: ``scenario/format/saved_with/loaded_with``, each part a pattern such as ``*`` or ``2.1?-cpu``.
    :param until: the last day on which it holds; afterwards the cells count again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cell: Annotated[str, Field(pattern=r"^[^/]+/[^/]+/[^/]+/[^/]*$")]
    reason: Annotated[str, Field(min_length=3)]
    link: str = ""
    until: datetime.date

    def covers(self, cell: Sequence[str], today: datetime.date) -> bool:
        """Whether a cell is meant, on this day."""
        patterns = self.cell.split("/")
        return today <= self.until and all(map(fnmatchcase, cell, patterns))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expected: list[Expectation] = []


def load_expectations(path: Path) -> list[Expectation]:
    """Read ``[[expected]]`` tables.

    :raises ConfigError: the file is missing, is not TOML, or an entry lacks something.
    """
    try:
        document = toml_table(read_plain(path, LARGEST_TOML).decode("utf-8"))
        return _File.model_validate(document).expected
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnreadableError as error:
        raise ConfigError(f"{path}: cannot be read ({error}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{path}: {where}: {first['msg']}. An entry needs cell, reason and until; link is optional."
        ) from None


def covering(expectations: Iterable[Expectation], cell: Sequence[str], today: datetime.date) -> Expectation | None:
    """The first expectation that covers a cell today."""
    return next((item for item in expectations if item.covers(cell, today)), None)
