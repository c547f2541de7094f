"""The layer as it was defined when the model was saved."""

from tensorflow import keras


class Affine(keras.layers.Layer):
    """Scales by ``factor`` and adds a learned number to each feature."""

    def __init__(self, factor=2.0, **kwargs):
        super(Affine, self).__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.offset = self.add_weight(name="offset", shape=(int(input_shape[-1]),), initializer="zeros", trainable=True)
        super(Affine, self).build(input_shape)

    def call(self, inputs):
        return inputs * self.factor + self.offset

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super(Affine, self).get_config()
        config.update({"factor": self.factor})
        return config
