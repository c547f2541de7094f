"""Networks as people build and compile them, small. Never mend a prediction by what is seen here: write new ones afterwards."""

from tensorflow import keras

from scenarios import scenario

layers = keras.layers


@scenario("held-digits", "held-out", inputs=(("float", (12, 12, 1)),), targets=((1,),), training_steps=1)
def digits():
    model = keras.Sequential(
        [
            layers.Conv2D(8, (3, 3), activation="relu", input_shape=(12, 12, 1)),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario("held-vgg-like", "held-out", inputs=(("float", (16, 16, 3)),), targets=((5,),), training_steps=1)
def vgg_like():
    model = keras.Sequential()
    model.add(layers.Conv2D(8, 3, padding="same", activation="relu", input_shape=(16, 16, 3)))
    model.add(layers.Conv2D(8, 3, padding="same", activation="relu"))
    model.add(layers.MaxPooling2D(2))
    model.add(layers.BatchNormalization())
    model.add(
        layers.Conv2D(
            16, 3, padding="same", kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.l2(1e-4)
        )
    )
    model.add(layers.LeakyReLU())
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(5, activation="softmax"))
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy"],
    )
    return model


@scenario("held-residual", "held-out", inputs=(("float", (8, 8, 4)),), targets=((3,),), training_steps=1)
def residual():
    inputs = keras.Input((8, 8, 4))
    x = layers.ZeroPadding2D(1)(inputs)
    x = layers.Conv2D(8, 3, use_bias=False)(x)
    x = layers.BatchNormalization(epsilon=1.001e-5)(x)
    x = layers.ReLU(6.0)(x)
    y = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("swish")(y)
    x = layers.Add()([x, y])
    x = layers.GlobalMaxPooling2D()(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="predictions")(x))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-squeeze-excite", "held-out", inputs=(("float", (8, 8, 3)),), targets=((2,),), training_steps=1)
def squeeze_excite():
    inputs = keras.Input((8, 8, 3))
    x = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(inputs)
    s = layers.GlobalAveragePooling2D()(x)
    s = layers.Reshape((1, 1, 8))(s)
    s = layers.Dense(2, activation="relu", kernel_initializer="he_normal", use_bias=False)(s)
    s = layers.Dense(8, activation="sigmoid", use_bias=False)(s)
    x = layers.Multiply()([x, s])
    x = layers.AveragePooling2D(2)(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.Flatten()(x)))
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    return model


@scenario("held-inception", "held-out", inputs=(("float", (8, 8, 3)),), targets=((4,),), training_steps=1)
def inception():
    inputs = keras.Input((8, 8, 3))
    one = layers.Conv2D(4, 1, padding="same", activation="relu")(inputs)
    two = layers.Conv2D(4, (1, 3), padding="same", activation="relu")(inputs)
    three = layers.MaxPooling2D((3, 3), strides=(1, 1), padding="same")(inputs)
    x = layers.concatenate([one, two, three], axis=-1)
    x = layers.SpatialDropout2D(0.2)(x)
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    model.compile("adam", "categorical_crossentropy", metrics=["acc"])
    return model


