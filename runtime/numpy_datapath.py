"""
Compute units on numpy: the body of a unit evaluated once for all firings of an activation.

A value is an array with one axis per counter of the unit (of length 1 where it doesn't depend on
the counter) and, for vectors, an axis of lanes. Values that are only needed at the last firing
within some counter are computed only there: their inner axes have length 1.
"""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from xdsl.dialects.builtin import VectorType
from xdsl.ir import Attribute, BlockArgument, Operation, SSAValue

from spatial_opt.dialects.spatial import (
    CombineOp,
    FoldOp,
    PcuOp,
    ReceiveOp,
    RepeatOp,
    SendOp,
    StageOp,
)
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array, element_type_of
from spatial_opt.runtime.numerics import apply_arith, apply_convert, combine, identity, tree
from spatial_opt.runtime.numpy_access import open_grid


def token_axes(value_type: Attribute) -> tuple[int, ...]:
    """Give the axes of one token: `(N,)` for a vector, none for a scalar."""
    return tuple(value_type.get_shape()) if isinstance(value_type, VectorType) else ()


class Datapath:
    """A compute unit ready to run: one array per receive in, one array per send out."""

    def __init__(self, op: PcuOp) -> None:
        self.bounds: tuple[int, ...] = tuple(op.bounds.get_values())
        self.receives: list[ReceiveOp] = []
        self.sends: list[SendOp] = []
        self._levels: dict[SSAValue, int] = {}
        self._slots: dict[SSAValue, int] = {}
        self._steps: list[Callable[[list[Array]], Array]] = []
        self._targets: list[int] = []
        body = list(op.body.block.ops)
        self._demand(body)
        grid = open_grid(self.bounds)
        self._fixed: list[Array] = []
        for argument in op.body.block.args:
            self._slot(argument)
            self._fixed.append(grid[argument.index])
        for each in body:
            match each:
                case ReceiveOp():
                    self.receives.append(each)
                    self._slot(each.result)
                case SendOp():
                    self.sends.append(each)
                case _:
                    pass
        for each in body:
            if not isinstance(each, ReceiveOp | SendOp | StageOp) and self._needed(each):
                self._add(op, each)
        self._sent = [self._operand(s.value, self._depth(s)) for s in self.sends]

    def _slot(self, value: SSAValue) -> int:
        return self._slots.setdefault(value, len(self._slots))

    def _depth(self, op: ReceiveOp | SendOp | FoldOp) -> int:
        """Counters that tell the tokens (or accumulators) of an activation apart."""
        if op.once is not None:
            return 0
        if isinstance(op.per, BlockArgument):
            return op.per.index + 1
        return len(self.bounds)

    def _demand(self, body: Sequence[Operation]) -> None:
        """Find for each value how many outer counters' every firing is needed of it."""
        levels = self._levels

        def want(value: SSAValue, level: int) -> None:
            levels[value] = max(level, levels.get(value, 0))

        for op in reversed(body):
            match op:
                case SendOp():
                    want(op.value, self._depth(op))
                case FoldOp() if op.accumulates:
                    want(op.input, len(self.bounds))
                case ReceiveOp() | StageOp():
                    pass
                case _ if self._needed(op):
                    level = max(levels[result] for result in op.results if result in levels)
                    for operand in op.operands:
                        want(operand, level)
                case _:
                    pass

    def _needed(self, op: Operation) -> bool:
        return any(result in self._levels for result in op.results)

    def _operand(self, value: SSAValue, level: int) -> Callable[[list[Array]], Array]:
        """Fetch a value as of the last firing within the first `level` counters."""
        slot = self._slot(value)
        fixed = isinstance(value, BlockArgument) or isinstance(value.owner, ReceiveOp)
        if level >= (len(self.bounds) if fixed else self._levels[value]):
            return lambda values: values[slot]
        last = (slice(None),) * level + (slice(-1, None),) * (len(self.bounds) - level)
        return lambda values: values[slot][last]

    def _add(self, unit: PcuOp, op: Operation) -> None:
        rank = len(self.bounds)
        level = max(self._levels[result] for result in op.results if result in self._levels)
        match op:
            case FoldOp():
                step = self._fold(op, level)
            case CombineOp():
                fetch = self._operand(op.input, level)
                kind, element_type = op.kind.data, element_type_of(op.result.type)

                def pairs(values: list[Array]) -> Array:
                    array = fetch(values)
                    return combine(kind, array[..., 0::2], array[..., 1::2], element_type)

                step = pairs
            case RepeatOp():
                step = self._repeat(op, level)
            case _ if op.name == "arith.constant":
                constant = apply_arith(op, ())
                constant = constant.reshape((1,) * rank + constant.shape)
                step = _always(constant)
            case _ if op.name == "pattern.convert":
                source = self._operand(op.operands[0], level)

                def convert(values: list[Array]) -> Array:
                    return apply_convert(op, source(values))

                step = convert
            case _ if op.name == "vector.broadcast":
                scalar = self._operand(op.operands[0], level)
                lanes = token_axes(op.results[0].type)[0]

                def spread(values: list[Array]) -> Array:
                    array = scalar(values)
                    return np.broadcast_to(array[..., None], (*array.shape, lanes))

                step = spread
            case _ if op.name.startswith(("arith.", "math.")):
                fetches = [self._operand(operand, level) for operand in op.operands]

                def compute(values: list[Array]) -> Array:
                    return apply_arith(op, [fetch(values) for fetch in fetches])

                step = compute
            case _:
                raise SpatialError(
                    f"@{unit.sym_name.data}: a compute unit can't run {op.name}; lower it to "
                    "arith, pattern.convert, spatial.combine, spatial.fold and spatial.repeat"
                )
        self._steps.append(step)
        self._targets.append(self._slot(op.results[0]))

    def _fold(self, op: FoldOp, level: int) -> Callable[[list[Array]], Array]:
        rank = len(self.bounds)
        kind, element_type = op.kind.data, element_type_of(op.result.type)
        has_tree = isinstance(op.input.type, VectorType) and not op.lanewise
        axes = token_axes(op.result.type)
        fetch = self._operand(op.input, rank if op.accumulates else level)

        def lanes(values: list[Array]) -> Array:
            array = fetch(values)
            return tree(kind, array, [element_type]) if has_tree else array

        if not op.accumulates:
            return lanes
        depth = self._depth(op)
        inner = self.bounds[depth:]
        every = level > depth
        start = identity(kind, element_type)
        last = (slice(None),) * level + (slice(-1, None),) * (rank - level)

        def accumulate(values: list[Array]) -> Array:
            array = lanes(values)
            lead = array.shape[:depth]
            array = np.broadcast_to(array, (*lead, *inner, *axes))
            array = np.moveaxis(array.reshape((*lead, prod(inner), *axes)), depth, 0)
            total = np.broadcast_to(start, (*lead, *axes))
            partial: list[Array] = []
            for part in array:
                total = combine(kind, total, part, element_type)
                if every:
                    partial.append(total)
            if every:
                total = np.stack(partial, axis=depth)
            shape = inner if every else (1,) * len(inner)
            return total.reshape((*lead, *shape, *axes))[last]

        return accumulate

    def _repeat(self, op: RepeatOp, level: int) -> Callable[[list[Array]], Array]:
        fetch = self._operand(op.input, level)
        given = token_axes(op.input.type)
        (lanes,) = token_axes(op.result.type)

        def spread(values: list[Array]) -> Array:
            array = fetch(values)
            if not given:
                return np.broadcast_to(array[..., None], (*array.shape, lanes))
            return np.concatenate([array] * (lanes // given[0]), axis=-1)

        return spread

    def token_bounds(self, op: ReceiveOp | SendOp) -> tuple[int, ...]:
        """Give the counters' bounds that number the tokens of one activation."""
        return self.bounds[: self._depth(op)]

    def run(self, tokens: Sequence[Array]) -> list[Array]:
        """
        Run one activation.

        `tokens[i]` has the shape `token_bounds(receives[i])` then the token's own axes; so has
        each result for `sends`.
        """
        rank = len(self.bounds)
        values: list[Array] = [*self._fixed]
        for op, array in zip(self.receives, tokens, strict=True):
            lead = self.token_bounds(op)
            axes = token_axes(op.result.type)
            values.append(array.reshape((*lead, *(1,) * (rank - len(lead)), *axes)))
        values.extend([np.empty(0)] * (len(self._slots) - len(values)))
        for step, target in zip(self._steps, self._targets, strict=True):
            values[target] = step(values)
        results: list[Array] = []
        for op, fetch in zip(self.sends, self._sent, strict=True):
            lead, axes = self.token_bounds(op), token_axes(op.value.type)
            array = fetch(values)
            array = array.reshape((*array.shape[: len(lead)], *axes))
            results.append(np.broadcast_to(array, (*lead, *axes)))
        return results


def _always(constant: Array) -> Callable[[list[Array]], Array]:
    return lambda values: constant
