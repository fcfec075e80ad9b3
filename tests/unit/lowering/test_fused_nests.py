"""One nest over [x, h] with several results, in every shape that its factors can give it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects import spatial

Agree = Callable[..., None]

WORDS = {"mixed8": 4, "int8": 4, "bf16": 2, "f32": 1}
"""Elements of a reduction that one lane takes at once."""


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(
    "factors",
    [
        {"pieces": 1, "vector": 16},
        {"pieces": 3, "vector": 4, "copies": 2},
        {"pieces": 2, "vector": 8, "copies": 4, "rows": 2},
        {"pieces": 1, "vector": 8, "copies": 6, "rows": 3, "deal": "blocked"},
        {"pieces": 2, "vector": 1, "copies": 6, "rows": 1},
    ],
    ids=lambda factors: " ".join(f"{k}={v}" for k, v in factors.items()),
)
def test_lanes_carry_the_reduction(
    agree: Agree, cell: Any, kind: str, factors: dict[str, Any]
) -> None:
    align = factors["vector"]
    agree(cell(5, 19, kind, align=align, **factors), evaluators=("numpy", "native"))
    agree(cell(16, 16, kind, align=align, **factors))


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize(("rows", "deal"), [(None, None), (1, None), (None, "blocked")])
def test_lanes_carry_rows(
    agree: Agree, cell: Any, kind: str, rows: int | None, deal: str | None
) -> None:
    factors = {"copies": 2, "rows": rows, "deal": deal, "lanes": 16, "pieces": 3}
    words = WORDS[kind]
    given = cell(7, 37, kind, align=words, vector=words, **factors)
    agree(given, evaluators=("numpy", "native"))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    inputs=st.sampled_from([1, 2, 13, 16, 21]),
    hidden=st.sampled_from([1, 3, 8, 17, 31]),
    align=st.sampled_from([1, 4, 8]),
    turns=st.integers(1, 3),
    rows=st.integers(1, 2),
    pieces=st.integers(1, 5),
    lanes=st.sampled_from([1, 16]),
    deal=st.sampled_from([None, "blocked"]),
)
def test_any_size(
    agree: Agree,
    cell: Any,
    inputs: int,
    hidden: int,
    align: int,
    turns: int,
    rows: int,
    pieces: int,
    lanes: int,
    deal: str | None,
) -> None:
    """Seams inside vectors (align 1), empty pieces, more lanes than rows, one of everything."""
    rows = min(rows, hidden)
    turns = min(turns, hidden // rows)
    given = cell(
        inputs,
        hidden,
        "mixed8",
        align,
        copies=turns * rows,
        rows=rows,
        deal=deal,
        lanes=lanes,
        pieces=min(pieces, inputs + hidden),
        vector=4,
    )
    agree(given)


def units(module: ModuleOp, kind: type[Any]) -> list[Any]:
    return [op for op in module.walk() if isinstance(op, kind)]


def test_what_stands_between_products_is_scalars(
    lowered: Callable[..., ModuleOp], cell: Any, convert: str
) -> None:
    """Memories hold parameters, the table, the input and the carried state, and nothing else."""
    module = lowered(cell(16, 16, copies=4, pieces=2, vector=16, align=16), convert)
    held = [pmu for pmu in units(module, spatial.PmuOp)]
    constant = [
        pmu
        for pmu in held
        if spatial.parameter_parts(pmu.init) or isinstance(pmu.init, spatial.TableInitAttr)
    ]
    others = {pmu.sym_name.data.split(".")[0].split("_")[0] for pmu in held if pmu not in constant}
    # x, the state h as the products and as the result read it, and the state c.
    assert others <= {"x", "h", "c", "hn", "cT"}
    assert {"x", "h", "c"} <= others


def test_all_results_and_copies_share_the_operands(
    lowered: Callable[..., ModuleOp], cell: Any, convert: str
) -> None:
    """Two results, four copies, two pieces: x feeds eight units from one memory, h as many."""
    given = cell(16, 16, copies=4, pieces=2, vector=16, align=16)
    links = units(lowered(given, convert), spatial.LinkOp)
    fed = {name: [k for k in links if k.source == (name, "to.hn")] for name in ("x_1", "h")}
    assert [len(each) for each in fed.values()] == [8, 8]

    private = convert.replace("spatial", "spatial{operands=private}")
    module = lowered(given, private)
    names = [pmu.sym_name.data for pmu in units(module, spatial.PmuOp)]
    assert sum(name == "h" or name.startswith("h_") for name in names) == 8
    for link in units(module, spatial.LinkOp):
        if link.source[1] == "to.hn" and link.source[0].split("_")[0] in ("x", "h"):
            assert sum(k.source == link.source for k in units(module, spatial.LinkOp)) == 1


def test_private_operands_change_no_value(agree: Agree, cell: Any, convert: str) -> None:
    given = cell(7, 19, copies=3, rows=1, pieces=2, vector=4, align=4)
    agree(given, convert.replace("spatial", "spatial{operands=private}"))


def test_units_take_turns(lowered: Callable[..., ModuleOp], cell: Any, convert: str) -> None:
    """Copies 0, 2 and 4 take turns with row unit 0, copies 1, 3 and 5 with row unit 1."""
    module = lowered(cell(16, 16, copies=6, rows=2, vector=16, align=16), convert)
    turns = {
        (link.source[0], link.target[0]): (*link.window.get_values(), link.window_of.value.data)
        for link in units(module, spatial.LinkOp)
        if link.source[0].startswith("hn.dot") and link.target[0].startswith("hn.row")
    }
    assert turns == {
        (f"hn.dot{result}.{copy}", f"hn.row.{copy % 2}"): (copy // 2, copy // 2 + 1, 3)
        for result in (0, 1)
        for copy in range(6)
    }


def test_the_seam_of_x_and_h_is_two_windows(
    lowered: Callable[..., ModuleOp], cell: Any, convert: str
) -> None:
    """13 inputs by vectors of 4 are 4 vectors, then 5 of the 19 elements of the state."""
    module = lowered(cell(13, 19, vector=4, align=4), convert)
    windows = {
        link.source[0]: (*link.window.get_values(), link.window_of.value.data)
        for link in units(module, spatial.LinkOp)
        if link.target == ("hn.dot0", "xv") and link.window is not None
    }
    assert windows == {"x_1": (0, 4, 9), "h": (4, 9, 9)}


def test_short_queues_behind_sums_and_before_look_ups(
    lowered: Callable[..., ModuleOp], cell: Any, convert: str
) -> None:
    module = lowered(cell(4, 4), convert.replace("spatial", "spatial{queue-depth=1}"))
    table = next(
        pmu.sym_name.data
        for pmu in units(module, spatial.PmuOp)
        if isinstance(pmu.init, spatial.TableInitAttr)
    )
    for link in units(module, spatial.LinkOp):
        if link.kind.data != "token":
            short = link.target[0] == table or link.source[0].startswith("hn.dot")
            assert (link.depth.value.data == 1) == short, str(link)


def test_parameters_that_take_turns_share_a_memory(
    lowered: Callable[..., ModuleOp], cell: Any, convert: str
) -> None:
    """The weights of x and of h lie side by side, in the order in which one unit reads them."""
    module = lowered(cell(13, 19, vector=4, align=4, copies=2), convert)
    held = {
        pmu.sym_name.data: (pmu.held.get_shape(), [p.parameter.data for p in pmu.init.parts])
        for pmu in units(module, spatial.PmuOp)
        if isinstance(pmu.init, spatial.SumInitAttr)
    }
    # 10 rows of 16 + 19 elements: 13 inputs, filled up to whole vectors, then the state.
    assert held == {
        f"hn.{name}.{copy}": ((10, 35), [f"{name[0]}x", f"{name[0]}h"])
        for name in ("axah", "vxvh")
        for copy in (0, 1)
    }
