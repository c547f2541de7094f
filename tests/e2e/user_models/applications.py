"""``python applications.py FAMILY FILE...``: a network of keras.applications with a new head, trained for two steps, in files.

Weights are random, images small, ``preprocess_input`` is a part of the graph. Beside each file lies ``FILE.npz``, as
``use_translated.py`` takes it: inputs, targets, outputs of the saved model, the loss after a further step, and how far that loss
moves when every weight moves to a neighbouring number (a bias in front of a normalization has no gradient but rounding errors,
and Adam makes whole steps of those). Runs inside environments.
"""

import importlib
import sys

import numpy as np
import tensorflow as tf
from tensorflow import keras
from use_translated import without_chance

layers = keras.layers
ROWS, CLASSES = 4, 5
# By family: module of keras.applications, class, and the side of the images.
FAMILIES = {
    "MobileNetV2": ("mobilenet_v2", 32),
    "MobileNetV3Small": ("mobilenet_v3", 32),
    "EfficientNetB0": ("efficientnet", 32),
    "EfficientNetV2B0": ("efficientnet_v2", 32),
    "ResNet50": ("resnet50", 32),
    "ResNet50V2": ("resnet_v2", 32),
    "DenseNet121": ("densenet", 32),
    "InceptionV3": ("inception_v3", 75),
    "InceptionResNetV2": ("inception_resnet_v2", 75),
    "Xception": ("xception", 71),
    "NASNetMobile": ("nasnet", 32),
    "VGG16": ("vgg16", 32),
    "ConvNeXtTiny": ("convnext", 32),
    "RegNetX002": ("regnet", 32),
}


def built(family):
    module, side = FAMILIES[family]
    found = importlib.import_module("tensorflow.keras.applications." + module)
    make = getattr(found, family, None) or getattr(keras.applications, family)
    base = make(input_shape=(side, side, 3), include_top=False, weights=None)
    inputs = keras.Input((side, side, 3), name="image")
    hidden = base(found.preprocess_input(inputs))
    hidden = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(hidden))
    model = keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(hidden))
    model.compile(keras.optimizers.Adam(1e-4), "categorical_crossentropy", metrics=["accuracy"])
    return (
        model,
        np.random.uniform(0, 255, (ROWS, side, side, 3)).astype("float32"),
        np.eye(CLASSES, dtype="float32")[np.arange(ROWS) % CLASSES],
    )


def loss_after_a_step(model, inputs, targets):
    without_chance(model)
    if hasattr(model, "make_train_function"):
        model.train_function = None
    model.train_on_batch(inputs, targets)
    return model.evaluate(inputs, targets, verbose=0, batch_size=ROWS)[0]


def main(family, *paths):
    np.random.seed(5)
    tf.random.set_seed(5)
    model, inputs, targets = built(family)
    for _ in range(2):
        model.train_on_batch(inputs, targets)
    for path in paths:
        model.save(path)
    outputs = model.predict(inputs)
    loss = loss_after_a_step(model, inputs, targets)
    moved = keras.models.load_model(paths[0])
    moved.set_weights([np.nextafter(array, np.float32(np.random.choice((-9, 9)))) for array in moved.get_weights()])
    noise = abs(loss_after_a_step(moved, inputs, targets) - loss)
    for path in paths:
        np.savez(path + ".npz", inputs=inputs, targets=targets, outputs=outputs, loss=loss, noise=noise)


if __name__ == "__main__":
    main(*sys.argv[1:])
