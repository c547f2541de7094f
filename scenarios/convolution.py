"""Convolutions: plain, depthwise, separable, transposed."""

from tensorflow import keras

from scenarios import scenario


@scenario("conv2d", "convolution", title="Conv2D", inputs=(("float", (8, 8, 3)),), tags=("quick",))
def conv2d():
    model = keras.Sequential(
        [
            keras.layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 3)),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.05, momentum=0.9), loss="mse")
    return model


@scenario("depthwise-conv2d", "convolution", title="DepthwiseConv2D", inputs=(("float", (8, 8, 3)),))
def depthwise_conv2d():
    model = keras.Sequential(
        [
            keras.layers.DepthwiseConv2D(3, depth_multiplier=2, input_shape=(8, 8, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("separable-conv2d", "convolution", title="SeparableConv2D", inputs=(("float", (8, 8, 3)),))
def separable_conv2d():
    model = keras.Sequential(
        [
            keras.layers.SeparableConv2D(4, 3, padding="same", activation="relu", input_shape=(8, 8, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("conv2d-transpose", "convolution", title="Conv2DTranspose", inputs=(("float", (4, 4, 3)),))
def conv2d_transpose():
    model = keras.Sequential(
        [
            keras.layers.Conv2DTranspose(4, 3, strides=2, input_shape=(4, 4, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
