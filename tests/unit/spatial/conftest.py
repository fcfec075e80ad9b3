"""Configurations for the tiny machine, passes applied to them, and a plain interpreter."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import FloatAttr, ModuleOp
from xdsl.ir import BlockArgument, SSAValue
from xdsl.passes import ModulePass

from spatial_opt.dialects.spatial import (
    AgOp,
    ConfigOp,
    FoldOp,
    PcuOp,
    ReceiveOp,
    SendOp,
    StageOp,
    links,
    token_elements,
    units,
)
from spatial_opt.dialects.target import set_target
from spatial_opt.machine.load import load_machine
from spatial_opt.tools.dominance import check_dominance

Compile = Callable[..., ModuleOp]


@pytest.fixture
def compile_config(parse_checked: Callable[[str], ModuleOp], spatial_context: Context) -> Compile:
    """`compile_config(body, *passes, machine=..., relaxed=..., pcu_...=...)`, checked."""

    def run(
        body: str,
        *passes: ModulePass,
        machine: str = "tiny",
        relaxed: tuple[str, ...] = (),
        pcu: dict[str, Any] | None = None,
        pmu: dict[str, Any] | None = None,
    ) -> ModuleOp:
        module = parse_checked("spatial.config @main {\n" + body + "\n}")
        loaded = load_machine(machine)
        loaded = replace(
            loaded,
            relaxed=relaxed,
            pcu=replace(loaded.pcu, **(pcu or {})),
            pmu=replace(loaded.pmu, **(pmu or {})),
        )
        set_target(module, loaded)
        for step in passes:
            step.apply(spatial_context, module)
            module.verify()
            check_dominance(module)
            assert str(parse_checked(str(module))) == str(module)
        return module

    return run


Tokens = dict[str, list[Any]]
RunTokens = Callable[[ModuleOp, Any], Tokens]

_ARITH: dict[str, Callable[[Any, Any], Any]] = {
    "arith.addf": np.add,
    "arith.subf": np.subtract,
    "arith.mulf": np.multiply,
}


@pytest.fixture
def run_tokens() -> RunTokens:
    """
    `run_tokens(module, x)`: what each storing address generator receives, firing by firing.

    Understands one input, compute units with f32 sums and products, and no controllers.
    """
    return _run_tokens


def _run_tokens(module: ModuleOp, x: Any) -> Tokens:
    config = next(op for op in module.walk() if isinstance(op, ConfigOp))
    found = {unit.sym_name.data: unit for unit in units(config)}
    feeding = {link.target: link.source for link in links(config)}
    sent: dict[tuple[str, str], list[Any]] = {}
    for name, unit in found.items():
        if isinstance(unit, AgOp) and unit.direction.data == "loads":
            size = token_elements(unit.type_)
            starts = [unit.map.data.eval([n], [])[0] for n in range(*unit.bounds.get_values())]
            sent[name, "data"] = [x[at : at + size] if size > 1 else x[at] for at in starts]
    waiting = [unit for unit in found.values() if isinstance(unit, PcuOp)]
    while waiting:
        for unit in waiting:
            name = unit.sym_name.data
            needs = [op.port.data for op in unit.body.block.ops if isinstance(op, ReceiveOp)]
            if all(feeding[name, port] in sent for port in needs):
                inputs = {port: list(sent[feeding[name, port]]) for port in needs}
                for port, tokens in _run_unit(unit, inputs).items():
                    sent[name, port] = tokens
                assert not any(inputs.values()), "tokens left over"
                waiting.remove(unit)
                break
        else:
            raise AssertionError("the units wait for each other")
    return {
        name: sent[feeding[name, "data"]]
        for name, unit in found.items()
        if isinstance(unit, AgOp) and unit.direction.data == "stores"
    }


def _run_unit(unit: PcuOp, inputs: Tokens) -> Tokens:
    bounds = unit.bounds.get_values()
    values: dict[SSAValue, Any] = {}
    sent: Tokens = {}

    def rate(op: ReceiveOp | SendOp | FoldOp) -> int:
        if op.once is not None:
            return 0
        return op.per.index + 1 if isinstance(op.per, BlockArgument) else len(bounds)

    for point in product(*map(range, bounds)):
        for op in unit.body.block.ops:
            if isinstance(op, StageOp):
                continue
            if isinstance(op, ReceiveOp):
                if not any(point[rate(op) :]):
                    values[op.result] = inputs[op.port.data].pop(0)
            elif isinstance(op, SendOp):
                tokens = sent.setdefault(op.port.data, [])
                ends = [bound - 1 for bound in bounds]
                if list(point[rate(op) :]) == ends[rate(op) :]:
                    tokens.append(values[op.value])
            elif isinstance(op, FoldOp):
                tree = values[op.input]
                while np.ndim(tree):
                    tree = tree[::2] + tree[1::2] if len(tree) > 1 else tree[0]
                restart = not op.accumulates or not any(point[rate(op) :])
                values[op.result] = tree if restart else values[op.result] + tree
            elif op.name == "arith.constant":
                constant = op.properties["value"]
                assert isinstance(constant, FloatAttr)
                values[op.results[0]] = np.float32(constant.value.data)
            else:
                values[op.results[0]] = _ARITH[op.name](*(values[o] for o in op.operands))
    return sent
