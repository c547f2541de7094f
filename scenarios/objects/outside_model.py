"""A SavedModel that lies outside every other model: where one that calls it is saved, and where it is loaded."""

import os
import shutil
import tempfile

import tensorflow as tf

from scenarios.objects.outside import folder

PATH = os.path.join(folder(), "model")


class _Scale(tf.Module):
    """Multiplies eight features by a fixed matrix."""

    def __init__(self):
        super(_Scale, self).__init__()
        self.matrix = tf.Variable(tf.reshape(tf.linspace(-1.0, 1.0, 64), (8, 8)))

    @tf.function(input_signature=[tf.TensorSpec((None, 8), tf.float32)])
    def serve(self, inputs):
        return tf.matmul(inputs, self.matrix)


def _write():
    """Write it in one step: another process may be doing the same, and then has written the same."""
    made = tempfile.mkdtemp(dir=folder())
    module = _Scale()
    tf.saved_model.save(module, made, signatures=module.serve)
    try:
        os.rename(made, PATH)
    except OSError:
        shutil.rmtree(made)


if not os.path.isdir(PATH):
    _write()
