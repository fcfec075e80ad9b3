"""The constants that a program takes as parameters, each under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import LocationAttr, TensorType, f32, i32
from xdsl.ir import Attribute, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.frontends.graph.constants import checked_number
from spatial_opt.frontends.graph.program import identifier
from spatial_opt.frontends.graph.tensor import Array, Kind, Tensor
from spatial_opt.machine.errors import SpatialError


@dataclass
class Parameters:
    """Parameters while a program is written: operations, and the arrays that they stand for."""

    arrays: dict[str, Array] = field(default_factory=dict[str, Array])
    declared: list[pattern.ParameterOp] = field(default_factory=list[pattern.ParameterOp])

    def declare(self, tensor: Tensor, location: LocationAttr) -> SSAValue:
        """Add a constant; truth values become integers. SpatialError for what can't be one."""
        assert tensor.array is not None
        if not tensor.size:
            raise SpatialError(
                f"constant {tensor.name!r} has the shape {list(tensor.shape)}, which holds "
                "nothing; a tensor needs an element"
            )
        if tensor.kind is Kind.INTEGER:
            for extreme in (tensor.array.min(), tensor.array.max()):
                checked_number(tensor, extreme.item())
        name = self._free(tensor.name or "constant")
        floating = tensor.kind is Kind.FLOAT
        dtype = np.float32 if floating else np.int32
        self.arrays[name] = np.ascontiguousarray(tensor.array, dtype).reshape(tensor.ir_shape)
        element: Attribute = f32 if floating else i32
        op = pattern.ParameterOp(name, TensorType(element, tensor.ir_shape))
        op.location = location
        op.result.name_hint = identifier(name)
        self.declared.append(op)
        return op.result

    def _free(self, base: str) -> str:
        name, number = base, 1
        while name in self.arrays:
            name, number = f"{base}.{number}", number + 1
        return name
