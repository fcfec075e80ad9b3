"""Raising modules, and comparing the values of what is raised."""

from collections.abc import Mapping

import numpy as np
from native_checks import NO_ARRAYS
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.interop.generic_reader import read_generic
from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass
from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.tools.compilation import make_context


def raised(module: ModuleOp) -> ModuleOp:
    """Raise a module to patterns."""
    ConvertLinalgToPatternPass().apply(Context(), module)
    module.verify()
    return module


def raised_text(text: str, generic: bool = False) -> ModuleOp:
    """Raise a text, in generic form or in custom syntax."""
    if generic:
        return raised(read_generic(text, "test", allow_unregistered=True))
    return raised(Parser(make_context(), text, "test").parse_module())


def there_and_back(module: ModuleOp, exact: bool) -> ModuleOp:
    """Convert patterns to upstream dialects, through their text, and raise them again."""
    module = module.clone()
    ConvertPatternToLinalgPass(exact).apply(Context(), module)
    return raised_text(str(module))


def check_there_and_back(
    module: ModuleOp, inputs: Mapping[str, Array], parameters: Mapping[str, Array] = NO_ARRAYS
) -> None:
    """Check that values are the same afterwards, but for the order of sums that are not exact."""
    with np.errstate(all="ignore"):
        want = evaluate(module, inputs, parameters)
        for exact in (True, False):
            got = evaluate(there_and_back(module, exact), inputs, parameters)
            assert list(got) == list(want)
            for name, array in want.items():
                if exact or array.dtype.kind != "f":
                    np.testing.assert_array_equal(got[name], array)
                    continue
                largest = np.abs(array[np.isfinite(array)]).max(initial=0.0)
                np.testing.assert_allclose(got[name], array, rtol=0, atol=2e-5 * largest)
