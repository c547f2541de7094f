"""A user's own model file: what it is, where it loads, and how it becomes a file that another version loads plainly."""
