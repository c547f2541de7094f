"""Stands for a package that is installed where the model is saved and missing where it is loaded."""


def factor():
    """The one thing that the package is good for."""
    return 3.0
