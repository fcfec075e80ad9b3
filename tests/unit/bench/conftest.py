"""A document of made-up measurements."""

from dataclasses import replace
from typing import Any

import pytest

from spatial_opt.bench import plot
from spatial_opt.bench.document import make_document
from spatial_opt.bench.fragmentation import Work
from spatial_opt.bench.measure import Job, Looked, Measurement
from spatial_opt.bench.problems import DEEPBENCH
from spatial_opt.runtime.held_values import CAUSES
from spatial_opt.runtime.report import RunReport

LSTM, GRU = DEEPBENCH[0], DEEPBENCH[-1]


def _report(cycles: int, memory_bytes: int, relaxed: tuple[str, ...] = ()) -> RunReport:
    kinds = ("pcu", "pmu", "ag", "controller", "memory_bytes")
    return RunReport(
        target="plasticine-rnn",
        relaxed=relaxed,
        format="mixed8",
        cycles=cycles,
        cycles_per_step=None,
        steady=True,
        latency_us=cycles / 1000,
        macs=1,
        peak_macs_per_cycle=12288,
        utilization=0.5,
        fragmentation=0.0,
        bounds={"compute": cycles // 4, "memory": 1, "recurrence": cycles // 2},
        causes={"compute": cycles - 10, "memory": 10},
        resources={kind: {"used": 7, "available": 9} for kind in kinds},
        bytes={"memory_units": memory_bytes, "dram": 1, "held": 1},
        dram={"used": 0.25, "weight_bytes": 0, "weight_bytes_per_step": 0.0, "generators": []},
        memory={
            "by_cause": {cause: 75 * (cause in ("weights", "copies")) for cause in CAUSES},
            "minimum": 75,
            "ratio": 2.0,
        },
        stalls=[],
    )


def _looked(issued: int) -> Looked:
    factors = [{"hu": 4, "hv": 1, "rows": 4, "ru": 8, "rv": 64}]
    return Looked(Work(1000, 2930), issued, factors, 120)


def _measured(job: Job, issued: int, report: RunReport, cycles_per_step: float) -> Measurement:
    return Measurement(
        job,
        _looked(issued),
        report=report,
        cycles_per_step=cycles_per_step,
        peak=12288,
        compile_s=0.4,
    )


@pytest.fixture
def measurements() -> list[Measurement]:
    """Give an LSTM with both sets and unfused, and a GRU that is relaxed once and refused once."""
    report = _report(4_800_000, 1, ("pmu.capacity_bytes",))
    relaxed = replace(
        _measured(Job(GRU, "paper"), 1000, report, 6346.0),
        relaxed=True,
        strict_refusal="spatial-split-memories: too large",
    )
    return [
        _measured(Job(LSTM, "paper"), 1010, _report(50_000, 15_000), 310.0),
        _measured(Job(LSTM, "auto"), 1000, _report(25_000, 1_500_000), 139.5),
        _measured(Job(LSTM, "unfused"), 1000, _report(150_000, 3_000_000), 1116.0),
        relaxed,
        Measurement(
            Job(GRU, "auto"),
            Looked(),
            strict_refusal="spatial-split-memories: too large",
            refusal="spatial-route: no way",
        ),
        Measurement(Job(GRU, "unfused"), Looked(), strict_refusal="a: b", refusal="a: c"),
    ]


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the plots find no matplotlib."""

    def find_spec(name: str) -> None:
        return None

    monkeypatch.setattr(plot, "find_spec", find_spec)


@pytest.fixture
def document(measurements: list[Measurement]) -> dict[str, Any]:
    """Give the document of these measurements."""
    return make_document("plasticine-rnn", "mixed8", measurements)
