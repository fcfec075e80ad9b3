"""spatial-split-memories: the same values in the same order, and clear refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ControllerOp, PmuOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.solvers.resources import held_bytes
from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass
from spatial_opt.runtime.values import evaluate

Compile = Callable[..., ModuleOp]

RELAXED = ("ag.count", "controller.per_switch")


def weights(g: int, j: int, k: int) -> str:
    """A parameter read row by row, `k` vectors of four per row, five times over."""
    number = g * j * k
    return f"""
    spatial.output @y : tensor<5x{number}x4xf32>
    spatial.controller @time counters (%t = 0 to 5) {{
      spatial.pmu @W holds tensor<{g}x{j}x{4 * k}xf32> banked (4, 1)
          init parameter "W" scale 2.0 map affine_map<(d0, d1, d2) -> (d1, d0, d2 + 1)> {{
        spatial.read @out port 0 counters (%g = 0 to {g}, %j = 0 to {j}, %k = 0 to {k})
            address [%g, %j, 4 * %k] : vector<4xf32>
      }}
      spatial.ag @y.store stores @y counters (%i = 0 to {number})
          address [%t, %i, 0] : vector<4xf32>
    }}
    spatial.link @W::@out to @y.store::@data : vector depth 2
    """


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(1, 4), st.integers(1, 9), st.integers(1, 4), st.integers(16, 600))
def test_values_stay(compile_config: Compile, g: int, j: int, k: int, capacity: int):
    """Elements outside the parameter are 0, also in the parts."""
    parameter = np.arange(j * g * (4 * k - 1), dtype=np.float32).reshape(j, g, 4 * k - 1)
    text = weights(g, j, k)
    before = evaluate(compile_config(text), {}, {"W": parameter})
    pmu = {"capacity_bytes": capacity}
    step = SpatialSplitMemoriesPass()
    try:
        module = compile_config(text, step, step, pmu=pmu, relaxed=RELAXED)
    except SpatialError as error:
        if "memory units" not in str(error):
            raise
        return
    after = evaluate(module, {}, {"W": parameter})
    np.testing.assert_array_equal(before["y"], after["y"])
    for op in module.walk():
        if isinstance(op, PmuOp):
            assert held_bytes(op) <= capacity


def test_written_memory_keeps_its_values(compile_config: Compile):
    text = """
    spatial.input @x : tensor<50xf32>
    spatial.output @y : tensor<48xf32>
    spatial.ag @x.load loads @x counters (%i = 0 to 12) address [4 * %i + 2] : vector<4xf32>
    spatial.pmu @h holds tensor<48xf32> banked (4, 1) init zero {
      spatial.write @in ports ["in"] port 0 counters (%i = 0 to 12) address [4 * %i]
          signals ["full"] : vector<4xf32>
      spatial.read @out port 0 counters (%k = 0 to 6) address [8 * %k + 3]
          waits ["start"] : vector<4xf32>
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 6) address [4 * %i] : vector<4xf32>
    spatial.link @x.load::@data to @h::@in : vector depth 2
    spatial.link @h::@full to @h::@start : token depth 1
    spatial.link @h::@out to @y.store::@data : vector depth 2
    """
    x = {"x": np.arange(50, dtype=np.float32)}
    before = evaluate(compile_config(text), x, {})
    module = compile_config(text, SpatialSplitMemoriesPass(), pmu={"capacity_bytes": 80})
    assert sum(isinstance(op, PmuOp) for op in module.walk()) == 3
    np.testing.assert_array_equal(before["y"], evaluate(module, x, {})["y"])


TOKENS = """
spatial.input @x : tensor<3x48xf32>
spatial.output @y : tensor<3x48xf32>
spatial.ag @x.load loads @x counters (%t = 0 to 3, %i = 0 to 12)
    address [%t, 4 * %i] : vector<4xf32>
