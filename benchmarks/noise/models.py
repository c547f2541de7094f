"""Models, the same in every version with weights from NumPy, and functions that are others: what noise is told apart from.

``BASE`` builds each model; ``OTHERS`` says by which model and which change another function comes about. Runs in an environment.
"""

import zlib

import numpy as np
import tensorflow as tf
from tensorflow import keras

L = keras.layers


def seq(shape, *layers):
    i = keras.Input(shape)
    x = i
    for layer in layers:
        x = layer(x)
    return keras.Model(i, x)


def gelu(approximate):
    return L.Lambda(lambda t: tf.nn.gelu(t, approximate=approximate))


def leaky(a):
    return L.Lambda(lambda t: tf.nn.leaky_relu(t, a))


def hard(kind):
    if kind == 3:
        return lambda t: tf.clip_by_value(t / 6.0 + 0.5, 0.0, 1.0)
    return lambda t: tf.clip_by_value(0.2 * t + 0.5, 0.0, 1.0)


def deep_dense_bn(eps=1e-3, drop=None, act="relu"):
    i = keras.Input((640,))
    x = i
    for n, u in enumerate((128, 128, 128, 128, 8, 128, 128, 128, 128)):
        x = L.Dense(u)(x)
        if n != drop:
            x = L.BatchNormalization(epsilon=eps)(x)
        x = L.Activation(act)(x)
    return keras.Model(i, L.Dense(640)(x))


def mlp_softmax(axis=-1):
    return seq((32,), L.Dense(64, activation="relu"), L.Dense(80), L.Softmax(axis=axis))


def sharp_softmax():
    return seq((32,), L.Dense(64, activation="relu"), L.Dense(80), L.Lambda(lambda t: t * 8.0), L.Softmax())


def tiny(factor=1e-7):
    return seq((16,), L.Dense(16, activation="tanh"), L.Dense(4), L.Lambda(lambda t: t * factor))


def conv_bn(eps=1e-3, pool="max", padding="same", act="relu", dil=1):
    p = L.MaxPooling2D(2, padding="same") if pool == "max" else L.AveragePooling2D(2, padding="same")
    return seq(
        (32, 32, 3),
        L.Conv2D(16, 3, padding=padding, dilation_rate=dil),
        L.BatchNormalization(epsilon=eps),
        L.Activation(act),
        p,
        L.Conv2D(32, 3, padding=padding),
        L.BatchNormalization(epsilon=eps),
        L.Activation(act),
        L.GlobalAveragePooling2D(),
        L.Dense(80, activation="softmax"),
    )


def separable(alpha=0.3, interp="bilinear"):
    return seq(
        (24, 24, 3),
        L.SeparableConv2D(8, 3, padding="same"),
        leaky(alpha),
        L.UpSampling2D(2, interpolation=interp),
        L.DepthwiseConv2D(3, padding="same"),
        leaky(alpha),
        L.Conv2DTranspose(4, 3, strides=2, padding="same"),
    )


def conv1d(padding="causal", d=2):
    return seq(
        (50, 8),
        L.Conv1D(16, 5, padding=padding, activation="relu"),
        L.Conv1D(16, 5, padding=padding, dilation_rate=d, activation="relu"),
        L.Dense(3),
    )


def mobilenet():
    return keras.applications.MobileNetV2((96, 96, 3), weights=None, classes=10)


def resnet():
    return keras.applications.ResNet50(include_top=False, pooling="avg", input_shape=(64, 64, 3), weights=None)


def lstm(ra="sigmoid", back=False, units=32):
    return seq(
        (20, 8),
        L.LSTM(
            units,
            return_sequences=True,
            recurrent_activation=ra if isinstance(ra, str) else hard(ra),
            go_backwards=back,
        ),
        L.LSTM(units),
        L.Dense(3),
    )


def gru(ra="sigmoid", act="tanh"):
    return seq(
        (20, 8),
        L.GRU(32, return_sequences=True, recurrent_activation=ra if isinstance(ra, str) else hard(ra), activation=act),
        L.GRU(16),
        L.Dense(3),
    )


def bilstm(mode="concat"):
    return seq((20, 8), L.Bidirectional(L.LSTM(16), merge_mode=mode), L.Dense(3))


def transformer(eps=1e-3, approx=False):
    i = keras.Input((16, 32))
    x = i
    for _ in range(3):
        a = L.MultiHeadAttention(4, 8)(x, x)
        x = L.LayerNormalization(epsilon=eps)(L.Add()([x, a]))
        h = L.Dense(32)(gelu(approx)(L.Dense(64)(x)))
        x = L.LayerNormalization(epsilon=eps)(L.Add()([x, h]))
    return keras.Model(i, L.Dense(5)(L.GlobalAveragePooling1D()(x)))


