"""A sixth set, written by somebody who had seen neither the predictions nor any measurement: thirty models as people write and
save them, reduced in size. Never mend a prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers
K = keras.backend


def registered(package):
    """``register_keras_serializable``, which TensorFlow 2.0 does not have yet."""
    register = getattr(keras.utils, "register_keras_serializable", None)
    return register(package=package) if register else lambda cls: cls


# Tables


@scenario("sixth-hotel-bookings", "held-out", inputs=(("float", (28,)),), targets=((1,),), training_steps=1)
def hotel_bookings():
    """Will a hotel booking be cancelled: the dense network with batch normalization of a Kaggle notebook."""
    model = keras.models.Sequential()
    model.add(layers.Dense(64, input_dim=28, activation="relu", kernel_initializer="he_uniform"))
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(32, activation="relu", kernel_initializer="he_uniform"))
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss="binary_crossentropy",
        metrics=[
            "accuracy",
            keras.metrics.AUC(name="auc"),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
        ],
    )
    return model


@scenario("sixth-auto-mpg", "held-out", since="2.6", inputs=(("float", (9,)),), targets=((1,),), training_steps=1)
def auto_mpg():
    """Fuel efficiency of cars, after the regression tutorial: an adapted Normalization in front of a small network."""
    train_features = np.random.RandomState(3).normal(loc=5.0, scale=3.0, size=(100, 9)).astype("float32")
    normalizer = layers.Normalization(axis=-1)
    normalizer.adapt(train_features)
    model = keras.Sequential(
        [
            normalizer,
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(loss="mean_absolute_error", optimizer=tf.keras.optimizers.Adam(0.001))
    return model


@scenario("sixth-otto-products", "held-out", inputs=(("float", (93,)),), targets=((9,),), training_steps=1)
def otto_products():
    """Product categories (the Otto challenge): PReLU activations, momentum."""
    model = keras.models.Sequential()
    model.add(layers.Dense(64, input_shape=(93,), kernel_initializer="glorot_uniform"))
    model.add(layers.PReLU())
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(64, kernel_initializer="glorot_uniform"))
    model.add(layers.PReLU())
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(9, kernel_initializer="glorot_uniform"))
    model.add(layers.Activation("softmax"))
    sgd = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    return model


@scenario(
    "sixth-trade-decisions",
    "held-out",
    since="2.2",
    inputs=(("float", (50,)),),
    targets=((50,), (5,), (5,)),
    training_steps=1,
)
def trade_decisions():
    """Trade or not (Jane Street): an autoencoder and a classifier that are trained together, with three named outputs."""
    num_columns, num_labels = 50, 5
    inp = layers.Input(shape=(num_columns,))
    x0 = layers.BatchNormalization()(inp)

    encoder = layers.GaussianNoise(0.035)(x0)
    encoder = layers.Dense(24)(encoder)
    encoder = layers.BatchNormalization()(encoder)
    encoder = layers.Activation("swish")(encoder)

    decoder = layers.Dropout(0.04)(encoder)
    decoder = layers.Dense(num_columns, name="decoder")(decoder)

    x_ae = layers.Dense(24)(decoder)
    x_ae = layers.BatchNormalization()(x_ae)
    x_ae = layers.Activation("swish")(x_ae)
    x_ae = layers.Dropout(0.4)(x_ae)
    out_ae = layers.Dense(num_labels, activation="sigmoid", name="ae_action")(x_ae)

    x = layers.Concatenate()([x0, encoder])
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.4)(x)
    for units in (64, 32):
        x = layers.Dense(units)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("swish")(x)
        x = layers.Dropout(0.3)(x)
    out = layers.Dense(num_labels, activation="sigmoid", name="action")(x)

    model = keras.models.Model(inputs=inp, outputs=[decoder, out_ae, out])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss={
            "decoder": keras.losses.MeanSquaredError(),
            "ae_action": keras.losses.BinaryCrossentropy(),
            "action": keras.losses.BinaryCrossentropy(label_smoothing=0.01),
        },
        metrics={
            "decoder": keras.metrics.MeanAbsoluteError(name="MAE"),
            "ae_action": keras.metrics.AUC(name="AUC"),
            "action": keras.metrics.AUC(name="AUC"),
        },
    )
    return model


@scenario(
    "sixth-store-items",
    "held-out",
    inputs=(("int", (1,), 10), ("int", (1,), 50), ("int", (1,), 7), ("float", (6,))),
    targets=((1,),),
    training_steps=1,
)
def store_items():
    """Daily sales of an item in a store: entity embeddings next to numbers."""
    store = layers.Input(shape=(1,), name="store")
    item = layers.Input(shape=(1,), name="item")
    weekday = layers.Input(shape=(1,), name="weekday")
    numeric = layers.Input(shape=(6,), name="numeric")

    store_emb = layers.Flatten()(layers.Embedding(10, 5, name="store_embedding")(store))
    item_emb = layers.Flatten()(
        layers.Embedding(50, 10, embeddings_regularizer=keras.regularizers.l2(1e-6), name="item_embedding")(item)
    )
    weekday_emb = layers.Flatten()(layers.Embedding(7, 3, name="weekday_embedding")(weekday))

    x = layers.concatenate([store_emb, item_emb, weekday_emb, numeric])
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(32, activation="relu")(x)
    output = layers.Dense(1, activation="linear")(x)
    model = keras.models.Model([store, item, weekday, numeric], output)
    model.compile(loss="mse", optimizer="adam", metrics=["mae", "mape"])
    return model


class CrossLayer(layers.Layer):
    """The cross network of Deep & Cross."""

    def __init__(self, num_layers=2, **kwargs):
        super().__init__(**kwargs)
        self.num_layers = num_layers

    def build(self, input_shape):
        dim = int(input_shape[-1])
        self.kernels = []
        self.biases = []
        for i in range(self.num_layers):
            self.kernels.append(
                self.add_weight(name=f"kernel_{i}", shape=(dim, 1), initializer="glorot_normal", trainable=True)
            )
            self.biases.append(self.add_weight(name=f"bias_{i}", shape=(dim,), initializer="zeros", trainable=True))
        super().build(input_shape)

    def call(self, inputs):
        x = inputs
        for kernel, bias in zip(self.kernels, self.biases):
            x = inputs * tf.matmul(x, kernel) + bias + x
        return x

    def get_config(self):
        config = super().get_config()
        config.update({"num_layers": self.num_layers})
        return config


@scenario(
    "sixth-ad-clicks",
    "held-out",
    inputs=(("int", (6,), 200), ("float", (5,))),
    targets=((1,),),
    training_steps=1,
    custom_objects=("CrossLayer",),
)
def ad_clicks():
    """Click-through rate of advertisements: Deep & Cross with a layer of one's own."""
    sparse = keras.Input(shape=(6,), dtype="int32", name="sparse")
    dense = keras.Input(shape=(5,), name="numbers")
    embedded = layers.Embedding(200, 8, embeddings_initializer="he_normal")(sparse)
    features = layers.Concatenate()([layers.Flatten()(embedded), dense])

    cross = CrossLayer(num_layers=3, name="cross")(features)
    deep = features
    for units in (64, 32):
        deep = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-5))(deep)
        deep = layers.Dropout(0.2)(deep)

    logits = layers.Dense(1, use_bias=False)(layers.Concatenate()([cross, deep]))
    prediction = layers.Activation("sigmoid", name="ctr")(logits)
    model = keras.Model(inputs=[sparse, dense], outputs=prediction, name="DCN")
    model.compile("adam", "binary_crossentropy", metrics=["binary_crossentropy", keras.metrics.AUC()])
    return model


