"""A tenth set, written by somebody who had read neither the predictions nor the other sets. Never mend a prediction by what
is seen here: write new ones afterwards.
"""

import math

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers


# Tabular


@scenario("tenth-house-prices", "held-out", since="2.10", inputs=(("float", (13,)),), targets=((1,),), training_steps=2)
def house_prices():
    rng = np.random.RandomState(7)
    normalizer = layers.Normalization(axis=-1)
    normalizer.adapt(rng.normal(2.0, 3.0, size=(64, 13)).astype("float32"))
    model = keras.Sequential(
        [
            normalizer,
            layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.l1_l2(l1=1e-5, l2=1e-4)),
            layers.BatchNormalization(momentum=0.9),
            layers.Dropout(0.3),
            layers.Dense(16, activation="selu", kernel_initializer="lecun_normal"),
            layers.AlphaDropout(0.1),
            layers.Dense(1),
        ]
    )
    model.build((None, 13))
    model.compile(
        optimizer=keras.optimizers.RMSprop(0.001, momentum=0.9, centered=True),
        loss=keras.losses.MeanSquaredLogarithmicError(),
        metrics=["mae", "mape"],
    )
    return model


@scenario(
    "tenth-credit-scoring",
    "held-out",
    since="2.10",
    inputs=(("float", (1,)), ("float", (6,)), ("text", (1,)), ("int", (1,), 12)),
    targets=((1,),),
    training_steps=1,
)
def credit_scoring():
    age = keras.Input(shape=(1,), name="age")
    amounts = keras.Input(shape=(6,), name="amounts")
    housing = keras.Input(shape=(1,), name="housing", dtype="string")
    month = keras.Input(shape=(1,), name="month", dtype="int64")

    age_bucket = layers.Discretization(bin_boundaries=[0.1, 0.3, 0.5, 0.8])(age)
    age_bucket = layers.CategoryEncoding(num_tokens=5, output_mode="one_hot")(age_bucket)
    scaled = layers.Rescaling(scale=1.0 / 3.0, offset=-0.5)(amounts)
    housing_code = layers.StringLookup(vocabulary=["own", "rent", "free"], output_mode="one_hot")(housing)
    month_code = layers.Embedding(12, 3, embeddings_initializer="uniform", name="month_embedding")(month)
    month_code = layers.Flatten()(month_code)

    x = layers.concatenate([age_bucket, scaled, housing_code, month_code])
    x = layers.Dense(24, activation="relu", kernel_initializer="he_normal")(x)
    x = layers.Dropout(0.5)(x)
    output = layers.Dense(1, activation="sigmoid", bias_initializer=keras.initializers.Constant(-1.5))(x)
    model = keras.Model([age, amounts, housing, month], output, name="credit")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=3e-4, amsgrad=True),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        metrics=[keras.metrics.AUC(name="auc", curve="PR"), keras.metrics.BinaryAccuracy(threshold=0.4)],
    )
    return model


def _gated_residual(x, units, dropout):
    skip = x if x.shape[-1] == units else layers.Dense(units)(x)
    h = layers.Dense(units, activation="elu")(x)
    h = layers.Dense(units)(h)
    h = layers.Dropout(dropout)(h)
    gate = layers.Dense(units, activation="sigmoid")(h)
    return layers.LayerNormalization()(skip + gate * layers.Dense(units)(h))


@scenario(
    "tenth-gated-residual", "held-out", since="2.10", inputs=(("float", (20,)),), targets=((3,),), training_steps=2
)
def gated_residual():
    inputs = keras.Input((20,))
    x = _gated_residual(inputs, 16, 0.1)
    x = _gated_residual(x, 16, 0.1)
    outputs = layers.Dense(3, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Nadam(1e-3, clipnorm=1.0),
        keras.losses.CategoricalCrossentropy(),
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2)],
    )
    return model


class TenthPinballLoss(keras.losses.Loss):
    def __init__(self, quantiles=(0.1, 0.5, 0.9), name="pinball", **kwargs):
        super().__init__(name=name, **kwargs)
        self.quantiles = list(quantiles)

    def call(self, y_true, y_pred):
        q = tf.constant(self.quantiles, dtype=y_pred.dtype)
        error = tf.cast(y_true, y_pred.dtype) - y_pred
        return tf.reduce_mean(tf.maximum(q * error, (q - 1.0) * error), axis=-1)

    def get_config(self):
        config = super().get_config()
        config.update({"quantiles": self.quantiles})
        return config


