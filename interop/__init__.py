"""Our dialects in MLIR itself: definitions, modules to and fro, its verifier and its passes."""
