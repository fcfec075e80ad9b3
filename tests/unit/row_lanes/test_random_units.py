"""Random units with repeats and folds by lanes keep their values when they are cut."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import PcuOp
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.passes.link_ends import LinkEnds
from spatial_opt.passes.partition_problem import problem_of
from spatial_opt.passes.solvers.partition import exceeded, usage
from spatial_opt.passes.spatial_partition import SpatialPartitionPass
from spatial_opt.runtime import numpy_evaluator
from spatial_opt.runtime.order import config_of
from spatial_opt.runtime.values import prepare_best

Parse = Callable[[str], ModuleOp]

RANDOM = """builtin.module {{ spatial.config @main {{
spatial.output @y : tensor<{tokens}x{lanes}xf8E4M3FN>
spatial.pmu @x holds tensor<12x4xf8E4M3FN> banked (4, 1) init parameter "x" [12, 4] {{
  spatial.read @out port 0 counters (%i = 0 to 12) address [%i, 0] : vector<4xf8E4M3FN>
}}
spatial.pmu @w holds tensor<3x16xf8E4M3FN> banked (4, 1) init parameter "w" [3, 16] {{
  spatial.read @out port 0 counters (%i = 0 to 3) address [%i, 0] : vector<16xf8E4M3FN>
}}
spatial.pcu @u counters (%j = 0 to 3, %k = 0 to 4) {{
  %v0 = spatial.receive "x" : vector<4xf8E4M3FN>
  %v1 = spatial.receive "w" per %j : vector<16xf8E4M3FN>
{body}
  spatial.send "out" {last} per %j : vector<{lanes}xf8E4M3FN>
}}
spatial.ag @store stores @y counters (%i = 0 to {tokens}) address [%i, 0] : vector<{lanes}xf8E4M3FN>
spatial.link @x::@out to @u::@x : {kind} depth 2
spatial.link @w::@out to @u::@w : vector depth 2
spatial.link @u::@out to @store::@data : vector depth 2
}} }}"""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 1_000_000), st.integers(2, 9), st.integers(2, 4))
# A fold, at every firing, of what another fold adds up at every firing.
@example(seed=19670, length=2, stages=2)
def test_random_units(parse: Parse, spatial_context: Context, seed: int, length: int, stages: int):
    """Repeats, sums of neighbours, folds and products of any values, cut anywhere."""
    rng = Random(seed)
    lanes = [4, 16]
    lines: list[str] = []

    def type_of(count: int) -> str:
        return f"vector<{count}xf8E4M3FN>"

    while len(lines) < length:
        value = rng.randrange(len(lanes))
        count = lanes[value]
        name = f"%v{len(lanes)}"
        kind = rng.choice(["combine", "repeat", "fold", "product", "product"])
        if kind == "combine" and count > 4:
            made = count // 2
            lines.append(f"spatial.combine add %v{value} : {type_of(count)} to {type_of(made)}")
        elif kind == "repeat" and count < 16:
            made = rng.choice([m for m in (8, 16) if m > count])
            lines.append(f"spatial.repeat %v{value} : {type_of(count)} to {type_of(made)}")
        elif kind == "fold":
            made, rate = count, rng.choice(["per %j", "per %k", "once"])
            how, held = rng.choice(["add", "max"]), type_of(count)
            lines.append(f"spatial.fold {how} %v{value} {rate} : {held} to {held}")
        elif kind == "product":
            other = rng.choice([n for n, size in enumerate(lanes) if size == count])
            made = count
            lines.append(f"arith.mulf %v{value}, %v{other} : {type_of(count)}")
        else:
            continue
        lines[-1] = f"  {name} = {lines[-1]}"
        lanes.append(made)
    text = RANDOM.format(
        body="\n".join(lines),
        last=f"%v{len(lanes) - 1}",
        lanes=lanes[-1],
        tokens=3,
        kind=rng.choice(["scalar", "vector"]),
    )
    generator = np.random.default_rng(rng.randrange(1000))
    arrays = {"x": generator.uniform(-2, 2, (12, 4)), "w": generator.uniform(-2, 2, (3, 16))}
    before = numpy_evaluator.prepare(parse(text)).run({}, arrays)["y"]
    module = parse(text)
    machine = load_machine("tiny")
    machine = replace(machine, pcu=replace(machine.pcu, stages=stages))
    set_target(module, machine)
    module.verify()
    SpatialPartitionPass().apply(spatial_context, module)
    module.verify()
    after = numpy_evaluator.prepare(module).run({}, arrays)["y"]
    assert after.tobytes() == before.tobytes()
    for each in (parse(text), module):
        # What has no native form goes to numpy.
        assert prepare_best(each)[0].run({}, arrays)["y"].tobytes() == before.tobytes()
    # All links of a part fit what a unit has; the verifier has seen that tokens fit the links.
    for pcu in [op for op in module.walk() if isinstance(op, PcuOp)]:
        problem = problem_of(pcu, machine, LinkEnds(config_of(module))).problem
        used = usage(problem, range(len(problem.steps)))
        assert not exceeded(problem, used)
