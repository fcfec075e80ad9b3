"""spatial-bank-memories: what it sets, what it says, and what the time engine makes of it."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, PmuOp
from spatial_opt.dialects.spatial_ports import processes
from spatial_opt.dialects.target import set_target, target_of
from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.remarks import Remark, collect_remarks
from spatial_opt.passes.solvers.banking import solve
from spatial_opt.passes.spatial_bank_memories import SpatialBankMemoriesPass
from spatial_opt.passes.spatial_place import SpatialPlacePass
from spatial_opt.passes.spatial_route import SpatialRoutePass
from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass
from spatial_opt.runtime.intervals import stream_interval
from spatial_opt.runtime.report import time_configuration
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

ParseChecked = Callable[[str], ModuleOp]
ROOT = Path(__file__).parents[3]


def config(memory: str, *, rows: int = 8, width: int = 4) -> str:
    """A memory that is read row by row, four elements at a time."""
    return f"""
    spatial.config @main {{
      spatial.output @y : tensor<{rows}x{width}xf32>
      {memory} {{
        spatial.read @out port 0 counters (%j = 0 to {rows}, %k = 0 to {width // 4})
            address [%j, 4 * %k] : vector<4xf32>
      }}
      spatial.ag @y.store stores @y counters (%j = 0 to {rows}, %k = 0 to {width // 4})
          address [%j, 4 * %k] : vector<4xf32>
      spatial.link @m::@out to @y.store::@data : vector depth 2
    }}
    """


def banked(
    parse: ParseChecked, text: str, relaxed: tuple[str, ...] = ()
) -> tuple[ModuleOp, list[Remark]]:
    module = parse(text)
    set_target(module, replace(load_machine("tiny"), relaxed=relaxed))
    with collect_remarks() as remarks:
        SpatialBankMemoriesPass().apply(Context(), module)
    module.verify()
    assert str(parse(str(module))) == str(module)
    return module, remarks


def test_the_run_loses_what_the_pass_says(parse_checked: ParseChecked):
    """Four words of one bank: three stalls for each of 16 firings."""
    text = config("spatial.pmu @m holds tensor<8x8xf32> banked (4, 4) init zero", width=8)
    module, remarks = banked(parse_checked, text)
    assert [(one.severity, one.where) for one in remarks] == [("warning", "@m")]
    assert "@out stalls 48 cycles per activation" in remarks[0].text
    for step in (SpatialPlacePass(), SpatialRoutePass()):
        step.apply(Context(), module)
    result = time_configuration(module).result
    # Nobody waits for the last firing's interval to pass.
    assert result.causes["bank_conflict"] == 48 - 3
    free = parse_checked(str(module).replace("banked (4, 4)", "banked (4, 1)"))
    without = time_configuration(free).result
    assert without.causes["bank_conflict"] == 0
    assert result.cycles > without.cycles


def test_a_warning_is_seen_without_remarks(
    parse_checked: ParseChecked, capsys: pytest.CaptureFixture[str]
):
    module = parse_checked(config("spatial.pmu @m holds tensor<8x4xf32> banked (2, 1) init zero"))
    set_target(module, load_machine("tiny"))
    SpatialBankMemoriesPass().apply(Context(), module)
    assert capsys.readouterr().err == (
        "warning: spatial-bank-memories: @m: the banking (2, 1) given conflicts: @out stalls 8 "
        "cycles per activation; @out at %j = 0, %k = 0 takes 2 cycles, as elements [0, 0] and "
        "[0, 2] both lie on bank 0; with banked (4, 1), no access waits for a bank\n"
    )


@pytest.mark.parametrize("banking", ["(4, 1, [4, 1])", "(4, 1, [1, 3])", "(4, 1, [1, 0])"])
def test_a_scheme_given_stays(parse_checked: ParseChecked, banking: str):
    text = config(f"spatial.pmu @m holds tensor<8x4xf32> banked {banking} init zero")
    module, remarks = banked(parse_checked, text)
    memory = next(op for op in module.walk() if isinstance(op, PmuOp))
    assert str(memory.banking) == banking
    # Only where all words of a row lie on one bank is there something to say.
    assert bool(remarks) == (banking == "(4, 1, [1, 0])")


@pytest.mark.parametrize(
    ("memory", "message", "limit"),
    [
        (
            "spatial.pmu @m holds tensor<8x4xf32> banked (8, 1) init zero",
            "@m is banked (8, 1), a memory unit of tiny has 4 banks (pmu.banks); use fewer",
            "pmu.banks",
        ),
        (
            # 240 words in three of four banks of 64.
            "spatial.pmu @m holds tensor<60x4xf32> banked (3, 1) init zero",
            "@m banked (3, 1) takes 80 words in each bank, a memory unit of tiny has 64 for it "
            "(pmu.capacity_bytes); use a banking without padding, as (4, 1), or relax",
            "pmu.capacity_bytes",
        ),
        (
            "spatial.pmu @m holds tensor<60x4xf32> banked (4, 1, [0, 4]) init zero",
            "takes 240 words in each bank",
            "pmu.capacity_bytes",
        ),
    ],
)
def test_schemes_that_a_unit_cannot_have(
    parse_checked: ParseChecked, memory: str, message: str, limit: str
):
    with pytest.raises(SpatialError) as error:
        banked(parse_checked, config(memory))
    assert message in str(error.value)
    banked(parse_checked, config(memory), relaxed=(limit,))


def look_up(memory: str, more: str = "") -> str:
    return f"""
    spatial.config @main {{
      spatial.input @x : tensor<32xi32>
      spatial.ag @x.load loads @x counters (%i = 0 to 8) address [4 * %i] : vector<4xi32>
      {memory} {{
        spatial.gather @out index "idx" port 0 counters (%i = 0 to 8) address [] : vector<4xf32>
      }}
      spatial.link @x.load::@data to @m::@idx : vector depth 2
    }}
    """


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        (
            "spatial.pmu @m holds tensor<128xf32> banked (4, 1) init table tanh from -1.0 to 1.0",
            "@m: @out looks up 4 elements at once, which may fall on one bank, and the 4 banks "
            "can't each hold everything, as a bank can't hold all of it",
        ),
        (
            "spatial.pmu @m holds tensor<16xf32> banked (4, 2) init table tanh from -1.0 to 1.0",
            "@m is banked (4, 2), but @out looks up 4 elements at once, which may fall on one "
            "bank; mark the memory duplicated",
        ),
    ],
)
def test_look_ups_of_unknown_time(parse_checked: ParseChecked, memory: str, message: str):
    with pytest.raises(SpatialError) as error:
        banked(parse_checked, look_up(memory))
    assert message in str(error.value)


def test_copies_in_too_few_banks(parse_checked: ParseChecked):
    text = "spatial.pmu @m holds tensor<16xf32> banked (2, 1) duplicated init zero"
    module, remarks = banked(parse_checked, look_up(text))
    assert "@out stalls 8 cycles per activation; with banked (4, 1) duplicated" in remarks[0].text
    read = next(p for p in processes(_config(module)) if p.kind == "gather")
    assert stream_interval(read, target_of(module)) == 2


def test_a_vector_for_parts(parse_checked: ParseChecked):
    """Parts of the same rank keep the scheme; where dimensions are joined it means nothing."""
    text = config(
        "spatial.pmu @m holds tensor<128x4xf32> banked (4, 1, [5, 1]) init zero", rows=128
    )
    module = parse_checked(text)
    set_target(module, load_machine("tiny"))
    SpatialSplitMemoriesPass().apply(Context(), module)
    parts = [op for op in module.walk() if isinstance(op, PmuOp)]
    assert [str(part.banking) for part in parts] == ["(4, 1, [5, 1])"] * 2
    joined = """
    spatial.config @main {
      spatial.output @y : tensor<180x4xf32>
      spatial.pmu @m holds tensor<2x30x12xf32> banked (4, 1, [0, 1, 1]) init zero {
        spatial.read @out port 0 counters (%g = 0 to 2, %j = 0 to 30, %k = 0 to 3)
            address [%g, %j, 4 * %k] : vector<4xf32>
      }
      spatial.ag @y.store stores @y counters (%i = 0 to 180) address [%i, 0] : vector<4xf32>
      spatial.link @m::@out to @y.store::@data : vector depth 2
    }
    """
    module = parse_checked(joined)
    set_target(module, load_machine("tiny"))
    with pytest.raises(SpatialError, match="its parts have rank 2, for which the vector says"):
        SpatialSplitMemoriesPass().apply(Context(), module)


def _config(module: ModuleOp) -> ConfigOp:
    return next(op for op in module.ops if isinstance(op, ConfigOp))


def _generate() -> Any:
    """Load benchmarks/generate.py, which belongs to no package."""
    spec = spec_from_file_location("banking_generate", ROOT / "benchmarks" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generate()


@pytest.mark.parametrize(("cell", "hidden", "steps"), GENERATE.DEEPBENCH)
def test_deepbench_has_no_conflicts(cell: str, hidden: int, steps: int):
    """Each stream of the fused mapping takes a cycle per firing, and deciding so costs nothing."""
    module = GENERATE.generate(cell, hidden, steps, batch=1, inputs=hidden)
    given = {"format": ("mixed8",), "relax": ("pmu.capacity_bytes",)}
    passes = steps_for(module, "fused", given)
    names = [step.name for step in passes]
    at = names.index("spatial-bank-memories")
    assert names[at - 1] == "spatial-split-memories"
    compile_module(make_context(), module, passes[:at], Compilation())
    before = str(module)
    solve.cache_clear()
    start = process_time()
    with collect_remarks() as remarks:
        SpatialBankMemoriesPass().apply(Context(), module)
    taken = process_time() - start
    assert str(module) == before
    assert not remarks
    # A full machine has twice as many memories and 20 ms for them; tests run on busy machines.
    assert taken < 0.05
    machine = target_of(module)
    streams = [p for p in processes(_config(module)) if p.kind in ("read", "write", "gather")]
    assert streams
    assert {stream_interval(stream, machine) for stream in streams} == {1}
