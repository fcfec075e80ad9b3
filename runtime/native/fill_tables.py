"""The tables that tell a filling function where everything is."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from spatial_opt.runtime.native.arrays import Array
from spatial_opt.runtime.native.filling import SLOTS
from spatial_opt.runtime.native.places import NOWHERE, Numbers, Places
from spatial_opt.runtime.native.storage import WIDTH
from spatial_opt.runtime.native.text import float_bits


class Table:
    """The numbers of `SLOTS` for one array and parameter, and all that their addresses lead to."""

    def __init__(
        self, array: Array, places: Places, scale: float, later: Sequence[Places] = ()
    ) -> None:
        members, lines = _members_and_lines(array, places)
        self._kept = (
            _filled_up(members[0], 0),
            _tests(*members),
            lines[0],
            _NO_TESTS if lines[1] is None else lines[1],
        )
        vector_places, vector_tests, line_places, line_tests = (a.ctypes.data for a in self._kept)
        low, high, vector_low, vector_high = _area(array, places)
        areas = [_area(array, other) for other in later] or [(0, 0, 0, 0)]
        values = {
            "scale": float_bits(scale),
            "count": members[0].size,
            "low": low,
            "high": high,
            "vector_low": vector_low,
            "vector_high": vector_high,
            "step": array.pitch if array.rows is None else WIDTH,
            "vector_step": WIDTH if array.rows is None else places.columns.size * WIDTH,
            "places": line_places,
            "tests": line_tests,
            "next_tests": int(lines[1] is not None),
            "vector_places": vector_places,
            "vector_tests": vector_tests,
            "next_vector_tests": WIDTH * (self._kept[1] is not _NO_TESTS),
            "limit": places.limit,
            "all_low": max(area[0] for area in areas),
            "all_high": min(area[1] for area in areas),
            "all_vector_low": max(area[2] for area in areas),
            "all_vector_high": min(area[3] for area in areas),
        }
        self.numbers: npt.NDArray[np.int64] = np.array([values[name] for name in SLOTS], np.int64)


_Side: TypeAlias = tuple[Numbers, Numbers | None]
"""Places and tests of rows, or of columns."""


def _members_and_lines(array: Array, places: Places) -> tuple[_Side, _Side]:
    rows = places.rows, places.row_tests
    columns = places.columns, places.column_tests
    return (columns, rows) if array.rows is None else (rows, columns)


def _area(array: Array, places: Places) -> tuple[int, int, int, int]:
    """Give the ranges of lines and of vectors beyond which everything is zero."""
    members, lines = _members_and_lines(array, places)
    group = 1 if array.rows is None else array.rows[2]
    first, last = _extent(*members)
    low, high = _extent(*lines)
    return low - low % group, high + high % group, first // WIDTH, -(-last // WIDTH)


_NO_TESTS: Numbers = np.zeros(WIDTH, np.int32)


def _extent(places: Numbers, tests: Numbers | None) -> tuple[int, int]:
    """Give the range beyond which everything is zero."""
    if tests is None:
        return 0, places.size
    found = np.flatnonzero(tests != NOWHERE)
    return (int(found[0]), int(found[-1]) + 1) if found.size else (0, 0)


def _tests(places: Numbers, tests: Numbers | None) -> Numbers:
    """Give the tests of whole vectors, in which what doesn't exist is nowhere."""
    if places.size % WIDTH == 0:
        return _NO_TESTS if tests is None else tests
    return _filled_up(np.zeros_like(places) if tests is None else tests, NOWHERE)


def _filled_up(numbers: Numbers, value: int) -> Numbers:
    missing = -numbers.size % WIDTH
    return np.pad(numbers, (0, missing), constant_values=value) if missing else numbers
