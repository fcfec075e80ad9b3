"""Post-training quantisation of a network that has been read, and what it costs in accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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
class Judgement:
    """The accuracy of a network before and after it was given a number format."""

    format: str
    before: float
    after: float
    samples: int

    def lines(self) -> list[str]:
        """Return it as text."""
        loss = 100 * (self.before - self.after)
        return [
            f"accuracy in {self.format} {self.after:.2%} (f32: {self.before:.2%}) on "
            f"{self.samples} samples, {abs(loss):.2f} points {'lost' if loss > 0 else 'gained'}"
        ]


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

    With `by_row` each row of weights has a scale of its own. With labels among the examples, the
    accuracy before and after comes with the network.
    """
    inputs, labels = ({}, None) if examples is None else read_examples(program.module, examples)
    exact = None if labels is None else evaluate_samples(program.module, inputs, program.parameters)
    if by_row and needs_scales(format):
        # 8-bit floats have as many digits at any scale, so a power of two serves them as well.
        program = scale_rows(program, powers_of_two=format == "mixed8")
    calibrate(program.module, format, inputs, program.parameters)
    if labels is None or exact is None:
        return program, None
    rounded = evaluate_on_samples(program.module, inputs, program.parameters)
    judgement = Judgement(format, accuracy(exact, labels), accuracy(rounded, labels), len(labels))
    return program, judgement
