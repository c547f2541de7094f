"""Measures what numerical noise is and what is another function: the numbers behind the tolerance of outputs."""
