"""A fifth set: thirty models of the kinds that people train and save, each a small version of a familiar real one (Kaggle
kernels, course notebooks, tutorials, repositories of papers, company models). Written by somebody who had seen neither the
predictions nor any result. Never mend a prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K  # noqa: N812 - as people write it
from tensorflow.keras import layers, regularizers

from scenarios import scenario

# TensorFlow 2.0 has no such decorator, and the module must be importable there.
register_keras_serializable = getattr(keras.utils, "register_keras_serializable", lambda package: lambda cls: cls)

# Tables


@scenario("fifth-telco-churn", "held-out", inputs=(("float", (30,)),), targets=((1,),), training_steps=1)
def telco_churn():
    """Customer churn from one-hot columns: the first network of many courses."""
    classifier = keras.models.Sequential()
    classifier.add(layers.Dense(units=16, kernel_initializer="uniform", activation="relu", input_dim=30))
    classifier.add(layers.Dropout(rate=0.1))
    classifier.add(layers.Dense(units=16, kernel_initializer="uniform", activation="relu"))
    classifier.add(layers.Dropout(rate=0.1))
    classifier.add(layers.Dense(units=1, kernel_initializer="uniform", activation="sigmoid"))
    classifier.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return classifier


@scenario(
    "fifth-rossmann-sales",
    "held-out",
    inputs=(
        ("int", (1,), 200),
        ("int", (1,), 8),
        ("int", (1,), 13),
        ("int", (1,), 12),
        ("float", (6,)),
    ),
    targets=((1,),),
    training_steps=1,
)
def rossmann_sales():
    """Shop sales with one embedding per categorical column (entity embeddings)."""
    columns = [("store", 200, 10), ("day_of_week", 8, 6), ("month", 13, 6), ("state", 12, 6)]
    inputs, encoded = [], []
    for name, cardinality, size in columns:
        column = layers.Input(shape=(1,), name=name)
        embedded = layers.Embedding(cardinality, size, name=name + "_embedding")(column)
        encoded.append(layers.Reshape(target_shape=(size,))(embedded))
        inputs.append(column)
    numeric = layers.Input(shape=(6,), name="numeric")
    inputs.append(numeric)
    encoded.append(layers.Dense(8)(numeric))

    x = layers.Concatenate()(encoded)
    x = layers.Dense(64, kernel_initializer="uniform")(x)
    x = layers.Activation("relu")(x)
    x = layers.Dense(32, kernel_initializer="uniform")(x)
    x = layers.Activation("relu")(x)
    x = layers.Dense(1)(x)
    outputs = layers.Activation("sigmoid")(x)
    model = keras.models.Model(inputs=inputs, outputs=outputs)
    model.compile(loss="mean_absolute_error", optimizer="adam")
    return model


@scenario(
    "fifth-used-cars",
    "held-out",
    since="2.7",
    inputs=(("text", (1,)), ("float", (1,)), ("float", (1,)), ("float", (1,))),
    targets=((1,),),
    training_steps=1,
)
def used_cars():
    """Price of a used car; preprocessing inside the model, inputs by a dict of column names."""
    inputs = {
        "fuel": keras.Input(shape=(1,), name="fuel", dtype="string"),
        "mileage": keras.Input(shape=(1,), name="mileage"),
        "power": keras.Input(shape=(1,), name="power"),
        "years": keras.Input(shape=(1,), name="years"),
    }
    table = {
        "mileage": np.array([[0.12], [0.81], [1.45], [0.38]]),
        "power": np.array([[0.55], [1.1], [0.85], [1.47]]),
        "years": np.array([[8.0], [5.0], [2.0], [11.0]]),
    }
    features = [
        layers.StringLookup(vocabulary=["petrol", "diesel", "hybrid", "electric"], output_mode="one_hot")(
            inputs["fuel"]
        )
    ]
    for name, values in table.items():
        normalizer = layers.Normalization(axis=None, name="normalize_" + name)
        normalizer.adapt(values)
        features.append(normalizer(inputs[name]))

    x = layers.concatenate(features)
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dense(32, activation="relu")(x)
    price = layers.Dense(1, name="price")(x)
    model = keras.Model(inputs=inputs, outputs=price)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mean_absolute_error")
    return model


@scenario("fifth-loan-default", "held-out", since="2.2", inputs=(("float", (40,)),), targets=((1,),), training_steps=1)
def loan_default():
    """Credit risk with few defaults: initial output bias, smoothed labels, clipped gradients, several metrics."""
    inputs = keras.Input(shape=(40,), name="application")
    x = layers.BatchNormalization()(inputs)
    x = layers.Dense(64, activation="swish", kernel_regularizer=regularizers.l2(1e-4))(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.3)(x)
    x = layers.concatenate([x, inputs])
    x = layers.Dense(32, activation="swish", kernel_regularizer=regularizers.l1_l2(l1=1e-5, l2=1e-4))(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(-2.4), name="default")(
        x
    )
    model = keras.Model(inputs, outputs, name="loan_default")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=2e-3, clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        metrics=[
            keras.metrics.AUC(name="auc"),
            keras.metrics.AUC(name="prc", curve="PR"),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
        ],
    )
    return model


@scenario(
    "fifth-market-autoencoder",
    "held-out",
    since="2.2",
    inputs=(("float", (50,)),),
    targets=((50,), (5,), (5,)),
    training_steps=1,
)
def market_autoencoder():
    """Trading decisions: a supervised denoising autoencoder whose code is fed to an MLP; three outputs, losses by name."""
    inputs = layers.Input(shape=(50,))
    x0 = layers.BatchNormalization()(inputs)

    encoder = layers.GaussianNoise(0.03)(x0)
    encoder = layers.Dense(32)(encoder)
    encoder = layers.BatchNormalization()(encoder)
    encoder = layers.Activation("swish")(encoder)

    decoder = layers.Dropout(0.03)(encoder)
    decoder = layers.Dense(50, name="decoder")(decoder)

    x_ae = layers.Dense(32)(decoder)
    x_ae = layers.BatchNormalization()(x_ae)
    x_ae = layers.Activation("swish")(x_ae)
    x_ae = layers.Dropout(0.4)(x_ae)
    out_ae = layers.Dense(5, activation="sigmoid", name="ae_action")(x_ae)

    x = layers.Concatenate()([x0, encoder])
    for units, rate in ((64, 0.4), (32, 0.3)):
        x = layers.Dense(units)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("swish")(x)
        x = layers.Dropout(rate)(x)
    out = layers.Dense(5, activation="sigmoid", name="action")(x)

    model = keras.models.Model(inputs=inputs, outputs=[decoder, out_ae, out])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss={
            "decoder": keras.losses.MeanSquaredError(),
            "ae_action": keras.losses.BinaryCrossentropy(),
            "action": keras.losses.BinaryCrossentropy(),
        },
        metrics={
            "decoder": keras.metrics.MeanAbsoluteError(name="MAE"),
            "ae_action": keras.metrics.AUC(name="AUC"),
            "action": keras.metrics.AUC(name="AUC"),
        },
    )
    return model


# Recommenders


@scenario(
    "fifth-neural-cf",
    "held-out",
    inputs=(("int", (1,), 300), ("int", (1,), 200)),
    targets=((1,),),
    training_steps=1,
)
def neural_cf():
    """Neural collaborative filtering (NeuMF): a matrix factorization branch and an MLP branch for implicit feedback."""
    user = layers.Input(shape=(1,), dtype="int32", name="user_input")
    item = layers.Input(shape=(1,), dtype="int32", name="item_input")

    def embedding(rows, size, name):
        return layers.Embedding(
            input_dim=rows,
            output_dim=size,
            name=name,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.01),
            embeddings_regularizer=regularizers.l2(1e-6),
        )

    mf_user = layers.Flatten()(embedding(300, 8, "mf_embedding_user")(user))
    mf_item = layers.Flatten()(embedding(200, 8, "mf_embedding_item")(item))
    mlp_user = layers.Flatten()(embedding(300, 16, "mlp_embedding_user")(user))
    mlp_item = layers.Flatten()(embedding(200, 16, "mlp_embedding_item")(item))

    mf_vector = layers.multiply([mf_user, mf_item])
    mlp_vector = layers.concatenate([mlp_user, mlp_item])
    for index, units in enumerate((32, 16, 8)):
        mlp_vector = layers.Dense(units, activation="relu", name=f"layer{index}")(mlp_vector)
    predict_vector = layers.concatenate([mf_vector, mlp_vector])
    prediction = layers.Dense(1, activation="sigmoid", kernel_initializer="lecun_uniform", name="prediction")(
        predict_vector
    )
    model = keras.models.Model(inputs=[user, item], outputs=prediction)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="binary_crossentropy")
    return model


@scenario(
    "fifth-content-filter",
    "held-out",
    until="2.15",
    inputs=(("float", (14,)), ("float", (16,))),
    targets=((1,),),
    training_steps=1,
)
def content_filter():
    """Two towers (user and film) of a well-known course, normalized by a TensorFlow function called on Keras tensors, which
    Keras 3 refuses."""
    num_outputs = 32
    user_nn = keras.models.Sequential(
        [
            layers.Dense(64, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(num_outputs),
        ]
    )
    item_nn = keras.models.Sequential(
        [
            layers.Dense(64, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(num_outputs),
        ]
    )
    input_user = layers.Input(shape=(14,))
    vu = user_nn(input_user)
    vu = tf.linalg.l2_normalize(vu, axis=1)
    input_item = layers.Input(shape=(16,))
    vm = item_nn(input_item)
    vm = tf.linalg.l2_normalize(vm, axis=1)
    output = layers.Dot(axes=1)([vu, vm])
    model = keras.Model([input_user, input_item], output)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss=keras.losses.MeanSquaredError())
    return model


# Sensors, signals and other time series


@scenario("fifth-human-activity", "held-out", inputs=(("float", (64, 9)),), targets=((6,),), training_steps=1)
def human_activity():
    """Activity recognition from the accelerometer and gyroscope of a phone."""
    model = keras.models.Sequential()
    model.add(layers.Conv1D(filters=32, kernel_size=3, activation="relu", input_shape=(64, 9)))
    model.add(layers.Conv1D(filters=16, kernel_size=3, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.MaxPooling1D(pool_size=2))
    model.add(layers.Flatten())
    model.add(layers.Dense(50, activation="relu"))
    model.add(layers.Dense(6, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario("fifth-ecg-arrhythmia", "held-out", inputs=(("float", (96, 1)),), targets=((5,),), training_steps=1)
def ecg_arrhythmia():
    """Heartbeat classification: residual one-dimensional convolutions, decaying learning rate."""
    inputs = layers.Input(shape=(96, 1))
    x = layers.Conv1D(filters=16, kernel_size=5, strides=1)(inputs)
    for _ in range(3):
        shortcut = x
        x = layers.Conv1D(filters=16, kernel_size=5, strides=1, padding="same")(x)
        x = layers.Activation("relu")(x)
        x = layers.Conv1D(filters=16, kernel_size=5, strides=1, padding="same")(x)
        x = layers.Add()([x, shortcut])
        x = layers.Activation("relu")(x)
        x = layers.MaxPooling1D(pool_size=5, strides=2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(32)(x)
    x = layers.Activation("relu")(x)
    x = layers.Dense(5)(x)
    outputs = layers.Softmax()(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.001, decay_steps=10000, decay_rate=0.75)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=schedule, beta_1=0.9, beta_2=0.999, amsgrad=False),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


@scenario("fifth-battery-life", "held-out", inputs=(("float", (20, 6)),), targets=((1,),), training_steps=1)
def battery_life():
    """Remaining life of a battery from padded charge cycles: masked, bidirectional."""
    model = keras.Sequential()
    model.add(layers.Masking(mask_value=-10.0, input_shape=(20, 6)))
    model.add(layers.Bidirectional(layers.LSTM(16, return_sequences=True)))
    model.add(layers.Dropout(0.2))
    model.add(layers.LSTM(8))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1, activation="linear"))
    model.compile(
        loss="mse",
        optimizer=keras.optimizers.RMSprop(learning_rate=0.001, rho=0.9),
        metrics=[keras.metrics.RootMeanSquaredError()],
    )
    return model


@scenario("fifth-solar-cnn-lstm", "held-out", inputs=(("float", (4, 8, 3)),), targets=((24,),), training_steps=1)
def solar_cnn_lstm():
    """Power of a solar plant for the next day: convolutions over sub-sequences, read by an LSTM."""
    model = keras.models.Sequential()
    model.add(layers.TimeDistributed(layers.Conv1D(16, 3, activation="relu"), input_shape=(None, 8, 3)))
    model.add(layers.TimeDistributed(layers.MaxPooling1D(pool_size=2)))
    model.add(layers.TimeDistributed(layers.Flatten()))
    model.add(layers.LSTM(20, activation="relu"))
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(24))
    model.compile(loss=keras.losses.Huber(delta=1.0), optimizer="adam", metrics=["mae", "mape"])
    return model


class NBeatsBlock(layers.Layer):
    """One block of N-BEATS: a stack of dense layers, then a backcast and a forecast."""

    def __init__(self, input_size, theta_size, horizon, n_neurons, n_layers, **kwargs):
        super().__init__(**kwargs)
        self.input_size = input_size
        self.theta_size = theta_size
        self.horizon = horizon
        self.n_neurons = n_neurons
        self.n_layers = n_layers
        self.hidden = [layers.Dense(n_neurons, activation="relu") for _ in range(n_layers)]
        self.theta_layer = layers.Dense(theta_size, activation="linear", name="theta")

    def call(self, inputs):
        x = inputs
        for layer in self.hidden:
            x = layer(x)
        theta = self.theta_layer(x)
        return theta[:, : self.input_size], theta[:, -self.horizon :]

    def get_config(self):
        config = super().get_config()
        config.update(
            input_size=self.input_size,
            theta_size=self.theta_size,
            horizon=self.horizon,
            n_neurons=self.n_neurons,
            n_layers=self.n_layers,
        )
        return config


@scenario(
    "fifth-nbeats-bitcoin",
    "held-out",
    inputs=(("float", (7,)),),
    targets=((1,),),
    training_steps=1,
    custom_objects=("NBeatsBlock",),
)
def nbeats_bitcoin():
    """Bitcoin price by N-BEATS: a custom layer with two results, joined by subtract and add."""
    window, horizon = 7, 1
    sizes = {"input_size": window, "theta_size": window + horizon, "horizon": horizon, "n_neurons": 32, "n_layers": 3}
    stack_input = layers.Input(shape=(window,), name="stack_input")
    backcast, forecast = NBeatsBlock(name="InitialBlock", **sizes)(stack_input)
    residuals = layers.subtract([stack_input, backcast], name="subtract_00")
    for i in range(1, 4):
        backcast, block_forecast = NBeatsBlock(name=f"NBeatsBlock_{i}", **sizes)(residuals)
        residuals = layers.subtract([residuals, backcast], name=f"subtract_{i}")
        forecast = layers.add([forecast, block_forecast], name=f"add_{i}")
    model = keras.Model(inputs=stack_input, outputs=forecast, name="model_7_N-BEATS")
    model.compile(loss="mae", optimizer=keras.optimizers.Adam(0.001), metrics=["mae", "mse"])
    return model


class FeedBack(keras.Model):
    """Feeds each predicted step back into the LSTM cell."""

    def __init__(self, units, out_steps, num_features, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.out_steps = out_steps
        self.num_features = num_features
        self.lstm_cell = layers.LSTMCell(units)
        self.lstm_rnn = layers.RNN(self.lstm_cell, return_state=True)
        self.dense = layers.Dense(num_features)

    def call(self, inputs, training=None):
        x, *state = self.lstm_rnn(inputs)
        prediction = self.dense(x)
        predictions = [prediction]
        for _ in range(1, self.out_steps):
            x, state = self.lstm_cell(prediction, states=state, training=training)
            prediction = self.dense(x)
            predictions.append(prediction)
        return tf.transpose(tf.stack(predictions), [1, 0, 2])

    def get_config(self):
        return {"units": self.units, "out_steps": self.out_steps, "num_features": self.num_features}


@scenario(
    "fifth-autoregressive-lstm",
    "held-out",
    inputs=(("float", (12, 4)),),
    targets=((6, 4),),
    training_steps=1,
    custom_objects=("FeedBack",),
)
def autoregressive_lstm():
    """The autoregressive forecaster of the time series tutorial: a subclassed model, its cell shared with its RNN layer."""
    model = FeedBack(units=16, out_steps=6, num_features=4)
    model.compile(
        loss=keras.losses.MeanSquaredError(),
        optimizer=keras.optimizers.Adam(),
        metrics=[keras.metrics.MeanAbsoluteError()],
    )
    return model


# Images


@scenario("fifth-traffic-signs", "held-out", inputs=(("float", (32, 32, 3)),), targets=((43,),), training_steps=1)
def traffic_signs():
    """German traffic signs, 43 classes."""
    model = keras.models.Sequential()
    model.add(layers.Conv2D(8, (5, 5), padding="same", input_shape=(32, 32, 3)))
    model.add(layers.Activation("relu"))
    model.add(layers.BatchNormalization(axis=-1))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    for filters in (16, 24):
        for _ in range(2):
            model.add(layers.Conv2D(filters, (3, 3), padding="same"))
            model.add(layers.Activation("relu"))
            model.add(layers.BatchNormalization(axis=-1))
        model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(64))
    model.add(layers.Activation("relu"))
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(43))
    model.add(layers.Activation("softmax"))
    model.compile(
        loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=1e-3), metrics=["accuracy"]
    )
    return model


@scenario("fifth-chest-xray", "held-out", inputs=(("float", (48, 48, 3)),), targets=((1,),), training_steps=1)
def chest_xray():
    """Pneumonia in chest X-rays: separable convolutions, batch normalization, growing dropout."""

    def conv_block(filters):
        return keras.Sequential(
            [
                layers.SeparableConv2D(filters, 3, activation="relu", padding="same"),
                layers.SeparableConv2D(filters, 3, activation="relu", padding="same"),
                layers.BatchNormalization(),
                layers.MaxPool2D(),
            ]
        )

    def dense_block(units, dropout_rate):
        return keras.Sequential(
            [
                layers.Dense(units, activation="relu"),
                layers.BatchNormalization(),
                layers.Dropout(dropout_rate),
            ]
        )

    model = keras.Sequential(
        [
            keras.Input(shape=(48, 48, 3)),
            layers.Conv2D(8, 3, activation="relu", padding="same"),
            layers.Conv2D(8, 3, activation="relu", padding="same"),
            layers.MaxPool2D(),
            conv_block(16),
            conv_block(24),
            layers.Dropout(0.2),
            layers.Flatten(),
            dense_block(32, 0.7),
            dense_block(16, 0.5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        optimizer="adam",
        loss="binary_crossentropy",
        metrics=[
            keras.metrics.BinaryAccuracy(),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
        ],
    )
    return model


@scenario(
    "fifth-plant-disease",
    "held-out",
    since="2.6",
    inputs=(("float", (40, 40, 3)),),
    targets=((1,),),
    training_steps=1,
    trains_repeatably=False,
)
def plant_disease():
    """Diseases of potato leaves: resizing, rescaling and augmentation as models inside of the model."""
    resize_and_rescale = keras.Sequential([layers.Resizing(32, 32), layers.Rescaling(1.0 / 255)])
    data_augmentation = keras.Sequential([layers.RandomFlip("horizontal_and_vertical"), layers.RandomRotation(0.2)])
    model = keras.models.Sequential(
        [
            resize_and_rescale,
            data_augmentation,
            layers.Conv2D(16, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.build(input_shape=(None, 40, 40, 3))
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False),
        metrics=["accuracy"],
    )
    return model


def dice_coef(y_true, y_pred, smooth=1.0):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2.0 * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def bce_dice_loss(y_true, y_pred):
    return keras.losses.binary_crossentropy(y_true, y_pred) + (1.0 - dice_coef(y_true, y_pred))


@scenario(
    "fifth-vessel-attention-unet",
    "held-out",
    inputs=(("float", (48, 48, 1)),),
    targets=((48, 48, 1),),
    training_steps=1,
    custom_objects=("bce_dice_loss", "dice_coef"),
)
def vessel_attention_unet():
    """Vessels of the retina: U-Net with attention gates, Dice loss and metric."""

    def conv_block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, (3, 3), padding="same", kernel_initializer="he_normal")(x)
            x = layers.BatchNormalization(axis=3)(x)
            x = layers.Activation("relu")(x)
        return x

    def attention_gate(skip, gating, filters):
        theta = layers.Conv2D(filters, (2, 2), strides=(2, 2), padding="same")(skip)
        phi = layers.Conv2D(filters, (1, 1), padding="same")(gating)
        joined = layers.Activation("relu")(layers.add([theta, phi]))
        psi = layers.Conv2D(1, (1, 1), padding="same")(joined)
        weights = layers.UpSampling2D(size=(2, 2))(layers.Activation("sigmoid")(psi))
        return layers.multiply([skip, weights])

    inputs = layers.Input((48, 48, 1))
    c1 = conv_block(inputs, 8)
    c2 = conv_block(layers.MaxPooling2D((2, 2))(c1), 16)
    x = conv_block(layers.MaxPooling2D((2, 2))(c2), 32)
    x = layers.Dropout(0.3)(x)
    for skip, filters in ((c2, 16), (c1, 8)):
        gated = attention_gate(skip, x, filters)
        x = layers.Conv2DTranspose(filters, (2, 2), strides=(2, 2), padding="same")(x)
        x = conv_block(layers.concatenate([x, gated], axis=3), filters)
    outputs = layers.Conv2D(1, (1, 1), activation="sigmoid")(x)
    model = keras.models.Model(inputs, outputs, name="Attention_UNet")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-4), loss=bce_dice_loss, metrics=["accuracy", dice_coef]
    )
    return model


@scenario(
    "fifth-pedestrian-boxes",
    "held-out",
    inputs=(("float", (48, 48, 3)),),
    targets=((4,), (3,)),
    training_steps=1,
)
def pedestrian_boxes():
    """One object per picture: a head for its box and one for its class, losses and weights by name."""
    inputs = layers.Input(shape=(48, 48, 3))
    x = inputs
    for filters in (8, 16, 16, 24):
        x = layers.Conv2D(filters, (3, 3), padding="same", activation="relu")(x)
        x = layers.MaxPooling2D((2, 2))(x)
    flatten = layers.Flatten()(x)

    bbox_head = layers.Dense(32, activation="relu")(flatten)
    bbox_head = layers.Dense(16, activation="relu")(bbox_head)
    bbox_head = layers.Dense(4, activation="sigmoid", name="bounding_box")(bbox_head)

    softmax_head = layers.Dense(64, activation="relu")(flatten)
    softmax_head = layers.Dropout(0.5)(softmax_head)
    softmax_head = layers.Dense(3, activation="softmax", name="class_label")(softmax_head)

    model = keras.models.Model(inputs=inputs, outputs=[bbox_head, softmax_head])
    model.compile(
        loss={"bounding_box": "mean_squared_error", "class_label": "categorical_crossentropy"},
        loss_weights={"bounding_box": 1.0, "class_label": 0.5},
        optimizer=keras.optimizers.Adam(learning_rate=1e-4),
        metrics={"class_label": "accuracy"},
    )
    return model


@scenario("fifth-facial-keypoints", "held-out", inputs=(("float", (48, 48, 1)),), targets=((30,),), training_steps=1)
def facial_keypoints():
    """Fifteen points of a face: leaky convolutions without biases, then regression."""
    model = keras.models.Sequential()
    model.add(layers.Conv2D(8, (3, 3), padding="same", use_bias=False, input_shape=(48, 48, 1)))
    model.add(layers.LeakyReLU(alpha=0.1))
    model.add(layers.BatchNormalization())
    for filters in (12, 16, 24):
        model.add(layers.Conv2D(filters, (3, 3), padding="same", use_bias=False))
        model.add(layers.LeakyReLU(alpha=0.1))
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPool2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dropout(0.1))
    model.add(layers.Dense(30))
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mae"])
    return model


@scenario(
    "fifth-captcha-letters",
    "held-out",
    inputs=(("float", (24, 60, 1)),),
    targets=((36,), (36,), (36,), (36,), (36,)),
    training_steps=1,
)
def captcha_letters():
    """Captchas of five letters: one head for each."""
    img = layers.Input(shape=(24, 60, 1))
    x = layers.Conv2D(8, (3, 3), padding="same", activation="relu")(img)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Conv2D(16, (3, 3), padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(padding="same")(x)
    x = layers.Conv2D(16, (3, 3), padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(padding="same")(x)
    flat = layers.Flatten()(x)
    outs = []
    for _ in range(5):
        dens = layers.Dense(16, activation="relu")(flat)
        drop = layers.Dropout(0.5)(dens)
        outs.append(layers.Dense(36, activation="softmax")(drop))
    model = keras.Model(img, outs)
    model.compile(loss=["categorical_crossentropy"] * 5, optimizer="adam", metrics=[["accuracy"]] * 5)
    return model


@scenario(
    "fifth-pix2pix-generator",
    "held-out",
    inputs=(("float", (32, 32, 3)),),
    targets=((32, 32, 3),),
    training_steps=1,
)
def pix2pix_generator():
    """The generator of pix2pix as in the tutorial: a U-Net of small Sequential models, a TensorFlow initializer."""

    def downsample(filters, size, apply_batchnorm=True):
        result = keras.Sequential()
        result.add(
            layers.Conv2D(
                filters,
                size,
                strides=2,
                padding="same",
                kernel_initializer=tf.random_normal_initializer(0.0, 0.02),
                use_bias=False,
            )
        )
        if apply_batchnorm:
            result.add(layers.BatchNormalization())
        result.add(layers.LeakyReLU())
        return result

    def upsample(filters, size, apply_dropout=False):
        result = keras.Sequential()
        result.add(
            layers.Conv2DTranspose(
                filters,
                size,
                strides=2,
                padding="same",
                kernel_initializer=tf.random_normal_initializer(0.0, 0.02),
                use_bias=False,
            )
        )
        result.add(layers.BatchNormalization())
        if apply_dropout:
            result.add(layers.Dropout(0.5))
        result.add(layers.ReLU())
        return result

    inputs = layers.Input(shape=[32, 32, 3])
    down_stack = [downsample(8, 4, apply_batchnorm=False), downsample(16, 4), downsample(24, 4), downsample(24, 4)]
    up_stack = [upsample(24, 4, apply_dropout=True), upsample(16, 4), upsample(8, 4)]
    x = inputs
    skips = []
    for down in down_stack:
        x = down(x)
        skips.append(x)
    for up, skip in zip(up_stack, reversed(skips[:-1])):
        x = up(x)
        x = layers.Concatenate()([x, skip])
    x = layers.Conv2DTranspose(
        3,
        4,
        strides=2,
        padding="same",
        kernel_initializer=tf.random_normal_initializer(0.0, 0.02),
        activation="tanh",
    )(x)
    generator = keras.Model(inputs=inputs, outputs=x)
    generator.compile(optimizer=keras.optimizers.Adam(2e-4, beta_1=0.5), loss="mean_absolute_error")
    return generator


@scenario(
    "fifth-super-resolution",
    "held-out",
    inputs=(("float", (12, 12, 1)),),
    targets=((36, 36, 1),),
    training_steps=1,
)
def super_resolution():
    """Efficient sub-pixel super-resolution for pictures of any size; the last step is a Lambda."""
    upscale_factor = 3
    conv_args = {"activation": "relu", "kernel_initializer": "Orthogonal", "padding": "same"}
    inputs = keras.Input(shape=(None, None, 1))
    x = layers.Conv2D(32, 5, **conv_args)(inputs)
    x = layers.Conv2D(32, 3, **conv_args)(x)
    x = layers.Conv2D(16, 3, **conv_args)(x)
    x = layers.Conv2D(upscale_factor**2, 3, **conv_args)(x)
    outputs = layers.Lambda(lambda t: tf.nn.depth_to_space(t, 3))(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss=keras.losses.MeanSquaredError())
    return model


@register_keras_serializable(package="fifth")
class Patches(layers.Layer):
    """Cuts pictures into patches."""

    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, images):
        batch_size = tf.shape(images)[0]
        patches = tf.image.extract_patches(
            images=images,
            sizes=[1, self.patch_size, self.patch_size, 1],
            strides=[1, self.patch_size, self.patch_size, 1],
            rates=[1, 1, 1, 1],
            padding="VALID",
        )
        return tf.reshape(patches, [batch_size, -1, patches.shape[-1]])

    def get_config(self):
        config = super().get_config()
        config.update({"patch_size": self.patch_size})
        return config


@register_keras_serializable(package="fifth")
class PatchEncoder(layers.Layer):
    """Projects patches and adds a learned position."""

    def __init__(self, num_patches, projection_dim, **kwargs):
        super().__init__(**kwargs)
        self.num_patches = num_patches
        self.projection_dim = projection_dim
        self.projection = layers.Dense(units=projection_dim)
        self.position_embedding = layers.Embedding(input_dim=num_patches, output_dim=projection_dim)

    def call(self, patch):
        positions = tf.range(start=0, limit=self.num_patches, delta=1)
        return self.projection(patch) + self.position_embedding(positions)

    def get_config(self):
        config = super().get_config()
        config.update({"num_patches": self.num_patches, "projection_dim": self.projection_dim})
        return config


@scenario(
    "fifth-vit-pictures",
    "held-out",
    since="2.11",
    inputs=(("float", (32, 32, 3)),),
    targets=((1,),),
    training_steps=1,
    custom_objects=("Patches", "PatchEncoder"),
)
def vit_pictures():
    """A small vision transformer with registered layers; AdamW, which keras.optimizers has from 2.11 on."""
    patch_size, projection_dim = 8, 24
    num_patches = (32 // patch_size) ** 2

    def mlp(x, hidden_units, dropout_rate):
        for units in hidden_units:
            x = layers.Dense(units, activation=tf.nn.gelu)(x)
            x = layers.Dropout(dropout_rate)(x)
        return x

    inputs = layers.Input(shape=(32, 32, 3))
    patches = Patches(patch_size)(inputs)
    encoded_patches = PatchEncoder(num_patches, projection_dim)(patches)
    for _ in range(2):
        x1 = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
        attention_output = layers.MultiHeadAttention(num_heads=2, key_dim=projection_dim, dropout=0.1)(x1, x1)
        x2 = layers.Add()([attention_output, encoded_patches])
        x3 = layers.LayerNormalization(epsilon=1e-6)(x2)
        x3 = mlp(x3, hidden_units=[projection_dim * 2, projection_dim], dropout_rate=0.1)
        encoded_patches = layers.Add()([x3, x2])
    representation = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
    representation = layers.Flatten()(representation)
    representation = layers.Dropout(0.5)(representation)
    features = mlp(representation, hidden_units=[64, 32], dropout_rate=0.5)
    logits = layers.Dense(10)(features)
    model = keras.Model(inputs=inputs, outputs=logits)
    model.compile(
        optimizer=keras.optimizers.AdamW(learning_rate=0.001, weight_decay=0.0001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            keras.metrics.SparseTopKCategoricalAccuracy(5, name="top-5-accuracy"),
        ],
    )
    return model


@register_keras_serializable(package="fifth")
class FashionAutoencoder(keras.Model):
    """A dense encoder and decoder, each a Sequential model."""

    def __init__(self, latent_dim, shape, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.shape = tuple(shape)
        self.encoder = keras.Sequential([layers.Flatten(), layers.Dense(latent_dim, activation="relu")])
        self.decoder = keras.Sequential(
            [
                layers.Dense(int(np.prod(self.shape)), activation="sigmoid"),
                layers.Reshape(self.shape),
            ]
        )

    def call(self, x):
        encoded = self.encoder(x)
        return self.decoder(encoded)

    def get_config(self):
        return {"latent_dim": self.latent_dim, "shape": self.shape}


@scenario(
    "fifth-fashion-latent",
    "held-out",
    since="2.1",
    inputs=(("float", (28, 28)),),
    targets=((28, 28),),
    training_steps=1,
    custom_objects=("FashionAutoencoder",),
)
def fashion_latent():
    """The first autoencoder of the tutorial: a registered subclassed model with two Sequential parts."""
    autoencoder = FashionAutoencoder(latent_dim=16, shape=(28, 28))
    autoencoder.compile(optimizer="adam", loss=keras.losses.MeanSquaredError())
    return autoencoder


# Text


@scenario("fifth-fake-news", "held-out", inputs=(("int", (40,), 1500),), targets=((1,),), training_steps=1)
def fake_news():
    """Fake or true headline: embedding, spatial dropout, bidirectional LSTM with recurrent dropout."""
    model = keras.models.Sequential()
    model.add(layers.Embedding(1500, 16, input_length=40))
    model.add(layers.SpatialDropout1D(0.2))
    model.add(layers.Bidirectional(layers.LSTM(16, dropout=0.2, recurrent_dropout=0.2)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario(
    "fifth-chatbot-intents",
    "held-out",
    until="2.10",
    inputs=(("float", (88,)),),
    targets=((9,),),
    training_steps=1,
)
def chatbot_intents():
    """The chatbot of countless repositories: bag of words to intent, SGD with `decay`, which 2.11 to 2.15 refuse and
    Keras 3 ignores."""
    model = keras.models.Sequential()
    model.add(layers.Dense(128, input_shape=(88,), activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(9, activation="softmax"))
    sgd = keras.optimizers.SGD(learning_rate=0.01, decay=1e-6, momentum=0.9, nesterov=True)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    return model


@scenario(
    "fifth-photo-captions",
    "held-out",
    inputs=(("float", (128,)), ("int", (16,), 400)),
    targets=((400,),),
    training_steps=1,
)
def photo_captions():
    """Next word of a caption from picture features and the words so far (the merge architecture)."""
    inputs1 = layers.Input(shape=(128,))
    fe1 = layers.Dropout(0.5)(inputs1)
    fe2 = layers.Dense(32, activation="relu")(fe1)
    inputs2 = layers.Input(shape=(16,))
    se1 = layers.Embedding(400, 32, mask_zero=True)(inputs2)
    se2 = layers.Dropout(0.5)(se1)
    se3 = layers.LSTM(32)(se2)
    decoder1 = layers.add([fe2, se3])
    decoder2 = layers.Dense(32, activation="relu")(decoder1)
    outputs = layers.Dense(400, activation="softmax")(decoder2)
    model = keras.models.Model(inputs=[inputs1, inputs2], outputs=outputs)
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model


# Sound


@scenario("fifth-music-crnn", "held-out", inputs=(("float", (32, 48, 1)),), targets=((10,),), training_steps=1)
def music_crnn():
    """Music genre from a mel spectrogram: convolutions with ELU, then GRUs along the time axis."""
    melgram_input = layers.Input(shape=(32, 48, 1))
    x = layers.ZeroPadding2D(padding=(0, 2))(melgram_input)
    x = layers.BatchNormalization(axis=1, name="bn_0_freq")(x)
    for index, (filters, pool) in enumerate(((8, (2, 2)), (16, (4, 2)), (16, (4, 2))), start=1):
        x = layers.Conv2D(filters, (3, 3), padding="same", name=f"conv{index}")(x)
        x = layers.BatchNormalization(axis=3, name=f"bn{index}")(x)
        x = layers.ELU()(x)
        x = layers.MaxPooling2D(pool_size=pool, strides=pool, name=f"pool{index}")(x)
        x = layers.Dropout(0.1, name=f"dropout{index}")(x)
    x = layers.Permute((2, 1, 3))(x)
    x = layers.Reshape((6, 16))(x)
    x = layers.GRU(16, return_sequences=True, name="gru1")(x)
    x = layers.GRU(16, return_sequences=False, name="gru2")(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(10, activation="softmax", name="output")(x)
    model = keras.Model(melgram_input, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=5e-3),
        loss="categorical_crossentropy",
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=3)],
    )
    return model


# Games and control


@scenario(
    "fifth-ddpg-critic",
    "held-out",
    inputs=(("float", (3,)), ("float", (1,))),
    targets=((1,),),
    training_steps=1,
)
def ddpg_critic():
    """The critic of DDPG for a pendulum: state and action in, value out."""
    state_input = layers.Input(shape=(3,))
    state_out = layers.Dense(16, activation="relu")(state_input)
    state_out = layers.Dense(32, activation="relu")(state_out)
    action_input = layers.Input(shape=(1,))
    action_out = layers.Dense(32, activation="relu")(action_input)
    concat = layers.Concatenate()([state_out, action_out])
    out = layers.Dense(64, activation="relu")(concat)
    out = layers.Dense(64, activation="relu")(out)
    outputs = layers.Dense(1)(out)
    model = keras.Model([state_input, action_input], outputs)
    model.compile(optimizer=keras.optimizers.Adam(0.002), loss="mse")
    return model


def softmax_cross_entropy_with_logits(y_true, y_pred):
    """Cross entropy of the moves that are allowed: those with a target above zero."""
    forbidden = tf.equal(y_true, tf.zeros_like(y_true))
    logits = tf.where(forbidden, tf.fill(tf.shape(y_true), -100.0), y_pred)
    return tf.nn.softmax_cross_entropy_with_logits(labels=y_true, logits=logits)


@scenario(
    "fifth-connect-four",
    "held-out",
    inputs=(("float", (6, 7, 2)),),
    targets=((1,), (7,)),
    training_steps=1,
    custom_objects=("softmax_cross_entropy_with_logits",),
)
def connect_four():
    """AlphaZero for Connect Four: a residual tower with a value head and a policy head, losses by name, one of them custom."""
    reg = 0.0001

    def conv_layer(x, filters, kernel_size):
        x = layers.Conv2D(
            filters,
            kernel_size,
            padding="same",
            use_bias=False,
            activation="linear",
            kernel_regularizer=regularizers.l2(reg),
        )(x)
        x = layers.BatchNormalization(axis=-1)(x)
        return layers.LeakyReLU()(x)

    def residual_layer(block, filters, kernel_size):
        x = conv_layer(block, filters, kernel_size)
        x = layers.Conv2D(
            filters,
            kernel_size,
            padding="same",
            use_bias=False,
            activation="linear",
            kernel_regularizer=regularizers.l2(reg),
        )(x)
        x = layers.BatchNormalization(axis=-1)(x)
        x = layers.add([block, x])
        return layers.LeakyReLU()(x)

    main_input = layers.Input(shape=(6, 7, 2), name="main_input")
    x = conv_layer(main_input, 16, (4, 4))
    for _ in range(3):
        x = residual_layer(x, 16, (4, 4))

    value = layers.Flatten()(conv_layer(x, 1, (1, 1)))
    value = layers.Dense(20, use_bias=False, kernel_regularizer=regularizers.l2(reg))(value)
    value = layers.LeakyReLU()(value)
    value = layers.Dense(
        1, use_bias=False, activation="tanh", kernel_regularizer=regularizers.l2(reg), name="value_head"
    )(value)

    policy = layers.Flatten()(conv_layer(x, 2, (1, 1)))
    policy = layers.Dense(
        7, use_bias=False, activation="linear", kernel_regularizer=regularizers.l2(reg), name="policy_head"
    )(policy)

    model = keras.models.Model(inputs=[main_input], outputs=[value, policy])
    model.compile(
        loss={"value_head": "mean_squared_error", "policy_head": softmax_cross_entropy_with_logits},
        optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9),
        loss_weights={"value_head": 0.5, "policy_head": 0.5},
    )
    return model
