"""spatial-stream-weights: when it does something, what, and what it refuses."""

import re
from dataclasses import replace

import pytest
from streaming_cases import TINY, Recipe, compile_recipe, config, placed, read_again, streamed, unit
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir.affine import AffineMap

from spatial_opt.dialects.spatial import AgOp, DramOp, PcuOp, PmuOp, links, units
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.description import Grid
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass
from spatial_opt.passes.spatial_stream_weights import SpatialStreamWeightsPass
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.quantities import measure
from spatial_opt.runtime.report import make_report, time_configuration


def memory(name: str, rows: int, init: str | None = None) -> str:
    """Give a memory of so many vectors that is stored, and its link."""
    filled = f'parameter "{name}" [{rows}, 4]' if init is None else init
    return f"""
    spatial.output @{name}.y : tensor<{rows}x4xf32>
    spatial.pmu @{name} holds tensor<{rows}x4xf32> banked (4, 1) init {filled} {{
      spatial.read @out port 0 counters (%j = 0 to {rows}) address [%j, 0] : vector<4xf32>
    }}
    spatial.ag @{name}.store stores @{name}.y counters (%j = 0 to {rows}) address [%j, 0]
        : vector<4xf32>
    spatial.link @{name}::@out to @{name}.store::@data : vector depth 2
    """


def with_generators(count: int) -> ModuleOp:
    """Give two memories of 5 units each, of which 8 are there."""
    target = replace(TINY, ag=replace(TINY.ag, count=count))
    return config(memory("A", 320) + memory("B", 320), target)


def kinds(module: ModuleOp) -> dict[str, int]:
    """Count the units of each kind, and DRAM tensors of weights."""
    config = config_of(module)
    found = {kind.name: 0 for kind in (PmuOp, PcuOp, AgOp, DramOp)}
    for op in (*units(config), *(op for op in config.body.block.ops if isinstance(op, DramOp))):
        found[op.name] += 1
    return found


def test_what_fits_stays() -> None:
    module = config(memory("A", 512))
    before = str(module)
    assert not streamed(module)
    assert str(module) == before


def test_resident_weights_stay() -> None:
    module = with_generators(8)
    before = str(module)
    assert not streamed(module, "resident")
    assert str(module) == before
    with pytest.raises(SpatialError, match="stream weights from DRAM \\(spatial-stream-weights\\)"):
        SpatialSplitMemoriesPass().apply(Context(), module)


def test_a_relaxed_machine_holds_everything() -> None:
    module = with_generators(8)
    set_target(module, replace(TINY, relaxed=("pmu.capacity_bytes",)))
    before = str(module)
    assert not streamed(module)
    assert str(module) == before


def test_what_lacks_is_streamed() -> None:
    module = with_generators(8)
    (said,) = streamed(module)
    assert re.fullmatch(
        r"remark: spatial-stream-weights: @main: memory units lack: 2; memories of weights that "
        r"keep a part in DRAM: 2; 2048 bytes are loaded in a run of about \d+ cycles",
        said,
    )
    assert kinds(module) == {
        "spatial.pmu": 8,
        "spatial.pcu": 0,
        "spatial.ag": 4,
        "spatial.dram": 2,
    }
    for name in "AB":
        load = unit(module, f"{name}.load")
        assert isinstance(load, AgOp)
        assert load.direction.data == "loads"
        windows = [
            link.span for link in links(config_of(module)) if link.target[0] == f"{name}.store"
        ]
        assert windows == [(0, 2), (2, 4), (4, 6), (6, 8), (8, 10)]


@pytest.mark.parametrize(
    ("rows", "tracks", "generators", "streamed_memories"),
    [
        (2, 2, 2, 1),
        # Three compute units pass on what nine memory units give.
        (3, 2, 2, 0),
        # More tracks take all the links.
        (2, 3, 2, 0),
        # No address generator is left.
        (2, 2, 1, 0),
    ],
)
def test_what_fits_is_streamed_where_links_find_no_way(
    rows: int, tracks: int, generators: int, streamed_memories: int
) -> None:
    """Nine of ten memory units feed a reader whose switch has two or three tracks on each side."""
    target = replace(
        TINY,
        grid=Grid(rows, 6, ("pcu pmu pmu pmu pmu pmu",)),
        network=replace(TINY.network, vector_links=tracks),
        ag=replace(TINY.ag, count=generators),
    )
    module = config(memory("A", 9 * 64), target)
    said = streamed(module)
    assert kinds(module)["spatial.dram"] == streamed_memories
    assert len(said) == streamed_memories
    if said:
        assert "@main: compute units lack that pass tokens on; memories of weights" in said[0]


