"""Lambda layers of Keras 2 taken apart: what their functions do becomes operations of the graph. This runs code of the file."""

from ..errors import NotTranslatableError

# Classes of layers that a traced model has otherwise: what was sequential is functional, with inputs that are layers.
TAKEN_APART = ("Lambda", "InputLayer")
_TENSOR = "KerasTensor"


def can_trace(model):
    """Whether a model has Lambda layers, in a Keras in which they can be taken apart."""
    from tensorflow import keras

    # Keras 3 has a KerasTensor of its own, which it shows.
    return not hasattr(keras, "KerasTensor") and _Tracer(keras).holds_lambda(model)


def traced(model):
    """A model without Lambda layers that computes the same with the same layers, and the names of those that were traced.

    :param model: a functional or sequential model of TensorFlow 2.4 to 2.15.
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
        if not inputs or type(inputs[0]).__name__ != _TENSOR or not hasattr(model, "_nodes_by_depth"):
            raise NotTranslatableError(
                "%s: its Lambda layers cannot be traced: only functional and sequential models of TensorFlow 2.4 to 2.15 can"
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

        held = {}
        for tensor in model.inputs:
            held[str(id(tensor))] = [tensor] * model._tensor_usage_count[str(id(tensor))]
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if node.is_input or any(name not in held for name in node.flat_input_ids):
                    continue
                arguments, keywords = node.map_arguments(held)
                results = tf.nest.flatten(self._call(node.layer, arguments, keywords))
                for name, result in zip(node.flat_output_ids, results):
                    held[name] = [result] * model._tensor_usage_count[name]
        ends = [held[str(id(tensor))].pop() for tensor in model.outputs]
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
            made = layer.function(*arguments, **given)
        except Exception as error:  # code of the file may fail in any way
            raise NotTranslatableError(
                "layer %s: its function does not take symbolic tensors: %s: %s"
                % (layer.name, type(error).__name__, " ".join(str(error).split())[:200])
            ) from error
        if any(type(item).__name__ != _TENSOR for item in tf.nest.flatten(made)):
            raise NotTranslatableError("layer %s: its function gives something that is no tensor" % layer.name)
        self._rename(layer, tf.nest.flatten(made), {id(item) for item in tf.nest.flatten((arguments, given))})
        self.names.append(layer.name)
        return made

    def _rename(self, layer, tensors, known):
        """Name the operations after their Lambda: Keras counts names of new layers without those that a file gave."""
        waiting = list(tensors)
        while waiting:
            tensor = waiting.pop()
            if id(tensor) in known or type(tensor).__name__ != _TENSOR:
                continue
            known.add(id(tensor))
            operation = tensor._keras_history.layer
            node = operation._inbound_nodes[tensor._keras_history.node_index]
            if node.is_input:
                continue
            if not operation.name.startswith(layer.name + "."):
                name, number = "%s.%s" % (layer.name, operation.name), 0
                while name in self._taken:
                    number += 1
                    name = "%s.%s_%d" % (layer.name, operation.name, number)
                self._taken.add(name)
                operation._name = name
            waiting.extend(item for item in node.keras_inputs)

    @staticmethod
    def compile(model, made):
        """Compile as the model was, with the very optimizer, whose state goes by the order of the variables.

        :raises NotTranslatableError: the order is another one.
        """
        if not getattr(model, "_is_compiled", False):
            return
        if [id(item) for item in model.trainable_weights] != [id(item) for item in made.trainable_weights]:
            raise NotTranslatableError("without its Lambda layers the model counts its weights otherwise")
        arguments = dict(model._get_compile_args())
        arguments["optimizer"] = model.optimizer
        made.compile(**arguments)
