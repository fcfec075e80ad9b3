"""From tensors to machine code: the pipelines of upstream passes."""

BUFFERIZE = (
    "eliminate-empty-tensors",
    "one-shot-bufferize{bufferize-function-boundaries "
    "function-boundary-type-conversion=identity-layout-map}",
    "func.func(buffer-loop-hoisting)",
    "buffer-deallocation-pipeline",
    "canonicalize",
    "cse",
)
"""Tensors become memory, most of it reused in place."""

LOOPS = (
    "func.func(convert-linalg-to-loops,"
    "lower-vector-multi-reduction{lowering-strategy=inner-reduction})",
    "convert-vector-to-scf{full-unroll}",
    "canonicalize",
    "cse",
    "loop-invariant-code-motion",
)
"""Structured operations become loops; what was vectorised before stays."""

TO_LLVM = (
    "convert-scf-to-cf",
    "expand-strided-metadata",
    "lower-affine",
    "convert-vector-to-llvm",
    "finalize-memref-to-llvm",
    "convert-ub-to-llvm",
    "convert-math-to-llvm",
    "convert-arith-to-llvm",
    "convert-index-to-llvm",
    "convert-cf-to-llvm",
    "convert-func-to-llvm",
    "reconcile-unrealized-casts",
)
"""Everything becomes the LLVM dialect."""


def pipeline(*parts: tuple[str, ...]) -> str:
    """Give the text of a pass pipeline on a module."""
    return f"builtin.module({','.join(step for part in parts for step in part)})"
