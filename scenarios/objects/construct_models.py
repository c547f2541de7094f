"""Ways of putting a model together, and operators on its tensors, for the constructs of kind ``model`` and ``operation``."""

import tensorflow as tf
from tensorflow import keras

layers = keras.layers


def _inner(width=8, units=4):
    inputs = keras.Input(shape=(width,))
    return keras.Model(inputs, layers.Dense(units)(inputs))


def _convolution():
    inputs = keras.Input(shape=(6, 6, 3))
    return keras.Model(inputs, layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(inputs)))


def _sequential(width=8):
    return keras.Sequential([keras.Input(shape=(width,)), layers.Dense(4)])


def _built(model, width=8):
    model(tf.zeros((1, width)))
    return model


def _shared(inputs):
    layer = layers.Dense(4)
    return keras.Model(inputs, layers.Concatenate()([layer(inputs[0]), layer(inputs[1])]))


def _named_inputs(inputs):
    one, two = keras.Input(shape=(8,), name="b_in"), keras.Input(shape=(8,), name="a_in")
    return keras.Model({"b_in": one, "a_in": two}, layers.Dense(4)(layers.Concatenate()([one, two])))


def _named_outputs(inputs):
    return keras.Model(inputs[0], {"b_out": layers.Dense(4)(inputs[0]), "a_out": layers.Dense(3)(inputs[0])})


def _two_deep(inputs):
    middle_inputs = keras.Input(shape=(8,))
    middle = keras.Model(middle_inputs, layers.Activation("tanh")(_inner()(middle_inputs)))
    return keras.Model(inputs[0], layers.Dense(2)(middle(inputs[0])))


def _frozen(inputs):
    base = _inner()
    base.trainable = False
    hidden = layers.Dense(4, trainable=False)(base(inputs[0], training=False))
    return keras.Model(inputs[0], layers.Dense(2)(hidden))


def _cut_inside(inputs):
    """What is left of a model behind one of its layers, as one cuts off an encoder."""
    hidden = layers.Dense(6)(inputs[0])
    return keras.Model(hidden, layers.Dense(2)(layers.Dense(4)(hidden)))


def _in_int8(inputs):
    model = keras.Model(inputs[0], layers.Dense(2)(layers.Dense(4)(inputs[0])))
    model.quantize("int8")
    return model


def _embedded(inputs):
    return layers.Embedding(12, 3, mask_zero=True)(inputs[0])


def _twice(inputs):
    hidden = _embedded(inputs)
    return keras.Model(inputs[0], layers.Concatenate()([hidden, hidden]))


def _masked_attention(inputs):
    hidden = _embedded(inputs)
    return keras.Model(inputs[0], layers.MultiHeadAttention(num_heads=1, key_dim=3)(hidden, hidden))


def _states(inputs, begins=None):
    _, one, two = layers.LSTM(4, return_state=True)(inputs[0])
    decoded = layers.LSTM(4, return_sequences=True)(inputs[0], initial_state=[one, two])
    return keras.Model(inputs[0] if begins is None else begins, layers.Dense(2)(decoded))


def _attention(inputs, **more):
    layer = layers.MultiHeadAttention(num_heads=2, key_dim=3)
    return layer(inputs[0], inputs[0], **more)


def _body():
    """Of a picture, as a network that was trained before gives it: nothing of it is trained on."""
    inputs = keras.Input(shape=(6, 6, 3))
    hidden = layers.MaxPooling2D(2)(layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))))
    model = keras.Model(inputs, layers.Dropout(0.1)(hidden))
    model.trainable = False
    return model


def _sequential_body():
    model = keras.Sequential(
        [keras.Input(shape=(6, 6, 3)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D()]
    )
    model.trainable = False
    return model


def _transferred(inputs):
    before = keras.Sequential([keras.Input(shape=(6, 6, 3)), layers.ZeroPadding2D(0)])
    hidden = _body()(layers.Rescaling(2.0, offset=-1.0)(before(inputs[0])), training=False)
    hidden = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(hidden))
    return keras.Model(inputs[0], layers.Dense(2, activation="softmax")(hidden))


def _flattened(inputs):
    hidden = layers.Flatten()(_sequential_body()(inputs[0]))
    return keras.Model(inputs[0], layers.Dense(2)(layers.Dense(4, activation="relu")(hidden)))


