"""The example of docs/dialects/spatial.md computes what the page says."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.passes.spatial_partition import SpatialPartitionPass
from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass
from spatial_opt.runtime.values import evaluate

PAGE = Path(__file__).parents[3] / "docs" / "dialects" / "spatial.md"


def test_worked_example(compile_config: Callable[..., ModuleOp]):
    found = re.search(r"```mlir\nspatial.config @main \{\n(.*?)\n\}\n```", PAGE.read_text(), re.S)
    assert found is not None
    module = compile_config(found[1], SpatialPartitionPass(), SpatialSplitMemoriesPass())
    w = np.arange(64, dtype=np.float32).reshape(8, 8)
    x = np.arange(8, dtype=np.float32)
    np.testing.assert_array_equal(evaluate(module, {"x": x}, {"W": w})["y"], w @ x)
