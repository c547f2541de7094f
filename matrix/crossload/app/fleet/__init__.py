"""Commands for many models at once."""
