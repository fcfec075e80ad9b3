"""Parts of a graph: the nodes that a value needs, values that only have another name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from spatial_opt.frontends.onnx.model import NetworkGraph, Node


def needed(nodes: Sequence[Node], names: Iterable[str]) -> list[Node]:
    """Return the nodes that compute values, in their order."""
    wanted = set(names)
    kept: list[Node] = []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.outputs):
            kept.append(node)
            wanted |= set(reads(node))
    return kept[::-1]


def reads(node: Node) -> list[str]:
    """Return the names that a node reads, those in the graphs inside it too."""
    found = [name for name in node.inputs if name]
    for value in node.attributes.values():
        if isinstance(value, NetworkGraph):
            found += free_names(value)
    return found


def free_names(graph: NetworkGraph) -> list[str]:
    """Return the names that a graph reads from around it."""
    own = {port.name for port in graph.inputs} | set(graph.constants)
    found: list[str] = []
    for node in graph.nodes:
        found += [name for name in reads(node) if name not in own]
        own.update(node.outputs)
    return found + [port.name for port in graph.outputs if port.name not in own]


def has_graphs(node: Node) -> bool:
    """Return whether a node has graphs inside."""
    return any(isinstance(value, NetworkGraph) for value in node.attributes.values())


def source_of(nodes: Sequence[Node], name: str) -> str:
    """Return the name that a value has in front of Identity nodes."""
    makers = {out: node for node in nodes for out in node.outputs if out}
    while name in makers and makers[name].operator == "Identity":
        name = makers[name].inputs[0]
    return name


def depending(nodes: Sequence[Node], names: Collection[str]) -> set[str]:
    """Return the values that depend on others, those others too."""
    found = set(names)
    for node in nodes:
        if not found.isdisjoint(reads(node)):
            found |= {name for name in node.outputs if name}
    return found
