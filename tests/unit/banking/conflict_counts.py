"""Bank conflicts counted over all firings of an access, with the integer sets of the compiler."""

import islpy as isl

from spatial_opt.machine.banks import Banking
from spatial_opt.passes.polyhedral.bank_conflicts import behind, touched_words, word_map
from spatial_opt.passes.polyhedral.counting import count_points
from spatial_opt.passes.solvers.bank_problem import Access, Problem


def stall_cycles(problem: Problem, access: Access, banking: Banking) -> int:
    """Return the cycles lost to conflicts by all firings of an access."""
    touched = touched_words(problem, access, banking)
    chains = behind(touched, touched, len(access.bounds))
    lost = 0
    while not chains.is_empty():
        lost += count_points(_firings(chains, len(access.bounds)))
        chains = behind(chains, touched, len(access.bounds))
    return lost


def conflicting_pairs(problem: Problem, access: Access, banking: Banking) -> int:
    """Return the pairs of lanes, over all firings, that want different words of one bank."""
    words, inside = word_map(problem, access, banking)
    counters = len(access.bounds)
    places = [f"i{n}" for n in range(counters)]
    lanes = isl.Map(f"{{ [{', '.join([*places, 'l'])}] -> [{', '.join([*places, 'm'])}] : l < m }}")
    lanes = lanes.intersect_domain(inside).intersect_range(inside)
    same_bank = _then_back(words.project_out(isl.dim_type.out, counters + 1, len(problem.shape)))
    return count_points(lanes.intersect(same_bank).subtract(_then_back(words)))


def _then_back(relation: isl.Map) -> isl.Map:
    return relation.apply_range(relation.reverse())


def _firings(chains: isl.Set, counters: int) -> isl.Set:
    rest = chains.dim(isl.dim_type.set) - counters
    return chains.project_out(isl.dim_type.set, counters, rest).coalesce()
