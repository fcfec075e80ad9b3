"""Every cell, at any size, computes what its numpy twin computes."""

from typing import Any

import pytest
from cell_cases import SIZES, TWINS, Case
from hypothesis import given, settings
from hypothesis import strategies as st

LARGEST = {"T": 7, "D": 40, "H": 40, "P": 19, "C": 19, "N": 7}


def test_every_cell_has_a_twin():
    assert SIZES.keys() == TWINS.keys()


@pytest.mark.parametrize("cell", SIZES)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_a_cell_equals_its_twin(cell: str, data: Any):
    names = SIZES[cell]
    sizes = {name: data.draw(st.integers(1, LARGEST[name]), name) for name in names}
    case = Case(cell, sizes, data.draw(st.integers(0, 1000), "seed"))
    # Sums of at most 40 8-bit products are exact, and all else is rounded as in the twin.
    exact = "int8" in cell or "mixed8" in cell
    case.check(case.values(), 0.0 if exact else 1e-5)


@pytest.mark.parametrize("cell", SIZES)
def test_a_cell_of_size_one_equals_its_twin(cell: str):
    case = Case(cell, dict.fromkeys(SIZES[cell], 1))
    case.check(case.values(), 1e-5)


@pytest.mark.parametrize("cell", ["lstm_peephole", "mgu_mixed8", "attention", "matvec_int8"])
def test_a_twin_notices_a_wrong_weight(cell: str):
    case = Case(cell)
    case.parameters["W"] = case.parameters["W"] * 0.5
    with pytest.raises(AssertionError):
        case.check(case.values(), 1e-5)
