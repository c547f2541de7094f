"""A custom layer whose module imports a package that may not be installed."""

from tensorflow import keras

from scenarios.objects import absent_package


class Tripled(keras.layers.Layer):
    """Scales its input by what the package says."""

    def call(self, inputs):
        return inputs * absent_package.factor()

    def compute_output_shape(self, input_shape):
        return input_shape