@scenario(
    "tenth-load-quantiles",
    "held-out",
    since="2.10",
    inputs=(("float", (24, 4)), ("int", (1,), 7)),
    targets=((3,),),
    training_steps=1,
    custom_objects=("TenthPinballLoss",),
)
def load_quantiles():
    history = keras.Input((24, 4), name="history")
    weekday = keras.Input((1,), dtype="int32", name="weekday")
    x = layers.GRU(12, return_sequences=True, recurrent_dropout=0.0, reset_after=False)(history)
    x = layers.GRU(8, go_backwards=True)(x)
    w = layers.Flatten()(layers.Embedding(7, 2)(weekday))
    x = layers.Concatenate(axis=-1)([x, w])
    x = layers.Dense(8, activation="gelu")(x)
    out = layers.Dense(3, name="quantiles")(x)
    model = keras.Model(inputs=[history, weekday], outputs=out)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=TenthPinballLoss([0.05, 0.5, 0.95]))
    return model


# Recommenders


@scenario(
    "tenth-neumf",
    "held-out",
    since="2.10",
    inputs=(("int", (1,), 50), ("int", (1,), 80)),
    targets=((1,),),
    training_steps=2,
)
def neumf():
    user = keras.layers.Input(shape=(1,), dtype="int32", name="user_input")
    item = keras.layers.Input(shape=(1,), dtype="int32", name="item_input")
    reg = keras.regularizers.l2(1e-6)
    init = keras.initializers.RandomNormal(stddev=0.01)
    mf_u = layers.Embedding(50, 8, name="mf_user", embeddings_initializer=init, embeddings_regularizer=reg)(user)
    mf_i = layers.Embedding(80, 8, name="mf_item", embeddings_initializer=init, embeddings_regularizer=reg)(item)
    mlp_u = layers.Embedding(50, 6, name="mlp_user")(user)
    mlp_i = layers.Embedding(80, 6, name="mlp_item")(item)
    mf = layers.Multiply()([layers.Flatten()(mf_u), layers.Flatten()(mf_i)])
    mlp = layers.Concatenate()([layers.Flatten()(mlp_u), layers.Flatten()(mlp_i)])
    for i, units in enumerate([16, 8, 4]):
        mlp = layers.Dense(units, activation="relu", name=f"layer{i}")(mlp)
    merged = layers.Concatenate()([mf, mlp])
    prediction = layers.Dense(1, activation="sigmoid", kernel_initializer="lecun_uniform", name="prediction")(merged)
    model = keras.Model([user, item], prediction)
    model.compile(optimizer=keras.optimizers.Adagrad(0.01), loss="binary_crossentropy")
    return model


@scenario(
    "tenth-biased-dot",
    "held-out",
    since="2.10",
    inputs=(("int", (1,), 30), ("int", (1,), 40)),
    targets=((1,),),
    training_steps=1,
)
def biased_dot():
    user = keras.Input(shape=[1], name="user")
    movie = keras.Input(shape=[1], name="movie")
    u = layers.Embedding(30, 5, name="u")(user)
    m = layers.Embedding(40, 5, name="m")(movie)
    ub = layers.Flatten()(layers.Embedding(30, 1, name="ub")(user))
    mb = layers.Flatten()(layers.Embedding(40, 1, name="mb")(movie))
    d = layers.Dot(axes=1, normalize=True)([layers.Flatten()(u), layers.Flatten()(m)])
    x = layers.Add()([d, ub, mb])
    x = layers.Activation("sigmoid")(x)
    x = layers.Lambda(lambda x: x * (5.0 - 0.5) + 0.5)(x)
    model = keras.Model([user, movie], x)
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True))
    return model


# Text


@scenario(
    "tenth-news-vectorizer", "held-out", since="2.10", inputs=(("text", (1,)),), targets=((4,),), training_steps=1
)
def news_vectorizer():
    vocabulary = ["the", "market", "team", "win", "loss", "phone", "war", "a", "of", "red", "green", "blue"]
    vectorize = layers.TextVectorization(
        max_tokens=100, output_mode="int", output_sequence_length=12, standardize="lower_and_strip_punctuation"
    )
    vectorize.set_vocabulary(vocabulary)
    model = keras.Sequential(name="news")
    model.add(keras.Input(shape=(1,), dtype=tf.string))
    model.add(vectorize)
    model.add(layers.Embedding(101, 8))
    model.add(layers.Conv1D(12, 3, padding="valid", activation="relu"))
    model.add(layers.GlobalMaxPooling1D())
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="rmsprop", metrics=["acc"])
    return model


