"""
Functions of isl as affine expressions, with floordiv and mod.

isl writes a remainder as `e - n * floor(e / n)`; it becomes `e mod n` again where that is shorter.
"""

from __future__ import annotations

from dataclasses import dataclass

import islpy as isl
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.passes.polyhedral.spaces import results_of


@dataclass(frozen=True)
class Quotient:
    """`inner floordiv divisor`, or `inner mod divisor`."""

    inner: Sum
    divisor: int
    remainder: bool


Atom = int | Quotient
"""A dimension, by its number, or a quotient."""


@dataclass(frozen=True)
class Sum:
    """Multiples of atoms, and a constant."""

    terms: tuple[tuple[Atom, int], ...]
    constant: int

    @property
    def size(self) -> int:
        """Return how much it takes to compute it: quotients count ten times."""
        return sum(
            1 if isinstance(atom, int) else 10 + atom.inner.size for atom, _ in self.terms
        ) + bool(self.constant)

    @property
    def divides(self) -> bool:
        """Return whether there is a quotient in it."""
        return any(isinstance(atom, Quotient) for atom, _ in self.terms)

    def expression(self) -> AffineExpr:
        """Return it as an affine expression."""
        total: AffineExpr | None = None
        for atom, factor in self.terms:
            if isinstance(atom, int):
                part: AffineExpr = AffineExpr.dimension(atom)
            else:
                inner = atom.inner.expression()
                part = inner % atom.divisor if atom.remainder else inner // atom.divisor
            part = part if factor == 1 else part * factor
            total = part if total is None else total + part
        if total is None:
            return AffineExpr.constant(self.constant)
        return total + self.constant if self.constant else total


def sums(function: isl.MultiAff) -> tuple[Sum, ...]:
    """Return the results of a function, simplified, rounded down where they are no integers."""
    return tuple(_sum(result.floor(), 1) for result in results_of(function))


def to_affine_map(results: tuple[Sum, ...], dims: int) -> AffineMap:
    """Return sums over `dims` dimensions as an affine map."""
    return AffineMap(dims, 0, tuple(result.expression() for result in results))


def _sum(aff: isl.Aff, scale: int) -> Sum:
    """Return `scale * aff`, whose coefficients are integers."""
    terms: dict[Atom, int] = {}
    for position in range(aff.dim(isl.dim_type.in_)):
        _add(terms, position, _integer(aff.get_coefficient_val(isl.dim_type.in_, position), scale))
    constant = _integer(aff.get_constant_val(), scale)
    for position in range(aff.dim(isl.dim_type.div)):
        factor = _integer(aff.get_coefficient_val(isl.dim_type.div, position), scale)
        if factor:
            division = aff.get_div(position)
            divisor = division.get_denominator_val().to_python()
            constant += _add_quotient(terms, _sum(division, divisor), divisor, factor)
    return _with_remainders(terms, constant)


def _integer(value: isl.Val, scale: int) -> int:
    scaled = value.mul(isl.Val.int_from_si(isl.DEFAULT_CONTEXT, scale))
    if not scaled.is_int():
        raise RuntimeError(f"a coefficient {value} over {scale} in isl, this is a bug")
    return scaled.to_python()


def _add(terms: dict[Atom, int], atom: Atom, factor: int) -> None:
    total = terms.get(atom, 0) + factor
    if total:
        terms[atom] = total
    else:
        terms.pop(atom, None)


def _add_quotient(terms: dict[Atom, int], inner: Sum, divisor: int, factor: int) -> int:
    """
    Add a quotient whose inner factors are in [0, divisor), which keeps it from being negative.

    Returns what is to be added to the constant.
    """
    for atom, multiple in inner.terms:
        _add(terms, atom, factor * (multiple // divisor))
    kept = tuple((atom, m % divisor) for atom, m in inner.terms if m % divisor)
    rest = Sum(kept, inner.constant % divisor)
    if kept:
        _add(terms, Quotient(rest, divisor, False), factor)
    return factor * (inner.constant // divisor)


def _with_remainders(terms: dict[Atom, int], constant: int) -> Sum:
    """Write `factor * inner - factor * divisor * floor(inner / divisor)` as a remainder."""
    for atom, factor in list(terms.items()):
        if isinstance(atom, int) or atom.remainder or factor % atom.divisor:
            continue
        times = -factor // atom.divisor
        rest = dict(terms)
        del rest[atom]
        for inner, multiple in atom.inner.terms:
            _add(rest, inner, -times * multiple)
        if len(rest) < len(terms) - 1:
            _add(rest, Quotient(atom.inner, atom.divisor, True), times)
            terms, constant = rest, constant - times * atom.inner.constant
    ordered = sorted(terms.items(), key=_place)
    return Sum(tuple(ordered), constant)


def _place(term: tuple[Atom, int]) -> tuple[bool, int, str]:
    """Order dimensions by number, and quotients after them."""
    atom = term[0]
    return (False, atom, "") if isinstance(atom, int) else (True, 0, str(atom))
