"""Bank conflicts counted point by point, without numpy or integer sets, and small problems."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, product
from math import ceil

from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.machine.banks import Banking
from spatial_opt.passes.solvers.bank_problem import Access, Problem

Word = tuple[int, ...]


def access_of(
    bounds: tuple[int, ...],
    rows: list[tuple[tuple[int, ...], int]],
    lanes: int,
    *,
    outer: int = 0,
    writes: bool = False,
    name: str = "out",
) -> Access:
    """An access whose coordinates are sums: factors of counters and lane, and a constant."""
    dims = [AffineExpr.dimension(n) for n in range(len(bounds) + 1)]
    results: list[AffineExpr] = []
    for factors, constant in rows:
        total: AffineExpr = AffineExpr.constant(constant)
        for dim, factor in zip(dims, factors, strict=True):
            total = total + dim * factor
        results.append(total)
    map_ = AffineMap(len(dims), 0, tuple(results))
    return Access(name, bounds, map_, lanes, outer=outer, writes=writes)


def row_access(lanes: int = 16, size: int = 64) -> Access:
    """Neighbours of a row: element [i, lanes * k + lane]."""
    return access_of((size, size // lanes), [((1, 0, 0), 0), ((0, lanes, 1), 0)], lanes)


def column_access(lanes: int = 16, size: int = 64) -> Access:
    """Neighbours of a column: element [lanes * k + lane, i]."""
    return access_of((size, size // lanes), [((0, lanes, 1), 0), ((1, 0, 0), 0)], lanes)


def firings(problem: Problem, access: Access) -> Iterator[list[Word | None]]:
    """The word of each lane, None for one outside, for each firing."""
    for counters in product(*(range(bound) for bound in access.bounds)):
        lanes: list[Word | None] = []
        for lane in range(access.lanes):
            element = access.address.eval([*counters, lane], [])
            inside = all(0 <= e < n for e, n in zip(element, problem.shape, strict=True))
            word = (*element[:-1], element[-1] * problem.bits // 32)
            lanes.append(word if inside else None)
        yield lanes


def stalls(problem: Problem, access: Access, banking: Banking, duplicated: bool = False) -> int:
    """The cycles lost by all firings."""
    lost = 0
    for lanes in firings(problem, access):
        words = {word for word in lanes if word is not None}
        if duplicated:
            taken = len(words) if access.writes else ceil(len(words) / banking.banks)
        else:
            on = Counter(banking.bank(word, problem.words) for word in words)
            taken = max(on.values(), default=0)
        lost += max(0, taken - 1)
    return lost


def pairs(problem: Problem, access: Access, banking: Banking) -> int:
    """The pairs of lanes that want different words of one bank."""
    found = 0
    for lanes in firings(problem, access):
        for one, other in combinations([word for word in lanes if word is not None], 2):
            same = banking.bank(one, problem.words) == banking.bank(other, problem.words)
            found += one != other and same
    return found
