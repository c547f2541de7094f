"""A seventh set: thirty models such as people train and save, written by somebody who had seen neither the predictions nor
the other sets. Never mend a prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

from scenarios import scenario

# Tables


@scenario("seventh-celsius", "held-out", inputs=(("float", (1,)),), targets=((1,),), training_steps=1)
def celsius():
    """The first model of many courses: Fahrenheit from Celsius."""
    l0 = keras.layers.Dense(units=1, input_shape=[1])
    model = keras.Sequential([l0])
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(0.1))
    return model


@scenario("seventh-penguin-species", "held-out", inputs=(("float", (4,)),), targets=((1,),), training_steps=1)
def penguin_species():
    """Three species from four measurements, as in an introduction to training; the last layer gives logits."""
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(16, activation=tf.nn.relu, input_shape=(4,)),
            tf.keras.layers.Dense(16, activation=tf.nn.relu),
            tf.keras.layers.Dense(3),
        ]
    )
    model.compile(
        optimizer=tf.keras.optimizers.SGD(learning_rate=0.01),
        loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[tf.keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


@scenario("seventh-bike-rentals", "held-out", inputs=(("float", (14,)),), targets=((1,),), training_steps=1)
def bike_rentals():
    """Hourly rentals of city bikes (a Kaggle competition): an MLP with batch normalization and a logarithmic loss."""
    model = keras.models.Sequential()
    model.add(layers.Dense(64, input_dim=14, kernel_initializer="he_normal", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.Activation("relu"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(32, kernel_initializer="he_normal", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.Activation("relu"))
    model.add(layers.Dense(1, activation="softplus"))
    schedule = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=500, decay_rate=0.5)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=schedule, momentum=0.9, nesterov=True),
        loss="mean_squared_logarithmic_error",
        metrics=["mae"],
    )
    return model


def _numeric(name, column):
    feature = keras.Input(shape=(1,), name=name)
    normalization = layers.Normalization(axis=None)
    normalization.adapt(column)
    return feature, normalization(feature)


def _categorical(name, column):
    feature = keras.Input(shape=(1,), name=name, dtype="string")
    lookup = layers.StringLookup()
    lookup.adapt(column)
    encoding = layers.CategoryEncoding(num_tokens=lookup.vocabulary_size())
    return feature, encoding(lookup(feature))


@scenario(
    "seventh-employee-attrition",
    "held-out",
    since="2.6",
    inputs=(("float", (1,)), ("float", (1,)), ("float", (1,)), ("text", (1,)), ("text", (1,))),
    targets=((1,),),
    training_steps=1,
)
def employee_attrition():
    """Who leaves the company: raw columns, with the preprocessing inside the model, as the tutorial on structured data."""
    columns = {
        "Age": np.array([41.0, 49.0, 37.0, 33.0, 27.0, 32.0], dtype="float32"),
        "DistanceFromHome": np.array([1.0, 8.0, 2.0, 3.0, 2.0, 16.0], dtype="float32"),
        "MonthlyIncome": np.array([5993.0, 5130.0, 2090.0, 2909.0, 3468.0, 3068.0], dtype="float32"),
        "Department": np.array(["Sales", "Research", "Research", "Human Resources", "Research", "Sales"]),
        "OverTime": np.array(["Yes", "No", "Yes", "Yes", "No", "No"]),
    }
    all_inputs, encoded_features = [], []
    for name in ("Age", "DistanceFromHome", "MonthlyIncome"):
        feature, encoded = _numeric(name, columns[name])
        all_inputs.append(feature)
        encoded_features.append(encoded)
    for name in ("Department", "OverTime"):
        feature, encoded = _categorical(name, columns[name])
        all_inputs.append(feature)
        encoded_features.append(encoded)
    x = layers.concatenate(encoded_features)
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    output = layers.Dense(1)(x)
    model = keras.Model(all_inputs, output)
    model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


@scenario(
    "seventh-bank-marketing",
    "held-out",
    inputs=(("int", (1,), 12), ("int", (1,), 4), ("int", (1,), 8), ("float", (10,))),
    targets=((1,),),
    training_steps=1,
)
def bank_marketing():
    """Who takes a term deposit after a call: an embedding for each categorical column, the numbers beside them."""
    inputs, features = [], []
    for name, cardinality in (("job", 12), ("marital", 4), ("education", 8)):
        size = int(min(np.ceil(cardinality / 2), 50))
        column = layers.Input(shape=(1,), name=name)
        embedded = layers.Embedding(cardinality + 1, size, name="emb_" + name)(column)
        embedded = layers.SpatialDropout1D(0.2)(embedded)
        embedded = layers.Reshape(target_shape=(size,))(embedded)
        inputs.append(column)
        features.append(embedded)
    numbers = layers.Input(shape=(10,), name="numeric")
    inputs.append(numbers)
    features.append(layers.BatchNormalization()(numbers))

    x = layers.Concatenate()(features)
    for units in (48, 24):
        x = layers.Dense(units, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-4))(x)
        x = layers.Dropout(0.3)(x)
        x = layers.BatchNormalization()(x)
    y = layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(-2.03))(x)
    model = keras.Model(inputs=inputs, outputs=y)
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=[keras.metrics.AUC(name="auc")])
    return model


def _euclidean(params):
    lon1, lat1, lon2, lat2 = params
    londiff = lon2 - lon1
    latdiff = lat2 - lat1
    return tf.sqrt(londiff * londiff + latdiff * latdiff)


@scenario(
    "seventh-taxi-fare",
    "held-out",
    inputs=(("float", (1,)), ("float", (1,)), ("float", (1,)), ("float", (1,)), ("float", (1,))),
    targets=((1,),),
    training_steps=1,
)
def taxi_fare():
    """Fares of New York taxis, as in the labs on feature engineering: Lambda layers scale the places and give the distance."""
    columns = ("dropoff_latitude", "dropoff_longitude", "passenger_count", "pickup_latitude", "pickup_longitude")
    inputs = {name: layers.Input(name=name, shape=(1,), dtype="float32") for name in columns}

    transformed = {"passenger_count": inputs["passenger_count"]}
    for name in ("pickup_longitude", "dropoff_longitude"):
        transformed[name] = layers.Lambda(lambda x: (x + 78) / 8.0, name="scale_" + name)(inputs[name])
    for name in ("pickup_latitude", "dropoff_latitude"):
        transformed[name] = layers.Lambda(lambda x: (x - 37) / 8.0, name="scale_" + name)(inputs[name])
    transformed["euclidean"] = layers.Lambda(_euclidean, name="euclidean")(
        [
            inputs["pickup_longitude"],
            inputs["pickup_latitude"],
            inputs["dropoff_longitude"],
            inputs["dropoff_latitude"],
        ]
    )
    x = layers.Concatenate()([transformed[name] for name in sorted(transformed)])
    x = layers.Dense(32, activation="relu", name="h1")(x)
    x = layers.Dense(8, activation="relu", name="h2")(x)
    fare = layers.Dense(1, activation="linear", name="fare")(x)
    model = keras.models.Model(inputs, fare)
    model.compile(optimizer="adam", loss="mse", metrics=[keras.metrics.RootMeanSquaredError(), "mse"])
    return model


# Series and sensors


@scenario("seventh-smart-meter", "held-out", inputs=(("float", (24, 3)),), targets=((1,),), training_steps=1)
def smart_meter():
    """The next hour of a household's consumption: two bidirectional GRUs."""
    model = keras.Sequential(
        [
            keras.Input(shape=(24, 3)),
            layers.Bidirectional(layers.GRU(16, return_sequences=True, dropout=0.1, recurrent_dropout=0.1)),
            layers.Bidirectional(layers.GRU(8), merge_mode="ave"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-3, rho=0.9),
        loss=keras.losses.Huber(delta=0.5),
        metrics=["mae", "mape"],
    )
    return model


@scenario(
    "seventh-heat-demand",
    "held-out",
    inputs=(("float", (36, 4)), ("float", (12, 3))),
    targets=((12, 1),),
    training_steps=1,
)
def heat_demand():
    """Twelve hours of district heating ahead: an encoder of the past, a decoder that knows the weather forecast."""
    past = keras.Input(shape=(36, 4), name="past")
    future = keras.Input(shape=(12, 3), name="weather_forecast")
    _, state_h, state_c = layers.LSTM(24, return_state=True, name="encoder")(past)
    decoded = layers.LSTM(24, return_sequences=True, name="decoder")(future, initial_state=[state_h, state_c])
    decoded = layers.TimeDistributed(layers.Dense(12, activation="elu"))(decoded)
    load = layers.TimeDistributed(layers.Dense(1), name="load")(decoded)
    model = keras.Model([past, future], load)
    model.compile(loss="mae", optimizer=keras.optimizers.Adam(learning_rate=5e-4, clipnorm=1.0))
    return model


def nse(y_true, y_pred):
    """The efficiency of Nash and Sutcliffe."""
    y_true = tf.cast(y_true, y_pred.dtype)
    squares = tf.reduce_sum(tf.square(y_true - y_pred))
    return 1.0 - squares / (tf.reduce_sum(tf.square(y_true - tf.reduce_mean(y_true))) + 1e-6)


@scenario(
    "seventh-river-runoff",
    "held-out",
    inputs=(("float", (30, 5)), ("float", (9,))),
    targets=((1,),),
    training_steps=1,
    custom_objects=("nse",),
)
def river_runoff():
    """Discharge of a river from daily weather and the properties of the catchment, with the hydrologists' own metric."""
    forcings = keras.layers.Input(shape=(30, 5), name="forcings")
    attributes = keras.layers.Input(shape=(9,), name="attributes")
    x = layers.LSTM(32, name="lstm", unit_forget_bias=True)(forcings)
    s = layers.Dense(8, activation="tanh")(attributes)
    x = layers.concatenate([x, s], axis=-1)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(1, name="runoff")(x)
    model = keras.Model(inputs=[forcings, attributes], outputs=[x])
    model.compile(optimizer="adam", loss=keras.losses.LogCosh(), metrics=[nse])
    return model


def _eeg_branch(x, kernel_size, strides, pool):
    x = layers.Conv1D(16, kernel_size=kernel_size, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.MaxPool1D(pool_size=pool, strides=pool, padding="same")(x)
    x = layers.Dropout(0.5)(x)
    for _ in range(2):
        x = layers.Conv1D(24, kernel_size=6, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    return layers.GlobalAveragePooling1D()(x)


@scenario("seventh-sleep-stages", "held-out", inputs=(("float", (600, 1)),), targets=((5,),), training_steps=1)
def sleep_stages():
    """Five stages of sleep from one channel of an EEG: a branch of short and one of long filters."""
    signal = layers.Input(shape=(600, 1), name="eeg")
    short = _eeg_branch(signal, kernel_size=12, strides=3, pool=8)
    long = _eeg_branch(signal, kernel_size=60, strides=12, pool=4)
    x = layers.concatenate([short, long])
    x = layers.Dropout(0.5)(x)
    stage = layers.Dense(5, activation="softmax", name="stage")(x)
    model = keras.models.Model(signal, stage, name="two_scale_sleep_net")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
        loss="categorical_crossentropy",
        metrics=["categorical_accuracy"],
    )
    return model


@scenario("seventh-magic-wand", "held-out", inputs=(("float", (64, 3, 1)),), targets=((1,),), training_steps=1)
def magic_wand():
    """Gestures of a wand with an accelerometer, for a microcontroller."""
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Conv2D(8, (4, 3), padding="same", activation="relu", input_shape=(64, 3, 1)),
            tf.keras.layers.MaxPool2D((3, 3)),
            tf.keras.layers.Dropout(0.1),
            tf.keras.layers.Conv2D(16, (4, 1), padding="same", activation="relu"),
            tf.keras.layers.MaxPool2D((3, 1), padding="same"),
            tf.keras.layers.Dropout(0.1),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(16, activation="relu"),
            tf.keras.layers.Dropout(0.1),
            tf.keras.layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# Pictures


@scenario("seventh-horse-human", "held-out", inputs=(("float", (48, 48, 3)),), targets=((1,),), training_steps=1)
def horse_human():
    """A horse or a human: the convolutions of a well-known course."""
    model = tf.keras.models.Sequential(
        [
            tf.keras.layers.Conv2D(16, (3, 3), activation="relu", input_shape=(48, 48, 3)),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Conv2D(32, (3, 3), activation="relu"),
            tf.keras.layers.MaxPooling2D(2, 2),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(64, activation="relu"),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        loss="binary_crossentropy", optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.001), metrics=["accuracy"]
    )
    return model


@scenario("seventh-malaria-cells", "held-out", inputs=(("float", (32, 32, 3)),), targets=((1,),), training_steps=1)
def malaria_cells():
    """Infected or healthy blood cells: separable convolutions and the metrics that doctors ask for."""
    inputs = keras.Input(shape=(32, 32, 3))
    x = layers.Conv2D(16, 3, strides=2, padding="same")(inputs)
    for filters in (24, 48):
        x = layers.SeparableConv2D(filters, 3, padding="same", depth_multiplier=1)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ELU()(x)
        x = layers.MaxPooling2D(pool_size=(3, 3), strides=2, padding="same")(x)
        x = layers.SpatialDropout2D(0.15)(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs, name="malaria")
    model.compile(
        optimizer=keras.optimizers.Nadam(learning_rate=2e-3),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[
            keras.metrics.BinaryAccuracy(name="acc"),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall"),
            keras.metrics.AUC(curve="PR", name="prc"),
        ],
    )
    return model


def _small_backbone(input_shape):
    image = keras.Input(shape=input_shape)
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("swish")(x)
    shortcut = x
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("swish")(x)
    x = layers.Conv2D(16, 1, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([x, shortcut])
    x = layers.Conv2D(32, 1, activation="swish")(x)
    return keras.Model(image, layers.GlobalMaxPooling2D()(x), name="backbone")


@scenario(
    "seventh-brain-tumor", "held-out", since="2.2", inputs=(("float", (48, 48, 3)),), targets=((4,),), training_steps=1
)
def brain_tumor():
    """Four kinds of brain MRI, as many Kaggle notebooks do it: a backbone and a much regularized head, Adamax."""
    base_model = _small_backbone((48, 48, 3))
    model = keras.Sequential(
        [
            base_model,
            layers.BatchNormalization(axis=-1, momentum=0.99, epsilon=0.001),
            layers.Dense(
                64,
                kernel_regularizer=keras.regularizers.l2(0.016),
                activity_regularizer=keras.regularizers.l1(0.006),
                bias_regularizer=keras.regularizers.l1(0.006),
                activation="relu",
            ),
            layers.Dropout(rate=0.45, seed=123),
            layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adamax(learning_rate=0.001),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy"],
    )
    return model


@scenario(
    "seventh-rock-paper-scissors",
    "held-out",
    since="2.6",
    inputs=(("float", (32, 32, 3)),),
    targets=((1,),),
    training_steps=1,
)
def rock_paper_scissors():
    """Hands for a game, from a folder of pictures: augmentation and rescaling are layers of the model."""
    data_augmentation = keras.Sequential(
        [
            layers.RandomFlip("horizontal", input_shape=(32, 32, 3)),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
        ]
    )
    model = keras.Sequential(
        [
            data_augmentation,
            layers.Rescaling(1.0 / 255),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(24, activation="relu"),
            layers.Dense(3, name="outputs"),
        ]
    )
    model.compile(
        optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    return model


@scenario(
    "seventh-fashion-colors",
    "held-out",
    inputs=(("float", (32, 32, 3)),),
    targets=((6,), (3,)),
    training_steps=1,
)
def fashion_colors():
    """The kind and the color of clothes: two branches on one picture, the first looks at it in gray."""
    inputs = layers.Input(shape=(32, 32, 3))

    x = layers.Lambda(lambda c: tf.image.rgb_to_grayscale(c))(inputs)
    for filters in (16, 24):
        x = layers.Conv2D(filters, (3, 3), padding="same")(x)
        x = layers.Activation("relu")(x)
        x = layers.BatchNormalization(axis=-1)(x)
        x = layers.MaxPooling2D(pool_size=(3, 3))(x)
        x = layers.Dropout(0.25)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dense(6)(x)
    category = layers.Activation("softmax", name="category_output")(x)

    c = layers.Conv2D(8, (3, 3), padding="same", activation="relu")(inputs)
    c = layers.BatchNormalization(axis=-1)(c)
    c = layers.MaxPooling2D(pool_size=(4, 4))(c)
    c = layers.Flatten()(c)
    c = layers.Dense(3)(c)
    color = layers.Activation("softmax", name="color_output")(c)

    model = keras.models.Model(inputs=inputs, outputs=[category, color], name="fashionnet")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss={"category_output": "categorical_crossentropy", "color_output": "categorical_crossentropy"},
        loss_weights={"category_output": 1.0, "color_output": 0.5},
        metrics={"category_output": "accuracy", "color_output": "accuracy"},
    )
    return model


def dice_coef(y_true, y_pred):
    smooth = 1.0
    y_true = tf.reshape(tf.cast(y_true, tf.float32), [-1])
    y_pred = tf.reshape(y_pred, [-1])
    intersection = tf.reduce_sum(y_true * y_pred)
    return (2.0 * intersection + smooth) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + smooth)


def bce_dice_loss(y_true, y_pred):
    return tf.reduce_mean(keras.losses.binary_crossentropy(y_true, y_pred)) + 1.0 - dice_coef(y_true, y_pred)


def _convolution_block(block_input, num_filters=16, kernel_size=3, dilation_rate=1, use_bias=False):
    x = layers.Conv2D(
        num_filters,
        kernel_size=kernel_size,
        dilation_rate=dilation_rate,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=keras.initializers.HeNormal(),
    )(block_input)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x)


@scenario(
    "seventh-polyp-deeplab",
    "held-out",
    since="2.3",
    inputs=(("float", (48, 48, 3)),),
    targets=((48, 48, 1),),
    training_steps=1,
    custom_objects=("bce_dice_loss", "dice_coef"),
)
def polyp_deeplab():
    """Polyps in pictures of the gut: dilated convolutions side by side, bilinear upsampling, a Dice loss."""
    model_input = keras.Input(shape=(48, 48, 3))
    low = _convolution_block(layers.Conv2D(12, 3, strides=2, padding="same")(model_input))
    x = _convolution_block(layers.MaxPooling2D(2)(low), num_filters=24)

    dims = x.shape
    pooled = layers.AveragePooling2D(pool_size=(dims[-3], dims[-2]))(x)
    pooled = _convolution_block(pooled, kernel_size=1, use_bias=True)
    pooled = layers.UpSampling2D(size=(dims[-3], dims[-2]), interpolation="bilinear")(pooled)
    branches = [pooled, _convolution_block(x, kernel_size=1)]
    branches += [_convolution_block(x, dilation_rate=rate) for rate in (2, 4, 6)]
    x = _convolution_block(layers.Concatenate(axis=-1)(branches), kernel_size=1)

    x = layers.UpSampling2D(size=(2, 2), interpolation="bilinear")(x)
    x = layers.Concatenate(axis=-1)([x, _convolution_block(low, num_filters=8, kernel_size=1)])
    x = _convolution_block(x)
    x = layers.UpSampling2D(size=(2, 2), interpolation="bilinear")(x)
    mask = layers.Conv2D(1, kernel_size=(1, 1), padding="same", activation="sigmoid")(x)
    model = keras.Model(inputs=model_input, outputs=mask)
    model.compile(optimizer=keras.optimizers.Adam(1e-4), loss=bce_dice_loss, metrics=[dice_coef, "accuracy"])
    return model


@scenario(
    "seventh-change-detection",
    "held-out",
    since="2.16",
    inputs=(("float", (32, 32, 3)), ("float", (32, 32, 3))),
    targets=((32, 32, 1),),
    training_steps=1,
)
def change_detection():
    """New buildings between two satellite pictures, as written today: one encoder for both, keras.ops, AdamW."""
    encoder = keras.Sequential(
        [
            keras.Input(shape=(32, 32, 3)),
            layers.Conv2D(12, 3, padding="same", activation="gelu"),
            layers.GroupNormalization(groups=4),
            layers.Conv2D(24, 3, strides=2, padding="same", activation="gelu"),
            layers.GroupNormalization(groups=4),
        ],
        name="shared_encoder",
    )
    before = keras.Input(shape=(32, 32, 3), name="before")
    after = keras.Input(shape=(32, 32, 3), name="after")
    difference = keras.ops.absolute(encoder(before) - encoder(after))
    x = layers.Conv2D(16, 3, padding="same", activation="gelu")(difference)
    x = layers.Conv2DTranspose(8, 2, strides=2, activation="gelu")(x)
    change = layers.Conv2D(1, 1, activation="sigmoid", name="change")(x)
    model = keras.Model([before, after], change)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=keras.optimizers.schedules.CosineDecay(1e-3, decay_steps=2000, alpha=0.01), weight_decay=1e-4
        ),
        loss=keras.losses.BinaryFocalCrossentropy(gamma=2.0),
        metrics=[keras.metrics.BinaryIoU(target_class_ids=[1], threshold=0.5, name="iou")],
    )
    return model


