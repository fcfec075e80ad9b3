"""A map with the maps that may be put into it: what they read, and what they cost together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from xdsl.ir import SSAValue

from spatial_opt.passes.fusion.kernels import Kernel


@dataclass
class Cone:
    """What an element of a map needs, back to values that exist as tensors anyway."""

    sources: set[SSAValue]
    """All tensors read, also those between the maps."""
    costly: str | None
    """What makes an element too dear to be computed twice, if anything does."""
    reduction: str | None
    """A reduction among what is needed, by its map's name."""


def cones_of(kernels: Sequence[Kernel], keep: Collection[str]) -> dict[Kernel, Cone]:
    """Return the cones of the maps of a block, in program order; the maps in `keep` stay."""
    cones: dict[Kernel, Cone] = {}
    kernel_of: dict[SSAValue, Kernel] = {
        result: kernel for kernel in kernels for result in kernel.op.results
    }
    for kernel in kernels:
        sources = {reading.op.source: None for reading in kernel.readings}
        reduction = f"the reduction of {kernel.name}" if kernel.reductions else None
        cone = cones[kernel] = Cone(set(sources), kernel.costly, reduction)
        for source in sources:
            producer = kernel_of.get(source)
            if producer is None or producer.held or source.name_hint in keep:
                continue
            below = cones[producer]
            cone.sources |= below.sources
            cone.reduction = cone.reduction or below.reduction
            if cone.costly is None and below.costly is not None:
                cone.costly = f"needs {producer.name}, which {below.costly},"
    return cones
