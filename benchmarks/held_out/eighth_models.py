"""An eighth set, written by somebody who had seen neither the predictions nor the models and findings of the project. Never mend
a prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers
K = keras.backend


def _no_registration(package):
    """TensorFlow 2.0 has no register_keras_serializable: the module must still be importable there."""
    return lambda cls: cls


register = getattr(keras.utils, "register_keras_serializable", _no_registration)


# Tables


@scenario("eighth-wine-quality", "held-out", inputs=(("float", (11,)),), targets=((1,),), training_steps=1)
def wine_quality():
    """A first deep-learning course: a regression with dropout and batch normalisation on the red wine table."""
    model = keras.Sequential(
        [
            layers.Dense(64, activation="relu", input_shape=[11]),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mae")
    return model


@scenario(
    "eighth-insurance-charges", "held-out", since="2.6", inputs=(("float", (9,)),), targets=((1,),), training_steps=1
)
def insurance_charges():
    """Medical charges from encoded features, with the adapted normalisation inside the model as in the regression tutorial."""
    features = np.random.RandomState(3).uniform(size=(64, 9)).astype("float32")
    normalizer = layers.Normalization(axis=-1)
    normalizer.adapt(features)
    model = keras.Sequential(
        [
            normalizer,
            layers.Dense(32, activation="relu", kernel_initializer="he_uniform"),
            layers.Dense(16, activation="relu", kernel_initializer="he_uniform"),
            layers.Dense(1, activation="linear"),
        ],
        name="charges",
    )
    model.compile(
        loss=keras.losses.MeanSquaredLogarithmicError(),
        optimizer=keras.optimizers.RMSprop(learning_rate=0.002, rho=0.9, momentum=0.1),
        metrics=["mae", keras.metrics.RootMeanSquaredError()],
    )
    return model


@scenario("eighth-higgs-bosons", "held-out", inputs=(("float", (28,)),), targets=((1,),), training_steps=1)
def higgs_bosons():
    """The overfitting tutorial: a classifier of collisions with L2, dropout, logits and an inverse time schedule."""
    penalty = keras.regularizers.l2(0.0001)
    model = keras.Sequential()
    model.add(layers.Dense(48, kernel_regularizer=penalty, activation="elu", input_shape=(28,)))
    model.add(layers.Dropout(0.5))
    for _ in range(3):
        model.add(layers.Dense(48, kernel_regularizer=penalty, activation="elu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(1))
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.001, decay_steps=20000, decay_rate=1, staircase=False)
    model.compile(
        optimizer=keras.optimizers.Adam(schedule),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryCrossentropy(from_logits=True, name="binary_crossentropy"), "accuracy"],
    )
    return model


@scenario(
    "eighth-water-pumps",
    "held-out",
    since="2.6",
    inputs=(("text", (1,)), ("text", (1,)), ("float", (4,))),
    targets=((3,),),
    training_steps=1,
)
def water_pumps():
    """A competition on the state of water pumps: raw text categories go into the model and are looked up and hashed there."""
    quantity = keras.Input(shape=(1,), name="quantity", dtype="string")
    installer = keras.Input(shape=(1,), name="installer", dtype="string")
    numbers = keras.Input(shape=(4,), name="numbers")

    lookup = layers.StringLookup(vocabulary=["enough", "insufficient", "dry", "seasonal"], output_mode="one_hot")
    encoded_quantity = lookup(quantity)
    encoded_installer = layers.Hashing(num_bins=50)(installer)
    encoded_installer = layers.Embedding(50, 6)(encoded_installer)
    encoded_installer = layers.Flatten()(encoded_installer)
    scaler = layers.Normalization(name="numbers_scaled")
    scaler.adapt(np.random.RandomState(5).normal(size=(50, 4)).astype("float32"))

    x = layers.concatenate([encoded_quantity, encoded_installer, scaler(numbers)])
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(16, activation="relu")(x)
    status = layers.Dense(3, activation="softmax", name="status_group")(x)
    model = keras.Model([quantity, installer, numbers], status)
    model.compile("adam", "categorical_crossentropy", metrics=["categorical_accuracy"])
    return model


@scenario(
    "eighth-forest-cover",
    "held-out",
    since="2.3",
    inputs=(
        ("float", (1,)),
        ("float", (1,)),
        ("float", (1,)),
        ("int", (1,), 40),
        ("int", (1,), 4),
    ),
    targets=((1,),),
    training_steps=1,
)
def forest_cover():
    """A deep and cross network on the forest cover table, with a dict of named inputs."""
    numeric_names = ["elevation", "hillshade_noon", "slope"]
    category_sizes = {"soil_type": 40, "wilderness_area": 4}
    inputs = {}
    for feature in numeric_names:
        inputs[feature] = keras.Input(name=feature, shape=(1,), dtype="float32")
    for feature in category_sizes:
        inputs[feature] = keras.Input(name=feature, shape=(1,), dtype="int32")

    encoded = [inputs[feature] for feature in numeric_names]
    for feature, size in category_sizes.items():
        embedding = layers.Embedding(input_dim=size, output_dim=int(np.sqrt(size)))(inputs[feature])
        encoded.append(layers.Flatten()(embedding))
    x0 = layers.concatenate(encoded)
    x0 = layers.BatchNormalization()(x0)

    cross = x0
    for _ in range(2):
        projected = layers.Dense(x0.shape[-1])(cross)
        cross = x0 * projected + cross
    cross = layers.BatchNormalization()(cross)

    deep = x0
    for units in [32, 32]:
        deep = layers.Dense(units)(deep)
        deep = layers.BatchNormalization()(deep)
        deep = layers.ReLU()(deep)
        deep = layers.Dropout(0.1)(deep)

    merged = layers.concatenate([cross, deep])
    outputs = layers.Dense(units=7, activation="softmax")(merged)
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


@scenario("eighth-network-intrusion", "held-out", inputs=(("float", (41,)),), targets=((41,),), training_steps=1)
def network_intrusion():
    """Anomalies in network connections by a sparse autoencoder with an activity penalty on the first code."""
    input_layer = keras.Input(shape=(41,))
    encoder = layers.Dense(24, activation="tanh", activity_regularizer=keras.regularizers.l1(1e-5))(input_layer)
    encoder = layers.Dense(12, activation="relu")(encoder)
    code = layers.Dense(6, activation="relu", name="code")(encoder)
    decoder = layers.Dense(12, activation="relu")(code)
    decoder = layers.Dense(24, activation="tanh")(decoder)
    decoder = layers.Dense(41, activation="relu")(decoder)
    autoencoder = keras.Model(inputs=input_layer, outputs=decoder)
    autoencoder.compile(optimizer="adadelta", loss="mean_squared_error", metrics=["accuracy"])
    return autoencoder


@register(package="housing")
class EighthResidualBlock(layers.Layer):
    """A few dense layers with a way around them."""

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
        config = super().get_config()
        config.update({"n_layers": self.n_layers, "n_neurons": self.n_neurons})
        return config


@register(package="housing")
class EighthResidualRegressor(keras.Model):
    """The book's example of a subclassed model: the same block is applied several times."""

    def __init__(self, output_dim, **kwargs):
        super().__init__(**kwargs)
        self.output_dim = output_dim
        self.hidden1 = layers.Dense(20, activation="elu", kernel_initializer="he_normal")
        self.block1 = EighthResidualBlock(2, 20)
        self.block2 = EighthResidualBlock(2, 20)
        self.out = layers.Dense(output_dim)

    def call(self, inputs):
        z = self.hidden1(inputs)
        for _ in range(1 + 3):
            z = self.block1(z)
        z = self.block2(z)
        return self.out(z)

    def get_config(self):
        return {"output_dim": self.output_dim, "name": self.name}


