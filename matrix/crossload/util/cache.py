"""Where Crossload keeps what it makes once for every checkout."""

import os
from pathlib import Path

from platformdirs import user_cache_path


def cache_folder() -> Path:
    """``$CROSSLOAD_CACHE``, or the user's cache folder."""
    configured = os.environ.get("CROSSLOAD_CACHE")
    return Path(configured) if configured else user_cache_path("crossload")