@scenario("seventh-selu-digits", "held-out", inputs=(("float", (28, 28)),), targets=((1,),), training_steps=1)
def selu_digits():
    """A self-normalizing network, as in a book on deep learning."""
    model = keras.models.Sequential()
    model.add(keras.layers.Flatten(input_shape=[28, 28]))
    model.add(keras.layers.AlphaDropout(rate=0.2))
    model.add(keras.layers.Dense(40, activation="selu", kernel_initializer="lecun_normal"))
    model.add(keras.layers.AlphaDropout(rate=0.2))
    model.add(keras.layers.Dense(20, activation="selu", kernel_initializer="lecun_normal"))
    model.add(keras.layers.AlphaDropout(rate=0.2))
    model.add(keras.layers.Dense(10, activation="softmax"))
    boundaries, values = [5000, 15000], [0.01, 0.005, 0.001]
    optimizer = keras.optimizers.SGD(
        learning_rate=keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values), momentum=0.9
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer, metrics=["accuracy"])
    return model


class ArcMargin(layers.Layer):
    """Adds a margin to the angle between an embedding and the center of its class."""

    def __init__(self, n_classes, s=30.0, m=0.5, **kwargs):
        super().__init__(**kwargs)
        self.n_classes = n_classes
        self.s = s
        self.m = m

    def build(self, input_shape):
        self.centers = self.add_weight(
            name="centers", shape=(input_shape[0][-1], self.n_classes), initializer="glorot_uniform", trainable=True
        )
        super().build(input_shape)

    def call(self, inputs):
        embedding, label = inputs
        cosine = tf.matmul(tf.math.l2_normalize(embedding, axis=1), tf.math.l2_normalize(self.centers, axis=0))
        theta = tf.acos(tf.clip_by_value(cosine, -1.0 + 1e-6, 1.0 - 1e-6))
        one_hot = tf.one_hot(tf.cast(label, tf.int32), depth=self.n_classes, dtype=cosine.dtype)
        return self.s * (one_hot * tf.cos(theta + self.m) + (1.0 - one_hot) * cosine)

    def get_config(self):
        config = super().get_config().copy()
        config.update({"n_classes": self.n_classes, "s": self.s, "m": self.m})
        return config


