"""Small things that know nothing of Crossload: files, uv, the garbage collector, the cache folder."""