@scenario(
    "eighth-residual-regressor", "held-out", since="2.1", inputs=(("float", (8,)),), targets=((1,),), training_steps=1
)
def residual_regressor():
    """A subclassed regressor of Californian districts, from a chapter on custom models."""
    model = EighthResidualRegressor(1)
    model.compile(loss="mse", optimizer="nadam")
    return model


# Time series


@scenario("eighth-airline-passengers", "held-out", inputs=(("float", (12, 1)),), targets=((1,),), training_steps=1)
def airline_passengers():
    """The blog post on monthly passengers: one small recurrent layer over a window."""
    look_back = 12
    model = keras.models.Sequential()
    model.add(layers.LSTM(8, input_shape=(look_back, 1), activation="tanh", recurrent_activation="sigmoid"))
    model.add(layers.Dense(1))
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model


@scenario("eighth-web-traffic", "held-out", inputs=(("float", (64, 2)),), targets=((8,),), training_steps=1)
def web_traffic():
    """Page views of the next days by gated dilated convolutions with residual and skip paths."""
    history = keras.Input(shape=(64, 2))
    x = layers.Conv1D(12, 1, padding="same", activation="relu")(history)
    skips = []
    for dilation_rate in [2**i for i in range(5)]:
        filtered = layers.Conv1D(12, 2, padding="causal", dilation_rate=dilation_rate)(x)
        gate = layers.Conv1D(12, 2, padding="causal", dilation_rate=dilation_rate)(x)
        z = layers.Multiply()([layers.Activation("tanh")(filtered), layers.Activation("sigmoid")(gate)])
        z = layers.Conv1D(12, 1, padding="same", activation="relu")(z)
        x = layers.Add()([x, z])
        skips.append(z)
    out = layers.Activation("relu")(layers.Add()(skips))
    out = layers.Conv1D(4, 1, padding="same", activation="relu")(out)
    out = layers.Dropout(0.2)(out)
    out = layers.Flatten()(out)
    out = layers.Dense(8)(out)
    model = keras.Model(history, out)
    model.compile(keras.optimizers.Adam(learning_rate=0.001, clipnorm=1.0), loss="mean_absolute_error")
    return model


