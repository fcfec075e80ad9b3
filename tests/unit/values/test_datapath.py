"""Rates inside compute units: per, once, folds seen at every firing, counters as values."""

from collections.abc import Callable

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from spatial_opt.dialects.spatial import PcuOp
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime.formats import Array
from spatial_opt.runtime.numpy_datapath import Datapath

Parse = Callable[[str], ModuleOp]


def datapath(parse: Parse, body: str, counters: str = "(%i = 0 to 2, %j = 0 to 3)") -> Datapath:
    module = parse(f"spatial.pcu @p counters {counters} {{ {body} }}")
    (op,) = [op for op in module.walk() if isinstance(op, PcuOp)]
    return Datapath(op)


def numbers(*shape: int) -> Array:
    return np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)


def test_fold_per_outer_counter(parse_unverified: Parse):
    path = datapath(
        parse_unverified,
        """
        %v = spatial.receive "v" : vector<3xf32>
        %f = spatial.fold max %v per %i : vector<3xf32> to f32
        spatial.send "out" %f per %i : f32
        """,
    )
    (got,) = path.run([numbers(2, 3, 3)])
    assert got.tolist() == [9, 18]


def test_fold_seen_at_every_firing_is_partial(parse_unverified: Parse):
    path = datapath(
        parse_unverified,
        """
        %v = spatial.receive "v" : f32
        %f = spatial.fold add %v per %i : f32 to f32
        %g = spatial.fold add %f once : f32 to f32
        spatial.send "each" %f : f32
        spatial.send "all" %g once : f32
        """,
    )
    each, whole = path.run([numbers(2, 3)])
    assert each.tolist() == [[1, 3, 6], [4, 9, 15]]
    assert whole == 1 + 3 + 6 + 4 + 9 + 15


def test_held_tokens_meet_new_ones(parse_unverified: Parse):
    path = datapath(
        parse_unverified,
        """
        %a = spatial.receive "a" once : f32
        %b = spatial.receive "b" per %i : f32
        %c = spatial.receive "c" : f32
        %d = arith.addf %a, %b : f32
        %e = arith.mulf %d, %c : f32
        spatial.send "each" %e : f32
        spatial.send "last" %e per %i : f32
        spatial.send "held" %b : f32
        """,
    )
    a, b, c = np.array(10, np.float32), numbers(2), numbers(2, 3)
    each, last, held = path.run([a, b, c])
    want = (10 + b[:, None]) * c
    assert (each == want).all()
    assert (last == want[:, -1]).all()
    assert held.tolist() == [[1, 1, 1], [2, 2, 2]]


def test_a_constant_accumulates_once_per_firing(parse_unverified: Parse):
    path = datapath(
        parse_unverified,
        """
        %c = arith.constant 2 : i8
        %f = spatial.fold mul %c per %i : i8 to i8
        spatial.send "out" %f per %i : i8
        """,
        "(%i = 0 to 2, %j = 0 to 7)",
    )
    (got,) = path.run([])
    # 2**7 wraps in eight bits.
    assert got.tolist() == [-128, -128]


def test_counters_are_values(parse_unverified: Parse):
    path = datapath(
        parse_unverified,
        """
        %s = arith.addi %i, %j : index
        %n = arith.index_cast %s : index to i32
        spatial.send "out" %n : i32
        """,
    )
    (got,) = path.run([])
    assert got.tolist() == [[0, 1, 2], [1, 2, 3]]


def test_unknown_operation_names_the_unit(parse_unverified: Parse):
    body = """
        %v = spatial.receive "v" : f32
        %a = pattern.activate tanh %v : f32
        spatial.send "out" %a : f32
    """
    with pytest.raises(SpatialError, match=r"@p: a compute unit can't run pattern\.activate"):
        datapath(parse_unverified, body)


def test_a_unit_without_counters_fires_once(parse_unverified: Parse):
    path = datapath(
        parse_unverified,
        """
        %a = spatial.receive "a" : f32
        %b = spatial.receive "b" once : f32
        %s = arith.subf %a, %b : f32
        %f = spatial.fold add %s once : f32 to f32
        spatial.send "out" %f : f32
        """,
        "()",
    )
    (got,) = path.run([np.array(5, np.float32), np.array(3, np.float32)])
    assert got == 2
    assert got.shape == ()
