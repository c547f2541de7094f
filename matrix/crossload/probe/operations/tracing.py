"""Lambda layers of Keras 2 taken apart: what their functions do becomes operations of the graph. This runs code of the file."""

import importlib

from ..errors import NotTranslatableError

# Classes of layers that a traced model has otherwise: what was sequential is functional, with inputs that are layers.
TAKEN_APART = ("Lambda", "InputLayer")
# What a graph is built of: TensorFlow's own tensors up to 2.3, then Keras'.
_TENSORS = ("KerasTensor", "Tensor")


def can_trace(model):
    """Whether a model has Lambda layers, in a Keras in which they can be taken apart."""
    from tensorflow import keras

    # Keras 3 has a KerasTensor of its own, which it shows.
    return not hasattr(keras, "KerasTensor") and _Tracer(keras).holds_lambda(model)


def traced(model):
    """A model without Lambda layers that computes the same with the same layers, and the names of those that were traced.

    :param model: a functional or sequential model of TensorFlow 2.0 to 2.15.
    :raises NotTranslatableError: one cannot be traced; the message says which, and why.
    """
    from tensorflow import keras

    tracer = _Tracer(keras)
    if not tracer.holds_lambda(model):
        return model, []
    made = tracer.model(model)
    tracer.compile(model, made)
    return made, tracer.names


class _Tracer(object):
    def __init__(self, keras):
        self._keras = keras
        self._made = {}
        self._taken = set()
        self.names = []

    def holds_lambda(self, layer):
        if isinstance(layer, self._keras.layers.Lambda):
            return True
        inner = list(getattr(layer, "layers", None) or [])
        inner += [item for item in (getattr(layer, "layer", None), getattr(layer, "cell", None)) if item is not None]
        return any(self.holds_lambda(item) for item in inner)

    def model(self, model):
        if id(model) in self._made:
            return self._made[id(model)]
        inputs = getattr(model, "inputs", None)
        if not inputs or not hasattr(inputs[0], "_keras_history") or not hasattr(model, "_nodes_by_depth"):
            raise NotTranslatableError(
                "%s: its Lambda layers cannot be traced: only those of functional and sequential models can"
                % model.name
            )
        self._taken.update(layer.name for layer in model.layers)
        outputs = self._outputs(model)
        made = self._keras.Model(model._nested_inputs, outputs, name=model.name)
        if not model.trainable:
            made.trainable = False
        self._made[id(model)] = made
        return made

    def _outputs(self, model):
        """Outputs of a model whose every layer is called once more, as Keras itself does it when a model is called."""
        import tensorflow as tf

        held = {str(id(tensor)): tensor for tensor in model.inputs}
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if _is_input(node) or any(str(id(item)) not in held for item in _taken_by(node)):
                    continue
                arguments, keywords = _arguments(node, held)
                results = tf.nest.flatten(self._call(node.outbound_layer, arguments, keywords))
                held.update(zip([str(id(item)) for item in tf.nest.flatten(node.output_tensors)], results))
        ends = [held[str(id(tensor))] for tensor in model.outputs]
        return tf.nest.pack_sequence_as(model._nested_outputs, ends)

    def _call(self, layer, arguments, keywords):
        if isinstance(layer, self._keras.layers.Lambda):
            return self._body(layer, arguments, keywords)
        if self.holds_lambda(layer):
            if not hasattr(layer, "_nodes_by_depth"):
                raise NotTranslatableError("layer %s: a Lambda inside it cannot be traced" % layer.name)
            layer = self.model(layer)
        return layer(*arguments, **keywords)

    def _body(self, layer, arguments, keywords):
        import tensorflow as tf

        if getattr(layer, "_fn_expects_training_arg", False) or getattr(layer, "_fn_expects_mask_arg", False):
            raise NotTranslatableError("layer %s: its function asks for training or mask" % layer.name)
        given = dict(layer.arguments or {})
        given.update({key: value for key, value in keywords.items() if key not in ("training", "mask")})
        try:
            made = _in_graph(layer.function, arguments, given)
        except Exception as error:  # code of the file may fail in any way
            raise NotTranslatableError(
                "layer %s: its function does not take symbolic tensors: %s: %s"
                % (layer.name, type(error).__name__, " ".join(str(error).split())[:200])
            ) from error
        if any(type(item).__name__ not in _TENSORS for item in tf.nest.flatten(made)):
            raise NotTranslatableError("layer %s: its function gives something that is no tensor" % layer.name)
        _become_layers(made)
        self._rename(layer, tf.nest.flatten(made), {id(item) for item in tf.nest.flatten((arguments, given))})
        self.names.append(layer.name)
        return made

    def _rename(self, layer, tensors, known):
        """Name the operations after their Lambda: Keras counts names of new layers without those that a file gave."""
        waiting = list(tensors)
        while waiting:
            tensor = waiting.pop()
            if id(tensor) in known or type(tensor).__name__ not in _TENSORS:
                continue
            known.add(id(tensor))
            operation = tensor._keras_history.layer
            node = operation._inbound_nodes[tensor._keras_history.node_index]
            if _is_input(node):
                continue
            if not operation.name.startswith(layer.name + "."):
                # HDF5 makes a group of what stands before a slash.
                base = "%s.%s" % (layer.name, operation.name.replace("/", "."))
                name, number = base, 0
                while name in self._taken:
                    number += 1
                    name = "%s_%d" % (base, number)
                self._taken.add(name)
                operation._name = name
            waiting.extend(_taken_by(node))

    @staticmethod
    def compile(model, made):
        """Compile as the model was, with the very optimizer, whose state goes by the order of the variables.

        :raises NotTranslatableError: the order is another one.
        """
        if not getattr(model, "_is_compiled", False):
            return
        if [id(item) for item in model.trainable_weights] != [id(item) for item in made.trainable_weights]:
            raise NotTranslatableError("without its Lambda layers the model counts its weights otherwise")
        if hasattr(model, "_get_compile_args"):
            arguments = dict(model._get_compile_args())
        else:
            arguments = {"loss": model.loss, "loss_weights": model.loss_weights, "metrics": model._compile_metrics,
                         "weighted_metrics": model._compile_weighted_metrics}  # fmt: skip
        arguments["optimizer"] = model.optimizer
        made.compile(**arguments)


