"""
Compute units that only feed one other unit, firing by firing, become part of it.

A unit that the partitioner cut in several has wide links between the pieces; without their
buffers it is as fast as before the cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spatial_opt.dialects.spatial import PcuOp
from spatial_opt.dialects.spatial_ports import Process
from spatial_opt.runtime.native.arrays import unit_name
from spatial_opt.runtime.native.body import Node, body_of
from spatial_opt.runtime.order import Edge, Structure, is_plain


@dataclass
class Chain:
    """A compute unit with all that was joined to it."""

    nodes: list[Node]
    ports: list[tuple[Process, str, int]]
    """Ports that still lead outside: owner, name, node."""


class Chains:
    """Decides who joins whom."""

    def __init__(
        self,
        structure: Structure,
        into: dict[tuple[str, str], list[Edge]],
        out_of: dict[tuple[str, str], list[Edge]],
    ) -> None:
        self._into = into
        self._out_of = out_of
        self._bodies = {
            p.name: body_of(p.op) for p in structure.processes if isinstance(p.op, PcuOp)
        }
        self.joined: dict[str, Process] = {}
        """Process -> the one it became part of."""
        for process in structure.processes:
            target = self._target(process)
            if target is not None:
                self.joined[process.name] = target
        self._members: dict[str, list[Process]] = {}
        for process in structure.processes:
            if process.name in self.joined:
                root = self.joined[process.name]
                while root.name in self.joined:
                    root = self.joined[root.name]
                self._members.setdefault(root.name, []).append(process)

    def _target(self, process: Process) -> Process | None:
        if not isinstance(process.op, PcuOp):
            return None
        nodes, ports = self._bodies[process.name]
        if any(node.accumulates for node in nodes):
            return None
        target: Process | None = None
        for port, index in ports.items():
            if nodes[index].kind != "send":
                continue
            edges = self._out_of.get((unit_name(process), port), [])
            for edge in edges:
                if not self._joins(edge, process, nodes[index]):
                    return None
                if target is not None and edge.target is not target:
                    return None
                target = edge.target
            if not edges:
                return None
        return target

    def _joins(self, edge: Edge, process: Process, send: Node) -> bool:
        target, link = edge.target, edge.link
        if link is None or not isinstance(target.op, PcuOp) or target.bounds != process.bounds:
            return False
        if len(target.controllers) != len(process.controllers) or any(
            a is not b for a, b in zip(target.controllers, process.controllers, strict=True)
        ):
            return False
        nodes, ports = self._bodies[target.name]
        received = nodes[ports[link.target[1]]]
        return (
            is_plain(link)
            and link.window is None
            and len(self._into[link.target]) == 1
            and send.depth == received.depth == len(process.bounds)
            and (send.type, send.lanes) == (received.type, received.lanes)
        )

    def of(self, process: Process, order: Sequence[Process]) -> Chain:
        """Join everything that became part of a process, which itself did not."""
        chain = Chain([], [])
        sent: dict[tuple[str, str], int] = {}
        names = {p.name for p in self._members.get(process.name, [])}
        for member in [*(p for p in order if p.name in names), process]:
            self._append(chain, member, sent, member is not process)
        return chain

    def _append(
        self, chain: Chain, member: Process, sent: dict[tuple[str, str], int], inner: bool
    ) -> None:
        nodes, ports = self._bodies[member.name]
        port_of = {index: port for port, index in ports.items()}
        unit = unit_name(member)
        where: dict[int, int] = {}
        for index, node in enumerate(nodes):
            args = tuple(where[a] for a in node.args)
            if node.kind == "receive":
                edges = self._into.get((unit, port_of[index]), [])
                link = edges[0].link if len(edges) == 1 else None
                if link is not None and link.source in sent:
                    where[index] = sent[link.source]
                    continue
                chain.ports.append((member, port_of[index], len(chain.nodes)))
            elif node.kind == "send":
                if inner:
                    sent[unit, port_of[index]] = args[0]
                    continue
                chain.ports.append((member, port_of[index], len(chain.nodes)))
            where[index] = len(chain.nodes)
            chain.nodes.append(replace(node, args=args))
