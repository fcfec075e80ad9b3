"""Networks that another front end of MLIR has lowered to functions on tensors."""

from __future__ import annotations

import numpy as np
from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, IntegerType, ModuleOp, TensorType
from xdsl.dialects.linalg import Linalg
from xdsl.dialects.scf import Scf
from xdsl.dialects.tensor import Tensor
from xdsl.ir import SSAValue
from xdsl.rewriter import Rewriter
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import ParameterOp
from spatial_opt.frontends.graph.program import Program
from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass
from spatial_opt.runtime.formats import Array

_UPSTREAM = frozenset((Linalg.name, Scf.name, Tensor.name))


def is_upstream(module: ModuleOp) -> bool:
    """Tell whether a module holds operations that only other front ends write."""
    return any(op.dialect_name() in _UPSTREAM for op in module.walk())


def import_upstream(context: Context, module: ModuleOp) -> Program:
    """
    Raise a module of upstream dialects to patterns, in place; its constants become parameters.

    Raises SpatialError for what has no form in patterns.
    """
    ConvertLinalgToPatternPass().apply(context, module)
    parameters = take_constants(module)
    module.verify()
    return Program(module, parameters)


def take_constants(module: ModuleOp) -> dict[str, Array]:
    """
    Replace constant tensors by parameters, as far as their numbers differ; returns these by name.

    A configuration has no place for such numbers, and the weights of a network belong beside its
    text.
    """
    names = {op.name_.data for op in module.walk() if isinstance(op, ParameterOp)}
    taken: dict[str, Array] = {}
    for op in [op for op in module.walk() if isinstance(op, arith.ConstantOp)]:
        value, type = op.value, op.result.type
        if not isinstance(value, DenseIntOrFPElementsAttr) or not isa(type, TensorType):
            continue
        if value.is_splat():
            continue
        name = _unused_name(op.result, names)
        names.add(name)
        taken[name] = _array(value, type)
        parameter = ParameterOp(name, type)
        parameter.location = op.location
        parameter.result.name_hint = op.result.name_hint
        Rewriter.replace_op(op, parameter)
    return taken


def _unused_name(value: SSAValue, used: set[str]) -> str:
    stem = value.name_hint or "constant"
    name, count = stem, 0
    while name in used:
        count += 1
        name = f"{stem}_{count}"
    return name


def _array(value: DenseIntOrFPElementsAttr, type: TensorType) -> Array:
    kind = np.int32 if isa(type.element_type, IntegerType) else np.float32
    return np.array(value.get_values(), kind).reshape(type.get_shape())
