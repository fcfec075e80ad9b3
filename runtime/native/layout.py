"""
How arrays lie in the arena, and which constant memories are stored in blocks of rows.

A fold whose firings along one counter use different rows of a memory, and the same elements of
another, is computed for many rows at once if the k-th elements of those rows are neighbours. A
memory that nobody writes may be stored that way, if everyone who reads it agrees.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from spatial_opt.runtime.native.access import Access
from spatial_opt.runtime.native.arrays import Array
from spatial_opt.runtime.native.kernel import Kernel, Resource, Structure
from spatial_opt.runtime.native.products import Products, find_products
from spatial_opt.runtime.native.storage import WIDTH
from spatial_opt.runtime.native.values import Plan


@dataclass(frozen=True)
class _Proposal:
    """Store arrays in blocks: `length` elements per row, groups of `group` lanes."""

    simd: int
    length: int
    group: int
    nodes: tuple[int, ...]
    """Receives that read blocked arrays."""


def choose_layouts(kernels: Sequence[Kernel], arrays: dict[Resource, Array]) -> None:
    """Decide which arrays are stored in blocks, and adapt the kernels that read them."""
    groups: dict[Hashable, list[Kernel]] = {}
    proposals: dict[Hashable, _Proposal] = {}
    users: dict[Resource, set[Hashable]] = {}
    for kernel in kernels:
        key = kernel.structure.key()
        groups.setdefault(key, []).append(kernel)
        for resource in kernel.reads:
            users.setdefault(resource, set()).add(key)
    for key, members in groups.items():
        proposal = _propose(members, arrays)
        if proposal is not None:
            proposals[key] = proposal
    while True:
        refused = {
            key
            for key, proposal in proposals.items()
            if not _agreed(proposal, groups[key], users, proposals)
        }
        if not refused:
            break
        for key in refused:
            del proposals[key]
    for key, proposal in proposals.items():
        for kernel in groups[key]:
            _apply(kernel, proposal, arrays)


def _blocked_bases(kernel: Kernel, proposal: _Proposal) -> list[tuple[int, Resource, int]]:
    return [
        (slot, *kernel.bases[slot])
        for slot, (node, _) in enumerate(kernel.structure.accesses)
        if node in proposal.nodes
    ]


def _agreed(
    proposal: _Proposal,
    members: Sequence[Kernel],
    users: dict[Resource, set[Hashable]],
    proposals: dict[Hashable, _Proposal],
) -> bool:
    for kernel in members:
        for _, resource, _ in _blocked_bases(kernel, proposal):
            for user in users[resource]:
                other = proposals.get(user)
                if other is None or (other.length, other.group) != (
                    proposal.length,
                    proposal.group,
                ):
                    return False
    return True


def _propose(members: Sequence[Kernel], arrays: dict[Resource, Array]) -> _Proposal | None:
    structure = members[0].structure
    if not any(n.kind == "fold" for n in structure.nodes) or structure.irregular is not None:
        return None
    if any(_is_natural(structure, counter) for counter in range(structure.fold_depth)):
        return None
    # A counter that fills whole vectors is best.
    candidates = sorted(
        range(structure.fold_depth),
        key=lambda c: (structure.trips[c] % WIDTH != 0, -structure.trips[c]),
    )
    for counter in candidates:
        if structure.trips[counter] < 2:
            continue
        found = _propose_for(counter, members, arrays)
        if found is not None:
            return found
    return None


def _is_natural(structure: Structure, counter: int) -> bool:
    """Whether everything lies as SIMD firings along a counter want it, without any blocks."""
    return structure.trips[counter] % WIDTH == 0 and all(
        access.coefficients[counter] in ((1,) if structure.nodes[node].kind == "send" else (0, 1))
        for node, access in structure.accesses
    )


def _propose_for(
    counter: int, members: Sequence[Kernel], arrays: dict[Resource, Array]
) -> _Proposal | None:
    structure = members[0].structure
    nodes: list[int] = []
    length = 0
    for slot, (node, access) in enumerate(structure.accesses):
        if structure.nodes[node].kind != "receive":
            continue
        step = access.coefficients[counter]
        if step < 2 or not access.memory:
            continue
        if length not in (0, step):
            return None
        reach = _row_reach(structure, counter, node, access, step)
        if reach is None:
            return None
        for kernel in members:
            resource, constant = kernel.bases[slot]
            array = arrays.get(resource)
            if array is None or array.written:
                return None
            row, column = divmod(constant, step)
            if row % WIDTH or column + reach > step or (array.strides[0] * array.shape[0]) % step:
                return None
        length = step
        nodes.append(node)
    if not nodes:
        return None
    group = 1
    receives = find_products(structure)
    if receives is not None and len(nodes) == 1 and nodes[0] in receives:
        other = receives[0] if receives[1] == nodes[0] else receives[1]
        if _pairs(structure, counter, nodes[0], other, members, length):
            group = 2
    return _Proposal(counter, length, group, tuple(nodes))


def _row_reach(
    structure: Structure, counter: int, node: int, access: Access, step: int
) -> int | None:
    """Give the columns that are touched, if other counters stay in a row or skip whole blocks."""
    if access.outer:
        return None
    reach = structure.nodes[node].lanes * access.lane
    for i, (coefficient, trip) in enumerate(zip(access.coefficients, structure.trips, strict=True)):
        if i == counter or trip == 1 or coefficient == 0:
            continue
        if coefficient < 0:
            return None
        if coefficient < step:
            reach += coefficient * (trip - 1)
        elif coefficient % (step * WIDTH):
            return None
    return reach


def _pairs(
    structure: Structure,
    counter: int,
    node: int,
    other: int,
    members: Sequence[Kernel],
    length: int,
) -> bool:
    """Whether the lanes of both factors can be taken in pairs."""
    access = dict(structure.accesses)
    shared, blocked = access[other], access[node]
    if shared.coefficients[counter] or shared.stored != "i16" or shared.lane != 1:
        return False
    if blocked.stored not in ("i8", "i16") or length % 2:
        return False
    if any(c % 2 for c in blocked.coefficients if c < length):
        return False
    slot = [n for n, _ in structure.accesses].index(node)
    return all(kernel.bases[slot][1] % 2 == 0 for kernel in members)


def _apply(kernel: Kernel, proposal: _Proposal, arrays: dict[Resource, Array]) -> None:
    length = proposal.length
    for slot, resource, constant in _blocked_bases(kernel, proposal):
        arrays[resource].rows = (length, WIDTH, proposal.group)
        row, column = divmod(constant, length)
        kernel.bases[slot] = (resource, row * length + column * WIDTH)
    accesses: list[tuple[int, Access]] = []
    for node, access in kernel.structure.accesses:
        if node in proposal.nodes:
            coefficients = [c if c >= length else c * WIDTH for c in access.coefficients]
            access = replace(
                access,
                coefficients=tuple(coefficients),
                lane=access.lane * WIDTH,
                group=proposal.group,
                along=proposal.simd,
            )
        accesses.append((node, access))
    kernel.structure = replace(kernel.structure, accesses=tuple(accesses))


def choose_plan(structure: Structure) -> Plan:
    """Choose the SIMD counter of a structure, and how many vectors to compute together."""
    if structure.irregular is not None:
        return Plan(None)
    if structure.window:
        return Plan(0)
    sends = [a for i, a in structure.accesses if structure.nodes[i].kind == "send"]
    loads = [a for i, a in structure.accesses if structure.nodes[i].kind != "send"]
    best: tuple[tuple[int, ...], int] | None = None
    for counter in range(structure.fold_depth):
        trip = structure.trips[counter]
        if trip < 2 or any(s.coefficients[counter] == 0 for s in sends):
            continue
        if any(a.is_blocked and a.along != counter for a in loads):
            continue
        fits = sum(a.is_blocked or a.coefficients[counter] in (0, 1) for a in loads)
        fits += sum(s.coefficients[counter] == 1 for s in sends)
        score = (fits, min(trip, WIDTH), -counter)
        if best is None or score > best[0]:
            best = score, counter
    if best is None:
        return Plan(None)
    counter = best[1]
    folds = any(n.kind == "fold" for n in structure.nodes)
    vectors = -(-structure.trips[counter] // WIDTH)
    if not folds:
        return Plan(counter)
    products = None
    grouped = [i for i, a in structure.accesses if a.group == 2]
    receives = find_products(structure)
    if grouped and receives is not None:
        products = Products(grouped[0], receives[0] if receives[1] == grouped[0] else receives[1])
    lanes = max(node.lanes for node in structure.nodes)
    wanted = 8 if products is not None else 4 if lanes <= WIDTH else 1
    blocks = next(b for b in range(wanted, 0, -1) if vectors % b == 0)
    across = None
    for other in range(structure.fold_depth):
        # Rows that are apart otherwise, if there are not enough along the counter.
        more = next(b for b in range(wanted, 0, -1) if structure.trips[other] % b == 0)
        if other != counter and more > blocks and all(s.coefficients[other] for s in sends):
            blocks, across = more, other
    return Plan(counter, blocks, across, products)
