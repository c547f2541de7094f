"""A ninth set, written by somebody who saw neither the tool nor any of the earlier sets' models. Never mend a prediction by
what is seen here: write new ones afterwards.
"""

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario

layers = keras.layers
regularizers = keras.regularizers
initializers = keras.initializers
schedules = keras.optimizers.schedules


# Tabular


@scenario("ninth-house-prices", "held-out", since="2.10", inputs=(("float", (13,)),), targets=((1,),), training_steps=2)
def house_prices():
    normalizer = layers.Normalization(axis=-1, name="normalizer")
    normalizer.adapt(np.random.RandomState(0).rand(64, 13).astype("float32"))
    model = keras.Sequential(
        [
            normalizer,
            layers.Dense(24, activation="selu", kernel_initializer="lecun_normal"),
            layers.AlphaDropout(0.1),
            layers.Dense(12, activation="selu", kernel_initializer="lecun_normal"),
            layers.Dense(1),
        ],
        name="house_prices",
    )
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=schedules.CosineDecay(1e-3, decay_steps=500, alpha=0.05)),
        loss=keras.losses.Huber(delta=0.8),
        metrics=["mae", keras.metrics.RootMeanSquaredError()],
    )
    return model


@scenario(
    "ninth-credit-default",
    "held-out",
    since="2.10",
    inputs=(("float", (6,)), ("int", (1,), 5), ("int", (1,), 12)),
    targets=((1,),),
    training_steps=2,
)
def credit_default():
    numeric = keras.Input(shape=(6,), name="numeric")
    education = keras.Input(shape=(1,), dtype="int32", name="education")
    month = keras.Input(shape=(1,), dtype="int32", name="month")
    embedded = []
    for source, size in ((education, 5), (month, 12)):
        width = min(50, (size + 1) // 2)
        e = layers.Embedding(size, width, embeddings_initializer="he_normal", name=f"emb_{size}")(source)
        e = layers.SpatialDropout1D(0.2)(e)
        embedded.append(layers.Flatten()(e))
    x = layers.BatchNormalization(momentum=0.9)(numeric)
    x = layers.Concatenate(name="features")([*embedded, x])
    for units in (32, 16):
        x = layers.Dense(units, kernel_regularizer=regularizers.L1L2(l1=1e-5, l2=1e-4), use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("swish")(x)
        x = layers.Dropout(0.3)(x)
    prior = float(-np.log((1 - 0.22) / 0.22))
    out = layers.Dense(1, activation="sigmoid", bias_initializer=initializers.Constant(prior), name="default")(x)
    model = keras.Model([numeric, education, month], out)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3, amsgrad=True, clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(label_smoothing=0.05),
        metrics=[
            keras.metrics.AUC(name="auc", num_thresholds=50),
            keras.metrics.AUC(name="prc", curve="PR", num_thresholds=50),
            keras.metrics.Precision(name="precision"),
            keras.metrics.Recall(name="recall", thresholds=0.4),
        ],
    )
    return model


@scenario(
    "ninth-wide-deep-strings",
    "held-out",
    since="2.10",
    inputs=(("text", (1,)), ("int", (1,), 90), ("float", (4,))),
    targets=((1,),),
    training_steps=1,
)
def wide_deep_strings():
    workclass = keras.Input(shape=(1,), dtype="string", name="workclass")
    age = keras.Input(shape=(1,), dtype="int64", name="age")
    numbers = keras.Input(shape=(4,), name="numbers")
    lookup = layers.StringLookup(vocabulary=["private", "self-employed", "government", "never"], num_oov_indices=1)
    work_index = lookup(workclass)
    work_onehot = layers.CategoryEncoding(num_tokens=lookup.vocabulary_size(), output_mode="multi_hot")(work_index)
    age_bucket = layers.Discretization(bin_boundaries=[18.0, 30.0, 45.0, 65.0])(age)
    age_onehot = layers.CategoryEncoding(num_tokens=5, output_mode="multi_hot")(age_bucket)
    wide = layers.concatenate([work_onehot, age_onehot])
    work_embedding = layers.Flatten()(layers.Embedding(lookup.vocabulary_size(), 3)(work_index))
    deep = layers.concatenate([work_embedding, numbers])
    deep = layers.Dense(16, activation="relu")(deep)
    deep = layers.Dense(8, activation="relu")(deep)
    both = layers.concatenate([wide, deep], name="wide_and_deep")
    income = layers.Dense(1, activation="sigmoid", name="income")(both)
    model = keras.Model(inputs=[workclass, age, numbers], outputs=income, name="wide_deep")
    model.compile(optimizer=keras.optimizers.Ftrl(0.01, l1_regularization_strength=1e-3), loss="binary_crossentropy")
    return model


# Images


@scenario(
    "ninth-vgg-cifar", "held-out", since="2.10", inputs=(("float", (32, 32, 3)),), targets=((1,),), training_steps=1
)
def vgg_cifar():
    weight_decay = 1e-4
    model = keras.models.Sequential()
    for i, filters in enumerate((8, 8, 16)):
        for j in range(2):
            kwargs = {"input_shape": (32, 32, 3)} if i == 0 and j == 0 else {}
            model.add(
                layers.Conv2D(
                    filters,
                    (3, 3),
                    padding="same",
                    kernel_initializer="he_uniform",
                    kernel_regularizer=regularizers.l2(weight_decay),
                    **kwargs,
                )
            )
            model.add(layers.Activation("elu"))
            model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D(pool_size=(2, 2)))
        model.add(layers.Dropout(0.2 + 0.1 * i))
    model.add(layers.Flatten())
    model.add(layers.Dense(32, activation="relu", kernel_constraint=keras.constraints.MaxNorm(3)))
    model.add(layers.Dense(10, activation="softmax"))
    rate = schedules.InverseTimeDecay(0.05, decay_steps=100, decay_rate=0.5)
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=rate, momentum=0.9, nesterov=True),
        metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top3")],
    )
    return model


