"""Layers as text, and programs before and after pattern-fuse."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.parser import Parser
from xdsl.utils.arg_spec import parse_pipeline

from spatial_opt.dialects import pattern
from spatial_opt.passes.remarks import collect_remarks
from spatial_opt.runtime.boundary import random_arrays
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs
from spatial_opt.tools.dominance import check_dominance
from spatial_opt.tools.pass_list import quote_words
from spatial_opt.tools.universe import SPATIAL_UNIVERSE

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def layer_text(
    cell: str,
    options: str = "",
    *,
    steps: int = 3,
    batch: int = 1,
    inputs: int = 5,
    hidden: int = 7,
    operands: frozenset[str] = frozenset({"bias"}),
) -> str:
    """Write a program with one layer; `options` are the op's words after the operands."""
    ways = 2 if "bidirectional" in options else 1
    first = "layout 1" in options
    rows = GATES[cell] * hidden
    state = (batch, ways, hidden) if first else (ways, batch, hidden)
    shapes: dict[str, tuple[int, ...]] = {
        "x": (batch, steps, inputs) if first else (steps, batch, inputs),
        "w": (ways, rows, inputs),
        "r": (ways, rows, hidden),
        "bias": (ways, 2 * rows),
        "sequence_lens": (batch,),
        "initial_h": state,
        "initial_c": state,
        "peepholes": (ways, 3 * hidden),
    }
    types = {
        name: f"tensor<{'x'.join(map(str, shape))}x{'i32' if name == 'sequence_lens' else 'f32'}>"
        for name, shape in shapes.items()
    }
    used = [name for name in shapes if name in operands]
    arguments = [name for name in used if name in ("sequence_lens", "initial_h", "initial_c")]
    taken = ["x", *arguments]
    header = ", ".join(f'%{name} : {types[name]} {{pattern.name = "{name}"}}' for name in taken)
    parameters = [name for name in ("w", "r", "bias", "peepholes") if name in ("w", "r", *used)]
    lines = [f'%{name} = pattern.parameter "{name}" : {types[name]}' for name in parameters]
    y = (batch, steps, ways, hidden) if first else (steps, ways, batch, hidden)
    results = [f"tensor<{'x'.join(map(str, y))}xf32>"] + [types["initial_h"]] * (
        2 if cell == "lstm" else 1
    )
    names = ["%y", "%y_h", "%y_c"][: len(results)]
    words = " ".join(f"{name} %{name}" for name in used)
    given = ", ".join(types[name] for name in ("x", "w", "r", *used))
    body = "\n".join(lines)
    return f"""
    func.func @main({header}) -> ({", ".join(results)}) {{
      {body}
      {", ".join(names)} = rnn.{cell} %x, %w, %r {words} hidden {hidden} {options}
          : ({given}) -> ({", ".join(results)})
      func.return {", ".join(names)} : {", ".join(results)}
    }}
    """


@dataclass
class Program:
    """A module, and what can be asked of it."""

    module: ModuleOp
    context: Context
    remarks: list[str] = field(default_factory=list[str])

    def run(self, passes: str) -> "Program":
        """Run passes in place, check the module, and note the remarks."""
        with collect_remarks() as remarks:
            for spec in parse_pipeline(quote_words(passes)):
                kind = SPATIAL_UNIVERSE.all_passes[spec.name]()
                kind.from_spec(spec).apply(self.context, self.module)
        self.remarks = list(map(str, remarks))
        self.module.verify()
        check_dominance(self.module)
        return self

    def fused(self, options: str = "") -> "Program":
        """Return a copy after pattern-fuse, which must not change it any more."""
        spec = f"pattern-fuse{{{options}}}" if options else "pattern-fuse"
        after = Program(self.module.clone(), self.context).run(spec)
        if "only" not in options and "keep" not in options:
            again = Program(after.module.clone(), self.context).run(spec)
            assert str(again.module) == str(after.module)
        parsed = Parser(self.context, str(after.module)).parse_module()
        assert str(parsed) == str(after.module)
        return after

    def maps(self, within: str | None = None) -> list[pattern.MapOp]:
        """List the maps, or those of scans only."""
        return [
            op
            for op in self.module.walk()
            if isinstance(op, pattern.MapOp)
            and (within is None or isinstance(op.parent_op(), pattern.ScanOp))
        ]

    def reductions(self) -> list[tuple[tuple[int, ...], int]]:
        """List domain and number of results of each reduction."""
        return [
            (op.domain, len(op.results))
            for op in self.module.walk()
            if isinstance(op, pattern.ReduceOp)
        ]

    def names(self) -> list[str]:
        """List the names of the results of all maps."""
        return [result.name_hint or "" for op in self.maps() for result in op.results]

    def values(self, seed: int = 0) -> dict[str, Any]:
        """Evaluate on random inputs and parameters."""
        inputs = random_arrays(input_specs(self.module), seed)
        parameters = random_arrays(parameter_specs(self.module), seed + 1)
        return evaluate(self.module, inputs, parameters)

    def find(self, kind: type[Operation]) -> list[Operation]:
        """List the operations of a kind."""
        return [op for op in self.module.walk() if isinstance(op, kind)]


Parse = Callable[[str], Program]


@pytest.fixture
def program(spatial_context: Context) -> Parse:
    """Parse and check a program."""

    def parse(text: str) -> Program:
        return Program(Parser(spatial_context, text).parse_module(), spatial_context).run("")

    return parse


@pytest.fixture
def layer(program: Parse) -> Callable[..., Program]:
    """Lower one layer: `layer("lstm", "clip 1.0", format="int8", hidden=3)`."""

    def make(cell: str, options: str = "", *, format: str = "f32", **sizes: Any) -> Program:
        return program(layer_text(cell, options, **sizes)).run(
            f"set-target,rnn-set-format{{format={format}}},convert-rnn-to-pattern,"
            "pattern-expand-activations"
        )

    return make


@pytest.fixture
def same() -> Callable[..., None]:
    """Check that two programs compute the same values, bit for bit unless told otherwise."""

    def check(one: Program, other: Program, tolerance: float = 0.0) -> None:
        expected, got = one.values(), other.values()
        assert expected.keys() == got.keys()
        for name, array in expected.items():
            np.testing.assert_allclose(got[name], array, rtol=0, atol=tolerance, err_msg=name)

    return check
