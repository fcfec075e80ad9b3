"""Uses before definitions, which xDSL's own verification accepts."""

import pytest
from xdsl.dialects import test
from xdsl.dialects.builtin import ModuleOp, i32
from xdsl.ir import Block, Region
from xdsl.utils.exceptions import VerifyException

from spatial_opt.tools.dominance import check_dominance


def test_values_of_outer_blocks_and_arguments_are_visible():
    outer = test.TestOp(result_types=[i32])
    block = Block(arg_types=[i32])
    block.add_op(test.TestOp(operands=[outer.results[0], block.args[0]]))
    check_dominance(ModuleOp([outer, test.TestOp(regions=[Region(block)])]))


def test_use_before_definition():
    definition = test.TestOp(result_types=[i32])
    definition.results[0].name_hint = "late"
    module = ModuleOp([test.TestOp(operands=[definition.results[0]]), definition])
    module.verify()
    with pytest.raises(VerifyException, match=r"operand 0 of test\.op, %late, is not defined"):
        check_dominance(module)


def test_use_inside_its_own_definition():
    inner = Block()
    outer = test.TestOp(result_types=[i32], regions=[Region(inner)])
    inner.add_op(test.TestOp(operands=[outer.results[0]]))
    with pytest.raises(VerifyException, match="not defined before its use"):
        check_dominance(ModuleOp([outer]))


def test_value_of_a_sibling_region():
    definition = test.TestOp(result_types=[i32])
    module = ModuleOp(
        [
            test.TestOp(regions=[Region(Block([definition]))]),
            test.TestOp(regions=[Region(Block([test.TestOp(operands=[definition.results[0]])]))]),
        ]
    )
    with pytest.raises(VerifyException, match="not defined before its use"):
        check_dominance(module)
