"""``python -m matrix`` is the command ``crossload``."""

from matrix.cli import main

main()
