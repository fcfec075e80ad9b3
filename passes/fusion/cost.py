"""Whether substituting a map into its readers pays."""

from __future__ import annotations

from collections.abc import Sequence

from spatial_opt.dialects.spatial import element_bits
from spatial_opt.passes.fusion.accesses import Site
from spatial_opt.passes.fusion.kernels import Kernel

MOST_COPIES = 16
"""Times that a body is written out at most where that computes elements again."""


def distinct(sites: Sequence[Site]) -> list[Site]:
    """Drop repeated sites: an element that a body needs twice is computed once."""
    return list(dict.fromkeys(sites))


def _elements(number: int) -> str:
    return f"{number} element" if number == 1 else f"{number} elements"


def too_dear(kernel: Kernel, sites: Sequence[Site], costly: str | None) -> str | None:
    """
    Return why computing a map's elements where they are asked for does not pay, or None.

    `costly` says what makes an element too dear to be computed twice, if anything does. Otherwise
    the operations added must be fewer than the elements that are no longer written and read.
    """
    evaluations = sum(site.scope.evaluations for site in sites)
    elements = kernel.elements
    if not kernel.work and costly is None:
        return None
    if any(site.scope.level for site in sites):
        if evaluations > elements:
            return (
                f"a reduction reads its {_elements(elements)} and would compute them "
                f"{evaluations} times, which slows the reduction down"
            )
        read = max((element_bits(r.op.result.type) for r in kernel.readings), default=0)
        given = min(element_bits(result.type.element_type) for result in kernel.op.res)
        if read > given:
            return (
                f"a reduction would read {read} bits per element instead of the {given} that "
                f"{kernel.name} has"
            )
    if evaluations <= elements:
        return None
    if costly is not None:
        return f"it {costly} and its {_elements(elements)} would be computed {evaluations} times"
    if len(sites) > MOST_COPIES:
        return (
            f"its body would be written out {len(sites)} times, more than {MOST_COPIES}, and "
            f"its {_elements(elements)} computed {evaluations} times"
        )
    extra, moved = kernel.work * (evaluations - elements), elements + evaluations
    if extra >= moved:
        return (
            f"computing its {_elements(elements)} {evaluations} times takes {extra} more "
            f"operations and saves {moved} elements from being written and read"
        )
    return None
