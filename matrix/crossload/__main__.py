"""``python -m crossload`` is the command ``crossload``."""

from crossload.cli.main import main

main()