@scenario(
    "sixth-pet-adoption",
    "held-out",
    since="2.6",
    inputs=(("int", (1,), 6), ("text", (1,)), ("float", (1,)), ("text", (1,))),
    targets=((1,),),
    training_steps=1,
)
def pet_adoption():
    """Will a pet be adopted, after the tutorial on preprocessing layers: a dict of columns goes in as it is in the table."""
    random = np.random.RandomState(4)
    inputs = {
        "Age": keras.Input(shape=(1,), name="Age", dtype="int64"),
        "Breed": keras.Input(shape=(1,), name="Breed", dtype="string"),
        "Fee": keras.Input(shape=(1,), name="Fee"),
        "Type": keras.Input(shape=(1,), name="Type", dtype="string"),
    }
    encoded = []

    index = layers.IntegerLookup(vocabulary=[1, 2, 3, 4, 5])
    encoding = layers.CategoryEncoding(num_tokens=index.vocabulary_size())
    encoded.append(encoding(index(inputs["Age"])))

    breeds = layers.StringLookup(max_tokens=5)
    breeds.adapt(np.array([["Tabby"], ["Mixed"], ["Mixed"], ["Poodle"], ["Siamese"], ["Mixed"], ["Tabby"]]))
    encoded.append(layers.CategoryEncoding(num_tokens=5, output_mode="multi_hot")(breeds(inputs["Breed"])))

    fee = layers.Normalization(axis=None)
    fee.adapt(random.uniform(0.0, 100.0, size=(50, 1)).astype("float32"))
    encoded.append(fee(inputs["Fee"]))

    types = layers.StringLookup(vocabulary=["Cat", "Dog"], output_mode="one_hot")
    encoded.append(types(inputs["Type"]))

    x = layers.concatenate(encoded)
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    output = layers.Dense(1)(x)
    model = keras.Model(inputs, output)
    model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


@registered("concrete")
class ResidualBlock(layers.Layer):
    """Dense layers with a shortcut around them."""

    def __init__(self, n_layers, n_neurons, **kwargs):
        super().__init__(**kwargs)
        self.n_layers = n_layers
        self.n_neurons = n_neurons
        self.hidden = [
            layers.Dense(n_neurons, activation="elu", kernel_initializer="he_normal") for _ in range(n_layers)
        ]

    def call(self, inputs):
        z = inputs
        for layer in self.hidden:
            z = layer(z)
        return inputs + z

    def get_config(self):
        base_config = super().get_config()
        return {**base_config, "n_layers": self.n_layers, "n_neurons": self.n_neurons}