@scenario("tenth-kim-cnn", "held-out", since="2.10", inputs=(("int", (20,), 60),), targets=((2,),), training_steps=2)
def kim_cnn():
    matrix = np.random.RandomState(0).uniform(-0.25, 0.25, size=(60, 10))
    inp = layers.Input(shape=(20,), dtype="int32")
    static = layers.Embedding(
        60, 10, embeddings_initializer=keras.initializers.Constant(matrix), trainable=False, name="glove"
    )(inp)
    x = layers.SpatialDropout1D(0.2)(static)
    x = layers.Reshape((20, 10, 1))(x)
    pooled = []
    for size in [2, 3, 4]:
        c = layers.Conv2D(6, (size, 10), kernel_initializer="normal", activation="relu")(x)
        pooled.append(layers.MaxPool2D(pool_size=(20 - size + 1, 1))(c))
    z = layers.Flatten()(layers.Concatenate(axis=1)(pooled))
    z = layers.Dropout(0.5)(z)
    out = layers.Dense(2, activation="softmax", kernel_constraint=keras.constraints.max_norm(3))(z)
    model = keras.Model(inputs=inp, outputs=out)
    model.compile(optimizer=keras.optimizers.Adadelta(learning_rate=1.0, rho=0.95), loss="categorical_crossentropy")
    return model


class TenthAttention(layers.Layer):
    """The pooling attention of countless notebooks."""

    def __init__(self, return_attention=False, **kwargs):
        self.supports_masking = True
        self.return_attention = return_attention
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        self.W = self.add_weight(name="att_weight", shape=(input_shape[-1], 1), initializer="random_normal")
        self.b = self.add_weight(name="att_bias", shape=(input_shape[1], 1), initializer="zeros")
        super().build(input_shape)

    def call(self, x, mask=None):
        e = tf.tanh(tf.matmul(x, self.W) + self.b)
        if mask is not None:
            e = e + (1.0 - tf.cast(mask, e.dtype))[..., tf.newaxis] * -1e9
        a = tf.nn.softmax(e, axis=1)
        return tf.reduce_sum(x * a, axis=1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        config = super().get_config().copy()
        config.update({"return_attention": self.return_attention})
        return config


@scenario(
    "tenth-toxic-bilstm",
    "held-out",
    since="2.10",
    inputs=(("int", (18,), 50),),
    targets=((6,),),
    training_steps=1,
    custom_objects=("TenthAttention",),
)
def toxic_bilstm():
    inp = keras.Input(shape=(18,))
    x = layers.Embedding(50, 12, mask_zero=True)(inp)
    x = layers.Bidirectional(layers.LSTM(8, return_sequences=True))(x)
    x = layers.Bidirectional(layers.GRU(6, return_sequences=True), merge_mode="sum")(x)
    x = TenthAttention(name="attention")(x)
    x = layers.Dense(10, activation="relu")(x)
    x = layers.Dense(6, activation="sigmoid")(x)
    model = keras.Model(inp, x)
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-3, clipvalue=0.5),
        metrics=[keras.metrics.AUC(multi_label=True, num_labels=6)],
    )
    return model


class TenthTokenAndPosition(layers.Layer):
    def __init__(self, maxlen, vocab_size, embed_dim, **kwargs):
        super().__init__(**kwargs)
        self.maxlen = maxlen
        self.vocab_size = vocab_size
        self.embed_dim = embed_dim
        self.token_emb = layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def call(self, x):
        positions = tf.range(start=0, limit=self.maxlen, delta=1)
        return self.token_emb(x) + self.pos_emb(positions)

    def get_config(self):
        config = super().get_config()
        config.update({"maxlen": self.maxlen, "vocab_size": self.vocab_size, "embed_dim": self.embed_dim})
        return config


class TenthTransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.ff_dim = ff_dim
        self.rate = rate
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs, training=None):
        attn_output = self.att(inputs, inputs)
        attn_output = self.dropout1(attn_output, training=training)
        out1 = self.layernorm1(inputs + attn_output)
        ffn_output = self.dropout2(self.ffn(out1), training=training)
        return self.layernorm2(out1 + ffn_output)

    def get_config(self):
        config = super().get_config()
        config.update(
            {"embed_dim": self.embed_dim, "num_heads": self.num_heads, "ff_dim": self.ff_dim, "rate": self.rate}
        )
        return config


