"""What the arrays hold before a run: the user's arrays, converted and laid out."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from xdsl.dialects.builtin import FloatAttr

from spatial_opt.dialects.spatial import (
    ConfigOp,
    DramOp,
    InputInitAttr,
    ParameterInitAttr,
    PmuOp,
    parameter_parts,
)
from spatial_opt.runtime.boundary import bind, check_array, check_shape
from spatial_opt.runtime.formats import Array as Held
from spatial_opt.runtime.memory_contents import Contents, check_whole, declared_inputs, outputs
from spatial_opt.runtime.native.arrays import Array
from spatial_opt.runtime.native.engine import Compiled
from spatial_opt.runtime.native.fill_tables import Table
from spatial_opt.runtime.native.filled_values import Filling
from spatial_opt.runtime.native.filling import emit_filling
from spatial_opt.runtime.native.kernel import Resource
from spatial_opt.runtime.native.places import Places
from spatial_opt.runtime.native.positions import find_places, joined_tokens
from spatial_opt.runtime.native.text import float_bits

View = npt.NDArray[np.generic]

LARGE = 1 << 15
"""Elements from which on a flat array is worth a function of its own."""


class Filler:
    """
    Fills arrays of the arena: natively where the numbers are plain floats, else through numpy.

    `functions` is the text that `Compiled` must hold besides the program.
    """

    def __init__(self, config: ConfigOp, arrays: Mapping[Resource, Array]) -> None:
        self._config = config
        self._arrays = arrays
        self._inputs = declared_inputs(config)
        self._outputs = outputs(config)
        self._names: dict[Filling, str] = {}
        for array in arrays.values():
            for filling in self._fillings(array):
                self._names.setdefault(filling, f"fill{len(self._names)}")
        self.functions = "\n".join(emit_filling(n, f) for f, n in self._names.items())
        self._from_inputs = [
            a
            for a in arrays.values()
            if isinstance(a.op, PmuOp | DramOp) and isinstance(a.op.init, InputInitAttr)
        ]
        self._filled: Mapping[str, object] | None = None
        self._changed: list[tuple[View, View]] = []
        self._sources: dict[str, npt.NDArray[np.float32]] = {}
        self._dirty: set[Resource] = set()

    def _fillings(self, array: Array) -> list[Filling]:
        """Give the functions that fill an array, one per parameter in a sum; none: numpy does."""
        if isinstance(array.op, PmuOp | DramOp):
            group = 0 if array.rows is None else array.rows[2]
            if group == 0 and array.elements < LARGE:
                return []
            parts = _parts(array)
            return [
                Filling(
                    array.element,
                    isinstance(part.scale, FloatAttr),
                    array.stored,
                    group,
                    "found",
                    "only" if len(parts) == 1 else "later" if n else "first",
                )
                for n, part in enumerate(parts)
            ]
        for spec in self._inputs:
            if array.resource == ("dram", spec.name) and array.pitch == array.shape[-1]:
                return [Filling(array.element, spec.scale is not None, array.stored)]
        return []

    def attach(self, compiled: Compiled, views: Mapping[Resource, View]) -> None:
        """Take the compiled functions, and the part of the arena of each array."""
        self._views = views
        self._functions = {f: compiled.function(n, 4) for f, n in self._names.items()}
        self._flag = np.zeros(1, np.int32)

    # --- all arrays

    def fill(self, inputs: Mapping[str, object], parameters: Mapping[str, object]) -> None:
        """
        Fill everything for a run.

        Memories filled from the same mapping of parameters as the last time are only set back.
        """
        contents = Contents(self._config, parameters, inputs)
        if self._filled is parameters:
            for view, kept in self._changed:
                view[...] = kept
        else:
            self._filled = None
            self._fill_memories(contents, parameters)
            self._filled = parameters
        for array in self._from_inputs:
            if isinstance(array.op, PmuOp | DramOp):
                self._pack(array, contents.memory(array.op))
        for spec in self._inputs:
            array = self._arrays["dram", spec.name]
            if not self._fill_input(array, inputs[spec.name]):
                self._pack(array, bind({spec.name: inputs[spec.name]}, [spec])[spec.name])
        for spec in self._outputs:
            self._views["dram", spec.name][...] = 0

    def _fill_memories(self, contents: Contents, parameters: Mapping[str, object]) -> None:
        self._changed.clear()
        for resource, array in self._arrays.items():
            if not isinstance(array.op, PmuOp | DramOp) or array in self._from_inputs:
                continue
            if not self._fill_found(array, parameters):
                held = joined_tokens(array, contents) if array.parts else None
                self._pack(array, contents.memory(array.op) if held is None else held)
            if array.written:
                view = self._views[resource]
                self._changed.append((view, view.copy()))
        self._sources.clear()

    # --- natively

    def _call(
        self,
        array: Array,
        filling: Filling,
        source: npt.NDArray[np.float32],
        table: npt.NDArray[np.int64],
    ) -> bool:
        view = self._views[array.resource]
        self._flag[0] = 0
        self._functions[filling](
            source.ctypes.data, view.ctypes.data, table.ctypes.data, self._flag.ctypes.data
        )
        # NaN in an integer format: numpy's way says where.
        return not self._flag[0]

    def _fill_input(self, array: Array, value: object) -> bool:
        spec = next(spec for spec in self._inputs if spec.name == array.resource[1])
        given = check_array(spec.name, value, "input")
        check_shape(spec, given, "input")
        fillings = self._fillings(array)
        if given.dtype.kind != "f" or not fillings:
            return False
        with np.errstate(all="ignore"):
            source = np.ascontiguousarray(given, np.float32)
        scale = 1.0 if spec.scale is None else spec.scale
        return self._call(
            array, fillings[0], source, np.array([float_bits(scale), given.size], np.int64)
        )

    def _fill_found(self, array: Array, parameters: Mapping[str, object]) -> bool:
        """Fill a memory element by element; False if it takes the general way."""
        fillings = self._fillings(array)
        if not fillings:
            return False
        for memory in array.memories:
            for part in parameter_parts(memory.init):
                check_whole(part, parameters[part.parameter.data])
        calls: list[tuple[Filling, npt.NDArray[np.float32], Places, float]] = []
        for number, (part, filling) in enumerate(zip(_parts(array), fillings, strict=True)):
            source = self._source(part.parameter.data, parameters[part.parameter.data])
            places = None if source is None else find_places(array, number, source.shape)
            if source is None or places is None:
                return False
            scale = float(part.scale.value.data) if isinstance(part.scale, FloatAttr) else 1.0
            calls.append((filling, source, places, scale))
        if array.resource in self._dirty:
            self._views[array.resource][...] = 0
        self._dirty.add(array.resource)
        for number, (filling, source, places, scale) in enumerate(calls):
            later = [call[2] for call in calls[number + 1 :]]
            table = Table(array, places, scale, later)
            if not self._call(array, filling, source, table.numbers):
                return False
        return True

    def _source(self, name: str, value: object) -> npt.NDArray[np.float32] | None:
        if name not in self._sources:
            given = check_array(name, value, "parameter")
            if given.dtype.kind != "f":
                return None
            with np.errstate(all="ignore"):
                self._sources[name] = np.ascontiguousarray(given, np.float32)
        return self._sources[name]

    # --- through numpy

    def _pack(self, array: Array, held: Held) -> None:
        """Store held values."""
        view = self._views[array.resource]
        if array.stored == "bf16":
            held = (np.ascontiguousarray(held, np.float32).view(np.int32) >> 16).astype(np.int16)
        if array.pitch == array.shape[-1]:
            flat = held.reshape(-1)
        else:
            padded = np.zeros((*array.shape[:-1], array.pitch), view.dtype)
            padded[..., : array.shape[-1]] = held.reshape(array.shape)
            flat = padded.reshape(-1)
        if array.rows is None:
            view[: flat.size] = flat
            return
        length, block, group = array.rows
        rows = flat.astype(view.dtype, copy=False).reshape(-1, length)
        missing = -rows.shape[0] % block
        if missing:
            rows = np.concatenate([rows, np.zeros((missing, length), view.dtype)])
        blocks = rows.reshape(-1, block, length // group, group)
        view.reshape(-1, length // group, block, group)[...] = blocks.transpose(0, 2, 1, 3)


def _parts(array: Array) -> tuple[ParameterInitAttr, ...]:
    """Give the parameters that are added up in the memory, or alike in all of them; else none."""
    inits = [parameter_parts(memory.init) for memory in array.memories]
    kinds = {tuple((part.parameter, part.scale) for part in parts) for parts in inits}
    return inits[0] if len(kinds) == 1 else ()
