"""The host side of Crossload: plans the matrix, runs it in many environments, and judges what came back.

TensorFlow is never imported here; it lives in the environments, behind :mod:`crossload.probe`.

What programs call is :func:`check`, :func:`convert` and :func:`explain`; :mod:`crossload.api` documents them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossload.api import check as check
    from crossload.api import convert as convert
    from crossload.api import explain as explain

# The one place that says it: the build reads it from here.
__version__ = "0.2.0"

__all__ = ["check", "convert", "explain"]


def __getattr__(name: str) -> Any:
    """The public functions, imported when they are first asked for: `crossload --help` is instant, and needs none of them."""
    if name in __all__:
        return getattr(import_module("crossload.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