@scenario("eighth-wind-power", "held-out", inputs=(("float", (36, 6)),), targets=((12,),), training_steps=1)
def wind_power():
    """Output of a wind park for the next hours from measured weather, by two bidirectional layers."""
    model = keras.models.Sequential(
        [
            layers.Bidirectional(layers.LSTM(12, return_sequences=True), input_shape=(36, 6)),
            layers.Dropout(0.1),
            layers.Bidirectional(layers.GRU(10), merge_mode="ave"),
            layers.Dense(24, activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)),
            layers.Dense(12),
        ]
    )
    schedule = keras.optimizers.schedules.PolynomialDecay(0.005, decay_steps=500, end_learning_rate=0.0005, power=2.0)
    model.compile(
        loss=keras.losses.Huber(delta=0.5),
        optimizer=keras.optimizers.Adam(learning_rate=schedule),
        metrics=["mae", "mape"],
    )
    return model


# Pictures


@scenario("eighth-galaxy-shapes", "held-out", inputs=(("float", (32, 32, 3)),), targets=((37,),), training_steps=1)
def galaxy_shapes():
    """The answers of volunteers on the shape of galaxies, as 37 probabilities."""
    model = keras.models.Sequential()
    model.add(layers.Conv2D(12, (3, 3), input_shape=(32, 32, 3)))
    model.add(layers.Activation("relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Conv2D(16, (3, 3)))
    model.add(layers.Activation("relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Conv2D(24, (3, 3)))
    model.add(layers.Activation("relu"))
    model.add(layers.GlobalMaxPooling2D())
    model.add(layers.Dropout(0.25))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(37))
    model.add(layers.Activation("sigmoid"))
    model.compile(
        loss="mean_squared_error",
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    return model


def dice_coefficient(y_true, y_pred):
    y_true = K.flatten(y_true)
    y_pred = K.flatten(y_pred)
    intersection = K.sum(y_true * y_pred)
    return (2.0 * intersection + 1.0) / (K.sum(y_true) + K.sum(y_pred) + 1.0)


@scenario(
    "eighth-nuclei-unet",
    "held-out",
    inputs=(("float", (32, 32, 3)),),
    targets=((32, 32, 1),),
    training_steps=1,
    custom_objects=("dice_coefficient",),
)
def nuclei_unet():
    """The well-known competition kernel for cell nuclei: a U-Net which scales the pixels in its first layer."""

    def two_convolutions(x, filters, dropout):
        x = layers.Conv2D(filters, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same")(x)
        x = layers.Dropout(dropout)(x)
        return layers.Conv2D(filters, (3, 3), activation="elu", kernel_initializer="he_normal", padding="same")(x)

    inputs = keras.Input((32, 32, 3))
    s = layers.Lambda(lambda x: x / 255)(inputs)
    c1 = two_convolutions(s, 4, 0.1)
    p1 = layers.MaxPooling2D((2, 2))(c1)
    c2 = two_convolutions(p1, 8, 0.1)
    p2 = layers.MaxPooling2D((2, 2))(c2)
    c3 = two_convolutions(p2, 16, 0.2)
    u4 = layers.Conv2DTranspose(8, (2, 2), strides=(2, 2), padding="same")(c3)
    u4 = layers.concatenate([u4, c2])
    c4 = two_convolutions(u4, 8, 0.1)
    u5 = layers.Conv2DTranspose(4, (2, 2), strides=(2, 2), padding="same")(c4)
    u5 = layers.concatenate([u5, c1], axis=3)
    c5 = two_convolutions(u5, 4, 0.1)
    outputs = layers.Conv2D(1, (1, 1), activation="sigmoid")(c5)
    model = keras.Model(inputs=[inputs], outputs=[outputs])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=[dice_coefficient])
    return model


def grid_detection_loss(y_true, y_pred):
    """Confidence everywhere, box corners only in the cells with an object."""
    mask = tf.cast(y_true[..., :1] > 0.5, y_pred.dtype)
    confidence = K.binary_crossentropy(y_true[..., :1], y_pred[..., :1])
    boxes = mask * tf.square(y_true[..., 1:] - y_pred[..., 1:])
    return tf.reduce_mean(confidence) + 5.0 * tf.reduce_mean(boxes)


@scenario(
    "eighth-wheat-heads",
    "held-out",
    inputs=(("float", (32, 32, 3)),),
    targets=((4, 4, 5),),
    training_steps=1,
    custom_objects=("grid_detection_loss",),
)
def wheat_heads():
    """A home-made one-stage detector: a grid of cells with confidence and box, and a loss written by hand."""
    inputs = keras.Input(shape=(32, 32, 3))
    x = inputs
    for filters in (8, 16, 24):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.LeakyReLU(0.1)(x)
        shortcut = x
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.LeakyReLU(0.1)(x)
        x = layers.add([shortcut, x])
        x = layers.MaxPooling2D(2)(x)
    outputs = layers.Conv2D(5, 1, activation="sigmoid", name="grid")(x)
    model = keras.Model(inputs, outputs, name="wheat_detector")
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss=grid_detection_loss)
    return model


@scenario("eighth-age-gender", "held-out", inputs=(("float", (32, 32, 1)),), targets=((1,), (1,)), training_steps=1)
def age_gender():
    """Age and gender from a face: one trunk, two named heads, losses and weights in dicts."""
    inputs = keras.Input(shape=(32, 32, 1))
    x = inputs
    for filters in (8, 16, 24):
        x = layers.Conv2D(filters, kernel_size=(3, 3), activation="relu")(x)
        x = layers.MaxPooling2D(pool_size=(2, 2))(x)
    flat = layers.Flatten()(x)
    dense_gender = layers.Dropout(0.3)(layers.Dense(32, activation="relu")(flat))
    dense_age = layers.Dropout(0.3)(layers.Dense(32, activation="relu")(flat))
    gender = layers.Dense(1, activation="sigmoid", name="gender_out")(dense_gender)
    age = layers.Dense(1, activation="relu", name="age_out")(dense_age)
    model = keras.Model(inputs=[inputs], outputs=[gender, age])
    model.compile(
        loss={"gender_out": "binary_crossentropy", "age_out": "mae"},
        loss_weights={"gender_out": 1.0, "age_out": 0.25},
        optimizer="adam",
        metrics={"gender_out": "accuracy", "age_out": "mae"},
    )
    return model


@scenario("eighth-doodles", "held-out", inputs=(("float", (24, 3)),), targets=((10,),), training_steps=1)
def doodles():
    """Sketches as a padded sequence of pen strokes, read by recurrent layers which skip the padding."""
    model = keras.Sequential(name="stroke_reader")
    model.add(layers.Masking(mask_value=0.0, input_shape=(24, 3)))
    model.add(layers.Bidirectional(layers.LSTM(16, return_sequences=True)))
    model.add(layers.Dropout(0.3))
    model.add(layers.LSTM(24))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(32))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        optimizer="adam",
        loss="categorical_crossentropy",
        metrics=["categorical_accuracy", keras.metrics.TopKCategoricalAccuracy(k=3, name="top_3")],
    )
    return model


@scenario(
    "eighth-whale-tails",
    "held-out",
    inputs=(("float", (32, 32, 1)), ("float", (32, 32, 1))),
    targets=((1,),),
    training_steps=1,
)
def whale_tails():
    """Do two photographs show the same whale? A branch model, used twice, and a head model over pairs of features."""
    img_shape = (32, 32, 1)
    picture = keras.Input(shape=img_shape)
    x = layers.Conv2D(8, (5, 5), strides=2, padding="same", activation="relu")(picture)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(16, (3, 3), padding="same", activation="relu")(x)
    x = layers.MaxPooling2D((2, 2), strides=(2, 2))(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(24, (3, 3), padding="same", activation="relu")(x)
    x = layers.GlobalMaxPooling2D()(x)
    branch_model = keras.Model(picture, x, name="branch")

    size = 24
    xa_inp = keras.Input(shape=(size,))
    xb_inp = keras.Input(shape=(size,))
    x1 = layers.Lambda(lambda pair: pair[0] * pair[1])([xa_inp, xb_inp])
    x2 = layers.Lambda(lambda pair: pair[0] + pair[1])([xa_inp, xb_inp])
    x3 = layers.Lambda(lambda pair: K.abs(pair[0] - pair[1]))([xa_inp, xb_inp])
    x4 = layers.Lambda(lambda difference: K.square(difference))(x3)
    x = layers.Concatenate()([x1, x2, x3, x4])
    x = layers.Reshape((4, size, 1), name="reshape1")(x)
    x = layers.Conv2D(8, (4, 1), activation="relu", padding="valid")(x)
    x = layers.Reshape((size, 8, 1))(x)
    x = layers.Conv2D(1, (1, 8), activation="linear", padding="valid")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(1, use_bias=True, activation="sigmoid", name="weighted-average")(x)
    head_model = keras.Model([xa_inp, xb_inp], x, name="head")

    img_a = keras.Input(shape=img_shape)
    img_b = keras.Input(shape=img_shape)
    model = keras.Model([img_a, img_b], head_model([branch_model(img_a), branch_model(img_b)]))
    model.compile(keras.optimizers.Adam(learning_rate=64e-5), loss="binary_crossentropy", metrics=["acc"])
    return model


@scenario(
    "eighth-acgan-discriminator", "held-out", inputs=(("float", (28, 28, 1)),), targets=((1,), (1,)), training_steps=1
)
def acgan_discriminator():
    """The discriminator of an auxiliary classifier GAN: is the digit real, and which one is it?"""
    cnn = keras.Sequential(name="features")
    cnn.add(layers.Conv2D(8, 3, padding="same", strides=2, input_shape=(28, 28, 1)))
    cnn.add(layers.LeakyReLU(0.2))
    cnn.add(layers.Dropout(0.3))
    cnn.add(layers.Conv2D(16, 3, padding="same", strides=1))
    cnn.add(layers.LeakyReLU(0.2))
    cnn.add(layers.Dropout(0.3))
    cnn.add(layers.Conv2D(24, 3, padding="same", strides=2))
    cnn.add(layers.LeakyReLU(0.2))
    cnn.add(layers.Dropout(0.3))
    cnn.add(layers.Flatten())

    image = keras.Input(shape=(28, 28, 1))
    features = cnn(image)
    fake = layers.Dense(1, activation="sigmoid", name="generation")(features)
    aux = layers.Dense(10, activation="softmax", name="auxiliary")(features)
    model = keras.Model(image, [fake, aux])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.0002, beta_1=0.5),
        loss=["binary_crossentropy", "sparse_categorical_crossentropy"],
    )
    return model


