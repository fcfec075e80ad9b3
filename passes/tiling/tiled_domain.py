"""How the dimensions of a domain are cut and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.ir.affine import AffineBinaryOpExpr, AffineBinaryOpKind, AffineExpr

from spatial_opt.dialects.affine_bounds import interval, linear_form


@dataclass(frozen=True)
class Part:
    """A dimension of a tiled domain."""

    source: int
    """Dimension that it comes from."""
    kind: str
    """whole, outer (the number of the tile) or inner (the place in it)."""
    extent: int


@dataclass(frozen=True)
class TiledDomain:
    """A domain after strip-mining and interchange; what it means for every old index."""

    domain: tuple[int, ...]
    """Extents before."""
    sizes: tuple[int | None, ...]
    """Tile size per dimension, None for one that stays whole."""
    order: tuple[int, ...]
    """For each new dimension its position when all parts stand where their dimension stood."""

    @staticmethod
    def of(
        domain: Sequence[int],
        sizes: Sequence[int | None] | None,
        order: Sequence[int] | None,
    ) -> TiledDomain:
        """Return a tiled domain; without sizes nothing is cut, without order nothing moves."""
        cut = tuple(sizes) if sizes is not None else (None,) * len(domain)
        count = len(domain) + sum(size is not None for size in cut)
        return TiledDomain(tuple(domain), cut, tuple(order or range(count)))

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return the new dimensions, outermost first."""
        straight: list[Part] = []
        for position, (extent, size) in enumerate(zip(self.domain, self.sizes, strict=True)):
            if size is None:
                straight.append(Part(position, "whole", extent))
            else:
                straight.append(Part(position, "outer", -(-extent // size)))
                straight.append(Part(position, "inner", size))
        return tuple(straight[position] for position in self.order)

    @property
    def bounds(self) -> tuple[int, ...]:
        """Return the extents of the new dimensions."""
        return tuple(part.extent for part in self.parts)

    @property
    def moves(self) -> bool:
        """Return whether dimensions change their order."""
        return self.order != tuple(range(len(self.order)))

    def remainder(self, position: int) -> int:
        """Return the points of a dimension's last tile that lie outside; 0 when it divides."""
        size = self.sizes[position]
        return 0 if size is None else -self.domain[position] % size

    def new_coordinates(self, old: Sequence[AffineExpr], bounds: Sequence[int]) -> list[AffineExpr]:
        """Return the coordinates of an element from those it had, over indices with `bounds`."""
        found: list[AffineExpr] = []
        for part in self.parts:
            expr, size = old[part.source], self.sizes[part.source]
            if size is None:
                found.append(expr)
            else:
                divided = expr // size if part.kind == "outer" else expr % size
                found.append(simplify(divided, bounds))
        return found


def simplify(expr: AffineExpr, bounds: Sequence[int]) -> AffineExpr:
    """
    Resolve divisions whose outcome the bounds of the indices decide.

    `(4 * a + b) floordiv 4` is `a` and `(4 * a + b) mod 4` is `b` when b is below 4.
    """
    if not isinstance(expr, AffineBinaryOpExpr):
        return expr
    lhs, rhs = simplify(expr.lhs, bounds), simplify(expr.rhs, bounds)
    if expr.kind is AffineBinaryOpKind.Add:
        return lhs + rhs
    if expr.kind is AffineBinaryOpKind.Mul:
        return lhs * rhs
    rebuilt = AffineBinaryOpExpr(expr.kind, lhs, rhs)
    linear = linear_form(lhs, len(bounds))
    if linear is None or expr.kind is AffineBinaryOpKind.CeilDiv:
        return rebuilt
    divisor = rhs.eval([0] * len(bounds), [])
    coefficients, constant = linear
    whole, rest = AffineExpr.constant(constant // divisor), AffineExpr.constant(constant % divisor)
    for dim, coefficient in enumerate(coefficients):
        index = AffineExpr.dimension(dim)
        if coefficient % divisor == 0:
            whole = index * (coefficient // divisor) + whole
        else:
            rest = index * coefficient + rest
    low, high = interval(rest, bounds)
    if low < 0 or high >= divisor:
        return rebuilt
    return tidy(whole if expr.kind is AffineBinaryOpKind.FloorDiv else rest, len(bounds))


def tidy(expr: AffineExpr, dims: int) -> AffineExpr:
    """Write a linear expression with its indices in order and its constant last."""
    linear = linear_form(expr, dims)
    if linear is None:
        return expr
    coefficients, constant = linear
    terms = [
        AffineExpr.dimension(dim) if coefficient == 1 else AffineExpr.dimension(dim) * coefficient
        for dim, coefficient in enumerate(coefficients)
        if coefficient
    ]
    if constant or not terms:
        terms.append(AffineExpr.constant(constant))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
