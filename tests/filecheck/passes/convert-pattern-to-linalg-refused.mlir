// RUN: not spatial-opt %s -p "convert-pattern-to-linalg{exact=true}" 2>&1 | filecheck %s
// RUN: spatial-opt %s -p convert-pattern-to-linalg | filecheck %s --check-prefix=FREE

// CHECK: spatial-opt: error: convert-pattern-to-linalg: reduction %s: the order of its sums matters, and of its 67 lanes 67 would be combined in one body, which takes 64 at most; choose a number of lanes with more factors of two

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