@scenario(
    "eighth-hippocampus-vnet",
    "held-out",
    inputs=(("float", (16, 16, 16, 1)),),
    targets=((16, 16, 16, 3),),
    training_steps=1,
)
def hippocampus_vnet():
    """Volumes of a magnetic resonance scan, cut into three tissues by a small residual encoder and decoder."""

    def stage(x, filters):
        shortcut = layers.Conv3D(filters, 1, padding="same")(x)
        y = layers.Conv3D(filters, 3, padding="same", kernel_initializer="he_normal")(x)
        y = layers.BatchNormalization()(y)
        y = layers.PReLU(shared_axes=[1, 2, 3])(y)
        y = layers.Add()([y, shortcut])
        return layers.PReLU(shared_axes=[1, 2, 3])(y)

    inputs = keras.Input(shape=(16, 16, 16, 1))
    left1 = stage(inputs, 4)
    down1 = layers.Conv3D(8, 2, strides=2, padding="valid")(left1)
    left2 = stage(down1, 8)
    down2 = layers.Conv3D(16, 2, strides=2, padding="valid")(left2)
    bottom = layers.SpatialDropout3D(0.2)(stage(down2, 16))
    up2 = layers.Conv3DTranspose(8, 2, strides=2, padding="valid")(bottom)
    right2 = stage(layers.Concatenate(axis=-1)([up2, left2]), 8)
    up1 = layers.UpSampling3D(size=2)(right2)
    right1 = stage(layers.Concatenate(axis=-1)([up1, left1]), 4)
    outputs = layers.Conv3D(3, 1, activation="softmax")(right1)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.99, nesterov=True),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


