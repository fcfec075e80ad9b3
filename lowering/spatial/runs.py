"""
Runs of a reduction: consecutive vectors in which the same reads can give anything but zero.

A reduction over a concatenation, `W[k] * x[k] + R[k - n] * h[k - n]` with zeros outside, reads x
for some vectors and h for the others. What is left of its body is the same in both, a product of
two values, so one unit does it, and its ports are fed from x's memory and from h's in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from xdsl.dialects import arith
from xdsl.ir import Operation, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.dialects.affine_bounds import linear_form
from spatial_opt.dialects.pattern_remainder import moves_zero
from spatial_opt.lowering.spatial.program import Access, shape
from spatial_opt.lowering.spatial.space import ReduceSpace, Run


@dataclass(frozen=True)
class Operand:
    """One value that a body takes from outside, and where each run gets it."""

    value: SSAValue
    """What stands for it in `Reading.ops`: the result of the read of the first run."""
    reads: tuple[tuple[Run, pattern.ReadOp], ...]


@dataclass(frozen=True)
class Reading:
    """What is left of the body for one result: operands, operations in order, and the value."""

    operands: tuple[Operand, ...]
    ops: tuple[Operation, ...]
    aliases: dict[SSAValue, SSAValue]
    """Values that are others, since what was added to them is zero."""
    value: SSAValue
    period: int
    """Vectors after which the runs come again."""


class _Zero:
    """Stands for a value that is zero in a whole run."""


_ZERO = _Zero()


@dataclass
class _Body:
    """A body without what is zero: which value each result of it is."""

    values: dict[SSAValue, SSAValue | _Zero]
    ops: list[Operation]
    reads: list[pattern.ReadOp]
    """In the order in which the expression meets them, which is the same for equal shapes."""
    shape: object = None
    """The expression, up to what is read and to the order of factors and summands."""


def reading(
    domain: ReduceSpace, piece: int, accesses: dict[pattern.ReadOp, Access], position: int
) -> Reading:
    """Find the runs of one piece of a reduction for one of its results."""
    op = domain.op
    value = op.yielded[position]
    whole = Run(domain, piece, 0, domain.vectors(piece))
    ops = _slice(op, value)
    general = _body(ops, frozenset())
    if len(domain.bounds) > 1:
        return _joined([(whole, general)], value)
    live = {
        read: _live(accesses[read], domain, piece)
        for read in general.reads
        if read.zero_outside is not None
    }
    found: list[tuple[Run, _Body]] = []
    ends = sorted({0, whole.last, *(end for span in live.values() for end in span)})
    waiting = 0
    for first, last in pairwise(ends):
        dead = frozenset(read for read, (low, high) in live.items() if not low <= first < high)
        body = _body(ops, dead)
        if isinstance(body.values[value], _Zero) or (found and body.reads == found[-1][1].reads):
            # Vectors in which all is zero go with those before, else with those behind them.
            if found:
                before, kept = found.pop()
                found.append((Run(domain, piece, before.first, last), kept))
        else:
            found.append((Run(domain, piece, waiting, last), body))
        waiting = last if found else 0
    if not found:
        found = [(whole, _somewhere(domain, accesses, ops, value) or general)]
    if any(body.shape != found[0][1].shape for _, body in found):
        found = [(whole, general)]
    return _joined(found, value)


def _somewhere(
    domain: ReduceSpace,
    accesses: dict[pattern.ReadOp, Access],
    ops: list[Operation],
    value: SSAValue,
) -> _Body | None:
    """Give what is left of a body where it is not zero, for a piece in which all is zero."""
    reads = [op for op in ops if isinstance(op, pattern.ReadOp) and op.zero_outside is not None]
    for piece in range(domain.pieces):
        live = {read: _live(accesses[read], domain, piece) for read in reads}
        for first in sorted({low for low, high in live.values() if low < high}):
            dead = frozenset(read for read, (low, high) in live.items() if not low <= first < high)
            body = _body(ops, dead)
            if not isinstance(body.values[value], _Zero):
                return body
    return None


def _joined(found: list[tuple[Run, _Body]], value: SSAValue) -> Reading:
    body = found[0][1]
    kept = body.values[value]
    assert not isinstance(kept, _Zero)
    operands: list[Operand] = []
    for number, read in enumerate(body.reads):
        reads: list[tuple[Run, pattern.ReadOp]] = []
        for run, other in found:
            same = other.reads[number]
            if reads and reads[-1][1] is same:
                reads[-1] = (Run(run.domain, run.piece, reads[-1][0].first, run.last), same)
            else:
                reads.append((run, same))
        operands.append(Operand(read.result, tuple(reads)))
    aliases = {
        old: new
        for old, new in body.values.items()
        if not isinstance(new, _Zero) and new is not old
    }
    return Reading(tuple(operands), tuple(body.ops), aliases, kept, found[-1][0].last)


def _slice(op: pattern.ReduceOp, value: SSAValue) -> list[Operation]:
    """List the operations of the body that a yielded value needs, in order."""
    wanted = {value}
    found: list[Operation] = []
    for inner in reversed(list(op.body.block.ops)):
        if any(result in wanted for result in inner.results):
            found.append(inner)
            wanted |= set(inner.operands)
    return found[::-1]


def _live(access: Access, domain: ReduceSpace, piece: int) -> tuple[int, int]:
    """Give the vectors of a piece, first and last + 1, in which a read can be inside its tensor."""
    variable = domain.op.indices[-1]
    first, last = 0, domain.vectors(piece)
    if variable not in access.variables:
        return first, last
    position = access.variables.index(variable)
    bounds = [pattern.index_bound(v) or 1 for v in access.variables]
    for expr, extent in zip(access.exprs, shape(access.source), strict=True):
        form = linear_form(expr, len(bounds))
        if form is None or form[0][position] <= 0:
            continue
        coefficients, constant = form
        factor = coefficients[position]
        rest = [
            (c * (bound - 1) if n != position else 0)
            for n, (c, bound) in enumerate(zip(coefficients, bounds, strict=True))
        ]
        least = constant + sum(min(0, r) for r in rest)
        greatest = constant + sum(max(0, r) for r in rest)
        # Inside at element k for some values of the others: 0 <= factor * k + rest < extent.
        low = -(greatest // factor) - piece * domain.piece
        high = (extent - 1 - least) // factor - piece * domain.piece
        first = max(first, low // domain.lanes)
        last = min(last, high // domain.lanes + 1)
    return (first, last) if first < last else (0, 0)


def _body(ops: list[Operation], dead: frozenset[pattern.ReadOp]) -> _Body:
    """Drop what is zero when some reads give zero; `ops` ends with the value's operation."""
    body = _Body({}, [], [])
    for op in ops:
        operands = [body.values.get(operand, operand) for operand in op.operands]
        zero = [isinstance(operand, _Zero) for operand in operands]
        match op:
            case pattern.ReadOp() if op in dead:
                body.values[op.result] = _ZERO
            case arith.MulfOp() | arith.MuliOp() if any(zero):
                body.values[op.result] = _ZERO
            case arith.AddfOp() | arith.AddiOp() if any(zero):
                body.values[op.result] = operands[1] if zero[0] else operands[0]
            case pattern.ConvertOp() if zero[0] and not moves_zero(op):
                body.values[op.result] = _ZERO
            case _ if any(zero):
                # Something else is made of it: then nothing is dropped.
                return _body(ops, frozenset())
            case _:
                for result in op.results:
                    body.values[result] = result
                if not isinstance(op, pattern.ReadOp):
                    body.ops.append(op)
    root = body.values[ops[-1].results[0]]
    if not isinstance(root, _Zero):
        body.shape = _expression(root, body, {})
    return body


