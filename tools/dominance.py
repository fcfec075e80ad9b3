"""Check that values are used only after their definition, which `verify` does not."""

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.utils.exceptions import VerifyException


def check_dominance(module: ModuleOp) -> None:
    """
    Raise `VerifyException` if an operand is not visible where it is used.

    A value is visible after its definition in the same block and everything nested in there.
    Blocks that follow one another by branches do not occur in our dialects.
    """
    for op in module.walk():
        for index, operand in enumerate(op.operands):
            if not _is_visible(operand, op):
                hint = f"%{operand.name_hint}" if operand.name_hint else "a value"
                raise VerifyException(
                    f"operand {index} of {op.name}, {hint}, is not defined before its use"
                )


def _is_visible(value: SSAValue, user: Operation) -> bool:
    block = value.owner if isinstance(value.owner, Block) else value.owner.parent
    if block is None:
        return False
    ancestor = block.find_ancestor_op_in_block(user)
    if ancestor is None:
        return False
    if not isinstance(value, OpResult):
        return True
    return value.op is not ancestor and value.op.is_before_in_block(ancestor)