def test_it_is_idempotent() -> None:
    module = with_generators(8)
    streamed(module)
    once = str(module)
    assert not streamed(module)
    assert str(module) == once
    # What is streamed whole cannot be streamed again, either.
    whole = with_generators(8)
    streamed(whole, "dram")
    once = str(whole)
    assert not streamed(whole, "dram")
    assert str(whole) == once


def test_few_generators_stream_one_memory() -> None:
    module = with_generators(3)
    streamed(module)
    assert kinds(module)["spatial.dram"] == 1
    assert kinds(module)["spatial.pmu"] <= 8


def test_whole_memories() -> None:
    """The largest come first; what has no generator stays."""
    target = replace(TINY, ag=replace(TINY.ag, count=5))
    module = config(memory("A", 8) + memory("B", 24) + memory("C", 16), target)
    (said,) = streamed(module, "dram")
    assert said == (
        "remark: spatial-stream-weights: @main: 1 of 3 memories of weights stay in memory units: "
        "3 can be streamed, and 2 address generators were left"
    )
    assert isinstance(unit(module, "A"), PmuOp)
    for name in ("B.load", "C.load"):
        assert isinstance(unit(module, name), AgOp)
    assert kinds(module)["spatial.pmu"] == 1
    assert read_again(module)


def test_small_memories_stay_where_only_some_are_needed() -> None:
    """A bias in a unit of its own frees one unit; the weights free that as cheaply."""
    target = replace(TINY, ag=replace(TINY.ag, count=8))
    module = config(memory("A", 512) + memory("b", 1), target)
    streamed(module)
    assert isinstance(unit(module, "b"), PmuOp)
    assert isinstance(unit(module, "A.load"), AgOp)


def test_why_a_memory_is_not_streamed_is_said() -> None:
    target = replace(TINY, ag=replace(TINY.ag, count=8))
    banked = memory("B", 8).replace("banked (4, 1)", "banked (4, 1, [4, 1])")
    said = streamed(config(memory("A", 512) + banked, target))
    assert said[1:] == [
        "remark: spatial-stream-weights: @B: is not streamed: its banks are chosen by hand"
    ]


def test_memories_are_named_uniquely() -> None:
    """Counters that are there already keep their names."""
    text = memory("A", 640).replace(
        "counters (%j = 0 to 640)", "counters (%token = 0 to 2, %j = 0 to 640)"
    )
    target = replace(TINY, ag=replace(TINY.ag, count=8))
    module = config(text, target)
    streamed(module)
    assert str(read_again(module)) == str(module)
    load = unit(module, "A.load")
    assert isinstance(load, AgOp)
    assert load.names is not None
    assert len({name.data for name in load.names}) == 3


def test_bytes_are_those_that_the_traffic_counts() -> None:
    case = compile_recipe(Recipe("lstm", 72, side=12, capacity=1024, format="f32", steps=3))
    (loaded,) = re.findall(r"(\d+) bytes are loaded", case.remarks[0])
    traffic = measure(case.module).traffic
    weights = [buffer for buffer in traffic.by_buffer if buffer.cause == "weights"]
    assert len(weights) == case.streamed
    assert sum(buffer.moved_read for buffer in weights) == int(loaded)
    report = make_report(case.module, time_configuration(case.module), "f32")
    assert report.dram["weight_bytes"] == int(loaded)
    assert report.dram["weight_bytes_per_step"] == int(loaded) / 3
    # Every weight is read once in each step, from wherever it comes.
    elements = 4 * 72 * (72 + 72 + 1)
    read = sum(buffer.bytes_read for buffer in weights) + traffic.by_cause["weights"]
    assert read == 3 * 4 * elements
    assert traffic.contents + sum(b.compulsory for b in weights) == 4 * elements
    named = {name for buffer in weights for name in buffer.holds.split(" + ")}
    assert named <= {"W", "R", "B"}


