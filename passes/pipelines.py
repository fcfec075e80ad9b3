"""Named pipelines: lists of passes as data, printed by `spatial-opt --help-pipelines`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from xdsl.utils.arg_spec import ArgSpec, ParameterListType, parse_spec

from spatial_opt.machine.errors import SpatialError

_MARK = "$"


@dataclass(frozen=True)
class NamedPipeline:
    """
    Passes run under one name.

    A value written `"$x"` in a step stands for the option `x` of the pipeline; when that option
    has no value, the step's parameter is left out and the pass's own default holds.
    """

    summary: str
    """One line for the help text."""
    steps: tuple[str, ...]
    """One pass with its parameters each, in the order they run."""
    options: Mapping[str, ParameterListType | None] = field(default_factory=dict[str, None])
    """Default of each option; None for no value."""

    def expand(self, spec: ArgSpec) -> tuple[ArgSpec, ...]:
        """List the passes to run for `spec`; raises `SpatialError` for an unknown option."""
        given = spec.normalize_parameter_names().parameters
        for option in given:
            if option not in self.options:
                close = get_close_matches(option, self.options, 1)
                raise SpatialError(
                    f"pipeline {spec.name} has no option '{option}'"
                    + (f", did you mean '{close[0]}'?" if close else "")
                    + f"; its options are {', '.join(self.options) or 'none'}"
                )
        values = {**self.options, **given}
        return tuple(_fill(parse_spec(step), values) for step in self.steps)


def _fill(step: ArgSpec, values: Mapping[str, ParameterListType | None]) -> ArgSpec:
    filled: dict[str, ParameterListType] = {}
    for parameter, value in step.parameters.items():
        match value:
            case (str() as text,) if text.startswith(_MARK):
                chosen = values[text.removeprefix(_MARK)]
                if chosen is not None:
                    filled[parameter] = chosen
            case _:
                filled[parameter] = value
    return ArgSpec(step.name, filled)


PIPELINES: dict[str, NamedPipeline] = {
    "fused": NamedPipeline(
        summary="from a recurrent network to a placed and routed machine, one loop nest per step",
        options={
            "target": ("plasticine-rnn",),
            "relax": None,
            "format": None,
            "policy": None,
            "hu": None,
            "ru": None,
            "rv": None,
            "hv": None,
            "rows": None,
            "operands": None,
            "queue_depth": None,
            "weights": None,
            "configurations": None,
        },
        steps=(
            'set-target{name="$target" relax="$relax"}',
            'rnn-set-format{format="$format"}',
            "convert-rnn-to-pattern",
            "pattern-expand-activations",
            "pattern-eliminate-copies",
            'pattern-fuse{policy="$policy"}',
            "pattern-simplify",
            'pattern-split-program{configurations="$configurations" hu="$hu" ru="$ru" rv="$rv" '
            'hv="$hv" rows="$rows" weights="$weights"}',
            'pattern-parallelize{hu="$hu" ru="$ru" rv="$rv" hv="$hv" rows="$rows" '
            'operands="$operands" weights="$weights"}',
            "pattern-assign-banks",
            'pattern-assign-memories{queue-depth="$queue_depth"}',
            "pattern-bank-memories",
            'convert-pattern-to-spatial{operands="$operands" queue-depth="$queue_depth"}',
            "spatial-partition",
            'spatial-stream-weights{weights="$weights"}',
            "spatial-split-memories",
            "spatial-bank-memories",
            "spatial-place",
            "spatial-route",
        ),
    ),
    "unfused": NamedPipeline(
        summary="from a recurrent network to a placed and routed machine, one loop per operation",
        options={
            "target": ("plasticine-rnn",),
            "relax": None,
            "format": None,
            "hu": None,
            "ru": None,
            "rv": None,
            "weights": None,
            "configurations": None,
        },
        steps=(
            'set-target{name="$target" relax="$relax"}',
            'rnn-set-format{format="$format"}',
            "convert-rnn-to-pattern",
            "pattern-expand-activations",
            'pattern-split-program{configurations="$configurations" hu="$hu" ru="$ru" rv="$rv" '
            'weights="$weights"}',
            'pattern-parallelize{hu="$hu" ru="$ru" rv="$rv" choice="listed" weights="$weights"}',
            "pattern-assign-banks",
            "pattern-assign-memories",
            "pattern-bank-memories",
            "convert-pattern-to-spatial",
            "spatial-partition",
            'spatial-stream-weights{weights="$weights"}',
            "spatial-split-memories",
            "spatial-bank-memories",
            "spatial-place",
            "spatial-route",
        ),
    ),
    "cpu": NamedPipeline(
        summary="from a recurrent network to structured operations of upstream MLIR, for this "
        "computer",
        options={"format": None, "lanes": None, "exact": None},
        steps=(
            'rnn-set-format{format="$format"}',
            "convert-rnn-to-pattern",
            "pattern-expand-activations",
            "pattern-eliminate-copies",
            "pattern-batch-steps",
            "pattern-fuse{concatenate=false}",
            "pattern-simplify",
            'pattern-vectorize{lanes="$lanes"}',
            'convert-pattern-to-linalg{exact="$exact"}',
        ),
    ),
}
"""All named pipelines. A name must not be the name of a pass."""


def expand_pipelines(specs: tuple[ArgSpec, ...]) -> tuple[ArgSpec, ...]:
    """Replace each named pipeline among `specs` by its passes."""
    return tuple(
        step
        for spec in specs
        for step in (PIPELINES[spec.name].expand(spec) if spec.name in PIPELINES else (spec,))
    )


def describe_pipelines() -> str:
    """Write all named pipelines out, as many lines of text."""
    lines = ["Named pipelines, usable in -p alone or among passes:"]
    for name, pipeline in PIPELINES.items():
        lines += ["", f"{name}: {pipeline.summary}"]
        for option, default in pipeline.options.items():
            shown = "the pass's own" if default is None else ",".join(map(str, default))
            lines.append(f"  option {option}, default {shown}")
        lines += ["  passes", *(f"    {step}" for step in pipeline.steps)]
    lines += ["", f"Example: spatial-opt net.mlir -p '{next(iter(PIPELINES))}{{target=tiny}}'"]
    return "\n".join(lines) + "\n"
