"""No two words share a place, and a bank is as deep as its fullest one under the rule."""

from itertools import product
from math import ceil, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial_opt.machine.banks import Banking, fitting_box, most_on_one_bank, words_of


@st.composite
def memories(draw: st.DrawFn) -> tuple[tuple[int, ...], Banking]:
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
    banks, block = draw(st.integers(1, 7)), draw(st.sampled_from([1, 2, 3, 4, 8]))
    vector = draw(st.none() | st.tuples(*(st.integers(0, 40) for _ in shape)))
    return shape, Banking(banks, block, vector)


@settings(max_examples=300, deadline=None)
@given(memories())
def test_no_two_words_share_a_place(memory: tuple[tuple[int, ...], Banking]):
    shape, banking = memory
    places: set[tuple[int, int]] = set()
    for word in product(*map(range, shape)):
        bank, offset = banking.place(word, shape)
        assert bank == banking.bank(word, shape)
        assert 0 <= bank < banking.banks
        assert 0 <= offset < banking.depth(shape)
        places.add((bank, offset))
    assert len(places) == prod(shape)


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("size", [1, 3, 4, 17, 64])
def test_row_major_takes_no_padding_but_the_last_blocks(bits: int, size: int):
    words = words_of((3, size), bits)
    assert words == (3, ceil(size * bits / 32))
    for banks, block in product((1, 4, 16), (1, 2, 8)):
        expected = ceil(prod(words) / (banks * block)) * block
        assert Banking(banks, block).depth(words) == expected


def test_what_vectors_cost():
    # Skewing by one word a row: a column falls on 16 banks, and nothing is padded.
    assert Banking(16, 1, (1, 1)).depth((64, 64)) * 16 == 64 * 64
    assert Banking(16, 1, (65, 1)).depth((64, 64)) * 16 == 64 * 64
    # Rows 96 words apart in 12 banks: of a row of 64, every sixth piece is a third empty.
    assert Banking(12, 1, (96, 1)).depth((64, 64)) * 12 == 64 * 72
    # All words on one bank.
    assert Banking(16, 1, (0, 0)).depth((4, 4)) == 16


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 12),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 11)), min_size=1, max_size=3),
)
def test_box_for_the_fewest_cells(modulus: int, dims: list[tuple[int, int]]):
    shape = tuple(extent for extent, _ in dims)
    vector = tuple(entry % modulus for _, entry in dims)

    def cells(box: tuple[int, ...]) -> int:
        return prod(ceil(n / p) for n, p in zip(shape, box, strict=True))

    def distinct(box: tuple[int, ...]) -> bool:
        numbers = [
            sum(a * x for a, x in zip(vector, word, strict=True)) % modulus
            for word in product(*map(range, box))
        ]
        return len(set(numbers)) == len(numbers)

    box = fitting_box(vector, modulus, shape)
    assert distinct(box)
    every = product(*(range(1, extent + 1) for extent in shape))
    assert cells(box) == min(cells(other) for other in every if distinct(other))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 500),
    st.integers(0, 40),
    st.integers(0, 80),
    st.integers(1, 17),
    st.sampled_from([1, 2, 3, 4, 8, 64]),
)
def test_words_of_a_run_on_one_bank(first: int, span: int, step: int, banks: int, block: int):
    on = [(first + step * n) // block % banks for n in range(span)]
    expected = max((on.count(bank) for bank in set(on)), default=0)
    found = most_on_one_bank(np.array([first]), np.array([span]), step, banks, block)
    assert found.tolist() == [expected]
