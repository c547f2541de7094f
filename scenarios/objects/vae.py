"""A variational autoencoder as people write it: two networks, ``add_loss`` and a ``train_step``."""

import tensorflow as tf
from tensorflow import keras


class Sampling(keras.layers.Layer):
    """Draws from a normal distribution while training; gives its mean otherwise."""

    def call(self, inputs, training=None):
        mean, log_variance = inputs
        if not training:
            return mean
        return mean + tf.exp(0.5 * log_variance) * tf.random.normal(tf.shape(mean))


class Vae(keras.Model):
    def __init__(self, latent=2, width=8, **kwargs):
        super(Vae, self).__init__(**kwargs)
        self.latent, self.width = latent, width
        self.hidden = keras.layers.Dense(6, activation="relu")
        self.mean = keras.layers.Dense(latent)
        self.log_variance = keras.layers.Dense(latent)
        self.sampling = Sampling()
        self.decoder = keras.Sequential([keras.layers.Dense(6, activation="relu"), keras.layers.Dense(width)])

    def call(self, inputs, training=None):
        hidden = self.hidden(inputs)
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        divergence = 1 + log_variance - tf.square(mean) - tf.exp(log_variance)
        self.add_loss(-0.5 * tf.reduce_mean(divergence))
        return self.decoder(self.sampling([mean, log_variance], training=training))

    def train_step(self, data):
        features = data[0] if isinstance(data, (tuple, list)) else data
        with tf.GradientTape() as tape:
            outputs = self(features, training=True)
            loss = tf.reduce_mean(tf.square(features - outputs)) + tf.add_n(self.losses)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        return {"loss": loss}

    def get_config(self):
        return {"latent": self.latent, "width": self.width}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
