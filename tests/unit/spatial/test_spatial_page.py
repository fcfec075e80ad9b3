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


FRAME = """
spatial.output @y : tensor<2x16xf32>
spatial.pmu @x holds tensor<12xf8E4M3FN> banked (16, 1) init parameter "x" {
  spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 3)
      address [4 * %k] : vector<4xf8E4M3FN>
}
spatial.pmu @h holds tensor<8xf8E4M3FN> banked (16, 1) init parameter "h" {
  spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 2)
      address [4 * %k] : vector<4xf8E4M3FN>
}
spatial.pmu @W holds tensor<2x5x64xf8E4M3FN> banked (16, 1) init parameter "W"
    map affine_map<(d0, d1, d2) -> (d0 * 16 + d2 floordiv 4, d1 * 4 + d2 mod 4)> {
  spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 5)
      address [%g, %k, 0] : vector<64xf8E4M3FN>
}
spatial.ag @store stores @y counters (%g = 0 to 2) address [%g, 0] : vector<16xf32>
spatial.link @W::@out to @dot::@w : vector depth 2
spatial.link @dot::@out to @store::@data : vector depth 2
"""


def test_rows_in_lanes(compile_config: Callable[..., ModuleOp]):
    """The unit of the page, with the two links that take turns, has a row in every lane."""
    page = PAGE.read_text()
    unit = re.search(r"```mlir\n(spatial.pcu @dot counters \(%g.*?\n\})\n```", page, re.S)
    turns = re.search(r"```mlir\n(spatial.link @x::@out to @dot.*?)\n```", page, re.S)
    assert unit is not None
    assert turns is not None
    module = compile_config(
        FRAME + unit[1] + "\n" + turns[1], SpatialPartitionPass(), machine="plasticine-rnn"
    )
    # Small whole numbers are exact in every format on the way.
    generator = np.random.default_rng(0)
    w = generator.integers(-2, 3, (32, 20)).astype(np.float32)
    x, h = (generator.integers(-2, 3, n).astype(np.float32) for n in (12, 8))
    found = evaluate(module, {}, {"W": w, "x": x, "h": h})["y"]
    np.testing.assert_array_equal(found.reshape(32), w @ np.concatenate([x, h]))
