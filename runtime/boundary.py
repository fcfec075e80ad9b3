"""
The boundary between the user's arrays and the tensors of a program.

Run-time inputs and parameters come by name as numpy arrays (or a `.npz` or `.safetensors` file of
them). They are checked against what the program declares before anything runs, and converted to
the declared format exactly once: float32 first, times the declared scale, to nearest even.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
from xdsl.ir import Attribute

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array, float_format
from spatial_opt.runtime.numerics import quantise

_EXTENDED = ("bfloat16", "float8_e4m3fn", "float8_e5m2")
"""Float dtypes of ml_dtypes, which numpy doesn't count among its floats."""


@dataclass(frozen=True)
class TensorSpec:
    """A tensor that a program expects from outside."""

    name: str
    shape: tuple[int, ...]
    element_type: Attribute
    scale: float | None = None
    """The float32 array is multiplied by it before the conversion."""

    @property
    def text(self) -> str:
        """Shape and element type as in the IR: `25x1x512xf32`."""
        return "x".join([*map(str, self.shape), str(self.element_type)])


def check_names(given: Mapping[str, object], wanted: Sequence[str], kind: str) -> None:
    """
    Check that every wanted name is given and every given name is wanted.

    `kind` is the word for the message: "input" or "parameter". Raises `SpatialError` naming the
    first name at fault and the nearest match.
    """
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    if unknown and (missing or kind == "input"):
        name = unknown[0]
        candidates = {other.lower(): other for other in missing or wanted}
        near = get_close_matches(name.lower(), candidates, 1, 0.3)
        known = ", ".join(map(repr, wanted)) or "none"
        hint = f"; did you mean {candidates[near[0]]!r}?" if near else ""
        raise SpatialError(f"the program has no {kind} {name!r}, only {known}{hint}")
    if missing:
        have = ", ".join(map(repr, given)) or "nothing"
        raise SpatialError(f"{kind} {missing[0]!r} is missing; got {have}; add it")


def check_array(name: str, value: object, kind: str) -> Array:
    """
    Give a numeric array as it is, or as float32 where numpy has no such dtype itself.

    Raises `SpatialError` for objects, strings, complex numbers and ragged lists.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise SpatialError(
            f"{kind} {name!r} is not a regular array (its rows differ in length); pad it"
        ) from None
    if str(array.dtype) in _EXTENDED:
        return array.astype(np.float32)
    if array.dtype.kind not in "fiub":
        what = "strings" if array.dtype.kind in "US" else str(array.dtype)
        raise SpatialError(
            f"{kind} {name!r} holds {what}, not real numbers; pass an array of floats or integers"
        )
    return array


def check_shape(spec: TensorSpec, array: Array, kind: str, samples: bool = False) -> None:
    """Check the shape; with `samples` one extra leading axis is allowed."""
    if array.shape == spec.shape:
        return
    if samples and array.ndim == len(spec.shape) + 1 and array.shape[1:] == spec.shape:
        if array.shape[0] == 0:
            raise SpatialError(f"{kind} {spec.name!r} holds no sample; pass one or more")
        return
    extra = f" (or {_shape(('n', *spec.shape))} for n samples)" if samples else ""
    raise SpatialError(
        f"{kind} {spec.name!r} has shape {_shape(array.shape)}, but the program declares "
        f"{_shape(spec.shape)}{extra}; reshape it or change the program"
    )


def _shape(shape: Sequence[object]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def store(
    name: str, array: Array, element_type: Attribute, scale: float | None, kind: str
) -> Array:
    """
    Convert checked numbers to held values of `element_type`.

    Raises `SpatialError` for NaN in an integer format, naming the tensor, how many and where.
    """
    if float_format(element_type) is None and array.dtype.kind == "f":
        missing = np.isnan(array)
        if missing.any():
            first = [int(i) for i in np.argwhere(missing)[0]]
            raise SpatialError(
                f"{kind} {name!r} has {int(missing.sum())} NaN (the first at {first}), which its "
                f"format {element_type} can't hold; replace them or choose a float format"
            )
    return quantise(array, element_type, scale)


def bind(
    given: Mapping[str, object],
    wanted: Sequence[TensorSpec],
    kind: str = "input",
    samples: bool = False,
) -> dict[str, Array]:
    """
    Check and convert all tensors: name -> held values of the declared shape.

    With `samples` an array may have one more, leading axis, which the result keeps. Raises
    `SpatialError` for the first missing, misnamed, misshapen or non-numeric tensor.
    """
    check_names(given, [spec.name for spec in wanted], kind)
    stored: dict[str, Array] = {}
    for spec in wanted:
        array = check_array(spec.name, given[spec.name], kind)
        check_shape(spec, array, kind, samples)
        stored[spec.name] = store(spec.name, array, spec.element_type, spec.scale, kind)
    return stored


def sample_count(given: Mapping[str, object], ranks: Mapping[str, int]) -> int | None:
    """
    Give the number of samples: the extra leading axis of the inputs that have one, else None.

    `ranks` are the declared ranks. Raises `SpatialError` when two inputs disagree.
    """
    counts: dict[str, int] = {}
    for name, rank in ranks.items():
        if name in given:
            shape = check_array(name, given[name], "input").shape
            if len(shape) == rank + 1:
                counts[name] = shape[0]
    for name, count in counts.items():
        if count == 0:
            raise SpatialError(f"input {name!r} holds no sample; pass one or more")
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name!r} has {count}" for name, count in counts.items())
        raise SpatialError(
            f"the inputs disagree about the number of samples: {listed}; give all the same number"
        )
    return next(iter(counts.values()), None)


def random_array(spec: TensorSpec, generator: np.random.Generator) -> Array:
    """Give plausible numbers: floats even in [-1, 1) as float32, integers in [-4, 4), i1 0 or 1."""
    if float_format(spec.element_type) is not None or spec.scale is not None:
        return generator.uniform(-1, 1, spec.shape).astype(np.float32)
    low, high = (0, 2) if str(spec.element_type) == "i1" else (-4, 4)
    drawn: npt.NDArray[np.int64] = generator.integers(low, high, spec.shape)
    return drawn.astype(np.int32)


def random_arrays(wanted: Sequence[TensorSpec], seed: int) -> dict[str, Array]:
    """Give one random array per tensor; the same seed gives the same numbers, name by name."""
    return {
        spec.name: random_array(spec, np.random.default_rng([seed, *spec.name.encode()]))
        for spec in wanted
    }
