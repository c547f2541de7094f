"""Many models at once: found, read, grouped, and measured group by group."""
