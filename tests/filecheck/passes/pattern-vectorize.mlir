// RUN: spatial-opt %s -p "pattern-vectorize{lanes=8}" | filecheck %s
// RUN: spatial-opt %s -p "pattern-vectorize{lanes=8},pattern-vectorize" | filecheck %s
// RUN: not spatial-opt %s -p "pattern-vectorize{lanes=0}" 2>&1 | filecheck %s --check-prefix=ERROR

// Of the second, vectors would change nothing but the order; the third has some.
// CHECK-LABEL: func.func @main
// CHECK:         pattern.reduce add ({{%.+}} in 3, {{%.+}} in 64 par 1 x 8) through [f16, f32] : f32
// CHECK:         pattern.reduce add ({{%.+}} in 64) : f32
// CHECK:         pattern.reduce add ({{%.+}} in 64 par 2 x 4) through [f16, f32] : f32

// ERROR: spatial-opt: error: pattern-vectorize: lanes is the length of a vector, got 0; give 1 or more

func.func @main(%x: tensor<3x64xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %a, %b, %c = pattern.map () -> (tensor<f32>, tensor<f32>, tensor<f32>) {
    %s = pattern.reduce add (%i in 3, %k in 64) through [f16, f32] : f32 {
      %v = pattern.read %x[%i, %k] : tensor<3x64xf32>
      pattern.yield %v : f32
    }
    %t = pattern.reduce add (%k in 64) : f32 {
      %v = pattern.read %x[0, %k] : tensor<3x64xf32>
      pattern.yield %v : f32
    }
    %u = pattern.reduce add (%k in 64 par 2 x 4) through [f16, f32] : f32 {
      %v = pattern.read %x[0, %k] : tensor<3x64xf32>
      pattern.yield %v : f32
    }
    pattern.yield %s, %t, %u : f32, f32, f32
  }
  func.return %a, %b, %c : tensor<f32>, tensor<f32>, tensor<f32>
}
