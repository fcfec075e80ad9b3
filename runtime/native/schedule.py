"""Order the kernels of an iteration in levels, so that kernels of one structure run together."""

from collections.abc import Hashable, Sequence

from spatial_opt.runtime.native.kernel import Kernel, Resource


def group_by_structure(kernels: Sequence[Kernel]) -> list[list[Kernel]]:
    """
    Group kernels that run one after another into calls of the same function.

    A kernel comes after whatever it depends on: who wrote what it reads, who read or wrote what
    it writes. Kernels at the same distance from the start don't depend on each other.
    """
    written: dict[Resource, int] = {}
    read: dict[Resource, int] = {}
    levels: dict[int, dict[Hashable, list[Kernel]]] = {}
    for kernel in kernels:
        level = 0
        for resource in kernel.reads:
            level = max(level, written.get(resource, -1) + 1)
        for resource in kernel.writes:
            level = max(level, written.get(resource, -1) + 1, read.get(resource, -1) + 1)
        for resource in kernel.reads:
            read[resource] = max(level, read.get(resource, -1))
        for resource in kernel.writes:
            written[resource] = level
        levels.setdefault(level, {}).setdefault(kernel.structure.key(), []).append(kernel)
    return [group for level in sorted(levels) for group in levels[level].values()]