@registered("concrete")
class ResidualRegressor(keras.Model):
    """A subclassed model that runs one of its blocks three times."""

    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.output_dim = output_dim
        self.hidden1 = layers.Dense(30, activation="elu", kernel_initializer="he_normal")
        self.block1 = ResidualBlock(2, 30)
        self.block2 = ResidualBlock(2, 30)
        self.out = layers.Dense(output_dim)

    def call(self, inputs):
        z = self.hidden1(inputs)
        for _ in range(3):
            z = self.block1(z)
        z = self.block2(z)
        return self.out(z)

    def get_config(self):
        return {"output_dim": self.output_dim}


@scenario(
    "sixth-concrete-strength",
    "held-out",
    inputs=(("float", (8,)),),
    targets=((1,),),
    training_steps=1,
    custom_objects=("ResidualBlock", "ResidualRegressor"),
)
def concrete_strength():
    """Strength of concrete from its mixture: the subclassed residual regressor of a well-known book."""
    model = ResidualRegressor(1)
    model.compile(loss="mse", optimizer="nadam", metrics=[keras.metrics.RootMeanSquaredError()])
    return model


# Series and signals


@scenario("sixth-ventilator", "held-out", inputs=(("float", (40, 8)),), targets=((40, 1),), training_steps=1)
def ventilator():
    """Pressure of a ventilator at each step of a breath: stacked bidirectional LSTMs."""
    model = keras.models.Sequential(
        [
            keras.layers.Input(shape=(40, 8)),
            keras.layers.Bidirectional(keras.layers.LSTM(24, return_sequences=True)),
            keras.layers.Bidirectional(keras.layers.LSTM(16, return_sequences=True)),
            keras.layers.Bidirectional(keras.layers.LSTM(12, return_sequences=True)),
            keras.layers.Dense(24, activation="selu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mae")
    return model


@scenario("sixth-air-pollution", "held-out", inputs=(("float", (24, 7)),), targets=((1,),), training_steps=1)
def air_pollution():
    """Particles in the air of the next hour: stacked GRUs with both kinds of dropout and a decaying rate."""
    model = keras.Sequential()
    model.add(layers.GRU(32, dropout=0.1, recurrent_dropout=0.5, return_sequences=True, input_shape=(None, 7)))
    model.add(layers.GRU(32, activation="relu", dropout=0.1, recurrent_dropout=0.5))
    model.add(layers.Dense(1))
    lr_schedule = tf.keras.optimizers.schedules.InverseTimeDecay(0.001, decay_steps=1000, decay_rate=1, staircase=False)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=lr_schedule),
        loss=keras.losses.Huber(delta=1.0),
        metrics=["mae"],
    )
    return model


@scenario("sixth-bearing-faults", "held-out", inputs=(("float", (512, 1)),), targets=((10,),), training_steps=1)
def bearing_faults():
    """Faults of bearings from vibrations: a first convolution with a wide kernel, then narrow ones."""
    inputs = layers.Input(shape=(512, 1))
    x = layers.Conv1D(16, kernel_size=64, strides=16, padding="same", kernel_regularizer=keras.regularizers.l2(1e-4))(
        inputs
    )
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling1D(pool_size=2)(x)
    for filters in (32, 64):
        x = layers.Conv1D(filters, 3, strides=1, padding="same", kernel_regularizer=keras.regularizers.l2(1e-4))(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling1D(pool_size=2, strides=2, padding="valid")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(50, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-4))(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs, name="WDCNN")
    model.compile(optimizer="Adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("sixth-sign-language", "held-out", inputs=(("float", (20, 42)),), targets=((6,),), training_steps=1)
def sign_language():
    """Signs from the key points of hands in a video, frames without a hand are masked."""
    actions = np.array(["hello", "thanks", "iloveyou", "yes", "no", "please"])
    model = keras.models.Sequential()
    model.add(layers.Masking(mask_value=0.0, input_shape=(20, 42)))
    model.add(layers.LSTM(32, return_sequences=True, activation="tanh"))
    model.add(layers.LSTM(48, return_sequences=True, activation="tanh"))
    model.add(layers.LSTM(32, return_sequences=False, activation="tanh"))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(actions.shape[0], activation="softmax"))
    model.compile(optimizer="Adam", loss="categorical_crossentropy", metrics=["categorical_accuracy"])
    return model


def colwise_rmse(y_true, y_pred):
    """Mean over the columns of the root mean squared error of each."""
    colwise_mse = tf.reduce_mean(tf.square(y_true - y_pred), axis=1)
    return tf.reduce_mean(tf.sqrt(colwise_mse), axis=1)