def embed(mask=False):
    i = keras.Input((12,), dtype="int32")
    x = L.Embedding(50, 16, mask_zero=mask)(i)
    x = L.GlobalAveragePooling1D()(x)
    return keras.Model(i, L.Dense(4, activation="sigmoid")(x))


def offset_norm(eps=1e-3):
    return seq((64,), L.Lambda(lambda t: t + 100.0), L.LayerNormalization(epsilon=eps), L.Dense(8))


def gelu_deep(approx=False):
    return seq((64,), *([layer for _ in range(12) for layer in (L.Dense(64), gelu(approx))] + [L.Dense(8)]))


def columns(k=1.0):
    i = keras.Input((16,))
    h = L.Dense(32, activation="relu")(i)
    a, b = L.Dense(2)(h), L.Dense(2)(h)
    return keras.Model(i, L.Concatenate()([L.Lambda(lambda t: t * 1e6)(a), L.Lambda(lambda t: t * k)(b)]))


def cancel(k=1.0):
    i = keras.Input((64,))
    h = L.Dense(128, activation="tanh")(i)
    d = L.Dense(4)
    return keras.Model(i, L.Subtract()([d(h), L.Lambda(lambda t: t * k)(d(L.Lambda(lambda t: t + 1e-4)(h)))]))


def chaotic(act="tanh"):
    return seq((64,), *([L.Dense(64, activation=act) for _ in range(25)] + [L.Dense(4)]))


def exponential(k=1.0):
    return seq((16,), L.Dense(16, activation="relu"), L.Dense(3), L.Lambda(lambda t: tf.exp(t * 12 * k)))


def saturated(act="sigmoid"):
    return seq((16,), L.Dense(16, activation="relu"), L.Dense(20), L.Lambda(lambda t: t * 20), L.Activation(act))


def selfattention_dot(scale=True):
    i = keras.Input((10, 16))
    q, k, v = L.Dense(16)(i), L.Dense(16)(i), L.Dense(16)(i)
    s = L.Dot(axes=(2, 2))([q, k])
    if scale:
        s = L.Lambda(lambda t: t / 4.0)(s)
    return keras.Model(i, L.Dense(3)(L.Dot(axes=(2, 1))([L.Softmax()(s), v])))


def cosine(norm=True):
    i = keras.Input((32,))
    a, b = L.Dense(16)(i), L.Dense(16)(i)
    return keras.Model(i, L.Dot(axes=1, normalize=norm)([a, b]))


def elu_net(a=1.0):
    return seq((32,), L.Dense(64), L.ELU(alpha=a), L.Dense(64), L.ELU(alpha=a), L.Dense(4))


def relu_net(m=None):
    return seq((32,), L.Dense(64), L.ReLU(max_value=m), L.Dense(64), L.ReLU(max_value=m), L.Dense(4))


def convlstm(ra="sigmoid"):
    return seq(
        (4, 10, 10, 2),
        L.ConvLSTM2D(4, 3, recurrent_activation=ra if isinstance(ra, str) else hard(ra)),
        L.GlobalAveragePooling2D(),
        L.Dense(3),
    )


def conv3d():
    return seq((8, 8, 8, 2), L.Conv3D(4, 3, activation="relu"), L.Flatten(), L.Dense(5))


def locally(n=1):
    return seq((6,), *([L.Dense(300, activation="selu") for _ in range(n)] + [L.Dense(2)]))


def autoencoder_images(act="swish"):
    return seq(
        (32, 32, 1),
        L.Conv2D(16, 5, strides=2, padding="same", activation=act),
        L.Conv2D(32, 5, strides=2, padding="same", activation=act),
        L.Conv2DTranspose(16, 5, strides=2, padding="same", activation=act),
        L.Conv2DTranspose(1, 5, strides=2, padding="same"),
    )


BASE = dict(
    deep_dense_bn=deep_dense_bn,
    mlp_softmax=mlp_softmax,
    sharp_softmax=sharp_softmax,
    tiny=tiny,
    conv_bn=conv_bn,
    separable=separable,
    conv1d=conv1d,
    mobilenet=mobilenet,
    resnet=resnet,
    lstm=lstm,
    gru=gru,
    bilstm=bilstm,
    transformer=transformer,
    embed=embed,
    offset_norm=offset_norm,
    gelu_deep=gelu_deep,
    columns=columns,
    cancel=cancel,
    chaotic=chaotic,
    exponential=exponential,
    saturated=saturated,
    selfattention_dot=selfattention_dot,
    cosine=cosine,
    elu_net=elu_net,
    relu_net=relu_net,
    convlstm=convlstm,
    conv3d=conv3d,
    locally=locally,
    autoencoder_images=autoencoder_images,
)


def in_half_precision(names, ws):
    return [w.astype("float16").astype("float32") for w in ws]


def in_bfloat16(names, ws):
    return [
        (w.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32) if w.dtype == np.float32 else w
        for w in map(np.ascontiguousarray, ws)
    ]