def _fire(x, squeeze, expand, name):
    s = layers.Conv2D(squeeze, 1, activation="relu", name=name + "/squeeze1x1")(x)
    e1 = layers.Conv2D(expand, 1, activation="relu", name=name + "/expand1x1")(s)
    e3 = layers.Conv2D(expand, 3, padding="same", activation="relu", name=name + "/expand3x3")(s)
    return layers.concatenate([e1, e3], axis=3, name=name + "_concat")


@scenario(
    "ninth-squeezenet",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (28, 28, 1)),),
    targets=((5,),),
    training_steps=1,
)
def squeezenet():
    inputs = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(8, 3, strides=2, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = _fire(x, 4, 8, "fire2")
    x = _fire(x, 4, 8, "fire3")
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = _fire(x, 6, 12, "fire4")
    x = layers.Dropout(0.5, name="drop9")(x)
    x = layers.Conv2D(5, 1, name="conv10")(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Softmax(name="loss")(x)
    model = keras.Model(inputs, outputs, name="squeezenet")
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@scenario(
    "ninth-transfer-flowers",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((1,),),
    training_steps=1,
)
def transfer_flowers():
    augmentation = keras.Sequential(
        [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1), layers.RandomZoom(0.1)], name="augmentation"
    )
    base = keras.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, include_top=False, weights=None)
    base.trainable = True
    for layer in base.layers[:-4]:
        layer.trainable = False
    inputs = keras.Input(shape=(32, 32, 3))
    x = augmentation(inputs)
    x = layers.Rescaling(1.0 / 127.5, offset=-1)(x)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    outputs = layers.Dense(5)(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-4, centered=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="acc")],
    )
    return model


def _se_block(x, ratio=4):
    channels = x.shape[-1]
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Dense(channels // ratio, activation="relu", use_bias=False)(s)
    s = layers.Dense(channels, activation="hard_sigmoid", use_bias=False)(s)
    return layers.Multiply()([x, s])


@scenario(
    "ninth-se-xray", "held-out", since="2.10", inputs=(("float", (32, 32, 1)),), targets=((4,),), training_steps=1
)
def se_xray():
    inputs = keras.Input((32, 32, 1), name="xray")
    x = layers.ZeroPadding2D(((1, 1), (1, 1)))(inputs)
    x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.ReLU(max_value=6.0)(x)
    for filters in (8, 16):
        shortcut = layers.Conv2D(filters, 1, strides=2, padding="same")(x)
        y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, depthwise_initializer="he_normal")(x)
        y = layers.BatchNormalization()(y)
        y = layers.PReLU(shared_axes=[1, 2])(y)
        y = layers.SeparableConv2D(filters, 3, strides=2, padding="same")(y)
        y = _se_block(y)
        x = layers.add([shortcut, y])
        x = layers.LeakyReLU()(x)
    avg = layers.GlobalAveragePooling2D()(x)
    mx = layers.GlobalMaxPooling2D()(x)
    x = layers.Concatenate()([avg, mx])
    outputs = layers.Dense(4, activation="sigmoid", name="findings")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Nadam(5e-4),
        loss=keras.losses.BinaryFocalCrossentropy(gamma=2.0),
        metrics=[keras.metrics.AUC(multi_label=True, num_labels=4, num_thresholds=20), "binary_accuracy"],
    )
    return model


@scenario(
    "ninth-local-faces",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (16, 16, 1)),),
    targets=((6,),),
    training_steps=1,
)
def local_faces():
    model = keras.Sequential(name="deepface_small")
    model.add(layers.Conv2D(4, (3, 3), activation="relu", input_shape=(16, 16, 1), name="C1"))
    model.add(layers.MaxPooling2D(pool_size=2, name="M2"))
    model.add(layers.LocallyConnected2D(4, (3, 3), activation="relu", name="L3"))
    model.add(layers.ThresholdedReLU(theta=0.05))
    model.add(layers.Flatten(name="F0"))
    model.add(layers.Dense(16, activation="relu", name="F7"))
    model.add(layers.Dropout(rate=0.5, name="D0"))
    model.add(layers.Dense(6, activation="softmax", name="F8"))
    model.compile(
        loss="kullback_leibler_divergence", optimizer=keras.optimizers.Adagrad(0.01), metrics=["categorical_accuracy"]
    )
    return model


# Segmentation and detection


def ninth_dice_coefficient(y_true, y_pred, smooth=1.0):
    y_true = tf.reshape(tf.cast(y_true, tf.float32), [-1])
    y_pred = tf.reshape(y_pred, [-1])
    intersection = tf.reduce_sum(y_true * y_pred)
    return (2.0 * intersection + smooth) / (tf.reduce_sum(y_true) + tf.reduce_sum(y_pred) + smooth)


