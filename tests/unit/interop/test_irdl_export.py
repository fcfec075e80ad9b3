"""Constraints of xDSL's definitions mean the same in IRDL."""

from collections.abc import Sequence
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.dialects import test
from xdsl.dialects.builtin import (
    IndexType,
    IntegerAttr,
    IntegerType,
    ModuleOp,
    StringAttr,
    TensorType,
    UnitAttr,
    VectorType,
    f16,
    f32,
    i8,
    i32,
)
from xdsl.ir import (
    Attribute,
    Block,
    Data,
    Dialect,
    Operation,
    ParametrizedAttribute,
    Region,
    TypeAttribute,
)
from xdsl.irdl import (
    AllOf,
    AnyAttr,
    AnyOf,
    AttrConstraint,
    AttrSetConstraint,
    AttrSizedOperandSegments,
    BaseAttr,
    EqAttrConstraint,
    IRDLOperation,
    MessageConstraint,
    ParamAttrConstraint,
    RangeOf,
    VarConstraint,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    opt_region_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from spatial_opt.dialects import DIALECTS
from spatial_opt.interop.generic_text import generic_text
from spatial_opt.interop.irdl_export import dialects_to_irdl
from spatial_opt.machine.errors import SpatialError
from spatial_opt.runtime import bindings

FOUND = bindings.find()
needs_mlir = pytest.mark.skipif(FOUND is None, reason="needs MLIR's bindings")
_NUMBER = count()


@irdl_attr_definition
class PairAttr(ParametrizedAttribute):
    """Two attributes."""

    name = "probe.pair"

    left: StringAttr
    right: IntegerAttr | StringAttr


@irdl_attr_definition
class MarkAttr(ParametrizedAttribute):
    """Nothing but itself."""

    name = "probe.mark"


@irdl_attr_definition
class BoxType(ParametrizedAttribute, TypeAttribute):
    """A type of another one."""

    name = "probe.box"

    element: Attribute


@irdl_op_definition
class AllOp(IRDLOperation):
    """One of everything. And more."""

    name = "probe.all"

    T: ClassVar = VarConstraint("T", BaseAttr(IntegerType) | BaseAttr(TensorType))

    first = operand_def(T)
    second = opt_operand_def(T)
    same = var_operand_def(f32)
    mixed = var_operand_def(AnyOf.get(f16, f32, BaseAttr(IndexType)))
    boxed = operand_def(ParamAttrConstraint.get(BoxType, f32))
    result = result_def(T)
    kind = prop_def(AttrSetConstraint.get(StringAttr("a"), StringAttr("b")))
    pair = prop_def(PairAttr)
    fixed = prop_def(EqAttrConstraint(PairAttr(StringAttr("x"), StringAttr("y"))))
    mark = prop_def(MarkAttr | UnitAttr)
    both = prop_def(AllOf((BaseAttr(IntegerAttr), EqAttrConstraint(IntegerAttr(1, 32)))))
    extra = opt_prop_def(UnitAttr)
    body = region_def("single_block", entry_args=RangeOf(IndexType).of_length(2))
    free = region_def()

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())


PROBE = Dialect("probe", [AllOp], [PairAttr, MarkAttr, BoxType])


def _verdict(definitions: str, dialects: frozenset[str], module: ModuleOp) -> str | None:
    """Give MLIR's reason to refuse a module under definitions, None if it accepts it."""
    assert FOUND is not None
    ir: Any = FOUND.ir
    irdl: Any = FOUND.module("dialects.irdl")
    with ir.Context() as context, ir.Location.unknown():
        context.allow_unregistered_dialects = True
        irdl.load_dialects(ir.Module.parse(definitions))
        if any(op.name == "probe.all" for op in module.walk()):
            ir.NoTerminatorTrait.attach("probe.all", context=context)
        try:
            ir.Module.parse(generic_text(module, dialects, 16).text)
        except ir.MLIRError as error:
            return error.error_diagnostics[0].message
    return None


def _verifies(op: Operation) -> bool:
    try:
        op.verify_()
    except VerifyException:
        return False
    return True


