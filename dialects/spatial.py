"""
The spatial dialect: the complete configuration of a spatial machine.

One op per configured unit (`spatial.pcu`, `spatial.pmu`, `spatial.ag`, `spatial.controller`)
and per connection (`spatial.link`). docs/dialects/spatial.md explains it.
"""

from xdsl.ir import Dialect

from spatial_opt.dialects.pattern_syntax import element_type
from spatial_opt.dialects.spatial_access import element_bits, token_elements
from spatial_opt.dialects.spatial_attributes import (
    InitAttr,
    InputInitAttr,
    ParameterInitAttr,
    SumInitAttr,
    TableInitAttr,
    TargetAttr,
    ZeroInitAttr,
    parameter_parts,
)
from spatial_opt.dialects.spatial_compute import (
    PcuOp,
    ReceiveOp,
    SendOp,
    StageOp,
    firings_per_token,
)
from spatial_opt.dialects.spatial_dram import AgOp, DramOp, InputOp, OutputOp
from spatial_opt.dialects.spatial_lanes import CombineOp, FoldOp, RepeatOp, fold_levels
from spatial_opt.dialects.spatial_links import LinkOp
from spatial_opt.dialects.spatial_memory import (
    GatherOp,
    PmuOp,
    ReadOp,
    Stream,
    WriteOp,
)
from spatial_opt.dialects.spatial_ports import (
    Holder,
    Port,
    Process,
    Unit,
    holders,
    links,
    port_table,
    ports,
    processes,
    units,
)
from spatial_opt.dialects.spatial_structure import (
    ConfigOp,
    ControllerOp,
    enclosing,
    enclosing_counters,
    repeating,
    trip_count,
)
from spatial_opt.dialects.spatial_verify import link_kind

__all__ = [
    "AgOp",
    "CombineOp",
    "ConfigOp",
    "ControllerOp",
    "DramOp",
    "FoldOp",
    "GatherOp",
    "Holder",
    "InitAttr",
    "InputInitAttr",
    "InputOp",
    "LinkOp",
    "OutputOp",
    "ParameterInitAttr",
    "PcuOp",
    "PmuOp",
    "Port",
    "Process",
    "ReadOp",
    "ReceiveOp",
    "RepeatOp",
    "SendOp",
    "Spatial",
    "StageOp",
    "Stream",
    "SumInitAttr",
    "TableInitAttr",
    "TargetAttr",
    "Unit",
    "WriteOp",
    "ZeroInitAttr",
    "element_bits",
    "element_type",
    "enclosing",
    "enclosing_counters",
    "firings_per_token",
    "fold_levels",
    "holders",
    "link_kind",
    "links",
    "parameter_parts",
    "port_table",
    "ports",
    "processes",
    "repeating",
    "token_elements",
    "trip_count",
    "units",
]

Spatial = Dialect(
    "spatial",
    [
        ConfigOp,
        InputOp,
        DramOp,
        OutputOp,
        ControllerOp,
        AgOp,
        PmuOp,
        ReadOp,
        GatherOp,
        WriteOp,
        PcuOp,
        ReceiveOp,
        SendOp,
        CombineOp,
        FoldOp,
        RepeatOp,
        StageOp,
        LinkOp,
    ],
    [TargetAttr, ZeroInitAttr, ParameterInitAttr, SumInitAttr, InputInitAttr, TableInitAttr],
)
