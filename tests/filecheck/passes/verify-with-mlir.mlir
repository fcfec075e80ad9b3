// REQUIRES: mlir
// RUN: spatial-opt %s -p verify-with-mlir | filecheck %s
// RUN: spatial-opt %s -p verify-with-mlir,verify-with-mlir | filecheck %s
// RUN: spatial-opt %s --verify-with-mlir -p 'set-target{name=tiny},canonicalize' | filecheck %s

func.func @main(%x : tensor<2x3xf32>) -> tensor<2x3xf32> {
  %y = pattern.map (%i in 2, %j in 3) -> tensor<2x3xf32> {
    %e = pattern.read %x[%i, 2 - %j] : tensor<2x3xf32>
    pattern.yield %e : f32
  }
  func.return %y : tensor<2x3xf32>
}

// CHECK:      func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
// CHECK-NEXT:   %y = pattern.map (%i in 2, %j in 3) -> tensor<2x3xf32> {
// CHECK-NEXT:     %e = pattern.read %x[%i, 2 - %j] : tensor<2x3xf32>
// CHECK-NEXT:     pattern.yield %e : f32
// CHECK-NEXT:   }
