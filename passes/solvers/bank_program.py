"""What is left of a bank assignment when no node can be eliminated: a mixed-integer program."""

from __future__ import annotations

from itertools import product
from math import gcd

import highspy
import numpy as np

from spatial_opt.passes.solvers.bank_graph import Costs, Graph


def solve_rest(graph: Graph) -> dict[int, int]:
    """
    Choose an option for each node that is left; gives its place among the node's free options.

    One variable of 0 or 1 per option, and one per pair of options of neighbours, which the others
    fix: the pairs with an option are as many as it is taken, once or not at all.
    """
    solver = highspy.Highs()
    solver.silent()
    for option, value in (("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5)):
        solver.setOptionValue(option, value)
    divisor = _divisor(graph)
    variables = {
        node: [solver.addBinary(int(cost)) for cost in _above_least(costs) // divisor]
        for node, costs in graph.costs.items()
    }
    for own in variables.values():
        solver.addConstr(solver.qsum(own) == 1)
    for here, around in graph.around.items():
        for there, words in around.items():
            if there < here:
                continue
            amounts = _above_least(words) // divisor
            pairs = {
                place: solver.addVariable(0, 1, int(amounts[place]))
                for place in product(*map(range, words.shape))
            }
            for axis, node in enumerate((here, there)):
                for option, variable in enumerate(variables[node]):
                    with_it = [pair for place, pair in pairs.items() if place[axis] == option]
                    solver.addConstr(solver.qsum(with_it) - variable == 0)
    solver.solve()
    status = solver.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        text = solver.modelStatusToString(status)
        raise RuntimeError(f"HiGHS ends with {text} on a bank assignment, this is a bug")
    return {
        node: int(np.argmax([solver.val(variable) for variable in own]))
        for node, own in variables.items()
    }


def _divisor(graph: Graph) -> int:
    """Give what all differences of costs are multiples of, so that the program's are small."""
    found = [int(n) for costs in graph.costs.values() for n in _above_least(costs)]
    for around in graph.around.values():
        for words in around.values():
            found += [int(n) for n in _above_least(words).flat]
    return gcd(*found) or 1


def _above_least(costs: Costs) -> Costs:
    return costs - costs.min()