@scenario(
    "tenth-text-transformer",
    "held-out",
    since="2.10",
    inputs=(("int", (16,), 40),),
    targets=((2,),),
    training_steps=1,
    custom_objects=("TenthTokenAndPosition", "TenthTransformerBlock"),
)
def text_transformer():
    inputs = layers.Input(shape=(16,))
    x = TenthTokenAndPosition(16, 40, 8)(inputs)
    x = TenthTransformerBlock(8, 2, 16)(x)
    x = TenthTransformerBlock(8, 2, 16)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(10, activation="relu")(x)
    outputs = layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    schedule = keras.optimizers.schedules.PolynomialDecay(1e-3, decay_steps=500, end_learning_rate=1e-5, power=1.0)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "tenth-translation",
    "held-out",
    since="2.10",
    inputs=(("int", (10,), 25), ("int", (8,), 20)),
    targets=((8, 20),),
    training_steps=1,
)
def translation():
    encoder_inputs = keras.Input(shape=(None,), name="source")
    enc = layers.Embedding(25, 10, mask_zero=True, name="source_embedding")(encoder_inputs)
    enc_seq, state_h, state_c = layers.LSTM(12, return_sequences=True, return_state=True, name="encoder")(enc)

    decoder_inputs = keras.Input(shape=(None,), name="target")
    dec = layers.Embedding(20, 10, name="target_embedding")(decoder_inputs)
    dec_seq, _, _ = layers.LSTM(12, return_sequences=True, return_state=True, name="decoder")(
        dec, initial_state=[state_h, state_c]
    )
    context = layers.Attention(use_scale=True, name="luong")([dec_seq, enc_seq])
    x = layers.Concatenate()([dec_seq, context])
    x = layers.TimeDistributed(layers.Dense(12, activation="tanh"))(x)
    outputs = layers.TimeDistributed(layers.Dense(20, activation="softmax"), name="word")(x)
    model = keras.Model([encoder_inputs, decoder_inputs], outputs)
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


# Images


@scenario(
    "tenth-cifar-vgg",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((10,),),
    training_steps=1,
    trains_repeatably=False,
)
def cifar_vgg():
    augmentation = keras.Sequential(
        [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1)], name="data_augmentation"
    )
    decay = 1e-4
    model = keras.models.Sequential()
    model.add(keras.Input(shape=(32, 32, 3)))
    model.add(augmentation)
    for filters, rate in [(8, 0.2), (12, 0.3), (16, 0.4)]:
        for _ in range(2):
            model.add(layers.Conv2D(filters, (3, 3), padding="same", kernel_regularizer=keras.regularizers.l2(decay)))
            model.add(layers.Activation("elu"))
            model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D(pool_size=(2, 2)))
        model.add(layers.Dropout(rate))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    boundaries, values = [100, 200], [1e-3, 5e-4, 1e-4]
    model.compile(
        optimizer=keras.optimizers.RMSprop(keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


@scenario(
    "tenth-mobilenet-transfer",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((1,),),
    training_steps=1,
)
def mobilenet_transfer():
    base = keras.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None)
    base.trainable = True
    for layer in base.layers[:-10]:
        layer.trainable = False
    inputs = keras.Input(shape=(32, 32, 3))
    x = layers.Rescaling(1.0 / 127.5, offset=-1)(inputs)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(1)(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-5),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0)],
    )
    return model


def _se_block(tensor, ratio=4):
    filters = tensor.shape[-1]
    se = layers.GlobalAveragePooling2D(keepdims=True)(tensor)
    se = layers.Dense(filters // ratio, activation="relu", use_bias=False)(se)
    se = layers.Dense(filters, activation="sigmoid", use_bias=False)(se)
    return layers.multiply([tensor, se])


@scenario(
    "tenth-se-resnet", "held-out", since="2.10", inputs=(("float", (16, 16, 3)),), targets=((5,),), training_steps=2
)
def se_resnet():
    inputs = keras.Input((16, 16, 3))
    x = layers.ZeroPadding2D(1)(inputs)
    x = layers.Conv2D(8, 3, use_bias=False, kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out"))(x)
    for stage, filters in enumerate([8, 16]):
        shortcut = layers.Conv2D(filters, 1, strides=stage + 1, name=f"proj_{stage}")(x)
        y = layers.SeparableConv2D(filters, 3, strides=stage + 1, padding="same", depth_multiplier=2)(x)
        y = layers.BatchNormalization(scale=False)(y)
        y = layers.PReLU(shared_axes=[1, 2])(y)
        y = _se_block(y)
        x = layers.ReLU(max_value=6.0)(layers.add([shortcut, y]))
    x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(x)
    logits = layers.Dense(5)(x)
    model = keras.Model(inputs, logits, name="se_resnet")
    schedule = keras.optimizers.schedules.CosineDecayRestarts(0.01, first_decay_steps=50, t_mul=2.0, m_mul=0.9)
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        metrics=["categorical_accuracy"],
    )
    return model


class TenthPatches(layers.Layer):
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
        count = (images.shape[1] // self.patch_size) * (images.shape[2] // self.patch_size)
        return tf.reshape(patches, [batch_size, count, patches.shape[-1]])

    def get_config(self):
        return dict(super().get_config(), patch_size=self.patch_size)


class TenthPatchEncoder(layers.Layer):
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
        return dict(super().get_config(), num_patches=self.num_patches, projection_dim=self.projection_dim)


@scenario(
    "tenth-vit",
    "held-out",
    since="2.10",
    inputs=(("float", (16, 16, 3)),),
    targets=((4,),),
    training_steps=1,
    custom_objects=("TenthPatches", "TenthPatchEncoder"),
)
def vit():
    inputs = layers.Input(shape=(16, 16, 3))
    x = TenthPatches(4)(inputs)
    encoded = TenthPatchEncoder(16, 12)(x)
    for _ in range(2):
        x1 = layers.LayerNormalization(epsilon=1e-6)(encoded)
        attention = layers.MultiHeadAttention(num_heads=3, key_dim=4, dropout=0.1)(x1, x1)
        x2 = layers.Add()([attention, encoded])
        x3 = layers.LayerNormalization(epsilon=1e-6)(x2)
        x3 = layers.Dense(24, activation=tf.nn.gelu)(x3)
        x3 = layers.Dropout(0.1)(x3)
        x3 = layers.Dense(12, activation=tf.nn.gelu)(x3)
        encoded = layers.Add()([x3, x2])
    rep = layers.LayerNormalization(epsilon=1e-6)(encoded)
    rep = layers.Flatten()(rep)
    logits = layers.Dense(4)(layers.Dropout(0.5)(rep))
    model = keras.Model(inputs=inputs, outputs=logits)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3, global_clipnorm=1.0),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    return model


def tenth_dice_coef(y_true, y_pred, smooth=1.0):
    y_true = tf.reshape(tf.cast(y_true, y_pred.dtype), [-1])
    y_pred = tf.reshape(y_pred, [-1])
    intersection = tf.reduce_sum(y_true * y_pred)
    return (2.0 * intersection + smooth) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + smooth)


