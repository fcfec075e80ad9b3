"""
Decides which maps are substituted into their readers and which are merged.

A map is either a *member* of a group, one fused map whose results are tensors, or it is
substituted: then its body is computed at every *site* where a group asks for one of its elements.
Maps are settled from the last to the first, so that the readers of a map are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from xdsl.ir import Block, Operation

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.fusion import legality
from spatial_opt.passes.fusion.accesses import Accesses, Group, Site
from spatial_opt.passes.fusion.cones import cones_of
from spatial_opt.passes.fusion.cost import distinct, too_dear
from spatial_opt.passes.fusion.expression import Scope
from spatial_opt.passes.fusion.kernels import Kernel
from spatial_opt.passes.fusion.order import Dependences
from spatial_opt.passes.fusion.wishes import Wishes
from spatial_opt.passes.remarks import remark


class Source(Enum):
    """How a group gets an element of a map."""

    COMPUTED = "computed"
    """In the body that asks for it."""
    MEMBER = "member"
    """It is what a member of the group computes at the same point."""
    MEMORY = "memory"
    """Read from the tensor."""


class Demand(NamedTuple):
    """A read of a map, at a site of its reader."""

    reader: Kernel
    site: Site
    obstacle: str | None
    """Why the map cannot be substituted there."""


@dataclass
class Plan:
    """What becomes of the maps of one block."""

    kernels: list[Kernel]
    groups: list[Group]
    """In no particular order."""
    group_of: dict[Kernel, Group | None]
    """None for a map that is substituted wherever it is read."""
    sites: dict[Kernel, list[Site]]
    """Where the body of each map is computed."""
    accesses: Accesses

    def source(self, kernel: Kernel, site: Site) -> Source:
        """Return how an element of a map is got at a site."""
        if self.group_of[kernel] is site.group and site.is_member:
            return Source.MEMBER
        return Source.COMPUTED if site in self._computed[kernel] else Source.MEMORY

    def __post_init__(self) -> None:
        self._computed = {kernel: set(sites) for kernel, sites in self.sites.items()}


def make_plan(block: Block, kernels: list[Kernel], accesses: Accesses, wishes: Wishes) -> Plan:
    """Settle all maps of a block; raises `SpatialError` where a wish cannot be met."""
    planner = _Planner(block, kernels, accesses, wishes)
    for kernel in reversed(kernels):
        planner.settle(kernel)
    return Plan(kernels, planner.groups, planner.group_of, planner.sites, accesses)


class _Planner:
    """The maps settled so far."""

    def __init__(
        self, block: Block, kernels: list[Kernel], accesses: Accesses, wishes: Wishes
    ) -> None:
        self.groups: list[Group] = []
        self.group_of: dict[Kernel, Group | None] = {}
        self.sites: dict[Kernel, list[Site]] = {}
        self._accesses = accesses
        self._wishes = wishes
        self._dependences = Dependences(block)
        self._by_op: dict[Operation, Group | None] = {}
        self._cones = cones_of(kernels, wishes.keep)

    def settle(self, kernel: Kernel) -> None:
        """Decide what becomes of a map whose readers are settled."""
        wishes = self._wishes
        if kernel.opaque is not None:
            remark(wishes.pass_name, kernel.op, f"left alone: {kernel.opaque}")
        if kernel.opaque is not None or not wishes.allow(kernel):
            self._found(kernel, closed=True)
            return
        demands = self._demands(kernel)
        illegal = next((demand for demand in demands if demand.obstacle is not None), None)
        if not kernel.held and illegal is None and demands:
            sites = distinct([demand.site for demand in demands])
            dear = None
            if not wishes.insists(kernel):
                dear = too_dear(kernel, sites, self._cones[kernel].costly)
            if dear is None:
                self.group_of[kernel] = self._by_op[kernel.op] = None
                self.sites[kernel] = sites
                readers = ", ".join(dict.fromkeys(demand.reader.name for demand in demands))
                remark(wishes.pass_name, kernel.op, f"fused into {readers}")
                return
            remark(wishes.pass_name, kernel.op, f"not fused into its readers: {dear}")
        joined = self._join(kernel, demands)
        if joined is None:
            self._found(kernel, closed=False)
        self._copy(kernel, demands, joined)

    def _demands(self, kernel: Kernel) -> list[Demand]:
        demands: list[Demand] = []
        for reader, reading in kernel.readers:
            for site in self.sites[reader]:
                asked = self._accesses.site(reader, reading, site)
                obstacle = legality.substitution_obstacle(
                    kernel, self._cones[kernel], reading, asked
                )
                demands.append(Demand(reader, asked, obstacle))
        return demands

    def _found(self, kernel: Kernel, *, closed: bool) -> None:
        """Make a map the first member of a new group."""
        names = [index.name_hint for index in kernel.op.indices]
        group = Group(Scope(kernel.op.domain, names, None), [kernel], closed)
        self.groups.append(group)
        self._enter(kernel, group)

    def _enter(self, kernel: Kernel, group: Group) -> None:
        self.group_of[kernel] = self._by_op[kernel.op] = group
        self.sites[kernel] = [Site(group, group.scope, group.scope.point)]

    def _join(self, kernel: Kernel, demands: list[Demand]) -> Group | None:
        """Make a map a member of a group that reads it, or else of one with a common source."""
        cones = self._cones
        readers = dict.fromkeys(demand.site.group for demand in demands)
        siblings = [
            group
            for group in self.groups
            if group not in readers
            and group.members[0].op.domain == kernel.op.domain
            and any(cones[kernel].sources & cones[member].sources for member in group.members)
        ]
        for group in (*readers, *siblings):
            if group.closed:
                continue
            asked = [
                demand.site
                for demand in demands
                if demand.site.group is group and not self._copies(kernel, demand)
            ]
            reason = legality.merge_obstacle(kernel, group, asked)
            if reason is None:
                between = self._dependences.between(kernel, group, self._by_op)
                if between is not None:
                    reason = f"{between} runs after the one and before the other"
            others = ", ".join(member.name for member in group.members)
            if reason is None:
                group.members.insert(0, kernel)
                self._enter(kernel, group)
                remark(self._wishes.pass_name, kernel.op, f"merged with {others}")
                return group
            remark(self._wishes.pass_name, kernel.op, f"not merged with {others}: {reason}")
        return None

    def _copies(self, kernel: Kernel, demand: Demand) -> bool:
        """Return whether a map that stays is computed once more where a reader asks for it."""
        free = not kernel.work and self._cones[kernel].costly is None
        return demand.obstacle is None and (free or self._wishes.insists(kernel))

    def _copy(self, kernel: Kernel, demands: list[Demand], joined: Group | None) -> None:
        """Compute a map that stays once more in its other readers, where that is worth it."""
        wishes = self._wishes
        others = [
            demand
            for demand in demands
            if not (demand.site.group is joined and demand.site.is_member)
        ]
        if wishes.forces(kernel):
            if not demands:
                reason = kernel.held[0][1] if kernel.held else "nothing reads it"
                raise SpatialError(f"{wishes.pass_name}: cannot fuse {kernel.name}: {reason}")
            for demand in others:
                if demand.obstacle is not None:
                    raise SpatialError(
                        f"{wishes.pass_name}: cannot fuse {kernel.name} into "
                        f"{demand.reader.name}: {demand.obstacle}"
                    )
        for demand in others:
            if demand.obstacle is not None:
                text = f"not fused into {demand.reader.name}: {demand.obstacle}"
                remark(wishes.pass_name, kernel.op, text)
        copied = [demand for demand in others if self._copies(kernel, demand)]
        if copied:
            self.sites[kernel] += distinct([demand.site for demand in copied])
            readers = ", ".join(dict.fromkeys(demand.reader.name for demand in copied))
            remark(wishes.pass_name, kernel.op, f"computed again in {readers}")
        elif kernel.held and joined is None:
            remark(wishes.pass_name, kernel.op, f"stays a map: {kernel.held[0][1]}")
