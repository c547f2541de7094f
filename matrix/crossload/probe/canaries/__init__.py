"""Harmless files that do what a hostile one would, to see which Keras lets them."""
