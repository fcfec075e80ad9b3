"""
Integers that are known: affine functions of the steps of the loops around them.

What other front ends compute to index a tensor (casts, clamps to its length, selections for
negative indices) folds to such a function, since the range of each step is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from xdsl.dialects import affine, arith
from xdsl.dialects.builtin import IndexType, IntegerAttr, IntegerType, i1
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.ir.affine import AffineExpr
from xdsl.utils.hints import isa

from spatial_opt.dialects.affine_bounds import interval
from spatial_opt.lowering.raising.simplification import simplify


@dataclass(frozen=True)
class Form:
    """An affine function of indices, each of which runs from 0."""

    expr: AffineExpr
    indices: tuple[SSAValue, ...] = ()
    extents: tuple[int, ...] = ()

    @staticmethod
    def constant(value: int) -> Form:
        """Give a number."""
        return Form(AffineExpr.constant(value))

    @staticmethod
    def index(value: SSAValue, extent: int) -> Form:
        """Give an index itself."""
        return Form(AffineExpr.dimension(0), (value,), (extent,))

    @property
    def range(self) -> tuple[int, int]:
        """Return the least and the greatest value."""
        return interval(self.expr, self.extents)

    @property
    def number(self) -> int | None:
        """Return the value where it is one."""
        low, high = self.range
        return low if low == high else None

    def with_expr(self, expr: AffineExpr) -> Form:
        """Give another function of the same indices."""
        return Form(expr, self.indices, self.extents)

    def over(self, indices: tuple[SSAValue, ...]) -> AffineExpr:
        """Give the expression with the indices numbered as in a longer list."""
        new = [AffineExpr.dimension(indices.index(index)) for index in self.indices]
        return self.expr.replace_dims_and_symbols(new, [])


def joined(forms: list[Form]) -> tuple[tuple[SSAValue, ...], tuple[int, ...]]:
    """List the indices of several forms, each once, with their extents."""
    found: dict[SSAValue, int] = {}
    for form in forms:
        found |= dict(zip(form.indices, form.extents, strict=True))
    return tuple(found), tuple(found.values())


def combined(a: Form, b: Form, combine: Callable[[AffineExpr, AffineExpr], AffineExpr]) -> Form:
    """Combine two forms."""
    indices, extents = joined([a, b])
    return simplified(Form(combine(a.over(indices), b.over(indices)), indices, extents))


def simplified(form: Form) -> Form:
    """Simplify a form; one that has one value only is that number."""
    number = form.number
    if number is not None:
        return Form.constant(number)
    return form.with_expr(simplify(form.expr, form.extents))


def fold(op: Operation, known: Callable[[SSAValue], Form | None]) -> Form | None:
    """Give the result of an operation on integers as a form, None if it has none."""
    if isinstance(op, arith.ConstantOp):
        value = op.value
        if not isa(value, IntegerAttr):
            return None
        number = value.value.data
        return Form.constant(abs(number) if value.type == i1 else number)
    if isinstance(op, affine.ApplyOp):
        return _applied(op, known)
    type = op.results[0].type if op.results else None
    if not isa(type, IntegerType) and not isinstance(type, IndexType):
        return None
    operands = [known(value) for value in op.operands]
    if isinstance(op, arith.SelectOp):
        condition = None if operands[0] is None else operands[0].number
        return None if condition is None else operands[1 if condition else 2]
    forms = [form for form in operands if form is not None]
    if len(forms) < len(operands):
        return None
    found = _of_conditions(op, forms) if op.operands[0].type == i1 else _folded(op, forms)
    return found if found is not None and _fits(found, type) else None


def _of_conditions(op: Operation, forms: list[Form]) -> Form | None:
    """An operation on i1: a condition that holds is 1 here, and -1 where signs count."""
    match op:
        case arith.IndexCastOp() | arith.ExtSIOp():
            return forms[0].with_expr(forms[0].expr * -1)
        case arith.ExtUIOp():
            return forms[0]
        case arith.AndIOp() | arith.OrIOp() | arith.XOrIOp():
            return _folded(op, forms)
        case _:
            return None


def _folded(op: Operation, forms: list[Form]) -> Form | None:
    match op:
        case arith.IndexCastOp() | arith.ExtSIOp():
            return forms[0]
        case arith.ExtUIOp():
            return forms[0] if forms[0].range[0] >= 0 else None
        case arith.TruncIOp():
            return forms[0] if op.result.type != i1 else None
        case arith.AddiOp():
            return combined(forms[0], forms[1], lambda a, b: a + b)
        case arith.SubiOp():
            return combined(forms[0], forms[1], lambda a, b: a - b)
        case arith.MuliOp():
            return _product(forms[0], forms[1])
        case arith.MaxSIOp():
            return _ordered(forms[0], forms[1], greatest=True)
        case arith.MinSIOp():
            return _ordered(forms[0], forms[1], greatest=False)
        case arith.CmpiOp():
            return _compared(forms[0], forms[1], op.predicate.value.data)
        case arith.DivSIOp() | arith.FloorDivSIOp() | arith.DivUIOp():
            return _divided(forms[0], forms[1], AffineExpr.__floordiv__)
        case arith.RemSIOp() | arith.RemUIOp():
            return _divided(forms[0], forms[1], AffineExpr.__mod__)
        case arith.AndIOp():
            return _bitwise(forms[0], forms[1], lambda a, b: a & b)
        case arith.OrIOp():
            return _bitwise(forms[0], forms[1], lambda a, b: a | b)
        case arith.XOrIOp():
            return _bitwise(forms[0], forms[1], lambda a, b: a ^ b)
        case _:
            return None


def _applied(op: affine.ApplyOp, known: Callable[[SSAValue], Form | None]) -> Form | None:
    operands = [known(value) for value in op.mapOperands]
    forms = [form for form in operands if form is not None]
    map = op.map.data
    if len(forms) < len(operands):
        return None
    indices, extents = joined(forms)
    new = [form.over(indices) for form in forms]
    (expr,) = map.results
    replaced = expr.replace_dims_and_symbols(new[: map.num_dims], new[map.num_dims :])
    return simplified(Form(replaced, indices, extents))


def _fits(form: Form, type: Attribute) -> bool:
    """Tell whether a type holds all values of a form, so that none of them wraps."""
    if not isa(type, IntegerType):
        return True
    low, high = form.range
    if type == i1:
        return low >= 0 and high <= 1
    top = 1 << (type.width.data - 1)
    return -top <= low and high < top


def _product(a: Form, b: Form) -> Form | None:
    for factor, other in ((a.number, b), (b.number, a)):
        if factor is not None:
            return simplified(other.with_expr(other.expr * factor))
    return None


def _difference(a: Form, b: Form) -> tuple[int, int]:
    return combined(a, b, lambda x, y: x - y).range


def _ordered(a: Form, b: Form, greatest: bool) -> Form | None:
    low, high = _difference(a, b)
    if low >= 0:
        return a if greatest else b
    if high <= 0:
        return b if greatest else a
    return None


def _compared(a: Form, b: Form, predicate: int) -> Form | None:
    """Decide a comparison; unsigned ones of numbers that are not negative."""
    low, high = _difference(a, b)
    if predicate >= 6:
        if a.range[0] < 0 or b.range[0] < 0:
            return None
        predicate -= 4
    always, never = {
        0: (low == high == 0, low > 0 or high < 0),
        1: (low > 0 or high < 0, low == high == 0),
        2: (high < 0, low >= 0),
        3: (high <= 0, low > 0),
        4: (low > 0, high <= 0),
        5: (low >= 0, high < 0),
    }[predicate]
    return Form.constant(int(always)) if always or never else None


def _divided(
    a: Form, b: Form, divide: Callable[[AffineExpr, AffineExpr | int], AffineExpr]
) -> Form | None:
    divisor = b.number
    if divisor is None or divisor <= 0 or a.range[0] < 0:
        return None
    return simplified(a.with_expr(divide(a.expr, divisor)))


def _bitwise(a: Form, b: Form, combine: Callable[[int, int], int]) -> Form | None:
    if a.number is None or b.number is None:
        return None
    return Form.constant(combine(a.number, b.number))
