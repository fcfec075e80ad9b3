"""Whole programs: isl, numpy and the configuration count the same words, and values stay."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from points_twin import moved_points
from programs import Program, chain, loop, two_layers
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser
from xdsl.utils.arg_spec import parse_pipeline

from spatial_opt.dialects import spatial
from spatial_opt.dialects.target import target_of
from spatial_opt.passes.bank_assignment.problem import options_of, problem_of
from spatial_opt.passes.bank_assignment.uses import kernels_of, uses_of
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.passes.solvers.bank_assignment import solve
from spatial_opt.runtime import values
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.report import make_report, time_configuration
from spatial_opt.runtime.traffic import measure_traffic
from spatial_opt.runtime.traffic_units import Moved
from spatial_opt.runtime.useful_elements import UsefulElements
from spatial_opt.tools.compilation import Compilation, compile_module, make_context
from spatial_opt.tools.memory_text import memory_paragraph

CUT = "spatial-partition,spatial-split-memories"
LOWER = f'set-target{{name="plasticine-rnn"}},convert-pattern-to-spatial,{CUT}'
# A state that starts with what other units make takes more ports than a memory unit has.
PORTS = LOWER.replace('rnn"', 'rnn" relax="pmu.scalar_inputs"')
PRIVATE = PORTS.replace("spatial,", "spatial{operands=private},", 1)
PLACE = "spatial-bank-memories,spatial-place,spatial-route"


def parsed(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def compiled(text: str, passes: str) -> ModuleOp:
    module = parsed(text)
    compile_module(make_context(), module, list(parse_pipeline(passes)), Compilation())
    return module


def counted(text: str) -> tuple[int, int]:
    """Words that a program moves as it is dealt, by isl and by numpy."""
    kernels = kernels_of(parsed(text))
    problem = problem_of([(kernel.dealing,) for kernel in kernels], uses_of(kernels))
    by_points = sum(
        moved_points(use, kernels[use.producer].dealing, kernels[use.consumer].dealing)
        for use in uses_of(kernels)
        if kernels[use.consumer].row_copies > 1
    )
    return problem.words([0] * len(kernels)), by_points


def moved(config: ModuleOp) -> list[Moved]:
    """What a configuration moves between units."""
    return measure_traffic(UsefulElements(config_of(config)), target_of(config)).between


def agree(program: Program, passes: str = LOWER, evaluators: tuple[str, ...] = ("numpy",)) -> int:
    """All three counts are equal, and so are the values; gives the words."""
    wanted = evaluate(parsed(program.text), program.inputs, program.parameters)
    config = compiled(program.text, passes)
    for evaluator in evaluators:
        found = values.prepare(config, evaluator).run(program.inputs, program.parameters)
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array, f"{name} by {evaluator}")
    by_isl, by_numpy = counted(program.text)
    words = sum(each.words for each in moved(config))
    assert (by_isl, by_numpy) == (words, words), program.text
    return words


@pytest.mark.parametrize("part", range(3))
def test_chains(part: int) -> None:
    words = [agree(chain(seed)) for seed in range(7 * part, 7 * part + 7)]
    assert max(words) > 10


@pytest.mark.parametrize("part", range(3))
def test_loops(part: int) -> None:
    words = [agree(loop(seed), PORTS) for seed in range(4 * part, 4 * part + 4)]
    assert max(words) > 20


def test_private_copies_of_operands_count_once() -> None:
    for seed in range(2):
        agree(loop(seed), PRIVATE)


@pytest.mark.long
def test_many_programs() -> None:
    both = ("numpy", "native")
    for seed in range(1000, 1150):
        agree(chain(seed), evaluators=both)
        agree(loop(seed), PORTS, both)
        agree(loop(seed), PRIVATE)


LAYERS = [
    (8, 6, ["par 4", "par 4", "par 4", "par 4", "par 3", "par 3"]),
    (
        5,
        3,
        ["par 4) rows 2 deal blocked", "par 3) deal blocked", "par 3", "par 2", "par 1", "par 2"],
    ),
    (
        11,
        7,
        [
            "par 6) rows 3",
            "par 3) deal blocked",
            "par 2) deal blocked",
            "par 2",
            "par 4) deal blocked",
            "par 6) rows 3 deal blocked",
        ],
    ),
]


@pytest.mark.parametrize(("hidden", "steps", "factors"), LAYERS)
def test_layers_transpose_and_scores(hidden: int, steps: int, factors: list[str]) -> None:
    """Two LSTM layers, a transpose and a score product (the experiment of the literature)."""
    program = two_layers(hidden, steps, factors)
    assert agree(program, evaluators=("numpy", "native")) > 0


def test_equal_dealing_moves_nothing() -> None:
    """Element-wise kernels of equal factors, however they are dealt; one other one, and it does."""
    for deal in ("", " deal blocked"):
        kernels = [
            f"%v{n + 1} = pattern.map (%j in 37 par 6){deal} -> tensor<37xf32> {{\n"
            f" %a = pattern.read %v{n}[%j] : tensor<37xf32>\n"
            " %b = arith.addf %a, %a : f32\n pattern.yield %b : f32 }"
            for n in range(3)
        ]
        text = (
            'func.func @main(%v0 : tensor<37xf32> {pattern.name = "x"}) -> tensor<37xf32> {\n'
            + "\n".join(kernels)
            + "\nfunc.return %v3 : tensor<37xf32> }"
        )
        x = {"x": np.arange(37, dtype=np.float32)}
        assert agree(Program(text, x, {})) == 0
        other = {"": " deal blocked", " deal blocked": ""}[deal]
        mixed = text.replace(
            f"%v2 = pattern.map (%j in 37 par 6){deal}",
            f"%v2 = pattern.map (%j in 37 par 6){other}",
        )
        # In blocks of 7; to the kernel in the middle and from it.
        apart = sum(row % 6 != row // 7 for row in range(37))
        assert agree(Program(mixed, x, {})) == 2 * apart


def choices(text: str) -> tuple[int, int]:
    """Words that are left if kernels choose alone, and together, by running the pass."""
    found: list[int] = []
    for policy in ("local", "global"):
        config = compiled(text, f"pattern-assign-banks{{policy={policy}}},{LOWER}")
        found.append(sum(each.words for each in moved(config)))
    return found[0], found[1]


def test_the_pass_reaches_what_it_promises() -> None:
    """The configuration moves the words of the solution, which are the fewest."""
    better = 0
    for seed in range(8):
        # Nothing is dealt beforehand, so that all is open.
        text = chain(seed).text.replace(" deal blocked", "")
        kernels = kernels_of(parsed(text))
        problem = problem_of([options_of(kernel) for kernel in kernels], uses_of(kernels))
        alone, together = choices(text)
        cyclic = sum(each.words for each in moved(compiled(text, LOWER)))
        assert together == solve(problem).words
        assert together <= min(alone, cyclic)
        better += together < cyclic
    assert better > 2


def test_a_choice_of_each_by_itself_can_be_worse_than_none() -> None:
    factors = ["par 8) rows 4", "par 4", "par 8) rows 4", "par 4", "par 4", "par 4"]
    text = two_layers(30, 10, factors).text
    with collect_remarks() as remarks:
        compiled(text, "pattern-assign-banks")
    assert "1424 dealt cyclically, 1634 chosen kernel by kernel, 1424" in str(remarks[-1])


def test_the_page() -> None:
    """The worked example of docs/memory.md, from the text to cycles."""
    page = (Path(__file__).parents[3] / "docs" / "memory.md").read_text()
    section = page[page.index("### Worked example") :]
    match = re.search(r"```mlir\n(.*?)```", section, re.DOTALL)
    assert match is not None
    text = match[1]
    assert counted(text) == (149, 149)
    cycles: list[int] = []
    for before, words in (("", 149), ("pattern-assign-banks,", 3)):
        config = compiled(text, f"{before}{LOWER},{PLACE}")
        report = make_report(config, time_configuration(config), None)
        assert report.memory["between_units"]["words"] == words
        assert f"words per run that another unit makes than needs them: {words}" in (
            memory_paragraph(report)
        )
        assert report.causes["bank_conflict"] == 0
        cycles.append(report.cycles)
    assert cycles[0] == cycles[1]


def test_what_is_moved_is_named() -> None:
    config = compiled(chain(0).text, LOWER)
    names = {op.sym_name.data for op in config.walk() if isinstance(op, spatial.PmuOp)}
    found = moved(config)
    assert found
    assert {each.unit for each in found} <= names
    assert all(each.port.startswith("to.v") and each.words > 0 for each in found)
