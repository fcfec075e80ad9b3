"""Places in the user's array of the elements of rows and columns, and which are outside."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Positions: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.int32]

NOWHERE = -(1 << 30)
"""A test that fails, whatever is added to it."""


@dataclass(frozen=True)
class Places:
    """
    Where the elements of an array stand: element (r, c) at `rows[r] + columns[c]`.

    It is zero unless 0 <= row_tests[r] + column_tests[c] < limit.
    """

    rows: Numbers
    columns: Numbers
    row_tests: Numbers | None
    """None if all are 0."""
    column_tests: Numbers | None
    limit: int


class Tests:
    """Collects which elements are inside in every dimension; at most one may mix both ways."""

    def __init__(self) -> None:
        self.limit = 1
        self._sums: tuple[Positions, Positions] | None = None
        self._no_row = self._no_column = np.zeros(1, np.bool_)

    def add(self, at: Positions, along: Positions, size: int) -> bool:
        """Add a dimension; False if it can't be tested besides those before."""
        low, high = int(at.min() + along.min()), int(at.max() + along.max())
        if low >= 0 and high < size:
            return True
        if low == high or along.min() == along.max():
            self._no_row = self._no_row | _outside(at + along[0], size)
        elif at.min() == at.max():
            self._no_column = self._no_column | _outside(along + at[0], size)
        elif self._sums is None and max(-low, high, size) < 1 << 28:
            self._sums, self.limit = (at, along), size
        else:
            return False
        return True

    def of_rows(self) -> Numbers | None:
        """Give the tests of rows."""
        return self._test(0, self._no_row)

    def of_columns(self) -> Numbers | None:
        """Give the tests of columns."""
        return self._test(1, self._no_column)

    def _test(self, which: int, no: npt.NDArray[np.bool_]) -> Numbers | None:
        if self._sums is None and not no.any():
            return None
        sums = np.zeros(no.shape, np.int64) if self._sums is None else self._sums[which]
        return np.ascontiguousarray(np.where(no, NOWHERE, sums), np.int32)


def _outside(at: Positions, size: int) -> npt.NDArray[np.bool_]:
    return (at < 0) | (at >= size)
