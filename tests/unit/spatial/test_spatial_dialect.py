"""The spatial dialect from Python: construction, ports, target, speed of verification."""

from collections.abc import Callable

import pytest
from xdsl.dialects.builtin import IndexType, ModuleOp, TensorType, VectorType, f32
from xdsl.ir import Block
from xdsl.ir.affine import AffineMap
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial import (
    AgOp,
    CombineOp,
    ConfigOp,
    ControllerOp,
    FoldOp,
    GatherOp,
    InputInitAttr,
    InputOp,
    LinkOp,
    OutputOp,
    ParameterInitAttr,
    PcuOp,
    PmuOp,
    ReadOp,
    ReceiveOp,
    SendOp,
    StageOp,
    TableInitAttr,
    TargetAttr,
    WriteOp,
    ZeroInitAttr,
    element_bits,
    enclosing,
    link_kind,
    port_table,
    ports,
    processes,
    token_elements,
    trip_count,
    units,
)
from spatial_opt.dialects.spatial_verify import verify_config
from spatial_opt.machine.load import known_machines, load_machine

V4 = VectorType(f32, [4])
Compile = Callable[..., ModuleOp]


def small() -> ModuleOp:
    """x -> h -> sum of each row -> y, twice."""
    body = Block(arg_types=[IndexType(), IndexType()])
    body.args[0].name_hint, body.args[1].name_hint = "j", "k"
    value = ReceiveOp("v", V4)
    half = CombineOp("add", value.result)
    total = FoldOp("add", half.result, per=body.args[0])
    body.add_ops(
        [value, StageOp(0), half, StageOp(1), total, SendOp("out", total.result, body.args[0])]
    )
    memory = PmuOp(
        "h",
        TensorType(f32, [2, 8]),
        (4, 1),
        body=[
            WriteOp("in", ["d"], [4], AffineMap.from_callable(lambda t, i: (t % 2, 4 * i)), V4,
                    clip=True, signals=["full"]),
            ReadOp("out", [2, 2], AffineMap.from_callable(lambda t, j, k: (t % 2, 4 * k)), V4,
                   waits=["start"], names=["j", "k"]),
        ],
    )  # fmt: skip
    inner = Block(arg_types=[IndexType()])
    inner.args[0].name_hint = "t"
    inner.add_ops(
        [
            AgOp("x.load", "loads", "x", [4],
                 AffineMap.from_callable(lambda t, i: (t, 4 * i)), V4),
            memory,
            PcuOp("sum", [2, 2], body),
            AgOp("y.store", "stores", "y", [2],
                 AffineMap.from_callable(lambda t, i: (t, i)), f32, names=["row"]),
        ]
    )  # fmt: skip
    config = ConfigOp(
        "main",
        [
            InputOp("x", TensorType(f32, [2, 16]), scale=0.1),
            OutputOp("y", TensorType(f32, [2, 2])),
            ControllerOp("time", [2], inner, signals=["tick"]),
            LinkOp(("x.load", "data"), ("h", "d"), "vector", 4),
            LinkOp(("h", "full"), ("h", "start"), "token", 1),
            LinkOp(("h", "out"), ("sum", "v"), "vector", 4, route=[(0, 0), (0, 1)]),
            LinkOp(("sum", "out"), ("y.store", "data"), "scalar", 4),
        ],
    )
    module = ModuleOp([config])
    module.verify()
    return module


def test_built_and_parsed_are_the_same(parse_checked: Callable[[str], ModuleOp]):
    module = small()
    assert str(parse_checked(str(module))) == str(module)
    assert "counters (%row = 0 to 2) address [%t, %row] : f32" in str(module)
    assert "clip signals" in str(module)
    assert "scale 0.1\n" in str(module)


def config_of(module: ModuleOp) -> ConfigOp:
    """The only configuration."""
    config = module.body.block.first_op
    assert isinstance(config, ConfigOp)
    return config


def test_ports_and_processes():
    config = config_of(small())
    found = {process.name: process for process in processes(config)}
    assert {name: (p.kind, p.firings, p.activations) for name, p in found.items()} == {
        "time": ("controller", 2, 1),
        "x.load": ("load", 4, 2),
        "h::in": ("write", 4, 2),
        "h::out": ("read", 4, 2),
        "sum": ("pcu", 4, 2),
        "y.store": ("store", 2, 2),
    }
    rows = [
        (p.name, p.direction, p.kind, p.period, p.offset, p.tokens_per_activation, p.process)
        for process in found.values()
        for p in process.ports
    ]
    assert rows == [
        ("tick", "out", "token", 1, 0, 2, "time"),
        ("data", "out", "data", 1, 0, 4, "x.load"),
        ("d", "in", "data", 1, 0, 4, "h::in"),
        ("full", "out", "token", 4, 3, 1, "h::in"),
        ("out", "out", "data", 1, 0, 4, "h::out"),
        ("start", "in", "token", 4, 0, 1, "h::out"),
        ("v", "in", "data", 1, 0, 4, "sum"),
        ("out", "out", "data", 2, 1, 2, "sum"),
        ("data", "in", "data", 1, 0, 2, "y.store"),
    ]
    memory = found["h::in"].unit
    assert [port.name for port in ports(memory)] == ["d", "full", "out", "start"]
    assert ports(found["h::in"].op)[0].process == "h::in"
    assert port_table(config)["sum", "out"][1].type == f32
    assert [controller.sym_name.data for controller in enclosing(found["h::in"].op)] == ["time"]
    assert [unit.sym_name.data for unit in units(config)] == [
        "time",
        "x.load",
        "h",
        "sum",
        "y.store",
    ]
    with pytest.raises(ValueError, match=r"builtin\.module is not a unit"):
        ports(ModuleOp([]))