def tenth_bce_dice_loss(y_true, y_pred):
    return tf.reduce_mean(keras.losses.binary_crossentropy(y_true, y_pred)) + 1.0 - tenth_dice_coef(y_true, y_pred)


@scenario(
    "tenth-salt-unet",
    "held-out",
    since="2.10",
    inputs=(("float", (16, 16, 1)),),
    targets=((16, 16, 1),),
    training_steps=1,
    custom_objects=("tenth_bce_dice_loss", "tenth_dice_coef"),
)
def salt_unet():
    def conv_block(x, filters):
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_uniform")(x)
            x = layers.BatchNormalization()(x)
            x = layers.LeakyReLU(0.1)(x)
        return x

    inputs = keras.Input((16, 16, 1))
    c1 = conv_block(inputs, 4)
    c2 = conv_block(layers.MaxPooling2D()(c1), 8)
    mid = conv_block(layers.Dropout(0.25)(layers.MaxPooling2D()(c2)), 16)
    u2 = layers.Conv2DTranspose(8, (3, 3), strides=(2, 2), padding="same")(mid)
    c3 = conv_block(layers.concatenate([u2, c2]), 8)
    u1 = layers.UpSampling2D((2, 2), interpolation="bilinear")(c3)
    c4 = conv_block(layers.concatenate([u1, c1]), 4)
    outputs = layers.Conv2D(1, (1, 1), activation="sigmoid", dtype="float32")(c4)
    model = keras.Model(inputs=[inputs], outputs=[outputs])
    model.compile(optimizer="adam", loss=tenth_bce_dice_loss, metrics=[tenth_dice_coef, "binary_accuracy"])
    return model


@scenario(
    "tenth-anchor-heads",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((40, 4), (40, 3)),
    training_steps=1,
)
def anchor_heads():
    inputs = keras.Input(shape=(32, 32, 3), name="image")
    c3 = layers.Conv2D(8, 3, strides=8, padding="same", activation="relu", name="c3")(inputs)
    c4 = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="c4")(c3)
    p4 = layers.Conv2D(8, 1, name="p4")(c4)
    p3 = layers.Conv2D(8, 1, name="p3")(c3) + layers.UpSampling2D(2)(p4)
    prior = keras.initializers.Constant(-math.log((1 - 0.01) / 0.01))

    def head(outputs, bias, name):
        return keras.Sequential(
            [
                keras.Input(shape=(None, None, 8)),
                layers.Conv2D(8, 3, padding="same", kernel_initializer=keras.initializers.RandomNormal(0.0, 0.01)),
                layers.ReLU(),
                layers.Conv2D(outputs, 3, padding="same", bias_initializer=bias),
            ],
            name=name,
        )

    box_head, class_head = head(2 * 4, "zeros", "box_head"), head(2 * 3, prior, "class_head")
    boxes, classes = [], []
    for feature in (p3, p4):
        boxes.append(layers.Reshape((-1, 4))(box_head(feature)))
        classes.append(layers.Reshape((-1, 3))(class_head(feature)))
    box = layers.Concatenate(axis=1, name="boxes")(boxes)
    cls = layers.Activation("sigmoid", name="classes")(layers.Concatenate(axis=1)(classes))
    model = keras.Model(inputs, [box, cls], name="retina")
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, clipnorm=10.0),
        loss={"boxes": keras.losses.Huber(delta=0.5), "classes": keras.losses.BinaryFocalCrossentropy(gamma=2.0)},
        loss_weights={"boxes": 1.0, "classes": 2.0},
    )
    return model


