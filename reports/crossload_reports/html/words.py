"""What the page says for the words of the tables: signs, meanings, titles."""

# A sign for each verdict, so that colour is never the only cue. All are in every system's fonts.
SIGNS = {
    "exact": "=", "equal": "≈", "remedy": "+", "lossy": "◐", "fails": "×", "crashes": "!", "differs": "≠",
    "cannot-save": "∅", "not-applicable": "·", "unavailable": "?", "harness-error": "#",
}  # fmt: skip
MEANINGS = {
    "exact": "loads plainly; outputs agree bit by bit",
    "equal": "loads plainly; outputs agree within tolerance",
    "remedy": "the plain load fails, another way of loading gives the right outputs",
    "lossy": "loads with the right outputs; something else of the model is lost",
    "fails": "no way of loading that was tried gives the right outputs",
    "crashes": "the process died, or ran past its time or memory limit",
    "differs": "loads without an error and computes something else",
    "cannot-save": "building, fitting or saving raised in the saving environment",
    "not-applicable": "outside the versions that the scenario declares, or not judgeable on the inputs",
    "unavailable": "the environment could not be had here",
    "harness-error": "our own code failed; says nothing about TensorFlow",
}
# A sign and a word for what the cells say of a claim.
CLAIM_WORDS = {
    "holds": ("✓", "holds"), "fails": ("×", "does not hold"), "mixed": ("◐", "mixed"), "not-run": ("?", "not run"),
}  # fmt: skip
# How a cell differs from an earlier run; the worst first, as in `crossload.runs.compare.compare`.
CHANGES = {
    "regression": ("worse", "▼"), "unavailable": ("no longer available", "?"), "changed": ("changed otherwise", "~"),
    "error-changed": ("another error text", "≈"), "fixed": ("better", "▲"), "new": ("new", "+"), "gone": ("gone", "–"),
}  # fmt: skip
# The pages, by the names that stand in addresses.
PAGES = {
    "grid": "Overview", "upgrade": "Upgrade", "changes": "What changed", "silent": "Silent damage", "causes": "Causes",
    "scenarios": "Scenarios", "round-trips": "Round trips", "claims": "Claims", "controls": "Controls",
    "environments": "Environments", "about": "This run",
}  # fmt: skip
