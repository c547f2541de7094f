"""What a user would write instead of the engine: load a model, call it, compare. Runs inside an environment.

``python plain_cell.py ROOT CELL...`` runs every cell named, one after the other, in this process; a cell is the path of a
JSON file with ``format``, ``path``, ``module``, ``name`` and ``arrays`` (an npz with inputs_0 and outputs_0). Shares no code
with the engine.
"""

import importlib
import json
import sys


def main(root, cells):
    import numpy as np
    from tensorflow import keras

    sys.path.insert(0, root)
    for cell in cells:
        with open(cell) as stream:
            request = json.load(stream)
        arrays = np.load(request["arrays"])
        try:
            if request["format"] in ("weights-h5", "weights.h5"):
                importlib.import_module(request["module"])
                model = importlib.import_module("scenarios").REGISTRY[request["name"]].build()
                model(arrays["inputs_0"])
                model.load_weights(request["path"])
            else:
                model = keras.models.load_model(request["path"])
            outputs = np.asarray(model(arrays["inputs_0"], training=False))
            print(bool(np.allclose(outputs, arrays["outputs_0"], rtol=1e-5, atol=1e-6)))
        except Exception as error:
            print(type(error).__name__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