def normalisation_lost(names, ws):
    return [
        np.zeros_like(w) if "moving_mean" in n else np.ones_like(w) if "moving_variance" in n else w
        for n, w in zip(names, ws)
    ]


def gamma_lost(names, ws):
    return [np.ones_like(w) if "gamma" in n else w for n, w in zip(names, ws)]


def bias_lost(names, ws):
    return [np.zeros_like(w) if n.endswith("bias") or n.endswith("beta") else w for n, w in zip(names, ws)]


def swapped(names, ws):
    """two arrays of one shape in each other's place (the first pair)"""
    ws = list(ws)
    for a in range(len(ws)):
        for b in range(a + 1, len(ws)):
            if ws[a].shape == ws[b].shape and ws[a].ndim > 1:
                ws[a], ws[b] = ws[b], ws[a]
                return ws
    raise ValueError


def transposed(names, ws):
    ws = list(ws)
    k = [i for i, w in enumerate(ws) if w.ndim == 2 and w.shape[0] == w.shape[1]][-1]
    ws[k] = ws[k].T.copy()
    return ws


def one_sign(names, ws):
    ws = [w.copy() for w in ws]
    k = next(i for i, w in enumerate(ws) if w.ndim > 1)
    ws[k].ravel()[0] *= -1
    return ws


def one_bias(names, ws):
    ws = [w.copy() for w in ws]
    ws[-1].ravel()[0] += 1e-3 * max(1, np.abs(ws[-1]).max())
    return ws


def shuffled(names, ws):
    ws = list(ws)
    k = next(i for i, w in enumerate(ws) if w.ndim > 1)
    ws[k] = ws[k][..., ::-1].copy()
    return ws


def first_lost(names, ws):
    ws = list(ws)
    k = next(i for i, w in enumerate(ws) if w.ndim > 1)
    ws[k] = np.random.RandomState(99).normal(0, ws[k].std(), ws[k].shape).astype("float32")
    return ws


