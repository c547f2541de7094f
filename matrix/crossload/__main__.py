"""``python -m matrix`` is the command ``crossload``."""

from crossload.cli.main import main

main()
