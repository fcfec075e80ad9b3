"""Which values of whole networks get which memories, and that these are the ones that are made."""

from __future__ import annotations

import re
from pathlib import Path
from time import process_time

import pytest
from memory_cases import declared, parse
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.bench.problems import generate
from spatial_opt.dialects.spatial import PmuOp, WriteOp
from spatial_opt.lowering.convert_pattern_to_spatial import ConvertPatternToSpatialPass
from spatial_opt.passes.pattern_assign_memories import PatternAssignMemoriesPass
from spatial_opt.passes.pattern_bank_memories import PatternBankMemoriesPass
from spatial_opt.tools.compilation import Compilation, compile_module, make_context, steps_for

EXAMPLES = Path(__file__).parents[3] / "examples"
QUICK = ("attention", "gru_reset_before", "mgu_mixed8", "sru")
CELLS = [
    pytest.param(path.stem, marks=[] if path.stem in QUICK else pytest.mark.long)
    for path in sorted((EXAMPLES / "cells").glob("*.mlir"))
]


def parallelized(module: ModuleOp, pipeline: str, **options: str) -> ModuleOp:
    """Compile a program up to its factors."""
    steps = steps_for(module, pipeline, {name: (value,) for name, value in options.items()})
    last = [step.name for step in steps].index("pattern-parallelize")
    compile_module(make_context(), module, steps[: last + 1], Compilation())
    return module


def lines(module: ModuleOp) -> list[str]:
    """Give the declarations without their types."""
    texts = [str(op).split(" : ")[0].removeprefix("pattern.memory ") for op in declared(module)]
    return [re.sub(r"^fifo %\d+", "fifo", text) for text in texts]


def test_an_lstm_in_one_nest() -> None:
    module = parallelized(generate("lstm", 1024, 25), "fused", format="mixed8")
    PatternAssignMemoriesPass().apply(Context(), module)
    assert lines(module) == [
        "dram %x bytes 25600 live (-1, 0)",
        "lut %tanh bytes 4096 live (-1, 0)",
        "lut %sigmoid bytes 4096 live (-1, 0)",
        "sram %w bytes 4194304 live (-1, 0)",
        "sram %r bytes 4194304 live (-1, 0)",
        "sram %b bytes 32768 live (-1, 0)",
        # The slice, and the two states, of which one is read by other points than its own.
        "sram %x[%t, *, *] depth 2 bytes 1024 live (-1, 0)",
        "sram %h_prev depth 2 bytes 1024 live (-1, 0)",
        "sram %c_prev bytes 4096 live (-1, 0)",
        *["fifo depth 16 bytes 4"] * 4,
        "sram %h bytes 4096 live (0, 0)",
        "dram %y_h bytes 4096 live (0, 1)",
        "dram %y_c bytes 4096 live (0, 1)",
        "dram %y bytes 102400 live (0, 1)",
    ]


def test_a_gru_map_by_map_needs_no_second_buffer() -> None:
    module = parallelized(generate("gru", 64, 5), "unfused", format="f32")
    PatternAssignMemoriesPass().apply(Context(), module)
    held = [op for op in declared(module) if op.kind.data == "sram" and op.scan is not None]
    assert held
    assert {op.buffers for op in held} == {1}


@pytest.mark.parametrize("pipeline", ["fused", "unfused"])
@pytest.mark.parametrize("cell", CELLS)
def test_every_memory_that_is_written_is_declared(cell: str, pipeline: str) -> None:
    module = parse((EXAMPLES / "cells" / f"{cell}.mlir").read_text())
    parallelized(module, pipeline)
    PatternAssignMemoriesPass().apply(Context(), module)
    module.verify()
    once = str(module)
    PatternAssignMemoriesPass().apply(Context(), module)
    assert str(module) == once
    names = {
        (op.value.name_hint, op.buffers if op.scan is not None else 1)
        for op in declared(module)
        if op.kind.data == "sram"
    }
    ConvertPatternToSpatialPass().apply(Context(), module)
    for pmu in (op for op in module.walk() if isinstance(op, PmuOp)):
        if not any(isinstance(stream, WriteOp) for stream in pmu.streams):
            continue
        base = pmu.sym_name.data.split(".")[0]
        found = {depth for name, depth in names if base == name or base.rsplit("_", 1)[0] == name}
        assert found, f"@{base} of {cell} is not declared"


@pytest.mark.parametrize(("hidden", "steps"), [(256, 1), (256, 1500), (2816, 1), (2816, 1500)])
def test_time_does_not_grow_with_units_or_steps(hidden: int, steps: int) -> None:
    module = parallelized(
        generate("gru", hidden, steps), "fused", format="mixed8", relax="pmu.capacity_bytes"
    )
    times: list[float] = []
    for _ in range(3):
        copy = module.clone()
        start = process_time()
        PatternAssignMemoriesPass().apply(Context(), copy)
        PatternBankMemoriesPass().apply(Context(), copy)
        times.append(process_time() - start)
    # About 10 ms; the rest is for slow machines.
    assert min(times) < 0.1
