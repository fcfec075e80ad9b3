"""The values of a program in parts: each part runs on what the program is given and parts gave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.sequence import part_name, parts_of, results_of
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import check_names
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import input_specs, parameter_specs


class Runner(Protocol):
    """Something that is ready to be run, any number of times."""

    def run(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        """Evaluate for these arrays, by name; results by name."""
        ...


@dataclass(frozen=True)
class _Part:
    name: str
    runner: Runner
    inputs: Sequence[str]
    parameters: Sequence[str]


@dataclass(frozen=True)
class Chain:
    """A program in parts, ready to be run; arrays go from part to part by their names."""

    parts: Sequence[_Part]
    module: ModuleOp

    def run(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        """Run all parts in order; raises `SpatialError` as they do, and for unknown names."""
        check_names(inputs, [spec.name for spec in input_specs(self.module)], "input")
        known = dict.fromkeys(name for part in self.parts for name in part.parameters)
        check_names(parameters, list(known), "parameter")
        found: dict[str, object] = dict(inputs)
        given: dict[str, Array] = {}
        for part in self.parts:
            taken = {name: found[name] for name in part.inputs if name in found}
            own = {name: parameters[name] for name in part.parameters if name in parameters}
            results = part.runner.run(taken, own)
            found |= results
            given |= results
        return {name: given[name] for name in results_of(self.module, list(given))}


def chained(module: ModuleOp, prepare: Callable[[ModuleOp], Runner]) -> Chain:
    """Prepare every part of a program; an error names the part."""
    input_specs(module)
    parts: list[_Part] = []
    for number, part in enumerate(parts_of(module)):
        name = part_name(part, number)
        try:
            runner = prepare(part)
        except SpatialError as error:
            raise type(error)(f"part @{name}: {error}") from error
        inputs = [spec.name for spec in input_specs(part)]
        parts.append(_Part(name, runner, inputs, [spec.name for spec in parameter_specs(part)]))
    return Chain(parts, module)
