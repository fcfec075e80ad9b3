"""The options of `spatial-opt` that have to do with MLIR itself."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from spatial_opt.dialects import DIALECTS
from spatial_opt.interop.parsing import parse_module
from spatial_opt.interop.resources import inline_resources
from spatial_opt.tools.hex_floats import decimal_floats


def add_mlir_options(arg_parser: ArgumentParser) -> None:
    """Add them to those of the tool."""
    options = arg_parser.add_argument_group("MLIR itself")
    options.add_argument(
        "--verify-with-mlir",
        action="store_true",
        help="also have MLIR parse, verify and give back the module, before the first and after "
        "each pass",
    )
    options.add_argument(
        "--emit-irdl",
        metavar="DIALECT",
        choices=DIALECTS,
        action="append",
        help=f"print the definition of a dialect ({', '.join(DIALECTS)}) for mlir-opt --irdl-file "
        "in place of the module; may be repeated; without an input file nothing is read",
    )
    options.add_argument(
        "--emit-mlir",
        action="store_true",
        help="print the module in the generic form that goes with --emit-irdl",
    )
    options.add_argument(
        "--from-mlir",
        action="store_true",
        help="read what mlir-opt --mlir-print-op-generic printed",
    )


def mlir_input(
    arguments: Namespace, ctx: Context, text: str, name: str, is_text: bool, line_offset: int
) -> ModuleOp | None:
    """
    Parse the input as the options ask; None if it is no IR.

    `is_text` tells whether it is, `line_offset` how many lines of the file precede it.
    """
    if arguments.from_mlir:
        from spatial_opt.interop.generic_reader import read_generic

        # The printer looks there for what `dense_resource` names.
        ctx.get_dialect("builtin")
        return read_generic(text, name, allow_unregistered=ctx.allow_unregistered)
    if not is_text:
        return None
    plain, parser = decimal_floats(inline_resources(text), name), None
    if arguments.verify_with_mlir:
        from spatial_opt.tools.located_parser import LocatedParser

        # What MLIR refuses is reported with its place.
        parser = LocatedParser(ctx, plain, name, line_offset)
    return parse_module(parser or Parser(ctx, plain, name), not arguments.no_implicit_module)


def mlir_check(arguments: Namespace, module: ModuleOp) -> None:
    """Have MLIR check the module if asked; raises SpatialError."""
    if arguments.verify_with_mlir:
        from spatial_opt.interop.verification import verify_with_mlir

        verify_with_mlir(module, "--verify-with-mlir")


def mlir_output(arguments: Namespace, module: ModuleOp | None) -> str | None:
    """Give what the options ask to be printed in place of the module; None if nothing."""
    if arguments.emit_irdl is None and not arguments.emit_mlir:
        return None
    from spatial_opt.interop.generic_text import generic_text
    from spatial_opt.interop.irdl_export import dialects_to_irdl
    from spatial_opt.interop.session import OURS
    from spatial_opt.interop.variadics import slots_for

    slots = slots_for(() if module is None else module.walk())
    if arguments.emit_irdl is not None:
        return dialects_to_irdl([DIALECTS[name]() for name in arguments.emit_irdl], slots)
    return None if module is None else generic_text(module, OURS, slots).text
