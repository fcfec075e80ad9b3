"""What memories and DRAM buffers hold before the first cycle, from the user's arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import AffineMapAttr, FloatAttr, f32
from xdsl.ir import Attribute
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects.spatial import (
    ConfigOp,
    DramOp,
    Holder,
    InputInitAttr,
    InputOp,
    OutputOp,
    ParameterInitAttr,
    PmuOp,
    SumInitAttr,
    TableInitAttr,
    ZeroInitAttr,
    holders,
    parameter_parts,
    units,
)
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import (
    TensorSpec,
    bind,
    check_array,
    check_names,
    check_shape,
    store,
)
from spatial_opt.runtime.formats import Array, storage_dtype
from spatial_opt.runtime.numerics import combine, table_values
from spatial_opt.runtime.numpy_access import Access


def memories(config: ConfigOp) -> list[PmuOp]:
    """List the memory units in the order of the text."""
    return [unit for unit in units(config) if isinstance(unit, PmuOp)]


def declared_inputs(config: ConfigOp) -> list[TensorSpec]:
    """List the run-time inputs that a configuration declares as DRAM buffers."""
    return [
        TensorSpec(
            op.sym_name.data,
            tuple(op.tensor.get_shape()),
            op.tensor.element_type,
            None if op.scale is None else float(op.scale.value.data),
        )
        for op in config.body.block.ops
        if isinstance(op, InputOp)
    ]


def outputs(config: ConfigOp) -> list[TensorSpec]:
    """List the results of a configuration."""
    return [
        TensorSpec(op.sym_name.data, tuple(op.tensor.get_shape()), op.tensor.element_type)
        for op in config.body.block.ops
        if isinstance(op, OutputOp)
    ]


def wanted_parameters(config: ConfigOp) -> list[str]:
    """Name the parameters that memories are filled from, each once, in the order of the text."""
    names = [
        part.parameter.data for memory in holders(config) for part in parameter_parts(memory.init)
    ]
    return list(dict.fromkeys(names))


def initial_inputs(config: ConfigOp) -> dict[str, int]:
    """Give the run-time inputs that fill memories at the start, and the rank each must have."""
    found: dict[str, int] = {}
    for memory in holders(config):
        if isinstance(memory.init, InputInitAttr):
            rank = memory.held.get_num_dims()
            if isinstance(memory.init.map, AffineMapAttr):
                rank = len(memory.init.map.data.results)
            found.setdefault(memory.init.input.data, rank)
    return found


def told_shapes(
    config: ConfigOp, kind: type[ParameterInitAttr] | type[InputInitAttr]
) -> dict[str, tuple[int, ...]]:
    """Give the whole shapes of the tensors that fill memories, as far as memories tell them."""
    found: dict[str, tuple[int, ...]] = {}
    for memory in holders(config):
        for init in parameter_parts(memory.init) or (memory.init,):
            if isinstance(init, kind) and init.source_shape is not None:
                found[_source_name(init)] = init.source_shape
    return found


def _source_name(init: ParameterInitAttr | InputInitAttr) -> str:
    return init.parameter.data if isinstance(init, ParameterInitAttr) else init.input.data


def check_whole(init: ParameterInitAttr | InputInitAttr, value: object) -> None:
    """
    Check an array against the shape of the whole tensor, where a memory tells it.

    Raises `SpatialError` with the sentence that programs before the lowering give.
    """
    if init.source_shape is None:
        return
    name, kind = _source_name(init), "input" if isinstance(init, InputInitAttr) else "parameter"
    spec = TensorSpec(name, init.source_shape, f32)
    check_shape(spec, check_array(name, value, kind), kind)


def input_ranks(config: ConfigOp) -> dict[str, int]:
    """Give the rank of every run-time input."""
    ranks = initial_inputs(config)
    return ranks | {spec.name: len(spec.shape) for spec in declared_inputs(config)}


@dataclass
class Contents:
    """
    The user's arrays, checked, and the memories filled from them.

    Raises `SpatialError` for what `spatial_opt.runtime.boundary` refuses, and, where a memory does
    not tell the shape of the whole tensor, for one whose rank is not what the memory's map gives.
    """

    config: ConfigOp
    parameters: Mapping[str, object]
    inputs: Mapping[str, object]
    _stored: dict[tuple[str, str, float | None, Attribute], Array] = field(
        default_factory=dict[tuple[str, str, float | None, Attribute], Array]
    )

    def check(self) -> None:
        """Check the names of all inputs and parameters."""
        check_names(self.inputs, list(input_ranks(self.config)), "input")
        check_names(self.parameters, wanted_parameters(self.config), "parameter")

    def select(self, inputs: Mapping[str, object]) -> None:
        """Go on to other inputs (the next sample); parameters stay converted."""
        self.inputs = inputs
        self._stored = {key: kept for key, kept in self._stored.items() if key[0] != "input"}

    def buffers(self) -> dict[str, Array]:
        """Fill the DRAM tensors: inputs and weights from the user's arrays, outputs with zeros."""
        specs = declared_inputs(self.config)
        given = {spec.name: self.inputs[spec.name] for spec in specs}
        filled: dict[str, Array] = {
            name: np.ascontiguousarray(array).reshape(array.shape)
            for name, array in bind(given, specs).items()
        }
        for op in self.config.body.block.ops:
            if isinstance(op, DramOp):
                filled[op.sym_name.data] = self.memory(op)
        for spec in outputs(self.config):
            filled[spec.name] = np.zeros(spec.shape, storage_dtype(spec.element_type))
        return filled

    def memory(self, op: Holder) -> Array:
        """Fill one memory: a new contiguous array of held values."""
        shape = tuple(op.held.get_shape())
        element_type = op.held.element_type
        match op.init:
            case ZeroInitAttr():
                return np.zeros(shape, storage_dtype(element_type))
            case TableInitAttr(function=function, low=low, high=high):
                values = table_values(
                    function.data, shape[0], low.value.data, high.value.data, element_type
                )
                return np.ascontiguousarray(values)
            case SumInitAttr(parts=parts):
                first, *others = (self._from(op, part) for part in parts)
                for other in others:
                    first = combine("add", first, other, element_type)
                return np.ascontiguousarray(first)
            case ParameterInitAttr() | InputInitAttr() as init:
                return self._from(op, init)

    def _from(self, op: Holder, init: ParameterInitAttr | InputInitAttr) -> Array:
        """Fill a memory from one tensor."""
        shape, element_type = tuple(op.held.get_shape()), op.held.element_type
        if isinstance(init, ParameterInitAttr):
            name, kind, given = init.parameter.data, "parameter", self.parameters
        else:
            name, kind, given = init.input.data, "input", self.inputs
        map_ = init.map.data if isinstance(init.map, AffineMapAttr) else None
        scale = float(init.scale.value.data) if isinstance(init.scale, FloatAttr) else None
        check_whole(init, given[name])
        source = self._source(kind, name, given[name], scale, element_type)
        rank = len(shape) if map_ is None else len(map_.results)
        if source.ndim != rank:
            raise SpatialError(
                f"{kind} {name!r} has shape {list(source.shape)} of rank {source.ndim}, but memory "
                f"@{op.sym_name.data} takes a tensor of rank {rank}; reshape it"
            )
        whole = AffineMap.identity(len(shape)) if map_ is None else map_
        filled = Access(f"@{op.sym_name.data}", whole, 0, shape, source.shape, 0).read(
            source, (), padded=True, copy=True
        )
        return np.ascontiguousarray(filled)

    def _source(
        self, kind: str, name: str, value: object, scale: float | None, element_type: Attribute
    ) -> Array:
        key = kind, name, scale, element_type
        if key not in self._stored:
            array = check_array(name, value, kind)
            held = store(name, array, element_type, scale, kind)
            self._stored[key] = np.ascontiguousarray(held).reshape(held.shape)
        return self._stored[key]
