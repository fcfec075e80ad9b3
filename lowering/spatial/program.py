"""
A pattern program as the spatial lowering sees it: blocks of kernels and loops, and who reads what.

A *kernel* is a map that stands directly in the function or in a scan; everything it reads
comes from a tensor value: a parameter, a table, an argument, or another kernel's result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from xdsl.dialects import arith, func
from xdsl.dialects.builtin import IndexType, ModuleOp, TensorType
from xdsl.ir import Attribute, Block, BlockArgument, Operation, OpResult, SSAValue
from xdsl.ir.affine import AffineExpr

from spatial_opt.dialects import pattern
from spatial_opt.dialects.signature import result_names
from spatial_opt.machine.errors import SpatialError

TOOL = "convert-pattern-to-spatial"


@dataclass(frozen=True, eq=False)
class Access:
    """One `pattern.read` of a kernel, its index expressions over the kernel's loop variables."""

    read: pattern.ReadOp
    source: SSAValue
    variables: tuple[SSAValue, ...]
    """Loop variables (block arguments) that the expressions use, one per dimension."""
    exprs: tuple[AffineExpr, ...]
    reduce: pattern.ReduceOp | None
    """The reduction in whose body the read stands."""

    def dims_of(self, variable: SSAValue) -> list[int]:
        """List the tensor dimensions whose index depends on a loop variable."""
        if variable not in self.variables:
            return []
        position = self.variables.index(variable)
        return [d for d, expr in enumerate(self.exprs) if position in expr.used_dims()]

    def coefficient(self, dim: int, variable: SSAValue) -> int | None:
        """Give the factor of a variable in one index, None where it is not linear."""
        position = self.variables.index(variable)
        count = len(self.variables)

        def at(point: int) -> int:
            values = [0] * count
            values[position] = point
            return self.exprs[dim].eval(values, [])

        step = at(1) - at(0)
        linear = all(at(n) == at(0) + n * step for n in (2, 3, 7, 16, 61))
        return step if linear else None

    def substituted(self, replacements: dict[SSAValue, AffineExpr]) -> tuple[AffineExpr, ...]:
        """Replace every loop variable by an expression over other dimensions."""
        dims = [replacements[variable] for variable in self.variables]
        return tuple(expr.replace_dims_and_symbols(dims, []) for expr in self.exprs)


@dataclass(eq=False)
class Kernel:
    """A map that runs as one kernel, in `block`."""

    op: pattern.MapOp
    name: str
    block: ProgramBlock
    accesses: list[Access]
    reduces: list[pattern.ReduceOp]

    @property
    def bounds(self) -> tuple[int, ...]:
        """Extents of the map's domain."""
        return self.op.domain

    @property
    def copies(self) -> int:
        """How many copies of the reductions run at once (hidden units, `hu`)."""
        return self.op.par_factors[-1]

    @property
    def rows(self) -> int:
        """How many copies there are of what stands around the reductions."""
        return self.op.row_copies

    @property
    def lanes(self) -> int:
        """Elements per vector along the last dimension of the map."""
        return self.op.lane_count

    @property
    def indices(self) -> tuple[BlockArgument, ...]:
        """The map's index variables."""
        return self.op.indices


@dataclass(eq=False)
class ProgramBlock:
    """The function's body (loop None) or the body of one scan."""

    loop: pattern.ScanOp | None
    name: str
    items: list[Kernel | ProgramBlock] = field(
        default_factory=lambda: list[Kernel | ProgramBlock]()
    )

    @property
    def trips(self) -> int:
        """How often the block runs."""
        return 1 if self.loop is None else self.loop.steps

    def kernels(self) -> list[Kernel]:
        """List all kernels in program order, those of inner loops included."""
        found: list[Kernel] = []
        for item in self.items:
            found += [item] if isinstance(item, Kernel) else item.kernels()
        return found


@dataclass(eq=False)
class Program:
    """A whole function."""

    function: func.FuncOp
    top: ProgramBlock
    results: list[tuple[str, SSAValue]]
    """Name and value of every result of the function."""