@scenario(
    "seventh-landmark-arcface",
    "held-out",
    inputs=(("float", (32, 32, 3)), ("int", (), 15)),
    targets=((1,),),
    training_steps=1,
    custom_objects=("ArcMargin",),
)
def landmark_arcface():
    """Retrieval of landmarks (a Kaggle competition): embeddings trained with an angular margin; the label is an input."""
    image = layers.Input(shape=(32, 32, 3), name="inp1")
    label = layers.Input(shape=(), name="inp2")
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(32, name="embedding")(x)
    x = ArcMargin(n_classes=15, s=30, m=0.5, name="arc_margin", dtype="float32")([x, label])
    output = layers.Softmax(dtype="float32")(x)
    model = keras.models.Model(inputs=[image, label], outputs=[output])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss=[keras.losses.SparseCategoricalCrossentropy()],
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


class Denoise(keras.models.Model):
    """A convolutional autoencoder in two parts."""

    def __init__(self, filters=16, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.encoder = keras.Sequential(
            [
                layers.Input(shape=(32, 32, 1)),
                layers.Conv2D(filters, (3, 3), activation="relu", padding="same", strides=2),
                layers.Conv2D(filters // 2, (3, 3), activation="relu", padding="same", strides=2),
            ]
        )
        self.decoder = keras.Sequential(
            [
                layers.Conv2DTranspose(filters // 2, kernel_size=3, strides=2, activation="relu", padding="same"),
                layers.Conv2DTranspose(filters, kernel_size=3, strides=2, activation="relu", padding="same"),
                layers.Conv2D(1, kernel_size=(3, 3), activation="sigmoid", padding="same"),
            ]
        )

    def call(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return decoded

    def get_config(self):
        return {"filters": self.filters}


@scenario(
    "seventh-dirty-documents",
    "held-out",
    inputs=(("float", (32, 32, 1)),),
    targets=((32, 32, 1),),
    training_steps=1,
    custom_objects=("Denoise",),
)
def dirty_documents():
    """Stains removed from scanned pages: a subclassed autoencoder, as in the tutorial on them."""
    autoencoder = Denoise(filters=16)
    autoencoder.compile(optimizer="adam", loss=keras.losses.MeanSquaredError())
    return autoencoder


class ReflectionPadding2D(layers.Layer):
    """Pads a picture with its own mirror image."""

    def __init__(self, padding=(1, 1), **kwargs):
        super().__init__(**kwargs)
        self.padding = tuple(padding)

    def call(self, inputs):
        width, height = self.padding
        return tf.pad(inputs, [[0, 0], [height, height], [width, width], [0, 0]], mode="REFLECT")

    def get_config(self):
        config = super().get_config()
        config.update({"padding": self.padding})
        return config


class InstanceNormalization(layers.Layer):
    """Normalizes each channel of each picture."""

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        self.scale = self.add_weight(
            name="scale",
            shape=input_shape[-1:],
            initializer=tf.keras.initializers.RandomNormal(1.0, 0.02),
            trainable=True,
        )
        self.offset = self.add_weight(name="offset", shape=input_shape[-1:], initializer="zeros", trainable=True)

    def call(self, x):
        mean, variance = tf.nn.moments(x, axes=[1, 2], keepdims=True)
        return self.scale * (x - mean) * tf.math.rsqrt(variance + self.epsilon) + self.offset

    def get_config(self):
        config = super().get_config()
        config.update({"epsilon": self.epsilon})
        return config


def _reflected_residual(x, initializer):
    y = x
    for activation in ("relu", None):
        y = ReflectionPadding2D()(y)
        y = layers.Conv2D(int(x.shape[-1]), (3, 3), padding="valid", use_bias=False, kernel_initializer=initializer)(y)
        y = InstanceNormalization()(y)
        if activation:
            y = layers.Activation(activation)(y)
    return layers.add([x, y])


@scenario(
    "seventh-horse-zebra",
    "held-out",
    inputs=(("float", (32, 32, 3)),),
    targets=((32, 32, 3),),
    training_steps=1,
    custom_objects=("ReflectionPadding2D", "InstanceNormalization"),
)
def horse_zebra():
    """The generator of a CycleGAN, saved on its own after training."""
    kernel_init = keras.initializers.RandomNormal(mean=0.0, stddev=0.02)
    img_input = layers.Input(shape=(32, 32, 3), name="horse_img_input")
    x = ReflectionPadding2D(padding=(3, 3))(img_input)
    x = layers.Conv2D(8, (7, 7), kernel_initializer=kernel_init, use_bias=False)(x)
    x = InstanceNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(16, (3, 3), strides=(2, 2), padding="same", kernel_initializer=kernel_init, use_bias=False)(x)
    x = InstanceNormalization()(x)
    x = layers.Activation("relu")(x)
    for _ in range(2):
        x = _reflected_residual(x, kernel_init)
    x = layers.Conv2DTranspose(8, (3, 3), strides=(2, 2), padding="same", kernel_initializer=kernel_init)(x)
    x = InstanceNormalization()(x)
    x = layers.Activation("relu")(x)
    x = ReflectionPadding2D(padding=(3, 3))(x)
    x = layers.Conv2D(3, (7, 7), padding="valid")(x)
    x = layers.Activation("tanh")(x)
    model = keras.models.Model(img_input, x, name="generator_G")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=2e-4, beta_1=0.5), loss=keras.losses.MeanAbsoluteError()
    )
    return model


class Sampling(keras.layers.Layer):
    """Draws a code from a normal distribution."""

    def call(self, inputs):
        mean, log_var = inputs
        return keras.backend.random_normal(tf.shape(log_var)) * keras.backend.exp(log_var / 2) + mean


@scenario(
    "seventh-garment-vae",
    "held-out",
    until="2.15",
    inputs=(("float", (28, 28)),),
    targets=((28, 28),),
    training_steps=1,
    trains_repeatably=False,
    custom_objects=("Sampling",),
)
def garment_vae():
    """A variational autoencoder in the functional way of Keras 2: the latent loss is added to the model as a tensor."""
    codings_size = 4
    inputs = keras.layers.Input(shape=[28, 28])
    z = keras.layers.Flatten()(inputs)
    z = keras.layers.Dense(32, activation="selu")(z)
    codings_mean = keras.layers.Dense(codings_size)(z)
    codings_log_var = keras.layers.Dense(codings_size)(z)
    codings = Sampling()([codings_mean, codings_log_var])
    variational_encoder = keras.models.Model(inputs=[inputs], outputs=[codings_mean, codings_log_var, codings])

    decoder_inputs = keras.layers.Input(shape=[codings_size])
    x = keras.layers.Dense(32, activation="selu")(decoder_inputs)
    x = keras.layers.Dense(28 * 28, activation="sigmoid")(x)
    outputs = keras.layers.Reshape([28, 28])(x)
    variational_decoder = keras.models.Model(inputs=[decoder_inputs], outputs=[outputs])

    _, _, codings = variational_encoder(inputs)
    reconstructions = variational_decoder(codings)
    model = keras.models.Model(inputs=[inputs], outputs=[reconstructions])
    latent_loss = -0.5 * tf.reduce_sum(1 + codings_log_var - tf.exp(codings_log_var) - tf.square(codings_mean), axis=-1)
    model.add_loss(tf.reduce_mean(latent_loss) / 784.0)
    model.compile(loss="binary_crossentropy", optimizer="rmsprop")
    return model


# Texts


@scenario("seventh-sarcasm-headlines", "held-out", inputs=(("int", (24,), 500),), targets=((1,),), training_steps=1)
def sarcasm_headlines():
    """Sarcastic headlines: the average of word embeddings."""
    vocab_size, embedding_dim, max_length = 500, 16, 24
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Embedding(vocab_size, embedding_dim, input_length=max_length),
            tf.keras.layers.GlobalAveragePooling1D(),
            tf.keras.layers.Dense(24, activation="relu"),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario(
    "seventh-intent-slots",
    "held-out",
    inputs=(("int", (16,), 200),),
    targets=((1,), (16, 1)),
    training_steps=1,
)
def intent_slots():
    """A voice assistant: the intent of a sentence and a slot for each word, with padding masked."""
    words = keras.Input(shape=(16,), dtype="int32", name="words")
    x = layers.Embedding(input_dim=200, output_dim=24, mask_zero=True)(words)
    x = layers.Dropout(0.3)(x)
    sequence, forward_h, _, backward_h, _ = layers.Bidirectional(
        layers.LSTM(20, return_sequences=True, return_state=True)
    )(x)
    sentence = layers.Concatenate()([forward_h, backward_h])
    intent = layers.Dense(7, activation="softmax", name="intent")(sentence)
    slots = layers.TimeDistributed(layers.Dense(12, activation="softmax"), name="slots")(sequence)
    model = keras.Model(inputs=words, outputs=[intent, slots], name="joint_nlu")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3, clipvalue=1.0),
        loss={"intent": "sparse_categorical_crossentropy", "slots": "sparse_categorical_crossentropy"},
        loss_weights={"intent": 1.0, "slots": 3.0},
        metrics={"intent": ["accuracy"], "slots": ["accuracy"]},
    )
    return model