def ninth_bce_dice_loss(y_true, y_pred):
    bce = tf.reduce_mean(keras.losses.binary_crossentropy(y_true, y_pred))
    return bce + 1.0 - ninth_dice_coefficient(y_true, y_pred)


@scenario(
    "ninth-unet-nuclei",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((32, 32, 1),),
    training_steps=1,
    custom_objects=("ninth_bce_dice_loss", "ninth_dice_coefficient"),
)
def unet_nuclei():
    inputs = layers.Input((32, 32, 3))
    s = layers.Lambda(lambda x: x / 255)(inputs)
    skips = []
    x = s
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3, activation="elu", kernel_initializer="he_normal", padding="same")(x)
        x = layers.Dropout(0.1)(x)
        x = layers.Conv2D(filters, 3, activation="elu", kernel_initializer="he_normal", padding="same")(x)
        skips.append(x)
        x = layers.MaxPooling2D((2, 2))(x)
    x = layers.Conv2D(16, 3, activation="elu", kernel_initializer="he_normal", padding="same")(x)
    for filters, skip in zip((8, 4), reversed(skips)):
        x = layers.Conv2DTranspose(filters, (2, 2), strides=(2, 2), padding="same")(x)
        x = layers.concatenate([x, skip])
        x = layers.Conv2D(filters, 3, activation="elu", kernel_initializer="he_normal", padding="same")(x)
    outputs = layers.Conv2D(1, (1, 1), activation="sigmoid")(x)
    model = keras.Model(inputs=[inputs], outputs=[outputs])
    model.compile(optimizer="adam", loss=ninth_bce_dice_loss, metrics=[ninth_dice_coefficient])
    return model


@scenario(
    "ninth-aspp-roads",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((32, 32, 3),),
    training_steps=1,
)
def aspp_roads():
    def conv_block(x, filters=8, kernel_size=3, dilation_rate=1, strides=1):
        x = layers.Conv2D(
            filters,
            kernel_size,
            strides=strides,
            dilation_rate=dilation_rate,
            padding="same",
            use_bias=False,
            kernel_initializer=initializers.HeNormal(),
        )(x)
        x = layers.BatchNormalization()(x)
        return layers.Activation(tf.nn.relu)(x)

    inputs = keras.Input(shape=(32, 32, 3))
    low = conv_block(inputs, 6, strides=2)
    x = conv_block(low, 8, strides=2)
    pooled = layers.AveragePooling2D(pool_size=(8, 8))(x)
    pooled = conv_block(pooled, kernel_size=1)
    pooled = layers.UpSampling2D(size=(8, 8), interpolation="bilinear")(pooled)
    branches = [conv_block(x, kernel_size=1)] + [conv_block(x, dilation_rate=d) for d in (2, 4)]
    x = layers.Concatenate(axis=-1)([pooled, *branches])
    x = conv_block(x, kernel_size=1)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    x = layers.Concatenate(axis=-1)([x, conv_block(low, 4, kernel_size=1)])
    x = conv_block(x)
    x = layers.UpSampling2D(2, interpolation="bilinear")(x)
    outputs = layers.Conv2D(3, kernel_size=(1, 1), padding="same", activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.SGD(schedules.PolynomialDecay(0.01, 1000, end_learning_rate=1e-5, power=0.9), 0.9),
        loss=keras.losses.CategoricalCrossentropy(),
        metrics=[keras.metrics.OneHotMeanIoU(num_classes=3, name="miou"), "accuracy"],
    )
    return model


@scenario(
    "ninth-fpn-detector",
    "held-out",
    since="2.10",
    inputs=(("float", (32, 32, 3)),),
    targets=((80, 3), (80, 4)),
    training_steps=1,
)
def fpn_detector():
    num_classes = 3
    prior = initializers.Constant(-np.log((1 - 0.01) / 0.01))
    weights = initializers.RandomNormal(0.0, 0.01)

    def head(output_filters, bias, name):
        net = keras.Sequential([keras.Input(shape=[None, None, 8])], name=name)
        for _ in range(2):
            net.add(layers.Conv2D(8, 3, padding="same", kernel_initializer=weights))
            net.add(layers.ReLU())
        net.add(layers.Conv2D(output_filters, 3, padding="same", kernel_initializer=weights, bias_initializer=bias))
        return net

    image = keras.Input((32, 32, 3), name="image")
    c3 = layers.Conv2D(8, 3, strides=4, padding="same", activation="relu", name="c3")(image)
    c4 = layers.Conv2D(12, 3, strides=2, padding="same", activation="relu", name="c4")(c3)
    p4 = layers.Conv2D(8, 1, name="p4")(c4)
    p3 = layers.Add()([layers.Conv2D(8, 1, name="lateral3")(c3), layers.UpSampling2D(2)(p4)])
    p3 = layers.Conv2D(8, 3, padding="same", name="p3")(p3)
    cls_head = head(num_classes, prior, "class_head")
    box_head = head(4, "zeros", "box_head")
    classes, boxes = [], []
    for feature in (p3, p4):
        classes.append(layers.Reshape((-1, num_classes))(cls_head(feature)))
        boxes.append(layers.Reshape((-1, 4))(box_head(feature)))
    cls = layers.Concatenate(axis=1, name="cls")(classes)
    cls = layers.Activation("sigmoid", name="scores")(cls)
    box = layers.Concatenate(axis=1, name="boxes")(boxes)
    model = keras.Model(image, [cls, box], name="small_retinanet")
    model.compile(
        optimizer=keras.optimizers.SGD(
            learning_rate=schedules.PiecewiseConstantDecay([125, 250, 500], [2.5e-6, 6.25e-4, 1.25e-3, 2.5e-3]),
            momentum=0.9,
            clipnorm=10.0,
        ),
        loss=[keras.losses.BinaryFocalCrossentropy(gamma=1.5), keras.losses.Huber()],
        loss_weights=[1.0, 0.5],
    )
    return model


