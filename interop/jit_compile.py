"""Native code of a module of upstream dialects, by MLIR's passes and its execution engine."""

from __future__ import annotations

import ctypes
from io import StringIO
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.printer import Printer

from spatial_opt.interop.jit_interface import ENTRY
from spatial_opt.interop.jit_passes import BUFFERIZE, LOOPS, TO_LLVM, pipeline
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings


class NativeCode:
    """The compiled function `run`; keeps its memory alive."""

    def __init__(self, engine: Any):
        self._engine = engine
        address = int(engine.raw_lookup(f"_mlir_ciface_{ENTRY}"))
        if address == 0:
            raise SpatialError(
                "the native code can't be linked for this processor; run the program without "
                "--target cpu"
            )
        self._function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)

    def call(self, arguments: int) -> None:
        """Call it with the address of its packed arguments, without the interpreter's lock."""
        self._function(arguments)


def compile_module(module: ModuleOp, script: str | None) -> NativeCode:
    """
    Compile a module whose function `run` writes its results to arguments.

    `script` is one of upstream's transform dialect, applied first.
    """
    found = bindings.require()
    ir: Any = found.ir
    try:
        with ir.Context(), ir.Location.unknown():
            native = ir.Module.parse(_text(module))
            if script is not None:
                interpreter: Any = found.module("dialects.transform.interpreter")
                schedule = ir.Module.parse(script)
                interpreter.apply_named_sequence(
                    native.operation, schedule.body.operations[0], schedule
                )
            _keep_order_of_vectors(found, native)
            _run(found, native, BUFFERIZE)
            _copy_by_loops(found, native)
            _run(found, native, LOOPS, TO_LLVM)
            # The engine compiles for the processor it runs on, with all its features.
            engine: Any = getattr(found.execution_engine, "ExecutionEngine")
            return NativeCode(engine(native, opt_level=3, shared_libs=[]))
    except SpatialError:
        raise
    except Exception as error:
        raise RuntimeError(f"MLIR refused the native code; this is a bug: {error}") from error


def _run(found: bindings.Bindings, module: Any, *parts: tuple[str, ...]) -> None:
    passmanager: Any = found.module("passmanager")
    passmanager.PassManager.parse(pipeline(*parts)).run(module.operation)


def _keep_order_of_vectors(found: bindings.Bindings, module: Any) -> None:
    """
    Let LLVM keep the order of sums of vectors.

    It was free until they became vectors. Regrouped once more, partial sums that are independent
    of each other end up in one long chain.
    """
    ir: Any = found.ir

    def fix(op: Any) -> Any:
        flags = str(op.attributes["fastmath"]) if "fastmath" in op.attributes else ""
        if "reassoc" in flags and str(op.results[0].type).startswith("vector<"):
            kept = "contract" if "contract" in flags else "none"
            op.attributes["fastmath"] = ir.Attribute.parse(f"#arith.fastmath<{kept}>")
        return ir.WalkResult.ADVANCE

    module.operation.walk(fix)


def _copy_by_loops(found: bindings.Bindings, module: Any) -> None:
    """Replace copies of memory, for which MLIR would call a library, by structured operations."""
    ir: Any = found.ir
    linalg: Any = found.module("dialects.linalg")
    copies: list[Any] = []

    def collect(op: Any) -> Any:
        if op.name == "memref.copy":
            copies.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect)
    for op in copies:
        source, target = op.operands
        if source != target:
            with ir.InsertionPoint(op):
                linalg.copy(source, outs=[target])
        op.erase()


def _text(module: ModuleOp) -> str:
    stream = StringIO()
    Printer(stream, print_generic_format=True).print_op(module)
    return stream.getvalue()