@scenario(
    "seventh-medical-notes", "held-out", since="2.6", inputs=(("int", (40,), 400),), targets=((6,),), training_steps=1
)
def medical_notes():
    """Specialties that a doctor's note belongs to (several at once): convolution, GRU, two poolings."""
    inp = layers.Input(shape=(40,))
    x = layers.Embedding(400, 24, embeddings_initializer="uniform")(inp)
    x = layers.SpatialDropout1D(0.2)(x)
    x = layers.Conv1D(32, kernel_size=3, padding="valid", kernel_initializer="glorot_uniform", activation="relu")(x)
    x = layers.Bidirectional(layers.GRU(16, return_sequences=True))(x)
    avg_pool = layers.GlobalAveragePooling1D()(x)
    max_pool = layers.GlobalMaxPooling1D()(x)
    conc = layers.concatenate([avg_pool, max_pool])
    conc = layers.Dense(32, activation="relu", kernel_constraint=keras.constraints.max_norm(3.0))(conc)
    outp = layers.Dense(6, activation="sigmoid")(conc)
    model = keras.models.Model(inputs=inp, outputs=outp)
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-3, amsgrad=True),
        metrics=["binary_accuracy", keras.metrics.AUC(multi_label=True, num_labels=6)],
    )
    return model


@scenario("seventh-stack-tags", "held-out", since="2.6", inputs=(("text", (1,)),), targets=((4,),), training_steps=1)
def stack_tags():
    """Tags for questions of programmers: strings go in, bigrams are counted inside the model."""
    questions = np.array(
        [
            "how do I sort a list of dictionaries by a value of the dictionary",
            "what does the static keyword do in a class",
            "undefined is not a function in my callback",
            "how to iterate over rows in a data frame",
            "why is processing a sorted array faster",
            "how do I remove a property from an object",
        ]
    )
    text_vectorization = layers.TextVectorization(ngrams=2, max_tokens=300, output_mode="multi_hot")
    text_vectorization.adapt(questions)

    inputs = keras.Input(shape=(1,), dtype="string")
    x = text_vectorization(inputs)
    x = layers.Dense(16, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    outputs = layers.Dense(4, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["binary_accuracy"])
    return model


# Recommendations, sounds, games


@keras.utils.register_keras_serializable(package="recommenders")
class RecommenderNet(keras.Model):
    """The product of two embeddings and their biases."""

    def __init__(self, num_users, num_items, embedding_size, **kwargs):
        super().__init__(**kwargs)
        self.num_users = num_users
        self.num_items = num_items
        self.embedding_size = embedding_size
        self.user_embedding = layers.Embedding(
            num_users,
            embedding_size,
            embeddings_initializer="he_normal",
            embeddings_regularizer=keras.regularizers.l2(1e-6),
        )
        self.user_bias = layers.Embedding(num_users, 1)
        self.item_embedding = layers.Embedding(
            num_items,
            embedding_size,
            embeddings_initializer="he_normal",
            embeddings_regularizer=keras.regularizers.l2(1e-6),
        )
        self.item_bias = layers.Embedding(num_items, 1)

    def call(self, inputs):
        users, items = inputs[:, 0], inputs[:, 1]
        product = tf.reduce_sum(self.user_embedding(users) * self.item_embedding(items), axis=1, keepdims=True)
        return tf.nn.sigmoid(product + self.user_bias(users) + self.item_bias(items))

    def get_config(self):
        return {"num_users": self.num_users, "num_items": self.num_items, "embedding_size": self.embedding_size}


@scenario("seventh-anime-recommender", "held-out", inputs=(("int", (2,), 60),), targets=((1,),), training_steps=1)
def anime_recommender():
    """Ratings of series by users: collaborative filtering with a subclassed model."""
    model = RecommenderNet(60, 60, 16)
    model.compile(
        loss=keras.losses.BinaryCrossentropy(),
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
    )
    return model


@scenario("seventh-heartbeat-sounds", "held-out", inputs=(("float", (64, 13)),), targets=((5,),), training_steps=1)
def heartbeat_sounds():
    """Murmurs in sounds of the heart, from cepstral coefficients: convolutions, then an LSTM."""
    model = keras.models.Sequential()
    model.add(layers.Conv1D(32, kernel_size=5, strides=1, padding="same", activation="relu", input_shape=(64, 13)))
    model.add(layers.MaxPooling1D(pool_size=2, strides=2, padding="same"))
    model.add(layers.BatchNormalization())
    model.add(layers.Conv1D(24, kernel_size=5, padding="same"))
    model.add(layers.PReLU(shared_axes=[1]))
    model.add(layers.AveragePooling1D(pool_size=2))
    model.add(layers.BatchNormalization())
    model.add(layers.LSTM(20, return_sequences=False))
    model.add(layers.GaussianNoise(0.1))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(5, activation="softmax"))
    model.compile(
        optimizer=keras.optimizers.Adagrad(learning_rate=0.01),
        loss="categorical_crossentropy",
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2, name="top2")],
    )
    return model


@scenario(
    "seventh-pendulum-ppo",
    "held-out",
    inputs=(("float", (3,)),),
    targets=((1,), (1,), (1,)),
    training_steps=1,
)
def pendulum_ppo():
    """Policy and value of a swinging pendulum for PPO: a mean, a deviation and a value on one orthogonal trunk."""
    state = keras.Input(shape=(3,), name="state")
    x = layers.Dense(64, activation="tanh", kernel_initializer=keras.initializers.Orthogonal(gain=np.sqrt(2)))(state)
    x = layers.Dense(64, activation="tanh", kernel_initializer=keras.initializers.Orthogonal(gain=np.sqrt(2)))(x)
    mu = layers.Dense(1, activation="tanh", kernel_initializer=keras.initializers.Orthogonal(gain=0.01), name="mu")(x)
    sigma = layers.Dense(1, activation="softplus", kernel_initializer="orthogonal", name="sigma")(x)
    value = layers.Dense(1, activation=None, kernel_initializer=keras.initializers.Orthogonal(gain=1.0), name="value")(
        x
    )
    model = keras.Model(inputs=state, outputs=[mu, sigma, value])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=3e-4, epsilon=1e-5, clipnorm=0.5), loss="mse")
    return model
