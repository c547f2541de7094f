"""The host side of Crossload: plans the matrix, runs it in many environments, and judges what came back.

TensorFlow is never imported here; it lives in the environments, behind :mod:`crossload.probe`.
"""

# The one place that says it: the build reads it from here.
__version__ = "0.2.0"
