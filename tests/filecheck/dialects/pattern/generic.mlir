// RUN: spatial-opt %s --print-op-generic | filecheck %s

func.func @main(%x: tensor<2x8xf32>) -> tensor<8xf32> {
  %t = pattern.table tanh entries 4 from -1.0 to 1.0 : tensor<4xf32>
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %s = pattern.reduce add (%k in 2) : f32 {
      %v = pattern.read %x[%k, 7 - %i] : tensor<2x8xf32>
      pattern.yield %v : f32
    }
    %a = pattern.activate relu %s : f32
    %q = pattern.convert %a scale 0.5 : f32 to i8
    %r = pattern.convert %q : i8 to f32
    pattern.yield %r : f32
  }
  func.return %y : tensor<8xf32>
}

// CHECK:      "pattern.table"() <{function = "tanh", low = -1.000000e+00 : f64, high = 1.000000e+00 : f64}> : () -> tensor<4xf32>
// CHECK-NEXT: "pattern.map"() <{bounds = array<i64: 8>, par = array<i64: 1>, lanes = 1 : i64}> ({
// CHECK-NEXT: ^bb0(%i: index):
// CHECK-NEXT:   "pattern.reduce"() <{bounds = array<i64: 2>, par = array<i64: 1>, lanes = 1 : i64, kinds = ["add"]}> ({
// CHECK-NEXT:   ^bb0(%k: index):
// CHECK-NEXT:     "pattern.read"(%x, %k, %i) <{map = affine_map<(d0, d1) -> (d0, ((d1 * -1) + 7))>}> : (tensor<2x8xf32>, index, index) -> f32
// CHECK-NEXT:     "pattern.yield"(%v) : (f32) -> ()
// CHECK-NEXT:   }) : () -> f32
// CHECK-NEXT:   "pattern.activate"(%s) <{function = "relu", method = "arithmetic"}> : (f32) -> f32
// CHECK-NEXT:   "pattern.convert"(%a) <{scale = 5.000000e-01 : f32, rounding = "nearest_even"}> : (f32) -> i8
