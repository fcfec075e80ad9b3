"""One job: what it reads off the program and the run, and what becomes of refusals."""

from pathlib import Path

import pytest

from spatial_opt.bench.measure import Job, measure
from spatial_opt.bench.parameters import CAPACITY, pipeline_options
from spatial_opt.bench.problems import DEEPBENCH, Problem
from spatial_opt.bench.suite import list_jobs, run_jobs
from spatial_opt.machine.load import load_machine

MACHINE = Path(__file__).parents[3] / "machine" / "descriptions" / "plasticine-rnn.toml"
SMALL = Problem("lstm", 8, 6)


def test_a_job_of_the_unfused_pipeline():
    found = measure(Job(SMALL, "unfused"))
    assert found.refusal is found.strict_refusal is None
    assert not found.relaxed
    report = found.report
    assert report is not None
    assert found.cycles_per_step == report.cycles_per_step
    assert found.cycles_per_step is not None
    assert 6 * found.cycles_per_step == pytest.approx(report.cycles, rel=0.5)
    assert found.bytes_per_step == report.bytes["memory_units"] / 6
    assert found.utilization == pytest.approx(4 * 8 * 16 / found.cycles_per_step / 12288)
    assert found.looked.work is not None
    assert found.looked.work.useful == 6 * 4 * 8 * 16
    assert found.looked.issued == 6 * 4 * 2 * 8 * 64
    assert [factors["rv"] for factors in found.looked.factors] == [64]
    assert found.looked.lines is not None
    assert 50 < found.looked.lines < 300
    assert found.compile_s is not None
    assert found.compile_s > 0


def test_a_short_sequence_takes_its_cycles_per_step_from_a_longer_one():
    short = measure(Job(Problem("gru", 8, 1), "unfused"))
    long = measure(Job(Problem("gru", 8, 9), "unfused"))
    assert short.cycles_per_step == long.cycles_per_step
    assert short.report is not None
    assert long.report is not None
    assert short.cycles_per_step is not None
    assert short.report.cycles > short.cycles_per_step
    assert short.report.cycles < long.report.cycles / 4


def test_capacity_is_relaxed_only_where_it_must_be(tmp_path: Path):
    # 96 memory units of 64 KiB: less than the weights of 1024 hidden units.
    description = MACHINE.read_text().replace("rows = 24\ncolumns = 24", "rows = 12\ncolumns = 12")
    small = tmp_path / "small.toml"
    small.write_text(description.replace("capacity_bytes = 86016", "capacity_bytes = 65536"))
    found = measure(Job(Problem("lstm", 1024, 4), "unfused", target=str(small)))
    assert found.refusal is found.strict_refusal is None
    assert found.relaxed
    assert found.report is not None
    assert found.report.relaxed == (CAPACITY,)
    assert found.peak == 48 * 64
    # With the limit a part of the weights is loaded in every step, which takes far longer.
    assert found.strict is not None
    assert not found.strict.relaxed
    assert found.strict.dram_bytes_per_step > found.dram_bytes_per_step == 0
    assert found.strict.cycles_per_step is not None
    assert found.cycles_per_step is not None
    assert found.strict.cycles_per_step > 2 * found.cycles_per_step
    assert not measure(Job(Problem("lstm", 256, 4), "unfused", target=str(small))).relaxed


def test_a_refusal_is_a_result():
    found = measure(Job(Problem("lstm", 4, 3), "unfused", target="tiny"))
    assert found.report is found.cycles_per_step is found.utilization is None
    assert found.bytes_per_step is found.compile_s is None
    assert found.refusal is not None
    stage, _, sentence = found.refusal.partition(": ")
    assert stage.startswith("spatial-")
    assert "tiny" in sentence
    assert "\n" not in found.refusal
    # What was read before the refusal stays.
    assert found.looked.work is not None
    assert found.looked.factors


def test_an_unknown_pipeline_is_a_refusal():
    found = measure(Job(SMALL, "auto", pipeline="nothing"))
    assert found.refusal is not None
    assert "there is no pipeline 'nothing'" in found.refusal


def test_results_do_not_depend_on_the_processes():
    jobs = [Job(Problem(cell, 8, 4), "unfused") for cell in ("lstm", "gru", "rnn")]
    told: list[str] = []
    alone = run_jobs(jobs, 1)
    together = run_jobs(jobs, 2, told.append)
    assert [m.job for m in together] == jobs
    assert [m.cycles_per_step for m in together] == [m.cycles_per_step for m in alone]
    assert [m.report and m.report.causes for m in together] == [
        m.report and m.report.causes for m in alone
    ]
    assert [line.partition(",")[0] for line in told] == [
        "1 of 3: lstm-8 unfused",
        "2 of 3: gru-8 unfused",
        "3 of 3: rnn-8 unfused",
    ]


def test_jobs_are_listed_problem_by_problem():
    jobs = list_jobs(DEEPBENCH[:2], ("paper", "auto"), unfused=True, format="int8")
    assert [job.name for job in jobs] == [
        *("lstm-256 paper", "lstm-256 auto", "lstm-256 unfused"),
        *("lstm-512 paper", "lstm-512 auto", "lstm-512 unfused"),
    ]
    assert {job.format for job in jobs} == {"int8"}


@pytest.mark.parametrize(
    ("format", "rv"), [("mixed8", 64), ("int8", 64), ("bf16", 32), ("f32", 16)]
)
def test_published_parameters_as_options(format: str, rv: int):
    machine = load_machine("plasticine-rnn")
    options = pipeline_options(DEEPBENCH[-1], "paper", machine, format)
    assert options == {
        "hu": (5,),
        "hv": (1,),
        "rows": (5,),
        "ru": (8,),
        "rv": (rv,),
        "operands": ("private",),
        "queue_depth": (1,),
        "weights": ("resident",),
    }
    for parameters in ("auto", "unfused"):
        assert pipeline_options(DEEPBENCH[-1], parameters, machine, format) == {}