@scenario("held-denoiser", "held-out", inputs=(("float", (8, 8, 1)),), targets=((8, 8, 1),), training_steps=1)
def denoiser():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.UpSampling2D(2)(x)
    x = layers.Conv2D(4, 3, padding="same", activation="elu")(x)
    model = keras.Model(inputs, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy")
    return model


@scenario("held-generator", "held-out", inputs=(("float", (6,)),), targets=((8, 8, 1),), training_steps=1)
def generator():
    model = keras.Sequential(
        [
            layers.Dense(2 * 2 * 8, input_shape=(6,), use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((2, 2, 8)),
            layers.Conv2DTranspose(4, 5, strides=2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Conv2DTranspose(1, 5, strides=2, padding="same", use_bias=False, activation="tanh"),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-4, beta_1=0.5), keras.losses.BinaryCrossentropy(from_logits=True))
    return model


@scenario("held-sentiment", "held-out", inputs=(("int", (10,), 50),), targets=((1,),), training_steps=1)
def sentiment():
    model = keras.Sequential(
        [
            layers.Embedding(50, 8, input_shape=(10,)),
            layers.Bidirectional(layers.LSTM(6)),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(1e-4), metrics=["accuracy"])
    return model


@scenario("held-bag-of-words", "held-out", inputs=(("int", (10,), 50),), targets=((1,),), training_steps=1)
def bag_of_words():
    inputs = keras.Input((10,), dtype="int32")
    x = layers.Embedding(50, 8)(inputs)
    x = layers.Dropout(0.2)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.2)(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return model


@scenario("held-text-cnn", "held-out", inputs=(("int", (12,), 40),), targets=((3,),), training_steps=1)
def text_cnn():
    inputs = keras.Input((12,), dtype="int32")
    x = layers.Embedding(40, 6)(inputs)
    towers = [layers.GlobalMaxPooling1D()(layers.Conv1D(4, size, activation="relu")(x)) for size in (2, 3, 4)]
    x = layers.Concatenate()(towers)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Dropout(0.5)(x)))
    model.compile("nadam", "categorical_crossentropy", metrics=["categorical_accuracy"])
    return model


@scenario("held-weather", "held-out", inputs=(("float", (12, 4)),), targets=((1,),), training_steps=1)
def weather():
    model = keras.Sequential()
    model.add(layers.LSTM(8, return_sequences=True, input_shape=(12, 4)))
    model.add(layers.Dropout(0.2))
    model.add(layers.LSTM(8))
    model.add(layers.Dense(1))
    model.compile(loss="mean_squared_error", optimizer="adam")
    return model


@scenario("held-stock", "held-out", inputs=(("float", (12, 2)),), targets=((1,),), training_steps=1)
def stock():
    model = keras.Sequential(
        [layers.GRU(6, return_sequences=True, input_shape=(12, 2)), layers.GRU(4), layers.Dense(1)]
    )
    model.compile(keras.optimizers.RMSprop(learning_rate=0.001), "mae", metrics=["mse", "mape"])
    return model


@scenario("held-tagger", "held-out", inputs=(("int", (6,), 30),), targets=((6, 5),), training_steps=1)
def tagger():
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(30, 6, mask_zero=True)(inputs)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    model = keras.Model(inputs, layers.TimeDistributed(layers.Dense(5, activation="softmax"))(x))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-old-lstm", "held-out", inputs=(("float", (6, 3)),), targets=((2,),), training_steps=1)
def old_lstm():
    inputs = keras.Input((6, 3))
    x = layers.LSTM(5, recurrent_activation="hard_sigmoid", dropout=0.1)(inputs)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
    model.compile("adam", "categorical_crossentropy")
    return model


@scenario(
    "held-self-attention", "held-out", since="2.4", inputs=(("float", (6, 8)),), targets=((2,),), training_steps=1
)
def self_attention():
    inputs = keras.Input((6, 8))
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=4)(inputs, inputs)
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([inputs, attended]))
    f = layers.Dense(8)(layers.Dense(16, activation="gelu")(x))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, layers.Dropout(0.1)(f)]))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(x)))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-house-prices", "held-out", inputs=(("float", (9,)),), targets=((1,),), training_steps=1)
def house_prices():
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu", kernel_initializer="random_normal", input_shape=(9,)),
            layers.Dense(16, activation="selu", kernel_initializer="lecun_normal"),
            layers.AlphaDropout(0.1),
            layers.Dense(1, kernel_constraint=keras.constraints.MaxNorm(3.0)),
        ]
    )
    model.compile(optimizer=keras.optimizers.RMSprop(0.001), loss="mse", metrics=["mae", "mse"])
    return model


@scenario(
    "held-heart-disease",
    "held-out",
    since="2.6",
    inputs=(("float", (1,)), ("int", (1,), 5), ("text", (1,))),
    training_steps=1,
)
def heart_disease():
    age, chest, thal = (
        keras.Input((1,), name="age"),
        keras.Input((1,), dtype="int32", name="cp"),
        keras.Input((1,), dtype="string", name="thal"),
    )
    features = [
        layers.Normalization(mean=54.0, variance=80.0)(age),
        layers.IntegerLookup(vocabulary=[1, 2, 3, 4], output_mode="multi_hot")(chest),
        layers.StringLookup(vocabulary=["model", "layer", "the"], output_mode="multi_hot")(thal),
    ]
    x = layers.Dense(8, activation="relu")(layers.Concatenate()(features))
    model = keras.Model([age, chest, thal], layers.Dense(1, activation="sigmoid")(layers.Dropout(0.5)(x)))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-flowers", "held-out", since="2.6", inputs=(("float", (16, 16, 3)),), targets=((1,),), training_steps=1)
