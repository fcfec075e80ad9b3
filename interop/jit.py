"""
Programs of patterns or tensors as native code for this machine, through upstream MLIR.

`compile_program(module)` lowers a copy of a module; the result runs any number of times.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.pattern import Pattern
from spatial_opt.interop.jit_arrays import descriptor, filled, held_values, memory_dtype, room
from spatial_opt.interop.jit_compile import NativeCode, compile_module
from spatial_opt.interop.jit_interface import (
    Interface,
    hand_on_in_place,
    interface_of,
    write_results_to_arguments,
)
from spatial_opt.interop.jit_transform import transform_script
from spatial_opt.lowering.arith_expand_small_floats import ArithExpandSmallFloatsPass
from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass
from spatial_opt.runtime import bindings
from spatial_opt.runtime.boundary import TensorSpec, bind, sample_count
from spatial_opt.runtime.formats import Array


def compile_program(module: ModuleOp, exact: bool = False, bits: bool = False) -> CpuProgram:
    """
    Compile @main of a module, of patterns or already of tensors, for this machine.

    `exact` keeps the order of sums (see `convert-pattern-to-linalg`). bf16 and 8-bit floats are
    held as f32 in memory, or as their `bits`, which takes less of it and more time. Raises
    `SpatialError` for what has no upstream form, and without MLIR's bindings.
    """
    bindings.require()
    program = module.clone()
    context = Context()
    if any(op.dialect_name() == Pattern.name for op in program.walk()):
        ConvertPatternToLinalgPass(exact).apply(context, program)
    interface = interface_of(program)
    ArithExpandSmallFloatsPass("bits" if bits else "f32").apply(context, program)
    hand_on_in_place(program)
    write_results_to_arguments(program)
    script = transform_script(program)
    program.verify()
    return CpuProgram(interface, compile_module(program, script), bits)


class CpuProgram:
    """Native code of one program."""

    def __init__(self, interface: Interface, code: NativeCode, bits: bool = False):
        self.interface = interface
        self.seconds: list[float] = []
        """What the samples of the last run took in native code."""
        self._code = code
        self._bits = bits
        self._parameters: Mapping[str, object] | None = None
        self._stored: list[Array] = []

    def run(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        """
        Run the program: result name -> held values, as every evaluator gives them.

        Inputs with one extra leading axis are samples; results have it then. Parameters are
        converted again only if they are another mapping than last time. Raises `SpatialError` for
        arrays that don't fit.
        """
        specs = self.interface.inputs
        count = sample_count(inputs, {spec.name: len(spec.shape) for spec in specs})
        held = bind(inputs, specs, "input", samples=True)
        if parameters is not self._parameters:
            self._store(parameters)
        outputs = self._outputs()
        results: list[list[Array]] = []
        self.seconds = []
        for sample in range(count or 1):
            given = [self._filled(_sample(held[spec.name], spec, sample), spec) for spec in specs]
            call = self._bound(given, outputs)
            start = perf_counter()
            call()
            self.seconds.append(perf_counter() - start)
            results.append(
                [
                    held_values(array, spec.element_type)
                    for array, spec in zip(outputs, self.interface.outputs, strict=True)
                ]
            )
        names = [spec.name for spec in self.interface.outputs]
        if count is None:
            return dict(zip(names, results[0], strict=True))
        return {name: np.stack([r[n] for r in results]) for n, name in enumerate(names)}

    def bound(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> Callable[[], None]:
        """Give native code with its arguments fixed, to measure; inputs are one sample."""
        self._store(parameters)
        held = bind(inputs, self.interface.inputs, "input")
        given = [self._filled(held[spec.name], spec) for spec in self.interface.inputs]
        return self._bound(given, self._outputs())

    def _bound(self, given: Sequence[Array], outputs: Sequence[Array]) -> Callable[[], None]:
        inputs, stored = iter(given), iter(self._stored)
        arguments = [next(stored if known else inputs) for known in self.interface.order]
        packed = _Packed([*arguments, *outputs])
        code = self._code

        def call() -> None:
            code.call(packed.address)

        return call

    def _outputs(self) -> list[Array]:
        return [
            room(spec.shape, memory_dtype(spec.element_type, self._bits))
            for spec in self.interface.outputs
        ]

    def _filled(self, held: Array, spec: TensorSpec) -> Array:
        return filled(held, memory_dtype(spec.element_type, self._bits))

    def _store(self, parameters: Mapping[str, object]) -> None:
        self._stored = []
        for spec in self.interface.parameters:
            # A parameter may be there in several formats.
            named = {spec.name: parameters[spec.name]} if spec.name in parameters else {}
            self._stored.append(self._filled(bind(named, [spec], "parameter")[spec.name], spec))
        self._parameters = parameters


def _sample(array: Array, spec: TensorSpec, sample: int) -> Array:
    return array[sample] if array.ndim > len(spec.shape) else array


class _Packed:
    """Arguments as MLIR's packed interface takes them: addresses of addresses of descriptors."""

    def __init__(self, arrays: Sequence[Array]):
        self._arrays = arrays
        self._descriptors = [descriptor(array) for array in arrays]
        self._pointers = [
            ctypes.c_void_p(ctypes.addressof(described)) for described in self._descriptors
        ]
        self._table = (ctypes.c_void_p * len(arrays))(
            *(ctypes.addressof(pointer) for pointer in self._pointers)
        )
        self.address = ctypes.addressof(self._table)
