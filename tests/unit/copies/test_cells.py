"""Cells written by hand have few copies; what they compute stays."""

from pathlib import Path

import pytest
from copy_cases import eliminated, map_names, parse

CELLS = sorted((Path(__file__).parents[3] / "examples" / "cells").glob("*.mlir"))


@pytest.mark.parametrize("path", CELLS, ids=lambda path: path.stem)
def test_values_of_cells(path: Path):
    module = parse(path.read_text(encoding="utf-8"))
    changed, remarks = eliminated(module)
    lost = set(map_names(module)) - set(map_names(changed))
    told = {r.where.removeprefix("%") for r in remarks if r.text.startswith("eliminated")}
    assert lost == told
