"""
Recurrent layers of any size as rnn IR, and the problems that papers on these machines measure.

`DEEPBENCH` lists the inference problems at batch 1 of Baidu's DeepBench
(https://github.com/baidu-research/DeepBench, code/kernels/rnn_problems.h).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    ModuleOp,
    StringAttr,
    TensorType,
    f32,
)
from xdsl.ir import Block, Region, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.rnn import GruOp, LstmOp, RecurrentOp, RnnOp

CELLS: dict[str, type[LstmOp] | type[GruOp] | type[RnnOp]] = {
    "lstm": LstmOp,
    "gru": GruOp,
    "rnn": RnnOp,
}


class Problem(NamedTuple):
    """A layer and a sequence: cell, hidden units (also the inputs), time steps; batch 1."""

    cell: str
    hidden: int
    steps: int

    @property
    def name(self) -> str:
        """Name of the layer, such as lstm-512."""
        return f"{self.cell}-{self.hidden}"

    @property
    def gates(self) -> int:
        """Gates of the cell: matrices of W, and of R."""
        return CELLS[self.cell].GATES

    @property
    def macs_per_step(self) -> int:
        """Multiply-accumulates of a step: each element of W and of R is used once."""
        return self.gates * self.hidden * 2 * self.hidden


DEEPBENCH = (
    Problem("lstm", 256, 150),
    Problem("lstm", 512, 25),
    Problem("lstm", 1024, 25),
    Problem("lstm", 1536, 50),
    Problem("lstm", 2048, 25),
    Problem("gru", 512, 1),
    Problem("gru", 1024, 1500),
    Problem("gru", 1536, 375),
    Problem("gru", 2048, 375),
    Problem("gru", 2560, 375),
    Problem("gru", 2816, 750),
)
"""The eleven batch-1 inference problems."""


def generate(
    cell: str,
    hidden: int,
    steps: int,
    *,
    batch: int = 1,
    inputs: int | None = None,
    weights_file: str | None = None,
) -> ModuleOp:
    """
    Return a module with one layer: input x, outputs y, y_h and, for an LSTM, y_c.

    The weights are the parameters W, R and B of `weights_file`. `inputs` defaults to `hidden`. A
    GRU resets after the product, as cuDNN does. Raises `ValueError` for a size below one or an
    unknown cell.
    """
    inputs = hidden if inputs is None else inputs
    if cell not in CELLS:
        raise ValueError(f"unknown cell {cell}, expected one of {', '.join(CELLS)}")
    if min(hidden, steps, batch, inputs) < 1:
        raise ValueError("hidden, steps, batch and inputs must be at least 1")
    block = Block(arg_types=[TensorType(f32, [steps, batch, inputs])])
    x = block.args[0]
    x.name_hint = "x"
    parameters: dict[str, SSAValue] = {}
    for name, shape in weight_shapes(cell, hidden, inputs).items():
        parameter = pattern.ParameterOp(name, TensorType(f32, shape))
        parameter.result.name_hint = name.lower()
        block.add_op(parameter)
        parameters[name] = parameter.result
    layer = _layer(cell, x, parameters, hidden)
    block.add_op(layer)
    names = ("y", "y_h", "y_c")[: len(layer.results)]
    for result, name in zip(layer.results, names, strict=True):
        result.name_hint = name
    block.add_op(func.ReturnOp(*layer.results))
    function = func.FuncOp(
        "main",
        ([x.type], layer.result_types),
        Region(block),
        arg_attrs=_named(["x"]),
        res_attrs=_named(names),
    )
    attributes = {} if weights_file is None else {"pattern.weights": StringAttr(weights_file)}
    module = ModuleOp([function], attributes)
    module.verify()
    return module


def _layer(cell: str, x: SSAValue, parameters: Mapping[str, SSAValue], hidden: int) -> RecurrentOp:
    w, r, bias = parameters["W"], parameters["R"], parameters["B"]
    if cell == "gru":
        return GruOp(x, w, r, hidden, bias=bias, linear_before_reset=True)
    return CELLS[cell](x, w, r, hidden, bias=bias)


def _named(names: Sequence[str]) -> ArrayAttr[DictionaryAttr]:
    return ArrayAttr(DictionaryAttr({"pattern.name": StringAttr(name)}) for name in names)


def weight_shapes(cell: str, hidden: int, inputs: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the parameters W, R and B of a layer."""
    rows = CELLS[cell].GATES * hidden
    return {"W": (1, rows, inputs), "R": (1, rows, hidden), "B": (1, 2 * rows)}


def make_weights(
    cell: str, hidden: int, inputs: int, seed: int
) -> dict[str, npt.NDArray[np.float32]]:
    """Return random weights, uniform in +-1/sqrt(hidden) as torch initialises its layers."""
    generator = np.random.default_rng(seed)
    bound = hidden**-0.5
    return {
        name: generator.uniform(-bound, bound, shape).astype(np.float32)
        for name, shape in weight_shapes(cell, hidden, inputs).items()
    }
