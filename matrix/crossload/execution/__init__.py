"""Runs a matrix: tasks, the runner that asks a probe, and the engines that decide who runs what when."""
