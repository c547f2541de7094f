"""Makes a Keras 2 model from what a Keras 3 file says, for who has to go back: configuration, operations, weights, optimizer.

The other direction is in ``probe/translate``. What has no equal in the older Keras is named, and nothing is left out in silence.
"""