# Generative models and autoencoders


def _generator(latent_dim):
    model = keras.Sequential(name="generator")
    model.add(keras.Input(shape=(latent_dim,)))
    model.add(layers.Dense(7 * 7 * 8, use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.8))
    model.add(layers.LeakyReLU(0.2))
    model.add(layers.Reshape((7, 7, 8)))
    model.add(layers.Conv2DTranspose(8, (5, 5), strides=(2, 2), padding="same", use_bias=False))
    model.add(layers.BatchNormalization(momentum=0.8))
    model.add(layers.LeakyReLU(0.2))
    model.add(layers.Conv2DTranspose(1, (5, 5), strides=(2, 2), padding="same", activation="tanh"))
    return model


def _discriminator():
    model = keras.Sequential(name="discriminator")
    model.add(keras.Input(shape=(28, 28, 1)))
    model.add(layers.GaussianNoise(0.05))
    for filters in (4, 8):
        model.add(layers.Conv2D(filters, (5, 5), strides=(2, 2), padding="same"))
        model.add(layers.LeakyReLU(0.2))
        model.add(layers.Dropout(0.3))
    model.add(layers.Flatten())
    model.add(layers.Dense(1, activation="sigmoid"))
    return model


@scenario("ninth-gan-combined", "held-out", since="2.10", inputs=(("float", (16,)),), targets=((1,),), training_steps=2)
def gan_combined():
    generator = _generator(16)
    discriminator = _discriminator()
    discriminator.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(2e-4, 0.5), metrics=["accuracy"])
    discriminator.trainable = False
    z = keras.Input(shape=(16,))
    validity = discriminator(generator(z))
    combined = keras.Model(z, validity, name="combined")
    combined.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(2e-4, 0.5))
    return combined


@scenario(
    "ninth-conditional-generator",
    "held-out",
    since="2.10",
    inputs=(("float", (12,)), ("int", (1,), 10)),
    targets=((16, 16, 1),),
    training_steps=0,
)
def conditional_generator():
    init = initializers.RandomNormal(stddev=0.02, seed=7)
    in_label = layers.Input(shape=(1,))
    li = layers.Embedding(10, 6)(in_label)
    li = layers.Dense(4 * 4)(li)
    li = layers.Reshape((4, 4, 1))(li)
    in_lat = layers.Input(shape=(12,))
    gen = layers.Dense(6 * 4 * 4)(in_lat)
    gen = layers.LeakyReLU(0.2)(gen)
    gen = layers.Reshape((4, 4, 6))(gen)
    merge = layers.Concatenate()([gen, li])
    gen = layers.Conv2DTranspose(6, (4, 4), strides=(2, 2), padding="same", kernel_initializer=init)(merge)
    gen = layers.LeakyReLU(0.2)(gen)
    gen = layers.UpSampling2D()(gen)
    gen = layers.Conv2D(1, (4, 4), activation="tanh", padding="same", kernel_initializer=init)(gen)
    return keras.Model([in_lat, in_label], gen)


class NinthDenoiser(keras.Model):
    def __init__(self, latent_dim=8, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.encoder = keras.Sequential(
            [
                layers.InputLayer(input_shape=(28, 28, 1)),
                layers.Conv2D(8, (3, 3), activation="relu", padding="same", strides=2),
                layers.Conv2D(latent_dim, (3, 3), activation="relu", padding="same", strides=2),
            ]
        )
        self.decoder = keras.Sequential(
            [
                layers.Conv2DTranspose(latent_dim, kernel_size=3, strides=2, activation="relu", padding="same"),
                layers.Conv2DTranspose(8, kernel_size=3, strides=2, activation="relu", padding="same"),
                layers.Conv2D(1, kernel_size=(3, 3), activation="sigmoid", padding="same"),
            ]
        )

    def call(self, x):
        return self.decoder(self.encoder(x))

    def get_config(self):
        return {"latent_dim": self.latent_dim, "name": self.name}


@scenario(
    "ninth-denoiser-subclass",
    "held-out",
    since="2.10",
    inputs=(("float", (28, 28, 1)),),
    targets=((28, 28, 1),),
    training_steps=1,
    custom_objects=("NinthDenoiser",),
)
def denoiser_subclass():
    model = NinthDenoiser(latent_dim=4)
    model.compile(optimizer="adam", loss=keras.losses.MeanSquaredError())
    model(np.zeros((1, 28, 28, 1), "float32"))
    return model


@scenario(
    "ninth-sparse-autoencoder",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (30,)),),
    targets=((30,),),
    training_steps=2,
)
def sparse_autoencoder():
    inputs = keras.Input(shape=(30,), name="transaction")
    code = layers.Dense(14, activation="tanh", activity_regularizer=regularizers.l1(1e-5), name="code")(inputs)
    code = layers.Dense(7, activation="relu", name="bottleneck")(code)
    decoded = layers.Dense(7, activation="tanh")(code)
    decoded = layers.Dense(30, activation="relu", name="reconstruction")(decoded)
    autoencoder = keras.Model(inputs, decoded)
    autoencoder.add_loss(1e-3 * tf.reduce_mean(tf.square(code)))
    autoencoder.add_metric(tf.reduce_mean(tf.abs(code)), name="code_size", aggregation="mean")
    autoencoder.compile(optimizer="adam", loss="mean_squared_error", metrics=["mae"])
    return autoencoder


