"""
Addresses as numbers: which element of which array a unit touches at a firing, as a linear form.

An access is `base + outer(t) + sum(coefficients[i] * counter[i]) + lane`, counted in elements of
an array in the arena. Only what is linear in a unit's own counters has this form; the counters of
the controllers around it may be used in any affine way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from xdsl.ir import Attribute
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from spatial_opt.runtime.native.text import Val, Writer


@dataclass(frozen=True)
class Linear:
    """A linear form over own counters, plus terms that only the outer counters decide."""

    coefficients: tuple[int, ...]
    constant: int
    outer: tuple[tuple[int, AffineExpr], ...] = ()

    def __add__(self, other: "Linear") -> "Linear":
        sums = zip(self.coefficients, other.coefficients, strict=True)
        return Linear(
            tuple(a + b for a, b in sums),
            self.constant + other.constant,
            self.outer + other.outer,
        )

    def times(self, factor: int) -> "Linear":
        """Multiply by a constant."""
        return Linear(
            tuple(c * factor for c in self.coefficients),
            self.constant * factor,
            tuple((c * factor, e) for c, e in self.outer),
        )


def linear(expr: AffineExpr, outer: int, own: int) -> Linear | None:
    """
    Write an affine expression as a linear form over its last `own` dimensions.

    None if they occur inside a division or remainder.
    """
    zero = (0,) * own
    match expr:
        case AffineConstantExpr(value):
            return Linear(zero, value)
        case AffineDimExpr(position) if position >= outer:
            return Linear(tuple(int(i == position - outer) for i in range(own)), 0)
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            left, right = linear(lhs, outer, own), linear(rhs, outer, own)
            return None if left is None or right is None else left + right
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, rhs) if isinstance(
            rhs, AffineConstantExpr
        ):
            left = linear(lhs, outer, own)
            return None if left is None else left.times(rhs.value)
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, rhs) if isinstance(
            lhs, AffineConstantExpr
        ):
            right = linear(rhs, outer, own)
            return None if right is None else right.times(lhs.value)
        case _:
            if any(dim >= outer for dim in expr.used_dims()):
                return None
            return Linear(zero, 0, ((1, expr),))


@dataclass(frozen=True)
class Access:
    """How a unit reads or writes one array; the base is known per unit, not per structure."""

    element: Attribute
    """Element type of the tokens."""
    stored: str
    """Kind in memory, "bf16" for the upper half of an f32."""
    coefficients: tuple[int, ...]
    """Elements per step of each counter of the kernel."""
    outer: tuple[tuple[int, AffineExpr], ...] = ()
    terms: tuple[AffineExpr, ...] = ()
    """Terms of the outer counters with factors from the table, in place of `outer`."""
    lane: int = 1
    """Elements from one lane of a token to the next."""
    group: int = 1
    """Adjacent lanes that lie together in a blocked array."""
    along: int = -1
    """
    In a blocked array, the counter whose consecutive steps are consecutive elements (groups of
    `group` lanes); -1 in others.
    """
    memory: bool = False
    """Whether it is a memory or DRAM, where nothing may be written beyond the data."""

    @property
    def is_blocked(self) -> bool:
        """Whether the array is stored in blocks of rows."""
        return self.along >= 0

    def with_counters(self, coefficients: Sequence[int]) -> "Access":
        """Replace the coefficients."""
        return replace(self, coefficients=tuple(coefficients))


def translate(
    coefficients: Sequence[int], trips: Sequence[int], target: Sequence[int]
) -> tuple[int, ...] | None:
    """
    Express an address over other counters that count the same tokens.

    Token m is reached at the mixed-radix digits of m in `trips`, and in `target`. Gives the
    coefficients over the digits of `target`, or None if the address is not linear in them.
    """
    if tuple(trips) == tuple(target):
        return tuple(coefficients)
    if prod(trips) != prod(target):
        return None
    source_digits = _digits(trips, coefficients)
    result: list[int] = []
    stride = prod(target)
    for trip in target:
        stride //= trip
        step = _coefficient(source_digits, stride, trip)
        if step is None:
            return None
        result.append(step)
    return tuple(result)


def _digits(trips: Sequence[int], coefficients: Sequence[int]) -> list[tuple[int, int, int]]:
    """List (stride, trip, coefficient), innermost first, without counters that run once."""
    digits: list[tuple[int, int, int]] = []
    stride = 1
    for trip, coefficient in zip(reversed(trips), reversed(coefficients), strict=True):
        if trip > 1:
            digits.append((stride, trip, coefficient))
            stride *= trip
    return digits


def _coefficient(digits: list[tuple[int, int, int]], stride: int, trip: int) -> int | None:
    """Give the address step of a digit at `stride`, None if it isn't one step."""
    if trip == 1:
        return 0
    end, position, step = stride * trip, stride, None
    while position < end:
        found = next((d for d in digits if d[0] <= position < d[0] * d[1]), None)
        if found is None:
            return None
        low, count, coefficient = found
        high = low * count
        upto = min(high, end)
        # Both radices must split where the other does, or carries would cross.
        if position % low or high % position or upto % position:
            return None
        if upto == end and high % end:
            return None
        here = coefficient * (position // low)
        expected = None if step is None else step * (position // stride)
        if expected is not None and expected != here:
            return None
        step = here if step is None else step
        position = upto
    return step


def emit_affine(w: Writer, expr: AffineExpr, dims: Sequence[Val]) -> Val:
    """Emit an affine expression over i64 scalars; divisors are positive constants."""
    match expr:
        case AffineConstantExpr(value):
            return w.integer(value)
        case AffineDimExpr(position):
            return dims[position]
        case AffineBinaryOpExpr():
            a, b = emit_affine(w, expr.lhs, dims), emit_affine(w, expr.rhs, dims)
            match expr.kind:
                case AffineBinaryOpKind.Add:
                    return w.binary("arith.addi", a, b)
                case AffineBinaryOpKind.Mul:
                    return w.binary("arith.muli", a, b)
                case AffineBinaryOpKind.FloorDiv:
                    return _floor_division(w, a, b)
                case AffineBinaryOpKind.CeilDiv:
                    up = w.binary("arith.subi", b, w.integer(1))
                    return _floor_division(w, w.binary("arith.addi", a, up), b)
                case AffineBinaryOpKind.Mod:
                    product = w.binary("arith.muli", _floor_division(w, a, b), b)
                    return w.binary("arith.subi", a, product)
        case _:
            raise RuntimeError(f"affine expression {expr} has an unknown form; this is a bug")


def _floor_division(w: Writer, a: Val, b: Val) -> Val:
    quotient = w.binary("arith.divsi", a, b)
    rest = w.binary("arith.remsi", a, b)
    negative = w.compare("arith.cmpi slt", rest, w.integer(0))
    return w.select(negative, w.binary("arith.subi", quotient, w.integer(1)), quotient)
