// RUN: not spatial-opt %s -p "convert-pattern-to-linalg{exact=true}" 2>&1 | filecheck %s
// RUN: spatial-opt %s -p convert-pattern-to-linalg | filecheck %s --check-prefix=FREE

// CHECK: spatial-opt: error: convert-pattern-to-linalg: %s: a reduction whose order matters combines 67 lanes, 67 of them in one body, and this conversion writes at most 64; choose a number of lanes with more factors of two

// In any order, lanes do not matter.
// FREE: linalg.generic

func.func @main(%x: tensor<134xf32>) -> tensor<f32> {
  %y = pattern.map () -> tensor<f32> {
    %s = pattern.reduce add (%k in 134 par 1 x 67) : f32 {
      %a = pattern.read %x[%k] : tensor<134xf32>
      pattern.yield %a : f32
    }
    pattern.yield %s : f32
  }
  func.return %y : tensor<f32>
}
