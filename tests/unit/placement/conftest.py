"""Problems and configurations that several placement tests share."""

import itertools
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.solvers.placement import Net, Problem, Wait

# Lets the tests of this folder import its module of full machines.
sys.path.insert(0, str(Path(__file__).parent))


@dataclass
class Network:
    """A recurrent network's units and nets while they are listed."""

    kinds: list[str] = field(default_factory=list[str])
    nets: list[Net] = field(default_factory=list[Net])

    def unit(self, kind: str) -> int:
        """Add a unit."""
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def net(self, source: int, sinks: list[int], weight: float, kind: str = "vector") -> None:
        """Add the links of one port."""
        self.nets.append(Net(source, tuple(sinks), weight, kind))


def _half(net: Network, pick: random.Random, weight: float) -> tuple[list[int], list[int]]:
    """Vector memories, dot units with their weight memories, and adders: W x or R h."""
    vectors = [net.unit("pmu") for _ in range(8)]
    dots = [net.unit("pcu") for _ in range(32)]
    adders = [net.unit("pcu") for _ in range(12)]
    fed: dict[int, list[int]] = {vector: [] for vector in vectors}
    for index, dot in enumerate(dots):
        for _ in range(pick.randint(1, 4)):
            net.net(net.unit("pmu"), [dot], 1.0)
        for vector in vectors:
            if vector == vectors[index % 8] or pick.random() < 0.25:
                fed[vector].append(dot)
        net.net(dot, [adders[index % 12]], weight, "scalar")
    for vector, sinks in fed.items():
        net.net(vector, sinks, weight)
    return vectors, adders


def _recurrent(seed: int, pressure: float) -> Problem:
    pick = random.Random(seed)
    net = Network()
    state, recurrent = _half(net, pick, 4.0)
    inputs, forward = _half(net, pick, 1.0)
    for chain in range(4):
        units = [net.unit("pcu" if index % 2 == 0 else "pmu") for index in range(20)]
        for adder in recurrent[chain::4]:
            net.net(adder, [units[0]], 4.0, "scalar")
        for adder in forward[chain::4]:
            net.net(adder, [units[0]], 1.0, "scalar")
        for before, after in itertools.pairwise(units):
            net.net(before, [after], 4.0, "scalar")
        for vector in state[chain::4]:
            net.net(units[-1], [vector], 4.0, "scalar")
    for vector in inputs:
        net.net(net.unit("ag"), [vector], 1.0)
    controllers = [net.unit("controller") for _ in range(15)]
    net.net(controllers[0], controllers[1:], 4.0, "token")
    for controller in controllers[1:]:
        net.net(controller, [controllers[0]], 4.0, "token")
        net.net(controller, pick.sample([*state, *inputs], 4), 4.0, "token")
    next_turn = {unit: len(net.kinds) + index for index, unit in enumerate(state)}
    waits = [
        Wait(n.source, next_turn.get(sink, sink), 2.0)
        for n in net.nets
        if n.weight > 1 and n.kind != "token"
        for sink in n.destinations
    ]
    columns = ("pmu", "pcu", "pmu")
    sites: dict[str, list[tuple[int, int]]] = {"pcu": [], "pmu": [], "controller": [], "ag": []}
    for row in range(24):
        sites["ag"] += [(row, -1), (row, 24)]
        for column in range(24):
            sites[columns[column % 3]].append((row, column))
            sites["controller"].append((row, column))
    return Problem(
        kinds=tuple(net.kinds),
        sites={kind: tuple(positions) for kind, positions in sites.items()},
        nets=tuple(net.nets),
        steps=(*range(len(net.kinds)), *state),
        waits=tuple(waits),
        pressure=pressure,
    )


@pytest.fixture(scope="session")
def recurrent() -> Callable[[int, float], Problem]:
    """Make a recurrent network of about 370 units and 600 links for a 24 x 24 grid."""
    return _recurrent


RUNG = """
builtin.module {
  spatial.config @main {
    spatial.input @x : tensor<16xf32>
    spatial.output @y : tensor<16xf32>
    spatial.ag @load loads @x counters (%i = 0 to 4) address [4 * %i] signals ["go"]
        : vector<4xf32>
    spatial.pcu @square counters (%i = 0 to 4) {
      %v = spatial.receive "v" : vector<4xf32>
      %p = arith.mulf %v, %v : vector<4xf32>
      spatial.send "out" %p : vector<4xf32>
    }
    spatial.pmu @keep holds tensor<16xf32> banked (4, 1) init zero {
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 4) address [4 * %i]
          signals ["full"] : vector<4xf32>
      spatial.read @out port 0 counters (%i = 0 to 4) address [4 * %i] waits ["start"]
          : vector<4xf32>
    }
    spatial.ag @store stores @y counters (%i = 0 to 4) address [4 * %i] : vector<4xf32>
    spatial.link @load::@data to @square::@v : vector depth 2
    spatial.link @square::@out to @keep::@in : vector depth 2
    spatial.link @keep::@full to @keep::@start : token depth 1
    spatial.link @keep::@out to @store::@data : vector depth 2
    spatial.controller @once counters () waits ["begin"] {
    }
    spatial.link @load::@go to @once::@begin : token depth 1
  }
}
"""


@pytest.fixture
def rung(parse_checked: Callable[[str], ModuleOp]) -> ModuleOp:
    """A load, a compute unit, a memory, a store and a controller, for the tiny machine."""
    module = parse_checked(RUNG)
    set_target(module, load_machine("tiny"))
    return module


@pytest.fixture
def parse_tiny(spatial_context: Context) -> Callable[[str], ModuleOp]:
    """Parse the body of a configuration for the tiny machine."""

    def parse(body: str) -> ModuleOp:
        module = Parser(spatial_context, body, "test").parse_module()
        set_target(module, load_machine("tiny"))
        module.verify()
        return module

    return parse
