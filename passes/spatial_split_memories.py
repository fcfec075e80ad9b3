"""Split memories that are too large for one physical memory unit."""

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import AffineMapAttr, ModuleOp, TensorType, UnitAttr
from xdsl.ir import Block, Region
from xdsl.ir.affine import AffineMap
from xdsl.passes import ModulePass

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial import (
    ConfigOp,
    GatherOp,
    PcuOp,
    PmuOp,
    ReadOp,
    Unit,
    WriteOp,
    link_kind,
    ports,
    trip_count,
    units,
)
from spatial_opt.dialects.target import target_of
from spatial_opt.machine.description import Machine
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.init_parts import init_of_part
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.relays import Turn, pass_on
from spatial_opt.passes.solvers.relay_counts import DIRECT, relays
from spatial_opt.passes.solvers.resources import check_resources, held_bytes
from spatial_opt.passes.solvers.split import NoSplitError, Solution, verify
from spatial_opt.passes.split_choice import choose_split
from spatial_opt.passes.split_problem import Cut, held_map, part_shape, read_map


@dataclass(frozen=True)
class SpatialSplitMemoriesPass(ModulePass):
    """
    Split each memory that exceeds a physical unit into parts that are read one after another.

    ```mlir
    // before, for memory units of 1024 bytes
    spatial.config @main {
      spatial.output @y : tensor<128x4xf32>
      spatial.pmu @W holds tensor<128x4xf32> banked (4, 1) init parameter "W" {
        spatial.read @out port 0 counters (%j = 0 to 128) address [%j, 0] : vector<4xf32>
      }
      spatial.ag @y.store stores @y counters (%j = 0 to 128) address [%j, 0] : vector<4xf32>
      spatial.link @W::@out to @y.store::@data : vector depth 2
    }
    // after
    spatial.pmu @W.s0 holds tensor<64x4xf32> banked (4, 1) init parameter "W" ... {
      spatial.read @out port 0 counters (%j = 0 to 64) address [%j, 0] : vector<4xf32>
    }
    spatial.pmu @W.s1 holds tensor<64x4xf32> banked (4, 1)
        init parameter "W" map affine_map<(d0, d1) -> ((d0 + 64), d1)> {
      spatial.read @out port 0 counters (%j = 0 to 64) address [%j, 0] : vector<4xf32>
    }
    ...
    spatial.link @W.s0::@out to @y.store::@data : vector depth 2 window (0, 64)
    spatial.link @W.s1::@out to @y.store::@data : vector depth 2 window (64, 128)
    ```

    The order of the tokens stays: parts are ranges of the outermost counter that selects elements,
    or of it and the next ones together. Where the elements are read over and over (the state of a
    recurrence, once per row) the parts take turns in each round, by windows `(lo, hi) of n`. Data
    written is sent to all parts, and each keeps its own; who waits for a token of the memory waits
    for one of each part. Where more than eight parts feed one
    reader, and compute units are free, some of these pass on what four parts each give.

    Requires: a target and a configuration (convert-pattern-to-spatial).
    Leaves: memories that fit, and all if the target relaxes pmu.capacity_bytes.
    Fails: a memory is too large and its streams don't allow parts in order; a memory needs more
    ports or banks than a unit has; there are more units than the machine has.
    """

    name = "spatial-split-memories"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        machine = target_of(op)
        configs = [config for config in op.walk() if isinstance(config, ConfigOp)]
        if not configs:
            raise SpatialError(
                "there is no spatial.config with memories to split; "
                "run convert-pattern-to-spatial first"
            )
        for config in configs:
            _split_all(config, machine)
            check_resources(config, machine)


def _split_all(config: ConfigOp, machine: Machine) -> None:
    found = {unit.sym_name.data: unit for unit in units(config)}
    ends = LinkEnds(config)
    computing = sum(isinstance(unit, PcuOp) for unit in found.values())
    free = len(machine.grid.positions("pcu")) - computing
    for pmu in [unit for unit in found.values() if isinstance(unit, PmuOp)]:
        _check_ports(pmu, machine, ends)
        capacity = machine.pmu.capacity_bytes
        if pmu.duplicated is not None:
            capacity //= machine.pmu.banks
        if held_bytes(pmu) <= capacity or not machine.enforces("pmu.capacity_bytes"):
            continue
        try:
            cut, solution = choose_split(pmu, capacity, ends, found)
        except NoSplitError as reason:
            raise _refusal(pmu, machine, capacity, reason) from reason
        verify(cut.problem, solution)
        passing = relays(len(solution.parts), DIRECT)
        relayed = passing <= free
        _Splitter(cut, solution, ends, found, relayed).split()
        free -= passing * relayed


def _refusal(pmu: PmuOp, machine: Machine, capacity: int, reason: NoSplitError) -> SpatialError:
    where = "a memory unit"
    if pmu.duplicated is not None:
        where = f"each of the {machine.pmu.banks} banks (pmu.banks) of a memory unit"
    return SpatialError(
        f"@{pmu.sym_name.data} holds {held_bytes(pmu)} bytes, {where} of {machine.name} has "
        f"{capacity} (pmu.capacity_bytes), and it can't be split because {reason}; use fewer "
        "bits or a higher par factor, or relax pmu.capacity_bytes"
    )


