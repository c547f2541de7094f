"""Results in SQLite, artifacts in a content-addressed folder. The only package that speaks SQL."""