@scenario(
    "sixth-rna-degradation",
    "held-out",
    until="2.15",
    inputs=(("int", (30, 3), 14),),
    targets=((20, 5),),
    training_steps=1,
    custom_objects=("colwise_rmse",),
)
def rna_degradation():
    """How fast an RNA vaccine degrades at each base (OpenVaccine): TensorFlow functions on Keras tensors, as of Keras 2."""
    inputs = layers.Input(shape=(30, 3))
    embed = layers.Embedding(input_dim=14, output_dim=12)(inputs)
    reshaped = tf.reshape(embed, shape=(-1, embed.shape[1], embed.shape[2] * embed.shape[3]))
    hidden = layers.SpatialDropout1D(0.2)(reshaped)
    for _ in range(2):
        hidden = layers.Bidirectional(
            layers.GRU(16, dropout=0.3, return_sequences=True, kernel_initializer="orthogonal")
        )(hidden)
    truncated = hidden[:, :20]
    out = layers.Dense(5, activation="linear")(truncated)
    model = keras.Model(inputs=inputs, outputs=out)
    model.compile(tf.optimizers.Adam(), loss=colwise_rmse)
    return model


@registered("load")
class PatchEmbedding(layers.Layer):
    """Cuts a series into patches and adds a learned position to each."""

    def __init__(self, patch_size, dim, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size
        self.dim = dim
        self.projection = layers.Dense(dim)

    def build(self, input_shape):
        self.num_patches = input_shape[1] // self.patch_size
        self.positions = self.add_weight(
            shape=(self.num_patches, self.dim), initializer="random_normal", name="positions"
        )
        self.projection.build((input_shape[0], self.num_patches, self.patch_size * input_shape[2]))
        self.built = True

    def call(self, inputs):
        patches = keras.ops.reshape(inputs, (-1, self.num_patches, self.patch_size * inputs.shape[2]))
        return self.projection(patches) + self.positions

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[1] // self.patch_size, self.dim)

    def get_config(self):
        config = super().get_config()
        config.update({"patch_size": self.patch_size, "dim": self.dim})
        return config


@scenario("sixth-grid-load", "held-out", since="2.16", inputs=(("float", (48, 3)),), targets=((12,),), training_steps=1)
def grid_load():
    """Load of an electricity grid for the next hours, written for Keras 3: a transformer over patches, ``keras.ops`` between."""
    inputs = keras.Input(shape=(48, 3))
    mean = keras.ops.mean(inputs, axis=1, keepdims=True)
    std = keras.ops.std(inputs, axis=1, keepdims=True) + 1e-5
    x = PatchEmbedding(patch_size=6, dim=32)((inputs - mean) / std)
    for _ in range(2):
        attended = layers.MultiHeadAttention(num_heads=4, key_dim=8, dropout=0.1)(x, x)
        x = layers.LayerNormalization(epsilon=1e-6)(x + attended)
        h = layers.Dense(64, activation="gelu")(x)
        h = layers.Dropout(0.1)(h)
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Dense(32)(h))
    x = layers.Flatten()(x)
    forecast = layers.Dense(12)(x)
    outputs = forecast * std[:, 0, :1] + mean[:, 0, :1]
    model = keras.Model(inputs, outputs, name="load_patches")
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=keras.optimizers.schedules.CosineDecay(0.0, 1000, warmup_target=1e-3, warmup_steps=100),
            weight_decay=1e-4,
            clipnorm=1.0,
        ),
        loss="mse",
        metrics=["mae"],
    )
    return model


# Pictures


