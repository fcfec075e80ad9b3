"""The passes of this folder by name; a pass is imported when its factory is called."""

from collections.abc import Callable

from xdsl.passes import ModulePass


def _set_target() -> type[ModulePass]:
    from spatial_opt.passes.set_target import SetTargetPass

    return SetTargetPass


def _rnn_set_format() -> type[ModulePass]:
    from spatial_opt.passes.rnn_set_format import RnnSetFormatPass

    return RnnSetFormatPass


def _pattern_expand_activations() -> type[ModulePass]:
    from spatial_opt.passes.pattern_expand_activations import PatternExpandActivationsPass

    return PatternExpandActivationsPass


def _pattern_eliminate_copies() -> type[ModulePass]:
    from spatial_opt.passes.pattern_eliminate_copies import PatternEliminateCopiesPass

    return PatternEliminateCopiesPass


def _pattern_fuse() -> type[ModulePass]:
    from spatial_opt.passes.pattern_fuse import PatternFusePass

    return PatternFusePass


def _pattern_simplify() -> type[ModulePass]:
    from spatial_opt.passes.pattern_simplify import PatternSimplifyPass

    return PatternSimplifyPass


def _pattern_hoist() -> type[ModulePass]:
    from spatial_opt.passes.pattern_hoist import PatternHoistPass

    return PatternHoistPass


def _pattern_batch_steps() -> type[ModulePass]:
    from spatial_opt.passes.pattern_batch_steps import PatternBatchStepsPass

    return PatternBatchStepsPass


def _pattern_vectorize() -> type[ModulePass]:
    from spatial_opt.passes.pattern_vectorize import PatternVectorizePass

    return PatternVectorizePass


def _pattern_tile() -> type[ModulePass]:
    from spatial_opt.passes.pattern_tile import PatternTilePass

    return PatternTilePass


def _pattern_split_program() -> type[ModulePass]:
    from spatial_opt.passes.pattern_split_program import PatternSplitProgramPass

    return PatternSplitProgramPass


def _pattern_parallelize() -> type[ModulePass]:
    from spatial_opt.passes.pattern_parallelize import PatternParallelizePass

    return PatternParallelizePass


def _pattern_assign_memories() -> type[ModulePass]:
    from spatial_opt.passes.pattern_assign_memories import PatternAssignMemoriesPass

    return PatternAssignMemoriesPass


def _pattern_bank_memories() -> type[ModulePass]:
    from spatial_opt.passes.pattern_bank_memories import PatternBankMemoriesPass

    return PatternBankMemoriesPass


def _pattern_assign_banks() -> type[ModulePass]:
    from spatial_opt.passes.pattern_assign_banks import PatternAssignBanksPass

    return PatternAssignBanksPass


def _spatial_partition() -> type[ModulePass]:
    from spatial_opt.passes.spatial_partition import SpatialPartitionPass

    return SpatialPartitionPass


def _spatial_stream_weights() -> type[ModulePass]:
    from spatial_opt.passes.spatial_stream_weights import SpatialStreamWeightsPass

    return SpatialStreamWeightsPass


def _spatial_split_memories() -> type[ModulePass]:
    from spatial_opt.passes.spatial_split_memories import SpatialSplitMemoriesPass

    return SpatialSplitMemoriesPass


def _spatial_bank_memories() -> type[ModulePass]:
    from spatial_opt.passes.spatial_bank_memories import SpatialBankMemoriesPass

    return SpatialBankMemoriesPass


def _spatial_place() -> type[ModulePass]:
    from spatial_opt.passes.spatial_place import SpatialPlacePass

    return SpatialPlacePass


def _spatial_route() -> type[ModulePass]:
    from spatial_opt.passes.spatial_route import SpatialRoutePass

    return SpatialRoutePass


PASSES: dict[str, Callable[[], type[ModulePass]]] = {
    "set-target": _set_target,
    "rnn-set-format": _rnn_set_format,
    "pattern-expand-activations": _pattern_expand_activations,
    "pattern-eliminate-copies": _pattern_eliminate_copies,
    "pattern-fuse": _pattern_fuse,
    "pattern-simplify": _pattern_simplify,
    "pattern-hoist": _pattern_hoist,
    "pattern-batch-steps": _pattern_batch_steps,
    "pattern-vectorize": _pattern_vectorize,
    "pattern-tile": _pattern_tile,
    "pattern-split-program": _pattern_split_program,
    "pattern-parallelize": _pattern_parallelize,
    "pattern-assign-memories": _pattern_assign_memories,
    "pattern-bank-memories": _pattern_bank_memories,
    "pattern-assign-banks": _pattern_assign_banks,
    "spatial-partition": _spatial_partition,
    "spatial-stream-weights": _spatial_stream_weights,
    "spatial-split-memories": _spatial_split_memories,
    "spatial-bank-memories": _spatial_bank_memories,
    "spatial-place": _spatial_place,
    "spatial-route": _spatial_route,
}
"""Factories of the passes within one dialect, by command line name; conversions live in
`spatial_opt.lowering`."""
