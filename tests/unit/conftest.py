"""Programs written as text, run before and after a pass, bit for bit."""

from collections.abc import Mapping

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.arith import Arith
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.dialects.func import Func
from xdsl.parser import Parser
from xdsl.passes import ModulePass

from spatial_opt.dialects.pattern import Pattern
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.dominance import check_dominance


def parse(text: str) -> ModuleOp:
    """Parse and check a program of the pattern dialect."""
    context = Context()
    for dialect in (Builtin, Arith, Func, Pattern):
        context.load_dialect(dialect)
    module = Parser(context, text).parse_module()
    module.verify()
    check_dominance(module)
    return module


def bits(array: Array) -> Array:
    """Return the bits of held values; all NaNs have the same."""
    if array.dtype != np.float32:
        return array
    return np.where(np.isnan(array), np.float32(np.nan), array).view(np.uint32)


def check_same_values(
    module: ModuleOp,
    step: ModulePass,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
) -> ModuleOp:
    """Return the module after a pass, after making sure that no bit of a result changes."""
    changed = module.clone()
    step.apply(Context(), changed)
    changed.verify()
    check_dominance(changed)
    assert str(parse(str(changed))) == str(changed)
    expected = evaluate(module, inputs, parameters)
    found = evaluate(changed, inputs, parameters)
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(bits(found[name]), bits(array), name)
    return changed


@pytest.fixture(scope="session")
def same_values():
    """Give `check_same_values`."""
    return check_same_values


@pytest.fixture(scope="session")
def program():
    """Give `parse`."""
    return parse
