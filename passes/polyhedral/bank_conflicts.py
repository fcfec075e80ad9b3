"""
Bank conflicts as integer sets: exact over all firings of an access, however many there are.

A firing takes as many cycles as the fullest bank has words of it. With the words of a firing in
some order, a bank has n of them just where a chain of n words on one bank, each after the one
before, exists. So there is no conflict where there is no chain of 2; and the cycles of all firings
are the firings with a chain of 1, plus those with a chain of 2, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence

import islpy as isl
from xdsl.ir.affine import AffineExpr, AffineMap

from spatial_opt.machine.banks import WORD_BITS, Banking
from spatial_opt.passes.polyhedral.spaces import box, related, to_isl
from spatial_opt.passes.solvers.bank_problem import Access, Problem


def conflict_free(problem: Problem, access: Access, banking: Banking) -> bool:
    """Return whether no firing of an access wants two words of one bank."""
    touched = touched_words(problem, access, banking)
    return behind(touched, touched, len(access.bounds)).is_empty()


def touched_words(problem: Problem, access: Access, banking: Banking) -> isl.Set:
    """Return the words moved, as [counters, bank, coordinates]."""
    words, inside = word_map(problem, access, banking)
    return inside.apply(words).coalesce()


def word_map(problem: Problem, access: Access, banking: Banking) -> tuple[isl.Map, isl.Set]:
    """Return [counters, lane] -> [counters, bank, word coordinates] and the lanes inside."""
    dims = len(access.bounds) + 1
    elements = _function(access.address.results, dims, 0)
    everything = box((*access.bounds, access.lanes))
    held = box(problem.shape)
    inside = related(elements, everything).intersect_range(held).domain()
    *rows, last = access.address.results
    word = [*rows, (last * problem.bits) // WORD_BITS]
    number: AffineExpr = AffineExpr.constant(0)
    for weight, position in zip(banking.weights(problem.words), word, strict=True):
        number = number + position * weight
    bank = number // banking.block % banking.banks
    return related(_function([bank, *word], dims, dims - 1), inside), inside


def _function(results: Sequence[AffineExpr], dims: int, prefix: int) -> isl.MultiAff:
    found = to_isl(AffineMap(dims, 0, tuple(results)), dims, prefix=prefix)
    if found is None:
        raise RuntimeError("an address that is not affine came to a solver; this is a bug")
    return found


def behind(chains: isl.Set, touched: isl.Set, counters: int) -> isl.Set:
    """Return the words that come after the end of a chain, in its firing and on its bank."""
    rank = touched.dim(isl.dim_type.set) - counters - 1
    kept = [f"i{n}" for n in range(counters + 1)]
    one, other = ([f"{name}{n}" for n in range(rank)] for name in "xy")
    order = " or ".join(
        " and ".join([*(f"x{m} = y{m}" for m in range(n)), f"x{n} < y{n}"]) for n in range(rank)
    )
    later = isl.Map(f"{{ [{', '.join(kept + one)}] -> [{', '.join(kept + other)}] : {order} }}")
    return chains.apply(later).intersect(touched).coalesce()