@scenario("eighth-histopathology", "held-out", inputs=(("float", (32, 32, 3)),), targets=((2,),), training_steps=1)
def histopathology():
    """Cancer in tissue patches: blocks of separable convolutions, as a blog on computer vision builds them."""
    model = keras.models.Sequential()
    chan_dim = -1
    model.add(layers.SeparableConv2D(8, (3, 3), padding="same", input_shape=(32, 32, 3)))
    model.add(layers.Activation("relu"))
    model.add(layers.BatchNormalization(axis=chan_dim))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Dropout(0.25))
    for filters, repeats in ((16, 2), (24, 3)):
        for _ in range(repeats):
            model.add(layers.SeparableConv2D(filters, (3, 3), padding="same"))
            model.add(layers.Activation("relu"))
            model.add(layers.BatchNormalization(axis=chan_dim))
        model.add(layers.MaxPooling2D(pool_size=(2, 2)))
        model.add(layers.Dropout(0.25))
    model.add(layers.Flatten())
    model.add(layers.Dense(32))
    model.add(layers.Activation("relu"))
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(2))
    model.add(layers.Activation("softmax"))
    model.compile(
        loss="binary_crossentropy", optimizer=keras.optimizers.Adagrad(learning_rate=1e-2), metrics=["accuracy"]
    )
    return model


