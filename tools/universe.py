"""
Everything spatial-opt adds to xDSL's tools, found by them through the package's entry point.

Modules are imported only when a dialect or pass is used, which keeps the start of every tool
short.
"""

from collections.abc import Callable

from xdsl.passes import ModulePass
from xdsl.universe import Universe

from spatial_opt.dialects import DIALECTS
from spatial_opt.passes import PASSES


def _convert_rnn_to_pattern() -> type[ModulePass]:
    from spatial_opt.lowering.convert_rnn_to_pattern import ConvertRnnToPatternPass

    return ConvertRnnToPatternPass


def _convert_pattern_to_spatial() -> type[ModulePass]:
    from spatial_opt.lowering.convert_pattern_to_spatial import ConvertPatternToSpatialPass

    return ConvertPatternToSpatialPass


def _convert_pattern_to_linalg() -> type[ModulePass]:
    from spatial_opt.lowering.convert_pattern_to_linalg import ConvertPatternToLinalgPass

    return ConvertPatternToLinalgPass


def _convert_linalg_to_pattern() -> type[ModulePass]:
    from spatial_opt.lowering.convert_linalg_to_pattern import ConvertLinalgToPatternPass

    return ConvertLinalgToPatternPass


def _arith_expand_small_floats() -> type[ModulePass]:
    from spatial_opt.lowering.arith_expand_small_floats import ArithExpandSmallFloatsPass

    return ArithExpandSmallFloatsPass


def _mlir() -> type[ModulePass]:
    from spatial_opt.interop.mlir import MlirPass

    return MlirPass


def _verify_with_mlir() -> type[ModulePass]:
    from spatial_opt.interop.verify_with_mlir import VerifyWithMlirPass

    return VerifyWithMlirPass


def _rnn_calibrate() -> type[ModulePass]:
    from spatial_opt.runtime.rnn_calibrate import RnnCalibratePass

    return RnnCalibratePass


CONVERSIONS: dict[str, Callable[[], type[ModulePass]]] = {
    "convert-rnn-to-pattern": _convert_rnn_to_pattern,
    "convert-pattern-to-spatial": _convert_pattern_to_spatial,
    "convert-pattern-to-linalg": _convert_pattern_to_linalg,
    "convert-linalg-to-pattern": _convert_linalg_to_pattern,
    "arith-expand-small-floats": _arith_expand_small_floats,
    "mlir": _mlir,
    "rnn-calibrate": _rnn_calibrate,
    "verify-with-mlir": _verify_with_mlir,
}
"""Factories of the passes that stand above `spatial_opt.passes`, by command line name."""

SPATIAL_UNIVERSE = Universe(all_dialects=DIALECTS, all_passes=PASSES | CONVERSIONS)
"""All dialects and passes of this package."""
