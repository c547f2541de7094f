"""Measured data that come with the package, so that questions are answered where nothing was ever built."""
