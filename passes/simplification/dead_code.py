"""Operations without a use vanish, from the last to the first."""

from xdsl.ir import Block
from xdsl.rewriter import Rewriter
from xdsl.transforms.dead_code_elimination import is_trivially_dead


def erase_dead(block: Block) -> int:
    """Erase what nobody uses and what has no effect, also in bodies; returns how many."""
    erased = 0
    for op in reversed(list(block.ops)):
        if is_trivially_dead(op):
            Rewriter.erase_op(op)
            erased += 1
            continue
        for region in op.regions:
            for inner in region.blocks:
                erased += erase_dead(inner)
    return erased
