"""Trees of tracks on a mesh, and how full they make it: one network of one kind."""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush

from spatial_opt.passes.solvers.grid import Mesh, Route

Tree = dict[int, int]
"""For each switch of a net the switch it is entered from; the source is entered from itself."""


class Tracks:
    """
    What the trees of one kind use of a mesh.

    Edges are numbered `4 * switch + direction`, the switch being the one that is left.
    """

    def __init__(self, mesh: Mesh, capacity: int):
        self.mesh = mesh
        self.capacity = capacity
        self.usage = [0] * (4 * mesh.size)
        self.history = [0.0] * (4 * mesh.size)
        """How often an edge was too full when nets were routed again."""
        self.pressure = 0.5
        """Price of a missing track; grows from round to round."""
        self.places = [mesh.position(switch) for switch in range(mesh.size)]
        directions = {-mesh.width: 0, -1: 1, 1: 2, mesh.width: 3}
        self.ways = [
            [(other, 4 * switch + directions[other - switch]) for other in mesh.neighbours(switch)]
            for switch in range(mesh.size)
        ]
        self.edge = {
            (switch, other): edge
            for switch in range(mesh.size)
            for other, edge in self.ways[switch]
        }

    def edges(self, tree: Tree) -> list[int]:
        """The edges of a tree."""
        edge = self.edge
        return [edge[before, switch] for switch, before in tree.items() if before != switch]

    def take(self, tree: Tree, count: int = 1) -> None:
        """Use the tree's tracks, or give them back with -1."""
        for edge in self.edges(tree):
            self.usage[edge] += count

    def corner_tree(self, source: int, sinks: Iterable[int], row_first: bool) -> Tree:
        """Every sink by a path with one corner, all along the row first or all the column."""
        width = self.mesh.width
        along, across = (1, width) if row_first else (width, 1)
        tree: Tree = {source: source}
        for sink in sinks:
            here = source
            if row_first:
                target = here - here % width + sink % width
            else:
                target = here % width + sink - sink % width
            for goal, step in ((target, along), (sink, across)):
                step = step if goal > here else -step
                while here != goal:
                    tree.setdefault(here + step, here)
                    here += step
        return tree

    def excess(self, edges: Iterable[int]) -> int:
        """Tracks that would be missing if these edges were used once more."""
        return sum(self.usage[edge] >= self.capacity for edge in edges)

    def grow(self, tree: Tree, sinks: Sequence[int], strict: bool = False) -> bool:
        """
        Extend a tree to all sinks, the farthest first.

        A path costs one per switch from the source, and more on edges that are or were too full
        (negotiated congestion: McMurchie and Ebeling, FPGA 1995); where none are it is a shortest
        path. `strict` never uses a full edge; the result is whether every sink was reached.
        """
        source = next(iter(tree))
        width = self.mesh.width

        def far(sink: int) -> tuple[int, int]:
            rows, columns = abs(sink // width - source // width), sink % width - source % width
            return -rows - abs(columns), sink

        return all(self._reach(tree, sink, strict) for sink in sorted(sinks, key=far))

    def _reach(self, tree: Tree, sink: int, strict: bool) -> bool:
        """A* from the whole tree."""
        if sink in tree:
            return True
        width, capacity = self.mesh.width, self.capacity
        usage, history = self.usage, self.history
        goal_row, goal_column = divmod(sink, width)
        depths: dict[int, int] = {}
        cost: dict[int, float] = {}
        before: dict[int, int] = {}
        queue: list[tuple[float, float, int]] = []
        for switch, entered in tree.items():  # a tree lists every switch after where it comes from
            depths[switch] = depth = depths[entered] + 1 if entered != switch else 0
            cost[switch] = depth
            left = abs(switch // width - goal_row) + abs(switch % width - goal_column)
            heappush(queue, (depth + left, left, switch))
        closed: set[int] = set()
        while queue:
            _, _, here = heappop(queue)
            if here == sink:
                break
            if here in closed:
                continue
            closed.add(here)
            paid = cost[here]
            for there, edge in self.ways[here]:
                if there in tree or there in closed:
                    continue
                missing = usage[edge] + 1 - capacity
                if missing > 0:
                    if strict:
                        continue
                    price = (1.0 + history[edge]) * (1.0 + self.pressure * missing)
                else:
                    price = 1.0 if strict else 1.0 + history[edge]
                total = paid + price
                if total < cost.get(there, 1e300):
                    cost[there] = total
                    before[there] = here
                    left = abs(there // width - goal_row) + abs(there % width - goal_column)
                    heappush(queue, (total + left, left, there))
        else:
            return False
        branch: list[int] = []
        here = sink
        while here not in tree:
            branch.append(here)
            here = before[here]
        for switch in reversed(branch):
            tree[switch] = here
            here = switch
        return True

    def routes(self, tree: Tree, sinks: Iterable[int]) -> tuple[Route, ...]:
        """The path of each sink."""
        result: list[Route] = []
        for sink in sinks:
            path = [sink]
            while tree[path[-1]] != path[-1]:
                path.append(tree[path[-1]])
            result.append(tuple(self.places[switch] for switch in reversed(path)))
        return tuple(result)

    def length(self, tree: Tree, sinks: Iterable[int]) -> int:
        """Switches on all paths together, the first of each not counted."""
        total = 0
        for sink in sinks:
            while tree[sink] != sink:
                sink = tree[sink]
                total += 1
        return total
