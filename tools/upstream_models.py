"""Models that are functions on tensors, of upstream dialects."""

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.frontends.graph.program import Program
from spatial_opt.frontends.upstream import import_upstream, is_upstream
from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass
from spatial_opt.tools.compilation import Compilation


def raise_upstream(context: Context, module: ModuleOp, compilation: Compilation) -> Program | None:
    """Raise a model of upstream dialects to patterns; leave others as they are, and give None."""
    if not is_upstream(module):
        return None
    compilation.stage = ConvertLinalgToPatternPass.name
    program = import_upstream(context, module)
    compilation.stage = ""
    return program
