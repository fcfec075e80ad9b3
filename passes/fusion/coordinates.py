"""
Affine coordinates over named indices, in one normal form, so that equal ones compare equal.

An index of a map or scan of extent 1 is the constant 0 here, whatever dimension it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.ir import SSAValue
from xdsl.ir.affine import (
    AffineBinaryOpExpr,
    AffineBinaryOpKind,
    AffineConstantExpr,
    AffineDimExpr,
    AffineExpr,
    AffineMap,
)


@dataclass(eq=False, frozen=True)
class Index:
    """A loop index; two are equal only if they are the same object."""

    order: int
    """Position in the order in which coordinates list their indices, outermost first."""
    bound: int | None
    """Extent of the loop, None if it is unknown."""
    name: str | None = None
    value: SSAValue | None = None
    """The value, where it exists before the fused map does."""


@dataclass(frozen=True)
class Quotient:
    """`inner floordiv divisor`, or `inner mod divisor`."""

    inner: Coordinate
    divisor: int
    remainder: bool

    @property
    def order(self) -> int:
        """Return the position of the innermost index."""
        return max((atom.order for atom, _ in self.inner.terms), default=0)


Atom = Index | Quotient


@dataclass(frozen=True)
class Coordinate:
    """A sum of multiples of atoms, and a constant."""

    terms: tuple[tuple[Atom, int], ...] = ()
    constant: int = 0
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.terms, self.constant)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def index(self) -> Index | None:
        """Return the index that this is, or None if it is anything else."""
        if self.constant == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            atom = self.terms[0][0]
            return atom if isinstance(atom, Index) else None
        return None

    def indices(self) -> list[Index]:
        """List all indices, with repetitions."""
        found: list[Index] = []
        for atom, _ in self.terms:
            if isinstance(atom, Index):
                found.append(atom)
            else:
                found += atom.inner.indices()
        return found

    def range(self) -> tuple[int, int] | None:
        """Return bounds on the value, both inclusive; None if an index has no known extent."""
        low = high = self.constant
        for atom, factor in self.terms:
            reach = _atom_range(atom)
            if reach is None:
                return None
            ends = (factor * reach[0], factor * reach[1])
            low, high = low + min(ends), high + max(ends)
        return low, high

    def __add__(self, other: Coordinate) -> Coordinate:
        factors = dict(self.terms)
        for atom, factor in other.terms:
            factors[atom] = factors.get(atom, 0) + factor
        return _normal(factors, self.constant + other.constant)

    def scaled(self, factor: int) -> Coordinate:
        """Return a multiple."""
        if factor == 0:
            return Coordinate()
        return Coordinate(
            tuple((atom, factor * old) for atom, old in self.terms), factor * self.constant
        )

    def floor_divided(self, divisor: int) -> Coordinate:
        """Return the quotient by a positive number, rounded down."""
        whole = {atom: f // divisor for atom, f in self.terms if f % divisor == 0}
        rest = Coordinate(
            tuple(term for term in self.terms if term[1] % divisor), self.constant % divisor
        )
        reach = rest.range()
        if reach is not None and 0 <= reach[0] and reach[1] < divisor:
            return _normal(whole, self.constant // divisor)
        quotient = Quotient(rest, divisor, False)
        whole[quotient] = whole.get(quotient, 0) + 1
        return _normal(whole, self.constant // divisor)

    def modulo(self, divisor: int) -> Coordinate:
        """Return the remainder by a positive number, which is never negative."""
        rest = Coordinate(
            tuple(term for term in self.terms if term[1] % divisor), self.constant % divisor
        )
        reach = rest.range()
        if reach is not None and 0 <= reach[0] and reach[1] < divisor:
            return rest
        return Coordinate(((Quotient(rest, divisor, True), 1),))


Point = tuple[Coordinate, ...]
"""The coordinates of one element."""


def _atom_range(atom: Atom) -> tuple[int, int] | None:
    if isinstance(atom, Index):
        return None if atom.bound is None else (0, atom.bound - 1)
    if atom.remainder:
        return 0, atom.divisor - 1
    reach = atom.inner.range()
    return reach and (reach[0] // atom.divisor, reach[1] // atom.divisor)


def _normal(factors: dict[Atom, int], constant: int) -> Coordinate:
    kept = [(atom, factor) for atom, factor in factors.items() if factor]
    # Stable, so that equal sums that were put together differently compare equal but for
    # quotients of the same index, which are rare.
    kept.sort(key=lambda term: term[0].order)
    return Coordinate(tuple(kept), constant)


def constant(value: int) -> Coordinate:
    """Return a constant coordinate."""
    return Coordinate((), value)


def of_index(index: Index) -> Coordinate:
    """Return the coordinate that is an index: 0 if the index has extent 1."""
    return Coordinate() if index.bound == 1 else Coordinate(((index, 1),))


def substitute(expr: AffineExpr, dims: Sequence[Coordinate]) -> Coordinate:
    """Return an affine expression of the given dimensions."""
    match expr:
        case AffineDimExpr(position):
            return dims[position]
        case AffineConstantExpr(value):
            return constant(value)
        case AffineBinaryOpExpr(AffineBinaryOpKind.Add, lhs, rhs):
            return substitute(lhs, dims) + substitute(rhs, dims)
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mul, lhs, AffineConstantExpr(value)):
            return substitute(lhs, dims).scaled(value)
        case AffineBinaryOpExpr(AffineBinaryOpKind.FloorDiv, lhs, AffineConstantExpr(value)):
            return substitute(lhs, dims).floor_divided(value)
        case AffineBinaryOpExpr(AffineBinaryOpKind.CeilDiv, lhs, AffineConstantExpr(value)):
            return (substitute(lhs, dims) + constant(value - 1)).floor_divided(value)
        case AffineBinaryOpExpr(AffineBinaryOpKind.Mod, lhs, AffineConstantExpr(value)):
            return substitute(lhs, dims).modulo(value)
        case _:
            raise RuntimeError(f"{expr} is no affine expression of dimensions, this is a bug")


def replace_indices(coordinate: Coordinate, by: dict[Index, Coordinate]) -> Coordinate:
    """Return the coordinate with some indices replaced."""
    result = constant(coordinate.constant)
    for atom, factor in coordinate.terms:
        if isinstance(atom, Index):
            value = by.get(atom, Coordinate(((atom, 1),)))
        else:
            inner = replace_indices(atom.inner, by)
            divide = inner.modulo if atom.remainder else inner.floor_divided
            value = divide(atom.divisor)
        result += value.scaled(factor)
    return result


def to_map(point: Point) -> tuple[AffineMap, list[Index]]:
    """Return a point as an affine map and the indices that are its dimensions."""
    used: list[Index] = []
    results = tuple(_expression(coordinate, used) for coordinate in point)
    return AffineMap(len(used), 0, results), used


def _expression(coordinate: Coordinate, used: list[Index]) -> AffineExpr:
    total: AffineExpr | None = None
    for atom, factor in coordinate.terms:
        if isinstance(atom, Index):
            if atom not in used:
                used.append(atom)
            part: AffineExpr = AffineExpr.dimension(used.index(atom))
        else:
            inner = _expression(atom.inner, used)
            part = inner % atom.divisor if atom.remainder else inner // atom.divisor
        part = part * factor
        total = part if total is None else total + part
    if total is None:
        return AffineExpr.constant(coordinate.constant)
    return total + coordinate.constant if coordinate.constant else total


def describe(point: Point) -> str:
    """Write a point as in the text of a read."""
    return f"[{', '.join(map(_text, point))}]"


def _text(coordinate: Coordinate) -> str:
    text = ""
    for atom, factor in coordinate.terms:
        if isinstance(atom, Index):
            name = f"%{atom.name or 'index'}"
        else:
            kind = "mod" if atom.remainder else "floordiv"
            name = f"({_text(atom.inner)} {kind} {atom.divisor})"
        size = "" if abs(factor) == 1 else f"{abs(factor)} * "
        sign = (" - " if factor < 0 else " + ") if text else ("-" if factor < 0 else "")
        text += f"{sign}{size}{name}"
    if not text:
        return str(coordinate.constant)
    if coordinate.constant:
        text += f" {'-' if coordinate.constant < 0 else '+'} {abs(coordinate.constant)}"
    return text