# Text


@scenario("ninth-text-cnn", "held-out", since="2.10", inputs=(("int", (24,), 100),), targets=((3,),), training_steps=1)
def text_cnn():
    matrix = np.random.RandomState(1).normal(size=(100, 12)).astype("float32")
    matrix[0] = 0.0
    inputs = layers.Input(shape=(24,), dtype="int32")
    x = layers.Embedding(100, 12, embeddings_initializer=initializers.Constant(matrix), trainable=False)(inputs)
    x = layers.Reshape((24, 12, 1))(x)
    pools = []
    for size in (2, 3, 4):
        c = layers.Conv2D(6, (size, 12), kernel_initializer="normal", activation="relu")(x)
        pools.append(layers.MaxPool2D(pool_size=(24 - size + 1, 1), strides=(1, 1), padding="valid")(c))
    x = layers.Concatenate(axis=1)(pools)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.5)(x)
    outputs = layers.Dense(3, activation="softmax", bias_regularizer="l2")(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(
        optimizer=keras.optimizers.Adadelta(learning_rate=1.0, rho=0.95, epsilon=1e-6),
        loss="categorical_crossentropy",
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2)],
    )
    return model


@scenario(
    "ninth-ner-tagger", "held-out", since="2.10", inputs=(("int", (15,), 60),), targets=((15, 1),), training_steps=1
)
def ner_tagger():
    words = keras.Input(shape=(15,), name="words")
    x = layers.Embedding(input_dim=60, output_dim=10, mask_zero=True)(words)
    x = layers.SpatialDropout1D(0.1)(x)
    x = layers.Bidirectional(layers.LSTM(8, return_sequences=True), merge_mode="sum")(x)
    x = layers.Bidirectional(layers.GRU(6, return_sequences=True, reset_after=False), name="second")(x)
    x = layers.TimeDistributed(layers.Dense(12, activation="relu"))(x)
    tags = layers.TimeDistributed(layers.Dense(5, activation="softmax"), name="tags")(x)
    model = keras.Model(words, tags)
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    return model


@scenario(
    "ninth-translate-attention",
    "held-out",
    since="2.10",
    inputs=(("int", (10,), 40), ("int", (8,), 50)),
    targets=((8, 1),),
    training_steps=1,
)
def translate_attention():
    encoder_inputs = keras.Input(shape=(None,), dtype="int64", name="source")
    x = layers.Embedding(40, 12, name="source_embedding")(encoder_inputs)
    encoded, state_h, state_c = layers.LSTM(12, return_sequences=True, return_state=True, name="encoder")(x)
    decoder_inputs = keras.Input(shape=(None,), dtype="int64", name="target")
    y = layers.Embedding(50, 12, name="target_embedding")(decoder_inputs)
    decoded, _, _ = layers.LSTM(12, return_sequences=True, return_state=True, name="decoder")(
        y, initial_state=[state_h, state_c]
    )
    context = layers.AdditiveAttention(name="attention")([decoded, encoded])
    merged = layers.Concatenate(axis=-1)([decoded, context])
    outputs = layers.Dense(50, activation="softmax", name="word")(merged)
    model = keras.Model([encoder_inputs, decoder_inputs], outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(global_clipnorm=5.0),
        loss="sparse_categorical_crossentropy",
        metrics=["sparse_categorical_accuracy"],
    )
    return model


class NinthTokenPositionEmbedding(layers.Layer):
    def __init__(self, maxlen, vocab_size, embed_dim, **kwargs):
        super().__init__(**kwargs)
        self.maxlen, self.vocab_size, self.embed_dim = maxlen, vocab_size, embed_dim
        self.token_emb = layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def call(self, x):
        positions = tf.range(start=0, limit=tf.shape(x)[-1], delta=1)
        return self.token_emb(x) + self.pos_emb(positions)

    def get_config(self):
        config = super().get_config()
        config.update({"maxlen": self.maxlen, "vocab_size": self.vocab_size, "embed_dim": self.embed_dim})
        return config


class NinthTransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.embed_dim, self.num_heads, self.ff_dim, self.rate = embed_dim, num_heads, ff_dim, rate
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