@scenario("eighth-colorizer", "held-out", inputs=(("float", (32, 32, 1)),), targets=((32, 32, 2),), training_steps=1)
def colorizer():
    """Colours for grey photographs of any size: strided convolutions down, upsampling back."""
    model = keras.models.Sequential()
    model.add(layers.InputLayer(input_shape=(None, None, 1)))
    model.add(layers.Conv2D(4, (3, 3), activation="relu", padding="same", strides=2))
    model.add(layers.Conv2D(8, (3, 3), activation="relu", padding="same"))
    model.add(layers.Conv2D(8, (3, 3), activation="relu", padding="same", strides=2))
    model.add(layers.Conv2D(16, (3, 3), activation="relu", padding="same"))
    model.add(layers.UpSampling2D((2, 2)))
    model.add(layers.Conv2D(8, (3, 3), activation="relu", padding="same"))
    model.add(layers.UpSampling2D((2, 2), interpolation="bilinear"))
    model.add(layers.Conv2D(2, (3, 3), activation="tanh", padding="same"))
    model.compile(optimizer="rmsprop", loss="mse")
    return model


# Sound


@scenario(
    "eighth-bird-calls", "held-out", since="2.2", inputs=(("float", (32, 48, 1)),), targets=((12,),), training_steps=1
)
def bird_calls():
    """Which birds sing in this mel spectrogram? Several may, hence sigmoids."""

    def block(x, filters):
        x = layers.Conv2D(filters, (3, 3), padding="same", use_bias=False, kernel_initializer="he_uniform")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("swish")(x)
        return layers.AveragePooling2D((2, 2))(x)

    spectrogram = keras.Input(shape=(32, 48, 1), name="melspec")
    x = layers.BatchNormalization(axis=1)(spectrogram)
    x = layers.ZeroPadding2D(((0, 0), (1, 1)))(x)
    for filters in (8, 16, 24):
        x = block(x, filters)
    average = layers.GlobalAveragePooling2D()(x)
    peak = layers.GlobalMaxPooling2D()(x)
    x = layers.Concatenate()([average, peak])
    x = layers.Dropout(0.5)(x)
    birds = layers.Dense(12, activation="sigmoid", name="birds")(x)
    model = keras.Model(spectrogram, birds)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        metrics=[keras.metrics.AUC(curve="PR", name="pr_auc")],
    )
    return model


