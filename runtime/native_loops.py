"""
Native code for loops over whole numbers, from their Python source.

A function written in a small subset of Python is translated to MLIR's `llvm` dialect and compiled
with MLIR's execution engine, so that one definition has two executions: as Python everywhere, and
natively where the bindings are installed. The subset:

* all arguments are one-dimensional arrays of 64-bit whole numbers, and nothing is returned;
* local variables are whole numbers;
* statements: `x = e`, `x op= e`, `a[i] = e`, `a[i] op= e`, `if`/`elif`/`else`, `while`, `pass`,
  and `f(a, b)` for another such function that the module defines or imports, given arrays of the
  caller; functions that are compiled together have names of their own;
* expressions: whole numbers, local variables, array elements, `+ - *` and `//` (of numbers that
  are not negative), one comparison, `and`/`or` of comparisons (both sides are always evaluated, so
  only the leftmost may read an array), and module-level names bound to whole numbers.

Whole numbers wrap at 64 bits, and array bounds are not checked.
"""

import ast
import ctypes
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings

Words: TypeAlias = npt.NDArray[np.int64]

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "udiv",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "slt",
    ast.LtE: "sle",
    ast.Gt: "sgt",
    ast.GtE: "sge",
}


class _Translator:
    """Writes one function as text of the `llvm` dialect, locals as stack slots."""

    def __init__(self, function: ast.FunctionDef, constants: Mapping[str, object]):
        self.function = function
        self.constants = constants
        self.arrays = [argument.arg for argument in function.args.args]
        self.calls: list[str] = []
        self.locals = sorted(
            {
                node.id
                for node in ast.walk(function)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
        )
        self.lines: list[str] = []
        self.values = 0
        self.blocks = 0

    def text(self) -> str:
        """The function as text of MLIR; raises SpatialError outside the subset."""
        # The arrays never overlap: without saying so, every store would end a value's life
        # in a register.
        arguments = ", ".join(f"%{name}: !llvm.ptr {{llvm.noalias}}" for name in self.arrays)
        # Copies of large functions in their callers take longer to compile than they save.
        head = f"llvm.func @{self.function.name}({arguments})"
        self.lines.append(f"{head} attributes {{no_inline}} {{")
        one = self.constant(1)
        for name in self.locals:
            self.lines.append(f"%{name} = llvm.alloca {one} x i64 : (i64) -> !llvm.ptr")
        for statement in self.function.body:
            self.statement(statement)
        self.lines += ["llvm.return", "}"]
        return "\n".join(self.lines)

    def error(self, node: ast.AST) -> SpatialError:
        """The error for a construct outside the subset."""
        return SpatialError(
            f"{self.function.name}: {ast.unparse(node)!r} is outside the subset of Python that "
            "can be compiled; see spatial_opt.runtime.native_loops"
        )

    def emit(self, operation: str) -> str:
        """Append an operation with one result; returns the result's name."""
        name = f"%{self.values}"
        self.values += 1
        self.lines.append(f"{name} = {operation}")
        return name

    def constant(self, value: int) -> str:
        """Append a 64-bit constant."""
        return self.emit(f"llvm.mlir.constant({value} : i64) : i64")

    def block(self) -> str:
        """A fresh block label."""
        self.blocks += 1
        return f"^b{self.blocks}"

    def start(self, label: str) -> None:
        """Continue writing in a new block."""
        self.lines.append(f"{label}:")

    def address(self, node: ast.expr) -> str:
        """The address of a local variable or an array element."""
        match node:
            case ast.Name(id=name) if name in self.locals:
                return f"%{name}"
            case ast.Subscript(value=ast.Name(id=name), slice=index) if name in self.arrays:
                at = self.expression(index)
                return self.emit(
                    f"llvm.getelementptr %{name}[{at}] : (!llvm.ptr, i64) -> !llvm.ptr, i64"
                )
            case _:
                raise self.error(node)

    def expression(self, node: ast.expr) -> str:
        """A whole number."""
        match node:
            case ast.Constant(value=int(value)):
                return self.constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return self.constant(-value)
            case ast.Name(id=name) if name not in self.locals:
                value = self.constants.get(name)
                if not isinstance(value, int):
                    raise self.error(node)
                return self.constant(value)
            case ast.Name() | ast.Subscript():
                return self.emit(f"llvm.load {self.address(node)} : !llvm.ptr -> i64")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                lhs, rhs = self.expression(left), self.expression(right)
                return self.emit(f"llvm.{_ARITHMETIC[type(op)]} {lhs}, {rhs} : i64")
            case _:
                raise self.error(node)

    def condition(self, node: ast.expr) -> str:
        """A truth value."""
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                lhs, rhs = self.expression(left), self.expression(right)
                return self.emit(f'llvm.icmp "{_COMPARISONS[type(op)]}" {lhs}, {rhs} : i64')
            case ast.BoolOp(op=op, values=[first, *rest]):
                result = self.condition(first)
                for value in rest:
                    # Python would not evaluate these always: they must be unable to fail.
                    if any(isinstance(part, ast.Subscript) for part in ast.walk(value)):
                        raise self.error(node)
                    name = "and" if isinstance(op, ast.And) else "or"
                    result = self.emit(f"llvm.{name} {result}, {self.condition(value)} : i1")
                return result
            case _:
                raise self.error(node)

    def statement(self, node: ast.stmt) -> None:
        """One statement of the body."""
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case ast.Assign(targets=[target], value=value):
                result = self.expression(value)
                self.lines.append(f"llvm.store {result}, {self.address(target)} : i64, !llvm.ptr")
            case ast.AugAssign(target=target, op=op, value=value) if type(op) in _ARITHMETIC:
                operand = self.expression(value)
                address = self.address(target)
                old = self.emit(f"llvm.load {address} : !llvm.ptr -> i64")
                new = self.emit(f"llvm.{_ARITHMETIC[type(op)]} {old}, {operand} : i64")
                self.lines.append(f"llvm.store {new}, {address} : i64, !llvm.ptr")
            case ast.If(test=test, body=body, orelse=orelse):
                then, otherwise, after = self.block(), self.block(), self.block()
                self.lines.append(f"llvm.cond_br {self.condition(test)}, {then}, {otherwise}")
                for label, statements in ((then, body), (otherwise, orelse)):
                    self.start(label)
                    for statement in statements:
                        self.statement(statement)
                    self.lines.append(f"llvm.br {after}")
                self.start(after)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name), args=given, keywords=[])) if (
                inspect.isfunction(self.constants.get(name))
            ):
                names = [array.id for array in given if isinstance(array, ast.Name)]
                if len(names) < len(given) or not set(names) <= set(self.arrays):
                    raise self.error(node)
                self.calls.append(name)
                arguments = ", ".join(f"%{array}" for array in names)
                types = ", ".join("!llvm.ptr" for _ in names)
                self.lines.append(f"llvm.call @{name}({arguments}) : ({types}) -> ()")
            case ast.While(test=test, body=body, orelse=[]):
                before, inside, after = self.block(), self.block(), self.block()
                self.lines.append(f"llvm.br {before}")
                self.start(before)
                self.lines.append(f"llvm.cond_br {self.condition(test)}, {inside}, {after}")
                self.start(inside)
                for statement in body:
                    self.statement(statement)
                self.lines.append(f"llvm.br {before}")
                self.start(after)
            case _:
                raise self.error(node)


