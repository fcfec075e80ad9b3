"""The pass `verify-with-mlir`: a second opinion on the module."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from spatial_opt.interop.verification import verify_with_mlir


@dataclass(frozen=True)
class VerifyWithMlirPass(ModulePass):
    """
    Have MLIR parse and verify the module, print it, and compare that with the module.

    Our dialects are defined to MLIR by IRDL, the rules of their verifiers as traits. MLIR also
    checks what xDSL does not: that values are defined before they are used, and all rules of its
    own dialects.

    ```mlir
    // before
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      func.return %x : tensor<2xf32>
    }
    // after
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      func.return %x : tensor<2xf32>
    }
    ```

    Requires: MLIR's Python bindings. Leaves: the module as it is. Fails: the first thing that
    MLIR refuses or reads otherwise.
    """

    name = "verify-with-mlir"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Check the module; raises SpatialError."""
        verify_with_mlir(op, "verify-with-mlir")