class NinthWarmup(schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps=4000):
        super().__init__()
        self.d_model = d_model
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32) + 1.0
        arg1 = tf.math.rsqrt(step)
        arg2 = step * (self.warmup_steps**-1.5)
        return tf.math.rsqrt(tf.cast(self.d_model, tf.float32)) * tf.math.minimum(arg1, arg2)

    def get_config(self):
        return {"d_model": self.d_model, "warmup_steps": self.warmup_steps}


@scenario(
    "ninth-review-transformer",
    "held-out",
    since="2.10",
    inputs=(("int", (20,), 80),),
    targets=((2,),),
    training_steps=2,
    custom_objects=("NinthTokenPositionEmbedding", "NinthTransformerBlock", "NinthWarmup"),
)
def review_transformer():
    inputs = layers.Input(shape=(20,))
    x = NinthTokenPositionEmbedding(20, 80, 16)(inputs)
    x = NinthTransformerBlock(16, 2, 16)(x)
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dropout(0.1)(x)
    x = layers.Dense(10, activation="relu")(x)
    outputs = layers.Dense(2, activation="softmax")(x)
    model = keras.Model(inputs=inputs, outputs=outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(NinthWarmup(16, 100), beta_1=0.9, beta_2=0.98, epsilon=1e-9),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


@scenario(
    "ninth-spam-vectorizer", "held-out", since="2.10", inputs=(("text", (1,)),), targets=((1,),), training_steps=1
)
def spam_vectorizer():
    vectorize = layers.TextVectorization(
        max_tokens=20,
        output_mode="int",
        output_sequence_length=12,
        standardize="lower_and_strip_punctuation",
        vocabulary=["free", "win", "the", "call", "now", "meeting", "tomorrow", "prize"],
    )
    model = keras.Sequential(
        [
            keras.Input(shape=(1,), dtype=tf.string),
            vectorize,
            layers.Embedding(20, 8, name="embedding"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(8, activation="relu"),
            layers.Dense(1),
        ]
    )
    model.compile(
        optimizer="adam",
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)],
    )
    return model


# Time series, audio and medical signals


@scenario("ninth-tcn-load", "held-out", since="2.10", inputs=(("float", (48, 3)),), targets=((12,),), training_steps=1)
def tcn_load():
    inputs = keras.Input(shape=(48, 3), name="history")
    x = inputs
    for i, dilation in enumerate((1, 2, 4)):
        residual = layers.Conv1D(8, 1, padding="same", name=f"match_{i}")(x)
        for j in range(2):
            x = layers.Conv1D(
                8,
                3,
                dilation_rate=dilation,
                padding="causal",
                kernel_initializer="glorot_normal",
                name=f"c_{i}_{j}",
            )(x)
            x = layers.LayerNormalization()(x)
            x = layers.Activation("relu")(x)
            x = layers.SpatialDropout1D(0.05)(x)
        x = layers.Activation("relu")(layers.add([x, residual]))
    last = layers.Lambda(lambda t: t[:, -1, :], output_shape=(8,), name="last_step")(x)
    outputs = layers.Dense(12, activation="softplus", name="horizon")(last)
    model = keras.Model(inputs, outputs, name="tcn")
    model.compile(
        optimizer=keras.optimizers.Adamax(schedules.CosineDecayRestarts(2e-3, first_decay_steps=50)),
        loss="log_cosh",
        metrics=["mape", keras.metrics.MeanSquaredLogarithmicError()],
    )
    return model


@scenario(
    "ninth-weather-residual",
    "held-out",
    since="2.10",
    inputs=(("float", (24, 4)), ("float", (3,))),
    targets=((1,), (4,)),
    training_steps=1,
)
def weather_residual():
    series = keras.Input(shape=(24, 4), name="series")
    static = keras.Input(shape=(3,), name="static")
    masked = layers.Masking(mask_value=-1.0)(series)
    h0 = layers.Dense(8, activation="tanh", name="init_h")(static)
    cells = [layers.GRUCell(8, recurrent_dropout=0.0), layers.GRUCell(8)]
    x = layers.RNN(cells, name="stack")(masked)
    y = layers.SimpleRNN(8, kernel_regularizer=regularizers.l1_l2(1e-4, 1e-4), recurrent_initializer="orthogonal")(
        masked, initial_state=h0
    )
    x = layers.Average()([x, y])
    x = layers.Concatenate()([x, static])
    temperature = layers.Dense(1, name="temperature")(x)
    sky = layers.Dense(4, activation="softmax", name="sky")(x)
    model = keras.Model(inputs=[series, static], outputs=[temperature, sky])
    model.compile(
        optimizer=keras.optimizers.Adam(schedules.ExponentialDecay(1e-2, 200, 0.96), clipvalue=0.5),
        loss={"temperature": "mae", "sky": "categorical_crossentropy"},
        loss_weights={"temperature": 1.0, "sky": 0.3},
        metrics={"temperature": ["mse"], "sky": ["accuracy"]},
    )
    return model


