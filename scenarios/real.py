"""What people really build: whole networks, small, and compiled as people compile them."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers


@scenario(
    "real-unet",
    "real",
    title="U-Net",
    tags=("real",),
    inputs=(("float", (16, 16, 3)),),
    targets=((16, 16, 2),),
    training_steps=1,
)
def unet():
    def block(tensor, filters):
        for _ in range(2):
            tensor = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal")(tensor)
            tensor = layers.Activation("relu")(layers.BatchNormalization()(tensor))
        return tensor

    inputs = keras.Input(shape=(16, 16, 3))
    first = block(inputs, 4)
    second = block(layers.MaxPooling2D((2, 2))(first), 8)
    middle = layers.Dropout(0.3)(block(layers.MaxPooling2D((2, 2))(second), 8))
    up = layers.Conv2DTranspose(8, (2, 2), strides=(2, 2), padding="same")(middle)
    up = block(layers.concatenate([up, second]), 8)
    up = layers.Conv2DTranspose(4, (2, 2), strides=(2, 2), padding="same")(up)
    up = block(layers.concatenate([up, first]), 4)
    model = keras.Model(inputs, layers.Conv2D(2, 1, activation="softmax")(up))
    model.compile(optimizer=keras.optimizers.Adam(1e-4), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "real-upsampling-unet",
    "real",
    title="U-Net with UpSampling2D and ZeroPadding2D",
    tags=("real",),
    inputs=(("float", (8, 8, 1)),),
    targets=((8, 8, 1),),
    training_steps=1,
)
def upsampling_unet():
    inputs = keras.Input(shape=(8, 8, 1))
    down = layers.Conv2D(4, 3, activation="relu")(layers.ZeroPadding2D((1, 1))(inputs))
    low = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.AveragePooling2D()(down))
    up = layers.UpSampling2D(size=(2, 2), interpolation="bilinear")(low)
    up = layers.Conv2D(4, 3, padding="same", activation="relu")(layers.Concatenate(axis=3)([up, down]))
    model = keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(up))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "real-seq2seq",
    "real",
    title="Encoder and decoder, states passed on",
    tags=("real",),
    inputs=(("float", (5, 6)), ("float", (4, 7))),
    targets=((4, 7),),
    training_steps=1,
)
def seq2seq():
    encoder_inputs = keras.Input(shape=(None, 6))
    _, one, two = layers.LSTM(8, return_state=True)(encoder_inputs)
    decoder_inputs = keras.Input(shape=(None, 7))
    decoded, _, _ = layers.LSTM(8, return_sequences=True, return_state=True)(decoder_inputs, initial_state=[one, two])
    model = keras.Model([encoder_inputs, decoder_inputs], layers.Dense(7, activation="softmax")(decoded))
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "real-transformer",
    "real",
    title="Transformer block",
    tags=("real",),
    since="2.4",
    inputs=(("int", (6,), 20),),
    targets=((2,),),
    training_steps=1,
)
def transformer():
    inputs = keras.Input(shape=(6,))
    hidden = layers.Embedding(20, 8)(inputs)
    attended = layers.MultiHeadAttention(num_heads=2, key_dim=8)(hidden, hidden)
    hidden = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([hidden, layers.Dropout(0.1)(attended)]))
    feed = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(8)])
    hidden = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([hidden, feed(hidden)]))
    hidden = layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(hidden))
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(hidden))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "real-siamese",
    "real",
    title="Siamese network",
    tags=("real",),
    inputs=(("float", (8, 8, 1)), ("float", (8, 8, 1))),
    training_steps=1,
)
def siamese():
    picture = keras.Input(shape=(8, 8, 1))
    hidden = layers.MaxPooling2D()(layers.Conv2D(4, 3, activation="relu")(picture))
    tower = keras.Model(picture, layers.Dense(4, activation="tanh")(layers.Flatten()(hidden)))
    left, right = keras.Input(shape=(8, 8, 1)), keras.Input(shape=(8, 8, 1))
    merged = layers.Dot(axes=1, normalize=True)([tower(left), tower(right)])
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(merged))
    model.compile(optimizer=keras.optimizers.RMSprop(), loss="binary_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "real-two-towers",
    "real",
    title="Two towers, inputs by name",
    tags=("real",),
    inputs=(("int", (1,), 10), ("int", (1,), 12)),
    training_steps=1,
)
def two_towers():
    user, movie = keras.Input(shape=(1,), name="a_user"), keras.Input(shape=(1,), name="b_movie")
    one = layers.Dense(4)(layers.Flatten()(layers.Embedding(10, 4)(user)))
    two = layers.Dense(4)(layers.Flatten()(layers.Embedding(12, 4)(movie)))
    model = keras.Model({"a_user": user, "b_movie": movie}, layers.Dot(axes=1)([one, two]))
    model.compile(optimizer=keras.optimizers.Adagrad(0.1), loss="mse")
    return model


@scenario(
    "real-tabular",
    "real",
    title="Tabular data with preprocessing layers",
    tags=("real",),
    since="2.6",
    inputs=(("float", (3,)), ("text", (1,)), ("int", (1,), 6)),
    training_steps=1,
)
def tabular():
    numbers, word, code = (
        keras.Input(shape=(3,)),
        keras.Input(shape=(1,), dtype="string"),
        keras.Input(shape=(1,), dtype="int32"),
    )
    parts = [
        layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0])(numbers),
        layers.StringLookup(vocabulary=["model", "saved", "layer"], output_mode="one_hot")(word),
        layers.CategoryEncoding(num_tokens=6, output_mode="one_hot")(code),
    ]
    hidden = layers.Dense(8, activation="relu")(layers.concatenate(parts))
    model = keras.Model([numbers, word, code], layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy", "AUC"])
    return model


@scenario(
    "real-classifier",
    "real",
    title="Convolutional classifier with augmentation",
    tags=("real",),
    since="2.6",
    inputs=(("float", (12, 12, 3)),),
    targets=((1,),),
    training_steps=1,
)
def classifier():
    model = keras.Sequential(
        [
            keras.Input(shape=(12, 12, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomZoom(0.1),
            layers.Rescaling(1.0 / 255),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.2),
            layers.Dense(5),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


@scenario(
    "real-vae",
    "real",
    title="VAE with train_step",
    tags=("real",),
    custom_objects=("scenarios.objects.vae:Sampling", "scenarios.objects.vae:Vae"),
    inputs=(("float", (8,)),),
    targets=((8,),),
    trains_repeatably=False,
    training_steps=0,
    since="2.2",
)
def vae():
    from scenarios.objects.vae import Vae

    model = Vae(latent=2, width=8)
    model(tf.zeros((1, 8)))
    model.compile(optimizer="adam")
    return model


@scenario(
    "real-stacked-cells",
    "real",
    title="RNN over stacked LSTM cells",
    tags=("real",),
    inputs=(("float", (5, 3)),),
    training_steps=1,
)
def stacked_cells():
    inputs = keras.Input(shape=(5, 3))
    hidden = layers.RNN([layers.LSTMCell(4), layers.LSTMCell(3)], return_sequences=True)(inputs)
    model = keras.Model(inputs, layers.Dense(1)(layers.GRU(4)(hidden)))
    model.compile(optimizer=keras.optimizers.Adam(clipnorm=1.0), loss="mae")
    return model


@scenario(
    "real-frames",
    "real",
    title="Next frame by ConvLSTM2D",
    tags=("real",),
    inputs=(("float", (3, 6, 6, 1)),),
    targets=((3, 6, 6, 1),),
    training_steps=1,
)
def frames():
    inputs = keras.Input(shape=(3, 6, 6, 1))
    hidden = layers.ConvLSTM2D(4, 3, padding="same", return_sequences=True, activation="relu")(inputs)
    hidden = layers.BatchNormalization()(hidden)
    model = keras.Model(inputs, layers.Conv3D(1, 3, padding="same", activation="sigmoid")(hidden))
    model.compile(optimizer=keras.optimizers.Adadelta(), loss="binary_crossentropy")
    return model


@scenario(
    "real-fuel-efficiency",
    "real",
    title="Regression behind an adapted Normalization, as TensorFlow's tutorial has it",
    tags=("real",),
    since="2.3",
    inputs=(("float", (9,)),),
    targets=((1,),),
    training_steps=1,
)
def fuel_efficiency():
    from scenarios.objects.compat import preprocessing_layer

    normalizer = preprocessing_layer("Normalization")(axis=-1)
    normalizer.adapt(((np.arange(180) % 37) ** 1.5 / 50.0).reshape((20, 9)).astype("float32"))
    model = keras.Sequential(
        [normalizer, layers.Dense(16, activation="relu"), layers.Dense(16, activation="relu"), layers.Dense(1)]
    )
    model.compile(loss="mean_absolute_error", optimizer=keras.optimizers.Adam(0.001))
    return model


@scenario(
    "real-several-losses",
    "real",
    title="Losses and metrics by output, objects and strings",
    tags=("real",),
    inputs=(("float", (8,)),),
    targets=((2,), (1,)),
    training_steps=1,
)
def several_losses():
    inputs = keras.Input(shape=(8,))
    hidden = layers.BatchNormalization()(layers.Dense(8, activation="relu")(inputs))
    outputs = [layers.Dense(2, activation="softmax", name="kind")(hidden), layers.Dense(1, name="size")(hidden)]
    model = keras.Model(inputs, outputs)
    losses = {"kind": keras.losses.CategoricalCrossentropy(label_smoothing=0.1), "size": "mse"}
    model.compile(
        optimizer="sgd",
        loss=losses,
        loss_weights={"kind": 1.0, "size": 0.5},
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    return model


@scenario(
    "real-wavenet",
    "real",
    title="WaveNet: gated causal convolutions",
    tags=("real",),
    inputs=(("float", (16, 2)),),
    targets=((16, 2),),
    training_steps=1,
)
def wavenet():
    inputs = keras.Input(shape=(16, 2))
    hidden, skips = layers.Conv1D(4, 1)(inputs), []
    for rate in (1, 2, 4):
        gate = layers.Conv1D(4, 2, padding="causal", dilation_rate=rate, activation="sigmoid")(hidden)
        filtered = layers.Conv1D(4, 2, padding="causal", dilation_rate=rate, activation="tanh")(hidden)
        skips.append(layers.Conv1D(4, 1)(layers.Multiply()([filtered, gate])))
        hidden = layers.Add()([hidden, skips[-1]])
    model = keras.Model(inputs, layers.Conv1D(2, 1)(layers.Activation("relu")(layers.Add()(skips))))
    model.compile(optimizer=keras.optimizers.Nadam(), loss="logcosh" if not hasattr(keras, "ops") else "log_cosh")
    return model


@scenario(
    "real-text-classifier",
    "real",
    title="Bidirectional LSTM with masking",
    tags=("real",),
    inputs=(("int", (6,), 20),),
    training_steps=1,
)
def text_classifier():
    model = keras.Sequential(
        [
            keras.Input(shape=(6,)),
            layers.Embedding(20, 4, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(4, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "real-transfer",
    "real",
    title="A frozen base, pooled inside, in a Sequential",
    tags=("real",),
    inputs=(("float", (12, 12, 3)),),
    targets=((4,),),
    training_steps=1,
)
def transfer():
    base_inputs = keras.Input(shape=(12, 12, 3))
    hidden = layers.BatchNormalization()(layers.Conv2D(4, 3, use_bias=False)(base_inputs))
    base = keras.Model(base_inputs, layers.GlobalAveragePooling2D()(layers.ReLU(6.0)(hidden)))
    base.trainable = False
    model = keras.Sequential(
        [keras.Input(shape=(12, 12, 3)), base, layers.Dropout(0.2), layers.Dense(4, activation="softmax")]
    )
    rate = keras.optimizers.schedules.PolynomialDecay(0.01, 100)
    model.compile(
        optimizer=keras.optimizers.SGD(rate, momentum=0.9), loss="categorical_crossentropy", metrics=["accuracy"]
    )
    return model


@scenario(
    "real-autoencoder",
    "real",
    title="Dense autoencoder of three models",
    tags=("real",),
    inputs=(("float", (8,)),),
    targets=((8,),),
    training_steps=1,
)
def autoencoder():
    encoder = keras.Sequential([keras.Input(shape=(8,)), layers.Dense(4, activation="relu"), layers.Dense(2)])
    decoder = keras.Sequential([keras.Input(shape=(2,)), layers.Dense(4, activation="relu"), layers.Dense(8)])
    inputs = keras.Input(shape=(8,))
    model = keras.Model(inputs, decoder(encoder(inputs)))
    model.compile(
        optimizer="adam", loss=keras.losses.MeanSquaredError(), metrics=[keras.metrics.RootMeanSquaredError()]
    )
    return model


@scenario(
    "real-regularised",
    "real",
    title="Dense layers with regularizers, constraints and noise",
    tags=("real",),
    inputs=(("float", (8,)),),
    targets=((3,),),
    training_steps=1,
)
def regularised():
    model = keras.Sequential(
        [
            keras.Input(shape=(8,)),
            layers.GaussianNoise(0.1),
            layers.Dense(8, kernel_regularizer=keras.regularizers.l1_l2(l1=1e-5, l2=1e-4), bias_regularizer="l2"),
            layers.PReLU(),
            layers.Dense(
                8, kernel_constraint=keras.constraints.MaxNorm(2.0), activity_regularizer=keras.regularizers.l2(1e-5)
            ),
            layers.ELU(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adamax(),
        loss="kullback_leibler_divergence" if not hasattr(keras, "ops") else "kl_divergence",
        metrics=["categorical_accuracy", "mse"],
    )
    return model
