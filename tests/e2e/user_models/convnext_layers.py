"""The layer that networks of the ConvNeXt family bring along: no Keras finds it by its name, not even that of the writer."""

from tensorflow import keras


class LayerScale(keras.layers.Layer):
    """A learnt factor for each channel, as in ``keras.applications.convnext``."""

    def __init__(self, init_values, projection_dim, **kwargs):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape):
        self.gamma = self.add_weight(
            name="gamma",
            shape=(self.projection_dim,),
            initializer=keras.initializers.Constant(self.init_values),
            trainable=True,
        )
        super().build(input_shape)

    def call(self, x):
        return x * self.gamma

    def get_config(self):
        own = {"init_values": self.init_values, "projection_dim": self.projection_dim}
        return dict(super().get_config(), **own)