spatial.pmu @h holds tensor<3x48xf32> banked (4, 1) init zero {
  spatial.write @in ports ["in"] port 0 counters (%t = 0 to 3, %i = 0 to 12) address [%t, 4 * %i]
      signals ["full"] : vector<4xf32>
  spatial.read @out port 0 counters (%t = 0 to 3, %i = 0 to 12) address [%t, 4 * %i]
      waits ["start"] : vector<4xf32>
}
spatial.controller @steps counters (%t = 0 to 3) waits ["go"] {
  spatial.ag @y.store stores @y counters (%i = 0 to 12) address [%t, 4 * %i] : vector<4xf32>
}
spatial.link @x.load::@data to @h::@in : vector depth 2
spatial.link @h::@full to @h::@start : token depth 1
spatial.link @h::@full to @steps::@go : token depth 1 hold 3
spatial.link @h::@out to @y.store::@data : vector depth 2
"""
"""A memory that tells a controller when it is full, which counts the rows of its reading stream."""


@pytest.mark.parametrize(
    ("capacity", "parts", "window"),
    [(400, 2, "window (0, 6) of 12"), (240, 3, "window (0, 4) of 12")],
)
def test_who_waits_for_a_token_waits_for_one_of_each_part(
    compile_config: Compile, capacity: int, parts: int, window: str
):
    module = compile_config(TOKENS, SpatialSplitMemoriesPass(), pmu={"capacity_bytes": capacity})
    assert sum(isinstance(op, PmuOp) for op in module.walk()) == parts
    (steps,) = (op for op in module.walk() if isinstance(op, ControllerOp))
    waits = [wait.data for wait in steps.waits]
    assert waits == ["go", *(f"go.h.s{n}" for n in range(1, parts))]
    text = str(module)
    for number, wait in enumerate(waits):
        assert f"spatial.link @h.s{number}::@full to @steps::@{wait} : token depth 1 hold 3" in text
    assert f"spatial.link @h.s0::@out to @y.store::@data : vector depth 2 {window}" in text
    x = {"x": np.arange(144, dtype=np.float32).reshape(3, 48)}
    np.testing.assert_array_equal(evaluate(module, x, {})["y"], x["x"])


def memory(streams: str, links: str = "", init: str = 'parameter "W"', more: str = "") -> str:
    """A memory of 4096 bytes."""
    return f"""
    spatial.output @y : tensor<256x4xf32>
    spatial.output @z : tensor<64x4xf32>
    spatial.pmu @m holds tensor<256x4xf32> banked (4, 1) {more} init {init} {{
      {streams}
    }}
    spatial.ag @y.store stores @y counters (%i = 0 to 256) address [%i, 0] : vector<4xf32>
    spatial.link @m::@out to @y.store::@data : vector depth 2
    {links}
    """


READ = "spatial.read @out port 0 counters (%i = 0 to 256) address [%i, 0] {} : vector<4xf32>"
SECOND = """
spatial.ag @z.store stores @z counters (%i = 0 to 64) address [%i, 0] : vector<4xf32>
spatial.link @m::@more to @z.store::@data : vector depth 2
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            memory(
                READ.format("") + "\nspatial.read @more port 0 counters (%i = 0 to 64) "
                "address [%i, 0] : vector<4xf32>",
                SECOND,
            ),
            "it has 2 reading streams, which may need different parts",
        ),
        (
            memory(
                "spatial.read @out port 0 counters (%i = 0 to 4, %j = 0 to 64) "
                "address [%i + %j, 0] : vector<4xf32>"
            ),
            "its outermost counter reads the same elements again",
        ),
        (memory(READ.format(""), more="duplicated"), "each bank holds all of it"),
        (
            """
            spatial.output @y : tensor<2x256x4xf32>
            spatial.pmu @m holds tensor<256x4xf32> banked (4, 1) init zero {
              spatial.read @out port 0 counters (%i = 0 to 256) address [%i, 0] : vector<4xf32>
            }
            spatial.controller @c counters (%t = 0 to 2) {
              spatial.ag @y.store stores @y counters (%i = 0 to 128)
                  address [%t, %i, 0] : vector<4xf32>
            }
            spatial.link @m::@out to @y.store::@data : vector depth 2
            """,
            "@y.store takes 128 tokens per activation of the 256 sent",
        ),
        (
            """
            spatial.output @y : tensor<512xf32>
            spatial.pmu @i holds tensor<16xi32> banked (4, 1) init zero {
              spatial.read @out port 0 counters (%i = 0 to 512) address [%i mod 16] : i32
            }
            spatial.pmu @m holds tensor<512xf32> banked (4, 1) init table tanh from -1.0 to 1.0 {
              spatial.gather @out index "idx" port 0 counters (%i = 0 to 512) address [] : f32
            }
            spatial.ag @y.store stores @y counters (%i = 0 to 512) address [%i] : f32
            spatial.link @i::@out to @m::@idx : scalar depth 2
            spatial.link @m::@out to @y.store::@data : scalar depth 2
            """,
            "it is read at indices known only at run time",
        ),
    ],
)
def test_refusals(compile_config: Compile, text: str, reason: str):
    with pytest.raises(SpatialError) as error:
        compile_config(text, SpatialSplitMemoriesPass(), relaxed=RELAXED)
    message = str(error.value)
    assert message.startswith("@m holds ")
    assert "(pmu.capacity_bytes), and it can't be split because " + reason + "; use " in message
    relaxed = (*RELAXED, "pmu.capacity_bytes")
    compile_config(text, SpatialSplitMemoriesPass(), relaxed=relaxed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            """
            spatial.pmu @m holds tensor<4xf32> banked (8, 1) init zero {
            }
            """,
            r"@m takes 8 banks, a memory unit of tiny has 4 \(pmu.banks\); use fewer banks, or "
            "relax pmu.banks",
        ),
        (
            """
            spatial.pmu @m holds tensor<4xf32> banked (4, 1) init zero {
              spatial.read @r port 1 address [0] : f32
            }
            """,
            r"@m takes 2 read ports, a memory unit of tiny has 1 \(pmu.read_ports\)",
        ),
        (
            """
            spatial.pmu @m holds tensor<4xf32> banked (4, 1) init zero {
            """
            + "\n".join(f"spatial.read @r{n} port 0 address [0] : f32" for n in range(5))
            + "\n}",
            r"@m takes 5 scalar outputs, a memory unit of tiny has 4 \(pmu.scalar_outputs\); "
            "spread its streams over two memories, or relax pmu.scalar_outputs",
        ),
    ],
)
def test_ports(compile_config: Compile, text: str, message: str):
    with pytest.raises(SpatialError, match=message):
        compile_config(text, SpatialSplitMemoriesPass())


