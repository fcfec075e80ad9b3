"""The rules of our verifiers within MLIR's: when they are asked, about what, and if they fail."""

from typing import Any

import pytest
from invalid_cases import parse

from spatial_opt.interop.dynamic_traits import NEEDED
from spatial_opt.interop.generic_text import generic_text
from spatial_opt.interop.session import OURS, RefusalError, Session, open_session
from spatial_opt.runtime import bindings

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

GOOD = """
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = pattern.map (%i in 8 par 2) -> tensor<8xf32> {
    %e = pattern.read %x[7 - %i] : tensor<8xf32>
    pattern.yield %e : f32
  }
  func.return %y : tensor<8xf32>
}
"""
BAD = GOOD.replace("7 - %i", "8 - %i")


@pytest.fixture
def session() -> Session:
    """Give MLIR with our dialects."""
    return open_session("the test", 16)


def _text(program: str) -> str:
    return generic_text(parse(program), OURS, 16).text


def _operation(module: Any, name: str) -> Any:
    found: list[Any] = []

    def look(op: Any) -> None:
        for region in op.regions:
            for block in region.blocks:
                for inner in block.operations:
                    if inner.operation.name == name:
                        found.append(inner.operation)
                    look(inner.operation)

    look(module.operation)
    return found[0]


def test_rules_are_checked_only_when_asked_for(session: Session):
    session.parse(_text(GOOD))
    session.parse(_text(BAD), rules=False)
    with pytest.raises(RefusalError, match="coordinate 0 runs from 1 to 8 but tensor<8xf32> has 8"):
        session.parse(_text(BAD))


def test_rules_see_the_module_as_it_stands_in_mlir(session: Session):
    module = session.parse(_text(GOOD))
    error: Any = session.error
    with session.context:
        ir: Any = session.bindings.ir
        bounds = ir.Attribute.parse("array<i64: 9>")
        _operation(module, "pattern.map").attributes["bounds"] = bounds
        with session.rules.armed(), pytest.raises(error) as refused:
            module.operation.verify()
        message = refused.value.error_diagnostics[0].message
        assert message.startswith("coordinate 0 runs from -1 to 7 but tensor<8xf32> has 8")
        _operation(module, "pattern.map").attributes["bounds"] = ir.Attribute.parse("array<i64: 8>")
        with session.rules.armed():
            assert module.operation.verify()


def test_constraints_come_before_rules(session: Session):
    """An operation without a bound is refused for that, whatever its body says."""
    text = _text(BAD).replace("bounds = array<i64: 8>, ", "")
    with pytest.raises(RefusalError, match='attribute "bounds" is expected but not provided'):
        session.parse(text)


def test_attributes_that_xdsl_does_not_take(session: Session):
    text = _text(
        """func.func @f(%x: tensor<2x1x3xf32>, %w: tensor<1x4x3xf32>, %r: tensor<1x4x4xf32>)
          -> tensor<1x1x4xf32> {
          %y, %h = rnn.rnn %x, %w, %r hidden 4 format <int8, weight 4.0>
            : (tensor<2x1x3xf32>, tensor<1x4x3xf32>, tensor<1x4x4xf32>)
            -> (tensor<2x1x1x4xf32>, tensor<1x1x4xf32>)
          func.return %h : tensor<1x1x4xf32>
        }"""
    )
    session.parse(text)
    with pytest.raises(RefusalError, match="unknown number format int9, expected one of f32, bf16"):
        session.parse(text.replace('"int8"', '"int9"'))
    with pytest.raises(RefusalError, match=r"expected base attribute 'builtin.string'"):
        session.parse(text.replace('"int8"', "8 : i32"))


def test_a_fault_of_a_verifier_is_not_taken_for_a_refusal(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    def lost(text: str) -> None:
        raise RuntimeError("lost; this is a bug")

    monkeypatch.setattr(session.rules, "_read", lost)
    with pytest.raises(RuntimeError, match="lost; this is a bug"):
        session.parse(_text(GOOD))
    monkeypatch.undo()
    session.parse(_text(GOOD))


def test_a_body_needs_its_terminator(session: Session):
    lines = _text(GOOD).splitlines()
    without = [line for line in lines if '"pattern.yield"' not in line]
    assert len(without) == len(lines) - 1
    with pytest.raises(RefusalError, match="block with no terminator"):
        session.parse("\n".join(without))


def test_a_unit_sees_nothing_from_outside(session: Session):
    text = """"builtin.module"() ({
      "spatial.config"() ({
        %v = "arith.constant"() <{value = 1.0 : f32}> : () -> f32
        "spatial.pcu"() ({
        ^bb0:
          "spatial.send"(%v) {port = "out"} : (f32) -> ()
        }) {sym_name = "p", bounds = array<i64>} : () -> ()
      }) {sym_name = "c"} : () -> ()
    }) : () -> ()"""
    with pytest.raises(RefusalError, match="using value defined outside the region"):
        session.parse(text, rules=False)


def test_the_bindings_have_what_is_needed(session: Session):
    session.bindings.need("the test", NEEDED)


def test_a_refusal_without_a_reason():
    (diagnostic,) = RefusalError([]).diagnostics
    assert (diagnostic.message, diagnostic.line) == ("it gives no reason", None)