@scenario(
    "tenth-face-attributes",
    "held-out",
    since="2.10",
    inputs=(("float", (24, 24, 3)),),
    targets=((1,), (5,), (1,)),
    training_steps=2,
)
def face_attributes():
    inputs = keras.Input(shape=(24, 24, 3))
    x = layers.CenterCrop(20, 20)(inputs)
    x = layers.Conv2D(8, 5, activation="relu")(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu")(x)
    x = layers.Conv2D(12, 1, activation="relu", activity_regularizer=keras.regularizers.l2(1e-5))(x)
    x = layers.GlobalAvgPool2D()(x)
    age = layers.Dense(1, activation="softplus", name="age")(layers.Dense(8, activation="relu")(x))
    race = layers.Dense(5, activation="softmax", name="race")(layers.Dense(8, activation="relu")(x))
    gender = layers.Dense(1, activation="sigmoid", name="gender")(x)
    model = keras.Model(inputs=inputs, outputs=[age, race, gender])
    model.compile(
        optimizer="adam",
        loss={"age": "mae", "race": "categorical_crossentropy", "gender": "binary_crossentropy"},
        loss_weights={"age": 4.0, "race": 1.5, "gender": 0.1},
        metrics={"age": "mse", "race": "accuracy", "gender": "accuracy"},
    )
    return model


# Generative


@scenario("tenth-gan-stack", "held-out", since="2.10", inputs=(("float", (10,)),), targets=((1,),), training_steps=1)
def gan_stack():
    generator = keras.Sequential(name="generator")
    generator.add(keras.Input(shape=(10,)))
    generator.add(layers.Dense(4 * 4 * 8, use_bias=False))
    generator.add(layers.BatchNormalization(momentum=0.8))
    generator.add(layers.LeakyReLU())
    generator.add(layers.Reshape((4, 4, 8)))
    generator.add(layers.Conv2DTranspose(8, (5, 5), strides=(2, 2), padding="same", use_bias=False))
    generator.add(layers.BatchNormalization(momentum=0.8))
    generator.add(layers.LeakyReLU())
    generator.add(layers.Conv2DTranspose(1, (5, 5), strides=(2, 2), padding="same", activation="tanh"))

    discriminator = keras.Sequential(name="discriminator")
    discriminator.add(keras.Input(shape=(16, 16, 1)))
    discriminator.add(layers.GaussianNoise(0.05))
    discriminator.add(layers.Conv2D(8, (5, 5), strides=(2, 2), padding="same"))
    discriminator.add(layers.LeakyReLU())
    discriminator.add(layers.Dropout(0.3))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1, activation="sigmoid"))
    discriminator.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.0002, beta_1=0.5))
    discriminator.trainable = False

    gan = keras.Sequential([generator, discriminator])
    gan.build((None, 10))
    gan.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.0002, beta_1=0.5))
    return gan


class TenthSampling(layers.Layer):
    """Reparametrisation; gives the mean in inference, and adds the KL term."""

    def __init__(self, beta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.beta = beta

    def call(self, inputs, training=None):
        z_mean, z_log_var = inputs
        kl = -0.5 * tf.reduce_mean(1 + z_log_var - tf.square(z_mean) - tf.exp(z_log_var))
        self.add_loss(self.beta * kl)
        if training:
            return z_mean + tf.exp(0.5 * z_log_var) * tf.random.normal(tf.shape(z_mean))
        return z_mean

    def get_config(self):
        config = super().get_config()
        config["beta"] = self.beta
        return config


@scenario(
    "tenth-beta-vae",
    "held-out",
    since="2.10",
    inputs=(("float", (12, 12, 1)),),
    targets=((12, 12, 1),),
    training_steps=1,
    trains_repeatably=False,
    custom_objects=("TenthSampling",),
)
def beta_vae():
    encoder_inputs = keras.Input(shape=(12, 12, 1))
    x = layers.Conv2D(4, 3, activation="relu", strides=2, padding="same")(encoder_inputs)
    x = layers.Flatten()(x)
    z_mean = layers.Dense(2, name="z_mean")(x)
    z_log_var = layers.Dense(2, name="z_log_var")(x)
    z = TenthSampling(beta=0.5, name="z")([z_mean, z_log_var])
    encoder = keras.Model(encoder_inputs, [z_mean, z_log_var, z], name="encoder")

    latent_inputs = keras.Input(shape=(2,))
    x = layers.Dense(6 * 6 * 4, activation="relu")(latent_inputs)
    x = layers.Reshape((6, 6, 4))(x)
    decoder_outputs = layers.Conv2DTranspose(1, 3, activation="sigmoid", strides=2, padding="same")(x)
    decoder = keras.Model(latent_inputs, decoder_outputs, name="decoder")

    model = keras.Model(encoder_inputs, decoder(encoder(encoder_inputs)[2]), name="vae")
    model.compile(optimizer=keras.optimizers.Adam(), loss="binary_crossentropy")
    return model


@scenario(
    "tenth-denoising-autoencoder",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (28,)),),
    targets=((28,),),
    training_steps=1,
)
def denoising_autoencoder():
    inputs = keras.Input(shape=(28,))
    code = layers.Dense(6, activation="relu", activity_regularizer=keras.regularizers.l1(1e-5), name="code")(inputs)
    decoded = layers.Dense(28, activation="sigmoid")(code)
    model = keras.Model(inputs, decoded)
    reconstruction = tf.reduce_mean(tf.square(inputs - decoded))
    model.add_loss(0.1 * reconstruction)
    model.add_metric(reconstruction, name="reconstruction", aggregation="mean")
    model.compile(optimizer="adadelta", loss="binary_crossentropy")
    return model


