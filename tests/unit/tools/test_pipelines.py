"""Named pipelines expand to their passes with the options put in place."""

import re
from pathlib import Path

import pytest
from xdsl.utils.arg_spec import ArgSpec, parse_pipeline

from spatial_opt.machine.errors import SpatialError
from spatial_opt.passes.pipelines import (
    PIPELINES,
    NamedPipeline,
    describe_pipelines,
    expand_pipelines,
)
from spatial_opt.tools.universe import SPATIAL_UNIVERSE


def _expand(text: str) -> tuple[ArgSpec, ...]:
    return expand_pipelines(tuple(parse_pipeline(text)))


def test_defaults_and_missing_values():
    first, second, *others = _expand("unfused")
    assert second == ArgSpec("rnn-set-format", {})
    assert first == ArgSpec("set-target", {"name": ("plasticine-rnn",)})
    assert [step.name for step in others][-1] == "spatial-route"


def test_options_are_put_in_place():
    first, *_ = _expand('unfused{target=tiny relax="pmu.banks","pmu.capacity_bytes"}')
    assert first.parameters == {
        "name": ("tiny",),
        "relax": ("pmu.banks", "pmu.capacity_bytes"),
    }
    steps = {step.name: step.parameters for step in _expand("unfused{hu=2 rv=16}")}
    assert steps["pattern-parallelize"] == {"hu": (2,), "rv": (16,), "choice": ("listed",)}


def test_pipelines_mix_with_passes():
    names = [step.name for step in _expand("cse,unfused{target=tiny},canonicalize{a=1}")]
    assert names[:2] == ["cse", "set-target"]
    assert names[-2:] == ["spatial-route", "canonicalize"]


def test_values_keep_their_types():
    pipeline = NamedPipeline("", ('a{x=3 y="$y" on=true}',), {"y": (1, 2)})
    (step,) = pipeline.expand(ArgSpec("p", {}))
    assert step == ArgSpec("a", {"x": (3,), "y": (1, 2), "on": (True,)})


def test_unknown_option():
    with pytest.raises(SpatialError, match="pipeline unfused has no option 'targt', did you mean"):
        _expand("unfused{targt=tiny}")


@pytest.mark.parametrize("name", PIPELINES)
def test_all_steps_are_our_passes_and_options_are_used(name: str):
    pipeline = PIPELINES[name]
    for step in pipeline.expand(ArgSpec(name, {})):
        assert step.name in SPATIAL_UNIVERSE.all_passes
    for option in pipeline.options:
        assert any(f'"${option}"' in step for step in pipeline.steps)
    assert name in describe_pipelines()


def test_the_page_on_mapping_lists_the_passes():
    page = Path(__file__).parents[3] / "docs" / "mapping.md"
    section = page.read_text().split("## Where it stands")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    listed = [name for row in rows for name in re.findall("`([a-z-]+)`", row)]
    assert listed == [step.name for step in _expand("fused")], "docs/mapping.md lists the passes"
    left_out = [name for name in listed if name not in {s.name for s in _expand("unfused")}]
    assert left_out == ["pattern-eliminate-copies", "pattern-fuse", "pattern-simplify"]
