"""
Evaluate a program of the pattern dialect on numpy arrays, bit for bit.

Bodies of maps and reduces are evaluated for many index values at once (see
`spatial_opt.runtime.pattern_frames`), in blocks that fit a cache; a scan is a loop. Every number
comes from `spatial_opt.runtime.numerics`, and sums follow the order that `pattern.reduce`
defines.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
from xdsl.context import Context
from xdsl.dialects import arith, func
from xdsl.dialects.builtin import ModuleOp, TensorType
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import (
    ConvertOp,
    DomainOp,
    GatherOp,
    MapOp,
    MemoryOp,
    NextOp,
    ParameterOp,
    ReadOp,
    ReduceOp,
    ScanOp,
    TableOp,
    YieldOp,
)
from spatial_opt.dialects.pattern_interface import Port, inputs_of, main_function, outputs_of
from spatial_opt.dialects.sequence import is_sequence
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pattern_expand_activations import PatternExpandActivationsPass
from spatial_opt.runtime.numerics import (
    Array,
    apply_arith,
    apply_convert,
    quantise,
    storage_dtype,
    table_values,
)
from spatial_opt.runtime.pattern_frames import Axis, Held, gather, index_values, read
from spatial_opt.runtime.pattern_reduce import Ranges, reduce_blocks, row_blocks
from spatial_opt.runtime.sequence import chained

BLOCK_ELEMENTS = 1 << 18
"""About how many values of one body operation are held at a time (1 MiB of f32)."""


def evaluate(
    module: ModuleOp,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
    block_elements: int = BLOCK_ELEMENTS,
    samples: int | None = None,
) -> dict[str, Array]:
    """
    Run `@main` of a module and return its outputs by name.

    With `samples` all inputs have one more, leading axis of that many samples, and so have the
    outputs.

    `inputs` and `parameters` are arrays of ordinary numbers by name, of the shapes the program
    declares; they are converted to its formats here. Outputs are held values: floats of at most
    32 bits as float32, integers in their own dtype. The module isn't changed. `block_elements`
    bounds the memory, never the values.

    Raises `SpatialError` for missing, superfluous or misshapen arrays, accesses outside a
    tensor, and operations without a definition at this level.
    """
    if is_sequence(module):
        run = partial(evaluate, block_elements=block_elements, samples=samples)
        return chained(module, lambda part: _Runner(partial(run, part))).run(inputs, parameters)
    program = module.clone()
    PatternExpandActivationsPass().apply(Context(), program)
    function = main_function(program)
    ports = inputs_of(function)
    if unknown := sorted(set(inputs) - {port.name for port in ports}):
        known = ", ".join(port.name for port in ports) or "none"
        raise SpatialError(f'no input is called "{unknown[0]}"; the program has {known}')
    evaluator = _Evaluator(parameters, block_elements)
    leading = () if samples is None else (samples,)
    evaluator.lengths.extend(leading)
    for argument, port in zip(function.args, ports, strict=True):
        held = _stored(port, inputs, "input", leading)
        evaluator.values[argument] = Held(held, len(leading))
    block = function.body.block
    evaluator.run(block)
    results = block.last_op
    if not isinstance(results, func.ReturnOp):
        raise SpatialError("@main must end in func.return")
    names = [port.name for port in outputs_of(function)]
    arrays = [
        np.array(np.broadcast_to(found, (*leading, *found.shape[len(leading) :])))
        for found in map(evaluator.get, results.operands)
    ]
    return dict(zip(names, arrays, strict=True))


@dataclass(frozen=True)
class _Runner:
    """A part of a program, to be run as part of the whole."""

    evaluate: Callable[[Mapping[str, Array], Mapping[str, Array]], dict[str, Array]]

    def run(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        """Evaluate it for these arrays, by name."""
        return self.evaluate(_arrays(inputs), _arrays(parameters))


def _arrays(given: Mapping[str, object]) -> dict[str, Array]:
    return {name: np.asarray(value) for name, value in given.items()}


def _stored(
    port: Port, given: Mapping[str, Array], what: str, leading: tuple[int, ...] = ()
) -> Array:
    if port.name not in given:
        known = ", ".join(sorted(given)) or "none"
        raise SpatialError(f'{what} "{port.name}" is missing; given: {known}')
    array = np.asarray(given[port.name])
    shape = (*leading, *port.type.get_shape())
    if array.shape != shape:
        raise SpatialError(
            f'{what} "{port.name}" must have shape {shape} for {port.type}, got {array.shape}'
        )
    return quantise(array, port.type.element_type, port.scale)


class _Evaluator:
    """The values known so far, and the open indices."""

    def __init__(self, parameters: Mapping[str, Array], block_elements: int):
        self.values: dict[SSAValue, Held] = {}
        self.parameters = parameters
        self.block_elements = block_elements
        self.axes: dict[SSAValue, Axis] = {}
        self.lengths: list[int] = []
        self._works: dict[Operation, int] = {}
        self._evaluations: dict[type[Operation], Callable[..., None]] = {
            ParameterOp: self._parameter,
            TableOp: self._table,
            arith.ConstantOp: self._constant,
            ReadOp: self._read,
            GatherOp: self._gather,
            ConvertOp: self._convert,
            MapOp: self._map,
            ReduceOp: self._reduce,
            ScanOp: self._scan,
        }

    @property
    def depth(self) -> int:
        """Return the number of open axes."""
        return len(self.lengths)

    def get(self, value: SSAValue) -> Array:
        """Return a value for all open indices."""
        axis = self.axes.get(value)
        if axis is not None:
            return index_values(axis, self.depth)
        return self.values[value].at(self.depth)

    def set(self, value: SSAValue, array: Array) -> None:
        """Define a value for all open indices."""
        self.values[value] = Held(array, self.depth)

    def run(self, block: Block) -> None:
        """Evaluate the operations of a block, except its terminator."""
        for op in block.ops:
            if isinstance(op, YieldOp | NextOp | MemoryOp | func.ReturnOp):
                continue
            evaluation = self._evaluations.get(type(op))
            if evaluation is not None:
                evaluation(op)
            elif op.name.startswith("rnn."):
                raise SpatialError(f"{op.name} is above this level; run convert-rnn-to-pattern")
            else:
                result = apply_arith(op, [self.get(operand) for operand in op.operands])
                self.set(op.results[0], result)

    @contextmanager
    def opened(self, op: DomainOp, ranges: Ranges) -> Generator[None]:
        """Open one axis per dimension of a domain, for a box of index values."""
        depth = self.depth
        for index, (start, length) in zip(op.indices, ranges, strict=True):
            self.axes[index] = Axis(self.depth, start, length)
            self.lengths.append(length)
        try:
            yield
        finally:
            del self.lengths[depth:]

    def _parameter(self, op: ParameterOp) -> None:
        if op.result not in self.values:
            scale = None if op.scale is None else op.scale.value.data
            port = Port(op.name_.data, op.result.type, scale)
            self.values[op.result] = Held(_stored(port, self.parameters, "parameter"), 0)

    def _table(self, op: TableOp) -> None:
        if op.result not in self.values:
            low, high = op.low.value.data, op.high.value.data
            samples = table_values(
                op.function.data, op.entries, low, high, op.result.type.element_type
            )
            self.values[op.result] = Held(samples, 0)

    def _constant(self, op: arith.ConstantOp) -> None:
        if op.result not in self.values:
            self.values[op.result] = Held(apply_arith(op, []), 0)

    def _read(self, op: ReadOp) -> None:
        axes = [self.axes.get(index) for index in op.indices]
        indices = [self.get(index) for index in op.indices]
        self.set(op.result, read(op, self.values[op.source], indices, axes, self.depth))

    def _gather(self, op: GatherOp) -> None:
        indices = [self.get(index) for index in op.indices]
        found = gather(self.values[op.source], indices, self.depth, str(op.source.type))
        self.set(op.result, found)

    def _convert(self, op: ConvertOp) -> None:
        self.set(op.result, apply_convert(op, self.get(op.input)))

    def _body(self, op: DomainOp, ranges: Ranges) -> list[Array]:
        """Return what a body yields, with the full extent of its own axes."""
        with self.opened(op, ranges):
            self.run(op.body.block)
            extents = tuple(length for _, length in ranges)
            outer = self.depth - len(extents)
            yielded = [self.get(value) for value in op.yielded]
        return [np.broadcast_to(value, (*value.shape[:outer], *extents)) for value in yielded]

    def _room(self, op: DomainOp) -> int:
        """Return how many points of a domain may be evaluated at once."""
        return max(1, self.block_elements // (prod(self.lengths) * self._work(op)))

    def _work(self, op: Operation) -> int:
        """Return the greatest number of values that one run of a body holds per operation."""
        known = self._works.get(op)
        if known is None:
            inner = [child for region in op.regions for child in region.block.ops if child.regions]
            known = max(
                (
                    self._work(child) * (prod(child.domain) if isinstance(child, DomainOp) else 1)
                    for child in inner
                ),
                default=1,
            )
            self._works[op] = known
        return known

    def _map(self, op: MapOp) -> None:
        results: list[Array] = []
        for ranges in row_blocks(op.domain, self._room(op)):
            values = self._body(op, ranges)
            if not results:
                results = [
                    np.empty((*value.shape[: self.depth], *op.domain), value.dtype)
                    for value in values
                ]
            box = tuple(slice(start, start + length) for start, length in ranges)
            for result, value in zip(results, values, strict=True):
                result[(slice(None),) * self.depth + box] = value
        for result, array in zip(op.results, results, strict=True):
            self.set(result, array)

    def _reduce(self, op: ReduceOp) -> None:
        def body(ranges: Ranges) -> Sequence[Array]:
            return self._body(op, ranges)

        room = self._room(op) * prod(self.lengths)
        for result, array in zip(
            op.results, reduce_blocks(op, body, prod(self.lengths), room), strict=True
        ):
            self.set(result, array)

    def _scan(self, op: ScanOp) -> None:
        for carry, init in zip(op.carries, op.inits, strict=True):
            self.set(carry, self.get(init))
        stacks = [self._stack(value.type, op.steps) for value in op.next.emits]
        steps = range(op.steps)
        for step in reversed(steps) if op.reverse is not None else steps:
            self.axes[op.index] = Axis(None, step, 1)
            self.run(op.body.block)
            here = (slice(None),) * self.depth
            for stack, value in zip(stacks, op.next.emits, strict=True):
                stack[(*here, step)] = self.get(value)
            carried = [self.get(value) for value in op.next.carries]
            for carry, array in zip(op.carries, carried, strict=True):
                self.set(carry, array)
        last = [self.get(carry) for carry in op.carries]
        for result, array in zip(op.results, [*last, *stacks], strict=True):
            self.set(result, array)

    def _stack(self, type: Attribute, steps: int) -> Array:
        """Return room for the values that a scan emits."""
        tensor = isa(type, TensorType)
        shape = type.get_shape() if tensor else ()
        dtype = storage_dtype(type.element_type if tensor else type)
        return np.empty((*self.lengths, steps, *shape), dtype)
