"""What runs in a process of its own: native code, which may take its process down."""

from collections.abc import Mapping

import numpy as np
from xdsl.parser import Parser

from spatial_opt.interop.jit import compile_program
from spatial_opt.runtime import bindings
from spatial_opt.runtime.formats import Array
from spatial_opt.tools.compilation import make_context


def run_native(
    text: str,
    inputs: Mapping[str, Array],
    parameters: Mapping[str, Array],
    exact: bool,
    bits: bool,
) -> dict[str, Array]:
    """Compile a program, given as text, for this computer, and run it."""
    module = Parser(make_context(), text, "test").parse_module()
    with np.errstate(all="ignore"):
        return compile_program(module, exact, bits).run(inputs, parameters)


def verify_upstream(text: str) -> str:
    """Let MLIR parse and verify a module; returns what it says against it, or nothing."""
    ir = bindings.require().ir
    with ir.Context(), ir.Location.unknown():
        try:
            ir.Module.parse(text)
        except Exception as error:
            return str(error)
    return ""


def in_generic_form(text: str) -> str:
    """Let MLIR parse a module and print it in generic form."""
    ir = bindings.require().ir
    with ir.Context(), ir.Location.unknown():
        return str(ir.Module.parse(text).operation.get_asm(print_generic_op_form=True))
