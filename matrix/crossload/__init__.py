"""The host side of Crossload: plans the matrix, runs it in many environments, and judges what came back.

TensorFlow is never imported here; it lives in the environments, behind :mod:`crossload.probe`.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("crossload")
except PackageNotFoundError:  # a source tree that nobody installed
    __version__ = "0+unknown"