# Text


@scenario("eighth-reuters-topics", "held-out", inputs=(("float", (200,)),), targets=((46,),), training_steps=1)
def reuters_topics():
    """The book's newswires: multi-hot words, two dense layers, 46 topics."""
    model = keras.Sequential(
        [
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(46, activation="softmax"),
        ]
    )
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("eighth-insincere-questions", "held-out", inputs=(("int", (30,), 500),), targets=((1,),), training_steps=1)
def insincere_questions():
    """A question site's competition: frozen word vectors, two bidirectional layers, both pools."""
    max_features, embed_size = 500, 24
    embedding_matrix = np.random.RandomState(11).normal(0.0, 0.4, (max_features, embed_size))
    inp = keras.Input(shape=(30,))
    x = layers.Embedding(
        max_features,
        embed_size,
        embeddings_initializer=keras.initializers.Constant(embedding_matrix),
        trainable=False,
    )(inp)
    x = layers.SpatialDropout1D(0.1)(x)
    x = layers.Bidirectional(layers.LSTM(12, return_sequences=True))(x)
    x = layers.Bidirectional(layers.GRU(12, return_sequences=True))(x)
    avg_pool = layers.GlobalAveragePooling1D()(x)
    max_pool = layers.GlobalMaxPooling1D()(x)
    conc = layers.concatenate([avg_pool, max_pool])
    conc = layers.Dense(16, activation="relu")(conc)
    conc = layers.Dropout(0.1)(conc)
    outp = layers.Dense(1, activation="sigmoid")(conc)
    model = keras.Model(inputs=inp, outputs=outp)
    model.compile(
        loss="binary_crossentropy",
        optimizer="adam",
        metrics=["accuracy", keras.metrics.Precision(), keras.metrics.Recall()],
    )
    return model