def flowers():
    model = keras.Sequential(
        [
            layers.Rescaling(1.0 / 255, input_shape=(16, 16, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(5),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


@scenario(
    "held-augmented", "held-out", since="2.6", inputs=(("float", (12, 12, 3)),), targets=((2,),), training_steps=1
)
def augmented():
    augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    inputs = keras.Input((12, 12, 3))
    x = layers.Rescaling(1.0 / 127.5, offset=-1)(augmentation(inputs))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    model.compile("adam", "categorical_crossentropy")
    return model


@scenario("held-transfer", "held-out", inputs=(("float", (12, 12, 3)),), targets=((3,),), training_steps=1)
def transfer():
    base_inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(6, 3, strides=2, use_bias=False, name="conv1")(base_inputs)
    x = layers.BatchNormalization(name="bn1")(x)
    base = keras.Model(base_inputs, layers.ReLU(name="relu1")(x), name="base")
    base.trainable = False
    inputs = keras.Input((12, 12, 3))
    x = layers.GlobalAveragePooling2D()(base(inputs, training=False))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Dropout(0.2)(x)))
    model.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-transfer-sequential", "held-out", inputs=(("float", (12, 12, 3)),), targets=((1,),), training_steps=1)
def transfer_sequential():
    base_inputs = keras.Input((12, 12, 3))
    base = keras.Model(base_inputs, layers.MaxPooling2D(3)(layers.Conv2D(6, 3, activation="relu")(base_inputs)))
    base.trainable = False
    model = keras.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid")])
    if not model.built:
        model.build((None, 12, 12, 3))
    model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return model


@scenario("held-twins", "held-out", inputs=(("float", (7,)), ("float", (7,))), training_steps=1)
def twins():
    one, two = keras.Input((7,)), keras.Input((7,))
    tower = keras.Sequential([layers.Dense(8, activation="relu", input_shape=(7,)), layers.Dense(4)])
    distance = layers.Subtract()([tower(one), tower(two)])
    model = keras.Model([one, two], layers.Dense(1, activation="sigmoid")(distance))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-recommender", "held-out", inputs=(("int", (1,), 20), ("int", (1,), 30)), training_steps=1)
def recommender():
    user, item = keras.Input((1,), name="user"), keras.Input((1,), name="item")
    u = layers.Flatten()(layers.Embedding(20, 4, embeddings_regularizer=keras.regularizers.l2(1e-6), name="u")(user))
    i = layers.Flatten()(layers.Embedding(30, 4, embeddings_initializer="he_normal", name="i")(item))
    model = keras.Model([user, item], layers.Dot(axes=1)([u, i]))
    model.compile("adagrad", "mse", metrics=[keras.metrics.RootMeanSquaredError()])
    return model


@scenario("held-two-heads", "held-out", inputs=(("float", (8,)),), targets=((1,), (3,)), training_steps=1)
def two_heads():
    inputs = keras.Input((8,), name="features")
    x = layers.Dense(8, activation="tanh")(inputs)
    price = layers.Dense(1, name="price")(x)
    kind = layers.Dense(3, activation="softmax", name="kind")(x)
    model = keras.Model(inputs, [price, kind])
    model.compile(
        "adam", loss={"price": "mse", "kind": "categorical_crossentropy"}, loss_weights={"price": 0.5, "kind": 1.0}
    )
    return model


@scenario("held-scaled-sum", "held-out", inputs=(("float", (8,)),), training_steps=1)
def scaled_sum():
    inputs = keras.Input((8,))
    x = layers.Dense(8, activation="relu")(inputs)
    x = (x + inputs) * 0.5
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(keras.optimizers.Adamax(0.002), "huber_loss" if not hasattr(keras.losses, "huber") else "huber")
    return model


@scenario("held-lambda-scaling", "held-out", inputs=(("float", (8,)),), training_steps=1)
def lambda_scaling():
    model = keras.Sequential(
        [layers.Lambda(lambda x: x / 255.0, input_shape=(8,)), layers.Dense(4, "relu"), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    return model


@scenario("held-wave", "held-out", inputs=(("float", (16, 1)),), targets=((16, 1),), training_steps=1)
def wave():
    inputs = keras.Input((16, 1))
    x = inputs
    for rate in (1, 2, 4):
        x = layers.Conv1D(6, 2, padding="causal", dilation_rate=rate, activation="relu")(x)
    model = keras.Model(inputs, layers.Conv1D(1, 1)(x))
    model.compile(keras.optimizers.Adam(learning_rate=0.001, clipnorm=1.0), keras.losses.Huber())
    return model


@scenario("held-video", "held-out", inputs=(("float", (3, 6, 6, 1)),), targets=((2,),), training_steps=1)
def video():
    inputs = keras.Input((3, 6, 6, 1))
    x = layers.TimeDistributed(layers.Conv2D(4, 3, activation="relu"))(inputs)
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GRU(4)(x)))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario("held-decaying", "held-out", inputs=(("float", (8,)),), targets=((3,),), training_steps=1)
def decaying():
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=100, decay_rate=0.96, staircase=True)
    model = keras.Sequential([layers.Dense(8, input_shape=(8,)), layers.PReLU(), layers.Dense(3, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(rate),
        "categorical_crossentropy",
        metrics=[keras.metrics.Precision(), keras.metrics.Recall()],
    )
    return model


@scenario("held-voxels", "held-out", inputs=(("float", (6, 6, 6, 1)),), targets=((2,),), training_steps=1)
def voxels():
    inputs = keras.Input((6, 6, 6, 1))
    x = layers.Conv3D(4, 3, activation="relu")(inputs)
    x = layers.MaxPooling3D(2)(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling3D()(x)))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model
