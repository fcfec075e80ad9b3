"""Structured operations as maps and reductions."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue
from xdsl.ir.affine import AffineDimExpr, AffineExpr, AffineMap
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import MapOp, ReduceOp, YieldOp
from spatial_opt.dialects.pattern_syntax import is_scalar
from spatial_opt.lowering.linalg.combining import identity
from spatial_opt.lowering.linalg.constants import Number
from spatial_opt.lowering.linalg.emitter import Emitter
from spatial_opt.lowering.raising.combinations import combination, combining_operation
from spatial_opt.lowering.raising.elements import read
from spatial_opt.lowering.raising.place import refusal
from spatial_opt.lowering.raising.scalars import Loops, Scalars, Surroundings
from spatial_opt.lowering.raising.structured import Structured
from spatial_opt.lowering.raising.views import Splat


def raise_structured(
    nest: Structured, around: Surroundings, e: Emitter
) -> dict[SSAValue, SSAValue]:
    """Write a structured operation as one map per result that somebody uses; returns these."""
    _check_body(nest)
    return {
        result: _Kernel(nest, number, around, e).write()
        for number, result in enumerate(nest.op.results)
        if any(result.uses)
    }


def _check_body(nest: Structured) -> None:
    """Refuse a body that does not go with its operation, of which xDSL says nothing."""
    taken, given = len(nest.body.args), len(nest.inputs) + len(nest.outputs)
    yielded, results = len(_yielded(nest)), len(nest.outputs)
    if taken != given:
        raise refusal(nest.op, f"its body takes {taken} elements of {given} operands; take all")
    if yielded != results:
        raise refusal(nest.op, f"its body yields {yielded} values for {results} results; yield all")


def _yielded(nest: Structured) -> Sequence[SSAValue]:
    return () if nest.body.last_op is None else nest.body.last_op.operands


class _Kernel:
    """One result of a structured operation."""

    def __init__(self, nest: Structured, number: int, around: Surroundings, e: Emitter):
        self._nest = nest
        self._around = around
        self._e = e
        self._name = nest.op.results[number].name_hint
        self._yielded = _yielded(nest)[number]
        self._running = nest.body.args[len(nest.inputs) + number]
        self._init = around.tensor(nest.outputs[number])
        map = nest.maps[len(nest.inputs) + number]
        self._domain = _loops_of(map, self._init.shape)
        self._combining = [loop for loop, combines in enumerate(nest.combining) if combines]
        parallel = [loop for loop, combines in enumerate(nest.combining) if not combines]
        if sorted(loop for loop in self._domain if loop is not None) != parallel:
            raise refusal(
                nest.op,
                f"its result is written at {map}, which is not one element per iteration of the "
                "parallel loops; write every element once",
            )
        if not is_scalar(self._init.element):
            raise refusal(
                nest.op,
                f"its elements are {self._init.element}; patterns have f32, f16, bf16, f8E4M3FN, "
                "f8E5M2, i8, i16, i32 and i1",
            )

    def write(self) -> SSAValue:
        """Write it."""
        nest = self._nest
        op = MapOp(self._init.shape, [self._init.element])
        body = Emitter(op.body.block, nest.op.location)
        loops: dict[int, SSAValue] = {
            loop: index
            for loop, index in zip(self._domain, op.indices, strict=True)
            if loop is not None
        }
        value = (
            self._combined(body, loops, op.indices)
            if self._combining
            else self._scalars(body, loops).value(self._yielded)
        )
        body.append(YieldOp(value))
        return self._e.add(op, self._name)

    def _scalars(self, e: Emitter, loops: dict[int, SSAValue]) -> Scalars:
        """Give the writer of scalars for a body that sees all the loops."""
        nest = self._nest
        indices = tuple(loops[loop] for loop in range(len(nest.extents)))

        def element(argument: int) -> SSAValue:
            return self._element(e, argument, indices)

        return Scalars(e, nest.body, element, self._around, Loops(indices, nest.extents))

    def _element(self, e: Emitter, argument: int, indices: Sequence[SSAValue]) -> SSAValue:
        """Read the element that an argument of the body stands for."""
        nest = self._nest
        operand = [*nest.inputs, *nest.outputs][argument]
        if isa(operand.type, TensorType):
            return read(e, self._around.tensor(operand), nest.maps[argument].results, indices)
        scalar = self._around.scalar(operand)
        if scalar is None:
            raise refusal(
                nest.op,
                "it takes a scalar from outside that is no constant and carried by no loop; "
                "compute it in the body",
            )
        return scalar

    def _combined(
        self, e: Emitter, loops: dict[int, SSAValue], indices: Sequence[SSAValue]
    ) -> SSAValue:
        """Write a reduction, and what it starts from at the indices of the result."""
        nest, init = self._nest, self._init
        found = combination(self._yielded, self._running)
        if found is None:
            raise refusal(
                nest.op,
                "its body does not combine the running value with another one by a sum, a "
                "product or an extreme alone; split off what else it computes",
            )
        extents = [nest.extents[loop] for loop in self._combining]
        reduce = ReduceOp(found.kind, extents, [init.element])
        inner = Emitter(reduce.body.block, nest.op.location)
        all_loops = loops | dict[int, SSAValue](zip(self._combining, reduce.indices, strict=True))
        inner.append(YieldOp(self._scalars(inner, all_loops).value(found.value)))
        total = e.add(reduce, self._name)
        if self._starts_from_nothing(found.kind):
            return total
        at = [AffineExpr.dimension(n) for n in range(len(indices))]
        first = read(e, init, at, indices)
        return e.add(combining_operation(found.kind, first, total))

    def _starts_from_nothing(self, kind: str) -> bool:
        """Tell whether the running values start from what leaves others unchanged."""
        init = self._init
        if not isinstance(init, Splat) or not isa(init.value, Number):
            return False
        neutral = identity(kind, init.element, stored=True)
        return init.value.value.data == neutral.value.data


def _loops_of(map: AffineMap, shape: Sequence[int]) -> list[int | None]:
    """Give the loop along each dimension of a result, None along those of one element."""
    found: list[int | None] = []
    for expr, extent in zip(map.results, shape, strict=True):
        if isinstance(expr, AffineDimExpr):
            found.append(expr.position)
        elif extent == 1:
            found.append(None)
        else:
            # No loop has this number.
            found.append(-1)
    return found