def test_too_many_units(compile_config: Compile):
    text = weights(4, 40, 4)
    with pytest.raises(SpatialError) as error:
        compile_config(text, SpatialSplitMemoriesPass(), relaxed=RELAXED)
    assert str(error.value) == (
        "weights need 10.24 kB in 10 of 10 memory units (10.24 kB in all), tiny has 8 (8.19 kB), "
        "short by 2.05 kB and 2 units; largest users: @W (10 units, 10.24 kB); stream weights "
        "from DRAM (spatial-stream-weights), relax pmu.capacity_bytes or use fewer bits"
    )


def test_too_many_of_others(compile_config: Compile):
    pcus = "\n".join(f"spatial.pcu @dot.{n} {{\n}}" for n in range(9))
    with pytest.raises(SpatialError) as error:
        compile_config(pcus, SpatialSplitMemoriesPass())
    assert str(error.value) == (
        "9 compute units needed, tiny has 8 (grid), short by 1; largest users: @dot (9 units); "
        "lower the par factors"
    )
    controllers = "\n".join(f"spatial.controller @c{n} {{\n}}" for n in range(17))
    with pytest.raises(SpatialError, match=r"17 controllers needed, tiny has 16 \(controller"):
        compile_config(controllers, SpatialSplitMemoriesPass())
    ags = "spatial.input @x : tensor<4xf32>\n" + "\n".join(
        f"spatial.ag @a{n} loads @x address [0] : f32" for n in range(3)
    )
    with pytest.raises(SpatialError, match=r"3 address generators needed, tiny has 2 \(ag.count"):
        compile_config(ags, SpatialSplitMemoriesPass())
    compile_config(ags, SpatialSplitMemoriesPass(), relaxed=RELAXED)