def test_the_estimate_is_what_the_run_takes() -> None:
    for recipe in (
        Recipe("lstm", 72, side=12, capacity=1024, format="f32", steps=6),
        Recipe("lstm", 72, side=12, capacity=1024, format="f32", factors={"hu": 1, "ru": 1}),
        Recipe("gru", 61, inputs=83, batch=2, side=12, capacity=1024, format="f32"),
    ):
        case = compile_recipe(recipe)
        (about,) = re.findall(r"about (\d+) cycles", case.remarks[0])
        timing = time_configuration(case.module)
        assert timing.step is not None
        assert int(about) / recipe.steps == pytest.approx(timing.step.cycles, rel=0.15)


def test_the_report_names_dram() -> None:
    recipe = Recipe("lstm", 72, side=12, capacity=1024, format="f32", factors={"hu": 1, "ru": 1})
    case = compile_recipe(recipe)
    report = make_report(case.module, time_configuration(case.module), "f32")
    assert max(report.causes, key=lambda cause: report.causes[cause]) == "dram"
    assert 0.9 * report.cycles < report.bounds["dram"] <= report.cycles
    assert 0 < report.dram["used"] < 1
    loading = [each for each in report.dram["generators"] if each["cause"] == "weights"]
    assert len(loading) == case.streamed
    for each in loading:
        assert each["direction"] == "loads"
        assert each["burst_bytes"] == each["bytes"]
        assert each["buffer"].removesuffix(".dram") == each["name"].removesuffix(".load")
    tokens = max(each["bytes"] for each in loading) // 64
    busiest = max(loading, key=lambda each: each["cycles"])
    assert report.bounds["dram"] == (tokens - 1) * busiest["interval"] + 100


@pytest.mark.parametrize(
    ("body", "weights", "message"),
    [
        (
            memory("A", 640) + memory("B", 128, "zero"),
            "auto",
            "weights need 10.24 kB in 10 of 12 memory units (12.29 kB in all), tiny has 8 (8.19 "
            "kB), short by 4.10 kB and 4 units; largest users: @A (10 units, 10.24 kB), @B (2 "
            "units, 2.05 kB); relax pmu.capacity_bytes or use fewer bits; no address generator is "
            "left to stream weights (ag.count)",
        ),
        (
            memory("A", 640).replace("banked (4, 1)", "banked (4, 1, [4, 1])"),
            "auto",
            "relax pmu.capacity_bytes or use fewer bits; no memory holds weights that could be "
            "streamed; @A cannot be, for its banks are chosen by hand",
        ),
        (
            memory("A", 8).replace("banked (4, 1)", "banked (4, 1, [4, 1])"),
            "dram",
            "weights=dram, but no memory can be streamed; @A cannot be, for its banks are chosen "
            "by hand",
        ),
        (
            memory("A", 8) + memory("B", 8, "zero"),
            "dram",
            "weights=dram, but no memory can be streamed; no address generator is left to stream "
            "weights (ag.count)",
        ),
    ],
)
def test_refusals(body: str, weights: str, message: str) -> None:
    module = config(body)
    before = str(module)
    with pytest.raises(SpatialError) as caught:
        streamed(module, weights)
    assert message in str(caught.value)
    assert str(module) == before


def test_without_weights_dram_has_nothing_to_do() -> None:
    module = config(memory("A", 8, "zero"))
    assert not streamed(module, "dram")


def test_there_must_be_a_configuration() -> None:
    module = ModuleOp([])
    set_target(module, TINY)
    with pytest.raises(SpatialError, match="run convert-pattern-to-spatial first"):
        SpatialStreamWeightsPass().apply(Context(), module)


def test_locations_and_banks_stay() -> None:
    module = config(memory("A", 640), replace(TINY, ag=replace(TINY.ag, count=4)))
    old = unit(module, "A")
    location = old.location
    streamed(module)
    for name in ("A.s0", "A.s7", "A.load", "A.relay0"):
        assert unit(module, name).location == location
    part = unit(module, "A.s0")
    assert isinstance(part, PmuOp)
    assert part.banks.get_values() == (4, 1)


def test_parts_read_what_the_whole_read() -> None:
    """A part beyond eight units of what stays gets relays, and all of it can be routed."""
    module = config(memory("A", 640), replace(TINY, ag=replace(TINY.ag, count=4)))
    streamed(module)
    SpatialSplitMemoriesPass().apply(Context(), module)
    with collect_remarks():
        placed(module)
    assert {link.kind.data for link in links(config_of(module))} == {"vector"}
    load = unit(module, "A.load")
    assert isinstance(load, AgOp)
    assert load.map.data == AffineMap.from_callable(lambda a, b: (a, b * 4))