def _all(**changes: Any) -> AllOp:
    """Make the operation, right but for the changes."""
    operands: dict[str, Sequence[Attribute]] = {
        "first": [i32],
        "second": [i32],
        "same": [f32, f32],
        "mixed": [f16, IndexType(), f32, f16],
        "boxed": [BoxType(f32)],
    }
    properties: dict[str, Attribute] = {
        "kind": StringAttr("b"),
        "pair": PairAttr(StringAttr("p"), IntegerAttr(3, 64)),
        "fixed": PairAttr(StringAttr("x"), StringAttr("y")),
        "mark": MarkAttr(),
        "both": IntegerAttr(1, 32),
    }
    for key, change in changes.items():
        if key in operands:
            operands[key] = change
        elif key in properties:
            properties[key] = change
    body = Block(arg_types=changes.get("body", [IndexType(), IndexType()]))
    return AllOp.build(
        operands=[
            [test.TestOp(result_types=[type]).results[0] for type in types]
            for types in operands.values()
        ],
        result_types=[changes.get("result", i32)],
        properties=properties,
        regions=[Region(body), Region([Block() for _ in range(changes.get("free", 1))])],
    )


def _module(op: Operation) -> ModuleOp:
    makers = [value.owner for value in op.operands if isinstance(value.owner, Operation)]
    return ModuleOp([*makers, op])


@needs_mlir
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"second": []}, None),
        ({"same": [], "mixed": []}, None),
        ({"first": [i8], "second": [i8], "result": i8}, None),
        ({"mark": UnitAttr()}, None),
        ({"kind": StringAttr("a")}, None),
        ({"free": 0}, None),
        ({"first": [i8]}, "expected 'i8' but got 'i32'"),
        ({"first": [f32], "second": [], "result": f32}, "'f32' does not satisfy the constraint"),
        ({"result": i8}, "expected 'i32' but got 'i8'"),
        ({"same": [f16]}, "expected 'f32' but got 'f16'"),
        ({"mixed": [f16, i8]}, "'i8' does not satisfy the constraint"),
        ({"boxed": [BoxType(f16)]}, "expected 'f32' but got 'f16'"),
        ({"boxed": [f32]}, "expected base type 'probe.box' but got 'f32'"),
        ({"kind": StringAttr("c")}, "'\"c\"' does not satisfy the constraint"),
        ({"pair": StringAttr("c")}, "expected base attribute 'probe.pair'"),
        ({"fixed": PairAttr(StringAttr("x"), StringAttr("z"))}, "expected '\"y\"' but got '\"z\"'"),
        ({"mark": StringAttr("m")}, "'\"m\"' does not satisfy the constraint"),
        ({"both": IntegerAttr(2, 32)}, "expected '1 : i32' but got '2 : i32'"),
        ({"body": [IndexType()]}, "expected region 0 to have 2 arguments but got 1"),
        ({"body": [IndexType(), i32]}, "expected 'index' but got 'i32'"),
    ],
)
def test_every_kind_of_constraint(changes: dict[str, Any], reason: str | None):
    op = _all(**changes)
    assert _verifies(op) == (reason is None)
    found = _verdict(dialects_to_irdl([PROBE]), frozenset({"probe"}), _module(op))
    assert found is None if reason is None else reason in (found or "")


@needs_mlir
@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ('"a", 1 : i32', None),
        ('"a", "b"', None),
        ('1 : i32, "b"', "expected base attribute 'builtin.string'"),
        ('"a", unit', "'unit' does not satisfy the constraint"),
        ('"a"', "expected 2 type arguments, but had 1"),
    ],
)
def test_parameters_of_attributes(parameters: str, reason: str | None):
    assert FOUND is not None
    ir: Any = FOUND.ir
    irdl: Any = FOUND.module("dialects.irdl")
    with ir.Context(), ir.Location.unknown():
        irdl.load_dialects(ir.Module.parse(dialects_to_irdl([PROBE])))
        if reason is None:
            ir.Attribute.parse(f"#probe.pair<{parameters}>")
            return
        with pytest.raises(ir.MLIRError) as error:
            ir.Attribute.parse(f"#probe.pair<{parameters}>")
        assert reason in error.value.error_diagnostics[0].message


