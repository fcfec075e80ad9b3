"""Which processes of a configuration run at the same time: those of one kernel."""

from __future__ import annotations

from spatial_opt.dialects.spatial import ConfigOp, links, port_table


def kernel_numbers(config: ConfigOp) -> dict[str, int]:
    """
    Number the kernels, and give that of each process by its name.

    Processes that give each other data directly run at the same time. What lies in a memory
    separates kernels: its streams are processes of their own, and it is read once it is written.
    """
    table = port_table(config)
    parent = {process.name: process.name for process, _ in table.values()}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for link in links(config):
        if link.kind.data != "token":
            source, target = table[link.source][0].name, table[link.target][0].name
            parent[root(source)] = root(target)
    numbers: dict[str, int] = {}
    return {name: numbers.setdefault(root(name), len(numbers)) for name in parent}
