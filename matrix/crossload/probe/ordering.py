"""In which order names come that hold numbers."""

import re


def natural(name):
    """A key that sorts numbers within names as numbers: ``dense_9`` before ``dense_10``."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
