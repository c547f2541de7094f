"""Why a file could not be measured where it was written."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.config import Limits
from crossload.user_models.bench import Inputs, _why_no_reference


@pytest.mark.parametrize("stage", ["inputs", "call"])
def test_what_runs_on_a_gpu_only_is_said(stage: str) -> None:
    """It loads: no inputs that are given would help."""
    error = (
        'Exception encountered when calling layer "cu_dnnlstm" (type CuDNNLSTM).\n\n'
        "Could not find device for node: {{node CudnnRNNV2}} = CudnnRNNV2[T=DT_FLOAT]"
    )
    events: list[dict[str, Any]] = [{"event": "raised", "stage": stage, "error_type": "NotFoundError", "error": error}]
    given = cast(Inputs, SimpleNamespace(model=SimpleNamespace(path=Path("old.h5")), code=None, inputs=None))
    said = _why_no_reference(events, "2.10-cpu", given, Limits())
    assert said.startswith(
        "old.h5: loads in 2.10-cpu, and cannot be called on this machine: CudnnRNNV2 runs on a GPU only."
    )
