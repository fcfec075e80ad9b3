"""Compile a module of MLIR text to a callable, with MLIR's own bindings."""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

from spatial_opt.machine.errors import UnsupportedError
from spatial_opt.runtime import bindings

PASSES = (
    "convert-scf-to-cf",
    "convert-vector-to-llvm",
    "convert-math-to-llvm",
    "convert-arith-to-llvm",
    "convert-cf-to-llvm",
    "convert-func-to-llvm",
    "reconcile-unrealized-casts",
)
"""From vector, arith, math, scf and func to LLVM."""


class Compiled:
    """Native code of one module; keeps its memory alive."""

    def __init__(self, text: str, optimisation: int = 3, dump: str | None = None) -> None:
        found = bindings.require()
        passmanager: Any = found.module("passmanager")
        ir: Any = found.ir
        try:
            with ir.Context(), ir.Location.unknown():
                module = ir.Module.parse(text)
                pipeline = f"builtin.module({','.join(PASSES)})"
                passmanager.PassManager.parse(pipeline).run(module.operation)
                # The engine compiles for the processor it runs on, with all its features.
                engine: Any = getattr(found.execution_engine, "ExecutionEngine")
                self._engine = engine(
                    module,
                    opt_level=optimisation,
                    shared_libs=[],
                    enable_object_dump=dump is not None,
                )
        except Exception as error:
            raise RuntimeError(f"MLIR refused the native code; this is a bug: {error}") from error
        if dump is not None:
            self._engine.dump_to_object_file(dump)

    def function(self, name: str, count: int) -> Callable[..., None]:
        """
        Give a function of `count` addresses.

        Calling it frees the interpreter lock.
        """
        # MLIR's packed interface: one array of pointers to the arguments.
        entry = int(self._engine.raw_lookup(f"_mlir_ciface_{name}"))
        if entry == 0:
            raise UnsupportedError(
                "the native code can't be linked for this processor; use the numpy evaluator"
            )
        function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(entry)
        values = (ctypes.c_void_p * count)()
        step, start = ctypes.sizeof(ctypes.c_void_p), ctypes.addressof(values)
        packed = (ctypes.c_void_p * count)(*(start + step * n for n in range(count)))
        argument = ctypes.c_void_p(ctypes.addressof(packed))
        keep = (packed, self._engine)

        def call(*addresses: int) -> None:
            values[:] = addresses
            function(argument)
            _ = keep

        return call

    def bind(self, name: str, addresses: Sequence[int]) -> Callable[[], None]:
        """Give a function with its arguments fixed."""
        function = self.function(name, len(addresses))
        fixed = tuple(addresses)
        return lambda: function(*fixed)
