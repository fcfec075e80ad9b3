"""Models that are functions on tensors, of upstream dialects."""

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.linalg import Linalg
from xdsl.dialects.scf import Scf
from xdsl.dialects.tensor import Tensor

from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass
from spatial_opt.tools.compilation import Compilation

_UPSTREAM = {Linalg.name, Scf.name, Tensor.name}


def raise_upstream(context: Context, module: ModuleOp, compilation: Compilation) -> None:
    """Raise a model of upstream dialects to patterns; leave others as they are."""
    if not any(op.dialect_name() in _UPSTREAM for op in module.walk()):
        return
    compilation.stage = ConvertLinalgToPatternPass.name
    ConvertLinalgToPatternPass().apply(context, module)
    module.verify()
    compilation.stage = ""