def _check_ports(pmu: PmuOp, machine: Machine, ends: LinkEnds) -> None:
    """Refuse a memory with more ports or banks than a unit has."""
    name = pmu.sym_name.data
    used = dict.fromkeys(
        (f"{kind}_{way}puts" for kind in ("vector", "scalar", "control") for way in ("in", "out")),
        0,
    )
    for port in ports(pmu):
        joined = ends.to if port.direction == "in" else ends.out_of
        links = joined.get((name, port.name), ())
        # What goes from the unit to itself takes no port of the network.
        if links and all(link.source[0] == link.target[0] for link in links):
            continue
        kind = "control" if port.type is None else link_kind(port.type, machine)
        if port.type is not None and links:
            kind = links[0].kind.data
        used[f"{kind}_{port.direction}puts"] += 1
    for stream in pmu.streams:
        key = "write_ports" if isinstance(stream, WriteOp) else "read_ports"
        used[key] = max(used.get(key, 0), stream.port.value.data + 1)
    used["banks"] = pmu.banks.get_values()[0]
    for key, number in used.items():
        available: int = getattr(machine.pmu, key)
        if number > available and machine.enforces(f"pmu.{key}"):
            remedy = "use fewer banks" if key == "banks" else "spread its streams over two memories"
            raise SpatialError(
                f"@{name} takes {number} {key.replace('_', ' ')}, a memory unit of {machine.name} "
                f"has {available} (pmu.{key}); {remedy}, or relax pmu.{key}"
            )


class _Splitter:
    """Builds the parts of one memory."""

    def __init__(
        self,
        cut: Cut,
        solution: Solution,
        ends: LinkEnds,
        found: dict[str, Unit],
        relayed: bool,
    ) -> None:
        """Take a cut, and whether compute units may pass on what many parts give."""
        self.cut, self.solution, self.ends, self.found = cut, solution, ends, found
        self.relayed = relayed
        self.pmu = cut.pmu
        self.name = cut.pmu.sym_name.data

    def split(self) -> None:
        parts = self.solution.parts
        names = [f"{self.name}.s{number}" for number in range(len(parts))]
        built = [
            self._part(name, low, high) for name, (low, high) in zip(names, parts, strict=True)
        ]
        passing = self._relink(names)
        if self.pmu.parent is None:
            raise RuntimeError(f"@{self.name} is outside a configuration; this is a bug")
        self.pmu.parent.insert_ops_before([*built, *passing], self.pmu)
        self.pmu.detach()
        self.pmu.erase()
        self.found.update(zip(names, built, strict=True))

    def _part(self, name: str, low: int, high: int) -> PmuOp:
        old = self.pmu
        origin = held_map(self.cut, self.solution, low)
        streams = [
            self._read(stream, high - low)
            if isinstance(stream, ReadOp)
            else _shifted(stream, origin)
            for stream in old.streams
        ]
        n, b = old.banks.get_values()
        shape = part_shape(self.cut, self.solution, low, high)
        vector = old.banking.projection
        if vector is not None and len(vector) != len(shape):
            raise SpatialError(
                f"@{self.name} is banked {old.banking}, but its parts have rank {len(shape)}, for "
                "which the vector says nothing; write the parts by hand, or leave the vector away"
            )
        part = PmuOp(
            name,
            TensorType(element_type(old.held), shape),
            (n, b),
            init_of_part(old.init, origin),
            Region(Block(streams)),
            projection=vector,
        )
        part.attributes.update(old.attributes)
        part.location = old.location
        return part

    def _read(self, stream: ReadOp, trips: int) -> ReadOp:
        first, last = self.solution.first, self.solution.last
        bounds = stream.bounds.get_values()
        names = [name.data for name in stream.names] if stream.names is not None else None
        part = ReadOp(
            stream.sym_name.data,
            [*bounds[:first], trips, *bounds[last + 1 :]],
            read_map(self.cut, self.solution),
            stream.type_,
            stream.port.value.data,
            stream.padded is not None,
            [wait.data for wait in stream.waits],
            [signal.data for signal in stream.signals],
            names and [*names[:first], *names[last:]],
        )
        part.attributes.update(stream.attributes)
        part.location = stream.location
        return part

    def _relink(self, names: Sequence[str]) -> list[PcuOp]:
        """Join the parts to what the memory was joined to; gives the relays that pass tokens on."""
        self.ends.copy_inside(self.name, names)
        trips, around = self.cut.problem.trips, self.cut.problem.around
        each = trip_count(trips[self.solution.last + 1 :])
        windows = [(low * each, high * each) for low, high in self.solution.parts]
        rounds = trip_count(trips[:around])
        of = trip_count(trips[around:]) if rounds > 1 else None
        passing: list[PcuOp] = []
        for port in ports(self.pmu):
            if port.direction == "in":
                self.ends.move_target((self.name, port.name), names)
            elif port.kind == "data":
                turns = [
                    Turn((name, port.name), window)
                    for name, window in zip(names, windows, strict=True)
                ]
                if self.relayed and relays(len(turns), DIRECT):
                    turns, passing = pass_on(self.pmu, self.cut.read, self.ends, turns, rounds)
                sources = [turn.source for turn in turns]
                self.ends.split_source(
                    (self.name, port.name), sources, [turn.window for turn in turns], of
                )
            else:
                self.ends.join_tokens((self.name, port.name), names, self.found)
        return passing


def _shifted(stream: GatherOp | WriteOp, origin: AffineMap) -> GatherOp | WriteOp:
    """A writing stream of a part, which drops what belongs to other parts."""
    if not isinstance(stream, WriteOp):
        raise RuntimeError("a gathered memory has been split; this is a bug")
    start = origin.eval([0] * origin.num_dims, [])
    part = stream.clone()
    old = stream.map.data
    results = tuple(expr - low for expr, low in zip(old.results, start, strict=True))
    part.map = AffineMapAttr(AffineMap(old.num_dims, 0, results))
    part.clip = UnitAttr()
    return part