def _is_input(node):
    """Whether a node of a graph is an input of it; Keras has a word for that from 2.3 on."""
    return node.is_input if hasattr(node, "is_input") else not node.inbound_layers


def _taken_by(node):
    """The tensors of the graph that a node takes, those among its keywords too."""
    if hasattr(node, "keras_inputs"):
        return list(node.keras_inputs)
    import tensorflow as tf

    keywords = [item for item in tf.nest.flatten(node.arguments or {}) if hasattr(item, "_keras_history")]
    return tf.nest.flatten(node.input_tensors) + keywords


def _arguments(node, held):
    """What a node's layer is called with, with new tensors in the place of those of the graph.

    :param held: new tensors by the identity of old ones.
    """
    import tensorflow as tf

    if hasattr(node, "map_arguments"):
        # It takes one from a list for each place.
        names = [str(id(item)) for item in _taken_by(node)]
        return node.map_arguments({name: [held[name]] * len(names) for name in names})
    first, keywords = tf.nest.map_structure(
        lambda item: held.get(str(id(item)), item), (node.input_tensors, dict(node.arguments or {}))
    )
    return (first,), keywords


def _in_graph(function, arguments, keywords):
    """What a function makes of tensors of a graph; up to TensorFlow 2.3 inside of the graph, as a Lambda layer calls it."""
    import tensorflow as tf

    graph = getattr(tf.nest.flatten(arguments)[0], "graph", None)
    if graph is None:
        return function(*arguments, **keywords)
    with graph.as_default():
        return function(*arguments, **keywords)


def _become_layers(tensors):
    """Up to TensorFlow 2.3 operations become layers where a layer takes what they give; here at once."""
    import tensorflow as tf

    waiting = [item for item in tf.nest.flatten(tensors) if not hasattr(item, "_keras_history")]
    if waiting:
        # Public Keras has it nowhere.
        importlib.import_module("tensorflow.python.keras.engine.base_layer_utils").create_keras_history(waiting)
