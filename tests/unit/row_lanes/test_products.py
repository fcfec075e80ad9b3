"""Which multiply-accumulates count: factors that are data, results that somebody wants."""

from collections.abc import Callable

import pytest
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.products import multiply_accumulates
from spatial_opt.runtime.useful_elements import UsefulElements

Parse = Callable[[str], ModuleOp]

TEXT = """builtin.module {{ spatial.config @main {{
spatial.output @y : tensor<{kept}xf32>
spatial.controller @t counters (%t = 0 to 3) {{
  spatial.pmu @W holds tensor<{held}xf32> banked (4, 1) init parameter "W" {source} {{
    spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 3) address {read} padded
        : vector<4xf32>
  }}
  spatial.pmu @x holds tensor<9xf32> banked (4, 1) init input "x" [9] {{
    spatial.read @out port 0 counters (%g = 0 to 2, %k = 0 to 3) address [%k + {shift}] padded : f32
  }}
  spatial.pcu @dot counters (%g = 0 to 2, %k = 0 to 3) {{
    %w = spatial.receive "w" : vector<4xf32>
    %x = spatial.receive "x" : f32
    %v = spatial.repeat %x : f32 to vector<4xf32>
    %p = arith.mulf %w, %v : vector<4xf32>
    %d = spatial.fold add %p per %g : vector<4xf32> to vector<4xf32>
    spatial.send "out" %d per %g : vector<4xf32>
  }}
  spatial.pcu @row counters (%g = 0 to 2) {{
    %s = spatial.receive "s" : vector<4xf32>
    %two = arith.constant dense<2.0> : vector<4xf32>
    %m = arith.mulf %s, %two : vector<4xf32>
    spatial.send "out" %m : vector<4xf32>
  }}
  {inner}
}}
{outer}
spatial.link @W::@out to @dot::@w : vector depth 4
spatial.link @x::@out to @dot::@x : scalar depth 4
spatial.link @dot::@out to @row::@s : vector depth 4
spatial.link @row::@out to @store::@data : vector depth 4
}} }}"""
INNER = "spatial.ag @store stores @y counters (%g = 0 to 2) address {} : vector<4xf32>"
OUTER = "spatial.ag @store stores @y counters (%n = 0 to 6) address {} : vector<4xf32>"
PLAIN = {
    "kept": "8",
    "held": "24",
    "source": "[24]",
    "read": "[12 * %g + 4 * %k]",
    "shift": "0",
    "inner": INNER.format("[4 * %g]"),
    "outer": "",
}
ALL = 3 * 2 * 3 * 4


@pytest.mark.parametrize(
    ("changes", "useful"),
    [
        ({}, ALL),
        # Six of eight rows are stored; what the other two would add to is dropped.
        ({"kept": "6"}, 3 * 6 * 3),
        ({"kept": "4"}, 3 * 4 * 3),
        # The last three weights are outside the memory, or what it holds outside the parameter.
        ({"held": "21"}, 3 * 21),
        ({"source": "[21]"}, 3 * 21),
        # Of these one is not wanted either.
        ({"source": "[21]", "kept": "7"}, 3 * (7 * 3 - 2)),
        # x ends after the second of three columns.
        ({"shift": "7"}, 3 * 8 * 2),
        # Stored by a unit that counts the steps itself; two steps are wanted, or two and a half.
        ({"inner": "", "outer": OUTER.format("[4 * %n]"), "kept": "24"}, ALL),
        ({"inner": "", "outer": OUTER.format("[4 * %n]"), "kept": "16"}, 2 * 8 * 3),
        ({"inner": "", "outer": OUTER.format("[4 * %n]"), "kept": "20"}, 2 * 8 * 3 + 4 * 3),
        # Weights of the step before, of which the first has none.
        ({"held": "2x24", "source": "[2, 24]", "read": "[%t - 1, 12 * %g + 4 * %k]"}, 2 * ALL // 3),
    ],
)
def test_what_counts(parse: Parse, changes: dict[str, str], useful: int):
    config = config_of(parse(TEXT.format(**{**PLAIN, **changes})))
    assert multiply_accumulates(config, UsefulElements(config)) == (useful, ALL, 32)
