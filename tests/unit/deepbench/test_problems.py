"""
The eleven DeepBench problems at full size, from the rnn level to values and cycles.

int8 and mixed8 agree with the reference in every bit, f32 and bf16 to 1e-5. Only the number of
steps is cut. By default some pairs of problem and format run, the others in a long test.
"""

import re

import numpy as np
import pytest
from deepbench_cases import CAPACITY, EVALUATORS, PROBLEMS, Case, compile_case, make_case
from deepbench_reference import GATES, Array, run_8_bit, run_float

from spatial_opt.machine.errors import SpatialError
from spatial_opt.machine.load import load_machine
from spatial_opt.runtime import values
from spatial_opt.runtime.report import make_report, time_configuration

FORMATS = {"f32": 4, "bf16": 2, "int8": 1, "mixed8": 1}
"""Bytes of a weight."""
TOLERANCE = 1e-5
CROSS = [(*problem, format) for problem in PROBLEMS for format in FORMATS]
USUAL = {
    ("lstm", 256): ("f32", "bf16", "int8", "mixed8"),
    ("lstm", 512): ("int8",),
    ("lstm", 1024): ("mixed8",),
    ("lstm", 1536): ("bf16",),
    ("lstm", 2048): ("mixed8",),
    ("gru", 512): ("f32", "bf16", "int8", "mixed8"),
    ("gru", 1024): ("mixed8",),
    ("gru", 1536): ("f32",),
    ("gru", 2816): ("int8",),
}
"""What runs by default."""


def weight_bytes(cell: str, hidden: int, format: str) -> int:
    """Give the bytes of W and R."""
    return GATES[cell] * hidden * 2 * hidden * FORMATS[format]


def fits(cell: str, hidden: int, format: str) -> bool:
    """Tell whether the weights are fewer than the memories hold."""
    machine = load_machine("plasticine-rnn")
    units = len(machine.grid.positions("pmu"))
    return weight_bytes(cell, hidden, format) < units * machine.pmu.capacity_bytes


def check_values(case: Case, found: dict[str, Array]) -> None:
    """Compare all results with the reference."""
    if case.format in ("int8", "mixed8"):
        wanted = run_8_bit(case.layer, case.format, case.scales, *case.orders)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name].view(np.uint32), array.view(np.uint32), name)
    else:
        measured = found["y"] if case.format == "bf16" else None
        wanted = run_float(case.layer, case.format, measured)
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, rtol=0, atol=TOLERANCE, err_msg=name)


def check_cycles(case: Case) -> None:
    """Run the time engine and check that its account adds up."""
    report = make_report(case.module, time_configuration(case.module), case.format)
    assert report.cycles > 0
    assert sum(report.causes.values()) == report.cycles
    assert min(report.causes.values()) >= 0
    assert max(report.bounds.values()) <= report.cycles
    assert 0 < report.utilization <= 1


def check_problem(cell: str, hidden: int, steps: int, format: str) -> None:
    """Compile a problem with at most two steps, run it with all evaluators, and time it."""
    case = make_case(cell, hidden, min(steps, 2), format)
    relax = () if fits(cell, hidden, format) else (CAPACITY,)
    compile_case(case, relax=relax)
    for evaluator in reversed(EVALUATORS):
        found = values.evaluate(case.module, case.inputs, case.parameters, evaluator)
        check_values(case, found)
        if hidden > 512:
            break
    check_cycles(case)


@pytest.mark.parametrize(
    ("cell", "hidden", "steps", "format"),
    [row for row in CROSS if row[3] in USUAL.get(row[:2], ())],
)
def test_values_and_cycles(cell: str, hidden: int, steps: int, format: str) -> None:
    check_problem(cell, hidden, steps, format)


@pytest.mark.long
@pytest.mark.parametrize(
    ("cell", "hidden", "steps", "format"),
    [row for row in CROSS if row[3] not in USUAL.get(row[:2], ())],
)
def test_all_values_and_cycles(cell: str, hidden: int, steps: int, format: str) -> None:
    check_problem(cell, hidden, steps, format)


def amount(text: str) -> float:
    """Read an amount such as `806.91 kB` in bytes."""
    number, unit = text.split()
    return float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]


SENTENCE = re.compile(
    r"weights need (?P<weights>[\d.]+ \w+) in (?P<weight_units>\d+) of (?P<units>\d+) memory "
    r"units \((?P<all>[\d.]+ \w+) in all\), plasticine-rnn has (?P<present>\d+) "
    r"\((?P<has>[\d.]+ \w+)\), short by (?P<short>[\d.]+ \w+) and (?P<short_units>\d+) units?; "
    r"largest users: (?P<users>@.*); stream weights from DRAM \(spatial-stream-weights\), relax "
    r"pmu\.capacity_bytes or use fewer bits"
)


@pytest.mark.parametrize(
    ("cell", "hidden", "format"),
    [
        ("lstm", 2048, "mixed8"),
        ("gru", 2560, "int8"),
        ("gru", 2816, "mixed8"),
        ("lstm", 1536, "bf16"),
        ("lstm", 1024, "f32"),
        ("gru", 2816, "f32"),
    ],
)
def test_the_machine_refuses_what_it_cannot_hold(cell: str, hidden: int, format: str) -> None:
    assert not fits(cell, hidden, format)
    with pytest.raises(SpatialError) as caught:
        compile_case(make_case(cell, hidden, 1, format), weights="resident")
    found = SENTENCE.search(str(caught.value))
    assert found is not None, str(caught.value)
    assert amount(found["weights"]) >= 0.999 * weight_bytes(cell, hidden, format)
    assert int(found["present"]) == 384
    assert int(found["units"]) - 384 == int(found["short_units"])
    assert amount(found["has"]) == pytest.approx(384 * 86016, rel=1e-3)
    missing = amount(found["all"]) - amount(found["has"])
    assert amount(found["short"]) == pytest.approx(missing, abs=1.1e4)
    assert "@rh" in found["users"]
    assert "@wx" in found["users"]
