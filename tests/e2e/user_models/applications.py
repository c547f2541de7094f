"""``python applications.py FAMILY FILE...``: a network of keras.applications with a new head, trained for two steps, in files.

Weights are random, images small, ``preprocess_input`` is a part of the graph. Beside each file lies ``FILE.npz``, as
``use_translated.py`` takes it: inputs, targets, outputs of the saved model, and the loss after a further step:

``loss``: as the writer gives it.
``unfused``: as it gives it where its BatchNormalization is computed by TensorFlow's operations one by one, as everywhere in
    Keras 3, and not by the fused kernel, whose moving variance is the unbiased one.
``spread``: how far ``unfused`` moves in the writer itself under changes that are mathematically none: the rows in another order,
    every weight at a neighbouring number. A bias in front of a normalization has no gradient but rounding errors, and Adam
    makes whole steps of those.

Runs inside environments.
"""

import importlib
import sys

import numpy as np
import tensorflow as tf
from tensorflow import keras
from use_translated import custom_objects, layers_of, loss_after_a_step

layers = keras.layers
ROWS, CLASSES, NUDGES = 4, 5, 8
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


def unfused(path):
    """The model of a file, its BatchNormalization computed as Keras 3 does."""
    model = keras.models.load_model(path, custom_objects=custom_objects())
    for layer in layers_of(model):
        if getattr(layer, "fused", None):
            layer.fused = False
    return model


def loss_and_spread(model, inputs, targets):
    """The loss after a step, and the largest distance from it under changes that are mathematically none."""
    variables = model.optimizer.variables
    kept = [(item, item.numpy()) for item in [*model.weights, *(variables() if callable(variables) else variables)]]

    def loss(rows, nudge=None):
        for variable, value in kept:
            variable.assign(value)
        for variable in model.weights if nudge is not None else ():
            value = variable.numpy()
            if value.dtype.kind == "f":
                variable.assign(np.nextafter(value, nudge.choice((-9, 9), value.shape).astype(value.dtype)))
        return loss_after_a_step(model, inputs[rows], targets[rows])

    order = np.arange(len(inputs))
    first = loss(order)
    moved = [
        *(loss(np.roll(order, by)) for by in order[1:]),
        *(loss(order, np.random.RandomState(seed)) for seed in range(NUDGES)),
    ]
    return first, max(abs(other - first) for other in moved)


def main(family, *paths):
    np.random.seed(5)
    tf.random.set_seed(5)
    model, inputs, targets = built(family)
    for _ in range(2):
        model.train_on_batch(inputs, targets)
    for path in paths:
        model.save(path)
    found = {"inputs": inputs, "targets": targets, "outputs": model.predict(inputs)}
    found["loss"] = loss_after_a_step(model, inputs, targets)
    found["unfused"], found["spread"] = loss_and_spread(unfused(paths[0]), inputs, targets)
    for path in paths:
        np.savez(path + ".npz", **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
