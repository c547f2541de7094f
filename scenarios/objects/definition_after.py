"""The same class name with another constructor: ``slope`` where there was ``factor``, same weights."""

from tensorflow import keras


class Affine(keras.layers.Layer):
    """Scales by ``slope`` and adds a learned number to each feature."""

    def __init__(self, slope=2.0, **kwargs):
        super(Affine, self).__init__(**kwargs)
        self.slope = slope

    def build(self, input_shape):
        self.offset = self.add_weight(name="offset", shape=(int(input_shape[-1]),), initializer="zeros", trainable=True)
        super(Affine, self).build(input_shape)

    def call(self, inputs):
        return inputs * self.slope + self.offset

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super(Affine, self).get_config()
        config.update({"slope": self.slope})
        return config