@scenario("eighth-addition-rnn", "held-out", inputs=(("float", (7, 12)),), targets=((4, 12),), training_steps=1)
def addition_rnn():
    """Learns to add numbers written as characters: encoder, repeated code, decoder, one character per step."""
    model = keras.Sequential()
    model.add(layers.LSTM(32, input_shape=(7, 12)))
    model.add(layers.RepeatVector(4))
    for _ in range(1):
        model.add(layers.LSTM(32, return_sequences=True))
    model.add(layers.Dense(12, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def softmax_over_time(x):
    return keras.activations.softmax(x, axis=1)


@scenario(
    "eighth-date-translation",
    "held-out",
    inputs=(("float", (8, 12)), ("float", (16,)), ("float", (16,))),
    targets=((11,), (11,), (11,), (11,)),
    training_steps=1,
    custom_objects=("softmax_over_time",),
)
def date_translation():
    """Dates by people into dates for machines, from a course: attention with layers shared by all output steps."""
    tx, ty, n_a, n_s = 8, 4, 8, 16
    repeator = layers.RepeatVector(tx)
    concatenator = layers.Concatenate(axis=-1)
    densor1 = layers.Dense(10, activation="tanh")
    densor2 = layers.Dense(1, activation="relu")
    activator = layers.Activation(softmax_over_time, name="attention_weights")
    dotor = layers.Dot(axes=1)
    post_activation_lstm = layers.LSTM(n_s, return_state=True)
    output_layer = layers.Dense(11, activation="softmax")

    x = keras.Input(shape=(tx, 12))
    s0 = keras.Input(shape=(n_s,), name="s0")
    c0 = keras.Input(shape=(n_s,), name="c0")
    s, c = s0, c0
    outputs = []
    a = layers.Bidirectional(layers.LSTM(n_a, return_sequences=True))(x)
    for _ in range(ty):
        energies = densor2(densor1(concatenator([a, repeator(s)])))
        context = dotor([activator(energies), a])
        s, _, c = post_activation_lstm(context, initial_state=[s, c])
        outputs.append(output_layer(s))
    model = keras.Model(inputs=[x, s0, c0], outputs=outputs)
    model.compile(
        loss="categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=0.005, beta_1=0.9, beta_2=0.999),
        metrics=[["accuracy"] for _ in range(ty)],
    )
    return model


class EighthTokenAndPosition(layers.Layer):
    """Embeds the tokens and their positions."""

    def __init__(self, maxlen, vocab_size, embed_dim, **kwargs):
        super().__init__(**kwargs)
        self.maxlen = maxlen
        self.vocab_size = vocab_size
        self.embed_dim = embed_dim
        self.token_emb = layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def call(self, x):
        positions = tf.range(start=0, limit=tf.shape(x)[-1], delta=1)
        return self.token_emb(x) + self.pos_emb(positions)

    def get_config(self):
        config = super().get_config()
        config.update({"maxlen": self.maxlen, "vocab_size": self.vocab_size, "embed_dim": self.embed_dim})
        return config


class EighthDecoderBlock(layers.Layer):
    """Attention to the past, then a small dense network; both with residual paths."""

    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.rate = rate
        self.att = layers.MultiHeadAttention(num_heads, embed_dim)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs, training=None):
        length = tf.shape(inputs)[1]
        rows = tf.range(length)[:, tf.newaxis]
        columns = tf.range(length)
        causal_mask = tf.cast(rows >= columns, tf.bool)[tf.newaxis]
        attention = self.att(inputs, inputs, attention_mask=causal_mask)
        attention = self.dropout1(attention, training=training)
        out1 = self.layernorm1(inputs + attention)
        ffn_output = self.dropout2(self.ffn(out1), training=training)
        return self.layernorm2(out1 + ffn_output)

    def get_config(self):
        config = super().get_config()
        config.update(
            {"embed_dim": self.embed_dim, "num_heads": self.num_heads, "ff_dim": self.ff_dim, "rate": self.rate}
        )
        return config


@scenario(
    "eighth-mini-gpt",
    "held-out",
    since="2.4",
    inputs=(("int", (16,), 60),),
    targets=((16, 1),),
    training_steps=1,
    custom_objects=("EighthTokenAndPosition", "EighthDecoderBlock"),
)
def mini_gpt():
    """A miniature generative transformer over tokens, with custom layers that are passed when loading."""
    maxlen, vocab_size, embed_dim = 16, 60, 16
    inputs = layers.Input(shape=(maxlen,), dtype=tf.int32)
    x = EighthTokenAndPosition(maxlen, vocab_size, embed_dim)(inputs)
    x = EighthDecoderBlock(embed_dim, 2, 32)(x)
    outputs = layers.Dense(vocab_size)(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


# Reinforcement learning


@scenario("eighth-cartpole-dqn", "held-out", inputs=(("float", (4,)),), targets=((2,),), training_steps=1)
def cartpole_dqn():
    """The agent of countless tutorials which balances a pole."""
    model = keras.models.Sequential()
    model.add(layers.Dense(24, input_dim=4, activation="relu"))
    model.add(layers.Dense(24, activation="relu"))
    model.add(layers.Dense(2, activation="linear"))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.001))
    return model


@scenario(
    "eighth-walker-sac", "held-out", until="2.15", inputs=(("float", (24,)),), targets=((4,), (4,)), training_steps=1
)
def walker_sac():
    """The actor of a soft actor-critic for a walking robot; TensorFlow functions on the layers' outputs (Keras 2 only)."""
    state = keras.Input(shape=(24,))
    x = layers.Dense(32, activation="relu")(state)
    x = layers.Dense(32, activation="relu")(x)
    mean = layers.Dense(4, name="mean")(x)
    log_std = layers.Dense(4, name="log_std")(x)
    log_std = tf.clip_by_value(log_std, -20.0, 2.0)
    model = keras.Model(state, [tf.tanh(mean), tf.exp(log_std)], name="actor")
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=3e-4), loss="mse")
    return model
