"""Rules for operations whose arguments have to be said otherwise in Keras 3. Each has the signature that TensorFlow has.

A rule gets ``keras.ops`` first; what rules share stands in ``base``, which holds them by symbol.
"""

from . import arrays, images, mathematics, networks
from .base import RULES

__all__ = ["RULES", "arrays", "images", "mathematics", "networks"]
