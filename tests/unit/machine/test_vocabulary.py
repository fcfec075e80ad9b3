"""The names a machine file may use are those that the dialects and the interpreter know."""

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser

from spatial_opt.dialects.pattern_syntax import is_scalar
from spatial_opt.dialects.spatial import Spatial
from spatial_opt.machine.load import known_machines, load_machine
from spatial_opt.machine.vocabulary import FORMATS, OPERATIONS
from spatial_opt.runtime.arithmetic import SUPPORTED
from spatial_opt.runtime.formats import storage_dtype

OTHERS = {"pattern.convert", "spatial.combine", "spatial.fold", "vector.broadcast"}
"""What a compute unit runs besides `arith` and `math`."""


def test_operations_are_those_of_the_interpreter():
    assert set(OPERATIONS) == SUPPORTED | OTHERS
    assert len(set(OPERATIONS)) == len(OPERATIONS)
    assert {"spatial.combine", "spatial.fold"} <= {op.name for op in Spatial.operations}


@pytest.mark.parametrize(
    "name",
    [*FORMATS, "f64", "i64", "i4", "f8E4M3", "f8E8M0FNU"],
)
def test_formats_are_the_scalars_of_the_dialects(name: str):
    context = Context()
    context.load_dialect(Builtin)
    type_ = Parser(context, name).parse_type()
    assert str(type_) == name
    assert is_scalar(type_) == (name in FORMATS)
    if name in FORMATS:
        storage_dtype(type_)


@pytest.mark.parametrize("name", known_machines())
def test_only_machines_that_pack_words_compute_on_narrow_floats(name: str):
    machine = load_machine(name)
    narrow = {"f16", "bf16", "f8E4M3FN", "f8E5M2"}
    assert narrow & set(machine.formats) == (narrow if machine.pcu.packed else set())
    assert {"f32", "i32", "i1", "index"} <= set(machine.formats)