@scenario(
    "ninth-sleep-stages", "held-out", since="2.10", inputs=(("float", (5, 64, 1)),), targets=((5, 4),), training_steps=1
)
def sleep_stages():
    epoch = keras.Input(shape=(64, 1), name="eeg_epoch")
    fine = layers.Conv1D(6, 5, strides=2, activation="relu", padding="same")(epoch)
    fine = layers.MaxPooling1D(4)(fine)
    coarse = layers.Conv1D(6, 17, strides=8, activation="relu", padding="same")(epoch)
    x = layers.concatenate([fine, coarse])
    x = layers.GlobalAveragePooling1D()(x)
    encoder = keras.Model(epoch, x, name="epoch_encoder")
    night = keras.Input(shape=(5, 64, 1), name="night")
    x = layers.TimeDistributed(encoder)(night)
    x = layers.Bidirectional(layers.LSTM(6, return_sequences=True, dropout=0.1))(x)
    x = layers.Conv1D(8, 3, padding="same", activation=keras.activations.gelu)(x)
    stages = layers.Dense(4, activation="softmax", name="stages")(x)
    model = keras.Model(night, stages)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=[keras.metrics.CategoricalAccuracy(), keras.metrics.CategoricalCrossentropy(name="ce")],
    )
    return model


@scenario(
    "ninth-speech-commands", "held-out", since="2.10", inputs=(("float", (30, 20)),), targets=((1,),), training_steps=1
)
def speech_commands():
    norm_layer = layers.Normalization(axis=None, mean=0.5, variance=0.1)
    model = keras.models.Sequential(
        [
            layers.Input(shape=(30, 20)),
            layers.Reshape((30, 20, 1)),
            layers.Resizing(16, 16),
            norm_layer,
            layers.Conv2D(8, 3, activation="relu"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Permute((2, 1, 3)),
            layers.Reshape((6, -1)),
            layers.GRU(8, go_backwards=True),
            layers.Dense(8, name="logits"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


@scenario(
    "ninth-radar-nowcast",
    "held-out",
    since="2.10",
    inputs=(("float", (4, 12, 12, 1)),),
    targets=((4, 12, 12, 1),),
    training_steps=1,
)
def radar_nowcast():
    model = keras.Sequential()
    model.add(keras.Input(shape=(None, 12, 12, 1)))
    model.add(layers.ConvLSTM2D(filters=4, kernel_size=(3, 3), padding="same", return_sequences=True))
    model.add(layers.BatchNormalization())
    model.add(
        layers.ConvLSTM2D(4, (3, 3), padding="same", return_sequences=True, activation="relu", unit_forget_bias=False)
    )
    model.add(layers.LayerNormalization(axis=[2, 3, 4]))
    model.add(layers.Conv3D(1, kernel_size=(3, 3, 3), activation="sigmoid", padding="same"))
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(epsilon=1e-6))
    return model


@scenario(
    "ninth-pooled-attention",
    "held-out",
    since="2.10",
    until="2.15",
    inputs=(("float", (16, 6)),),
    targets=((1,),),
    training_steps=1,
)
def pooled_attention():
    inputs = keras.Input(shape=(16, 6), name="vitals")
    x = layers.GRU(8, return_sequences=True)(inputs)
    score = layers.Dense(1, activation="tanh", use_bias=False)(x)
    weights = tf.nn.softmax(score, axis=1)
    context = tf.reduce_sum(x * weights, axis=1)
    summary = tf.concat([context, x[:, -1, :]], axis=-1)
    x = layers.Dense(8, activation="relu")(tf.clip_by_value(summary, -5.0, 5.0))
    risk = layers.Dense(1, activation="sigmoid", name="sepsis")(x)
    model = keras.Model(inputs, risk)
    model.compile(
        "adam", "binary_crossentropy", metrics=[keras.metrics.SensitivityAtSpecificity(0.8, num_thresholds=30)]
    )
    return model


# Recommenders and metric learning


@scenario(
    "ninth-movie-factors",
    "held-out",
    since="2.10",
    inputs=(("int", (1,), 30), ("int", (1,), 40)),
    targets=((1,),),
    training_steps=2,
)
def movie_factors():
    user = keras.Input(shape=(1,), name="user_id")
    movie = keras.Input(shape=(1,), name="movie_id")
    l2 = regularizers.l2(1e-6)
    u = layers.Embedding(30, 6, embeddings_initializer="he_normal", embeddings_regularizer=l2, name="user_factors")(
        user
    )
    m = layers.Embedding(40, 6, embeddings_constraint="non_neg", embeddings_regularizer=l2, name="movie_factors")(movie)
    user_bias = layers.Flatten()(layers.Embedding(30, 1, embeddings_initializer="zeros", name="user_bias")(user))
    movie_bias = layers.Flatten()(layers.Embedding(40, 1, embeddings_initializer="zeros", name="movie_bias")(movie))
    dot = layers.Flatten()(layers.Dot(axes=2)([u, m]))
    score = layers.Add()([dot, user_bias, movie_bias])
    score = layers.Activation("sigmoid")(score)
    rating = layers.Lambda(lambda x: x * (5.0 - 0.5) + 0.5, name="rating")(score)
    model = keras.Model([user, movie], rating)
    model.compile(loss="mse", optimizer=keras.optimizers.Adagrad(learning_rate=0.05, initial_accumulator_value=0.2))
    return model


@keras.utils.register_keras_serializable(package="ninth")
class NinthFactorizationMachine(layers.Layer):
    def __init__(self, factors=4, kernel_regularizer=None, **kwargs):
        super().__init__(**kwargs)
        self.factors = factors
        self.kernel_regularizer = regularizers.get(kernel_regularizer)

    def build(self, input_shape):
        self.linear = self.add_weight(name="linear", shape=(input_shape[-1], 1), initializer="zeros", trainable=True)
        self.v = self.add_weight(
            name="v",
            shape=(input_shape[-1], self.factors),
            initializer="glorot_uniform",
            regularizer=self.kernel_regularizer,
            trainable=True,
        )
        super().build(input_shape)

    def call(self, inputs):
        square_of_sum = tf.square(tf.matmul(inputs, self.v))
        sum_of_square = tf.matmul(tf.square(inputs), tf.square(self.v))
        pairs = 0.5 * tf.reduce_sum(square_of_sum - sum_of_square, axis=1, keepdims=True)
        return tf.matmul(inputs, self.linear) + pairs

    def get_config(self):
        config = super().get_config()
        config["factors"] = self.factors
        config["kernel_regularizer"] = regularizers.serialize(self.kernel_regularizer)
        return config


@scenario(
    "ninth-deepfm-clicks",
    "held-out",
    since="2.10",
    inputs=(("float", (5,)), ("int", (3,), 20)),
    targets=((1,),),
    training_steps=1,
    custom_objects=("NinthFactorizationMachine",),
)
def deepfm_clicks():
    dense_features = keras.Input(shape=(5,), name="counts")
    sparse_features = keras.Input(shape=(3,), dtype="int32", name="categories")
    embedded = layers.Embedding(20, 4)(sparse_features)
    flat = layers.Flatten()(embedded)
    features = layers.Concatenate()([dense_features, flat])
    fm = NinthFactorizationMachine(3, kernel_regularizer=regularizers.l2(1e-4), name="fm")(features)
    deep = features
    for units in (16, 8):
        deep = layers.Dense(units, activation="relu", kernel_initializer=initializers.VarianceScaling(2.0, "fan_out"))(
            deep
        )
    deep = layers.Dense(1, use_bias=False)(deep)
    out = layers.Activation("sigmoid", name="ctr")(layers.Add()([fm, deep]))
    model = keras.Model([dense_features, sparse_features], out)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss="binary_crossentropy",
        metrics=[keras.metrics.AUC(num_thresholds=40)],
    )
    return model


def ninth_euclidean_distance(vects):
    x, y = vects
    sum_square = tf.math.reduce_sum(tf.math.square(x - y), axis=1, keepdims=True)
    return tf.math.sqrt(tf.math.maximum(sum_square, 1e-7))


def ninth_contrastive(margin=1):
    def ninth_contrastive_loss(y_true, y_pred):
        square_pred = tf.math.square(y_pred)
        margin_square = tf.math.square(tf.math.maximum(margin - y_pred, 0))
        return tf.math.reduce_mean((1 - y_true) * square_pred + y_true * margin_square)

    return ninth_contrastive_loss


ninth_contrastive_loss = ninth_contrastive(margin=1)


@scenario(
    "ninth-siamese-signatures",
    "held-out",
    since="2.10",
    inputs=(("float", (28, 28, 1)), ("float", (28, 28, 1))),
    targets=((1,),),
    training_steps=1,
    custom_objects=("ninth_euclidean_distance", "ninth_contrastive_loss"),
)
def siamese_signatures():
    inputs = layers.Input((28, 28, 1))
    x = layers.BatchNormalization()(inputs)
    x = layers.Conv2D(4, (5, 5), activation="tanh")(x)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Conv2D(8, (5, 5), activation="tanh")(x)
    x = layers.AveragePooling2D(pool_size=(2, 2))(x)
    x = layers.Flatten()(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(10, activation="tanh")(x)
    embedding_network = keras.Model(inputs, x)
    input_1 = layers.Input((28, 28, 1))
    input_2 = layers.Input((28, 28, 1))
    tower_1 = embedding_network(input_1)
    tower_2 = embedding_network(input_2)
    merge_layer = layers.Lambda(ninth_euclidean_distance, output_shape=(1,))([tower_1, tower_2])
    normal_layer = layers.BatchNormalization()(merge_layer)
    output_layer = layers.Dense(1, activation="sigmoid")(normal_layer)
    siamese = keras.Model(inputs=[input_1, input_2], outputs=output_layer)
    siamese.compile(loss=ninth_contrastive_loss, optimizer="RMSprop", metrics=["accuracy"])
    return siamese


# Reinforcement learning


@scenario("ninth-dueling-dqn", "held-out", since="2.10", inputs=(("float", (8,)),), targets=((4,),), training_steps=2)
def dueling_dqn():
    state = keras.Input(shape=(8,))
    x = layers.Dense(24, activation="relu", kernel_initializer="he_uniform")(state)
    x = layers.Dense(24, activation="relu", kernel_initializer="he_uniform")(x)
    value = layers.Dense(1, kernel_initializer="he_uniform", name="value")(x)
    advantage = layers.Dense(4, kernel_initializer="he_uniform", name="advantage")(x)
    centred = layers.Lambda(lambda a: a - tf.reduce_mean(a, axis=1, keepdims=True), output_shape=(4,))(advantage)
    q = layers.Add(name="q")([value, centred])
    model = keras.Model(inputs=state, outputs=q, name="dueling_ddqn")
    model.compile(loss=keras.losses.Huber(), optimizer=keras.optimizers.RMSprop(2.5e-4, rho=0.95, epsilon=0.01))
    return model
