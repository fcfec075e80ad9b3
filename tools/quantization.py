"""Post-training quantisation of a network that has been read, and what it costs in accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.graph.row_scales import scale_rows
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.array_files import load_arrays
from spatial_opt.runtime.boundary import check_names, check_shape, sample_count
from spatial_opt.runtime.f32_reference import evaluate_samples
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.program_inputs import input_specs
from spatial_opt.runtime.rnn_calibrate import calibrate, needs_scales
from spatial_opt.runtime.sample_evaluation import evaluate_on_samples
from spatial_opt.tools.run_arrays import LABELS, accuracy, check_labels


@dataclass(frozen=True)
class Accuracy:
    """How many samples are labelled right, before and after a network got a number format."""

    before: float
    after: float
    samples: int


@dataclass(frozen=True)
class Difference:
    """How far a result is from what it is in f32, as parts of its largest magnitude there."""

    name: str
    most: float
    usual: float
    """Root of the mean square."""


@dataclass(frozen=True)
class Judgement:
    """What a number format costs on examples."""

    format: str
    accuracy: Accuracy | None
    """None without labels."""
    differences: Sequence[Difference]
    """Of the results that are numbers."""

    def lines(self) -> list[str]:
        """Return it as text."""
        found: list[str] = []
        if self.accuracy is not None:
            before, after, samples = astuple(self.accuracy)
            loss = 100 * (before - after)
            found.append(
                f"accuracy in {self.format} {after:.2%} (f32: {before:.2%}) on {samples} samples, "
                f"{abs(loss):.2f} points {'lost' if loss > 0 else 'gained'}"
            )
        found += [
            f"{each.name} in {self.format} differs from f32 by {each.usual:.2%} (rms) and at most "
            f"{each.most:.2%} of its largest magnitude"
            for each in self.differences
        ]
        return found


def read_examples(module: ModuleOp, path: Path) -> tuple[dict[str, Array], Array | None]:
    """Load examples of a program's inputs, and their labels if there are some."""
    arrays = load_arrays(path)
    specs = input_specs(module)
    names = [spec.name for spec in specs]
    labels = arrays.pop(LABELS) if LABELS in arrays and LABELS not in names else None
    try:
        check_names(arrays, names, "input")
        for spec in specs:
            check_shape(spec, arrays[spec.name], "input", samples=True)
        count = sample_count(arrays, {spec.name: len(spec.shape) for spec in specs})
        if labels is not None:
            check_labels(labels, count)
    except SpatialError as error:
        raise SpatialError(f"{path}: {error}") from None
    return arrays, labels


def quantize(
    program: Program, format: str, examples: Path | None, *, by_row: bool = False
) -> tuple[Program, Judgement | None]:
    """
    Give every layer of a network a number format, with scales that fit the examples.

    With `by_row` each row of weights has a scale of its own. With examples, what the format costs
    on them comes with the network: how far results move, and with labels the accuracy.
    """
    inputs, labels = ({}, None) if examples is None else read_examples(program.module, examples)
    exact = evaluate_samples(program.module, inputs, program.parameters) if inputs else None
    if by_row and needs_scales(format):
        # 8-bit floats have as many digits at any scale, so a power of two serves them as well.
        program = scale_rows(program, powers_of_two=format == "mixed8")
    calibrate(program.module, format, inputs, program.parameters)
    if exact is None:
        return program, None
    rounded = evaluate_on_samples(program.module, inputs, program.parameters)
    judged = None
    if labels is not None:
        judged = Accuracy(accuracy(exact, labels), accuracy(rounded, labels), len(labels))
    return program, Judgement(format, judged, _differences(exact, rounded))


def _differences(exact: Mapping[str, Array], rounded: Mapping[str, Array]) -> list[Difference]:
    found: list[Difference] = []
    for name, array in exact.items():
        largest = np.abs(array).max() if array.dtype.kind == "f" else 0.0
        if not np.isfinite(largest) or largest == 0:
            continue
        parts = (rounded[name].astype(np.float64) - array) / largest
        most, usual = float(np.abs(parts).max()), float(np.sqrt(np.mean(np.square(parts))))
        found.append(Difference(name, most, usual))
    return found
