"""After how many iterations of a counter the firings of an access fall on the banks as before."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm

from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
)

from spatial_opt.dialects.affine_bounds import interval, linear_form
from spatial_opt.machine.banks import WORD_BITS, Banking
from spatial_opt.passes.solvers.bank_problem import Access, Problem


def periods(problem: Problem, access: Access, banking: Banking, duplicated: bool) -> list[int]:
    """
    Return, per counter, after how many iterations firings are alike; its bound for never.

    A coordinate comes back to the same value (`%t mod 2`), or it moves evenly and stays inside.
    Even moves by whole words matter modulo M.
    """
    modulus = 1 if duplicated else banking.banks * banking.block
    bounds = (*access.bounds, access.lanes)
    per_word = WORD_BITS // problem.bits
    weights = banking.weights(problem.words)
    results = access.address.results
    even = [
        linear_form(expr, len(bounds)) if _stays_inside(expr, bounds, extent) else None
        for expr, extent in zip(results, problem.shape, strict=True)
    ]
    found: list[int] = []
    for counter, bound in enumerate(access.bounds):
        whole, moves = 1, [0] * len(results)
        for place, (expr, linear) in enumerate(zip(results, even, strict=True)):
            again = _comes_back(expr, counter)
            if again is not None:
                whole = lcm(whole, again)
            elif linear is not None:
                moves[place] = linear[0][counter]
            else:
                whole = 0
        # So many iterations move by whole words; so far does A = a . x get by them.
        whole *= per_word // gcd(moves[-1], per_word)
        moves[-1] = moves[-1] * whole // per_word
        shift = weights[-1] * moves[-1]
        shift += sum(a * move * whole for a, move in zip(weights[:-1], moves[:-1], strict=True))
        found.append(whole * (modulus // gcd(shift, modulus)) or bound)
    return found


def _stays_inside(expr: AffineExpr, bounds: Sequence[int], extent: int) -> bool:
    low, high = interval(expr, bounds)
    return low >= 0 and high < extent


def _comes_back(expr: AffineExpr, dim: int) -> int | None:
    """Return after how many steps of a dimension an expression has its value again, or None."""
    match expr:
        case AffineConstantExpr():
            return 1
        case AffineDimExpr(position):
            return None if position == dim else 1
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mod, lhs, AffineConstantExpr(divisor)):
            again = _comes_back(lhs, dim)
            linear = linear_form(lhs, dim + 1 + max(lhs.used_dims(), default=0))
            return again or (None if linear is None else divisor // gcd(linear[0][dim], divisor))
        case AffineBinaryOpExpr(_, lhs, rhs):
            left, right = _comes_back(lhs, dim), _comes_back(rhs, dim)
            return None if left is None or right is None else lcm(left, right)
        case _:
            return None