# Name: model, what it is built with, what its weights become, and which of MORE it is compared with, if not that model.
OTHERS = {
    "BatchNormalization epsilon 1e-3 -> 1e-5": ("deep_dense_bn", dict(eps=1e-5), None),
    "one BatchNormalization dropped": ("deep_dense_bn", dict(drop=3), None),
    "relu -> elu": ("deep_dense_bn", dict(act="elu"), None),
    "normalisation state lost, dense": ("deep_dense_bn", {}, normalisation_lost),
    "weights in half precision, dense": ("deep_dense_bn", {}, in_half_precision),
    "weights in bfloat16, dense": ("deep_dense_bn", {}, in_bfloat16),
    "one weight of the first layer negated, deep": ("deep_dense_bn", {}, one_sign),
    "softmax over the wrong axis": ("mlp_softmax", dict(axis=0), None),
    "half precision, softmax": ("mlp_softmax", {}, in_half_precision),
    "one bias off by 1e-3, softmax": ("mlp_softmax", {}, one_bias),
    "half precision, sharp softmax": ("sharp_softmax", {}, in_half_precision),
    "tiny outputs off by 1 %": ("tiny", dict(factor=1.01e-7), None),
    "tiny outputs, bias lost": ("tiny", {}, bias_lost),
    "BatchNormalization epsilon, conv": ("conv_bn", dict(eps=1e-5), None),
    "max pooling -> average pooling": ("conv_bn", dict(pool="avg"), None),
    "padding": ("conv_bn", dict(padding="valid"), None),
    "dilation lost": ("conv_bn", dict(dil=2), None),
    "relu -> relu6": ("relu_net", dict(m=6.0), None),
    "relu -> swish": ("conv_bn", dict(act="swish"), None),
    "normalisation state lost, conv": ("conv_bn", {}, normalisation_lost),
    "gamma lost": ("conv_bn", {}, gamma_lost),
    "first kernel shuffled": ("conv_bn", {}, shuffled),
    "LeakyReLU alpha .3 -> .2": ("separable", dict(alpha=0.2), None),
    "LeakyReLU alpha .3 -> .301": ("separable", dict(alpha=0.301), None),
    "upsampling bilinear -> nearest": ("separable", dict(interp="nearest"), None),
    "causal -> same": ("conv1d", dict(padding="same"), None),
    "dilation of Conv1D": ("conv1d", dict(d=1), None),
    "normalisation state lost, MobileNetV2": ("mobilenet", {}, normalisation_lost),
    "one weight negated, MobileNetV2": ("mobilenet", {}, one_sign),
    "half precision, MobileNetV2": ("mobilenet", {}, in_half_precision),
    "first kernel lost, ResNet50": ("resnet", {}, first_lost),
    "half precision, ResNet50": ("resnet", {}, in_half_precision),
    "LSTM hard_sigmoid of Keras 2 -> 3": ("lstm", dict(ra=3), None, "lstm hard2"),
    "LSTM sigmoid -> hard_sigmoid": ("lstm", dict(ra=2), None),
    "LSTM backwards": ("lstm", dict(back=True), None),
    "LSTM kernels swapped": ("lstm", {}, swapped),
    "GRU hard_sigmoid of Keras 2 -> 3": ("gru", dict(ra=3), None, "gru hard2"),
    "GRU tanh -> relu": ("gru", dict(act="relu"), None),
    "ConvLSTM2D hard_sigmoid of Keras 2 -> 3": ("convlstm", dict(ra=3), None, "convlstm hard2"),
    "Bidirectional directions swapped": ("bilstm", {}, swapped),
    "half precision, LSTM": ("lstm", {}, in_half_precision),
    "attention query and key swapped": ("transformer", {}, swapped),
    "LayerNormalization epsilon 1e-3 -> 1e-6": ("transformer", dict(eps=1e-6), None),
    "GELU exact -> approximate, transformer": ("transformer", dict(approx=True), None),
    "GELU exact -> approximate, deep": ("gelu_deep", dict(approx=True), None),
    "half precision, transformer": ("transformer", {}, in_half_precision),
    "attention weights transposed": ("selfattention_dot", {}, transposed),
    "scale of attention lost": ("selfattention_dot", dict(scale=False), None),
    "mask of Embedding": ("embed", dict(mask=True), None),
    "Embedding in half precision": ("embed", {}, in_half_precision),
    "LayerNormalization epsilon, offset input": ("offset_norm", dict(eps=1e-5), None),
    "small columns off by 1e-3 beside large ones": ("columns", dict(k=1.001), None),
    "cancelling branches, one off by 1e-3": ("cancel", dict(k=1.001), None),
    "bias lost, chaotic": ("chaotic", {}, bias_lost),
    "half precision, chaotic": ("chaotic", {}, in_half_precision),
    "exponent off by 1e-4": ("exponential", dict(k=1.0001), None),
    "sigmoid -> hard_sigmoid, saturated": ("saturated", dict(act="hard_sigmoid"), None),
    "normalisation of cosine lost": ("cosine", dict(norm=False), None),
    "ELU alpha 1 -> .99": ("elu_net", dict(a=0.99), None),
    "half precision, conv3d": ("conv3d", {}, in_half_precision),
    "bfloat16, autoencoder": ("autoencoder_images", {}, in_bfloat16),
    "swish -> relu": ("autoencoder_images", dict(act="relu"), None),
    "one bias off by 1e-3, selu": ("locally", {}, one_bias),
}
# Models that only others are compared with.
MORE = {
    "lstm hard2": ("lstm", dict(ra=2)),
    "gru hard2": ("gru", dict(ra=2)),
    "convlstm hard2": ("convlstm", dict(ra=2)),
}


def names_of(model):
    out = []
    for w in model.weights:
        out.append(str(getattr(w, "path", None) or w.name).split(":")[0])
    return out


def fill(model, name):
    """Weights by NumPy, in the model's order: the same in every version."""
    rng = np.random.RandomState(zlib.crc32(name.encode()) % 2**31)
    ws, names = model.get_weights(), names_of(model)
    out = []
    for n, w in zip(names, ws):
        base = n.split("/")[-1]
        if w.dtype.kind != "f":
            out.append(w)
            continue
        if "variance" in base:
            v = rng.uniform(0.05, 0.2, w.shape) if name == "deep_dense_bn" else rng.uniform(0.5, 1.5, w.shape)
        elif "mean" in base:
            v = rng.normal(0, 0.1, w.shape)
        elif "gamma" in base:
            v = rng.uniform(0.9, 1.1, w.shape)
        elif w.ndim == 1:
            v = rng.normal(0, 0.05, w.shape)
        else:
            fan = np.prod(w.shape[:-1]) if w.ndim != 3 or "attention" not in n else w.shape[0]
            if w.ndim == 4 and w.shape[-1] == 1:
                fan = np.prod(w.shape[:2])
            gain = 1.4 if name in ("chaotic", "mobilenet", "resnet", "gelu_deep") else 1.0
            v = rng.normal(0, gain / np.sqrt(fan), w.shape)
        out.append(v.astype("float32"))
    if name == "deep_dense_bn":
        out[-2] = out[-2] * np.float32(12)
    if name == "relu_net":
        out[0] = out[0] * np.float32(8)
    model.set_weights(out)
    return out


def data(model, name):
    rng = np.random.RandomState(7)
    i = model.inputs[0]
    shape = [8] + [int(d) for d in list(i.shape)[1:]]
    if name == "embed":
        return rng.randint(0, 50, shape).astype("int32")
    return rng.uniform(-1, 1, shape).astype("float32")