def _expression(value: SSAValue, body: _Body, met: dict[SSAValue, int]) -> object:
    """Write a value as nested tuples, and note its reads in `body` in the order they come."""
    if value in met:
        return ("again", met[value])
    met[value] = len(met)
    op = value.owner
    if isinstance(op, pattern.ReadOp):
        body.reads.append(op)
        return ("read", str(value.type), _is_parameter(value))
    if not isinstance(op, Operation) or value not in body.values:
        return ("outside", id(value))
    operands = [body.values.get(operand, operand) for operand in op.operands]
    inner = [operand for operand in operands if not isinstance(operand, _Zero)]
    if isinstance(op, arith.MulfOp | arith.MuliOp | arith.AddfOp | arith.AddiOp):
        # Neither product nor sum depends on the order; the side with a parameter comes first.
        inner.sort(key=lambda operand: not _is_parameter(operand))
    properties = tuple(sorted((name, str(data)) for name, data in op.properties.items()))
    return (op.name, str(value.type), properties, *(_expression(v, body, met) for v in inner))


def _is_parameter(value: SSAValue) -> bool:
    """Whether a value is a parameter's element, converted or not."""
    op = value.owner
    while isinstance(op, Operation) and op.name in ("pattern.convert", "arith.extf", "arith.extsi"):
        op = op.operands[0].owner
    return isinstance(op, pattern.ReadOp) and isinstance(op.source.owner, pattern.ParameterOp)