def test_rates_of_ports(compile_config: Compile):
    module = compile_config(
        """
        spatial.pcu @u counters (%i = 0 to 3, %j = 0 to 5) {
          %c = arith.constant 1.0 : f32
          spatial.send "each" %c : f32
          spatial.send "row" %c per %i : f32
          spatial.send "all" %c once : f32
        }
        spatial.pmu @t holds tensor<2x16xf32> banked (4, 1) init zero {
          spatial.gather @g index "at" port 0 counters (%i = 0 to 3) address [0] : vector<4xf32>
        }
        spatial.pmu @i holds tensor<16xi32> banked (4, 1) init zero {
          spatial.read @out port 0 counters (%i = 0 to 3) address [4 * %i] : vector<4xi32>
        }
        spatial.link @i::@out to @t::@at : vector depth 2
        """
    )
    table = port_table(config_of(module))
    rates = [(table["u", name][1].period, table["u", name][1].offset) for name in ("each", "row")]
    assert rates == [(1, 0), (5, 4)]
    assert (table["u", "all"][1].period, table["u", "all"][1].offset) == (15, 14)
    gather = table["t", "g"][0].op
    assert isinstance(gather, GatherOp)
    assert str(gather.index_type) == "vector<4xi32>"


@pytest.mark.parametrize("name", known_machines())
def test_target_holds_the_machine(name: str):
    machine = load_machine(name)
    target = TargetAttr.from_machine(machine)
    assert target.machine == machine
    assert target.machine is TargetAttr.from_machine(machine).machine


def test_payload_must_fit_the_links(compile_config: Compile):
    text = """
    spatial.pmu @m holds tensor<8xf32> banked (4, 1) init zero {
      spatial.read @out port 0 address [0] : vector<8xf32>
      spatial.write @in ports ["in"] port 0 address [0] : vector<8xf32>
    }
    spatial.link @m::@out to @m::@in : vector depth 2
    """
    compile_config(text, machine="plasticine-rnn").verify()
    with pytest.raises(VerifyException, match=r"carries 128 bits \(pcu.lanes = 4 of"):
        compile_config(text).verify()


def test_helpers():
    assert trip_count([]) == 1
    assert trip_count([2, 3]) == 6
    assert (token_elements(V4), token_elements(f32)) == (4, 1)
    assert (element_bits(V4), element_bits(IndexType())) == (32, 32)
    assert (link_kind(V4), link_kind(f32), link_kind(None)) == ("vector", "scalar", "token")
    assert link_kind(VectorType(f32, [1])) == "scalar"
    texts = [str(a) for a in (ZeroInitAttr(), TableInitAttr.get("tanh", -8.0, 8.0))]
    assert texts == ["#spatial.init_zero", "#spatial.init_table<tanh from -8.0 to 8.0>"]
    assert str(InputInitAttr.get("x", 0.5)) == '#spatial.init_input<"x" scale 0.5>'
    whole = ParameterInitAttr.get("W", 2.0, shape=(1, 6))
    assert str(whole) == '#spatial.init_parameter<"W" [1, 6] scale 2.0>'
    assert (whole.source_shape, ParameterInitAttr.get("W").source_shape) == ((1, 6), None)
    assert InputInitAttr.get("x", shape=(3,)).source_shape == (3,)
    link = LinkOp(("a", "o"), ("b", "i"), "token", 1)
    assert (link.source, link.target, link.via) == (("a", "o"), ("b", "i"), None)
    link.set_route([(1, 2), (1, 3)])
    assert link.via == [(1, 2), (1, 3)]
    link.set_route(None)
    assert link.via is None


def test_printed_outside_of_its_controllers():
    read = ReadOp("r", [4], AffineMap.from_callable(lambda t, i: (t, i)), f32)
    assert str(read) == (
        "spatial.read @r port 0 counters (%i = 0 to 4) address [%outer0, %i] : f32"
    )


def test_verification_is_fast():
    """600 units and 2000 links: our own checks stay below 50 ms (six times for slack)."""
    config = ConfigOp("main")
    body = config.body.block
    for number in range(300):
        memory = PmuOp(f"m{number}", TensorType(f32, [16]), (4, 1))
        for port in range(4):
            memory.body.block.add_op(
                ReadOp(f"r{port}", [16, 4], AffineMap.from_callable(lambda i, j: (4 * j,)), V4)
            )
        unit = PcuOp(f"u{number}", [16, 4])
        for port in range(7):
            unit.body.block.add_op(ReceiveOp(f"v{port}", V4))
        body.add_ops([memory, unit])
    for number in range(300):
        for port in range(7):
            source = f"m{(number + port) % 300}", f"r{port % 4}"
            body.add_op(LinkOp(source, (f"u{number}", f"v{port}"), "vector", 4))
    verify_config(config)
