// REQUIRES: mlir
// RUN: not spatial-opt %s --verify-with-mlir 2>&1 | filecheck %s

// A module's attributes belong to dialects in MLIR.
builtin.module attributes {plain = 1 : i64} {
  func.func @main() {
    func.return
  }
}

// CHECK: spatial-opt: error: {{.*}}prefix.mlir: MLIR refuses builtin.module at {{.*}}prefix.mlir:5:1: 'builtin.module' op can only contain attributes with dialect-prefixed names, found: 'plain'; correct it, or the pass that made it
