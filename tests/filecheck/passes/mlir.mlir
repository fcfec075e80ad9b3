// REQUIRES: mlir
// RUN: spatial-opt %s -p 'mlir{pipeline="builtin.module(canonicalize,cse)"}' | filecheck %s
// RUN: spatial-opt %s -p 'mlir{pipeline="builtin.module(canonicalize,cse)" isolate=true}' | filecheck %s
// RUN: spatial-opt %s -p 'mlir{pipeline="builtin.module(canonicalize,cse)"},mlir{pipeline="builtin.module(canonicalize,cse)"}' | filecheck %s
// RUN: spatial-opt %s -p 'mlir{pipeline="builtin.module(symbol-dce)"}' | filecheck %s --check-prefix=ALONE
// RUN: not spatial-opt %s -p 'mlir{pipeline="canonicalize"}' 2>&1 | filecheck %s --check-prefix=BARE
// RUN: not spatial-opt %s -p 'mlir{pipeline="builtin.module(canonicalise)"}' 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not spatial-opt %s -p 'mlir{pipeline="builtin.module(canonicalise)" isolate=true}' 2>&1 | filecheck %s --check-prefix=UNKNOWN
// RUN: not spatial-opt %s -p 'mlir{pipeline="builtin.module(canonicalize{max-iterations=x})"}' 2>&1 | filecheck %s --check-prefix=OPTION
// RUN: not spatial-opt %s -p 'mlir{pipeline="builtin.module(func.func(inline))"}' 2>&1 | filecheck %s --check-prefix=FAILS
// RUN: not spatial-opt %s -p 'mlir{pipeline=""}' 2>&1 | filecheck %s --check-prefix=EMPTY

builtin.module attributes {pattern.weights = "w.safetensors"} {
  // Constants are folded and moved out of the loops, equal scalars are merged, and a pure operation
  // of ours that nobody uses is gone. What is left keeps its name.
  func.func @main(%x : tensor<8xf32> {pattern.name = "x"}) -> (tensor<8xf32> {pattern.name = "y"}) {
    %unused = pattern.parameter "U" : tensor<4xf32>
    %w = pattern.parameter "W" scale 4.0 : tensor<8xf32>
    %y = pattern.map (%i in 8 par 2 x 4) -> tensor<8xf32> {
      %one = arith.constant 1.0 : f32
      %two = arith.addf %one, %one : f32
      %e = pattern.read %x[%i] : tensor<8xf32>
      %again = pattern.read %x[%i] : tensor<8xf32>
      %f = pattern.read %w[7 - %i] : tensor<8xf32>
      %a = arith.mulf %e, %two : f32
      %b = arith.mulf %again, %two : f32
      %c = arith.mulf %b, %f : f32
      %d = arith.addf %a, %c : f32
      pattern.yield %d : f32
    }
    func.return %y : tensor<8xf32>
  }
}

// CHECK:      builtin.module attributes {pattern.weights = "w.safetensors"} {
// CHECK-NEXT:   func.func @main(%x: tensor<8xf32> {pattern.name = "x"}) -> (tensor<8xf32> {pattern.name = "y"}) {
// CHECK-NEXT:     %two = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:     %w = pattern.parameter "W" scale 4.0 : tensor<8xf32>
// CHECK-NEXT:     %y = pattern.map (%i in 8 par 2 x 4) -> tensor<8xf32> {
// CHECK-NEXT:       %e = pattern.read %x[%i] : tensor<8xf32>
// CHECK-NEXT:       %f = pattern.read %w[7 - %i] : tensor<8xf32>
// CHECK-NEXT:       %a = arith.mulf %e, %two : f32
// CHECK-NEXT:       %c = arith.mulf %a, %f : f32
// CHECK-NEXT:       %d = arith.addf %a, %c : f32
// CHECK-NEXT:       pattern.yield %d : f32
// CHECK-NEXT:     }
// CHECK-NEXT:     func.return %y : tensor<8xf32>

// A pipeline that changes nothing.
// ALONE: %unused = pattern.parameter "U" : tensor<4xf32>
// ALONE: %two = arith.addf %one, %one : f32

// BARE: spatial-opt: error: mlir: pipeline canonicalize: expected pass pipeline to be wrapped with the anchor operation type, e.g. 'builtin.module(...)'; correct it

// UNKNOWN: spatial-opt: error: mlir: pipeline builtin.module(canonicalise): 'canonicalise' does not refer to a registered pass or pass pipeline; correct it

// OPTION: spatial-opt: error: mlir: pipeline builtin.module(canonicalize{max-iterations=x}): for the --max-iterations option: 'x' value invalid for long argument!; failed to add `canonicalize` with options `max-iterations=x`; correct it

// FAILS: spatial-opt: error: mlir: pipeline builtin.module(func.func(inline)) fails at func.func @main: 'func.func' op was scheduled to run under the inliner, but does not define a symbol table; correct the module or the pipeline

// EMPTY: spatial-opt: error: mlir: pipeline is empty; give one such as builtin.module(canonicalize)
