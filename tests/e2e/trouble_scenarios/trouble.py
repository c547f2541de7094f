"""One scenario for each way in which a child process can end."""

import os
import time

from tensorflow import keras

from scenarios import scenario


def _model():
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(8,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@scenario("trouble-good", family="trouble", title="nothing wrong here")
def good():
    return _model()


@scenario("trouble-raises", family="trouble", title="build raises")
def raises():
    raise RuntimeError("no such luck")


@scenario("trouble-aborts", family="trouble", title="build aborts the process")
def aborts():
    os.abort()


@scenario("trouble-sleeps", family="trouble", title="build never comes back")
def sleeps():
    time.sleep(3600)


@scenario("trouble-eats-memory", family="trouble", title="build allocates without end")
def eats_memory():
    kept = []
    while True:
        kept.append(bytearray(64 * 1024 * 1024))


def load_and_abort(path, custom_objects):
    os.abort()


@scenario("trouble-aborts-on-load", family="trouble", title="loading aborts the process", load_with="load_and_abort")
def aborts_on_load():
    return _model()


def load_and_sleep(path, custom_objects):
    time.sleep(3600)


@scenario("trouble-sleeps-on-load", family="trouble", title="loading never comes back", load_with="load_and_sleep")
def sleeps_on_load():
    return _model()
