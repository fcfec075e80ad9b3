"""Parallel factors given by hand that no kernel, or not this machine, can have."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.parallelization.candidates import Pinned
from spatial_opt.passes.parallelization.facts import KernelFacts, ReductionFacts


def check(kernels: Sequence[KernelFacts], machine: Machine, pinned: Pinned) -> None:
    """Raise SpatialError for pinned factors beyond every domain or beyond the machine."""
    reducing = [kernel for kernel in kernels if kernel.reductions]
    if pinned.hv not in (None, 1, machine.pcu.lanes):
        raise SpatialError(
            f"hv is 1 or the {machine.pcu.lanes} lanes of a unit of {machine.name} "
            f"(pcu.lanes), got {pinned.hv}"
        )
    if kernels and not machine.grid.positions("pcu"):
        raise SpatialError(
            f"{machine.name} has no compute unit (grid.pattern lists no pcu), and every kernel "
            "needs one; put pcu into grid.pattern, or take another machine"
        )
    if not reducing:
        return
    _check_rows(reducing, pinned)
    _check_reductions(
        [facts for kernel in reducing for facts in kernel.reductions], machine, pinned
    )
    for kernel in reducing:
        _check_units(kernel, machine, pinned)


def _check_rows(kernels: Sequence[KernelFacts], pinned: Pinned) -> None:
    longest = max(kernel.length for kernel in kernels)
    groups = ceil(longest / (pinned.hv or 1))
    if pinned.hu is not None and pinned.hu > groups:
        lanes = "" if pinned.hv is None else f" and hv={pinned.hv}"
        raise SpatialError(
            f"hu={pinned.hu}{lanes} are more rows at once than any map has: the longest has "
            f"{longest}; lower hu to {groups}"
        )


def _check_reductions(
    reductions: Sequence[ReductionFacts], machine: Machine, pinned: Pinned
) -> None:
    longest = max(facts.length for facts in reductions)
    if pinned.ru is not None and pinned.ru > longest:
        raise SpatialError(
            f"ru={pinned.ru} are more pieces than any reduction has elements: the longest has "
            f"{longest}; lower ru to {longest}"
        )
    bits = min(facts.bits for facts in reductions)
    widest = machine.lanes_for(bits)
    if machine.enforces("pcu.lanes") and pinned.rv is not None and pinned.rv > widest:
        raise SpatialError(
            f"rv={pinned.rv} elements of {bits} bits are more than a vector of {machine.name} "
            f"holds (pcu.lanes = {machine.pcu.lanes} of pcu.word_bits = {machine.pcu.word_bits}); "
            f"lower rv to {widest}"
        )


def _check_units(kernel: KernelFacts, machine: Machine, pinned: Pinned) -> None:
    if pinned.hu is None and pinned.ru is None:
        return
    units = len(machine.grid.positions("pcu"))
    copies = min(pinned.hu or 1, kernel.length)
    pieces = pinned.ru or 1
    dots = copies * sum(
        facts.results * min(pieces, ceil(facts.length / machine.lanes_for(facts.bits)))
        for facts in kernel.reductions[:1]
    )
    if dots > units:
        raise SpatialError(
            f"hu={copies} and ru={pieces} make {dots} dot products of {kernel.name}, one "
            f"compute unit each, but {machine.name} has {units} (grid); lower hu or ru"
        )
