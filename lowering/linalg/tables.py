"""Tables of samples as constants that remember which function they sample."""

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    FloatAttr,
    StringAttr,
    TensorType,
)
from xdsl.utils.hints import isa

from spatial_opt.dialects.pattern import TABLE_FUNCTIONS, TableOp
from spatial_opt.dialects.pattern_tables import table_samples
from spatial_opt.lowering.linalg.constants import elements

TABLE = "pattern.table"
"""Attribute of a constant: the function and its range."""


def constant_of(table: TableOp) -> arith.ConstantOp:
    """Write the samples of a table."""
    op = arith.ConstantOp(_samples(table))
    op.attributes[TABLE] = DictionaryAttr(
        {"function": table.function, "from": table.low, "to": table.high}
    )
    return op


def table_of(op: arith.ConstantOp) -> TableOp | None:
    """Give the table that a constant holds; None where its numbers are others."""
    about, type = op.attributes.get(TABLE), op.result.type
    if not isinstance(about, DictionaryAttr) or not isa(type, TensorType):
        return None
    function, low, high = (about.data.get(name) for name in ("function", "from", "to"))
    if not isinstance(function, StringAttr) or function.data not in TABLE_FUNCTIONS:
        return None
    if not isinstance(low, FloatAttr) or not isinstance(high, FloatAttr):
        return None
    table = TableOp(function.data, low.value.data, high.value.data, type)
    return table if op.value == _samples(table) else None


def _samples(op: TableOp) -> DenseIntOrFPElementsAttr:
    samples = table_samples(op.function.data, op.entries, op.low.value.data, op.high.value.data)
    return elements(samples, op.result.type)
