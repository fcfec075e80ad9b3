"""spatial-partition: the same values, clear refusals, little time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import PcuOp, StageOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.partition_problem import limits_of, problem_of
from spatial_opt.passes.solvers.partition import exceeded, usage
from spatial_opt.passes.spatial_partition import SpatialPartitionPass
from spatial_opt.runtime.values import evaluate

Compile = Callable[..., ModuleOp]
RunTokens = Callable[[ModuleOp, Any], dict[str, list[Any]]]

FRAME = """
spatial.input @x : tensor<24xf32>
{outputs}
{loads}
spatial.pcu @u counters (%i = 0 to 3, %j = 0 to 2) {{
  %a = spatial.receive "a" : vector<4xf32>
  %b = spatial.receive "b" per %i : vector<4xf32>
  %c = spatial.receive "c" once : f32
{body}
}}
{links}
"""


def frame(body: str, outputs: list[tuple[str, str, int]]) -> str:
    """A unit with three inputs of different rates; `outputs` are (port, type, tokens)."""
    loads = [
        ("a", "(%n = 0 to 6) address [4 * %n] : vector<4xf32>", "vector"),
        ("b", "(%n = 0 to 3) address [4 * %n + 8] : vector<4xf32>", "vector"),
        ("c", "(%n = 0 to 1) address [%n + 5] : f32", "scalar"),
    ]
    kinds = {port: "vector" if "vector" in type else "scalar" for port, type, _ in outputs}
    width = {port: 4 if kind == "vector" else 1 for port, kind in kinds.items()}
    stores = [
        f"spatial.ag @{port}.store stores @{port} counters (%n = 0 to {tokens}) "
        f"address [{width[port]} * %n] : {type}"
        for port, type, tokens in outputs
    ]
    return FRAME.format(
        outputs="\n".join(
            f"spatial.output @{port} : tensor<{width[port] * tokens}xf32>"
            for port, _, tokens in outputs
        ),
        loads="\n".join(f"spatial.ag @{n}.load loads @x counters {text}" for n, text, _ in loads),
        body=body,
        links="\n".join(
            [
                *(
                    f"spatial.link @{n}.load::@data to @u::@{n} : {kind} depth 16"
                    for n, _, kind in loads
                ),
                *stores,
                *(
                    f"spatial.link @u::@{port} to @{port}.store::@data : {kind} depth 16"
                    for port, kind in kinds.items()
                ),
            ]
        ),
    )


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Random operations on vectors and scalars at three rates, with folds between."""
    text: list[str] = []
    vectors, scalars = [("%a", 2), ("%b", 1)], [("%c", 0)]
    outputs: list[tuple[str, str, int]] = []
    for number in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(["vector", "vector", "scalar", "fold", "constant"]))
        name = f"%v{number}"
        op = draw(st.sampled_from(["arith.addf", "arith.subf", "arith.mulf"]))
        if kind == "fold":
            value, _ = draw(st.sampled_from(vectors))
            rate, level = draw(st.sampled_from([("per %i", 1), ("once", 0), ("per %j", 2)]))
            text.append(f"{name} = spatial.fold add {value} {rate} : vector<4xf32> to f32")
            scalars.append((name, level))
            continue
        pool, type = (vectors, "vector<4xf32>") if kind == "vector" else (scalars, "f32")
        if kind == "constant":
            text.append(f"{name} = arith.constant 0.5 : f32")
            scalars.append((name, 0))
            continue
        (left, one), (right, other) = draw(st.sampled_from(pool)), draw(st.sampled_from(pool))
        text.append(f"{name} = {op} {left}, {right} : {type}")
        pool.append((name, max(one, other)))
    tokens = {2: ("", 6), 1: (" per %i", 3), 0: (" once", 1)}
    for pool, type in ((vectors, "vector<4xf32>"), (scalars, "f32")):
        for value, level in pool[-draw(st.integers(1, 2)) :]:
            rate, number = tokens[draw(st.integers(0, level))]
            port = f"o{len(outputs)}"
            outputs.append((port, type, number))
            text.append(f'spatial.send "{port}" {value}{rate} : {type}')
    return frame("\n".join(text), outputs)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bodies(), st.integers(2, 5), st.booleans())
def test_tokens_stay(
    compile_config: Compile, run_tokens: RunTokens, body: str, stages: int, folded: bool
):
    """All sorts of rates, also running totals and sums that only sometimes leave."""
    x = np.arange(24, dtype=np.float32) / 8 - 1
    # A tree that is not folded takes three of at least four stages.
    pcu = {"stages": max(stages, 2 if folded else 4), "folded_reduction": folded}
    before = run_tokens(compile_config(body), x)
    module = compile_config(body, SpatialPartitionPass(), SpatialPartitionPass(), pcu=pcu)
    after = run_tokens(module, x)
    assert before.keys() == after.keys()
    for name, tokens in before.items():
        np.testing.assert_array_equal(tokens, after[name])
    for op in module.walk():
        if isinstance(op, PcuOp):
            assert any(isinstance(inner, StageOp) for inner in op.body.block.ops)


