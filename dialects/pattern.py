"""The pattern dialect: map, reduce and scan on values, with scalar bodies."""

from xdsl.ir import Dialect

from spatial_opt.dialects.pattern_access import (
    TABLE_FUNCTIONS,
    GatherOp,
    ParameterOp,
    ReadOp,
    TableOp,
)
from spatial_opt.dialects.pattern_domain import DomainOp
from spatial_opt.dialects.pattern_loops import (
    REDUCTION_KINDS,
    MapOp,
    ReduceOp,
    YieldOp,
)
from spatial_opt.dialects.pattern_memories import MemoryOp
from spatial_opt.dialects.pattern_numbers import (
    ACTIVATION_PARAMETERS,
    METHODS,
    ROUNDINGS,
    ActivateOp,
    ConvertOp,
)
from spatial_opt.dialects.pattern_scan import NextOp, ScanOp, index_bound, stacked
from spatial_opt.dialects.pattern_syntax import element_type, is_float, is_integer, represents

__all__ = [
    "ACTIVATION_PARAMETERS",
    "METHODS",
    "REDUCTION_KINDS",
    "ROUNDINGS",
    "TABLE_FUNCTIONS",
    "ActivateOp",
    "ConvertOp",
    "DomainOp",
    "GatherOp",
    "MapOp",
    "MemoryOp",
    "NextOp",
    "ParameterOp",
    "Pattern",
    "ReadOp",
    "ReduceOp",
    "ScanOp",
    "TableOp",
    "YieldOp",
    "element_type",
    "index_bound",
    "is_float",
    "is_integer",
    "represents",
    "stacked",
]

Pattern = Dialect(
    "pattern",
    [
        ParameterOp,
        TableOp,
        MapOp,
        ReduceOp,
        ScanOp,
        NextOp,
        YieldOp,
        ReadOp,
        GatherOp,
        ConvertOp,
        ActivateOp,
        MemoryOp,
    ],
    [],
)
