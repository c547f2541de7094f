"""How Keras names the groups of its weights files."""

import re


def snake(name):
    """``TFOpLambda`` as ``tf_op_lambda``, as Keras names the groups of its weights files."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
