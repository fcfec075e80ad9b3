"""Streams whose ports are apart: what numpy and isl predict, the time engine loses."""

from collections.abc import Callable

import conflict_counts
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import PmuOp
from spatial_opt.dialects.spatial_ports import processes
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.bank_accesses import problem_of
from spatial_opt.passes.solvers.bank_stalls import stalls
from spatial_opt.runtime.intervals import stream_interval
from spatial_opt.runtime.order import config_of

ParseChecked = Callable[[str], ModuleOp]
MACHINE = load_machine("plasticine-rnn")


def lost(
    parse: ParseChecked, length: int, element: str, ports: int, width: int, apart: int, banked: str
) -> tuple[int, int, int]:
    """Stalls of a write and what reads it back, all ports side by side: numpy, isl, engine."""
    trips = -(-apart // width)
    token = element if width == 1 else f"vector<{width}x{element}>"
    kind = "scalar" if width == 1 else "vector"
    names = ", ".join(f'"p{n}"' for n in range(ports))
    out = ", ".join(f'"q{n}"' for n in range(ports))
    links = "\n".join(f"spatial.link @m::@q{n} to @m::@p{n} : {kind} depth 2" for n in range(ports))
    module = parse(
        f"""
        spatial.config @main {{
          spatial.pmu @m holds tensor<{length}x{element}> banked {banked} init zero {{
            spatial.write @in ports [{names}] apart {apart} port 0 counters (%i = 0 to {trips})
                address [{width} * %i] clip : {token}
            spatial.read @out ports [{out}] apart {apart} port 0 counters (%i = 0 to {trips})
                address [{width} * %i] padded : {token}
          }}
          {links}
        }}
        """
    )
    config = config_of(module)
    pmu = next(op for op in config.walk() if isinstance(op, PmuOp))
    problem = problem_of(pmu, MACHINE)
    engine = 0
    for process in processes(config):
        interval = stream_interval(process, MACHINE)
        pattern = (interval,) * process.firings if isinstance(interval, int) else interval
        engine += sum(pattern) - process.firings
    by_numpy = sum(stalls(problem, access, pmu.banking) for access in problem.accesses)
    if ports * width > 8:
        # Integer sets go from word to word of a firing: many of them on one bank take minutes.
        return by_numpy, by_numpy, engine
    by_isl = sum(
        conflict_counts.stall_cycles(problem, access, pmu.banking) for access in problem.accesses
    )
    return by_numpy, by_isl, engine


@pytest.mark.parametrize(
    ("length", "element", "ports", "width", "apart", "banked", "cycles"),
    [
        # Blocks of 16 words begin on one bank, of 17 words on neighbouring ones.
        (64, "f32", 4, 1, 16, "(16, 1)", 3 * 16),
        (68, "f32", 4, 1, 17, "(16, 1)", 0),
        (64, "f32", 4, 1, 16, "(4, 16)", 0),
        # Two vectors of 16 words take each bank twice, and the last one is cut to 4 words.
        (100, "f32", 2, 16, 64, "(16, 1)", 3),
        # Four bytes apart is a word apart; so is 3 only where it passes the end of one.
        (16, "i8", 4, 1, 4, "(16, 1)", 0),
        (16, "i8", 4, 1, 4, "(1, 1)", 3 * 4),
    ],
)
def test_by_hand(
    parse_checked: ParseChecked,
    length: int,
    element: str,
    ports: int,
    width: int,
    apart: int,
    banked: str,
    cycles: int,
) -> None:
    found = lost(parse_checked, length, element, ports, width, apart, banked)
    assert found == (2 * cycles,) * 3


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    length=st.integers(1, 90),
    element=st.sampled_from(["f32", "i8", "f16"]),
    ports=st.integers(2, 5),
    width=st.sampled_from([1, 2, 16]),
    more=st.integers(0, 20),
    banked=st.sampled_from(["(16, 1)", "(5, 2)", "(4, 8)", "(16, 2, [3])", "(1, 1)"]),
)
def test_any_streams(
    parse_checked: ParseChecked,
    length: int,
    element: str,
    ports: int,
    width: int,
    more: int,
    banked: str,
) -> None:
    by_numpy, by_isl, engine = lost(
        parse_checked, length, element, ports, width, width + more, banked
    )
    assert by_numpy == by_isl == engine
