"""Compile a model of any level as far as a run needs it, with a named pipeline."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from time import perf_counter

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import FuncOp
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.universe import XDSL_UNIVERSE
from xdsl.utils.arg_spec import ArgSpec, ParameterListType

from spatial_opt.dialects import spatial
from spatial_opt.dialects.pattern_interface import main_function, outputs_of
from spatial_opt.dialects.rnn import LinearOp, RecurrentOp
from spatial_opt.dialects.sequence import apply_to_parts, is_compiled, parts_of
from spatial_opt.interop.parsing import parse_module, verify_module
from spatial_opt.interop.resources import inline_resources
from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.tools.hex_floats import decimal_floats
from spatial_opt.tools.pass_options import build_pass
from spatial_opt.tools.strings import check_strings
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

CONVERSION = "convert-pattern-to-spatial"
"""The pass after which a module holds a configuration instead of a function."""


@dataclass
class Compilation:
    """How a compilation goes: the step at work, and the seconds each took."""

    show: Callable[[str], None] = lambda text: None
    """Called with the name of each step as it starts."""
    stage: str = ""
    """The pass or file at work, for error messages; empty where they say it themselves."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])


def make_context() -> Context:
    """Make a context that knows xDSL's dialects and ours."""
    context = Context()
    for universe in (XDSL_UNIVERSE, SPATIAL_UNIVERSE):
        for name, factory in universe.all_dialects.items():
            context.register_dialect(name, factory)
    return context


def read_module(context: Context, path: Path, compilation: Compilation) -> ModuleOp:
    """Parse and verify a file of IR; raises what parser and verifier raise."""
    compilation.stage = str(path)
    text = path.read_text(encoding="utf-8")
    check_strings(text, str(path))
    text = decimal_floats(inline_resources(text), str(path))
    module = parse_module(Parser(context, text, str(path)))
    verify_module(module)
    compilation.stage = ""
    return module


def level_of(module: ModuleOp) -> str:
    """
    Tell a module's level: "rnn", "pattern" or "spatial"; raises SpatialError for others.

    Parts of a program are of one level.
    """
    levels = list(dict.fromkeys(_level_of(part) for part in parts_of(module)))
    if len(levels) > 1:
        raise SpatialError(
            f"parts of the program are {' and '.join(levels)} IR; take all of them to one level"
        )
    return levels[0]


def _level_of(module: ModuleOp) -> str:
    if any(isinstance(op, spatial.ConfigOp) for op in module.ops):
        return "spatial"
    if not any(isinstance(op, FuncOp) for op in module.ops):
        raise SpatialError(
            "the module holds neither a func.func @main nor a spatial.config; "
            "there is nothing to run"
        )
    if not outputs_of(main_function(module)):
        raise SpatialError("@main has no result, so there is nothing to run; return a tensor")
    if any(isinstance(op, RecurrentOp | LinearOp) for op in module.walk()):
        return "rnn"
    return "pattern"


def steps_for(
    module: ModuleOp, pipeline: str, options: Mapping[str, ParameterListType]
) -> list[ArgSpec]:
    """
    List the passes of a named pipeline that a module still needs.

    A configuration starts behind the conversion, a module with a target keeps it unless one is
    given. Raises SpatialError for an unknown pipeline or option.
    """
    if pipeline not in PIPELINES:
        near = get_close_matches(pipeline, PIPELINES, 1)
        hint = f", did you mean {near[0]!r}?" if near else ""
        raise SpatialError(
            f"there is no pipeline {pipeline!r}{hint}; there are {', '.join(PIPELINES)}"
        )
    steps = list(PIPELINES[pipeline].expand(ArgSpec(pipeline, dict(options))))
    if level_of(module) == "spatial":
        names = [step.name for step in steps]
        target = [step for step in steps if step.name == "set-target"]
        steps = target + steps[names.index(CONVERSION) + 1 :]
    if is_compiled(module) and "target" not in options:
        steps = [step for step in steps if step.name != "set-target"]
    return steps


@contextmanager
def collector_paused() -> Generator[None]:
    """
    Keep Python's cyclic garbage collector from running.

    IR is full of cycles and stays alive, so while it grows the collector walks all of it again and
    again: half of a compilation. What it would free is freed when it runs next.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def compile_module(
    context: Context,
    module: ModuleOp,
    steps: list[ArgSpec],
    compilation: Compilation,
    dump: Callable[[ModuleOp, str], None] | None = None,
) -> None:
    """Run the passes one by one, verifying the result of the last and dumping each."""
    with collector_paused():
        _compile(context, module, steps, compilation, dump)


def _compile(
    context: Context,
    module: ModuleOp,
    steps: list[ArgSpec],
    compilation: Compilation,
    dump: Callable[[ModuleOp, str], None] | None,
) -> None:
    if dump is not None:
        dump(module, "input")
    for step in steps:
        compilation.stage = step.name
        compilation.show(step.name)
        start = perf_counter()
        found = build_pass(SPATIAL_UNIVERSE.all_passes[step.name](), step)
        apply_to_parts(found, context, module)
        compilation.seconds[step.name] = perf_counter() - start
        if dump is not None:
            dump(module, step.name)
    compilation.stage = "after the last pass"
    module.verify()
    compilation.stage = ""


class Dumper:
    """Writes numbered files of IR into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def __call__(self, module: ModuleOp, name: str) -> None:
        """Write the module to `<number>-<name>.mlir`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{self.count:03}-{name}.mlir").open("w", encoding="utf-8") as file:
            Printer(stream=file).print_op(module)
            file.write("\n")
        self.count += 1
