// REQUIRES: mlir
// RUN: not spatial-opt %s --verify-with-mlir 2>&1 | filecheck %s --check-prefix=FILE
// RUN: not spatial-opt %s -p verify-with-mlir 2>&1 | filecheck %s --check-prefix=PASS
// RUN: not spatial-opt %s -p 'mlir{pipeline="builtin.module(cse)"}' 2>&1 | filecheck %s --check-prefix=MLIR

// xDSL accepts a value that is used before its definition; MLIR does not.
func.func @main(%x : f32) -> f32 {
  %y = "arith.mulf"(%x, %z) : (f32, f32) -> f32
  %z = arith.constant 2.0 : f32
  func.return %y : f32
}

// FILE:      spatial-opt: error: {{.*}}late.mlir: MLIR refuses arith.mulf %y in @main at {{.*}}late.mlir:8:3: operand #1 does not dominate this use; correct it, or the pass that made it
// FILE-NEXT:   in: %y = arith.mulf %x, %z : f32

// PASS:      spatial-opt: error: verify-with-mlir: MLIR refuses arith.mulf %y in @main: operand #1 does not dominate this use; correct it, or the pass that made it

// MLIR:      spatial-opt: error: mlir: MLIR refuses arith.mulf %y in @main: operand #1 does not dominate this use; correct it, or the pass that made it