def test_values_stay(compile_config: Compile):
    body = """
    %p = arith.mulf %a, %b : vector<4xf32>
    %s = spatial.fold add %p per %i : vector<4xf32> to f32
    %q = spatial.fold add %b per %i : vector<4xf32> to f32
    %u = arith.addf %s, %q : f32
    %v = arith.mulf %u, %u : f32
    %w = arith.addf %v, %c : f32
    spatial.send "o0" %w per %i : f32
    """
    x = np.arange(24, dtype=np.float32) / 8 - 1
    text = frame(body, [("o0", "f32", 3)])
    before = evaluate(compile_config(text), {"x": x}, {})
    after = evaluate(compile_config(text, SpatialPartitionPass()), {"x": x}, {})
    np.testing.assert_array_equal(before["o0"], after["o0"])


ONE_STEP = (
    '%s = spatial.fold add %a per %i : vector<4xf32> to f32\nspatial.send "o0" %s per %i : f32'
)


@pytest.mark.parametrize(
    ("body", "pcu", "message"),
    [
        (
            "%v = arith.addf %a, %b : vector<4xf32>",
            {"vector_inputs": 1},
            "@u: arith.addf alone takes 2 vector inputs, a unit of tiny has 1 "
            r"\(pcu.vector_inputs\); read fewer vectors, or relax pcu.vector_inputs",
        ),
        (
            ONE_STEP,
            {"folded_reduction": False, "stages": 2},
            r"@u: spatial.fold alone takes 3 stages, a unit of tiny has 2 \(pcu.stages\)",
        ),
    ],
)
def test_refusals(compile_config: Compile, body: str, pcu: dict[str, int], message: str):
    outputs = [("o0", "f32", 3)] if "o0" in body else []
    unused = [] if outputs else ['spatial.send "o0" %c once : f32']
    text = frame("\n".join([body, *unused]), outputs or [("o0", "f32", 1)])
    with pytest.raises(SpatialError, match=message):
        compile_config(text, SpatialPartitionPass(), pcu=pcu)


def test_too_many_lanes(compile_config: Compile):
    """The verifier refuses such a link first, so ask for the problem alone."""
    module = compile_config(frame('spatial.send "o0" %c once : f32', [("o0", "f32", 1)]))
    machine = load_machine("tiny")
    machine = replace(machine, pcu=replace(machine.pcu, lanes=2))
    pcu = next(op for op in module.walk() if isinstance(op, PcuOp))
    message = (
        r"@u: spatial.receive needs 4 lanes of 32 bits, tiny has 2 \(pcu.lanes = 2 of "
        r"pcu.word_bits = 32\); use vectors of 2, or a format with fewer bits"
    )
    with pytest.raises(SpatialError, match=message):
        problem_of(pcu, machine)


def test_packed_values_need_a_machine_that_packs(compile_config: Compile):
    body = """
    spatial.pmu @m holds tensor<64xi8> banked (4, 1) init zero {
      spatial.read @out port 0 address [0] : vector<64xi8>
    }
    spatial.pcu @u {
      %v = spatial.receive "v" : vector<64xi8>
      %w = arith.addi %v, %v : vector<64xi8>
    }
    spatial.link @m::@out to @u::@v : vector depth 2
    """
    message = (
        "@u: spatial.receive packs 64 values of 8 bits, but plasticine-isca17 does not pack "
        r"words \(pcu.packed = false\) and has 16 lanes \(pcu.lanes\); use vectors of 16"
    )
    with pytest.raises(SpatialError, match=message):
        compile_config(body, SpatialPartitionPass(), machine="plasticine-isca17")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%r = arith.addf %v, %v : bf16", "arith.addf computes on bf16"),
        ("%r = pattern.convert %v : bf16 to f32", "pattern.convert computes on bf16"),
        ("%r = spatial.fold max %v once : bf16 to bf16", "spatial.fold computes on bf16"),
        ("%r = arith.cmpf ogt, %v, %v : bf16", "arith.cmpf computes on bf16"),
        ('spatial.send "o" %v : bf16', None),
    ],
)
def test_formats_that_a_machine_does_not_compute_on(
    compile_config: Compile, line: str, found: str | None
):
    """A unit of `plasticine-isca17` may pass narrow values on, but not compute on them."""
    body = f"""
    spatial.pmu @m holds tensor<4xbf16> banked (4, 1) init zero {{
      spatial.read @out port 0 address [0] : bf16
    }}
    spatial.pcu @u {{
      %v = spatial.receive "v" : bf16
      {line}
    }}
    spatial.link @m::@out to @u::@v : scalar depth 2
    """
    step = SpatialPartitionPass()
    compile_config(body, step, machine="plasticine-rnn")
    if found is None:
        compile_config(body, step, machine="plasticine-isca17")
        return
    message = (
        f"@u: {found}, but plasticine-isca17 only on f32, i8, i16, i32, i1, index \\(formats\\); "
        "choose a number format of these only, or a machine whose formats list bf16"
    )
    with pytest.raises(SpatialError, match=message):
        compile_config(body, step, machine="plasticine-isca17")


