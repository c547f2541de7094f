"""A second set, written after the first one had been looked at, by somebody who had not seen the predictions. Never mend a
prediction by what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

K = keras.backend
layers = keras.layers


@scenario("later-cifar", "held-out", since="2.6", inputs=(("float", (32, 32, 3)),), targets=((1,),), training_steps=1)
def cifar():
    data_augmentation = keras.Sequential(
        [
            layers.RandomFlip("horizontal", input_shape=(32, 32, 3)),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
        ],
        name="data_augmentation",
    )
    model = keras.Sequential(
        [
            data_augmentation,
            layers.Rescaling(1.0 / 255),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(10, name="outputs"),
        ]
    )
    if not model.built:
        model.build((None, 32, 32, 3))
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


@scenario("later-fine-tuned", "held-out", inputs=(("float", (24, 24, 3)),), targets=((1,),), training_steps=1)
def fine_tuned():
    image = keras.Input(shape=(24, 24, 3))
    x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, name="block1_conv1")(image)
    x = layers.BatchNormalization(name="block1_bn")(x)
    x = layers.Activation("relu", name="block1_relu")(x)
    x = layers.Conv2D(12, 3, padding="same", use_bias=False, name="block2_conv1")(x)
    x = layers.BatchNormalization(name="block2_bn")(x)
    x = layers.Activation("relu", name="block2_relu")(x)
    x = layers.MaxPooling2D(2, name="block2_pool")(x)
    base_model = keras.Model(image, x, name="tiny_backbone")
    base_model.trainable = True
    for layer in base_model.layers[:4]:
        layer.trainable = False
    model = keras.models.Sequential(
        [
            keras.Input(shape=(24, 24, 3)),
            base_model,
            layers.GlobalAveragePooling2D(),
            layers.Dense(16, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-4 / 10),
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    return model


def _double_conv(x, filters):
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return x


@scenario("later-unet", "held-out", inputs=(("float", (16, 16, 1)),), targets=((16, 16, 1),), training_steps=1)
def unet():
    inputs = layers.Input((16, 16, 1))
    c1 = _double_conv(inputs, 4)
    p1 = layers.MaxPooling2D((2, 2))(c1)
    p1 = layers.Dropout(0.1)(p1)
    c2 = _double_conv(p1, 8)
    p2 = layers.MaxPooling2D((2, 2))(c2)
    c3 = _double_conv(p2, 16)
    u4 = layers.Conv2DTranspose(8, (2, 2), strides=(2, 2), padding="same")(c3)
    u4 = layers.concatenate([u4, c2])
    c4 = _double_conv(u4, 8)
    u5 = layers.Conv2DTranspose(4, (2, 2), strides=(2, 2), padding="same")(c4)
    u5 = layers.concatenate([u5, c1], axis=3)
    c5 = _double_conv(u5, 4)
    outputs = layers.Conv2D(1, (1, 1), activation="sigmoid")(c5)
    model = keras.Model(inputs=[inputs], outputs=[outputs], name="unet")
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=[keras.metrics.MeanIoU(num_classes=2)])
    return model


def _resnet_layer(x, filters, strides=1, size=3, activation="relu"):
    x = layers.Conv2D(
        filters,
        kernel_size=size,
        strides=strides,
        padding="same",
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.l2(1e-4),
    )(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation(activation)(x) if activation is not None else x


@scenario("later-resnet", "held-out", inputs=(("float", (16, 16, 3)),), targets=((10,),), training_steps=1)
def resnet():
    inputs = layers.Input(shape=(16, 16, 3))
    x = _resnet_layer(inputs, 8)
    for stack, filters in enumerate((8, 16)):
        strides = 1 if stack == 0 else 2
        y = _resnet_layer(x, filters, strides=strides)
        y = _resnet_layer(y, filters, activation=None)
        if stack > 0:
            x = layers.Conv2D(filters, 1, strides=strides, padding="same", kernel_initializer="he_normal")(x)
        x = layers.add([x, y])
        x = layers.Activation("relu")(x)
    x = layers.AveragePooling2D(pool_size=8)(x)
    y = layers.Flatten()(x)
    outputs = layers.Dense(10, activation="softmax", kernel_initializer="he_normal")(y)
    model = keras.models.Model(inputs=inputs, outputs=outputs)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([80, 120, 160], [1e-3, 1e-4, 1e-5, 1e-6])
    model.compile(
        loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=schedule), metrics=["accuracy"]
    )
    return model


@scenario(
    "later-densenet", "held-out", since="2.5", inputs=(("float", (16, 16, 3)),), targets=((4,),), training_steps=1
)
def densenet():
    growth = 6
    img_input = keras.Input(shape=(16, 16, 3), name="images")
    x = layers.Conv2D(2 * growth, 3, padding="same", use_bias=False, name="conv1")(img_input)
    for block in (1, 2):
        for i in (1, 2):
            name = f"conv{block}_block{i}"
            y = layers.BatchNormalization(epsilon=1.001e-5, name=name + "_0_bn")(x)
            y = layers.Activation("relu", name=name + "_0_relu")(y)
            y = layers.Conv2D(growth, 3, padding="same", use_bias=False, name=name + "_conv")(y)
            x = layers.Concatenate(axis=-1, name=name + "_concat")([x, y])
        if block == 1:
            x = layers.Conv2D(growth, 1, use_bias=False, name="pool1_conv")(x)
            x = layers.AveragePooling2D(2, strides=2, name="pool1_pool")(x)
    x = layers.BatchNormalization(epsilon=1.001e-5, name="bn")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dense(4, activation="softmax", name="fc4")(x)
    model = keras.Model(img_input, x, name="densenet_tiny")
    schedule = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=1000)
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=0.9),
        loss="categorical_crossentropy",
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2, name="top2")],
    )
    return model


@scenario("later-googlenet", "held-out", inputs=(("float", (16, 16, 3)),), targets=((5,), (5,)), training_steps=1)
def googlenet():
    kernel_init = keras.initializers.glorot_uniform(seed=1)
    bias_init = keras.initializers.Constant(value=0.2)

    def conv(x, filters, size):
        return layers.Conv2D(
            filters,
            size,
            padding="same",
            activation="relu",
            kernel_initializer=kernel_init,
            bias_initializer=bias_init,
        )(x)

    def inception_module(x, name):
        conv_1x1 = conv(x, 4, (1, 1))
        conv_3x3 = conv(conv(x, 4, (1, 1)), 6, (3, 3))
        conv_5x5 = conv(conv(x, 2, (1, 1)), 4, (5, 5))
        pool_proj = layers.MaxPool2D((3, 3), strides=(1, 1), padding="same")(x)
        pool_proj = conv(pool_proj, 4, (1, 1))
        return layers.concatenate([conv_1x1, conv_3x3, conv_5x5, pool_proj], axis=3, name=name)

    input_layer = layers.Input(shape=(16, 16, 3))
    x = layers.Conv2D(8, (5, 5), padding="same", strides=(2, 2), activation="relu", name="conv_1")(input_layer)
    x = inception_module(x, name="inception_3a")
    x1 = layers.AveragePooling2D((5, 5), strides=3)(x)
    x1 = layers.Flatten()(conv(x1, 8, (1, 1)))
    x1 = layers.Dropout(0.7)(x1)
    x1 = layers.Dense(5, activation="softmax", name="auxilliary_output_1")(x1)
    x = inception_module(x, name="inception_3b")
    x = layers.GlobalAveragePooling2D(name="avg_pool_5_3x3")(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(5, activation="softmax", name="output")(x)
    model = keras.Model(input_layer, [x, x1], name="inception_v1")
    model.compile(
        loss=["categorical_crossentropy", "categorical_crossentropy"],
        loss_weights=[1, 0.3],
        optimizer=keras.optimizers.Nadam(learning_rate=0.002),
    )
    return model


@scenario("later-autoencoder", "held-out", inputs=(("float", (16, 16, 1)),), targets=((16, 16, 1),), training_steps=1)
def autoencoder():
    encoder_input = keras.Input(shape=(16, 16, 1), name="img")
    x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(encoder_input)
    x = layers.MaxPooling2D((2, 2), padding="same")(x)
    x = layers.Conv2D(4, (3, 3), activation="relu", padding="same")(x)
    x = layers.MaxPooling2D((2, 2), padding="same")(x)
    x = layers.Flatten()(x)
    latent = layers.Dense(10, activity_regularizer=keras.regularizers.l1(1e-5), name="latent")(x)
    encoder = keras.Model(encoder_input, latent, name="encoder")

    decoder_input = keras.Input(shape=(10,), name="encoded_img")
    x = layers.Dense(4 * 4 * 4, activation="relu")(decoder_input)
    x = layers.Reshape((4, 4, 4))(x)
    x = layers.Conv2D(4, (3, 3), activation="relu", padding="same")(x)
    x = layers.UpSampling2D((2, 2))(x)
    x = layers.Conv2D(8, (3, 3), activation="relu", padding="same")(x)
    x = layers.UpSampling2D((2, 2), interpolation="bilinear")(x)
    decoded = layers.Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)
    decoder = keras.Model(decoder_input, decoded, name="decoder")

    autoencoder_input = keras.Input(shape=(16, 16, 1), name="noisy")
    model = keras.Model(autoencoder_input, decoder(encoder(autoencoder_input)), name="autoencoder")
    model.compile(optimizer="adadelta", loss="binary_crossentropy")
    return model


@scenario("later-dcgan", "held-out", inputs=(("float", (16,)),), targets=((1,),), training_steps=1)
def dcgan():
    init = keras.initializers.RandomNormal(mean=0.0, stddev=0.02)
    generator = keras.Sequential(name="generator")
    generator.add(layers.Dense(3 * 3 * 16, input_dim=16))
    generator.add(layers.LeakyReLU(alpha=0.2))
    generator.add(layers.Reshape((3, 3, 16)))
    generator.add(layers.Conv2DTranspose(8, (4, 4), strides=(2, 2), padding="same", kernel_initializer=init))
    generator.add(layers.LeakyReLU(alpha=0.2))
    generator.add(layers.Conv2DTranspose(8, (4, 4), strides=(2, 2), padding="same", kernel_initializer=init))
    generator.add(layers.LeakyReLU(alpha=0.2))
    generator.add(layers.Conv2D(1, (7, 7), activation="tanh", padding="same"))

    discriminator = keras.Sequential(name="discriminator")
    discriminator.add(layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same", input_shape=(12, 12, 1)))
    discriminator.add(layers.LeakyReLU(alpha=0.2))
    discriminator.add(layers.Dropout(0.4))
    discriminator.add(layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same"))
    discriminator.add(layers.LeakyReLU(alpha=0.2))
    discriminator.add(layers.Dropout(0.4))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1, activation="sigmoid"))
    discriminator.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=0.0002, beta_1=0.5),
        metrics=["accuracy"],
    )

    discriminator.trainable = False
    model = keras.Sequential()
    model.add(generator)
    model.add(discriminator)
    if not model.built:
        model.build((None, 16))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.0002, beta_1=0.5))
    return model


@scenario(
    "later-conditional-gan",
    "held-out",
    inputs=(("float", (12,)), ("int", (1,), 10)),
    targets=((12, 12, 1),),
    training_steps=1,
)
def conditional_gan():
    body = keras.Sequential()
    body.add(layers.Dense(3 * 3 * 8, activation="relu", input_dim=12))
    body.add(layers.Reshape((3, 3, 8)))
    body.add(layers.BatchNormalization(momentum=0.8))
    body.add(layers.UpSampling2D())
    body.add(layers.Conv2D(8, kernel_size=3, padding="same"))
    body.add(layers.Activation("relu"))
    body.add(layers.BatchNormalization(momentum=0.8))
    body.add(layers.UpSampling2D())
    body.add(layers.Conv2D(1, kernel_size=3, padding="same"))
    body.add(layers.Activation("tanh"))

    noise = keras.Input(shape=(12,))
    label = keras.Input(shape=(1,), dtype="int32")
    label_embedding = layers.Flatten()(layers.Embedding(10, 12)(label))
    model_input = layers.multiply([noise, label_embedding])
    model = keras.Model([noise, label], body(model_input))
    model.compile(optimizer=keras.optimizers.Adam(0.0002, 0.5), loss=["mae"])
    return model


@scenario(
    "later-siamese",
    "held-out",
    inputs=(("float", (16, 16, 1)), ("float", (16, 16, 1))),
    targets=((1,),),
    training_steps=1,
)
def siamese():
    left_input = keras.Input((16, 16, 1))
    right_input = keras.Input((16, 16, 1))
    convnet = keras.Sequential()
    convnet.add(
        layers.Conv2D(
            8,
            (5, 5),
            activation="relu",
            input_shape=(16, 16, 1),
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            bias_initializer=keras.initializers.RandomNormal(mean=0.5, stddev=0.01),
            kernel_regularizer=keras.regularizers.l2(2e-4),
        )
    )
    convnet.add(layers.MaxPooling2D())
    convnet.add(layers.Conv2D(8, (3, 3), activation="relu", kernel_regularizer=keras.regularizers.l2(2e-4)))
    convnet.add(layers.MaxPooling2D())
    convnet.add(layers.Flatten())
    convnet.add(layers.Dense(16, activation="sigmoid", kernel_regularizer=keras.regularizers.l2(1e-3)))
    encoded_l = convnet(left_input)
    encoded_r = convnet(right_input)
    l1_distance = layers.Lambda(lambda tensors: K.abs(tensors[0] - tensors[1]))([encoded_l, encoded_r])
    prediction = layers.Dense(
        1, activation="sigmoid", bias_initializer=keras.initializers.RandomNormal(mean=0.5, stddev=0.01)
    )(l1_distance)
    model = keras.Model(inputs=[left_input, right_input], outputs=prediction)
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.00006))
    return model


@scenario(
    "later-triplets",
    "held-out",
    inputs=(("float", (12, 12, 1)), ("float", (12, 12, 1)), ("float", (12, 12, 1))),
    targets=((2,),),
    training_steps=1,
)
def triplets():
    embedding = keras.Sequential(
        [
            layers.Conv2D(filters=8, kernel_size=2, padding="same", activation="relu", input_shape=(12, 12, 1)),
            layers.MaxPooling2D(pool_size=2),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(16, activation=None),
            layers.Lambda(lambda x: tf.math.l2_normalize(x, axis=1)),
        ],
        name="embedding",
    )
    anchor = keras.Input(name="anchor", shape=(12, 12, 1))
    positive = keras.Input(name="positive", shape=(12, 12, 1))
    negative = keras.Input(name="negative", shape=(12, 12, 1))
    near = layers.Dot(axes=1, normalize=True)([embedding(anchor), embedding(positive)])
    far = layers.Dot(axes=1, normalize=True)([embedding(anchor), embedding(negative)])
    similarities = layers.Concatenate()([near, far]) / 0.2
    model = keras.Model(inputs=[anchor, positive, negative], outputs=similarities)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
    )
    return model


@scenario("later-imdb", "held-out", inputs=(("int", (30,), 100),), targets=((1,),), training_steps=1)
def imdb():
    max_features, maxlen, embedding_dims = 100, 30, 16
    model = keras.Sequential()
    model.add(layers.Embedding(max_features, embedding_dims, input_length=maxlen))
    model.add(layers.Dropout(0.2))
    model.add(layers.Conv1D(16, 3, padding="valid", activation="relu", strides=1))
    model.add(layers.MaxPooling1D(pool_size=4))
    model.add(layers.LSTM(10))
    model.add(layers.Dense(1))
    model.add(layers.Activation("sigmoid"))
    if not model.built:
        model.build((None, maxlen))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


@scenario("later-toxic-comments", "held-out", inputs=(("int", (24,), 120),), targets=((6,),), training_steps=1)
def toxic_comments():
    inp = layers.Input(shape=(24,))
    x = layers.Embedding(120, 12, embeddings_initializer="uniform", trainable=False)(inp)
    x = layers.SpatialDropout1D(0.2)(x)
    x = layers.Bidirectional(layers.GRU(8, return_sequences=True, dropout=0.1, recurrent_dropout=0.1))(x)
    x = layers.Conv1D(8, kernel_size=3, padding="valid", kernel_initializer="glorot_uniform")(x)
    avg_pool = layers.GlobalAveragePooling1D()(x)
    max_pool = layers.GlobalMaxPooling1D()(x)
    x = layers.concatenate([avg_pool, max_pool])
    preds = layers.Dense(6, activation="sigmoid")(x)
    model = keras.Model(inp, preds)
    model.compile(
        loss="binary_crossentropy",
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        metrics=["binary_accuracy", keras.metrics.AUC(curve="PR")],
    )
    return model


@scenario(
    "later-small-bert",
    "held-out",
    since="2.4",
    inputs=(("int", (16,), 60), ("int", (16,), 2)),
    targets=((1,),),
    training_steps=1,
)
def small_bert():
    input_ids = keras.Input(shape=(16,), dtype="int32", name="input_ids")
    token_type_ids = keras.Input(shape=(16,), dtype="int32", name="token_type_ids")
    words = layers.Embedding(60, 16, name="word_embeddings")(input_ids)
    types = layers.Embedding(2, 16, name="token_type_embeddings")(token_type_ids)
    x = layers.Add(name="embeddings")([words, types])
    x = layers.LayerNormalization(epsilon=1e-12, name="embeddings_norm")(x)
    for i in range(2):
        attention = layers.MultiHeadAttention(num_heads=4, key_dim=4, dropout=0.1, name=f"encoder_{i}_attention")
        attended = attention(query=x, value=x, key=x)
        attended = layers.Dropout(0.1, name=f"encoder_{i}_att_dropout")(attended)
        x = layers.LayerNormalization(epsilon=1e-6, name=f"encoder_{i}_att_norm")(x + attended)
        ffn = keras.Sequential(
            [layers.Dense(32, activation="relu"), layers.Dense(16)],
            name=f"encoder_{i}_ffn",
        )
        ffn_output = layers.Dropout(0.1, name=f"encoder_{i}_ffn_dropout")(ffn(x))
        x = layers.LayerNormalization(epsilon=1e-6, name=f"encoder_{i}_ffn_norm")(x + ffn_output)
    pooled = layers.Dense(16, activation="tanh", name="pooler")(x[:, 0, :])
    logits = layers.Dense(3, name="classifier")(pooled)
    model = keras.Model([input_ids, token_type_ids], logits)
    schedule = keras.optimizers.schedules.PolynomialDecay(
        initial_learning_rate=2e-5, decay_steps=500, end_learning_rate=0.0
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=schedule, epsilon=1e-8),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
    )
    return model


@scenario(
    "later-seq2seq",
    "held-out",
    inputs=(("float", (9, 12)), ("float", (7, 10))),
    targets=((7, 10),),
    training_steps=1,
)
def seq2seq():
    num_encoder_tokens, num_decoder_tokens, latent_dim = 12, 10, 16
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
    "later-translation",
    "held-out",
    inputs=(("int", (8,), 40), ("int", (6,), 30)),
    targets=((6, 1),),
    training_steps=1,
)
def translation():
    source = keras.Input(shape=(8,), dtype="int64", name="source")
    target = keras.Input(shape=(6,), dtype="int64", name="target")
    x = layers.Embedding(40, 8, mask_zero=True, name="source_embedding")(source)
    encoded, state = layers.GRU(
        12, return_sequences=True, return_state=True, recurrent_initializer="glorot_uniform", name="encoder"
    )(x)
    y = layers.Embedding(30, 8, mask_zero=True, name="target_embedding")(target)
    decoded = layers.GRU(12, return_sequences=True, recurrent_initializer="glorot_uniform", name="decoder")(
        y, initial_state=state
    )
    context = layers.AdditiveAttention(name="attention")([decoded, encoded])
    y = layers.Concatenate(axis=-1)([context, decoded])
    y = layers.Dense(12, activation="tanh", use_bias=False, name="attention_vector")(y)
    logits = layers.Dense(30, name="word_logits")(y)
    model = keras.Model(inputs=[source, target], outputs=logits, name="translator")
    model.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


@scenario("later-anomalies", "held-out", inputs=(("float", (20, 3)),), targets=((20, 3),), training_steps=1)
def anomalies():
    inputs = layers.Input(shape=(20, 3))
    encoded = layers.LSTM(12, activation="relu", return_sequences=True, kernel_regularizer=keras.regularizers.l2(0.00))(
        inputs
    )
    encoded = layers.LSTM(4, activation="relu", return_sequences=False)(encoded)
    bridge = layers.RepeatVector(20)(encoded)
    decoded = layers.LSTM(4, activation="relu", return_sequences=True)(bridge)
    decoded = layers.LSTM(12, activation="relu", return_sequences=True)(decoded)
    output = layers.TimeDistributed(layers.Dense(3))(decoded)
    model = keras.models.Model(inputs=inputs, outputs=output)
    model.compile(optimizer="adam", loss="mae")
    return model


@scenario("later-sunspots", "held-out", inputs=(("float", (30, 1)),), targets=((1,),), training_steps=1)
def sunspots():
    model = keras.models.Sequential(
        [
            keras.layers.Conv1D(
                filters=12, kernel_size=5, strides=1, padding="causal", activation="relu", input_shape=[None, 1]
            ),
            keras.layers.LSTM(12, return_sequences=True),
            keras.layers.LSTM(12),
            keras.layers.Dense(10, activation="relu"),
            keras.layers.Dense(10, activation=keras.activations.relu),
            keras.layers.Dense(1),
        ]
    )
    optimizer = keras.optimizers.SGD(learning_rate=1e-5, momentum=0.9)
    model.compile(loss=keras.losses.Huber(), optimizer=optimizer, metrics=["mae"])
    return model


@scenario("later-tcn", "held-out", inputs=(("float", (32, 4)),), targets=((3,),), training_steps=1)
def tcn():
    inputs = keras.Input(shape=(32, 4))
    x = layers.Conv1D(8, 1, padding="same")(inputs)
    skips = []
    for dilation in [1, 2, 4, 8]:
        previous = x
        for _ in range(2):
            x = layers.Conv1D(
                filters=8, kernel_size=3, dilation_rate=dilation, padding="causal", kernel_initializer="he_normal"
            )(x)
            x = layers.LayerNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.SpatialDropout1D(rate=0.05)(x)
        skips.append(x)
        x = layers.Activation("relu")(layers.add([previous, x]))
    x = layers.add(skips)
    x = x[:, -1, :]
    outputs = layers.Dense(3, activation="linear")(x)
    model = keras.Model(inputs, outputs, name="tcn")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.002, clipvalue=0.5, amsgrad=True),
        loss="mean_squared_error",
        metrics=[keras.metrics.RootMeanSquaredError(), "mean_absolute_percentage_error"],
    )
    return model


@scenario("later-next-frame", "held-out", inputs=(("float", (4, 8, 8, 1)),), targets=((4, 8, 8, 1),), training_steps=1)
def next_frame():
    inp = layers.Input(shape=(None, 8, 8, 1))
    x = layers.ConvLSTM2D(filters=6, kernel_size=(5, 5), padding="same", return_sequences=True, activation="relu")(inp)
    x = layers.BatchNormalization()(x)
    x = layers.ConvLSTM2D(filters=6, kernel_size=(3, 3), padding="same", return_sequences=True, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv3D(filters=1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same")(x)
    model = keras.models.Model(inp, x)
    model.compile(loss=keras.losses.binary_crossentropy, optimizer=keras.optimizers.Adam())
    return model


@scenario(
    "later-income",
    "held-out",
    since="2.6",
    inputs=(("float", (5,)), ("int", (1,), 12), ("int", (1,), 40), ("int", (1,), 4)),
    targets=((1,),),
    training_steps=1,
)
def income():
    normalizer = layers.Normalization(axis=-1)
    normalizer.adapt(np.linspace(0.0, 4.0, 50, dtype="float32").reshape((10, 5)))
    numeric = keras.Input(shape=(5,), name="numeric")
    occupation = keras.Input(shape=(1,), name="occupation", dtype="int64")
    country = keras.Input(shape=(1,), name="native_country", dtype="int64")
    relation = keras.Input(shape=(1,), name="relationship", dtype="int64")
    scaled = normalizer(numeric)
    one_hot = layers.CategoryEncoding(num_tokens=4, output_mode="one_hot")(relation)
    deep = [scaled, one_hot]
    for feature, size in ((occupation, 12), (country, 40)):
        dims = int(np.ceil(np.sqrt(size)))
        embedded = layers.Embedding(input_dim=size, output_dim=dims, name=feature.name.split(":")[0] + "_emb")(feature)
        deep.append(layers.Reshape((dims,))(embedded))
    x = layers.concatenate(deep)
    for units in (24, 12):
        x = layers.Dense(units)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ELU(alpha=0.5)(x)
        x = layers.Dropout(0.3)(x)
    wide = layers.BatchNormalization()(layers.concatenate([scaled, one_hot]))
    merged = layers.concatenate([wide, x])
    outputs = layers.Dense(units=1, activation="sigmoid", name="income_bracket")(merged)
    model = keras.Model(inputs=[numeric, occupation, country, relation], outputs=outputs)
    model.compile(
        optimizer=keras.optimizers.Adamax(learning_rate=0.001),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[
            keras.metrics.TruePositives(name="tp"),
            keras.metrics.FalsePositives(name="fp"),
            keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.5),
            keras.metrics.Precision(name="precision"),
        ],
    )
    return model


@scenario("later-diabetes", "held-out", inputs=(("float", (8,)),), targets=((1,),), training_steps=1)
def diabetes():
    model = keras.models.Sequential()
    model.add(keras.layers.Dense(12, input_dim=8, kernel_initializer="uniform", activation="relu"))
    model.add(keras.layers.GaussianNoise(0.05))
    model.add(
        keras.layers.Dense(8, activation="relu", kernel_regularizer="l2", bias_regularizer=keras.regularizers.l2(1e-4))
    )
    model.add(keras.layers.BatchNormalization())
    model.add(
        keras.layers.Dense(
            8,
            activation="softplus",
            kernel_regularizer=keras.regularizers.l1_l2(l1=1e-5, l2=1e-4),
            kernel_constraint=keras.constraints.NonNeg(),
            bias_constraint="unit_norm",
        )
    )
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adagrad", metrics=["accuracy", "AUC"])
    return model


@scenario(
    "later-face-detector", "held-out", inputs=(("float", (12, 12, 3)),), targets=((2,), (4,), (10,)), training_steps=1
)
def face_detector():
    inputs = layers.Input(shape=[12, 12, 3])
    x = layers.Conv2D(8, (3, 3), strides=1, padding="valid", name="conv1")(inputs)
    x = layers.PReLU(shared_axes=[1, 2], name="PReLU1")(x)
    x = layers.MaxPooling2D(pool_size=2)(x)
    x = layers.Conv2D(12, (3, 3), strides=1, padding="valid", name="conv2")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="PReLU2")(x)
    x = layers.Conv2D(16, (3, 3), strides=1, padding="valid", name="conv3")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="PReLU3")(x)
    x = layers.Flatten()(x)
    classifier = layers.Dense(2, activation="softmax", name="classifier")(x)
    bbox_regress = layers.Dense(4, name="bbox")(x)
    landmarks = layers.Dense(10, name="landmarks")(x)
    model = keras.Model([inputs], [classifier, bbox_regress, landmarks])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss={"classifier": "categorical_crossentropy", "bbox": "mse", "landmarks": keras.losses.MeanSquaredError()},
        loss_weights={"classifier": 1.0, "bbox": 0.5, "landmarks": 0.5},
        metrics={"classifier": "accuracy", "bbox": ["mae"]},
    )
    return model


@scenario(
    "later-neural-filtering",
    "held-out",
    inputs=(("int", (1,), 50), ("int", (1,), 80)),
    targets=((1,),),
    training_steps=1,
)
def neural_filtering():
    user = keras.Input(shape=(1,), dtype="int32", name="user_input")
    item = keras.Input(shape=(1,), dtype="int32", name="item_input")
    init = keras.initializers.RandomNormal(stddev=0.01)

    def embedding(count, size, name):
        return layers.Embedding(
            count,
            size,
            name=name,
            embeddings_initializer=init,
            embeddings_regularizer=keras.regularizers.l2(1e-6),
            input_length=1,
        )

    mf_user = layers.Flatten()(embedding(50, 6, "mf_embedding_user")(user))
    mf_item = layers.Flatten()(embedding(80, 6, "mf_embedding_item")(item))
    mlp_user = layers.Flatten()(embedding(50, 8, "mlp_embedding_user")(user))
    mlp_item = layers.Flatten()(embedding(80, 8, "mlp_embedding_item")(item))
    user_bias = layers.Flatten()(layers.Embedding(50, 1, embeddings_initializer="zeros", name="user_bias")(user))
    mf_vector = layers.Dot(axes=1)([mf_user, mf_item])
    mf_vector = layers.Add()([mf_vector, user_bias])
    mlp_vector = layers.concatenate([mlp_user, mlp_item])
    for idx, units in enumerate((16, 8)):
        mlp_vector = layers.Dense(
            units, kernel_regularizer=keras.regularizers.l2(0.0), activation="relu", name=f"layer{idx}"
        )(mlp_vector)
    predict_vector = layers.concatenate([mf_vector, mlp_vector])
    prediction = layers.Dense(1, activation="sigmoid", kernel_initializer="lecun_uniform", name="prediction")(
        predict_vector
    )
    model = keras.Model(inputs=[user, item], outputs=prediction)
    model.compile(optimizer=keras.optimizers.Adagrad(learning_rate=0.01), loss="binary_crossentropy")
    return model


@scenario("later-breakout", "held-out", inputs=(("float", (20, 20, 4)),), targets=((4,),), training_steps=1)
def breakout():
    frames = layers.Input(shape=(20, 20, 4))
    normalized = frames / 255.0
    layer1 = layers.Conv2D(8, 8, strides=4, activation="relu", kernel_initializer="he_uniform")(normalized)
    layer2 = layers.Conv2D(16, 2, strides=1, activation="relu")(layer1)
    layer3 = layers.Flatten()(layer2)
    layer4 = layers.Dense(32, activation="relu")(layer3)
    action = layers.Dense(4, activation="linear", name="q_values")(layer4)
    model = keras.Model(inputs=frames, outputs=action)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=0.00025, rho=0.95, momentum=0.95, epsilon=0.01, centered=True),
        loss=keras.losses.Huber(delta=1.0),
    )
    return model


@scenario("later-actor-critic", "held-out", inputs=(("float", (4,)),), targets=((2,), (1,)), training_steps=1)
def actor_critic():
    inputs = layers.Input(shape=(4,))
    common = layers.Dense(32, activation="relu", kernel_initializer=keras.initializers.Orthogonal(gain=1.4))(inputs)
    action = layers.Dense(2, activation="softmax")(common)
    critic = layers.Dense(1)(common)
    model = keras.Model(inputs=inputs, outputs=[action, critic])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.01),
        loss=["kld", keras.losses.Huber(reduction="sum")],
        loss_weights=[1.0, 0.5],
    )
    return model


@scenario("later-speech", "held-out", inputs=(("float", (24, 16, 1)),), targets=((24, 11),), training_steps=1)
def speech():
    input_spectrogram = layers.Input((None, 16, 1), name="input")
    x = layers.Conv2D(8, kernel_size=[5, 7], strides=[1, 2], padding="same", use_bias=False, name="conv_1")(
        input_spectrogram
    )
    x = layers.BatchNormalization(name="conv_1_bn")(x)
    x = layers.ReLU(name="conv_1_relu")(x)
    x = layers.Conv2D(8, kernel_size=[5, 5], strides=[1, 2], padding="same", use_bias=False, name="conv_2")(x)
    x = layers.BatchNormalization(name="conv_2_bn")(x)
    x = layers.ReLU(name="conv_2_relu")(x)
    x = layers.Reshape((-1, 4 * 8))(x)
    for i in (1, 2):
        recurrent = layers.GRU(
            units=8,
            activation="tanh",
            recurrent_activation="sigmoid",
            use_bias=True,
            return_sequences=True,
            reset_after=True,
            name=f"gru_{i}",
        )
        x = layers.Bidirectional(recurrent, name=f"bidirectional_{i}", merge_mode="concat")(x)
        if i < 2:
            x = layers.Dropout(rate=0.5)(x)
    x = layers.Dense(units=16, name="dense_1")(x)
    x = layers.LeakyReLU(name="dense_1_relu")(x)
    output = layers.Dense(units=11, activation="softmax")(x)
    model = keras.Model(input_spectrogram, output, name="DeepSpeech_2")
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=1e-4), loss="categorical_crossentropy")
    return model


@scenario("later-gestures", "held-out", inputs=(("float", (5, 12, 12, 3)),), targets=((4,),), training_steps=1)
def gestures():
    convnet = keras.Sequential()
    convnet.add(layers.Conv2D(6, (3, 3), input_shape=(12, 12, 3), padding="same", activation="relu"))
    convnet.add(layers.BatchNormalization(momentum=0.9))
    convnet.add(layers.MaxPool2D())
    convnet.add(layers.Conv2D(8, (3, 3), padding="same", activation="relu"))
    convnet.add(layers.GlobalMaxPool2D())
    model = keras.Sequential()
    model.add(layers.TimeDistributed(convnet, input_shape=(5, 12, 12, 3)))
    model.add(layers.LSTM(8, return_sequences=True))
    model.add(layers.Bidirectional(layers.LSTM(6), merge_mode="ave"))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(keras.optimizers.Adam(0.001), "categorical_crossentropy", metrics=["acc"])
    return model


@scenario("later-ct-scan", "held-out", inputs=(("float", (12, 12, 10, 1)),), targets=((1,),), training_steps=1)
def ct_scan():
    inputs = keras.Input((12, 12, 10, 1))
    x = layers.Conv3D(filters=8, kernel_size=3, activation="relu")(inputs)
    x = layers.MaxPool3D(pool_size=2)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Conv3D(filters=12, kernel_size=3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling3D()(x)
    x = layers.Dense(units=32, activation="relu")(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(units=1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs, name="3dcnn")
    lr_schedule = keras.optimizers.schedules.ExponentialDecay(
        0.0001, decay_steps=100000, decay_rate=0.96, staircase=True
    )
    model.compile(
        loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=lr_schedule), metrics=["acc"]
    )
    return model


@scenario("later-eeg", "held-out", inputs=(("float", (8, 32, 1)),), targets=((4,),), training_steps=1)
def eeg():
    max_norm = keras.constraints.max_norm
    input1 = layers.Input(shape=(8, 32, 1))
    block1 = layers.Conv2D(4, (1, 16), padding="same", input_shape=(8, 32, 1), use_bias=False)(input1)
    block1 = layers.BatchNormalization()(block1)
    block1 = layers.DepthwiseConv2D((8, 1), use_bias=False, depth_multiplier=2, depthwise_constraint=max_norm(1.0))(
        block1
    )
    block1 = layers.BatchNormalization()(block1)
    block1 = layers.Activation("elu")(block1)
    block1 = layers.AveragePooling2D((1, 4))(block1)
    block1 = layers.SpatialDropout2D(0.5)(block1)
    block2 = layers.SeparableConv2D(8, (1, 8), use_bias=False, padding="same")(block1)
    block2 = layers.BatchNormalization()(block2)
    block2 = layers.Activation("elu")(block2)
    block2 = layers.AveragePooling2D((1, 4))(block2)
    block2 = layers.Dropout(0.5)(block2)
    flatten = layers.Flatten(name="flatten")(block2)
    dense = layers.Dense(4, name="dense", kernel_constraint=max_norm(0.25))(flatten)
    softmax = layers.Activation("softmax", name="softmax")(dense)
    model = keras.models.Model(inputs=input1, outputs=softmax)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model
