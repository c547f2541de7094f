"""A layer that keeps its sublayers in lists inside a list, as residual stages are often written."""

from tensorflow import keras


class NestedBlocks(keras.layers.Layer):
    """Two stages of dense layers, one after the other."""

    def __init__(self, units=8, **kwargs):
        super(NestedBlocks, self).__init__(**kwargs)
        self.units = units
        self.stages = [
            [keras.layers.Dense(units, activation="tanh"), keras.layers.Dense(units)],
            [keras.layers.Dense(units, activation="tanh")],
        ]

    def build(self, input_shape):
        shape = (None, int(input_shape[-1]))
        for stage in self.stages:
            for layer in stage:
                layer.build(shape)
                shape = (None, self.units)
        super(NestedBlocks, self).build(input_shape)

    def call(self, inputs):
        for stage in self.stages:
            for layer in stage:
                inputs = layer(inputs)
        return inputs

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = super(NestedBlocks, self).get_config()
        config.update({"units": self.units})
        return config
