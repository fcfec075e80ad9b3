"""Names of passes, modules, classes and test files agree; every folder gets into the wheel."""

import re
import runpy
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from xdsl.universe import XDSL_UNIVERSE, Universe

from spatial_opt.passes.pipelines import PIPELINES
from spatial_opt.tools.universe import CONVERSIONS, SPATIAL_UNIVERSE

ROOT = Path(__file__).parents[3]
FOLDERS = (
    "bench",
    "dialects",
    "frontends",
    "interop",
    "lowering",
    "machine",
    "passes",
    "runtime",
    "tools",
)


@pytest.mark.parametrize("name", SPATIAL_UNIVERSE.all_passes)
def test_pass_module_class_and_test_are_named_alike(name: str):
    pass_class = SPATIAL_UNIVERSE.all_passes[name]()
    folders = ("interop", "lowering", "runtime") if name in CONVERSIONS else ("passes",)
    assert pass_class.name == name
    module = name.replace("-", "_")
    assert pass_class.__module__ in {f"spatial_opt.{folder}.{module}" for folder in folders}
    words = "".join(word.capitalize() for word in name.split("-"))
    assert pass_class.__name__ == f"{words}Pass"
    assert (ROOT / "tests" / "filecheck" / "passes" / f"{name}.mlir").is_file()


@pytest.mark.parametrize("name", SPATIAL_UNIVERSE.all_dialects)
def test_dialect_module_and_value_are_named_alike(name: str):
    dialect = SPATIAL_UNIVERSE.all_dialects[name]()
    assert dialect.name == name
    module = import_module(f"spatial_opt.dialects.{name}")
    assert getattr(module, name.capitalize()) is dialect
    for construct in (*dialect.operations, *dialect.attributes):
        assert construct.name.startswith(f"{name}.")


def test_every_pass_module_is_registered():
    found = {
        match[1]
        for folder in ("passes", "interop", "lowering", "runtime")
        for path in (ROOT / folder).glob("*.py")
        for match in re.finditer(r'^    name = "([a-z0-9-]+)"$', path.read_text(), re.MULTILINE)
    }
    assert found == set(SPATIAL_UNIVERSE.all_passes)


def test_names_do_not_collide_with_xdsl():
    ours, theirs = SPATIAL_UNIVERSE, XDSL_UNIVERSE
    assert not ours.all_passes.keys() & theirs.all_passes.keys()
    assert not ours.all_dialects.keys() & theirs.all_dialects.keys()
    assert not PIPELINES.keys() & (ours.all_passes.keys() | theirs.all_passes.keys())
    # raises on a clash with anything else that is installed
    assert Universe.get_multiverse().all_passes.keys() >= ours.all_passes.keys()


def test_every_folder_with_python_is_in_the_wheel():
    calls: list[dict[str, Any]] = []

    def record(**keywords: Any) -> None:
        calls.append(keywords)

    with patch("setuptools.setup", record), pytest.MonkeyPatch.context() as change:
        change.chdir(ROOT)
        runpy.run_path(str(ROOT / "setup.py"))
    folders = {
        path.parent.relative_to(ROOT)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert {f"spatial_opt.{'.'.join(folder.parts)}" for folder in folders} == set(
        calls[0]["packages"]
    )
    for folder in FOLDERS:
        assert (ROOT / folder / "py.typed").is_file()
        assert (ROOT / ".typing" / "spatial_opt" / folder).resolve() == ROOT / folder


def test_no_package_at_the_root_or_in_the_tests():
    assert not (ROOT / "__init__.py").exists()
    assert not list((ROOT / "tests").rglob("__init__.py"))
