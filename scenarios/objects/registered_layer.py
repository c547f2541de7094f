"""A layer registered with Keras."""

from tensorflow import keras

from scenarios.objects.compat import register_serializable


@register_serializable("crossload")
class RegisteredScale(keras.layers.Layer):
    """Multiplies each feature by a learned number."""

    def __init__(self, start=1.5, **kwargs):
        super(RegisteredScale, self).__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(
            name="factor",
            shape=(int(input_shape[-1]),),
            initializer=keras.initializers.Constant(self.start),
            trainable=True,
        )
        super(RegisteredScale, self).build(input_shape)

    def call(self, inputs):
        return inputs * self.factor

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super(RegisteredScale, self).get_config()
        config.update({"start": self.start})
        return config
