"""A third set, written after the second one had been looked at, by somebody who had not seen the predictions. Never mend a
prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers


# Time series


@scenario("third-lstm-forecast", "held-out", inputs=(("float", (30, 1)),), targets=((1,),), training_steps=1)
def lstm_forecast():
    model = keras.models.Sequential()
    model.add(layers.LSTM(units=16, return_sequences=True, input_shape=(30, 1)))
    model.add(layers.Dropout(0.2))
    model.add(layers.LSTM(units=16, return_sequences=True))
    model.add(layers.Dropout(0.2))
    model.add(layers.LSTM(units=16))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(units=1))
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model


@scenario("third-energy-multistep", "held-out", inputs=(("float", (24, 5)),), targets=((6, 5),), training_steps=1)
def energy_multistep():
    out_steps, num_features = 6, 5
    model = keras.Sequential(
        [
            keras.Input(shape=(24, num_features)),
            layers.LSTM(16, return_sequences=False),
            layers.Dense(out_steps * num_features, kernel_initializer=tf.initializers.zeros()),
            layers.Reshape([out_steps, num_features]),
        ]
    )
    schedule = keras.optimizers.schedules.ExponentialDecay(
        initial_learning_rate=1e-3, decay_steps=1000, decay_rate=0.9, staircase=True
    )
    model.compile(
        loss=keras.losses.MeanSquaredError(),
        optimizer=keras.optimizers.Adam(learning_rate=schedule),
        metrics=[keras.metrics.MeanAbsoluteError(), keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    return model


@scenario(
    "third-sensor-anomaly", "held-out", since="2.3", inputs=(("float", (48, 1)),), targets=((48, 1),), training_steps=1
)
def sensor_anomaly():
    model = keras.Sequential(
        [
            layers.Input(shape=(48, 1)),
            layers.Conv1D(filters=16, kernel_size=7, padding="same", strides=2, activation="relu"),
            layers.Dropout(rate=0.2),
            layers.Conv1D(filters=8, kernel_size=7, padding="same", strides=2, activation="relu"),
            layers.Conv1DTranspose(filters=8, kernel_size=7, padding="same", strides=2, activation="relu"),
            layers.Dropout(rate=0.2),
            layers.Conv1DTranspose(filters=16, kernel_size=7, padding="same", strides=2, activation="relu"),
            layers.Conv1DTranspose(filters=1, kernel_size=7, padding="same"),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss="mse")
    return model


@scenario("third-lstm-autoencoder", "held-out", inputs=(("float", (20, 3)),), targets=((20, 3),), training_steps=1)
def lstm_autoencoder():
    timesteps, n_features = 20, 3
    model = keras.Sequential(name="lstm_autoencoder")
    model.add(layers.LSTM(16, activation="relu", input_shape=(timesteps, n_features), return_sequences=True))
    model.add(layers.LSTM(8, activation="relu", return_sequences=False))
    model.add(layers.RepeatVector(timesteps))
    model.add(layers.LSTM(8, activation="relu", return_sequences=True))
    model.add(layers.LSTM(16, activation="relu", return_sequences=True))
    model.add(layers.TimeDistributed(layers.Dense(n_features)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-4, clipvalue=0.5), loss="mae")
    return model


@scenario("third-wavenet", "held-out", inputs=(("float", (32, 1)),), targets=((32, 4),), training_steps=1)
def wavenet():
    model = keras.models.Sequential()
    model.add(layers.InputLayer(input_shape=[None, 1]))
    for rate in (1, 2, 4, 8) * 2:
        model.add(layers.Conv1D(filters=8, kernel_size=2, padding="causal", activation="relu", dilation_rate=rate))
    model.add(layers.Conv1D(filters=4, kernel_size=1))
    model.compile(loss=keras.losses.Huber(), optimizer="nadam", metrics=["mae"])
    return model


def _transformer_encoder(inputs, head_size, num_heads, ff_dim, dropout=0):
    x = layers.MultiHeadAttention(key_dim=head_size, num_heads=num_heads, dropout=dropout)(inputs, inputs)
    x = layers.Dropout(dropout)(x)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    res = x + inputs

    x = layers.Conv1D(filters=ff_dim, kernel_size=1, activation="relu")(res)
    x = layers.Dropout(dropout)(x)
    x = layers.Conv1D(filters=inputs.shape[-1], kernel_size=1)(x)
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    return x + res


@scenario(
    "third-series-transformer",
    "held-out",
    since="2.4",
    inputs=(("float", (40, 1)),),
    targets=((1,),),
    training_steps=1,
)
def series_transformer():
    inputs = keras.Input(shape=(40, 1))
    x = inputs
    for _ in range(2):
        x = _transformer_encoder(x, head_size=16, num_heads=2, ff_dim=4, dropout=0.25)
    x = layers.GlobalAveragePooling1D(data_format="channels_last")(x)
    for dim in [16]:
        x = layers.Dense(dim, activation="relu")(x)
        x = layers.Dropout(0.4)(x)
    outputs = layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-4),
        metrics=["sparse_categorical_accuracy"],
    )
    return model


# Tables


@scenario(
    "third-wide-deep",
    "held-out",
    since="2.6",
    inputs=(("float", (5,)), ("float", (6,))),
    targets=((1,), (1,)),
    training_steps=1,
)
def wide_deep():
    rng = np.random.RandomState(42)
    input_wide = layers.Input(shape=[5], name="input_wide")
    input_deep = layers.Input(shape=[6], name="input_deep")
    norm_layer_wide = layers.Normalization()
    norm_layer_deep = layers.Normalization()
    norm_layer_wide.adapt(rng.rand(64, 5).astype("float32"))
    norm_layer_deep.adapt(rng.rand(64, 6).astype("float32"))
    norm_wide = norm_layer_wide(input_wide)
    norm_deep = norm_layer_deep(input_deep)
    hidden1 = layers.Dense(30, activation="relu")(norm_deep)
    hidden2 = layers.Dense(30, activation="relu")(hidden1)
    concat = layers.concatenate([norm_wide, hidden2])
    output = layers.Dense(1, name="output")(concat)
    aux_output = layers.Dense(1, name="aux_output")(hidden2)
    model = keras.Model(inputs=[input_wide, input_deep], outputs=[output, aux_output])
    model.compile(loss=("mse", "mse"), loss_weights=(0.9, 0.1), optimizer=keras.optimizers.SGD(learning_rate=1e-3))
    return model


@scenario(
    "third-heart-disease",
    "held-out",
    since="2.6",
    inputs=(("float", (1,)), ("float", (1,)), ("int", (1,), 4), ("text", (1,))),
    targets=((1,),),
    training_steps=1,
)
def heart_disease():
    rng = np.random.RandomState(0)
    all_inputs = []
    encoded_features = []

    for name, mean in (("age", 54), ("chol", 246)):
        numeric_col = keras.Input(shape=(1,), name=name)
        normalization = layers.Normalization()
        normalization.adapt(rng.normal(mean, 10, size=(100, 1)).astype("float32"))
        all_inputs.append(numeric_col)
        encoded_features.append(normalization(numeric_col))

    cp = keras.Input(shape=(1,), name="cp", dtype="int64")
    cp_lookup = layers.IntegerLookup(output_mode="multi_hot")
    cp_lookup.adapt(np.array([[0], [1], [2], [3]], dtype="int64"))
    all_inputs.append(cp)
    encoded_features.append(cp_lookup(cp))

    thal = keras.Input(shape=(1,), name="thal", dtype="string")
    thal_lookup = layers.StringLookup(output_mode="multi_hot")
    thal_lookup.adapt(tf.constant([["fixed"], ["normal"], ["reversible"]]))
    all_inputs.append(thal)
    encoded_features.append(thal_lookup(thal))

    all_features = layers.concatenate(encoded_features)
    x = layers.Dense(32, activation="relu")(all_features)
    x = layers.Dropout(0.5)(x)
    output = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(all_inputs, output)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@scenario("third-house-prices", "held-out", since="2.5", inputs=(("float", (36,)),), targets=((1,),), training_steps=1)
def house_prices():
    model = keras.Sequential()
    model.add(layers.Dense(64, kernel_initializer="he_normal", kernel_regularizer="l2", input_dim=36))
    model.add(layers.BatchNormalization())
    model.add(layers.ELU())
    model.add(layers.Dropout(0.3))
    model.add(
        layers.Dense(32, kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.l1_l2(l1=1e-5, l2=1e-4))
    )
    model.add(layers.BatchNormalization())
    model.add(layers.ELU())
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(1, activation="linear"))
    cosine = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=2000, alpha=0.05)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=cosine),
        loss=keras.losses.MeanSquaredLogarithmicError(),
        metrics=["mae", "mape"],
    )
    return model


@scenario("third-card-fraud", "held-out", inputs=(("float", (29,)),), targets=((1,),), training_steps=1)
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
    output_bias = keras.initializers.Constant(np.log([492 / 284315]))
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


# Text


@scenario("third-review-export", "held-out", since="2.6", inputs=(("text", (1,)),), targets=((1,),), training_steps=1)
def review_export():
    max_features, sequence_length, embedding_dim = 100, 20, 16
    vectorize_layer = layers.TextVectorization(
        max_tokens=max_features, output_mode="int", output_sequence_length=sequence_length
    )
    vectorize_layer.adapt(
        tf.constant(
            [
                "a wonderful little production",
                "the plot was thin and the acting worse",
                "I laughed , I cried , a great film",
                "one of the other reviewers has mentioned it",
            ]
        )
    )
    model = keras.Sequential(
        [
            keras.Input(shape=(sequence_length,), dtype="int64"),
            layers.Embedding(max_features, embedding_dim),
            layers.Dropout(0.2),
            layers.GlobalAveragePooling1D(),
            layers.Dropout(0.2),
            layers.Dense(1),
        ]
    )
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), optimizer="adam")
    export_model = keras.Sequential(
        [keras.Input(shape=(1,), dtype="string"), vectorize_layer, model, layers.Activation("sigmoid")]
    )
    export_model.compile(
        loss=keras.losses.BinaryCrossentropy(from_logits=False), optimizer="adam", metrics=["accuracy"]
    )
    return export_model


@scenario("third-char-gru", "held-out", inputs=(("int", (25,), 40),), targets=((25,),), training_steps=1)
def char_gru():
    vocab_size = 40
    model = keras.Sequential(
        [
            keras.Input(shape=(None,)),
            layers.Embedding(vocab_size, 16),
            layers.GRU(32, return_sequences=True, recurrent_initializer="glorot_uniform"),
            layers.GRU(32, return_sequences=True, recurrent_initializer="glorot_uniform"),
            layers.Dense(vocab_size),
        ]
    )
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@scenario(
    "third-seq2seq",
    "held-out",
    inputs=(("float", (12, 20)), ("float", (15, 24))),
    targets=((15, 24),),
    training_steps=1,
)
def seq2seq():
    num_encoder_tokens, num_decoder_tokens, latent_dim = 20, 24, 16
    encoder_inputs = keras.Input(shape=(None, num_encoder_tokens))
    encoder = layers.LSTM(latent_dim, return_state=True)
    _, state_h, state_c = encoder(encoder_inputs)
    encoder_states = [state_h, state_c]

    decoder_inputs = keras.Input(shape=(None, num_decoder_tokens))
    decoder_lstm = layers.LSTM(latent_dim, return_sequences=True, return_state=True)
    decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
    decoder_dense = layers.Dense(num_decoder_tokens, activation="softmax")
    decoder_outputs = decoder_dense(decoder_outputs)

    model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "third-attention-translator",
    "held-out",
    inputs=(("int", (10,), 50), ("int", (12,), 60)),
    targets=((12,),),
    training_steps=1,
)
def attention_translator():
    source_vocab, target_vocab, embed_size, units = 50, 60, 16, 16
    encoder_input_ids = layers.Input(shape=[None], dtype="int32", name="source")
    decoder_input_ids = layers.Input(shape=[None], dtype="int32", name="target")
    encoder_embeddings = layers.Embedding(source_vocab, embed_size, mask_zero=True)(encoder_input_ids)
    decoder_embeddings = layers.Embedding(target_vocab, embed_size, mask_zero=True)(decoder_input_ids)

    encoder_outputs, forward_h, forward_c, backward_h, backward_c = layers.Bidirectional(
        layers.LSTM(units // 2, return_sequences=True, return_state=True), name="encoder"
    )(encoder_embeddings)
    encoder_state = [
        layers.Concatenate(axis=-1)([forward_h, backward_h]),
        layers.Concatenate(axis=-1)([forward_c, backward_c]),
    ]
    decoder_outputs = layers.LSTM(units, return_sequences=True, name="decoder")(
        decoder_embeddings, initial_state=encoder_state
    )
    attention_outputs = layers.Attention()([decoder_outputs, encoder_outputs])
    probabilities = layers.Dense(target_vocab, activation="softmax")(attention_outputs)
    model = keras.Model(inputs=[encoder_input_ids, decoder_input_ids], outputs=[probabilities])
    model.compile(loss="sparse_categorical_crossentropy", optimizer="nadam", metrics=["accuracy"])
    return model


@scenario(
    "third-ticket-routing",
    "held-out",
    inputs=(("float", (80,)), ("float", (80,)), ("float", (10,))),
    targets=((1,), (4,)),
    training_steps=1,
)
def ticket_routing():
    vocabulary_size, num_tags, num_departments = 80, 10, 4
    title = keras.Input(shape=(vocabulary_size,), name="title")
    text_body = keras.Input(shape=(vocabulary_size,), name="text_body")
    tags = keras.Input(shape=(num_tags,), name="tags")
    features = layers.Concatenate()([title, text_body, tags])
    features = layers.Dense(64, activation="relu")(features)
    priority = layers.Dense(1, activation="sigmoid", name="priority")(features)
    department = layers.Dense(num_departments, activation="softmax", name="department")(features)
    model = keras.Model(inputs=[title, text_body, tags], outputs=[priority, department])
    model.compile(
        optimizer="rmsprop",
        loss={"priority": "mean_squared_error", "department": "categorical_crossentropy"},
        metrics={"priority": ["mean_absolute_error"], "department": ["accuracy"]},
    )
    return model


@scenario("third-ner-tagger", "held-out", inputs=(("int", (30,), 120),), targets=((30,),), training_steps=1)
def ner_tagger():
    num_words, num_tags, max_len = 120, 9, 30
    input_word = layers.Input(shape=(max_len,))
    x = layers.Embedding(input_dim=num_words, output_dim=20, mask_zero=True)(input_word)
    x = layers.SpatialDropout1D(0.1)(x)
    x = layers.Bidirectional(layers.LSTM(units=16, return_sequences=True, recurrent_dropout=0.1))(x)
    out = layers.TimeDistributed(layers.Dense(num_tags, activation="softmax"))(x)
    model = keras.Model(input_word, out)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001, clipnorm=1.0),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


@scenario("third-glove-news", "held-out", inputs=(("int", (64,), 200),), targets=((1,),), training_steps=1)
def glove_news():
    num_tokens, embedding_dim = 200, 25
    embedding_matrix = np.zeros((num_tokens, embedding_dim))
    rng = np.random.RandomState(1)
    for i in range(2, num_tokens):
        embedding_matrix[i] = rng.normal(size=embedding_dim)
    embedding_layer = layers.Embedding(
        num_tokens,
        embedding_dim,
        embeddings_initializer=keras.initializers.Constant(embedding_matrix),
        trainable=False,
    )
    int_sequences_input = keras.Input(shape=(None,), dtype="int64")
    embedded_sequences = embedding_layer(int_sequences_input)
    x = layers.Conv1D(16, 5, activation="relu")(embedded_sequences)
    x = layers.MaxPooling1D(5)(x)
    x = layers.Conv1D(16, 5, activation="relu")(x)
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Dense(16, activation="relu")(x)
    x = layers.Dropout(0.5)(x)
    preds = layers.Dense(20, activation="softmax")(x)
    model = keras.Model(int_sequences_input, preds)
    model.compile(loss="sparse_categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
    return model


# Recommenders


@scenario(
    "third-movie-ratings",
    "held-out",
    inputs=(("int", (1,), 30), ("int", (1,), 50)),
    targets=((1,),),
    training_steps=1,
)
def movie_ratings():
    n_users, n_movies, embedding_size = 30, 50, 8
    user = layers.Input(name="user", shape=[1])
    user_vec = layers.Embedding(
        n_users,
        embedding_size,
        embeddings_initializer="he_normal",
        embeddings_regularizer=keras.regularizers.l2(1e-6),
        name="user_embedding",
    )(user)
    user_bias = layers.Embedding(n_users, 1, name="user_bias")(user)
    movie = layers.Input(name="movie", shape=[1])
    movie_vec = layers.Embedding(
        n_movies,
        embedding_size,
        embeddings_initializer="he_normal",
        embeddings_regularizer=keras.regularizers.l2(1e-6),
        name="movie_embedding",
    )(movie)
    movie_bias = layers.Embedding(n_movies, 1, name="movie_bias")(movie)
    x = layers.Dot(name="dot_product", normalize=False, axes=2)([user_vec, movie_vec])
    x = layers.Add()([x, user_bias, movie_bias])
    x = layers.Flatten()(x)
    x = layers.Activation("sigmoid", name="rating")(x)
    model = keras.Model(inputs=[user, movie], outputs=x, name="matrix_factorization")
    model.compile(
        loss=keras.losses.BinaryCrossentropy(), optimizer=keras.optimizers.Adagrad(learning_rate=0.05), metrics=["mse"]
    )
    return model


@scenario("third-next-item", "held-out", inputs=(("int", (16,), 60),), targets=((1,),), training_steps=1)
def next_item():
    n_items = 60
    history = keras.Input(shape=(16,), dtype="int32", name="item_history")
    x = layers.Embedding(n_items, 16, name="item_embedding")(history)
    for i, dilation in enumerate((1, 2, 4)):
        skip = x
        x = layers.LayerNormalization(name=f"norm_{i}")(x)
        x = layers.Conv1D(16, 3, padding="causal", dilation_rate=dilation, activation="relu", name=f"conv_{i}")(x)
        x = layers.Add(name=f"residual_{i}")([skip, x])
    last = x[:, -1, :]
    logits = layers.Dense(n_items, name="scores")(last)
    model = keras.Model(history, logits, name="next_item")
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[
            keras.metrics.SparseTopKCategoricalAccuracy(k=5, name="hit_rate_5"),
            keras.metrics.SparseTopKCategoricalAccuracy(k=20, name="hit_rate_20"),
        ],
    )
    return model


# Sound


@scenario(
    "third-speech-commands",
    "held-out",
    since="2.6",
    inputs=(("float", (40, 33, 1)),),
    targets=((1,),),
    training_steps=1,
)
def speech_commands():
    norm_layer = layers.Normalization()
    norm_layer.adapt(np.random.RandomState(3).rand(16, 40, 33, 1).astype("float32"))
    model = keras.models.Sequential(
        [
            layers.Input(shape=(40, 33, 1)),
            layers.Resizing(16, 16),
            norm_layer,
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
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


def _sound_block(x, filters, conv_num=3, activation="relu"):
    s = layers.Conv1D(filters, 1, padding="same")(x)
    for _ in range(conv_num - 1):
        x = layers.Conv1D(filters, 3, padding="same")(x)
        x = layers.Activation(activation)(x)
    x = layers.Conv1D(filters, 3, padding="same")(x)
    x = layers.Add()([x, s])
    x = layers.Activation(activation)(x)
    return layers.MaxPool1D(pool_size=2, strides=2)(x)


@scenario("third-speaker-id", "held-out", inputs=(("float", (128, 1)),), targets=((1,),), training_steps=1)
def speaker_id():
    inputs = layers.Input(shape=(128, 1), name="input")
    x = _sound_block(inputs, 4, 2)
    x = _sound_block(x, 8, 2)
    x = _sound_block(x, 16, 3)
    x = layers.AveragePooling1D(pool_size=3, strides=3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(32, activation="relu")(x)
    x = layers.Dense(16, activation="relu")(x)
    outputs = layers.Dense(5, activation="softmax", name="output")(x)
    model = keras.models.Model(inputs=inputs, outputs=outputs)
    model.compile(optimizer="Adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


# Images, video, games


@scenario("third-mnist-convnet", "held-out", inputs=(("float", (28, 28, 1)),), targets=((10,),), training_steps=1)
def mnist_convnet():
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(16, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario("third-vgg-like", "held-out", inputs=(("float", (32, 32, 3)),), targets=((6,),), training_steps=1)
def vgg_like():
    model = keras.models.Sequential()
    model.add(layers.Conv2D(8, (3, 3), activation="relu", input_shape=(32, 32, 3)))
    model.add(layers.Conv2D(8, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Dropout(0.25))
    model.add(layers.Conv2D(16, (3, 3), activation="relu"))
    model.add(layers.Conv2D(16, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Dropout(0.25))
    model.add(layers.Flatten())
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(6, activation="softmax"))
    if tuple(int(part) for part in tf.__version__.split(".")[:2]) < (2, 11):
        sgd = keras.optimizers.SGD(learning_rate=0.01, decay=1e-6, momentum=0.9, nesterov=True)
    else:
        rate = keras.optimizers.schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=1e-6)
        sgd = keras.optimizers.SGD(learning_rate=rate, momentum=0.9, nesterov=True)
    model.compile(loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1), optimizer=sgd, metrics=["accuracy"])
    return model


@scenario(
    "third-cats-dogs", "held-out", since="2.6", inputs=(("float", (48, 48, 3)),), targets=((1,),), training_steps=1
)
def cats_dogs():
    inputs = keras.Input(shape=(48, 48, 3))
    x = layers.Rescaling(1.0 / 255)(inputs)
    x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    previous_block_activation = x
    for size in [12, 16]:
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
        x = layers.SeparableConv2D(size, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        residual = layers.Conv2D(size, 1, strides=2, padding="same")(previous_block_activation)
        x = layers.add([x, residual])
        previous_block_activation = x
    x = layers.SeparableConv2D(24, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.25)(x)
    outputs = layers.Dense(1, activation=None)(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(3e-4),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(name="acc")],
    )
    return model


@scenario(
    "third-mobilenet-transfer",
    "held-out",
    since="2.6",
    inputs=(("float", (32, 32, 3)),),
    targets=((1,),),
    training_steps=1,
)
def mobilenet_transfer():
    data_augmentation = keras.Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.2)])
    preprocess_input = keras.applications.mobilenet_v2.preprocess_input
    base_model = keras.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None)
    base_model.trainable = False
    inputs = keras.Input(shape=(32, 32, 3))
    x = data_augmentation(inputs)
    x = preprocess_input(x)
    x = base_model(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.0001),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.5, name="accuracy")],
    )
    return model


@scenario(
    "third-face-attributes",
    "held-out",
    inputs=(("float", (48, 48, 1)),),
    targets=((1,), (1,), (5,)),
    training_steps=1,
)
def face_attributes():
    inputs = layers.Input((48, 48, 1))
    x = inputs
    for filters in (8, 16, 24):
        x = layers.Conv2D(filters, kernel_size=(3, 3), padding="same")(x)
        x = layers.LeakyReLU()(x)
        x = layers.BatchNormalization(axis=-1)(x)
        x = layers.MaxPooling2D(pool_size=(2, 2))(x)
    flatten = layers.Flatten()(x)

    dense_age = layers.Dense(16, activation="relu")(flatten)
    dense_gender = layers.Dense(16, activation="relu")(flatten)
    dense_race = layers.Dense(16, activation="relu")(flatten)
    age = layers.Dense(1, activation="relu", name="age_output")(layers.Dropout(0.3)(dense_age))
    gender = layers.Dense(1, activation="sigmoid", name="gender_output")(layers.Dropout(0.3)(dense_gender))
    race = layers.Dense(5, activation="softmax", name="race_output")(layers.Dropout(0.3)(dense_race))
    model = keras.Model(inputs=inputs, outputs=[age, gender, race], name="face_net")
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=4e-4),
        loss={
            "age_output": "mse",
            "gender_output": "binary_crossentropy",
            "race_output": "categorical_crossentropy",
        },
        loss_weights={"age_output": 4.0, "gender_output": 0.1, "race_output": 1.5},
        metrics={"age_output": "mae", "gender_output": "accuracy", "race_output": "accuracy"},
    )
    return model


@scenario(
    "third-siamese",
    "held-out",
    inputs=(("float", (28, 28, 1)), ("float", (28, 28, 1))),
    targets=((1,),),
    training_steps=1,
)
def siamese():
    inputs = layers.Input((28, 28, 1))
    x = layers.BatchNormalization()(inputs)
    x = layers.Conv2D(4, (5, 5), activation="tanh")(x)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Conv2D(8, (5, 5), activation="tanh")(x)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(10, activation="tanh")(x)
    embedding_network = keras.Model(inputs, x, name="embedding")

    input_1 = layers.Input((28, 28, 1), name="left")
    input_2 = layers.Input((28, 28, 1), name="right")
    tower_1 = embedding_network(input_1)
    tower_2 = embedding_network(input_2)
    merged = layers.Dot(axes=1, normalize=True)([tower_1, tower_2])
    normal_layer = layers.BatchNormalization()(merged)
    output_layer = layers.Dense(1, activation="sigmoid")(normal_layer)
    model = keras.Model(inputs=[input_1, input_2], outputs=output_layer)
    model.compile(loss="binary_crossentropy", optimizer="RMSprop", metrics=["accuracy"])
    return model


@scenario("third-gan", "held-out", inputs=(("float", (30,)),), targets=((1,),), training_steps=1)
def gan():
    codings_size = 30
    generator = keras.models.Sequential(
        [
            layers.Dense(32, activation="selu", input_shape=[codings_size]),
            layers.Dense(48, activation="selu"),
            layers.Dense(28 * 28, activation="sigmoid"),
            layers.Reshape([28, 28]),
        ]
    )
    discriminator = keras.models.Sequential(
        [
            layers.Flatten(input_shape=[28, 28]),
            layers.Dense(48, activation="selu"),
            layers.Dense(32, activation="selu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model = keras.models.Sequential([generator, discriminator])
    discriminator.compile(loss="binary_crossentropy", optimizer="rmsprop")
    discriminator.trainable = False
    if not model.built:
        model.build((None, codings_size))
    model.compile(loss="binary_crossentropy", optimizer="rmsprop")
    return model


@scenario(
    "third-next-frame",
    "held-out",
    inputs=(("float", (4, 16, 16, 1)),),
    targets=((4, 16, 16, 1),),
    training_steps=1,
)
def next_frame():
    inp = layers.Input(shape=(None, 16, 16, 1))
    x = layers.ConvLSTM2D(filters=8, kernel_size=(5, 5), padding="same", return_sequences=True, activation="relu")(inp)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(filters=8, kernel_size=(3, 3), padding="same", return_sequences=True, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same")(x)
    model = keras.models.Model(inp, x)
    model.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.Adam())
    return model


@scenario("third-dqn", "held-out", inputs=(("float", (44, 44, 4)),), targets=((4,),), training_steps=1)
def dqn():
    num_actions = 4
    inputs = layers.Input(shape=(44, 44, 4))
    layer1 = layers.Conv2D(8, 8, strides=4, activation="relu")(inputs)
    layer2 = layers.Conv2D(16, 4, strides=2, activation="relu")(layer1)
    layer3 = layers.Conv2D(16, 3, strides=1, padding="same", activation="relu")(layer2)
    layer4 = layers.Flatten()(layer3)
    layer5 = layers.Dense(64, activation="relu")(layer4)
    action = layers.Dense(num_actions, activation="linear")(layer5)
    model = keras.Model(inputs=inputs, outputs=action)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.00025, clipnorm=1.0), loss=keras.losses.Huber())
    return model
