"""What can't be written in upstream dialects, and why."""

from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import ReduceOp
from spatial_opt.dialects.spatial import ConfigOp
from spatial_opt.lowering.linalg.sums import reason_against
from spatial_opt.machine.errors import SpatialError


def refuse(module: ModuleOp, exact: bool) -> None:
    """Raise `SpatialError` for a module that has no upstream form."""
    for op in module.walk():
        if isinstance(op, ConfigOp):
            raise SpatialError(
                "the module holds a spatial.config, whose units have no upstream form; convert "
                "the patterns it was made from"
            )
        if op.name.startswith("rnn."):
            raise SpatialError(
                f"{op.name} is above the pattern dialect; run convert-rnn-to-pattern first"
            )
        if isinstance(op, ReduceOp):
            reason = reason_against(op, exact)
            if reason is not None:
                raise SpatialError(f"{_place(op)}{reason}")


def _place(op: ReduceOp) -> str:
    hint = op.results[0].name_hint
    return "a reduction: " if hint is None else f"reduction %{hint}: "
