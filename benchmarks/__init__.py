"""The measurements that the README quotes: ``python -m benchmarks`` or ``nox -s bench``."""
