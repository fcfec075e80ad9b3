"""Words with dots and slashes need no quotes in our pass lists."""

import pytest

from spatial_opt.tools.pass_list import quote_words


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("cse,canonicalize", "cse,canonicalize"),
        ("set-target{name=tiny}", "set-target{name=tiny}"),
        ("a{relax=pmu.banks,pcu.lanes on=true}", 'a{relax="pmu.banks","pcu.lanes" on=true}'),
        ("a{name=./my/m-1.toml},b", 'a{name="./my/m-1.toml"},b'),
        ("a{name=/abs/m.toml}", 'a{name="/abs/m.toml"}'),
        ("a{name=../m.toml}", 'a{name="../m.toml"}'),
        ('a{name="x.toml" b="say \\"a.b\\""}', 'a{name="x.toml" b="say \\"a.b\\""}'),
        ("a{x=1.5,-2.5e-3,.5}", "a{x=1.5,-2.5e-3,.5}"),
        ("mlir-opt[canonicalize{a.b=c}]", "mlir-opt[canonicalize{a.b=c}]"),
    ],
)
def test_quote_words(given: str, expected: str):
    assert quote_words(given) == expected
