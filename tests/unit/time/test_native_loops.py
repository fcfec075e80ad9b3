"""One definition, two executions."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from random_networks import random_network

from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings, event_tables
from spatial_opt.runtime.deadlock import DeadlockError
from spatial_opt.runtime.event_engine import run
from spatial_opt.runtime.event_results import TimeResult
from spatial_opt.runtime.native_loops import call, compile_loops, translate
from spatial_opt.runtime.network import Network, Process

needs_bindings = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

STEP = 3
FRACTION: Any = 0.5


def outcome(network: Network, native: bool) -> TimeResult | str:
    """The result of a run, or the message if it comes to a halt."""
    try:
        return run(network, native=native, record=3)
    except DeadlockError as error:
        return str(error)


@needs_bindings
def test_engine_agrees() -> None:
    for seed in range(100):
        network = random_network(Random(seed), trips=12)
        portable, native = outcome(network, False), outcome(network, True)
        if isinstance(portable, str) or isinstance(native, str):
            assert portable == native
        else:
            assert native.native
            assert replace(native, native=False) == portable


def collatz(numbers: list[int], counts: list[int], size: list[int]) -> None:
    """Everything the subset has."""
    i = 0
    while i < size[0]:
        n = numbers[i]
        counts[i] = -1
        while n != 1 and n > 0:
            counts[i] += 1
            half = 0
            while half * 2 < n:
                half += 1
            if half * 2 == n:
                n = half
            else:
                n = STEP * n + 1
        if counts[i] >= 10 or n <= 0:
            counts[i] *= 2
        elif counts[i] == -1:
            pass
        else:
            counts[i] -= n - 1
        i += 1


@needs_bindings
def test_translation() -> None:
    numbers = [1, 2, 3, 6, 7, 27, 0, -5]
    expected = [0] * len(numbers)
    collatz(numbers, expected, [len(numbers)])
    counts = np.zeros(len(numbers), np.int64)
    compile_loops(collatz)(np.array(numbers), counts, np.array([len(numbers)]))
    assert counts.tolist() == expected


def _halve(a: list[int]) -> None:
    a[1] = a[0] // 2


def quarter(a: list[int], b: list[int]) -> None:
    """Calls another function, with arrays in another order."""
    _halve(a)
    b[0] = a[1]
    _halve(b)


@needs_bindings
def test_calls() -> None:
    a, b = np.array([21, 0]), np.array([0, 0])
    bound = compile_loops(quarter).bind([a, b])
    bound()
    assert (a.tolist(), b.tolist()) == ([21, 10], [10, 5])
    # The arrays as they are when it is called.
    a[0] = 8
    bound()
    assert b.tolist() == [4, 2]


@needs_bindings
def test_several_at_once() -> None:
    a, b = np.array([21, 0]), np.array([0, 0])
    along = quarter, _halve
    first, second = compile_loops(quarter, along), compile_loops(_halve, along)
    first.bind([a, b])()
    assert (a.tolist(), b.tolist()) == ([21, 10], [10, 5])
    second.bind([b])()
    assert b.tolist() == [10, 5]
    assert compile_loops(_halve, along) is second
    assert compile_loops(_halve) is not second


def double(a: list[int]) -> None:
    a[0] *= 2


def test_whole_numbers_wrap() -> None:
    for native in (False, *([True] if bindings.find() else [])):
        a = np.array([2**62, 1])
        run_it = call(double, [a], native)
        run_it()
        assert a.tolist() == [-(2**63), 1]
        run_it()
        assert a.tolist() == [0, 1]


def _other_arrays(a: list[int]) -> None:
    _halve([a[0], 1])


def _remainder(a: list[int]) -> None:
    a[0] = a[1] % a[2]


def _call(a: list[int]) -> None:
    a[0] = len(a)


def _late_read(a: list[int]) -> None:
    i = 0
    if i < 1 and a[i] > 0:
        a[0] = 1


def _for(a: list[int]) -> None:
    for i in a:
        a[0] = i


def _unknown(a: list[int]) -> None:
    a[0] = FRACTION


def _slice(a: list[int]) -> None:
    a[:] = a


def _condition(a: list[int]) -> None:
    if a:
        a[0] = 1


@pytest.mark.parametrize(
    "function", [_remainder, _call, _other_arrays, _late_read, _for, _unknown, _slice, _condition]
)
def test_outside_the_subset(function: Callable[..., None]) -> None:
    with pytest.raises(SpatialError, match="outside the subset"):
        translate(function)


@needs_bindings
def test_wrong_arrays() -> None:
    narrow: Any = np.zeros(2, np.int32)
    with pytest.raises(RuntimeError, match="takes int64 arrays"):
        compile_loops(collatz)(narrow)


def test_without_bindings(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing() -> None:
        return None

    monkeypatch.setattr(bindings, "find", nothing)
    monkeypatch.setattr(event_tables, "find", nothing)
    network = Network([Process("a", "pcu", 3, 1)], [])
    assert not run(network).native
    with pytest.raises(SpatialError, match="pip install torch-mlir"):
        bindings.require()


@needs_bindings
def test_bindings() -> None:
    found = bindings.require()
    assert found.prefix in bindings.PREFIXES
    assert found.module("passmanager").PassManager
