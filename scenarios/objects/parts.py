"""Custom parts of a model that are no layers: metric, regulariser, constraint, initialiser, optimizer."""

import tensorflow as tf
from tensorflow import keras


class MeanExcess(keras.metrics.Metric):
    """Mean of how far predictions lie above a threshold."""

    def __init__(self, threshold=0.5, name="mean_excess", **kwargs):
        super(MeanExcess, self).__init__(name=name, **kwargs)
        self.threshold = threshold
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        excess = tf.nn.relu(tf.cast(y_pred, tf.float32) - self.threshold)
        self.total.assign_add(tf.reduce_sum(excess))
        self.count.assign_add(tf.cast(tf.size(excess), tf.float32))

    def result(self):
        return tf.math.divide_no_nan(self.total + 0.0, self.count + 0.0)

    def get_config(self):
        config = super(MeanExcess, self).get_config()
        config.update({"threshold": self.threshold})
        return config


class SquareSum(keras.regularizers.Regularizer):
    """``strength * sum(x ** 2)``."""

    def __init__(self, strength=0.01):
        self.strength = strength

    def __call__(self, x):
        return self.strength * tf.reduce_sum(tf.square(x))

    def get_config(self):
        return {"strength": self.strength}


class Bounded(keras.constraints.Constraint):
    """Keeps weights between ``-limit`` and ``limit``."""

    def __init__(self, limit=0.4):
        self.limit = limit

    def __call__(self, w):
        return tf.clip_by_value(w, -self.limit, self.limit)

    def get_config(self):
        return {"limit": self.limit}


class Ramp(keras.initializers.Initializer):
    """Evenly spaced numbers from ``-limit`` to ``limit``."""

    def __init__(self, limit=0.5):
        self.limit = limit

    def __call__(self, shape, dtype=None, **kwargs):
        shape = [int(size) for size in shape]
        count = 1
        for size in shape:
            count *= size
        values = tf.reshape(tf.linspace(-self.limit, self.limit, count), shape)
        return tf.cast(values, dtype or tf.float32)

    def get_config(self):
        return {"limit": self.limit}


class BoostedSGD(keras.optimizers.SGD):
    """SGD that multiplies every gradient by ``boost``."""

    def __init__(self, learning_rate=0.01, boost=2.0, **kwargs):
        super(BoostedSGD, self).__init__(learning_rate=learning_rate, **kwargs)
        self.boost = boost

    def apply_gradients(self, grads_and_vars, *args, **kwargs):
        boosted = [(gradient * self.boost, variable) for gradient, variable in grads_and_vars]
        return super(BoostedSGD, self).apply_gradients(boosted, *args, **kwargs)

    def get_config(self):
        config = super(BoostedSGD, self).get_config()
        config.update({"boost": self.boost})
        return config
