"""What an environment is made of, as a bill of materials in CycloneDX 1.6: its packages, as its lock pins them."""

import re
import uuid
from importlib.util import find_spec
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from crossload import __version__
from crossload.environments.model import Environment
from crossload.errors import SelectionError

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NAME = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")
# Of what identifies a bill: the same environment has the same one wherever it is written.
_SPACE = uuid.UUID("6f1f2a0e-5d5b-5c0e-9d0c-7d0e5a6c9b11")


def check_available() -> None:
    """Raise SelectionError where what writes bills is not installed."""
    if find_spec("cyclonedx") is None:
        raise SelectionError("--sbom needs the package cyclonedx-python-lib: pip install 'crossload[sbom]'.")


def hashes_of(lock: str) -> dict[tuple[str, str], list[str]]:
    """The SHA-256 of every file that a lock allows, by package and version, in the order of the lock."""
    found: dict[tuple[str, str], list[str]] = {}
    current: list[str] = []
    for line in lock.splitlines():
        if match := _NAME.match(line):
            current = found.setdefault((canonicalize_name(match[1]), match[2]), [])
        if not line.lstrip().startswith("#"):
            current += _HASH.findall(line)
    return found


def sbom(environment: Environment) -> str:
    """The bill of an environment, as JSON.

    The digest of the lock is the environment's identity and a property here; so is each file that may be installed, by its
    hash.
    """
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    digest = environment.digest
    bill = Bom(serial_number=uuid.uuid5(_SPACE, f"{environment.id} {digest}"))
    whole = Component(name=environment.id, version=digest[:16], type=ComponentType.PLATFORM, bom_ref=environment.id)
    for name, value in (("lock-sha256", digest), ("python", environment.config.python), *_variables(environment)):
        whole.properties.add(Property(name=f"crossload:{name}", value=value))
    bill.metadata.component = whole
    bill.metadata.tools.components.add(Component(name="crossload", version=__version__, type=ComponentType.APPLICATION))
    # The day of a bill would make two of the same environment differ.
    bill.metadata.timestamp = None  # type: ignore[assignment]
    parts = [_part(name, version, files) for (name, version), files in hashes_of(environment.lock_text).items()]
    for part in parts:
        bill.components.add(part)
    bill.register_dependency(whole, parts)
    return JsonV1Dot6(bill).output_as_string(indent=1)


def _variables(environment: Environment) -> list[tuple[str, str]]:
    return [(f"variable:{name}", value) for name, value in sorted(environment.config.variables.items())]


def _part(name: str, version: str, files: list[str]) -> "Component":
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    address = PackageURL("pypi", name=name, version=version)
    part = Component(name=name, version=version, type=ComponentType.LIBRARY, purl=address, bom_ref=str(address))
    if len(files) == 1:
        part.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=files[0]))
    # Which of several files is installed, the machine decides: none of them is the package's one hash.
    for digest in files:
        part.properties.add(Property(name="crossload:file-sha256", value=digest))
    return part
