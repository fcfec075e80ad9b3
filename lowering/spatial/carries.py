"""What loops carry: which kernel makes it, what it starts with, and what is left of it."""

from __future__ import annotations

from xdsl.dialects import arith, func
from xdsl.ir import Attribute, BlockArgument, OpResult, SSAValue

from spatial_opt.dialects import pattern
from spatial_opt.lowering.spatial.program import TOOL, Program, defining_scan
from spatial_opt.machine.errors import SpatialError


def is_argument(value: SSAValue) -> bool:
    """Tell whether a value is an argument of the function."""
    return isinstance(value, BlockArgument) and isinstance(value.block.parent_op(), func.FuncOp)


def is_carry(value: SSAValue) -> bool:
    """Tell whether a value is carried by a scan."""
    return (
        isinstance(value, BlockArgument)
        and isinstance(value.block.parent_op(), pattern.ScanOp)
        and value.index > 0
    )


def first_value(carry: SSAValue) -> SSAValue | None:
    """Give the value that a carried value starts with; None for other values."""
    if not is_carry(carry):
        return None
    assert isinstance(carry, BlockArgument)
    scan = carry.block.parent_op()
    assert isinstance(scan, pattern.ScanOp)
    return scan.inits[carry.index - 1]


def made_by(value: SSAValue) -> OpResult | None:
    """
    Give the kernel's result that a value stands for; None for an argument of the function.

    Raises SpatialError for what a scan hands on without computing it.
    """
    if is_argument(value):
        return None
    made = value
    if isinstance(value, BlockArgument):
        scan = value.block.parent_op()
        assert isinstance(scan, pattern.ScanOp)
        made = scan.next.carries[value.index - 1]
    else:
        scan = defining_scan(value)
        if scan is not None:
            assert isinstance(value, OpResult)
            made = [*scan.next.carries, *scan.next.emits][value.index]
    if isinstance(made, OpResult) and isinstance(made.op, pattern.MapOp):
        if scan is None or made.op.parent is scan.body.block:
            return made
    if isinstance(made.owner, arith.ConstantOp):
        raise SpatialError(
            f"{TOOL}: %{made.name_hint or 'value'} is a constant of different numbers, for which a "
            "configuration has no place; make it a pattern.parameter of the weights file"
        )
    raise SpatialError(
        f"{TOOL}: %{value.name_hint or 'value'} is handed on by a scan without being "
        "computed in it; write it through a pattern.map"
    )


def final_carry(value: SSAValue) -> tuple[BlockArgument, OpResult, pattern.ScanOp] | None:
    """
    Say what a scan's result is the last version of, if it is one.

    Gives the carried value, the kernel's result that becomes its next version, and the scan.
    """
    scan = defining_scan(value)
    if scan is None or not isinstance(value, OpResult) or value.index >= len(scan.next.carries):
        return None
    made = scan.next.carries[value.index]
    if not isinstance(made, OpResult) or not isinstance(made.op, pattern.MapOp):
        return None
    return scan.body.block.args[value.index + 1], made, scan


def same_carries(scan: pattern.ScanOp) -> dict[SSAValue, SSAValue]:
    """Give the carried values that are always equal to one that stands before them."""
    first: dict[tuple[SSAValue, SSAValue | Attribute], SSAValue] = {}
    found: dict[SSAValue, SSAValue] = {}
    carried = zip(scan.body.block.args[1:], scan.inits, scan.next.carries, strict=True)
    for carry, start, following in carried:
        constant = start.owner.value if isinstance(start.owner, arith.ConstantOp) else start
        same = first.setdefault((following, constant), carry)
        if same is not carry:
            found[carry] = same
    return found


def emitted_carries(program: Program) -> set[SSAValue]:
    """Find the carried values of which every step's next version is a result of the program."""
    found: set[SSAValue] = set()
    for _, value in program.results:
        scan = defining_scan(value)
        if scan is None or not isinstance(value, OpResult):
            continue
        number = value.index - len(scan.carries)
        if number >= 0:
            made = scan.next.emits[number]
            pairs = zip(scan.carries, scan.next.carries, strict=True)
            found |= {carry for carry, following in pairs if following is made}
    return found