def test_relaxed_limit(compile_config: Compile):
    chain = [f"%v{n} = arith.addf %{'c' if not n else f'v{n - 1}'}, %c : f32" for n in range(9)]
    body = frame("\n".join([*chain, 'spatial.send "o0" %v8 once : f32']), [("o0", "f32", 1)])
    module = compile_config(body, SpatialPartitionPass(), relaxed=("pcu.stages",))
    assert sum(isinstance(op, PcuOp) for op in module.walk()) == 1
    # What no step reads is still received, here by parts of their own or along the way.
    module = compile_config(body, SpatialPartitionPass())
    assert sum(isinstance(op, PcuOp) for op in module.walk()) >= 3


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        (
            "spatial.stage 0\n{0}\n{1}",
            "@u: arith.addf needs a stage of its own, but stage 0 does already",
        ),
        ("{0}\nspatial.stage 0\n{1}", "but no stage is marked before it"),
        (
            "spatial.stage 0\n{0}\nspatial.stage 3\n{1}",
            r"@u has marked stages but takes 4 stages, a unit of tiny has 3 \(pcu.stages\); "
            "remove its spatial.stage marks to have it cut",
        ),
    ],
)
def test_marked_units_are_checked(compile_config: Compile, marks: str, message: str):
    steps = ["%v = arith.mulf %c, %c : f32", "%w = arith.addf %v, %c : f32"]
    text = frame(marks.format(*steps) + '\nspatial.send "o0" %w once : f32', [("o0", "f32", 1)])
    with pytest.raises(SpatialError, match=message):
        compile_config(text, SpatialPartitionPass())


def test_many_units_of_one_structure(compile_config: Compile):
    """A configuration of real size: 130 units of ten operations, each cut in two."""
    unit = """
    spatial.pmu @m{0} holds tensor<64xf8E4M3FN> banked (16, 1) init zero {{
      spatial.read @out port 0 counters (%j = 0 to 8, %k = 0 to 4) address [0] : vector<64xf8E4M3FN>
    }}
    spatial.pcu @u{0} counters (%j = 0 to 8, %k = 0 to 4) {{
      %v = spatial.receive "v" : vector<64xf8E4M3FN>
      %p = arith.mulf %v, %v : vector<64xf8E4M3FN>
      %w = pattern.convert %p : vector<64xf8E4M3FN> to vector<64xf16>
      %r = spatial.combine add %w : vector<64xf16> to vector<32xf16>
      %x = pattern.convert %r : vector<32xf16> to vector<32xf32>
      %s = spatial.combine add %x : vector<32xf32> to vector<16xf32>
      %d = spatial.fold add %s per %j : vector<16xf32> to f32
      %a = arith.addf %d, %d : f32
      %b = arith.mulf %a, %d : f32
      %c = arith.subf %b, %d : f32
      spatial.send "out" %c per %j : f32
    }}
    spatial.link @m{0}::@out to @u{0}::@v : vector depth 16
    """
    text = "\n".join(unit.format(number) for number in range(130))
    module = compile_config(text, machine="plasticine-rnn")
    SpatialPartitionPass().apply(Context(), module)
    module.verify()
    assert sum(isinstance(op, PcuOp) for op in module.walk()) == 260


def test_limits_and_usage_of_a_dot_product(compile_config: Compile):
    machine = load_machine("plasticine-rnn")
    assert limits_of(machine).stages == machine.pcu.stages
    module = compile_config(frame(ONE_STEP, [("o0", "f32", 3)]), machine="plasticine-rnn")
    pcu = next(op for op in module.walk() if isinstance(op, PcuOp))
    body = problem_of(pcu, machine)
    used = usage(body.problem, range(len(body.problem.steps)))
    # The unused tokens of b and c are taken in all the same, so more than the result leaves.
    assert (used.vector_inputs, used.scalar_inputs, used.scalar_outputs) == (2, 1, 1)
    assert not exceeded(body.problem, used)
