"""A function registered with Keras."""

import tensorflow as tf

from scenarios.objects.compat import register_serializable


@register_serializable("crossload")
def registered_curve(x):
    """``x * sigmoid(x)``, as an activation."""
    return x * tf.sigmoid(x)
