"""Names that come with Keras 2 or 3, for files that name no modules: HDF5 and SavedModel of Keras 2.

A name that is missing here makes a class of Keras look custom. Public names come from ``keras_names.txt``; written out here are
the names that a file may hold although nobody exports them.
"""

from crossload.inspection.keras_names import keras_names

_KINDS = ("layers", "models", "initializers", "regularizers", "constraints", "dtype_policies", "mixed_precision")

_INNER = """
Functional BatchNormalizationV1 BatchNormalizationV2 LSTMV1 LSTMV2 GRUV1 GRUV2 GroupedQueryAttention
TFOpLambda SlicingOpLambda ClassMethod InstanceMethod InstanceProperty TensorFlowOpLayer AddLoss AddMetric Operation GetItem
IdentityInitializer PolicyV1 DynamicLossScale FixedLossScale TensorShape Tensor
__keras_tensor__ __tuple__ __numpy__ __tensor__ __lambda__ __typespec__ TypeSpec
KerasHistory CompositeTensor Variable slice __ellipsis__ function
"""


def _public(kinds: tuple[str, ...], classes: bool) -> set[str]:
    return {
        name
        for name, found in keras_names().by_name.items()
        if any(item.kind in kinds for item in found) and name[:1].isupper() == classes
    }


BUILT_IN = frozenset(_INNER.split()) | _public(_KINDS, classes=True)
ACTIVATIONS = frozenset(_public(("activations",), classes=False) - {"deserialize", "get", "serialize"})
