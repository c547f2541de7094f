"""The tolerance of a cell."""

from crossload.config import MatrixConfig, Tolerance
from crossload.environments.model import Environment
from crossload.scenario_index import Scenario


def tolerance_for(config: MatrixConfig, scenario: Scenario, saver: Environment, loader: Environment) -> Tolerance:
    """The tolerance of a cell: by the scenario's precision, wider where a GPU takes part: its kernels round differently."""
    chosen: Tolerance = getattr(config.tolerances, scenario.options["precision"])
    if saver.hardware == loader.hardware == "cpu":
        return chosen
    across = config.tolerances.cpu_cuda
    return Tolerance(**{name: max(getattr(chosen, name), getattr(across, name)) for name in Tolerance.model_fields})
