"""The command line: options, words and exit codes. Nothing else in Crossload knows typer."""
