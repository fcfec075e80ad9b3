"""Small configurations, compiled and written by hand, and counts of all their firings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from xdsl.dialects.builtin import AffineMapAttr, ModuleOp
from xdsl.parser import Parser

from spatial_opt.bench.problems import generate
from spatial_opt.dialects.spatial import (
    AgOp,
    GatherOp,
    PmuOp,
    ReadOp,
    TargetAttr,
    WriteOp,
    element_bits,
    element_type,
    parameter_parts,
    token_elements,
)
from spatial_opt.dialects.spatial_ports import Process, processes
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.quantities import measure
from spatial_opt.runtime.traffic import Traffic, UnitTraffic
from spatial_opt.runtime.useful_elements import UsefulElements
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for


@dataclass(frozen=True)
class Layer:
    """A layer and how it is spread over units."""

    cell: str = "lstm"
    hidden: int = 13
    inputs: int = 7
    steps: int = 3
    batch: int = 1
    format: str = "mixed8"
    map: tuple[tuple[str, Any], ...] = ()
    pipeline: str = "fused"

    def compiled(self) -> ModuleOp:
        """Compile it."""
        module = generate(self.cell, self.hidden, self.steps, batch=self.batch, inputs=self.inputs)
        options = {"format": (self.format,), **{k: (v,) for k, v in self.map}}
        context = make_context()
        steps = steps_for(module, self.pipeline, options)
        compile_module(context, module, steps, Compilation())
        return module


def options(**given: Any) -> tuple[tuple[str, Any], ...]:
    """Give options of a pipeline as plain data."""
    return tuple(given.items())


LAYERS = (
    Layer(),
    Layer(map=options(hu=2, ru=1, rv=16, hv=1)),
    Layer("gru", 17, 5, map=options(hu=3, ru=2, rv=16, hv=1)),
    Layer("lstm", 11, 11, format="f32", map=options(hu=4, ru=1, rv=16, hv=1, rows=2)),
    Layer("lstm", 33, 10, 2, map=options(hu=2, ru=1, rv=4, hv=16)),
    Layer("gru", 19, 6, format="bf16", map=options(hu=1, ru=1, rv=2, hv=16)),
    Layer("lstm", 10, 6, batch=3, map=options(hu=2, ru=1, rv=64, hv=1)),
    Layer("gru", 23, 23, 4, format="int8", map=options(hu=5, ru=2, rv=64, hv=1)),
    Layer("gru", 23, 9, 2, map=options(hu=5, ru=2, rv=16, hv=1, operands="private")),
    Layer("lstm", 9, 5, format="f32", pipeline="unfused"),
    Layer("gru", 12, 5, pipeline="unfused", map=options(hu=2, ru=1)),
    Layer("lstm", 1, 1, 1),
)


def parsed(text: str, machine: str = "tiny") -> ModuleOp:
    """Parse a configuration for a machine."""
    module = Parser(make_context(), text).parse_module()
    module.attributes["spatial.target"] = TargetAttr.from_machine(load_machine(machine))
    module.verify()
    return module


def traffic_of(module: ModuleOp) -> Traffic:
    """Measure a configuration."""
    return measure(module).traffic


def unit(traffic: Traffic, name: str) -> UnitTraffic:
    """Find a memory unit."""
    return next(each for each in traffic.by_unit if each.name == name)


@dataclass
class Counted:
    """Bytes of one stream, counted firing by firing and element by element."""

    tokens: int = 0
    within: int = 0
    """Inside the memory or buffer."""
    data: int = 0
    """And inside a tensor that fills it."""
    different: int = 0
    """Different elements inside."""


def enumerate_stream(process: Process, shape: tuple[int, ...]) -> Counted:
    """Walk through all firings of a stream in Python integers."""
    op = process.op
    assert isinstance(op, ReadOp | WriteOp | AgOp)
    size = element_bits(element_type(op.type_)) // 8
    ports, apart = (1, 0) if isinstance(op, AgOp) else (len(op.port_names), op.port_step)
    width = token_elements(op.type_)
    outer = [bound for c in process.controllers for bound in c.bounds.get_values()]
    found, seen = Counted(), set[tuple[int, ...]]()
    for point in product(*map(range, (*outer, *process.bounds))):
        *rows, first = op.map.data.eval(point, [])
        for port, lane in product(range(ports), range(width)):
            at = [*rows, first + port * apart + lane]
            found.tokens += size
            if all(0 <= a < n for a, n in zip(at, shape, strict=True)):
                found.within += size
                seen.add(tuple(at))
                found.data += size * _is_data(process, at)
    found.different = size * len(seen)
    return found


def _is_data(process: Process, at: list[int]) -> bool:
    unit = process.unit
    if not isinstance(unit, PmuOp) or any(isinstance(s, WriteOp) for s in unit.streams):
        return True
    parts = parameter_parts(unit.init)
    if not parts:
        return True
    for part in parts:
        place = part.map.data.eval(at, []) if isinstance(part.map, AffineMapAttr) else at
        assert part.source_shape is not None
        if all(0 <= a < n for a, n in zip(place, part.source_shape, strict=True)):
            return True
    return False


def streams(module: ModuleOp) -> list[tuple[Process, tuple[int, ...]]]:
    """All processes with an address, and the shape that it is into."""
    config = config_of(module)
    buffers = UsefulElements(config).buffers
    found: list[tuple[Process, tuple[int, ...]]] = []
    for process in processes(config):
        if isinstance(process.op, AgOp):
            buffer = buffers[process.op.buffer.root_reference.data]
            found.append((process, tuple(buffer.tensor.get_shape())))
        elif isinstance(process.unit, PmuOp) and not isinstance(process.op, GatherOp):
            found.append((process, tuple(process.unit.held.get_shape())))
    return found


def gathered(module: ModuleOp) -> Counter[str]:
    """Bytes that the gathers of each memory give."""
    found: Counter[str] = Counter()
    for process in processes(config_of(module)):
        if isinstance(process.op, GatherOp):
            tokens = prod(process.bounds) * process.activations
            size = token_elements(process.op.type_) * element_bits(process.op.type_) // 8
            found[process.unit.sym_name.data] += tokens * size
    return found