@scenario(
    "tenth-espcn",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (10, 10, 1)),),
    targets=((30, 30, 1),),
    training_steps=1,
)
def espcn():
    conv_args = {"activation": "relu", "kernel_initializer": "Orthogonal", "padding": "same"}
    inputs = keras.Input(shape=(None, None, 1))
    x = layers.Conv2D(8, 5, **conv_args)(inputs)
    x = layers.Conv2D(4, 3, **conv_args)(x)
    x = layers.Conv2D(9, 3, **conv_args)(x)
    outputs = tf.nn.depth_to_space(x, 3)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.001), loss=keras.losses.MeanSquaredError())
    return model


# Metric learning and graphs


@scenario(
    "tenth-siamese-signature",
    "held-out",
    since="2.10",
    inputs=(("float", (16, 16, 1)), ("float", (16, 16, 1))),
    targets=((1,),),
    training_steps=1,
)
def siamese_signature():
    network = keras.Sequential(
        [
            keras.Input(shape=(16, 16, 1)),
            layers.Conv2D(4, (4, 4), activation="tanh"),
            layers.AveragePooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dense(6, activation="tanh"),
            layers.Lambda(lambda t: tf.math.l2_normalize(t, axis=1)),
        ],
        name="embedding",
    )
    left, right = keras.Input((16, 16, 1)), keras.Input((16, 16, 1))
    difference = layers.Subtract()([network(left), network(right)])
    distance = layers.Lambda(
        lambda d: tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(d), axis=1, keepdims=True), 1e-7)), output_shape=(1,)
    )(difference)
    score = layers.Dense(1, activation="sigmoid")(layers.BatchNormalization()(distance))
    model = keras.Model(inputs=[left, right], outputs=score)
    model.compile(loss="binary_crossentropy", optimizer="RMSprop", metrics=["accuracy"])
    return model


@scenario(
    "tenth-molecule-gcn",
    "held-out",
    since="2.10",
    inputs=(("float", (9, 5)), ("float", (9, 9))),
    targets=((1,),),
    training_steps=1,
)
def molecule_gcn():
    nodes = keras.Input(shape=(9, 5), name="node_features")
    adjacency = keras.Input(shape=(9, 9), name="adjacency")
    x = nodes
    for units in (8, 8):
        x = layers.Dense(units, use_bias=False, kernel_initializer="glorot_normal")(x)
        x = layers.Dot(axes=(2, 1))([adjacency, x])
        x = layers.Activation("relu")(x)
    pooled = layers.Concatenate()([layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)])
    out = layers.Dense(1, activation="linear")(pooled)
    model = keras.Model([nodes, adjacency], out)
    model.compile(optimizer=keras.optimizers.Adamax(0.002), loss=keras.losses.LogCosh(), metrics=["mae"])
    return model


# Reinforcement learning


@scenario("tenth-dueling-dqn", "held-out", since="2.10", inputs=(("float", (6,)),), targets=((3,),), training_steps=2)
def dueling_dqn():
    state = keras.Input(shape=(6,))
    x = layers.Dense(16, activation="relu", kernel_initializer="he_uniform")(state)
    x = layers.Dense(16, activation="relu", kernel_initializer="he_uniform")(x)
    value = layers.Dense(1)(x)
    value = layers.Lambda(lambda s: tf.expand_dims(s[:, 0], -1), output_shape=(1,))(value)
    advantage = layers.Dense(3)(x)
    advantage = layers.Lambda(lambda a: a - tf.reduce_mean(a, axis=1, keepdims=True), output_shape=(3,))(advantage)
    q = layers.Add()([value, advantage])
    model = keras.Model(inputs=state, outputs=q, name="dueling_dqn")
    model.compile(loss="huber", optimizer=keras.optimizers.RMSprop(learning_rate=0.00025, rho=0.95, epsilon=0.01))
    return model


