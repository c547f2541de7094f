"""Fuzz targets: every reader of files that nobody trusts, fed with bytes that a fuzzer makes up."""
