"""Formats, conversions, arithmetic and the order of sums: native code has the evaluator's bits."""

from collections.abc import Callable

import pytest
from native_checks import Checker
from random_numbers import arithmetic, conversion, numbers, reduction
from xdsl.dialects.builtin import ModuleOp

Program = Callable[[str], ModuleOp]
KINDS = {"reduction": reduction, "conversion": conversion, "arithmetic": arithmetic}


def _check(same: Checker, program: Program, kind: str, seed: int, bits: bool = False) -> None:
    module = program(KINDS[kind](seed))
    inputs = numbers(module, seed, special=seed % 2 == 1)
    same.bit_for_bit(module, inputs, bits=bits)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_numbers(same: Checker, program: Program, kind: str, seed: int):
    _check(same, program, kind, seed)


@pytest.mark.parametrize("seed", range(6, 8))
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_held_as_bits(same: Checker, program: Program, kind: str, seed: int):
    _check(same, program, kind, seed, bits=True)


@pytest.mark.long
@pytest.mark.parametrize("bits", [False, True])
@pytest.mark.parametrize("seed", range(10, 130))
@pytest.mark.parametrize("kind", KINDS)
def test_many_numbers(same: Checker, program: Program, kind: str, seed: int, bits: bool):
    _check(same, program, kind, seed, bits)


@pytest.mark.parametrize("seed", [1, 3, 17])
def test_sums_in_any_order(same: Checker, program: Program, seed: int):
    module = program(reduction(seed))
    same.nearly(module, numbers(module, seed), 2e-5)
