"""Pass lists with mistakes, passes run too early, options of wrong types."""

from typing import Any

import pytest

FIRST = "run set-target{name=...} first"
CONVERT = "run convert-pattern-to-spatial first"


@pytest.mark.parametrize(
    ("passes", "sentence"),
    [
        ("pattern-parallelize", FIRST),
        ("convert-pattern-to-spatial", FIRST),
        ("spatial-partition", FIRST),
        ("spatial-split-memories", FIRST),
        ("spatial-bank-memories", FIRST),
        ("spatial-place", FIRST),
        ("spatial-route", FIRST),
        ("set-target,convert-pattern-to-spatial", "run convert-rnn-to-pattern"),
        (
            "set-target,pattern-parallelize",
            "the module still holds rnn.rnn, which has no kernels to spread; run convert-rnn-to-p",
        ),
        (
            "pattern-assign-banks",
            "the module still holds rnn.rnn, which has no kernels whose rows could be dealt; run "
            "convert-rnn-to-pattern and pattern-parallelize first",
        ),
        (
            "set-target,convert-rnn-to-pattern,convert-pattern-to-spatial",
            "still holds pattern.activate; run pattern-expand-activations first",
        ),
        ("set-target,spatial-partition", CONVERT),
        ("set-target,spatial-split-memories", CONVERT),
        ("set-target,spatial-bank-memories", CONVERT),
        ("set-target,spatial-place", CONVERT),
        ("set-target,spatial-route", CONVERT),
    ],
)
def test_a_pass_before_the_one_it_needs(bad: Any, passes: str, sentence: str) -> None:
    found = bad.refused("spatial-opt", "net.mlir", "-p", passes)
    assert found.startswith(f"{passes.split(',')[-1]}: ")
    assert sentence in found


def test_routes_before_positions(bad: Any) -> None:
    passes = "convert-pattern-to-spatial,spatial-partition,spatial-route"
    found = bad.refused("spatial-opt", "pattern.mlir", "-p", passes)
    assert "more have no position; run spatial-place first" in found


def test_a_configuration_is_not_converted_again(bad: Any) -> None:
    found = bad.refused("spatial-opt", "config.mlir", "-p", "convert-pattern-to-spatial")
    assert "must hold one func.func, it has 0; a spatial.config is converted already" in found


@pytest.mark.parametrize(
    ("passes", "sentence"),
    [
        ("unfusd", "unknown pass or pipeline 'unfusd', did you mean 'unfused'?"),
        (
            "spatial-palce",
            "unknown pass or pipeline 'spatial-palce', did you mean 'spatial-",
        ),
        ("zzz", "unknown pass or pipeline 'zzz', see --help"),
        (",", "cannot read the pass list at column 1: "),
        ("set-target,,", "cannot read the pass list at column 12: "),
        ("set-target{", "cannot read the pass list at column 12: "),
        ("set-target}", "cannot read the pass list at column 11: "),
        ("a b", "cannot read the pass list at column 2: "),
        ("set-target{nam=tiny}", "set-target: there is no option 'nam', did you mean 'name'?; its"),
        ("set-target{name=3}", "set-target: option 'name' takes a word, got 3"),
        ("spatial-place{sweps=1}", "there is no option 'sweps', did you mean 'sweeps'?"),
        ("spatial-place{keep=maybe}", "option 'keep' takes true or false, got maybe"),
        ("spatial-place{seed=-1}", "spatial-place: seed must be 0 or more, got -1"),
        ("convert-rnn-to-pattern{x=1}", "there is no option 'x'; it has none"),
        ("rnn-set-format{format=f31}", "option 'format' takes one of f32, bf16, int8, mixed8, got"),
        ("rnn-set-format{input-scale=a}", "option 'input-scale' takes a number, got a"),
        ("rnn-set-format{input-scale=-1}", "the input scale must be positive and finite, got -1.0"),
        ("rnn-calibrate{weights=no.npz}", "rnn-calibrate: there is no file no.npz"),
        ("pattern-parallelize{hu=1,2}", "option 'hu' takes a whole number, got 1,2"),
        ("unfused{taget=tiny}", "pipeline unfused has no option 'taget', did you mean 'target'?"),
        ("unfused{hu=x}", "pattern-split-program: option 'hu' takes a whole number, got x"),
        ("unfused{hu=1.5}", "pattern-split-program: option 'hu' takes a whole number, got 1.5"),
        ("unfused{hu=0}", "pattern-parallelize: hu must be at least 1, got 0"),
        ("unfused{rv=3}", "pattern-parallelize: rv must be a power of two, got 3"),
    ],
)
def test_pass_lists(bad: Any, passes: str, sentence: str) -> None:
    assert sentence in bad.refused("spatial-opt", "net.mlir", "-p", passes)


@pytest.mark.parametrize("garbage", ["hu", "hu=", "hu=x", "hu=-1", "xx=3", "hu=3,", "=", "hu=²"])
def test_map_garbage(bad: Any, garbage: str) -> None:
    found = bad.refused("net.mlir", f"--map={garbage}")
    sentence = "--map takes hu, ru, rv, hv and rows with whole numbers, as in hu=4,ru=8,rv=64; "
    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("net.mlir", "--map=hu=1,hu=2"), "--map gives hu twice"),
        (("net.mlir", "--map=hu=0"), "hu must be at least 1, got 0"),
        (("net.mlir", "--map=rv=3"), "rv must be a power of two, got 3"),
        (
            ("net.mlir", "--map=rv=1024"),
            "rv=1024 elements of 8 bits are more than a vector",
        ),
        (
            ("net.mlir", "--pipeline=unfusd"),
            "there is no pipeline 'unfusd', did you mean 'unf",
        ),
        (("pattern.mlir", "--format=f32"), "pattern.mlir is pattern IR, which has its formats"),
        (("config.mlir", "--format=f32"), "config.mlir is spatial IR, which has its formats"),
        (
            ("config.mlir", "--map=hu=2"),
            "config.mlir is a configuration, where that is done already; leave --map out",
        ),
    ],
)
def test_options_of_a_run(bad: Any, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in bad.refused(*arguments)
