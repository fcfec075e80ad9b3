"""Raising to patterns: named operations of upstream, and what our own conversion writes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from native_checks import Native
from nested_programs import NESTED
from raising_checks import check_there_and_back, raised, raised_text
from random_numbers import arithmetic, conversion, numbers, reduction
from test_programs import CELLS, EXPORTED, random_program, read_example
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.pattern_evaluator import evaluate
from spatial_opt.runtime.program_inputs import random_inputs

Program = Callable[[str], ModuleOp]

# --- named operations

PRODUCTS = {
    "linalg.dot": ((7,), (7,), (), "k,k->"),
    "linalg.matvec": ((4, 7), (7,), (4,), "mk,k->m"),
    "linalg.vecmat": ((7,), (7, 5), (5,), "k,kn->n"),
    "linalg.matmul": ((4, 7), (7, 5), (4, 5), "mk,kn->mn"),
    "linalg.batch_matvec": ((3, 4, 7), (3, 7), (3, 4), "bmk,bk->bm"),
    "linalg.batch_matmul": ((3, 4, 7), (3, 7, 5), (3, 4, 5), "bmk,bkn->bmn"),
}


def _type(shape: tuple[int, ...]) -> str:
    return f"tensor<{''.join(f'{extent}x' for extent in shape)}f32>"


def _named(name: str, types: list[str], results: str) -> str:
    given = ", ".join(f"%a{n}: {type}" for n, type in enumerate(types))
    names = ", ".join(f"%a{n}" for n in range(len(types)))
    return f"""
    func.func @main({given}, %init: {results}) -> {results} {{
      %y = {name} ins({names} : {", ".join(types)}) outs(%init : {results}) -> {results}
      func.return %y : {results}
    }}"""


def _from_upstream(native: Native, text: str) -> ModuleOp:
    return raised_text(native.generic(text), generic=True)


@pytest.mark.parametrize("name", PRODUCTS)
def test_named_products(native: Native, name: str):
    *factors, result, formula = PRODUCTS[name]
    module = _from_upstream(native, _named(name, [_type(f) for f in factors], _type(result)))
    inputs = random_inputs(module, 0)
    first, second, init = inputs.values()
    (got,) = evaluate(module, inputs, {}).values()
    want = init + np.einsum(formula, first, second)
    np.testing.assert_allclose(got, want, rtol=0, atol=2e-6)


def _reciprocal_root(array: Array) -> Array:
    return np.asarray(1 / np.sqrt(array))


ELEMENTS: dict[str, tuple[int, Callable[..., Array]]] = {
    "linalg.add": (2, np.add),
    "linalg.sub": (2, np.subtract),
    "linalg.mul": (2, np.multiply),
    "linalg.div": (2, np.divide),
    "linalg.max": (2, np.maximum),
    "linalg.exp": (1, np.exp),
    "linalg.tanh": (1, np.tanh),
    "linalg.abs": (1, np.abs),
    "linalg.square": (1, np.square),
    "linalg.negf": (1, np.negative),
    "linalg.rsqrt": (1, _reciprocal_root),
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_named_elementwise_operations(native: Native, name: str):
    count, compute = ELEMENTS[name]
    type = _type((3, 5))
    module = _from_upstream(native, _named(name, [type] * count, type))
    inputs = {key: np.abs(array) + 0.1 for key, array in random_inputs(module, 0).items()}
    (got,) = evaluate(module, inputs, {}).values()
    want = compute(*list(inputs.values())[:count])
    np.testing.assert_allclose(got, want, rtol=2e-6)


# --- there and back


@pytest.mark.parametrize("path", CELLS[::2], ids=lambda path: path.stem)
def test_cells_there_and_back(path: Path):
    check_there_and_back(*read_example(path))


@pytest.mark.long
@pytest.mark.parametrize("path", CELLS[1::2] + EXPORTED, ids=lambda path: path.stem)
def test_other_examples_there_and_back(path: Path):
    check_there_and_back(*read_example(path))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("write", [reduction, conversion, arithmetic])
def test_numbers_there_and_back(program: Program, write: Callable[[int], str], seed: int):
    module = program(write(seed))
    check_there_and_back(module, numbers(module, seed, special=seed % 2 == 1))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["f32", "i32", "maps"])
def test_random_programs_there_and_back(program: Program, kind: str, seed: int):
    module = program(random_program(kind, seed))
    check_there_and_back(module, numbers(module, seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 150))
def test_many_programs_there_and_back(program: Program, seed: int):
    for write in (reduction, conversion, arithmetic):
        module = program(write(seed))
        check_there_and_back(module, numbers(module, seed, special=seed % 2 == 1))
    for kind in ("f32", "i32", "i8", "maps"):
        module = program(random_program(kind, seed))
        check_there_and_back(module, numbers(module, seed))


@pytest.mark.parametrize(
    "name", ["scans_that_exchange_states", "results_that_need_each_other", "computed_indices"]
)
def test_nested_programs_there_and_back(program: Program, name: str):
    module = program(NESTED[name])
    check_there_and_back(module, random_inputs(module, 0))


def test_raising_leaves_patterns_alone(program: Program):
    module = program(NESTED["scan_in_map"])
    before = str(module)
    assert str(raised(module)) == before
