"""Models that no scenario was derived from, for `benchmarks.predictions`: they were written before the predictions were."""
