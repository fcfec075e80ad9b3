"""
The native evaluator: a configuration compiled to machine code that runs all its steps.

Memories, DRAM buffers and streams are arrays in one arena; each process is a loop nest over it, in
the order of `spatial_opt.runtime.order`. Its results are those of the numpy evaluator, bit for bit.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import ConfigOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.boundary import check_names, sample_count
from spatial_opt.runtime.formats import Array, storage_dtype
from spatial_opt.runtime.memory_contents import input_ranks, outputs, wanted_parameters
from spatial_opt.runtime.native.arrays import Array as StoredArray
from spatial_opt.runtime.native.build import Builder
from spatial_opt.runtime.native.contents import Filler
from spatial_opt.runtime.native.engine import Compiled
from spatial_opt.runtime.native.program import make_program
from spatial_opt.runtime.native.storage import memory_kind
from spatial_opt.runtime.numpy_evaluator import config_of

_DTYPES = {
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "f16": np.dtype(np.float16),
    "f32": np.dtype(np.float32),
}


_LARGE_PAGE = 1 << 21


class Prepared:
    """A compiled configuration, ready to run any number of times."""

    def __init__(self, config: ConfigOp, dump: str | None = None) -> None:
        """Compile; `dump` names a file for the object code."""
        builder = Builder(config)
        program = make_program(builder)
        self._arrays = builder.arrays.all
        self._filler = Filler(config, self._arrays)
        self.text = f"{program.text}\n{self._filler.functions}"
        compiled = Compiled(self.text, dump=dump)
        self._arena = _aligned_bytes(program.size)
        self._flag = self._arena[:4].view(np.int32)
        self._table = program.table
        address = self._arena.ctypes.data
        self._execute = compiled.bind("run", (address, self._table.ctypes.data, address))
        self._views = {r: self._view(a, program.offsets[r]) for r, a in self._arrays.items()}
        self._filler.attach(compiled, self._views)
        self._ranks = input_ranks(config)
        self._outputs = outputs(config)
        self._wanted = wanted_parameters(config)
        self._checked: Mapping[str, object] | None = None

    def _view(self, array: StoredArray, offset: int) -> npt.NDArray[np.generic]:
        dtype = _DTYPES[memory_kind(array.stored)]
        size = array.elements * dtype.itemsize
        return self._arena[offset : offset + size].view(dtype)

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
        if parameters is not self._checked:
            check_names(parameters, self._wanted, "parameter")
            self._checked = parameters
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
        self._filler.fill(inputs, parameters)
        self._flag[0] = 0
        self._execute()
        if self._flag[0]:
            raise SpatialError(
                "a stream reaches an element outside its memory; correct or clamp the address "
                "(the numpy evaluator names the stream and the place)"
            )
        return {spec.name: self._result(("dram", spec.name), spec.shape) for spec in self._outputs}

    def _result(self, resource: tuple[str, str], shape: tuple[int, ...]) -> Array:
        array = self._arrays[resource]
        view = self._views[resource].reshape(*array.shape[:-1], array.pitch)
        return view[..., : array.shape[-1]].astype(storage_dtype(array.element)).reshape(shape)


def _aligned_bytes(size: int) -> npt.NDArray[np.uint8]:
    """Give zeros at a multiple of 64 bytes; if they are many, on large pages of the system."""
    # Weights spread over small pages are read up to a quarter slower, wherever luck puts them.
    page = _LARGE_PAGE if size >= 2 * _LARGE_PAGE else 64
    memory = np.zeros(-(-size // page) * page + page, np.uint8)
    start = -memory.ctypes.data % page
    return memory[start : start + size]


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
