"""What parts of a program take on a machine, as far as can be told before they are lowered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil, prod
from typing import Literal

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Attribute, Operation
from xdsl.utils.hints import isa

from spatial_opt.dialects import pattern
from spatial_opt.dialects.spatial import element_bits
from spatial_opt.machine.description import Machine
from spatial_opt.passes.parallelization.candidates import Pinned
from spatial_opt.passes.parallelization.choice import Choice, Found
from spatial_opt.passes.parallelization.facts import KernelFacts, kernel_facts
from spatial_opt.passes.parallelization.stored import stored_memories
from spatial_opt.passes.program_parts import Items, needs
from spatial_opt.passes.solvers.sequence import Cost

MOST_PLACES = 32
"""Places to cut that are weighed."""

Weights = Literal["auto", "resident", "dram"]


@dataclass(frozen=True)
class _Kernels:
    """The kernels of one item, and the factors that each with reductions may have."""

    facts: list[KernelFacts]
    candidates: Found


@dataclass(frozen=True)
class Estimator:
    """Estimates parts of a program by the choice that `pattern-parallelize` would make for them."""

    items: Items
    machine: Machine
    pinned: Pinned
    weights: Weights

    def fits(self) -> bool:
        """Tell whether the whole program fits with all its weights in memory units."""
        return not self._takes(0, len(self.items.items), "resident").lack

    def places(self) -> list[int]:
        """
        List the items before which it may help to cut: the first, and those with weights.

        Of a program of very many, only some.
        """
        found = [
            number
            for number, op in enumerate(self.items.items)
            if any(isinstance(value.owner, pattern.ParameterOp) for value in self.items.uses[op])
        ]
        found = sorted({0, *found})
        return found[:: ceil(len(found) / MOST_PLACES)]

    def cost(self, start: int, end: int, streamed: bool) -> Cost:
        """
        Estimate the items from one up to another as a part, its loading included.

        Unless it may be `streamed`, all its weights have to fit.
        """
        found = self._takes(start, end, self.weights if streamed else "resident")
        parameters = needs(self.items, start, end).repeated
        loaded = sum(_bytes(op) for op in parameters)
        return found + Cost(0, self.machine.loading_cycles(loaded))

    def _takes(self, start: int, end: int, weights: Weights) -> Cost:
        kernels = self._kernels[start:end]
        crossing = needs(self.items, start, end)
        choice = Choice(
            [facts for each in kernels for facts in each.facts],
            self.machine,
            self.pinned,
            False,
            weights,
            len(crossing.entering) + len(crossing.leaving),
            stored_memories(crossing.leaving),
        )
        return Cost(*choice.takes([found for each in kernels for found in each.candidates]))

    @cached_property
    def _kernels(self) -> list[_Kernels]:
        found: list[_Kernels] = []
        for item in self.items.items:
            facts = [kernel_facts(op, self.machine) for op in _maps(item)]
            choice = Choice(facts, self.machine, self.pinned, False, self.weights, 0, 0)
            found.append(_Kernels(facts, choice.candidates()))
        return found


def _maps(item: Operation) -> list[pattern.MapOp]:
    """List the kernels of an item: itself, or what stands in the loop."""
    return [
        op
        for op in item.walk()
        if isinstance(op, pattern.MapOp)
        and op.domain
        and not isinstance(op.parent_op(), pattern.MapOp | pattern.ReduceOp)
    ]


def _bytes(op: Operation) -> int:
    """Bytes of a parameter; other constants are small, and made where they are needed."""
    if not isinstance(op, pattern.ParameterOp) or not isa(op.result.type, TensorType[Attribute]):
        return 0
    return ceil(prod(op.result.type.get_shape()) * element_bits(op.result.type) / 8)
