"""Builds a model of Keras 3 from what a file of Keras 2 says, with the classes and operations of Keras 3 alone.

What a file says is read by ``stored`` (HDF5, zip) and ``savedmodel``; ``graph`` builds the model, with ``layers`` for what became
of each class and ``operations`` for what became of each TensorFlow operation; ``tree``, ``compiling`` and ``optimizers`` fill it
with weights, compile settings and state; ``attempt`` is the remedy.
"""