def _towers(inputs, tower):
    """Two inputs through one model, and what both give through every layer that merges."""
    one, two = tower(inputs[0]), tower(inputs[1])
    merged = [kind()([one, two]) for kind in (layers.Subtract, layers.Multiply, layers.Add, layers.Average)]
    merged += [layers.Maximum()([one, two]), layers.Minimum()([one, two]), layers.Dot(axes=1)([one, two])]
    return keras.Model(inputs, layers.Dense(2)(layers.Concatenate()(merged)))


def _merged_with_itself(inputs):
    kinds = (layers.Multiply, layers.Add, layers.Subtract, layers.Average, layers.Maximum, layers.Minimum)
    merged = [kind()([inputs[0], inputs[0]]) for kind in kinds]
    return keras.Model(inputs[0], layers.Concatenate()([*merged, layers.Dot(axes=1)([inputs[0], inputs[0]])]))


def _masked(layer):
    return lambda inputs: keras.Model(inputs[0], layers.Dense(2)(layer(_embedded(inputs))))


def _masked_tagger(inputs):
    hidden = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(_embedded(inputs))
    return keras.Model(inputs[0], layers.TimeDistributed(layers.Dense(3, activation="softmax"))(hidden))


def _masked_merges(inputs):
    one, two = _embedded(inputs), layers.Embedding(12, 3, mask_zero=True)(inputs[0])
    merged = [kind()([one, two]) for kind in (layers.Add, layers.Multiply, layers.Average)]
    return keras.Model(inputs[0], layers.LSTM(3)(layers.Concatenate()(merged)))


def _state(inputs, begins, kind=layers.GRU):
    _, state = kind(4, return_state=True)(inputs[0])
    decoded = kind(4, return_sequences=True)(inputs[0], initial_state=state)
    return keras.Model(begins, layers.Dense(2)(decoded))


def _states_of_both_directions(inputs):
    states = layers.Bidirectional(layers.LSTM(4, return_state=True))(inputs[0])[1:]
    states = [layers.Concatenate()([states[0], states[2]]), layers.Concatenate()([states[1], states[3]])]
    return keras.Model(inputs[0], layers.LSTM(8, return_sequences=True)(inputs[0], initial_state=states))


def _masked_encoder_decoder(inputs):
    """Two inputs of padded tokens: what one says begins what the other goes on with."""
    _, one, two = layers.LSTM(4, return_state=True)(layers.Embedding(12, 3, mask_zero=True)(inputs[0]))
    hidden = layers.Embedding(12, 3, mask_zero=True)(inputs[1])
    decoded, _, _ = layers.LSTM(4, return_sequences=True, return_state=True)(hidden, initial_state=[one, two])
    return keras.Model(inputs, layers.Dense(5, activation="softmax")(decoded))


def _computed_mask(inputs):
    embedding = layers.Embedding(12, 3, mask_zero=True)
    hidden = layers.Embedding(12, 3)(inputs[0])
    return keras.Model(inputs[0], layers.LSTM(3)(hidden, mask=embedding.compute_mask(inputs[0])))


