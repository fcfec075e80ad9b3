"""What is said of an operation that has no form in patterns."""

from xdsl.dialects.builtin import FileLineColLoc, UnregisteredOp
from xdsl.ir import Operation

from spatial_opt.machine.errors import SpatialError


def refusal(op: Operation | None, reason: str) -> SpatialError:
    """Give the error that refuses an operation, with its name and place."""
    if op is None:
        return SpatialError(reason)
    name = op.op_name.data if isinstance(op, UnregisteredOp) else op.name
    hints = [result.name_hint for result in op.results if result.name_hint is not None]
    text = f"{name} (%{hints[0]})" if hints else name
    location = op.location
    if isinstance(location, FileLineColLoc):
        text += f" at {location.filename.data}:{location.line.data}:{location.column.data}"
    return SpatialError(f"{text}: {reason}")
