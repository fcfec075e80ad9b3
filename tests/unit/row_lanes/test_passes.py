"""Row lanes, packed words and turns through the passes, the time model and the report."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects.spatial import PcuOp, StageOp, link_kind, links
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.passes import PASSES
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_problem import problem_of
from spatial_opt.passes.solvers.partition import usage
from spatial_opt.runtime import numpy_evaluator
from spatial_opt.runtime.configuration import build_network, unit_latency
from spatial_opt.runtime.cycle_engine import run_cycles
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.quantities import measure
from spatial_opt.runtime.values import prepare_best

Make = Callable[[Any], tuple[ModuleOp, Any, Any]]
Layer = Callable[..., Any]
Parse = Callable[[str], ModuleOp]

WHOLE = ("spatial-partition", "spatial-split-memories", "spatial-place", "spatial-route")


def lower(
    module: ModuleOp, context: Context, machine: str, names: Sequence[str] = WHOLE, **pcu: Any
) -> None:
    """Attach a machine and run passes, which leave a valid configuration behind."""
    loaded = load_machine(machine)
    set_target(module, replace(loaded, pcu=replace(loaded.pcu, **pcu)))
    module.verify()
    for name in names:
        PASSES[name]()().apply(context, module)
        module.verify()


@pytest.mark.parametrize("format", ["f32", "bf16", "int8", "mixed8"])
@pytest.mark.parametrize(
    ("machine", "sizes"),
    [
        ("plasticine-rnn", {"rows": 40, "inputs": 21, "turns": 2, "steps": 4}),
        ("plasticine-rnn", {"rows": 51, "inputs": 18, "turns": 3, "steps": 9}),
        ("tiny", {"rows": 11, "inputs": 21, "lanes": 4, "steps": 7}),
        ("tiny", {"rows": 16, "inputs": 17, "lanes": 4, "turns": 2, "steps": 7}),
    ],
)
def test_a_layer_from_end_to_end(
    make_layer: Make,
    layer: Layer,
    spatial_context: Context,
    machine: str,
    sizes: dict[str, int],
    format: str,
):
    """Values stay, both engines take the same time, and only what is no padding counts."""
    chosen = layer(format=format, **sizes)
    module, inputs, parameters = make_layer(chosen)
    before = numpy_evaluator.prepare(module).run(inputs, parameters)["y"]
    lower(module, spatial_context, machine)
    assert (
        numpy_evaluator.prepare(module).run(inputs, parameters)["y"].tobytes() == before.tobytes()
    )
    assert prepare_best(module)[0].run(inputs, parameters)["y"].tobytes() == before.tobytes()
    network = build_network(module)
    twin = run_cycles(network)
    assert twin.finished
    assert run(network).cycles == run(network, steady=False).cycles == twin.cycles
    quantities = measure(module)
    assert quantities.macs == chosen.steps * chosen.rows * (chosen.inputs + chosen.rows)
    assert (
        quantities.issued_macs
        == chosen.steps
        * chosen.groups
        * chosen.turns
        * sum(chosen.words)
        * chosen.lanes
        * chosen.word
    )
    assert quantities.bits == {"f32": 32, "bf16": 16}.get(format, 8)


def test_a_dot_product_takes_one_unit(make_layer: Make, layer: Layer, spatial_context: Context):
    """A packed word over a scalar link is a scalar input, and nothing is folded."""
    module, _, _ = make_layer(layer())
    machine = load_machine("plasticine-rnn")
    set_target(module, machine)
    (dot,) = [op for op in module.walk() if isinstance(op, PcuOp) and op.sym_name.data == "dot0"]
    for ends in (LinkEnds(config_of(module)), None):
        problem = problem_of(dot, machine, ends).problem
        used = usage(problem, range(len(problem.steps)))
        assert (used.vector_inputs, used.scalar_inputs) == (1, 1)
        assert (used.vector_outputs, used.scalar_outputs) == (1, 0)
        assert used.stages == 4
        assert all(step.folded is None for step in problem.steps)
    lower(module, spatial_context, "plasticine-rnn", ["spatial-partition"])
    (dot,) = [op for op in module.walk() if isinstance(op, PcuOp) and op.sym_name.data == "dot0"]
    stages = [op.index.value.data for op in dot.body.block.ops if isinstance(op, StageOp)]
    assert stages == [0, 1, 2, 3]
    # A multiplication, two sums of neighbours, one to add up: none takes several stages.
    assert unit_latency(dot, machine) == 4 * machine.pcu.stage_latency_cycles


UNIT = """builtin.module {{ spatial.config @main {{
spatial.input @x : tensor<16x{taken}>
spatial.output @y : tensor<16x{given}>
spatial.ag @load loads @x counters (%i = 0 to 4) address [4 * %i] : {token}
spatial.pcu @u counters (%i = 0 to 4) {{
  %v = spatial.receive "v" : {token}
  {body}
}}
spatial.ag @store stores @y counters (%i = 0 to 4) address [4 * %i] : {result}
spatial.link @load::@data to @u::@v : {kind} depth 2
spatial.link @u::@out to @store::@data : vector depth 2
}} }}"""


def unit(
    body: str, token: str = "vector<4xf32>", result: str = "vector<4xf32>", kind: str = "vector"
) -> str:
    """A unit between a load and a store."""

    def element(type: str) -> str:
        return type.split("x")[-1].rstrip(">")

    return UNIT.format(
        taken=element(token),
        given=element(result),
        token=token,
        result=result,
        kind=kind,
        body=body,
    )


def test_parts_pass_packed_words_as_scalars(parse: Parse, spatial_context: Context):
    module = parse(
        unit(
            """%q = pattern.convert %v : vector<4xf32> to vector<4xf8E4M3FN>
            %a = arith.mulf %q, %q : vector<4xf8E4M3FN>
            %b = arith.mulf %a, %q : vector<4xf8E4M3FN>
            %c = arith.mulf %b, %q : vector<4xf8E4M3FN>
            %d = arith.mulf %c, %q : vector<4xf8E4M3FN>
            %e = pattern.convert %d : vector<4xf8E4M3FN> to vector<4xf32>
            spatial.send "out" %e : vector<4xf32>"""
        )
    )
    lower(module, spatial_context, "tiny", ["spatial-partition"])
    kinds = {
        link.kind.data
        for link in links(config_of(module))
        if link.source[0].startswith("u.") and link.target[0].startswith("u.")
    }
    assert kinds == {"scalar"}


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_a_repeat_goes_where_its_user_goes(parse: Parse, spatial_context: Context, stages: int):
    """A part gets the word and repeats it itself, as it does for a vector that it only sends."""
    text = unit(
        """%q = pattern.convert %v : vector<4xf32> to vector<4xf8E4M3FN>
        %p = arith.mulf %q, %q : vector<4xf8E4M3FN>
        %r = spatial.repeat %p : vector<4xf8E4M3FN> to vector<16xf8E4M3FN>
        %s = arith.mulf %r, %r : vector<16xf8E4M3FN>
        %c = spatial.combine add %s : vector<16xf8E4M3FN> to vector<8xf8E4M3FN>
        %d = spatial.combine add %c : vector<8xf8E4M3FN> to vector<4xf8E4M3FN>
        %t = spatial.repeat %d : vector<4xf8E4M3FN> to vector<16xf8E4M3FN>
        spatial.send "out" %t : vector<16xf8E4M3FN>""",
        result="vector<16xf8E4M3FN>",
    ).replace("tensor<16xf8E4M3FN>", "tensor<28xf8E4M3FN>")
    x = [n / 7 - 1 for n in range(16)]
    before = prepare_best(parse(text))[0].run({"x": x}, {})["y"]
    module = parse(text)
    lower(module, spatial_context, "tiny", ["spatial-partition"], stages=stages)
    found = [op for op in module.walk() if isinstance(op, PcuOp)]
    assert len(found) > 1
    assert (prepare_best(module)[0].run({"x": x}, {})["y"] == before).all()
    assert {
        link.kind.data
        for link in links(config_of(module))
        if link.source[0] == found[0].sym_name.data
    } == {"vector" if stages == 3 else "scalar"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            unit(
                """%r = spatial.repeat %v : vector<4xf32> to vector<8xf32>
                %c = spatial.combine add %r : vector<8xf32> to vector<4xf32>
                spatial.send "out" %c : vector<4xf32>"""
            ),
            "@u: spatial.repeat needs 8 lanes of 32 bits, tiny has 4",
        ),
        (
            unit(
                """%f = pattern.convert %v : vector<8xbf16> to vector<8xf32>
                %s = spatial.fold add %f once : vector<8xf32> to vector<8xf32>
                %c = spatial.combine add %s : vector<8xf32> to vector<4xf32>
                spatial.send "out" %c : vector<4xf32>""",
                token="vector<8xbf16>",
            ),
            "@u: spatial.fold needs 8 lanes of 32 bits, tiny has 4",
        ),
    ],
)
def test_what_has_too_many_lanes(parse: Parse, spatial_context: Context, text: str, message: str):
    with pytest.raises(SpatialError) as error:
        lower(parse(text), spatial_context, "tiny", ["spatial-partition"])
    assert str(error.value).startswith(message)


WORD = """%f = pattern.convert %v : {0} to vector<4xf32>
spatial.send "out" %f : vector<4xf32>"""


@pytest.mark.parametrize(
    ("type", "pcu", "message"),
    [
        ("vector<4xf8E4M3FN>", {}, None),
        (
            "vector<4xf16>",
            {},
            "a scalar link carries a word of 32 bits (pcu.word_bits), but @load::@data sends "
            "vector<4xf16> of 64 bits; use a vector link",
        ),
        ("vector<4xf16>", {"word_bits": 64}, None),
        (
            "vector<4xf8E4M3FN>",
            {"packed": False},
            "@load::@data sends vector<4xf8E4M3FN> of 32 bits, but a word of tiny holds one value "
            "(pcu.packed = false); use a vector link",
        ),
    ],
)
def test_words_on_scalar_links(parse: Parse, type: str, pcu: dict[str, Any], message: str | None):
    module = parse(unit(WORD.format(type), token=type, kind="scalar"))
    machine = load_machine("tiny")
    set_target(module, replace(machine, pcu=replace(machine.pcu, **pcu)))
    if message is None:
        module.verify()
        return
    with pytest.raises(VerifyException) as error:
        module.verify()
    assert message in str(error.value)


def test_kinds_of_new_links(parse: Parse):
    module = parse(unit(WORD.format("vector<4xf8E4M3FN>"), token="vector<4xf8E4M3FN>"))
    machine = load_machine("tiny")
    (dot,) = [op for op in module.walk() if isinstance(op, PcuOp)]
    first = next(iter(dot.body.block.ops))
    packed = first.results[0].type
    assert link_kind(packed) == "vector"
    assert link_kind(packed, machine) == "scalar"
    assert link_kind(packed, replace(machine, pcu=replace(machine.pcu, packed=False))) == "vector"
    # The link there is says otherwise, and counts.
    problem = problem_of(dot, machine, LinkEnds(config_of(module))).problem
    assert [value.vector for value in problem.values if value.port] == [True]
    assert [v.vector for v in problem_of(dot, machine).problem.values if v.port] == [False]


def test_turns_in_the_network(
    make_layer: Make, layer: Layer, parse: Parse, spatial_context: Context
):
    """Windows that come round are windows of as many firings, for a held token of as many more."""
    chosen = layer(rows=64, inputs=12, turns=2)
    module, _, _ = make_layer(chosen)
    text = str(module)
    # The row unit takes its sums once per turn, and fires twice for each.
    text = text.replace(
        "spatial.pcu @row counters (%g = 0 to 2, %c = 0 to 2)",
        "spatial.pcu @row counters (%g = 0 to 2, %c = 0 to 2, %again = 0 to 2)",
    )
    for port in ("s", "b"):
        text = text.replace(f'spatial.receive "{port}" :', f'spatial.receive "{port}" per %c :')
    for port, value in (("h", "%h"), ("y", "%y")):
        text = text.replace(
            f'spatial.send "{port}" {value} :', f'spatial.send "{port}" {value} per %c :'
        )
    module = parse(text)
    lower(module, spatial_context, "plasticine-rnn")
    network = build_network(module)
    found = {channel.name: channel for channel in network.channels}
    x = found["@xm::@out to @dot0::@x"]
    assert (x.kind, x.dst_lo, x.dst_hi, x.dst_cycle, x.dst_period) == ("scalar", 0, 3, 19, 1)
    sums = found["@dot1::@out to @row::@s"]
    assert (sums.dst_lo, sums.dst_hi, sums.dst_cycle, sums.dst_period) == (2, 4, 4, 2)
    assert run(network).cycles == run_cycles(network).cycles