@scenario(
    "tenth-ddpg-critic",
    "held-out",
    since="2.10",
    inputs=(("float", (5,)), ("float", (2,))),
    targets=((1,),),
    training_steps=1,
)
def ddpg_critic():
    last_init = keras.initializers.RandomUniform(minval=-0.003, maxval=0.003)
    state_input = layers.Input(shape=(5,))
    state_out = layers.Dense(8, activation="relu")(state_input)
    state_out = layers.Dense(12, activation="relu")(state_out)
    action_input = layers.Input(shape=(2,))
    action_out = layers.Dense(12, activation="relu")(action_input * 0.5)
    concat = layers.Concatenate()([state_out, action_out])
    out = layers.Dense(16, activation="relu")(concat)
    outputs = layers.Dense(1, kernel_initializer=last_init)(out)
    model = keras.Model([state_input, action_input], outputs)
    model.compile(keras.optimizers.Adam(0.002), loss="mse")
    return model


# Signals, audio, video


@scenario("tenth-eegnet", "held-out", since="2.10", inputs=(("float", (8, 32, 1)),), targets=((4,),), training_steps=1)
def eegnet():
    inp = layers.Input(shape=(8, 32, 1))
    b = layers.Conv2D(4, (1, 16), padding="same", use_bias=False)(inp)
    b = layers.BatchNormalization()(b)
    b = layers.DepthwiseConv2D(
        (8, 1), use_bias=False, depth_multiplier=2, depthwise_constraint=keras.constraints.MaxNorm(1.0)
    )(b)
    b = layers.BatchNormalization()(b)
    b = layers.Activation("elu")(b)
    b = layers.AveragePooling2D((1, 4))(b)
    b = layers.SpatialDropout2D(0.5)(b)
    b = layers.SeparableConv2D(8, (1, 8), use_bias=False, padding="same")(b)
    b = layers.BatchNormalization()(b)
    b = layers.Activation("elu")(b)
    b = layers.AveragePooling2D((1, 4))(b)
    flat = layers.Flatten(name="flatten")(b)
    dense = layers.Dense(4, name="dense", kernel_constraint=keras.constraints.MaxNorm(0.25))(flat)
    softmax = layers.Activation("softmax", name="softmax")(dense)
    model = keras.Model(inputs=inp, outputs=softmax)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario(
    "tenth-ecg-local",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (30, 2)),),
    targets=((5,),),
    training_steps=2,
)
def ecg_local():
    model = keras.models.Sequential()
    model.add(layers.LocallyConnected1D(6, 5, strides=2, input_shape=(30, 2)))
    model.add(layers.ThresholdedReLU(theta=0.1))
    model.add(layers.MaxPooling1D(2))
    model.add(layers.Conv1D(8, 3, activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(5, activation="softmax"))
    sgd = keras.optimizers.legacy.SGD(learning_rate=0.01, decay=1e-6, momentum=0.9, nesterov=True)
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    return model


@scenario(
    "tenth-keyword-spotting",
    "held-out",
    since="2.10",
    inputs=(("float", (40, 20, 1)),),
    targets=((1,),),
    training_steps=1,
)
def keyword_spotting():
    norm_layer = layers.Normalization(mean=0.5, variance=0.09, axis=None)
    model = keras.models.Sequential(
        [
            layers.Input(shape=(40, 20, 1)),
            layers.Resizing(16, 16),
            norm_layer,
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu", dilation_rate=2),
            layers.MaxPooling2D(),
            layers.Permute((2, 1, 3)),
            layers.TimeDistributed(layers.Flatten()),
            layers.Bidirectional(layers.GRU(6)),
            layers.Dense(8),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.InverseTimeDecay(1e-3, 100, 0.5)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


@scenario(
    "tenth-radar-nowcast",
    "held-out",
    since="2.10",
    inputs=(("float", (4, 8, 8, 1)),),
    targets=((4, 8, 8, 1),),
    training_steps=1,
)
def radar_nowcast():
    inp = layers.Input(shape=(None, 8, 8, 1))
    x = layers.ConvLSTM2D(filters=4, kernel_size=(5, 5), padding="same", return_sequences=True, activation="relu")(inp)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(filters=4, kernel_size=(1, 1), padding="same", return_sequences=True, activation="relu")(x)
    x = layers.Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same")(x)
    model = keras.models.Model(inp, x)
    model.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.Adam())
    return model
