"""
The native evaluator: a configuration compiled to machine code that runs all its steps.

Memories, DRAM buffers and streams are arrays in one arena; each process is a loop nest over it, in
the order of `spatial_opt.runtime.order`. Its results are those of the numpy evaluator, bit for bit.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp, InputInitAttr, OutputOp, PmuOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import bind, check_names, sample_count
from spatial_opt.runtime.formats import Array, storage_dtype
from spatial_opt.runtime.memory_contents import (
    Contents,
    declared_inputs,
    input_ranks,
    outputs,
    wanted_parameters,
)
from spatial_opt.runtime.native.arrays import Array as StoredArray
from spatial_opt.runtime.native.build import Builder
from spatial_opt.runtime.native.emit import memory_kind
from spatial_opt.runtime.native.engine import Compiled
from spatial_opt.runtime.native.kernel import Resource
from spatial_opt.runtime.native.program import make_program
from spatial_opt.runtime.numpy_evaluator import config_of

_DTYPES = {
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "f16": np.dtype(np.float16),
    "f32": np.dtype(np.float32),
}


class Prepared:
    """A compiled configuration, ready to run any number of times."""

    def __init__(self, config: ConfigOp, dump: str | None = None) -> None:
        self.config = config
        builder = Builder(config)
        program = make_program(builder)
        self.text = program.text
        self._arrays = builder.arrays.all
        self._table = program.table
        compiled = Compiled(program.text, dump=dump)
        self._memory = np.zeros(program.size + 64, np.uint8)
        start = -self._memory.ctypes.data % 64
        self._arena = self._memory[start : start + program.size]
        self._flag = self._arena[:4].view(np.int32)
        address = self._arena.ctypes.data
        self._execute = compiled.bind("run", (address, self._table.ctypes.data, address))
        self._views = {r: self._view(a, program.offsets[r]) for r, a in self._arrays.items()}
        self._parameters: Mapping[str, object] | None = None
        self._ranks = input_ranks(config)
        self._outputs = outputs(config)
        self._inputs = declared_inputs(config)
        self._wanted = wanted_parameters(config)
        self._from_inputs = [
            a
            for a in self._arrays.values()
            if isinstance(a.op, PmuOp) and isinstance(a.op.init, InputInitAttr)
        ]
        self._initial: list[tuple[Resource, npt.NDArray[np.generic]]] = []

    def _view(self, array: StoredArray, offset: int) -> npt.NDArray[np.generic]:
        dtype = _DTYPES[memory_kind(array.stored)]
        size = array.elements * dtype.itemsize
        return self._arena[offset : offset + size].view(dtype)

    # --- contents

    def _pack(self, array: StoredArray, held: Array) -> None:
        """Store held values in an array's part of the arena."""
        view = self._views[array.resource]
        if array.stored == "bf16":
            held = (np.ascontiguousarray(held, np.float32).view(np.int32) >> 16).astype(np.int16)
        if array.pitch == array.shape[-1]:
            flat = held.reshape(-1)
        else:
            padded = np.zeros((*array.shape[:-1], array.pitch), view.dtype)
            padded[..., : array.shape[-1]] = held
            flat = padded.reshape(-1)
        if array.rows is None:
            view[: flat.size] = flat
            return
        length, block, group = array.rows
        count = flat.size // length
        rows = flat.astype(view.dtype, copy=False).reshape(count, length)
        whole = count // block * block
        self._pack_rows(view[: whole * length], rows[:whole], length, block, group)
        if whole < count:
            last = np.zeros((block, length), view.dtype)
            last[: count - whole] = rows[whole:]
            self._pack_rows(view[whole * length :], last, length, block, group)

    @staticmethod
    def _pack_rows(
        target: npt.NDArray[np.generic], rows: Array, length: int, block: int, group: int
    ) -> None:
        blocks = rows.reshape(-1, block, length // group, group)
        target.reshape(-1, length // group, block, group)[...] = blocks.transpose(0, 2, 1, 3)

    def _fill_memories(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> None:
        """Fill all memories; what the same parameters filled before stays."""
        contents = Contents(self.config, parameters, inputs)
        if self._parameters is parameters:
            for resource, kept in self._initial:
                self._views[resource][...] = kept
        else:
            self._initial.clear()
            for resource, array in self._arrays.items():
                if isinstance(array.op, PmuOp) and array not in self._from_inputs:
                    self._pack(array, contents.memory(array.op))
                    if array.written:
                        self._initial.append((resource, self._views[resource].copy()))
            self._parameters = parameters
        for array in self._from_inputs:
            if isinstance(array.op, PmuOp):
                self._pack(array, contents.memory(array.op))

    def _fill_buffers(self, inputs: Mapping[str, object]) -> None:
        given = {spec.name: inputs[spec.name] for spec in self._inputs}
        for name, held in bind(given, self._inputs).items():
            self._pack(self._arrays["dram", name], held)
        for spec in self._outputs:
            self._views["dram", spec.name][...] = 0

    # --- running

    def run(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        """
        Evaluate: result name -> held values (float32 for floats), shaped as declared.

        Inputs with one extra leading axis are samples, each from the same initial state.
        Parameters are converted again only if they are another mapping than last time. Raises
        `SpatialError` as the numpy evaluator does.
        """
        samples = sample_count(inputs, self._ranks)
        check_names(inputs, list(self._ranks), "input")
        if parameters is not self._parameters:
            check_names(parameters, self._wanted, "parameter")
        if samples is None:
            return self._run_sample(inputs, parameters)
        results: list[dict[str, Array]] = []
        for sample in range(samples):
            chosen = {n: _sample(inputs[n], rank, sample) for n, rank in self._ranks.items()}
            results.append(self._run_sample(chosen, parameters))
        return {name: np.stack([result[name] for result in results]) for name in results[0]}

    def _run_sample(
        self, inputs: Mapping[str, object], parameters: Mapping[str, object]
    ) -> dict[str, Array]:
        self._fill_memories(inputs, parameters)
        self._fill_buffers(inputs)
        self._flag[0] = 0
        self._execute()
        if self._flag[0]:
            raise SpatialError(
                "a stream reaches an element outside its memory; correct or clamp the address "
                "(the numpy evaluator names the stream and the place)"
            )
        return {spec.name: self._result(("dram", spec.name)) for spec in self._outputs}

    def _result(self, resource: tuple[str, str]) -> Array:
        array = self._arrays[resource]
        view = self._views[resource].reshape(*array.shape[:-1], array.pitch)
        shape = array.op.tensor.get_shape() if isinstance(array.op, OutputOp) else array.shape
        return view[..., : array.shape[-1]].astype(storage_dtype(array.element)).reshape(shape)


def _sample(value: object, rank: int, sample: int) -> object:
    array = np.asarray(value)
    return array[sample] if array.ndim == rank + 1 else value


def prepare(module: ModuleOp | ConfigOp) -> Prepared:
    """
    Compile the one configuration of a module.

    Raises `SpatialError` when there is none or several, for configurations that can't run, and
    for the few constructs that only the numpy evaluator supports.
    """
    return Prepared(config_of(module))
