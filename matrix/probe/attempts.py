"""The attempts: ways of loading. Add one by adding an entry to :data:`MODIFIERS` or :data:`REMEDIES`.

The host reads the names and their order; the probe applies them.
"""

PLAIN = "plain"
BARE = "bare"
IMPORTED = "imported"

# Run as evidence for claims; they never decide a verdict.
EVIDENCE = (BARE, IMPORTED)

# A modifier is an argument that it adds to the plain load call.
MODIFIERS = {
    "compile=False": {"compile": False},
    "safe_mode=False": {"safe_mode": False},
}

# Tried in this order when plain did not load or gave other outputs, until one gives matching outputs. A combination only
# runs when none of its parts loaded.
REMEDIES = (
    "compile=False",
    "safe_mode=False",
    "compile=False+safe_mode=False",
)


def parts(attempt):
    """The modifiers of an attempt: ``"compile=False+safe_mode=False"`` gives both, ``plain`` none."""
    return [part for part in attempt.split("+") if part in MODIFIERS]


def arguments(attempt):
    """Keyword arguments that an attempt adds to the load call."""
    collected = {}
    for part in parts(attempt):
        collected.update(MODIFIERS[part])
    return collected
