"""Mixed environments: the pins of two locks, each component from one of them, and one version varied."""

import re
from collections.abc import Iterable, Mapping

from packaging.version import Version

from crossload.domain.versions import KERAS_PACKAGES, TENSORFLOW_PACKAGES

# What is varied on its own. Everything else in a lock belongs to TensorFlow, which asks for it.
TENSORFLOW, PYTHON = "TensorFlow", "Python"
PACKAGES = {
    "Keras": (*KERAS_PACKAGES, "keras-preprocessing"),
    "h5py": ("h5py",),
    "NumPy": ("numpy",),
    "protobuf": ("protobuf",),
}
COMPONENTS = (TENSORFLOW, *PACKAGES, PYTHON)
_OWNERS = {package: name for name, packages in PACKAGES.items() for package in packages}


def component_of(package: str) -> str:
    """The component that a package is varied with."""
    return _OWNERS.get(package, TENSORFLOW)


def main_package(component: str, pins: Mapping[str, str]) -> str | None:
    """The package whose version is a component's; None where these pins lack it."""
    names = TENSORFLOW_PACKAGES if component == TENSORFLOW else PACKAGES.get(component, ())
    return next((name for name in names if name in pins), None)


def mix(old: Mapping[str, str], new: Mapping[str, str], from_new: Iterable[str]) -> dict[str, str]:
    """Pins of which some components are those of ``new`` and the others those of ``old``.

    What only one of the two has is kept: without it, what asks for it could not be imported.
    """
    chosen = set(from_new)
    mixed = {}
    for package in {**old, **new}:
        first, second = (new, old) if component_of(package) in chosen else (old, new)
        mixed[package] = first.get(package) or second[package]
    return mixed


def differing(old: Mapping[str, str], new: Mapping[str, str], pythons: tuple[str, str]) -> list[str]:
    """The components in which two environments differ."""
    found = {component_of(package) for package in {**old, **new} if old.get(package) != new.get(package)}
    if pythons[0] != pythons[1]:
        found.add(PYTHON)
    return [name for name in COMPONENTS if name in found]


def label(pins: Mapping[str, str], text: str) -> str:
    """An environment's label, ``2.14+keras.2.14.0rc0``, from its TensorFlow and what is special about it."""
    version = Version(pins[main_package(TENSORFLOW, pins) or ""])
    return f"{version.major}.{version.minor}+{re.sub(r'[^A-Za-z0-9_.]+', '.', text)}"