class _Reader:
    def __init__(self) -> None:
        self.names: set[str] = set()

    def unique(self, wanted: str | None, fallback: str) -> str:
        base = wanted or fallback
        name, number = base, 1
        while name in self.names:
            name, number = f"{base}_{number}", number + 1
        self.names.add(name)
        return name

    def block(self, body: Block, loop: pattern.ScanOp | None, name: str) -> ProgramBlock:
        result = ProgramBlock(loop, name)
        for op in body.ops:
            match op:
                case pattern.MapOp():
                    result.items.append(self.kernel(op, result))
                case pattern.ScanOp():
                    if loop is not None:
                        raise SpatialError(
                            f"{TOOL}: a pattern.scan inside a pattern.scan is not supported; "
                            "turn the inner loop into a pattern.map or pattern.reduce"
                        )
                    scan = self.unique("scan", "scan")
                    result.items.append(self.block(op.body.block, op, scan))
                case (
                    pattern.ParameterOp()
                    | pattern.TableOp()
                    | pattern.NextOp()
                    | pattern.MemoryOp()
                    | func.ReturnOp()
                    | arith.ConstantOp()
                ):
                    pass
                case _:
                    raise SpatialError(
                        f"{TOOL}: cannot place a {op.name} outside a map; run "
                        "convert-rnn-to-pattern and pattern-expand-activations first, or "
                        "write it as a pattern.map"
                    )
        return result

    def kernel(self, op: pattern.MapOp, block: ProgramBlock) -> Kernel:
        hint = next((r.name_hint for r in op.results if r.name_hint), None)
        kernel = Kernel(op, self.unique(hint, "kernel"), block, [], [])
        if not op.domain:
            raise SpatialError(
                f"{TOOL}: map %{kernel.name} has no dimension, so nothing can count its element; "
                "give it one of extent 1"
            )
        self._collect(op.body.block, kernel, None)
        if any(factor != 1 for factor in op.par_factors[:-1]):
            raise SpatialError(
                f"{TOOL}: map %{kernel.name} has par on another dimension than its last; "
                "only the last can run in parallel copies"
            )
        if not kernel.reduces and kernel.rows != kernel.copies:
            raise SpatialError(
                f"{TOOL}: map %{kernel.name} has rows {kernel.rows} beside par {kernel.copies} but "
                "no reduction whose results could be taken in turn; leave rows out"
            )
        return kernel

    def _collect(self, body: Block, kernel: Kernel, reduce: pattern.ReduceOp | None) -> None:
        for op in body.ops:
            match op:
                case pattern.ReadOp():
                    kernel.accesses.append(self._access(op, reduce))
                case pattern.ReduceOp():
                    if reduce is not None:
                        raise SpatialError(
                            f"{TOOL}: map %{kernel.name} nests a reduction in a reduction; "
                            "give both domains to one pattern.reduce"
                        )
                    kernel.reduces.append(op)
                    self._collect(op.body.block, kernel, op)
                case pattern.MapOp() | pattern.ScanOp():
                    raise SpatialError(
                        f"{TOOL}: {op.name} inside map %{kernel.name} is not supported; "
                        "add its domain to the outer map"
                    )
                case pattern.ActivateOp():
                    raise SpatialError(
                        f"{TOOL}: map %{kernel.name} still holds pattern.activate; "
                        "run pattern-expand-activations first"
                    )
                case _:
                    _refuse_index_values(op, kernel)

    def _access(self, op: pattern.ReadOp, reduce: pattern.ReduceOp | None) -> Access:
        variables: list[SSAValue] = []
        for index in op.indices:
            if not isinstance(index, BlockArgument):
                raise SpatialError(
                    f"{TOOL}: pattern.read of %{op.source.name_hint} uses an index that is not "
                    "a loop variable; write the arithmetic into the access"
                )
            variables.append(index)
        if not shape(op.source):
            raise SpatialError(
                f"{TOOL}: pattern.read of %{op.source.name_hint}, which has no dimension; give it "
                "one of extent 1"
            )
        # A reversed loop counts up on the machine: its variable is bound - 1 - counter.
        exprs = tuple(op.map.data.results)
        return Access(op, op.source, tuple(variables), exprs, reduce)


def is_index_read(op: Operation, kernel: Kernel) -> bool:
    """
    Tell whether an op turns an index into a number that no counter of the unit gives.

    Those are read from a memory that holds 0, 1, 2, …: the step of a loop, and the index that
    runs over lanes.
    """
    if not isinstance(op, arith.IndexCastOp) or op.parent is not kernel.op.body.block:
        return False
    index = op.operands[0]
    if not isinstance(index, BlockArgument) or not isinstance(index.type, IndexType):
        return False
    lanes = kernel.lanes > 1 and index is kernel.indices[-1]
    return lanes or (kernel.block.loop is not None and index is kernel.block.loop.index)


def _refuse_index_values(op: Operation, kernel: Kernel) -> None:
    if is_index_read(op, kernel):
        return
    for operand in op.operands:
        if (
            isinstance(operand, BlockArgument)
            and isinstance(operand.type, IndexType)
            and operand not in kernel.indices
        ):
            raise SpatialError(
                f"{TOOL}: {op.name} in map %{kernel.name} computes with %{operand.name_hint}, the "
                "index of a pattern.scan or pattern.reduce; convert it with arith.index_cast in "
                "the map, or use it in accesses only"
            )


def read_program(module: ModuleOp) -> Program:
    """
    Read the kernels, loops and accesses of a module with one function.

    Raises SpatialError for what cannot be laid out, naming the op and a remedy.
    """
    functions = [op for op in module.body.block.ops if isinstance(op, func.FuncOp)]
    if len(functions) != 1:
        raise SpatialError(
            f"{TOOL}: the module must hold one func.func, it has {len(functions)}; "
            "a spatial.config is converted already, and several functions become one by hand"
        )
    function = functions[0]
    top = _Reader().block(function.body.block, None, "top")
    terminator = function.body.block.last_op
    names = result_names(function)
    values = list(terminator.operands) if isinstance(terminator, func.ReturnOp) else []
    return Program(function, top, list(zip(names, values, strict=True)))


def tensor_type(value: SSAValue) -> TensorType[Attribute]:
    """Give the type of a tensor value."""
    # Without `isa`, which takes a third of a millisecond: this is asked for every access.
    type: Attribute = value.type
    if not isinstance(type, TensorType):
        raise RuntimeError(f"%{value.name_hint} is no tensor, this is a bug")
    return cast(TensorType[Attribute], type)


def element_type(value: SSAValue) -> Attribute:
    """Give the element type of a tensor value."""
    return tensor_type(value).element_type


def shape(value: SSAValue) -> tuple[int, ...]:
    """Give the shape of a tensor value."""
    return tensor_type(value).get_shape()


def defining_scan(value: SSAValue) -> pattern.ScanOp | None:
    """Give the scan whose result (a final carry or a stacked emit) a value is."""
    if isinstance(value, OpResult) and isinstance(value.op, pattern.ScanOp):
        return value.op
    return None