@scenario("sixth-casting-defects", "held-out", inputs=(("float", (48, 48, 1)),), targets=((1,),), training_steps=1)
def casting_defects():
    """Defects of cast parts in grey pictures: the plainest convolutional classifier of a factory."""
    model = keras.Sequential(
        [
            layers.Conv2D(
                filters=16, kernel_size=7, strides=2, padding="same", activation="relu", input_shape=(48, 48, 1)
            ),
            layers.MaxPooling2D(pool_size=2, strides=2, padding="same"),
            layers.Conv2D(filters=32, kernel_size=3, strides=1, padding="same", activation="relu"),
            layers.MaxPooling2D(pool_size=2, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(units=32, activation="relu"),
            layers.Dropout(rate=0.2),
            layers.Dense(units=1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


@scenario("sixth-retina-grades", "held-out", inputs=(("float", (48, 48, 3)),), targets=((5,),), training_steps=1)
def retina_grades():
    """Stages of diabetic retinopathy, as an ordered set of yes and no: separable convolutions."""
    model = keras.models.Sequential()
    model.add(layers.Input(shape=(48, 48, 3)))
    model.add(layers.ZeroPadding2D(padding=(1, 1)))
    model.add(layers.Conv2D(16, (3, 3), activation="relu", padding="valid"))
    model.add(layers.Conv2D(16, (3, 3), activation="relu", padding="same"))
    model.add(layers.MaxPool2D(pool_size=(2, 2)))
    for filters in (32, 64):
        model.add(layers.SeparableConv2D(filters, (3, 3), activation="relu", padding="same"))
        model.add(layers.SeparableConv2D(filters, (3, 3), activation="relu", padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPool2D(pool_size=(2, 2)))
        model.add(layers.Dropout(rate=0.2))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(5, activation="sigmoid"))
    model.compile(
        loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.00005), metrics=["accuracy"]
    )
    return model


def _convolution_block(block_input, num_filters=24, kernel_size=3, dilation_rate=1, use_bias=False):
    x = layers.Conv2D(
        num_filters,
        kernel_size=kernel_size,
        dilation_rate=dilation_rate,
        padding="same",
        use_bias=use_bias,
        kernel_initializer="he_normal",
    )(block_input)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x)


def _spatial_pyramid_pooling(dspp_input):
    dims = dspp_input.shape
    x = layers.AveragePooling2D(pool_size=(dims[-3], dims[-2]))(dspp_input)
    x = _convolution_block(x, kernel_size=1, use_bias=True)
    out_pool = layers.UpSampling2D(size=(dims[-3] // x.shape[1], dims[-2] // x.shape[2]), interpolation="bilinear")(x)
    out_1 = _convolution_block(dspp_input, kernel_size=1, dilation_rate=1)
    out_6 = _convolution_block(dspp_input, kernel_size=3, dilation_rate=6)
    out_12 = _convolution_block(dspp_input, kernel_size=3, dilation_rate=12)
    x = layers.Concatenate(axis=-1)([out_pool, out_1, out_6, out_12])
    return _convolution_block(x, kernel_size=1)


@scenario("sixth-road-scenes", "held-out", inputs=(("float", (48, 48, 3)),), targets=((48, 48, 1),), training_steps=1)
def road_scenes():
    """What each point of a street scene is: DeepLabV3+ with a small encoder."""
    model_input = keras.Input(shape=(48, 48, 3))
    low = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu", name="conv1_relu")(model_input)
    x = layers.Conv2D(24, 3, strides=2, padding="same", activation="relu", name="conv2_relu")(low)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", name="conv3_relu")(x)
    x = _spatial_pyramid_pooling(x)

    input_a = layers.UpSampling2D(size=(24 // x.shape[1], 24 // x.shape[2]), interpolation="bilinear")(x)
    input_b = _convolution_block(low, num_filters=12, kernel_size=1)
    x = layers.Concatenate(axis=-1)([input_a, input_b])
    x = _convolution_block(x)
    x = _convolution_block(x)
    x = layers.UpSampling2D(size=(48 // x.shape[1], 48 // x.shape[2]), interpolation="bilinear")(x)
    model_output = layers.Conv2D(8, kernel_size=(1, 1), padding="same")(x)
    model = keras.Model(inputs=model_input, outputs=model_output)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


@scenario("sixth-steering", "held-out", inputs=(("float", (48, 64, 3)),), targets=((1,),), training_steps=1)
def steering():
    """Angle of the steering wheel from the front camera (behavioural cloning): a Lambda scales, then the frame is cropped."""
    model = keras.models.Sequential()
    model.add(layers.Lambda(lambda x: x / 127.5 - 1.0, input_shape=(48, 64, 3)))
    model.add(layers.Cropping2D(cropping=((14, 6), (0, 0))))
    model.add(layers.Conv2D(8, (5, 5), strides=(2, 2), activation="elu"))
    model.add(layers.Conv2D(12, (5, 5), strides=(2, 2), activation="elu"))
    model.add(layers.Conv2D(16, (3, 3), activation="elu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Flatten())
    model.add(layers.Dense(50, activation="elu"))
    model.add(layers.Dense(10, activation="elu"))
    model.add(layers.Dense(1))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=1.0e-4))
    return model


def fbeta(y_true, y_pred, threshold_shift=0):
    """F2 score of one batch."""
    beta = 2
    y_pred = K.clip(y_pred, 0, 1)
    y_pred_bin = K.round(y_pred + threshold_shift)
    tp = K.sum(K.round(y_true * y_pred_bin)) + K.epsilon()
    fp = K.sum(K.round(K.clip(y_pred_bin - y_true, 0, 1)))
    fn = K.sum(K.round(K.clip(y_true - y_pred, 0, 1)))
    precision = tp / (tp + fp)
    recall = tp / (tp + fn)
    beta_squared = beta**2
    return (beta_squared + 1) * (precision * recall) / (beta_squared * precision + recall + K.epsilon())


@scenario(
    "sixth-amazon-tiles",
    "held-out",
    inputs=(("float", (32, 32, 3)),),
    targets=((17,),),
    training_steps=1,
    custom_objects=("fbeta",),
)
def amazon_tiles():
    """Tags of satellite pictures (Planet): several labels at once, and a metric of one's own."""
    model = keras.models.Sequential()
    model.add(
        layers.Conv2D(
            16, (3, 3), activation="relu", kernel_initializer="he_uniform", padding="same", input_shape=(32, 32, 3)
        )
    )
    model.add(layers.Conv2D(16, (3, 3), activation="relu", kernel_initializer="he_uniform", padding="same"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Dropout(0.2))
    model.add(layers.Conv2D(32, (3, 3), activation="relu", kernel_initializer="he_uniform", padding="same"))
    model.add(layers.Conv2D(32, (3, 3), activation="relu", kernel_initializer="he_uniform", padding="same"))
    model.add(layers.MaxPooling2D((4, 4)))
    model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu", kernel_initializer="he_uniform"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(17, activation="sigmoid"))
    opt = keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)
    model.compile(optimizer=opt, loss="binary_crossentropy", metrics=[fbeta])
    return model


@scenario(
    "sixth-conv-mixer", "held-out", since="2.6", inputs=(("float", (32, 32, 3)),), targets=((1,),), training_steps=1
)
def conv_mixer():
    """CIFAR-10 with ConvMixer, after the example of keras.io."""

    def activation_block(x):
        x = layers.Activation("gelu")(x)
        return layers.BatchNormalization()(x)

    inputs = keras.Input((32, 32, 3))
    x = layers.Rescaling(scale=1.0 / 255)(inputs)
    x = activation_block(layers.Conv2D(32, kernel_size=2, strides=2)(x))
    for _ in range(3):
        x0 = x
        x = layers.DepthwiseConv2D(kernel_size=5, padding="same")(x)
        x = layers.Add()([activation_block(x), x0])
        x = activation_block(layers.Conv2D(32, kernel_size=1)(x))
    x = layers.GlobalAvgPool2D()(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=5000, alpha=0.01)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(5, name="top-5-accuracy")],
    )
    return model


@scenario(
    "sixth-bengali-graphemes",
    "held-out",
    inputs=(("float", (48, 48, 1)),),
    targets=((40,), (11,), (7,)),
    training_steps=1,
)
def bengali_graphemes():
    """The three parts of a handwritten Bengali character: one body, three heads."""
    inputs = layers.Input(shape=(48, 48, 1))
    x = inputs
    for filters in (16, 32):
        x = layers.Conv2D(filters=filters, kernel_size=(3, 3), padding="SAME", activation="relu")(x)
        x = layers.Conv2D(filters=filters, kernel_size=(3, 3), padding="SAME", activation="relu")(x)
        x = layers.BatchNormalization(momentum=0.15)(x)
        x = layers.MaxPool2D(pool_size=(2, 2))(x)
        x = layers.Conv2D(filters=filters, kernel_size=(5, 5), strides=2, padding="SAME", activation="relu")(x)
        x = layers.Dropout(rate=0.3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(rate=0.3)(x)
    dense = layers.Dense(32, activation="relu")(x)
    head_root = layers.Dense(40, activation="softmax", name="head_root")(dense)
    head_vowel = layers.Dense(11, activation="softmax", name="head_vowel")(dense)
    head_consonant = layers.Dense(7, activation="softmax", name="head_consonant")(dense)
    model = keras.Model(inputs=inputs, outputs=[head_root, head_vowel, head_consonant])
    heads = ("head_root", "head_vowel", "head_consonant")
    model.compile(
        optimizer="adam",
        loss=dict.fromkeys(heads, "categorical_crossentropy"),
        loss_weights={"head_root": 0.5, "head_vowel": 0.25, "head_consonant": 0.25},
        metrics={head: ["accuracy"] for head in heads},
    )
    return model


def binary_focal_loss(gamma=2.0, alpha=0.25):
    """The focal loss, as a function that makes the loss function."""

    def binary_focal_loss_fixed(y_true, y_pred):
        y_true = tf.cast(y_true, tf.float32)
        y_pred = tf.clip_by_value(y_pred, 1e-7, 1.0 - 1e-7)
        p_t = tf.where(tf.equal(y_true, 1), y_pred, 1 - y_pred)
        alpha_factor = tf.ones_like(y_true) * alpha
        alpha_t = tf.where(tf.equal(y_true, 1), alpha_factor, 1 - alpha_factor)
        weight = alpha_t * tf.pow(1 - p_t, gamma)
        return tf.reduce_mean(tf.reduce_sum(-weight * tf.math.log(p_t), axis=1))

    return binary_focal_loss_fixed


binary_focal_loss_fixed = binary_focal_loss()


def _small_backbone():
    inputs = keras.Input(shape=(32, 32, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(inputs)
    x = layers.BatchNormalization(name="stem_bn")(x)
    x = layers.ReLU(6.0, name="stem_activation")(x)
    for i, filters in enumerate((24, 32), start=1):
        x = layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False, name=f"block{i}_dwconv")(x)
        x = layers.BatchNormalization(name=f"block{i}_bn")(x)
        x = layers.ReLU(6.0, name=f"block{i}_activation")(x)
        x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"block{i}_project")(x)
        x = layers.BatchNormalization(name=f"block{i}_project_bn")(x)
    return keras.Model(inputs, x, name="backbone")


@scenario(
    "sixth-melanoma",
    "held-out",
    inputs=(("float", (32, 32, 3)), ("float", (9,))),
    targets=((1,),),
    training_steps=1,
    custom_objects=("binary_focal_loss_fixed",),
)
def melanoma():
    """Melanoma from a picture and what is known of the patient: a frozen backbone inside, and the focal loss."""
    backbone = _small_backbone()
    backbone.trainable = False
    image = keras.Input(shape=(32, 32, 3), name="image")
    meta = keras.Input(shape=(9,), name="meta")
    x = backbone(image, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.3)(x)
    m = layers.Dense(16, activation="relu")(meta)
    m = layers.BatchNormalization()(m)
    x = layers.concatenate([x, m])
    x = layers.Dense(16, activation="relu")(x)
    output = layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(-4.0))(x)
    model = keras.Model(inputs=[image, meta], outputs=output)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss=binary_focal_loss(gamma=2.0, alpha=0.25),
        metrics=[keras.metrics.AUC(name="auc")],
    )
    return model


class ClipConstraint(keras.constraints.Constraint):
    """Keeps the weights of the critic within a small box."""

    def __init__(self, clip_value):
        self.clip_value = clip_value

    def __call__(self, weights):
        return K.clip(weights, -self.clip_value, self.clip_value)

    def get_config(self):
        return {"clip_value": self.clip_value}


def wasserstein_loss(y_true, y_pred):
    """Difference of the mean scores of true and made pictures."""
    return K.mean(y_true * y_pred)


@scenario(
    "sixth-wgan-critic",
    "held-out",
    inputs=(("float", (28, 28, 1)),),
    targets=((1,),),
    training_steps=1,
    custom_objects=("ClipConstraint", "wasserstein_loss"),
)
def wgan_critic():
    """The critic of a Wasserstein GAN, with a constraint and a loss of one's own."""
    init = keras.initializers.RandomNormal(stddev=0.02)
    const = ClipConstraint(0.01)
    model = keras.models.Sequential()
    model.add(
        layers.Conv2D(
            16,
            (4, 4),
            strides=(2, 2),
            padding="same",
            kernel_initializer=init,
            kernel_constraint=const,
            input_shape=(28, 28, 1),
        )
    )
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU(alpha=0.2))
    model.add(
        layers.Conv2D(16, (4, 4), strides=(2, 2), padding="same", kernel_initializer=init, kernel_constraint=const)
    )
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU(alpha=0.2))
    model.add(layers.Flatten())
    model.add(layers.Dense(1))
    model.compile(loss=wasserstein_loss, optimizer=keras.optimizers.RMSprop(learning_rate=0.00005))
    return model


# Texts


@scenario("sixth-sms-spam", "held-out", inputs=(("int", (40,), 500),), targets=((1,),), training_steps=1)
def sms_spam():
    """Spam among short messages: the LSTM over tokens of a hundred tutorials."""
    model = keras.models.Sequential()
    model.add(layers.Embedding(500, 16, input_length=40))
    model.add(layers.LSTM(20, dropout=0.2, return_sequences=True))
    model.add(layers.LSTM(20, dropout=0.2))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario("sixth-disaster-tweets", "held-out", inputs=(("int", (24,), 400),), targets=((1,),), training_steps=1)
def disaster_tweets():
    """Does a tweet tell of a real disaster: frozen word vectors, a bidirectional GRU and two poolings."""
    embedding_matrix = np.random.RandomState(8).normal(scale=0.3, size=(400, 25)).astype("float32")
    inp = layers.Input(shape=(24,))
    x = layers.Embedding(400, 25, weights=[embedding_matrix], trainable=False)(inp)
    x = layers.SpatialDropout1D(0.2)(x)
    x = layers.Bidirectional(layers.GRU(24, return_sequences=True))(x)
    avg_pool = layers.GlobalAveragePooling1D()(x)
    max_pool = layers.GlobalMaxPooling1D()(x)
    conc = layers.concatenate([avg_pool, max_pool])
    x = layers.Dense(32, activation="relu")(conc)
    x = layers.Dropout(0.4)(x)
    outp = layers.Dense(1, activation="sigmoid")(x)
    model = keras.models.Model(inputs=inp, outputs=outp)
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-3, clipnorm=1.0),
        metrics=["accuracy"],
    )
    return model


@scenario("sixth-sonnet-writer", "held-out", inputs=(("int", (10,), 300),), targets=((300,),), training_steps=1)
def sonnet_writer():
    """The next word of a sonnet, from the course on natural language with TensorFlow."""
    total_words, max_sequence_len = 300, 11
    model = keras.models.Sequential()
    model.add(layers.Embedding(total_words, 32, input_length=max_sequence_len - 1))
    model.add(layers.Bidirectional(layers.LSTM(32, return_sequences=True)))
    model.add(layers.Dropout(0.2))
    model.add(layers.LSTM(24))
    model.add(layers.Dense(total_words // 2, activation="relu", kernel_regularizer=keras.regularizers.l2(0.01)))
    model.add(layers.Dense(total_words, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def exponent_neg_manhattan_distance(left, right):
    """Similarity of two sentence vectors, between 0 and 1."""
    return K.exp(-K.sum(K.abs(left - right), axis=1, keepdims=True))


@scenario(
    "sixth-question-pairs",
    "held-out",
    inputs=(("int", (20,), 300), ("int", (20,), 300)),
    targets=((1,),),
    training_steps=1,
    custom_objects=("exponent_neg_manhattan_distance",),
)
def question_pairs():
    """Do two questions mean the same (Quora): one embedding and one LSTM for both, a Lambda compares."""
    left_input = layers.Input(shape=(20,), dtype="int32")
    right_input = layers.Input(shape=(20,), dtype="int32")
    embedding_layer = layers.Embedding(300, 24, mask_zero=True)
    shared_lstm = layers.LSTM(32)
    left_output = shared_lstm(embedding_layer(left_input))
    right_output = shared_lstm(embedding_layer(right_input))
    malstm_distance = layers.Lambda(
        function=lambda x: exponent_neg_manhattan_distance(x[0], x[1]), output_shape=lambda x: (x[0][0], 1)
    )([left_output, right_output])
    malstm = keras.Model([left_input, right_input], [malstm_distance])
    malstm.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adadelta(clipnorm=1.25), metrics=["accuracy"])
    return malstm


class AttentionLayer(layers.Layer):
    """Weighs the steps of a sequence and adds them up."""

    def __init__(self, attention_dim=16, **kwargs):
        self.attention_dim = attention_dim
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.W = self.add_weight(
            name="att_weight", shape=(input_shape[-1], self.attention_dim), initializer="normal", trainable=True
        )
        self.b = self.add_weight(name="att_bias", shape=(self.attention_dim,), initializer="zeros", trainable=True)
        self.u = self.add_weight(
            name="att_context", shape=(self.attention_dim, 1), initializer="normal", trainable=True
        )
        super().build(input_shape)

    def call(self, x):
        score = K.dot(K.tanh(K.dot(x, self.W) + self.b), self.u)
        weights = K.softmax(score, axis=1)
        return K.sum(x * weights, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        config = super().get_config()
        config["attention_dim"] = self.attention_dim
        return config


@scenario(
    "sixth-review-stars",
    "held-out",
    inputs=(("int", (5, 12), 300),),
    targets=((5,),),
    training_steps=1,
    custom_objects=("AttentionLayer",),
)
def review_stars():
    """Stars of a review from its sentences: hierarchical attention, the encoder of a sentence is a model of its own."""
    sentence_input = layers.Input(shape=(12,), dtype="int32")
    embedded = layers.Embedding(300, 20, trainable=True)(sentence_input)
    l_gru = layers.Bidirectional(layers.GRU(16, return_sequences=True))(embedded)
    l_att = AttentionLayer(16)(l_gru)
    sent_encoder = keras.models.Model(sentence_input, l_att)

    review_input = layers.Input(shape=(5, 12), dtype="int32")
    review_encoder = layers.TimeDistributed(sent_encoder)(review_input)
    l_gru_sent = layers.Bidirectional(layers.GRU(16, return_sequences=True))(review_encoder)
    l_att_sent = AttentionLayer(16)(l_gru_sent)
    preds = layers.Dense(5, activation="softmax")(l_att_sent)
    model = keras.models.Model(review_input, preds)
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
    return model


# Sound and play


@scenario("sixth-urban-sounds", "held-out", inputs=(("float", (40, 44, 1)),), targets=((10,),), training_steps=1)
def urban_sounds():
    """Sounds of a city from their cepstral coefficients: small even kernels, as in the well-known series of articles."""
    num_rows, num_columns, num_channels = 40, 44, 1
    model = keras.models.Sequential()
    model.add(
        layers.Conv2D(filters=16, kernel_size=2, input_shape=(num_rows, num_columns, num_channels), activation="relu")
    )
    model.add(layers.MaxPooling2D(pool_size=2))
    model.add(layers.Dropout(0.2))
    for filters in (32, 64):
        model.add(layers.Conv2D(filters=filters, kernel_size=2, activation="relu"))
        model.add(layers.MaxPooling2D(pool_size=2))
        model.add(layers.Dropout(0.2))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", metrics=["accuracy"], optimizer="adam")
    return model


@scenario("sixth-lunar-lander", "held-out", inputs=(("float", (8,)),), targets=((4,),), training_steps=1)
def lunar_lander():
    """The value of each action of a lunar lander: the Q network of a course on reinforcement learning."""
    state_size, num_actions = (8,), 4
    q_network = keras.models.Sequential(
        [
            layers.Input(state_size),
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(num_actions, activation="linear"),
        ]
    )
    q_network.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="mse")
    return q_network
