"""Narrows a change of verdict between two environments to a release and a package, in environments built on demand."""
