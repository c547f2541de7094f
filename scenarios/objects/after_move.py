"""The moved layer: where the same layer lives when the model is loaded."""

from tensorflow import keras


class Shift(keras.layers.Layer):
    """Adds a learned number to each feature."""

    def __init__(self, start=0.5, **kwargs):
        super(Shift, self).__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.offset = self.add_weight(
            name="offset",
            shape=(int(input_shape[-1]),),
            initializer=keras.initializers.Constant(self.start),
            trainable=True,
        )
        super(Shift, self).build(input_shape)

    def call(self, inputs):
        return inputs + self.offset

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super(Shift, self).get_config()
        config.update({"start": self.start})
        return config
