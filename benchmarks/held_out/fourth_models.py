"""A fourth set, written after the third one had been looked at, by somebody who had not seen the predictions. Never mend a
prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers


# Tables


@scenario("fourth-titanic-survival", "held-out", inputs=(("float", (11,)),), targets=((1,),), training_steps=1)
def titanic_survival():
    model = keras.models.Sequential()
    model.add(layers.Dense(units=16, kernel_initializer="he_uniform", activation="relu", input_dim=11))
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(units=8, kernel_initializer="he_uniform", activation="relu"))
    model.add(layers.BatchNormalization())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(units=1, kernel_initializer="glorot_uniform", activation="sigmoid"))
    model.compile(optimizer="nadam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "fourth-house-prices",
    "held-out",
    inputs=(("float", (9,)), ("int", (1,), 25), ("int", (1,), 6)),
    targets=((1,),),
    training_steps=1,
)
def house_prices():
    numeric = keras.Input(shape=(9,), name="numeric")
    neighborhood = keras.Input(shape=(1,), name="neighborhood", dtype="int32")
    zoning = keras.Input(shape=(1,), name="zoning", dtype="int32")
    parts = [numeric]
    for column, cardinality in ((neighborhood, 25), (zoning, 6)):
        size = int(min(np.ceil(cardinality / 2), 8))
        embedded = layers.Embedding(cardinality, size, embeddings_regularizer=keras.regularizers.l2(1e-5))(column)
        parts.append(layers.Flatten()(embedded))
    x = layers.Concatenate()(parts)
    for units in (32, 16):
        x = layers.Dense(units, activation="elu", kernel_regularizer=keras.regularizers.l1_l2(l1=1e-5, l2=1e-4))(x)
        x = layers.Dropout(0.1)(x)
    price = layers.Dense(1, activation="linear", name="log_price")(x)
    model = keras.Model(inputs=[numeric, neighborhood, zoning], outputs=price, name="house_prices")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.005, beta_1=0.9, beta_2=0.999),
        loss=keras.losses.Huber(delta=1.5),
        metrics=[keras.metrics.RootMeanSquaredError(), "mae"],
    )
    return model


@scenario("fourth-card-fraud", "held-out", inputs=(("float", (29,)),), targets=((1,),), training_steps=1)
def card_fraud():
    metrics = [
        keras.metrics.TruePositives(name="tp"),
        keras.metrics.FalsePositives(name="fp"),
        keras.metrics.TrueNegatives(name="tn"),
        keras.metrics.FalseNegatives(name="fn"),
        keras.metrics.BinaryAccuracy(name="accuracy"),
        keras.metrics.Precision(name="precision"),
        keras.metrics.Recall(name="recall"),
        keras.metrics.AUC(name="auc"),
        keras.metrics.AUC(name="prc", curve="PR"),
    ]
    output_bias = keras.initializers.Constant(float(np.log(492 / 284315)))
    model = keras.Sequential(
        [
            layers.Dense(16, activation="relu", input_shape=(29,)),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid", bias_initializer=output_bias),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3), loss=keras.losses.BinaryCrossentropy(), metrics=metrics
    )
    return model


@scenario(
    "fourth-census-wide-deep",
    "held-out",
    since="2.7",
    inputs=(("float", (5,)), ("text", (1,)), ("text", (1,))),
    targets=((1,),),
    training_steps=1,
)
def census_wide_deep():
    vocabularies = {
        "workclass": ["Private", "Self-emp-not-inc", "Local-gov", "State-gov", "Federal-gov"],
        "education": ["HS-grad", "Some-college", "Bachelors", "Masters", "Assoc-voc", "11th", "Doctorate"],
    }
    rng = np.random.RandomState(42)
    normalizer = layers.Normalization(name="normalize_numeric")
    normalizer.adapt(rng.normal(loc=0.5, scale=0.3, size=(64, 5)).astype("float32"))

    numeric = keras.Input(shape=(5,), name="numeric")
    inputs, encoded = [numeric], [normalizer(numeric)]
    for name, vocabulary in vocabularies.items():
        column = keras.Input(shape=(1,), name=name, dtype="string")
        lookup = layers.StringLookup(vocabulary=vocabulary, output_mode="one_hot", name=f"{name}_lookup")
        inputs.append(column)
        encoded.append(lookup(column))
    wide = layers.BatchNormalization()(layers.concatenate(encoded))
    deep = layers.concatenate(encoded)
    for units in (16, 16):
        deep = layers.Dense(units)(deep)
        deep = layers.BatchNormalization()(deep)
        deep = layers.ReLU()(deep)
        deep = layers.Dropout(0.1)(deep)
    outputs = layers.Dense(units=1, activation="sigmoid", name="income")(layers.concatenate([wide, deep]))
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
    return model


# Recommenders


@scenario(
    "fourth-movie-ratings", "held-out", inputs=(("int", (1,), 60), ("int", (1,), 90)), targets=((1,),), training_steps=1
)
def movie_ratings():
    n_users, n_movies, n_factors = 60, 90, 8
    min_rating, max_rating = 0.5, 5.0

    def embed(index, count, size, name):
        vectors = layers.Embedding(
            count,
            size,
            embeddings_initializer="he_normal",
            embeddings_regularizer=keras.regularizers.l2(1e-6),
            name=name,
        )(index)
        return layers.Reshape((size,))(vectors)

    user = layers.Input(shape=(1,), name="user")
    movie = layers.Input(shape=(1,), name="movie")
    u = embed(user, n_users, n_factors, "user_factors")
    m = embed(movie, n_movies, n_factors, "movie_factors")
    x = layers.Dot(axes=1)([u, m])
    x = layers.Add()([x, embed(user, n_users, 1, "user_bias"), embed(movie, n_movies, 1, "movie_bias")])
    x = layers.Activation("sigmoid")(x)
    x = x * (max_rating - min_rating) + min_rating
    model = keras.models.Model(inputs=[user, movie], outputs=x)
    model.compile(loss="mean_squared_error", optimizer=keras.optimizers.Adam(learning_rate=0.001))
    return model


# Pictures


@scenario("fourth-pets-unet", "held-out", inputs=(("float", (32, 32, 3)),), targets=((32, 32, 1),), training_steps=1)
def pets_unet():
    inputs = keras.Input(shape=(32, 32, 3))

    x = layers.Conv2D(8, 3, strides=2, padding="same")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    previous_block_activation = x
    for filters in [8, 16]:
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(filters, 1, strides=2, padding="same")(previous_block_activation)
        x = layers.add([x, residual])
        previous_block_activation = x

    for filters in [16, 8, 8]:
        x = layers.Activation("relu")(x)
        x = layers.Conv2DTranspose(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.UpSampling2D(2)(x)
        residual = layers.UpSampling2D(2)(previous_block_activation)
        residual = layers.Conv2D(filters, 1, padding="same")(residual)
        x = layers.add([x, residual])
        previous_block_activation = x

    outputs = layers.Conv2D(3, 3, activation="softmax", padding="same")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(1e-4), loss="sparse_categorical_crossentropy")
    return model


@scenario(
    "fourth-emotion-mini-xception", "held-out", inputs=(("float", (48, 48, 1)),), targets=((7,),), training_steps=1
)
def emotion_mini_xception():
    regularization = keras.regularizers.l2(0.01)
    img_input = layers.Input((48, 48, 1))
    x = layers.Conv2D(8, (3, 3), strides=(1, 1), kernel_regularizer=regularization, use_bias=False)(img_input)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    for filters in (8, 16):
        residual = layers.Conv2D(filters, (1, 1), strides=(2, 2), padding="same", use_bias=False)(x)
        residual = layers.BatchNormalization()(residual)
        x = layers.SeparableConv2D(
            filters,
            (3, 3),
            padding="same",
            depthwise_regularizer=regularization,
            pointwise_regularizer=regularization,
            use_bias=False,
        )(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(filters, (3, 3), padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="same")(x)
        x = layers.add([x, residual])
    x = layers.Conv2D(7, (3, 3), padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    output = layers.Activation("softmax", name="predictions")(x)
    model = keras.models.Model(img_input, output)
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "fourth-cifar-se-resnet",
    "held-out",
    since="2.2",
    inputs=(("float", (32, 32, 3)),),
    targets=((10,),),
    training_steps=1,
)
def cifar_se_resnet():
    def squeeze_excite(x, filters, ratio=4):
        se = layers.GlobalAveragePooling2D()(x)
        se = layers.Reshape((1, 1, filters))(se)
        se = layers.Dense(filters // ratio, activation="relu", kernel_initializer="he_normal", use_bias=False)(se)
        se = layers.Dense(filters, activation="sigmoid", kernel_initializer="he_normal", use_bias=False)(se)
        return layers.multiply([x, se])

    def block(x, filters, stride, name):
        weights = {
            "padding": "same",
            "kernel_initializer": "he_normal",
            "kernel_regularizer": keras.regularizers.l2(5e-4),
        }
        shortcut = x
        if stride != 1:
            shortcut = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_0_conv", **weights)(x)
            shortcut = layers.BatchNormalization(name=f"{name}_0_bn")(shortcut)
        x = layers.Conv2D(filters, 3, strides=stride, name=f"{name}_1_conv", **weights)(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_1_bn")(x)
        x = layers.ReLU(name=f"{name}_1_relu")(x)
        x = layers.Conv2D(filters, 3, name=f"{name}_2_conv", **weights)(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer="zeros", name=f"{name}_2_bn")(x)
        x = squeeze_excite(x, filters)
        x = layers.Add(name=f"{name}_add")([shortcut, x])
        return layers.ReLU(name=f"{name}_out")(x)

    inputs = keras.Input(shape=(32, 32, 3), name="image")
    x = layers.ZeroPadding2D(1)(inputs)
    x = layers.Conv2D(8, 3, use_bias=False, kernel_initializer="he_normal", name="stem")(x)
    x = block(x, 8, 1, "block1")
    x = block(x, 16, 2, "block2")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    outputs = layers.Dense(10, activation="softmax", name="probs")(x)
    model = keras.Model(inputs, outputs, name="se_resnet")
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries=[3000, 6000], values=[0.1, 0.01, 0.001])
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=schedule, momentum=0.9, nesterov=True),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=5, name="top5")],
    )
    return model


@scenario(
    "fourth-moving-mnist", "held-out", inputs=(("float", (4, 16, 16, 1)),), targets=((4, 16, 16, 1),), training_steps=1
)
def moving_mnist():
    inp = layers.Input(shape=(None, 16, 16, 1))
    x = layers.ConvLSTM2D(filters=4, kernel_size=(5, 5), padding="same", return_sequences=True, activation="relu")(inp)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(filters=4, kernel_size=(3, 3), padding="same", return_sequences=True, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same")(x)
    model = keras.models.Model(inp, x)
    model.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.Adam())
    return model


# Text


@scenario(
    "fourth-imdb-end-to-end", "held-out", since="2.6", inputs=(("text", (1,)),), targets=((1,),), training_steps=1
)
def imdb_end_to_end():
    reviews = [
        "a good film with a clever plot",
        "bad acting and a dull plot",
        "the best of the year",
        "not worth the time",
    ]
    vectorize_layer = layers.TextVectorization(max_tokens=200, output_mode="int", output_sequence_length=24)
    vectorize_layer.adapt(tf.data.Dataset.from_tensor_slices(reviews).batch(2))
    model = keras.Sequential(
        [
            keras.Input(shape=(1,), dtype=tf.string, name="text"),
            vectorize_layer,
            layers.Embedding(200, 16),
            layers.Dropout(0.5),
            layers.Conv1D(16, 7, padding="valid", activation="relu", strides=3),
            layers.GlobalMaxPooling1D(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid", name="predictions"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario("fourth-toxic-comments", "held-out", inputs=(("int", (40,), 300),), targets=((6,),), training_steps=1)
def toxic_comments():
    max_features, maxlen, embed_size = 300, 40, 16
    embedding_matrix = np.random.RandomState(7).normal(0.0, 0.4, (max_features, embed_size))
    inp = layers.Input(shape=(maxlen,))
    if hasattr(keras, "ops"):  # Keras 3 has no argument "weights"
        frozen = keras.initializers.Constant(embedding_matrix)
        x = layers.Embedding(max_features, embed_size, embeddings_initializer=frozen, trainable=False)(inp)
    else:
        x = layers.Embedding(max_features, embed_size, weights=[embedding_matrix], trainable=False)(inp)
    x = layers.SpatialDropout1D(0.2)(x)
    x = layers.Bidirectional(layers.GRU(8, return_sequences=True))(x)
    x = layers.Conv1D(8, kernel_size=3, padding="valid", kernel_initializer="glorot_uniform")(x)
    avg_pool = layers.GlobalAveragePooling1D()(x)
    max_pool = layers.GlobalMaxPooling1D()(x)
    conc = layers.concatenate([avg_pool, max_pool])
    outp = layers.Dense(6, activation="sigmoid")(conc)
    model = keras.models.Model(inputs=inp, outputs=outp)
    optimizer = keras.optimizers.RMSprop(learning_rate=1e-3, clipvalue=1.0)
    model.compile(loss="binary_crossentropy", optimizer=optimizer, metrics=[keras.metrics.AUC(multi_label=False)])
    return model


@scenario("fourth-ner-tagger", "held-out", inputs=(("int", (20,), 200),), targets=((20,),), training_steps=1)
def ner_tagger():
    model = keras.Sequential()
    model.add(keras.Input(shape=(20,)))
    model.add(layers.Embedding(input_dim=200, output_dim=16, mask_zero=True))
    model.add(layers.Bidirectional(layers.LSTM(8, return_sequences=True, dropout=0.2), merge_mode="concat"))
    model.add(layers.LSTM(8, return_sequences=True, dropout=0.1))
    model.add(layers.TimeDistributed(layers.Dense(9, activation="softmax")))
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(), optimizer="rmsprop", metrics=["sparse_categorical_accuracy"]
    )
    return model


@scenario(
    "fourth-ticket-routing",
    "held-out",
    inputs=(("int", (10,), 120), ("int", (30,), 120), ("float", (12,))),
    targets=((1,), (4,)),
    training_steps=1,
)
def ticket_routing():
    num_words, num_tags, num_departments = 120, 12, 4
    title_input = keras.Input(shape=(None,), name="title")
    body_input = keras.Input(shape=(None,), name="body")
    tags_input = keras.Input(shape=(num_tags,), name="tags")
    title_features = layers.LSTM(16)(layers.Embedding(num_words, 8)(title_input))
    body_features = layers.LSTM(8)(layers.Embedding(num_words, 8)(body_input))
    x = layers.concatenate([title_features, body_features, tags_input])
    priority_pred = layers.Dense(1, name="priority")(x)
    department_pred = layers.Dense(num_departments, name="department")(x)
    model = keras.Model(inputs=[title_input, body_input, tags_input], outputs=[priority_pred, department_pred])
    model.compile(
        optimizer=keras.optimizers.RMSprop(1e-3),
        loss={
            "priority": keras.losses.BinaryCrossentropy(from_logits=True),
            "department": keras.losses.CategoricalCrossentropy(from_logits=True),
        },
        loss_weights={"priority": 1.0, "department": 0.2},
    )
    return model


# Sound, sensors and games


@scenario(
    "fourth-speech-commands",
    "held-out",
    since="2.6",
    inputs=(("float", (40, 33, 1)),),
    targets=((1,),),
    training_steps=1,
)
def speech_commands():
    spectrograms = np.random.RandomState(0).gamma(1.0, 0.4, size=(16, 40, 33, 1)).astype("float32")
    norm_layer = layers.Normalization()
    norm_layer.adapt(data=tf.data.Dataset.from_tensor_slices(spectrograms).batch(8))
    model = keras.models.Sequential(
        [
            layers.Input(shape=(40, 33, 1)),
            layers.Resizing(24, 24),
            norm_layer,
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(8),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


@scenario(
    "fourth-engine-transformer",
    "held-out",
    since="2.4",
    inputs=(("float", (50, 1)),),
    targets=((1,),),
    training_steps=1,
)
def engine_transformer():
    def transformer_encoder(inputs, head_size, num_heads, ff_dim, dropout=0.0):
        x = layers.MultiHeadAttention(key_dim=head_size, num_heads=num_heads, dropout=dropout)(inputs, inputs)
        x = layers.Dropout(dropout)(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x)
        res = x + inputs
        x = layers.Conv1D(filters=ff_dim, kernel_size=1, activation="relu")(res)
        x = layers.Dropout(dropout)(x)
        x = layers.Conv1D(filters=inputs.shape[-1], kernel_size=1)(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x)
        return x + res

    inputs = keras.Input(shape=(50, 1))
    x = inputs
    for _ in range(2):
        x = transformer_encoder(x, head_size=8, num_heads=2, ff_dim=4, dropout=0.25)
    x = layers.GlobalAveragePooling1D(data_format="channels_first")(x)
    x = layers.Dense(16, activation="relu")(x)
    x = layers.Dropout(0.4)(x)
    outputs = layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-4),
        metrics=["sparse_categorical_accuracy"],
    )
    return model


@scenario("fourth-dueling-dqn", "held-out", inputs=(("float", (42, 42, 4)),), targets=((6,),), training_steps=1)
def dueling_dqn():
    num_actions = 6
    frames = layers.Input(shape=(42, 42, 4))
    x = layers.Conv2D(8, 8, strides=4, activation="relu", kernel_initializer=keras.initializers.VarianceScaling(2.0))(
        frames
    )
    x = layers.Conv2D(16, 4, strides=2, activation="relu", kernel_initializer=keras.initializers.VarianceScaling(2.0))(
        x
    )
    x = layers.Flatten()(x)
    value = layers.Dense(16, activation="relu")(x)
    value = layers.Dense(1, name="value")(value)
    advantage = layers.Dense(16, activation="relu")(x)
    advantage = layers.Dense(num_actions, name="advantage")(advantage)
    mean_free = layers.Lambda(lambda a: a - tf.reduce_mean(a, axis=1, keepdims=True), output_shape=(num_actions,))(
        advantage
    )
    q_values = layers.Add(name="q_values")([value, mean_free])
    model = keras.Model(inputs=frames, outputs=q_values, name="dueling_dqn")
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.00025, clipnorm=1.0), loss=keras.losses.Huber())
    return model
