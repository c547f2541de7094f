"""The measurements that docs/benchmarks.md quotes: ``python -m benchmarks`` or ``nox -s bench``."""