def _convolutions_in_time_distributed(inputs):
    """What is wrapped has layers whose names, put in order, are in another one than the layers."""
    body = keras.Sequential(
        [
            keras.Input(shape=(6, 6, 2)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(2, 2),
            layers.GlobalMaxPooling2D(),
        ]
    )
    return keras.Model(inputs[0], layers.LSTM(3)(layers.TimeDistributed(body)(inputs[0])))


def _of_type(dtype, shape):
    """A model whose input is of a type that people choose for tokens or pictures."""
    inputs = keras.Input(shape=shape, dtype=dtype)
    if dtype == "int64":
        hidden = layers.Flatten()(layers.Embedding(12, 3)(inputs))
    elif dtype == "uint8":
        hidden = layers.GlobalAveragePooling2D()(layers.Rescaling(1.0 / 255)(inputs))
    else:
        hidden = layers.Flatten()(inputs)
    return keras.Model(inputs, layers.Dense(2)(hidden))


def _frozen_of_every_kind(inputs):
    """A model that is not trained on, with layers of the kinds that networks for pictures have."""
    hidden = layers.ZeroPadding2D(1)(inputs[0])
    hidden = layers.Conv2D(4, 3, use_bias=False)(hidden)
    hidden = layers.LeakyReLU()(layers.BatchNormalization()(hidden))
    hidden = layers.Add()([hidden, layers.DepthwiseConv2D(3, padding="same")(hidden)])
    hidden = layers.Concatenate()([hidden, layers.SeparableConv2D(4, 3, padding="same", activation="relu")(hidden)])
    hidden = layers.MaxPooling2D(2)(layers.Activation("relu")(hidden))
    hidden = layers.UpSampling2D(2)(layers.AveragePooling2D(1)(layers.SpatialDropout2D(0.1)(hidden)))
    hidden = layers.Conv2DTranspose(2, 2)(layers.Cropping2D(1)(hidden))
    hidden = layers.Multiply()([hidden, layers.ReLU()(hidden)])
    hidden = layers.Concatenate()([layers.Flatten()(hidden), layers.GlobalMaxPooling2D()(hidden)])
    model = keras.Model(inputs[0], layers.Dense(2)(layers.Dropout(0.1)(hidden)))
    model.trainable = False
    return model


def _deeper():
    inputs = keras.Input(shape=(8,))
    middle_inputs = keras.Input(shape=(8,))
    middle = keras.Model(middle_inputs, layers.Dense(8)(_inner(8, 8)(middle_inputs)))
    return keras.Model(inputs, layers.Dense(4)(middle(inputs)))


def _used_twice(inputs, tower):
    return keras.Model(inputs, layers.Concatenate()([tower(inputs[0]), tower(inputs[1])]))


def _nested_with_two_outputs(inputs):
    begins = keras.Input(shape=(8,))
    nested = keras.Model(begins, [layers.Dense(3)(begins), layers.Dense(3)(begins)])
    return keras.Model(inputs[0], layers.Add()(list(nested(inputs[0]))))


def _nested_with_two_inputs(inputs):
    begins = [keras.Input(shape=(8,)), keras.Input(shape=(8,))]
    nested = keras.Model(begins, layers.Dense(3)(layers.Concatenate()(begins)))
    return keras.Model(inputs, layers.Dense(2)(nested(inputs)))


def _same_shape(shape):
    """A model that gives tensors of the shape that it takes."""
    inner = {1: lambda: layers.Dense(shape[-1]), 2: lambda: layers.Conv1D(shape[-1], 1)}
    layer = inner.get(len(shape), lambda: layers.Conv2D(shape[-1], 1))()
    inputs = keras.Input(shape=shape)
    return keras.Model(inputs, layer(inputs))


def _behind(inputs, layer, outer, inner):
    """A layer behind a nested model."""
    shape = tuple(int(size) for size in inputs.shape[1:])
    nested = _same_shape(shape)
    if inner == "Sequential":
        nested = keras.Sequential([keras.Input(shape=shape), nested.layers[-1]])
    if outer == "Sequential":
        return _called(keras.Sequential([keras.Input(shape=shape), nested, layer]), shape)
    return keras.Model(inputs, layer(nested(inputs)))


def _first(inputs, layer):
    """A layer that says its input's shape, as the first of a Sequential."""
    model = keras.Sequential([layer, layers.Activation("linear")])
    if not model.built:
        model.build(inputs.shape)
    return model


def _after_mask(inputs, layer):
    """A layer that a mask reaches; one that merges takes the tensor twice."""
    hidden = _embedded([inputs])
    merges = isinstance(layer, (layers.Dot, layers.Maximum, layers.Minimum, layers.Subtract))
    return keras.Model(inputs, layer([hidden, layers.Embedding(12, 3)(inputs)] if merges else hidden))


def _after_masking(inputs, layer):
    """A layer that the mask of a Masking layer reaches."""
    return keras.Model(inputs, layer(layers.Masking()(inputs)))


def _in_two_models(inputs):
    """A layer of a model that another one calls by itself, too, as a variational autoencoder's loss does."""
    hidden = layers.Dense(4, name="in_both")
    inner_inputs = keras.Input(shape=(8,))
    inner = keras.Model(inner_inputs, layers.Dense(3)(hidden(inner_inputs)))
    return keras.Model(inputs[0], layers.Concatenate()([inner(inputs[0]), hidden(inputs[0])]))


def _of_the_inner_graph(inputs):
    """An encoder and a decoder that were built on one input, and a model that ends in the tensors of both."""
    hidden = layers.Dense(4)(inputs[0])
    encoder = keras.Model(inputs[0], hidden)
    return keras.Model(inputs[0], [layers.Dense(3)(encoder(inputs[0])), layers.Activation("tanh")(hidden)])


def _with_added_loss(inputs):
    hidden = layers.Dense(4)(inputs[0])
    model = keras.Model(inputs[0], layers.Dense(3)(hidden))
    model.add_loss(tf.reduce_mean(tf.square(hidden)))
    return model


def _with_added_metric(inputs):
    hidden = layers.Dense(4)(inputs[0])
    model = keras.Model(inputs[0], layers.Dense(3)(hidden))
    model.add_metric(tf.reduce_mean(hidden), name="activity", aggregation="mean")
    return model


# What stands behind an adapted layer, by its name: what it gives is of this kind.
BEHIND_ADAPTED = {
    "Normalization": lambda: [layers.Dense(4), layers.Dense(1)],
    "Discretization": lambda: [layers.Embedding(8, 3), layers.Flatten()],
    "IntegerLookup": lambda: [layers.Embedding(20, 3), layers.GlobalAveragePooling1D()],
}

# Where a layer stands, for the form of a line; each takes the input tensor and the line's arguments.
PLACES = {"behind": _behind, "first": _first, "after-mask": _after_mask, "after-masking": _after_masking}

# By public name and variant; each takes a list of input tensors.
MODELS = {
    "Sequential ": lambda inputs: _sequential(),
    "Sequential no-input-shape": lambda inputs: _built(keras.Sequential([layers.Dense(4), layers.Dense(2)])),
    "Sequential in-functional": lambda inputs: keras.Model(inputs[0], layers.Dense(2)(_sequential()(inputs[0]))),
    "Sequential in-sequential": lambda inputs: _built(keras.Sequential([_sequential(), layers.Dense(2)])),
    "Model ": lambda inputs: keras.Model(inputs[0], layers.Dense(4)(inputs[0])),
    "Model two-inputs": lambda inputs: keras.Model(inputs, layers.Dense(4)(layers.Concatenate()(inputs))),
    "Model two-outputs": lambda inputs: keras.Model(
        inputs[0], [layers.Dense(4)(inputs[0]), layers.Dense(3)(inputs[0])]
    ),
    "Model named-inputs": _named_inputs,
    "Model named-outputs": _named_outputs,
    "Model shared-layer": _shared,
    "Model cut-inside": _cut_inside,
    "Model int8": _in_int8,
    "Model in-functional": lambda inputs: keras.Model(inputs[0], layers.Dense(2)(_inner()(inputs[0]))),
    "Model in-sequential": lambda inputs: _built(keras.Sequential([_inner(), layers.Dense(2)])),
    "Model pooled-in-sequential": lambda inputs: _called(
        keras.Sequential([_convolution(), layers.Dense(2)]), (6, 6, 3)
    ),
    "Model two-deep": _two_deep,
    "Model in-time-distributed": lambda inputs: keras.Model(inputs[0], layers.TimeDistributed(_inner())(inputs[0])),
    "Model sequential-in-time-distributed": lambda inputs: keras.Model(
        inputs[0], layers.TimeDistributed(_sequential())(inputs[0])
    ),
    "Model convolutions-in-time-distributed": _convolutions_in_time_distributed,
    "Model frozen": _frozen,
    "Model slash-in-name": lambda inputs: keras.Model(inputs[0], layers.Dense(4, name="block/dense")(inputs[0])),
    "Model same-tensor-twice": lambda inputs: keras.Model(inputs[0], layers.Concatenate()([inputs[0], inputs[0]])),
    "Model masked-lstm": lambda inputs: keras.Model(inputs[0], layers.LSTM(4)(_embedded(inputs))),
    "Model masked-concatenate": _twice,
    "Model masked-attention": _masked_attention,
    "Model masked-tagger": _masked_tagger,
    "Model masked-merges": _masked_merges,
    "Model masked-gru": _masked(lambda hidden: layers.GRU(4)(hidden)),
    "Model masked-simple-rnn": _masked(lambda hidden: layers.SimpleRNN(4)(layers.Dropout(0.1)(hidden))),
    "Model masked-pooling": _masked(lambda hidden: layers.GlobalAveragePooling1D()(hidden)),
    "Model masked-time-distributed": _masked(lambda hidden: layers.TimeDistributed(layers.Dense(4))(hidden)),
    "Model masked-normalised": _masked(lambda hidden: layers.LSTM(4)(layers.BatchNormalization()(hidden))),
    "Model masked-layer-normalised": _masked(lambda hidden: layers.LSTM(4)(layers.LayerNormalization()(hidden))),
    "Model masked-dot-attention": _masked(lambda hidden: layers.Attention()([hidden, hidden])),
    "Model masked-additive-attention": _masked(lambda hidden: layers.AdditiveAttention()([hidden, hidden])),
    "Model transferred": _transferred,
    "Model transferred-in-sequential": lambda inputs: _called(
        keras.Sequential([_body(), layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(2)]), (6, 6, 3)
    ),
    "Model flattened-in-sequential": lambda inputs: _called(
        keras.Sequential([_body(), layers.Flatten(), layers.BatchNormalization(), layers.Dense(2)]), (6, 6, 3)
    ),
    "Sequential flattened": _flattened,
    "Sequential flattened-in-sequential": lambda inputs: _called(
        keras.Sequential([_sequential_body(), layers.Flatten(), layers.Dense(2)]), (6, 6, 3)
    ),
    "Model towers": lambda inputs: _towers(inputs, _inner()),
    "Sequential towers": lambda inputs: _towers(inputs, _sequential()),
    "Model merged-with-itself": _merged_with_itself,
    "Model states-passed-on": _states,
    "Model masked-states-passed-on": lambda inputs: _states([_embedded(inputs)], inputs[0]),
    "Model attention-with-mask": lambda inputs: keras.Model(inputs, _attention(inputs, attention_mask=inputs[1])),
    "Model attention-of-three": lambda inputs: keras.Model(inputs[0], _attention(inputs, key=inputs[0])),
    "Model gru-states-passed-on": lambda inputs: _state(inputs, inputs[0]),
    "Model masked-gru-states-passed-on": lambda inputs: _state([_embedded(inputs)], inputs[0]),
    "Model simple-rnn-states-passed-on": lambda inputs: _state(inputs, inputs[0], layers.SimpleRNN),
    "Model masked-simple-rnn-states-passed-on": lambda inputs: _state([_embedded(inputs)], inputs[0], layers.SimpleRNN),
    "Model states-of-both-directions": _states_of_both_directions,
    "Model masked-encoder-decoder": _masked_encoder_decoder,
    "Model attention-causal": lambda inputs: keras.Model(inputs[0], _attention(inputs, use_causal_mask=True)),
    "Model attention-scores": lambda inputs: keras.Model(
        inputs[0], list(_attention(inputs, return_attention_scores=True))
    ),
    "Model attention-of-two": lambda inputs: keras.Model(
        inputs, layers.MultiHeadAttention(num_heads=2, key_dim=3, dropout=0.1)(inputs[0], inputs[1])
    ),
    "Model attention-while-not-training": lambda inputs: keras.Model(inputs[0], _attention(inputs, training=False)),
    "Model not-training": lambda inputs: keras.Model(
        inputs[0], layers.Dropout(0.2)(layers.BatchNormalization()(inputs[0], training=False), training=True)
    ),
    "Sequential not-training": lambda inputs: keras.Model(
        inputs[0], layers.Dense(2)(_sequential()(inputs[0], training=False))
    ),
    "Model given-mask": lambda inputs: keras.Model(inputs, layers.LSTM(3)(inputs[0], mask=inputs[1] > 0)),
    "Model computed-mask": _computed_mask,
    "Model layer-in-two-models": _in_two_models,
    "Model of-the-inner-graph": _of_the_inner_graph,
    "Model added-loss": _with_added_loss,
    "Model added-metric": _with_added_metric,
    "Model one-of-each-in-lists": lambda inputs: keras.Model([inputs[0]], [layers.Dense(4)(inputs[0])]),
    "Model named": lambda inputs: keras.Model(inputs[0], layers.Dense(4, name="scores")(inputs[0]), name="the_model"),
    "Model several-of-everything": lambda inputs: keras.Model(
        [inputs[0], inputs[1]], [layers.Add()(list(inputs)), layers.Dense(2)(inputs[0])]
    ),
    "Model input-is-output": lambda inputs: keras.Model(inputs[0], [inputs[0], layers.Dense(2)(inputs[0])]),
    "Model three-deep": lambda inputs: keras.Model(inputs[0], layers.Dense(2)(_deeper()(inputs[0]))),
    "Model sequential-of-sequentials": lambda inputs: _built(
        keras.Sequential([_sequential(), keras.Sequential([layers.Dense(3)]), layers.Dense(2)])
    ),
    "Model functional-twice": lambda inputs: _used_twice(inputs, _inner()),
    "Sequential functional-twice": lambda inputs: _used_twice(inputs, _sequential()),
    "Model nested-with-two-outputs": _nested_with_two_outputs,
    "Model nested-with-two-inputs": _nested_with_two_inputs,
    "Sequential named": lambda inputs: keras.Sequential(
        [keras.Input(shape=(8,), name="features"), layers.Dense(4, name="hidden"), layers.Dense(2, name="scores")],
        name="the_model",
    ),
    "Sequential batch-size": lambda inputs: keras.Sequential([layers.Dense(4, batch_input_shape=(None, 8))]),
    "Model integer-input": lambda inputs: keras.Model(
        inputs[0], layers.Dense(2)(layers.Flatten()(layers.Embedding(12, 3)(inputs[0])))
    ),
    "Model wide-integer-input": lambda inputs: _of_type("int64", (4,)),
    "Model byte-input": lambda inputs: _of_type("uint8", (6, 6, 3)),
    "Model double-input": lambda inputs: _of_type("float64", (8,)),
    "Model frozen-of-every-kind": _frozen_of_every_kind,
    "Model text-input": lambda inputs: keras.Model(inputs[0], layers.Flatten()(inputs[0])),
}


def _called(model, shape):
    model(tf.zeros((1,) + shape))
    return model


def _ops(name):
    return getattr(keras.ops, name)


# By name; each takes the input tensor.
OPERATIONS = {
    "add": lambda x: x + 1.5,
    "multiply": lambda x: x * 2.0,
    "subtract": lambda x: 1.0 - x,
    "divide": lambda x: x / 2.0,
    "power": lambda x: x**2,
    "negative": lambda x: -x,
    "slice": lambda x: x[:, 1:5],
    "slice-last": lambda x: x[:, -1, :],
    "matmul": lambda x: x @ x,
    "comparison": lambda x: x > 0.5,
    "slice-first": lambda x: x[:, 0],
    "slice-first-of-three": lambda x: x[:, 0, :],
    "slice-last-step": lambda x: x[:, -1],
    "slice-from": lambda x: x[:, 1:],
    "slice-to": lambda x: x[:, :-1],
    "slice-to-of-three": lambda x: x[:, :-1, :],
    "slice-from-of-three": lambda x: x[:, 1:, :],
    "slice-every-other": lambda x: x[:, ::2],
    "slice-last-axis": lambda x: x[..., 0],
    "slice-part-of-last-axis": lambda x: x[..., :2],
    "slice-new-axis": lambda x: x[:, None],
    "slice-new-last-axis": lambda x: x[..., tf.newaxis],
    "slice-channels": lambda x: x[:, :, :, 0:1],
    "slice-column": lambda x: x[:, 0:1],
    "add-tensors": lambda x: x + x,
    "subtract-tensors": lambda x: x - x * 2.0,
    "multiply-tensors": lambda x: x * x,
    "divide-tensors": lambda x: x / (x * x + 1.0),
    "subtract-number": lambda x: x - 1.5,
    "add-to-number": lambda x: 1.5 + x,
    "divide-number": lambda x: 1.0 / (x * x + 1.0),
    "floor-divide": lambda x: x // 2.0,
    "modulo": lambda x: x % 2.0,
    "absolute": lambda x: abs(x),
    "equal": lambda x: tf.cast(x >= 0.5, "float32") * x,
    "scaled-picture": lambda x: x / 255.0 - 0.5,
    "reduce_max": lambda x: tf.reduce_max(x, axis=-1),
    "reduce_min": lambda x: tf.reduce_min(x, axis=1),
    "reduce_sum-all-axes": lambda x: tf.reduce_sum(x, axis=[1, 2]),
    "reduce_mean-last": lambda x: tf.reduce_mean(x, axis=-1, keepdims=True),
    "math_reduce_sum": lambda x: tf.math.reduce_sum(x, axis=1),
    "squeeze": lambda x: tf.squeeze(tf.expand_dims(x, 1), axis=1),
    "expand_dims-one": lambda x: tf.expand_dims(x, axis=1),
    "transpose": lambda x: tf.transpose(x, perm=[0, 2, 1]),
    "stack": lambda x: tf.stack([x, x * 2.0], axis=1),
    "concat-first": lambda x: tf.concat([x, x], axis=1),
    "exp": lambda x: tf.exp(x),
    "log": lambda x: tf.math.log(tf.abs(x) + 1.0),
    "square": lambda x: tf.square(x),
    "pow": lambda x: tf.pow(x, 2.0),
    "maximum": lambda x: tf.maximum(x, 0.1),
    "clip_by_value": lambda x: tf.clip_by_value(x, 0.0, 0.5),
    "tile": lambda x: tf.tile(x, [1, 2]),
    "softmax": lambda x: tf.nn.softmax(x),
    "softmax-axis": lambda x: tf.nn.softmax(x, axis=1),
    "sigmoid": lambda x: tf.sigmoid(x),
    "tanh": lambda x: tf.tanh(x),
    "gelu": lambda x: tf.nn.gelu(x),
    "leaky_relu": lambda x: tf.nn.leaky_relu(x),
    "matmul-transposed": lambda x: tf.matmul(x, x, transpose_b=True),
    "multiply-function": lambda x: tf.multiply(x, 0.5),
    "add-function": lambda x: tf.add(x, x),
    "subtract-function": lambda x: tf.subtract(x, 0.5),
    "one_hot": lambda x: tf.one_hot(tf.cast(x, "int32"), 5),
    "shape": lambda x: tf.reshape(x, (tf.shape(x)[0], 8)),
    "image-resize": lambda x: tf.image.resize(x, (4, 4)),
    "pad": lambda x: tf.pad(x, [[0, 0], [1, 1]]),
    "where": lambda x: tf.where(x > 0.5, x, x * 0.1),
    "gather": lambda x: tf.gather(x, [0, 2], axis=1),
    "split": lambda x: tf.split(x, 2, axis=-1)[0],
    "cast-to-integer": lambda x: tf.cast(x, tf.int32),
    "ops_exp": lambda x: _ops("exp")(x),
    "ops_log": lambda x: _ops("log")(_ops("absolute")(x) + 1.0),
    "ops_square": lambda x: _ops("square")(x),
    "ops_max": lambda x: _ops("max")(x, axis=-1),
    "ops_transpose": lambda x: _ops("transpose")(x, axes=[0, 2, 1]),
    "ops_squeeze": lambda x: _ops("squeeze")(_ops("expand_dims")(x, 1), axis=1),
    "ops_stack": lambda x: _ops("stack")([x, x * 2.0], axis=1),
    "ops_softmax": lambda x: _ops("softmax")(x),
    "ops_sigmoid": lambda x: _ops("sigmoid")(x),
    "ops_clip": lambda x: _ops("clip")(x, 0.0, 0.5),
    "ops_matmul": lambda x: _ops("matmul")(x, x),
    "ops_where": lambda x: _ops("where")(x > 0.5, x, x * 0.1),
    "ops_image-resize": lambda x: keras.ops.image.resize(x, (4, 4)),
    "ops_one_hot": lambda x: _ops("one_hot")(_ops("cast")(x, "int32"), 5),
    "ops_split": lambda x: _ops("split")(x, 2, axis=-1)[0],
    "ops_maximum": lambda x: _ops("maximum")(x, 0.1),
    "reduce_mean": lambda x: tf.reduce_mean(x, axis=1),
    "reduce_sum": lambda x: tf.reduce_sum(x, axis=1, keepdims=True),
    "concat": lambda x: tf.concat([x, x], axis=-1),
    "reshape": lambda x: tf.reshape(x, [-1, 2, 4]),
    "expand_dims": lambda x: tf.expand_dims(x, -1),
    "cast": lambda x: tf.cast(x, "float64"),
    "nn_relu": lambda x: tf.nn.relu(x),
    "sqrt": lambda x: tf.sqrt(tf.abs(x)),
    "l2_normalize": lambda x: tf.math.l2_normalize(x, axis=1),
    "ops_mean": lambda x: _ops("mean")(x, axis=1),
    "ops_sum": lambda x: _ops("sum")(x, axis=1, keepdims=True),
    "ops_concatenate": lambda x: _ops("concatenate")([x, x], axis=-1),
    "ops_reshape": lambda x: _ops("reshape")(x, (-1, 2, 4)),
    "ops_expand_dims": lambda x: _ops("expand_dims")(x, -1),
    "ops_cast": lambda x: _ops("cast")(x, "float64"),
    "ops_relu": lambda x: _ops("relu")(x),
    "ops_sqrt": lambda x: _ops("sqrt")(_ops("absolute")(x)),
    "ops_normalize": lambda x: _ops("normalize")(x, axis=-1),
}
