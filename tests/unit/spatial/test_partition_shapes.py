"""Units of one structure share a problem; what differs in anything that counts does not."""

from collections.abc import Callable

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, PcuOp, SendOp, StageOp, units
from spatial_opt.dialects.target import target_of
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_problem import Body, problem_of
from spatial_opt.passes.partition_shapes import Shapes, mark_stages
from spatial_opt.passes.solvers.partition import Solution

Compile = Callable[..., ModuleOp]

UNIT = """
spatial.pcu @{name} counters (%i = 0 to {trip}, %j = 0 to 2) {{
  %a = spatial.receive "{port}" : vector<4xf32>
  %b = spatial.receive "b" {rate} : f32
  %one = arith.constant {constant} : f32
  %s = spatial.fold {kind} %a per %i : vector<4xf32> to f32
  %t = arith.{op} %s, {last} : f32
  %u = arith.mulf %t, %one : f32
  spatial.send "{out}" %u per %i : f32
}}
spatial.ag @{name}.a loads @x counters (%n = 0 to {vectors}) address [4 * %n] : vector<4xf32>
spatial.ag @{name}.b loads @x counters (%n = 0 to {scalars}) address [%n] : f32
spatial.ag @{name}.y stores @y counters (%n = 0 to {trip}) address [%n] : f32
spatial.link @{name}.a::@data to @{name}::@{port} : vector depth 2
spatial.link @{name}.b::@data to @{name}::@b : {carrier} depth 2
spatial.link @{name}::@{out} to @{name}.y::@data : scalar depth 2
"""
PLAIN = {
    "trip": "3",
    "port": "a",
    "rate": "per %i",
    "constant": "0.5",
    "kind": "add",
    "op": "addf",
    "last": "%b",
    "out": "out",
    "carrier": "scalar",
}


def described(body: Body) -> tuple[object, ...]:
    """What a body is, but for which operations they are."""
    ops = [None if op is None else str(op) for op in body.ops]
    sources = [
        None if source is None else (source.name_hint, source.type) for source in body.sources
    ]
    return body.problem, ops, sources, {n: list(map(str, s)) for n, s in body.sends.items()}


def config(**differences: str) -> str:
    """A plain unit and one that differs."""
    text = ["spatial.input @x : tensor<64xf32>", "spatial.output @y : tensor<8xf32>"]
    for name, more in (("p", {}), ("q", differences)):
        chosen = {**PLAIN, **more}
        trip = int(chosen["trip"])
        scalars = trip if chosen["rate"] else 2 * trip
        text.append(UNIT.format(name=name, vectors=2 * trip, scalars=scalars, **chosen))
    return "\n".join(text)


def bodies(compile_config: Compile, **differences: str) -> tuple[Body, Body]:
    """The bodies of both units, the second after the first; each as if it were the first."""
    module = compile_config(config(**differences))
    machine = target_of(module)
    found = next(op for op in module.ops if isinstance(op, ConfigOp))
    ends = LinkEnds(found)
    shapes = Shapes(machine, ends)
    one, other = (unit for unit in units(found) if isinstance(unit, PcuOp))
    first, second = shapes.body_of(one), shapes.body_of(other)
    assert described(first) == described(problem_of(one, machine, ends))
    assert described(second) == described(problem_of(other, machine, ends))
    return first, second


def test_one_structure(compile_config: Compile) -> None:
    """Names, ports, trip counts and constants do not matter."""
    for differences in ({}, {"port": "z", "out": "o"}, {"trip": "2"}, {"constant": "2.0"}):
        first, second = bodies(compile_config, **differences)
        assert first.problem is second.problem


def test_other_structures(compile_config: Compile) -> None:
    """Rates, operations and their operands do."""
    for differences in ({"rate": ""}, {"kind": "max"}, {"op": "mulf"}, {"last": "%s"}):
        first, second = bodies(compile_config, **differences)
        assert first.problem is not second.problem


def test_marks_of_a_unit_that_fits(compile_config: Compile) -> None:
    """Nothing moves: each operation gets its mark, with what prepares its operands behind it."""
    module = compile_config(config())
    found = next(op for op in module.ops if isinstance(op, ConfigOp))
    pcu = next(unit for unit in units(found) if isinstance(unit, PcuOp))
    body = problem_of(pcu, target_of(module))
    before = list(pcu.body.block.ops)
    assert not mark_stages(body, Solution(((0,), (1, 2))))
    assert not mark_stages(body, Solution(((1, 0, 2),)))
    assert list(pcu.body.block.ops) == before
    assert mark_stages(body, Solution(((0, 1, 2),)))
    after = list(pcu.body.block.ops)
    assert [op for op in after if not isinstance(op, StageOp)] == before
    following = [after[n + 1].name for n, op in enumerate(after) if isinstance(op, StageOp)]
    assert following == ["spatial.fold", "arith.addf", "arith.mulf"]
    assert isinstance(after[-1], SendOp)
