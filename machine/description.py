"""
A spatial machine as plain data: a grid of compute and memory units joined by switches.

Sizes follow Prabhakar et al., "Plasticine: A Reconfigurable Architecture for Parallel Patterns",
ISCA 2017, section 3. One switch stands at every grid position; address generators and the
DRAM behind them stand left and right of the grid. All times are in clock cycles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from sys import maxsize
from typing import Literal

UnitKind = Literal["pcu", "pmu"]

_SIDES = 4
"""Neighbours of a switch."""

DEFAULT_OP = "default"
"""Key of `Machine.op_latency_cycles` for all operations that it does not name."""


def _at_least(low: float) -> dict[str, float]:
    """Metadata of a figure that may not be below `low`."""
    return {"low": low}


@dataclass(frozen=True)
class Grid:
    """
    Positions of the units.

    `pattern` holds one string per row, each the unit kinds of its columns separated by blanks;
    it is repeated in both directions. `("pcu pmu", "pmu pcu")` is a checkerboard.
    """

    rows: int = field(metadata=_at_least(1))
    columns: int = field(metadata=_at_least(1))
    pattern: tuple[str, ...]

    def kind(self, row: int, column: int) -> UnitKind:
        """Give the kind of the unit at (row, column), both counted from 0."""
        kinds = self.pattern[row % len(self.pattern)].split()
        return "pcu" if kinds[column % len(kinds)] == "pcu" else "pmu"

    def positions(self, kind: UnitKind) -> list[tuple[int, int]]:
        """List the (row, column) of all units of one kind, row by row."""
        return list(_positions(self, kind))


@lru_cache(64)
def _positions(grid: Grid, kind: UnitKind) -> tuple[tuple[int, int], ...]:
    return tuple(
        (row, column)
        for row in range(grid.rows)
        for column in range(grid.columns)
        if grid.kind(row, column) == kind
    )


@dataclass(frozen=True)
class ComputeUnit:
    """A PCU: a SIMD pipeline of `stages` by `lanes` function units of `word_bits` each."""

    lanes: int = field(metadata=_at_least(1))
    stages: int = field(metadata=_at_least(1))
    registers_per_stage: int = field(metadata=_at_least(1))
    """Values alive between two stages, per lane."""
    scalar_inputs: int = field(metadata=_at_least(0))
    scalar_outputs: int = field(metadata=_at_least(0))
    vector_inputs: int = field(metadata=_at_least(0))
    vector_outputs: int = field(metadata=_at_least(0))
    control_inputs: int = field(metadata=_at_least(0))
    control_outputs: int = field(metadata=_at_least(0))
    word_bits: int = field(metadata=_at_least(8))
    packed: bool
    """Whether a word can hold two 16-bit or four 8-bit values."""
    folded_reduction: bool
    """Whether a whole reduction tree with its accumulator takes a single stage."""
    stage_latency_cycles: int = field(metadata=_at_least(1))
    fifo_depth: int = field(metadata=_at_least(1))
    """Tokens each input port can hold."""


@dataclass(frozen=True)
class MemoryUnit:
    """A PMU: a scratchpad of `banks` equal banks of words, with its address pipelines."""

    capacity_bytes: int = field(metadata=_at_least(1))
    banks: int = field(metadata=_at_least(1))
    read_ports: int = field(metadata=_at_least(1))
    write_ports: int = field(metadata=_at_least(1))
    scalar_inputs: int = field(metadata=_at_least(0))
    scalar_outputs: int = field(metadata=_at_least(0))
    vector_inputs: int = field(metadata=_at_least(0))
    vector_outputs: int = field(metadata=_at_least(0))
    control_inputs: int = field(metadata=_at_least(0))
    control_outputs: int = field(metadata=_at_least(0))
    read_latency_cycles: int = field(metadata=_at_least(0))
    write_latency_cycles: int = field(metadata=_at_least(0))
    fifo_depth: int = field(metadata=_at_least(1))
    """Tokens each input port can hold."""


@dataclass(frozen=True)
class Network:
    """Three static networks of equal shape: vectors, scalars and one-bit tokens."""

    hop_latency_cycles: int = field(metadata=_at_least(0))
    vector_links: int = field(metadata=_at_least(0))
    """Tracks in each direction between neighbouring switches; so for the other two."""
    scalar_links: int = field(metadata=_at_least(0))
    control_links: int = field(metadata=_at_least(0))
    switch_buffer_tokens: int = field(metadata=_at_least(0))
    """Tokens each switch on a route can hold."""


@dataclass(frozen=True)
class AddressGenerators:
    """Units that move data between DRAM and the grid."""

    count: int = field(metadata=_at_least(0))
    fifo_depth: int = field(metadata=_at_least(1))
    burst_bytes: int = field(metadata=_at_least(1))
    """Least that DRAM moves; every token is a burst of its own, or several."""
    outstanding_bursts: int = field(metadata=_at_least(0))
    """Loads that one generator may have under way besides those its queue holds."""
    columns: Literal["outer"] = "outer"
    """Where they stand: left of the first and right of the last column."""

    def positions(self, grid: Grid) -> list[tuple[int, int]]:
        """
        List (row, column) of all address generators, column -1 or `grid.columns`.

        Left and right take turns, and each side is spread evenly over the rows; with more
        generators than rows a position occurs more than once.
        """
        left = (self.count + 1) // 2
        sides = ((left, -1), (self.count - left, grid.columns))
        spread = [
            [(i * grid.rows // number, column) for i in range(number)] for number, column in sides
        ]
        return [side[i] for i in range(left) for side in spread if i < len(side)]


@dataclass(frozen=True)
class Dram:
    """Off-chip memory, shared by all address generators."""

    bandwidth_bytes_per_cycle: float = field(metadata=_at_least(0.001))
    latency_cycles: int = field(metadata=_at_least(0))


@dataclass(frozen=True)
class Controller:
    """Outer loops, which run in the switches."""

    latency_cycles: int = field(metadata=_at_least(0))
    per_switch: int = field(metadata=_at_least(0))


@dataclass(frozen=True)
class Configuration:
    """What is written into the machine before a program, or the next part of one, can run."""

    unit_bytes: int = field(metadata=_at_least(0))
    """Settings of one grid position: its unit and its switch."""


@dataclass(frozen=True)
class Power:
    """Area and power, only ever reported, never a limit."""

    pcu_mw: float = field(metadata=_at_least(0))
    """Power of one busy unit, in milliwatts; so for the other two."""
    pmu_mw: float = field(metadata=_at_least(0))
    ag_mw: float = field(metadata=_at_least(0))
    vector_hop_pj: float = field(metadata=_at_least(0))
    """Energy of one token through one switch, in picojoules."""
    scalar_hop_pj: float = field(metadata=_at_least(0))
    pcu_area_mm2: float = field(metadata=_at_least(0))
    pmu_area_mm2: float = field(metadata=_at_least(0))
    chip_area_mm2: float = field(metadata=_at_least(0))


@dataclass(frozen=True)
class Machine:
    """Everything the compiler and the timing model know about the hardware."""

    name: str
    clock_ghz: float = field(metadata=_at_least(0.001))
    formats: tuple[str, ...]
    """Element types the function units compute on, in MLIR's spelling."""
    grid: Grid
    pcu: ComputeUnit
    pmu: MemoryUnit
    network: Network
    ag: AddressGenerators
    dram: Dram
    controller: Controller
    configuration: Configuration
    power: Power
    op_latency_cycles: Mapping[str, int] = field(hash=False)
    """Cycles of one operation by its IR name, e.g. "arith.divf"; `DEFAULT_OP` for the rest."""
    relaxed: tuple[str, ...] = ()
    """Dotted keys of the limits that are reported but not enforced."""

    @property
    def vector_bits(self) -> int:
        """Width of a vector link and of a PCU register, in bits."""
        return self.pcu.lanes * self.pcu.word_bits

    @property
    def word_bytes(self) -> int:
        """Bytes one PMU bank delivers per access."""
        return self.pcu.word_bits // 8

    def lanes_for(self, bits: int) -> int:
        """Count the values of `bits` bits that one vector holds; single bits take a byte."""
        if not self.pcu.packed:
            return self.pcu.lanes
        return self.vector_bits // max(bits, 8)

    def peak_macs_per_cycle(self, bits: int) -> int:
        """Count the multiply-accumulates of all PCUs, one per lane or sub-word lane."""
        return len(self.grid.positions("pcu")) * self.lanes_for(bits)

    def dram_bytes(self, token_bytes: int) -> int:
        """Count the bytes that DRAM moves for a token: whole bursts."""
        return ceil(token_bytes / self.ag.burst_bytes) * self.ag.burst_bytes

    def dram_interval(self, token_bytes: int, generators: int) -> int:
        """
        Give the cycles between two tokens of one of several address generators.

        The bandwidth is divided evenly and statically over all of them.
        """
        moved = self.dram_bytes(token_bytes) * generators
        return max(1, ceil(moved / self.dram.bandwidth_bytes_per_cycle))

    def loading_cycles(self, contents_bytes: int) -> int:
        """
        Give the cycles in which a configuration is loaded from DRAM.

        All positions of the grid get their settings, and memories their first contents.
        """
        settings = self.grid.rows * self.grid.columns * self.configuration.unit_bytes
        moved = self.dram_bytes(settings) + self.dram_bytes(contents_bytes)
        return self.dram.latency_cycles + ceil(moved / self.dram.bandwidth_bytes_per_cycle)

    def op_latency(self, op_name: str) -> int:
        """Give the cycles of an operation by its IR name, e.g. "arith.addf"."""
        return self.op_latency_cycles.get(op_name, self.op_latency_cycles[DEFAULT_OP])

    def cycles_to_us(self, cycles: float) -> float:
        """Convert cycles to microseconds."""
        return cycles / (self.clock_ghz * 1000.0)

    def ag_positions(self) -> list[tuple[int, int]]:
        """List (row, column) of all address generators."""
        return self.ag.positions(self.grid)

    def links_into(self, kind: Literal["vector", "scalar"]) -> int:
        """Count the links of one kind that can end at one unit, on all sides of its switch."""
        name = f"{kind}_links"
        tracks: int = getattr(self.network, name)
        return _SIDES * tracks if self.enforces(f"network.{name}") else maxsize

    def enforces(self, limit: str) -> bool:
        """Tell whether the limit with this dotted key, e.g. "pmu.banks", must be kept."""
        return limit not in self.relaxed