_TYPES = (f16, f32, i8, i32, IndexType(), TensorType(f32, [2]), TensorType(i8, [3]))
_LEAVES: tuple[AttrConstraint, ...] = (
    AnyAttr(),
    *(EqAttrConstraint(type) for type in _TYPES),
    BaseAttr(IntegerType),
    BaseAttr(TensorType),
    BaseAttr(VectorType),
    BaseAttr(IndexType),
    AnyOf.get(f16, f32),
    AnyOf.get(BaseAttr(IntegerType), f32),
    AnyOf.get(BaseAttr(TensorType), BaseAttr(IndexType), i32),
)


def _constraints() -> st.SearchStrategy[AttrConstraint]:
    leaf = st.sampled_from(_LEAVES)
    inner = st.one_of(
        leaf,
        st.tuples(leaf, leaf).map(AllOf),
        leaf.map(lambda part: MessageConstraint(part, "no")),
    )
    variables = (VarConstraint("T", AnyAttr()), VarConstraint("U", AnyAttr()))
    return st.one_of(inner, st.sampled_from(variables))


@needs_mlir
@settings(max_examples=40, deadline=None)
@given(
    st.lists(_constraints(), min_size=4, max_size=4),
    st.lists(st.lists(st.sampled_from(_TYPES), min_size=4, max_size=4), min_size=1, max_size=4),
    st.sampled_from(("single", "optional", "variadic")),
)
def test_random_constraints(
    constraints: list[AttrConstraint], rows: list[list[Attribute]], how: str
):
    name = f"random{next(_NUMBER)}"
    field = {"single": operand_def, "optional": opt_operand_def, "variadic": var_operand_def}[how]
    fields: dict[str, Any] = {
        "name": f"{name}.op",
        "a": operand_def(constraints[0]),
        "b": operand_def(constraints[1]),
        "c": field(constraints[2]),
        "r": var_result_def(constraints[3]),
    }
    kind = irdl_op_definition(type("RandomOp", (IRDLOperation,), fields))
    definitions = dialects_to_irdl([Dialect(name, [kind], [])])
    for a, b, c, r in rows:
        more = [c, *([a, b] if how == "variadic" else [])]
        values = [test.TestOp(result_types=[type]).results[0] for type in (a, b, *more)]
        op = kind.create(operands=values, result_types=[r, *([b] if how == "variadic" else [])])
        found = _verdict(definitions, frozenset({name}), _module(op))
        assert (found is None) == _verifies(op), (definitions, found)


def test_what_irdl_cannot_say_is_noted():
    text = dialects_to_irdl([PROBE])
    assert "beyond IRDL: optional extra is unit" in text
    assert "beyond IRDL: traits Pure" in text
    assert "// One of everything. And more.\n  irdl.operation @all {" in text
    spatial = dialects_to_irdl([DIALECTS["spatial"]()])
    assert "beyond IRDL: depth is builtin.integer of i64" in spatial
    assert "beyond IRDL: waits is builtin.array, each builtin.string" in spatial


def test_slots_of_mixed_groups():
    text = dialects_to_irdl([PROBE], slots=3)
    assert "same: variadic %" in text
    assert "second: optional %" in text
    assert all(f"mixed_{slot}: optional %" in text for slot in range(3))
    assert "mixed_3" not in text


class _Number(Data[int]):
    name = "probe.number"


class _PlainOp(Operation):
    name = "probe.plain"


@irdl_op_definition
class _OptionalRegionOp(IRDLOperation):
    name = "probe.maybe"

    body = opt_region_def()


@pytest.mark.parametrize(
    ("dialect", "sentence"),
    [
        (
            Dialect("probe", [], [_Number]),
            "probe.number holds Python data, which IRDL has no word for; give it parameters",
        ),
        (
            Dialect("probe", [_OptionalRegionOp], []),
            "region body of probe.maybe may occur several times or not at all",
        ),
        (
            Dialect("probe", [_PlainOp], []),
            "has no definition; make it an IRDLOperation",
        ),
    ],
)
def test_what_has_no_equivalent_is_refused(dialect: Dialect, sentence: str):
    with pytest.raises(SpatialError, match=sentence.replace("(", r"\(")):
        dialects_to_irdl([dialect])
