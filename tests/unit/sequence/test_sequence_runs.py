"""Programs that run as several configurations: values, cycles, loading, reports, command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from sequence_programs import CELLS, cell, chain, chain_arrays, parse
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.sequence import is_sequence, parts_of
from spatial_opt.dialects.spatial import ConfigOp
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.runtime import values
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.report import time_configuration
from spatial_opt.runtime.sequence_report import Loading, loading_of, make_sequence_report
from spatial_opt.runtime.sequence_trace import make_sequence_trace
from spatial_opt.tools.compilation import (
    CONVERSION,
    Compilation,
    compile_module,
    make_context,
    steps_for,
)
from spatial_opt.tools.spatial_run import main


def compiled(
    module: ModuleOp, pipeline: str = "fused", target: str = "plasticine-rnn", **options: str | int
) -> ModuleOp:
    """Compile a module in place; returns the patterns in front of the conversion."""
    given = {"target": (target,), **{name: (value,) for name, value in options.items()}}
    kept: list[ModuleOp] = []

    def look(module: ModuleOp, name: str) -> None:
        if name == "pattern-bank-memories":
            kept.append(module.clone())

    steps = steps_for(module, pipeline, given)
    assert CONVERSION in [step.name for step in steps]
    compile_module(make_context(), module, steps, Compilation(), look)
    return kept[0]


@pytest.mark.parametrize("pipeline", ["fused", "unfused"])
@pytest.mark.parametrize("name", ["attention", "conv_gru", "lstm_bidirectional", "lstm_layer_norm"])
def test_configurations_compute_what_their_patterns_do(name: str, pipeline: str) -> None:
    module, inputs, parameters = cell(name)
    patterns = compiled(module, pipeline, configurations="each")
    assert is_sequence(module) == is_sequence(patterns)
    wanted = evaluate(patterns, inputs, parameters)
    for evaluator in ("numpy", "native"):
        found = values.evaluate(module, inputs, parameters, evaluator)
        assert list(found) == list(wanted)
        for key, array in wanted.items():
            assert found[key].tobytes() == array.tobytes()


def test_samples() -> None:
    module = parse(chain(3))
    inputs, parameters, _ = chain_arrays(3)
    stacked = {"v0": np.stack([inputs["v0"], 3 * inputs["v0"]])}
    compiled(module, target="tiny", configurations="each")
    found = values.evaluate(module, stacked, parameters)["result0"]
    single = values.evaluate(module, inputs, parameters)["result0"]
    assert (found == np.stack([single, 3 * single])).all()


def test_cut_where_weights_do_not_fit() -> None:
    """On `tiny`, 8 memory units of 1024 bytes: one matrix of 32 x 32 f32 takes four of them."""
    module = parse(chain(4, 32, 32))
    inputs, parameters, wanted = chain_arrays(4, 32, 32)
    with collect_remarks() as remarks:
        compiled(module, target="tiny", weights="resident", hu=1, ru=1)
    assert len(parts_of(module)) > 1
    assert next(r for r in remarks if r.pass_name == "pattern-split-program").text.startswith(
        f"runs as {len(parts_of(module))} configurations, of about "
    )
    assert (values.evaluate(module, inputs, parameters)["result0"] == wanted).all()


def test_what_fits_is_one_configuration() -> None:
    module = parse(chain(2))
    compiled(module, target="tiny")
    assert [type(op) for op in module.ops] == [ConfigOp]


def sequence(count: int = 3) -> tuple[ModuleOp, dict[str, Array], dict[str, Array]]:
    """Compile products for `tiny`, a configuration each."""
    module = parse(chain(count))
    inputs, parameters, _ = chain_arrays(count)
    compiled(module, target="tiny", configurations="each", hu=1, ru=1)
    return module, inputs, parameters


def test_loading_by_hand() -> None:
    """256 bytes of matrix; 16 positions of 16 bytes; 16 bytes a cycle after 10."""
    module, _, _ = sequence()
    assert loading_of(parts_of(module)[1]) == Loading(256, 256, 10 + (256 + 256) // 16)
    machine = load_machine("tiny")
    assert machine.loading_cycles(0) == 10 + 256 // 16
    assert machine.loading_cycles(1) == 10 + 256 // 16 + 1


def test_the_report_adds_up() -> None:
    module, _, _ = sequence()
    timings = [time_configuration(part) for part in parts_of(module)]
    report = make_sequence_report(module, timings, None)
    assert list(report.configurations) == ["part0", "part1", "part2"]
    running = [timing.result.cycles for timing in timings]
    assert report.running_cycles == sum(running)
    assert report.loading_cycles == 2 * 42
    assert report.first_loading_cycles == 42
    assert report.cycles == sum(running) + 2 * 42
    assert report.macs == 3 * 64
    assert report.utilization == pytest.approx(3 * 64 / (32 * sum(running)))
    assert sum(part.causes["compute"] for part in report.configurations.values()) > 0
    text = json.dumps(report.to_json())
    assert json.loads(text)["schema"] == "spatial-opt.sequence/1"


def test_the_trace_shows_parts_one_behind_another() -> None:
    module, _, _ = sequence()
    timings = [time_configuration(part, record=8) for part in parts_of(module)]
    trace = make_sequence_trace(module, timings)
    slices = [e for e in trace["traceEvents"] if e["ph"] == "X"]
    overview = [e for e in slices if e["pid"] == 0]
    assert [e["name"] for e in overview] == ["part0", "load part1", "part1", "load part2", "part2"]
    ends = [e["args"]["end"] for e in overview]
    assert [e["args"]["start"] for e in overview] == [0, *ends[:-1]]
    assert trace["otherData"]["cycles"] == ends[-1]
    begins = {name: trace["otherData"]["configurations"][name]["start"] for name in ("part1",)}
    own = [e["ts"] for e in slices if 20 <= e["pid"] < 30]
    assert min(own) == begins["part1"] / 1000
    groups = [e["args"]["name"] for e in trace["traceEvents"] if e["name"] == "process_name"]
    assert "part2: memory" in groups
    assert len(set(groups)) == len(groups)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run the tool; returns what it prints."""
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, one, each = CELLS / "conv_gru.mlir", tmp_path / "one.npz", tmp_path / "each.npz"
    dumps, trace = tmp_path / "ir", tmp_path / "trace.json"
    run(capsys, model, "--outputs", one)
    text = run(capsys, model, "--configurations", "each", "--outputs", each, "--dump-ir", dumps)
    assert "configuration       loading       cycles   per step   share" in text
    assert "part1: where the cycles went" in text
    found, wanted = np.load(each), np.load(one)
    assert found.files == wanted.files
    np.testing.assert_allclose(found["y"], wanted["y"], rtol=0, atol=1e-6)
    last = max(dumps.iterdir())
    (dumps / "conv_gru.safetensors").write_bytes(model.with_suffix(".safetensors").read_bytes())
    again = tmp_path / "again.npz"
    report = json.loads(run(capsys, last, "--outputs", again, "--report", "json", "--trace", trace))
    assert np.load(again)["y"].tobytes() == found["y"].tobytes()
    assert report["cycles"] == report["running_cycles"] + report["loading_cycles"]
    assert set(report["configurations"]) == set(report["loading"]) == {"part0", "part1"}
    assert json.loads(trace.read_text())["otherData"]["cycles"] == report["cycles"]
    arguments = [str(last), "--configurations", "each"]
    assert main(arguments) == 1
    assert "where that is done already; leave --configurations out" in capsys.readouterr().err


def test_on_this_computer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("torch_mlir")
    model = CELLS / "lstm_bidirectional.mlir"
    paths = [tmp_path / "machine.npz", tmp_path / "cpu.npz"]
    common = ["--configurations", "each", "--pipeline", "fused"]
    run(capsys, model, *common, "--outputs", paths[0])
    run(capsys, model, *common, "--target", "cpu", "--outputs", paths[1])
    found, wanted = (np.load(path)["y"] for path in paths)
    assert found.tobytes() == wanted.tobytes()
    assert main([str(model), "--target", "cpu", "--configurations", "each"]) == 1
    assert "--configurations cuts programs for a spatial machine" in capsys.readouterr().err