def translate(*functions: Callable[..., None]) -> str:
    """
    Translate some functions and those they call to an MLIR module.

    Raises SpatialError outside the subset.
    """
    found: dict[str, str] = {}
    wanted = list(functions)
    while wanted:
        called = wanted.pop()
        if called.__name__ in found:
            continue
        constants: Mapping[str, object] = getattr(called, "__globals__", {})
        translator = _Translator(_definition(called), constants)
        found[called.__name__] = translator.text()
        for name in translator.calls:
            target = constants[name]
            assert inspect.isfunction(target)
            wanted.append(target)
    return "\n".join(found.values())


def _definition(function: Callable[..., None]) -> ast.FunctionDef:
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError as error:
        raise SpatialError(
            f"the source of {function.__name__} is not available, so it cannot be compiled; "
            "choose the portable engine"
        ) from error
    definition = ast.parse(source).body[0]
    if not isinstance(definition, ast.FunctionDef):
        raise RuntimeError(f"{function.__name__} is not a plain function, this is a bug")
    return definition


class NativeLoops:
    """A function compiled to native code, for contiguous one-dimensional int64 arrays."""

    def __init__(self, function: Callable[..., None], engine: Any):
        self._name = function.__name__
        # The code lives as long as the engine does.
        self._engine = engine
        self._entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.raw_lookup(self._name))

    def __call__(self, *arrays: Words) -> None:
        """Run on these arrays."""
        self.bind(arrays)()

    def bind(self, arrays: Sequence[Words]) -> Callable[[], None]:
        """Give the function that runs on these arrays, as they are when it is called."""
        for array in arrays:
            if array.dtype != np.int64 or array.ndim != 1 or not array.flags.c_contiguous:
                raise RuntimeError(f"{self._name} takes int64 arrays, this is a bug")
        pointers = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        # The engine's entry takes the address of every argument.
        width = ctypes.sizeof(ctypes.c_void_p)
        start = ctypes.addressof(pointers)
        arguments = (ctypes.c_void_p * len(arrays))(
            *(start + width * index for index in range(len(arrays)))
        )
        entry, address = self._entry, ctypes.addressof(arguments)
        kept = (self, tuple(arrays), pointers, arguments)

        def call(_: object = kept) -> None:
            entry(address)

        return call


@cache
def _compile(functions: tuple[Callable[..., None], ...]) -> dict[str, NativeLoops]:
    mlir = bindings.require()
    text = translate(*functions)
    with mlir.ir.Context():
        module = mlir.ir.Module.parse(text)
        engine = mlir.execution_engine.ExecutionEngine(module, opt_level=3)
    return {function.__name__: NativeLoops(function, engine) for function in functions}


def compile_loops(
    function: Callable[..., None], along: Sequence[Callable[..., None]] = ()
) -> NativeLoops:
    """
    Compile a function to native code, once per process.

    Functions that are used along with it, itself among them, are compiled at once: that takes less
    time than one by one. Raises SpatialError if the bindings are missing or a function is outside
    the subset.
    """
    return _compile(tuple(along) or (function,))[function.__name__]


def call(
    function: Callable[..., None],
    arrays: Sequence[Words],
    native: bool,
    along: Sequence[Callable[..., None]] = (),
) -> Callable[[], None]:
    """
    Give the function that runs on these arrays, natively or as Python.

    See `compile_loops` for `along`. Native code raises SpatialError if the bindings are missing.
    """
    if native:
        return compile_loops(function, along).bind(arrays)

    def portable() -> None:
        # Elements of a list are several times as fast as those of an array.
        lists: list[list[int]] = [array.tolist() for array in arrays]
        before = [values.copy() for values in lists]
        function(*lists)
        for array, values, old in zip(arrays, lists, before, strict=True):
            # Writing an array takes much longer than seeing that it is as before.
            if values != old:
                try:
                    array[:] = values
                except OverflowError:
                    array[:] = [(value + 2**63) % 2**64 - 2**63 for value in values]

    return portable