def turns(k: int, more: int) -> str:
    """A state of `k` vectors that is read three times a step, beside `more` others if any."""
    each = k + more
    own = f" window ({more}, {each}) of {each}" if more else ""
    other = f"""
      spatial.pmu @x holds tensor<{more or 1}x4xf32> banked (4, 1) init parameter "x" {{
        spatial.read @out port 0 counters (%j = 0 to 3, %k = 0 to {more or 1})
            address [%k, 0] : vector<4xf32>
      }}"""
    return f"""
    spatial.output @y : tensor<3x{3 * each}x4xf32>
    spatial.controller @time counters (%t = 0 to 3) {{
      spatial.pmu @h holds tensor<2x{k}x4xf32> banked (4, 1) init parameter "h" {{
        spatial.write @in ports ["in"] port 0 counters (%i = 0 to {k})
            address [(%t + 1) mod 2, %i, 0] signals ["full"] : vector<4xf32>
        spatial.read @out port 0 counters (%j = 0 to 3, %k = 0 to {k})
            address [%t mod 2, %k, 0] waits ["start"] : vector<4xf32>
      }}
      spatial.pcu @square counters (%i = 0 to 3, %k = 0 to {k}) {{
        %v = spatial.receive "v" : vector<4xf32>
        %p = arith.mulf %v, %v : vector<4xf32>
        %s = spatial.fold add %p per %i : vector<4xf32> to vector<4xf32>
        spatial.send "s" %s per %i : vector<4xf32>
      }}
      spatial.pcu @spread counters (%k = 0 to {k}) {{
        %a = spatial.receive "a" once : vector<4xf32>
        spatial.send "out" %a : vector<4xf32>
      }}
      spatial.pmu @s holds tensor<3x4xf32> banked (4, 1) init zero {{
        spatial.write @in ports ["in"] port 0 counters (%i = 0 to 3)
            address [%i, 0] signals ["full"] : vector<4xf32>
        spatial.read @last port 0 address [2, 0] waits ["go"] : vector<4xf32>
      }}
      spatial.ag @y.store stores @y counters (%i = 0 to {3 * each})
          address [%t, %i, 0] : vector<4xf32>
      {other if more else ""}
    }}
    spatial.link @h::@full to @h::@start : token depth 2 init 1
    spatial.link @h::@out to @square::@v : vector depth 2
    spatial.link @h::@out to @y.store::@data : vector depth 2{own}
    {
        f"spatial.link @x::@out to @y.store::@data : vector depth 2 window (0, {more}) of {each}"
        if more
        else ""
    }
    spatial.link @square::@s to @s::@in : vector depth 2
    spatial.link @s::@full to @s::@go : token depth 2
    spatial.link @s::@last to @spread::@a : vector depth 2
    spatial.link @spread::@out to @h::@in : vector depth 2
    """


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(2, 9), st.integers(0, 3), st.integers(48, 200))
def test_parts_take_turns_in_each_round(compile_config: Compile, k: int, more: int, capacity: int):
    """A state read over and over is cut, whether or not its link has a window already."""
    text = turns(k, more)
    arrays: dict[str, Any] = {"h": np.arange(8.0 * k, dtype=np.float32).reshape(2, k, 4) / 64}
    if more:
        arrays["x"] = np.arange(4.0 * more, dtype=np.float32).reshape(more, 4)
    before = evaluate(compile_config(text), {}, arrays)["y"]
    step = SpatialSplitMemoriesPass()
    try:
        module = compile_config(
            text, step, pmu={"capacity_bytes": max(capacity, 48)}, relaxed=RELAXED
        )
    except SpatialError as error:
        if "memory units" not in str(error):
            raise
        return
    after = evaluate(module, {}, arrays)["y"]
    np.testing.assert_array_equal(before, after)
    held = [op for op in module.walk() if isinstance(op, PmuOp) and op.sym_name.data[0] == "h"]
    assert len(held) == -(-k // (max(capacity, 48) // 32))
    for op in held:
        assert held_bytes(op) <= max(capacity, 48)


def test_a_window_that_cannot_be_cut(compile_config: Compile):
    text = """
    spatial.output @y : tensor<8x64x4xf32>
    spatial.pmu @m holds tensor<128x4xf32> banked (4, 1) init zero {
      spatial.read @out port 0 counters (%i = 0 to 128) address [%i, 0] : vector<4xf32>
    }
    spatial.pmu @n holds tensor<1x4xf32> banked (4, 1) init zero {
      spatial.read @out port 0 counters (%i = 0 to 384) address [0, 0] : vector<4xf32>
    }
    spatial.ag @y.store stores @y counters (%i = 0 to 8, %j = 0 to 64)
        address [%i, %j, 0] : vector<4xf32>
    spatial.link @m::@out to @y.store::@data : vector depth 2 window (0, 2) of 8
    spatial.link @n::@out to @y.store::@data : vector depth 2 window (2, 8) of 8
    """
    with pytest.raises(SpatialError) as error:
        compile_config(text, SpatialSplitMemoriesPass(), relaxed=RELAXED)
    assert (
        "it can't be split because its link to @y.store::@data carries 2 tokens at a time, and "
        "parts would take turns within 128; use " in str(error.value)
    )
