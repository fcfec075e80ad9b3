"""What xDSL refuses, MLIR refuses, by the same rule, and the other way round."""

import pytest
from invalid_cases import (
    Case,
    constructs,
    refusal,
    rule,
    samples,
    structural_cases,
    text_cases,
    xdsl_refusal,
)

from spatial_opt.interop.findings import Finding
from spatial_opt.interop.verification import check_module
from spatial_opt.runtime import bindings

pytestmark = pytest.mark.skipif(bindings.find() is None, reason="needs MLIR's bindings")

CASES = list(structural_cases())


def _rule_of(finding: Finding | None) -> str | None:
    """Give the rule of what MLIR found, without the place and the remedy."""
    if finding is None:
        return None
    words = finding.message.split(": ", 1)[1]
    return rule(words.removesuffix("; correct it, or the pass that made it"))


def test_there_is_a_sample_of_every_operation():
    assert samples().keys() == constructs()
    assert all(xdsl_refusal(samples()[name]) is None for name in ("rnn.lstm", "pattern.reduce"))


@pytest.mark.parametrize("name", samples())
def test_definitions_broken_one_part_at_a_time(name: str):
    cases = [case for case in CASES if case.name == name]
    assert len(cases) >= 3
    for case in cases:
        expected = refusal(case)
        found = check_module(case.module(), "the test")
        assert _rule_of(found) == (None if expected is None else rule(expected)), case.change


def test_there_are_enough_cases():
    refused = [case for case in CASES if refusal(case) is not None]
    assert len(refused) > 300
    assert len(list(text_cases())) > 120


def test_rules_of_verifiers():
    for name, module in text_cases():
        expected = xdsl_refusal(module)
        assert expected is not None, name
        found = check_module(module, "the test")
        assert _rule_of(found) == rule(expected), name


def _said_by_irdl(case: Case, expected: str) -> bool:
    """Tell whether IRDL has words for what is wrong: not for optional attributes and verifiers."""
    return rule(expected) != " ".join(expected.split()) and not case.optional


def test_irdl_alone_refuses_what_it_has_words_for():
    kinds = {"without": 0, "with": 0}
    for case in CASES:
        expected = refusal(case)
        if expected is None:
            continue
        found = check_module(case.module(), "the test", rules=False)
        said = _said_by_irdl(case, expected)
        # MLIR's own operations around may object as well.
        assert found is not None or not said, (case.name, case.change, expected)
        if found is not None and found.operation is not None and found.operation.name == case.name:
            assert said, (case.name, case.change, expected)
        kinds["with" if said else "without"] += 1
    assert kinds["with"] > 250
    assert kinds["without"] > 20
