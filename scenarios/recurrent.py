"""Recurrent layers: LSTM, GRU, bidirectional, stateful."""

from tensorflow import keras

from scenarios import scenario


@scenario("lstm", "recurrent", title="LSTM, RMSprop", inputs=(("float", (4, 8)),), tags=("quick", "wide"))
def lstm():
    model = keras.Sequential([keras.layers.LSTM(6, input_shape=(4, 8)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.RMSprop(learning_rate=0.01), loss="mse")
    return model


@scenario("gru", "recurrent", title="GRU", inputs=(("float", (4, 8)),))
def gru():
    model = keras.Sequential([keras.layers.GRU(6, input_shape=(4, 8)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("bidirectional-lstm", "recurrent", title="Bidirectional LSTM", inputs=(("float", (4, 8)),))
def bidirectional_lstm():
    inputs = keras.Input(shape=(4, 8))
    hidden = keras.layers.Bidirectional(keras.layers.LSTM(4))(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("stateful-lstm", "recurrent", title="Stateful LSTM with a fixed batch of 8", inputs=(("float", (4, 8)),))
def stateful_lstm():
    inputs = keras.Input(shape=(4, 8), batch_size=8)
    hidden = keras.layers.LSTM(4, stateful=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
