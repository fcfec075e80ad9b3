// RUN: spatial-opt %s -p convert-pattern-to-linalg | filecheck %s

// Steps over elements, and a part of them, become a slice.
// CHECK-LABEL: func.func @steps
// CHECK-SAME:    ([[x:%.+]]: tensor<9x4xf32>
// CHECK:         [[part:%.+]] = tensor.extract_slice [[x]][1, 0] [3, 4] [2, 1] : tensor<9x4xf32> to tensor<3x4xf32>
// CHECK:         affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME:    ins([[part]] : tensor<3x4xf32>)
func.func @steps(%x: tensor<9x4xf32>) -> tensor<3x4xf32> {
  %y = pattern.map (%i in 3, %j in 4) -> tensor<3x4xf32> {
    %a = pattern.read %x[2 * %i + 1, %j] : tensor<9x4xf32>
    pattern.yield %a : f32
  }
  func.return %y : tensor<3x4xf32>
}

// Two indices that count through a dimension together split it.
// CHECK-LABEL: func.func @split
// CHECK-SAME:    ([[x:%.+]]: tensor<14xf32>
// CHECK:         [[part:%.+]] = tensor.extract_slice [[x]][2] [12] [1] : tensor<14xf32> to tensor<12xf32>
// CHECK-NEXT:    [[grid:%.+]] = tensor.expand_shape [[part]] {{\[\[}}0 : i64, 1 : i64]] output_shape [3, 4] :
// CHECK:         affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>]
// CHECK-SAME:    ins([[grid]] : tensor<3x4xf32>)
func.func @split(%x: tensor<14xf32>) -> tensor<3x4xf32> {
  %y = pattern.map (%g in 3, %j in 4) -> tensor<3x4xf32> {
    %a = pattern.read %x[4 * %g + %j + 2] : tensor<14xf32>
    pattern.yield %a : f32
  }
  func.return %y : tensor<3x4xf32>
}

// Windows overlap and run backwards; what lies outside is padded once, where %x is made. The
// length of the window stands in no operand alone, so that one tells it.
// CHECK-LABEL: func.func @windows
// CHECK-SAME:    ([[x:%.+]]: tensor<6xf32>
// CHECK:         [[padded:%.+]] = tensor.pad [[x]] low[1] high[1] {
// CHECK:           tensor.yield %{{.+}} : f32
// CHECK-NOT:     tensor.pad
// CHECK:         [[extent:%.+]] = tensor.empty() : tensor<3xf32>
// CHECK:         affine_map<(d0, d1) -> ((d0 + d1))>, affine_map<(d0, d1) -> ((((d0 * -1) + (d1 * -1)) + 7))>
// CHECK-SAME:    affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>]
// CHECK-SAME:    ins([[padded]], [[padded]], [[extent]] : tensor<8xf32>, tensor<8xf32>, tensor<3xf32>)
func.func @windows(%x: tensor<6xf32>) -> tensor<6xf32> {
  %y = pattern.map (%i in 6) -> tensor<6xf32> {
    %s = pattern.reduce add (%k in 3) : f32 {
      %a = pattern.read %x[%i + %k - 1] zero_outside : tensor<6xf32>
      %b = pattern.read %x[6 - %i - %k] zero_outside : tensor<6xf32>
      %p = arith.mulf %a, %b : f32
      pattern.yield %p : f32
    }
    pattern.yield %s : f32
  }
  func.return %y : tensor<6xf32>
}

// Divisions are computed, and stay inside; a computed index is clamped, and reads zero outside
// where that is asked for; a conversion that clamps is enough.
// CHECK-LABEL: func.func @computed
// CHECK-SAME:    ([[x:%.+]]: tensor<8xf32>
// CHECK:         [[i:%.+]] = linalg.index 0 : index
// CHECK-NEXT:    [[half:%.+]] = affine.apply affine_map<(d0) -> ((d0 floordiv 2))> ([[i]])
// CHECK-NEXT:    tensor.extract [[x]][[[half]]] : tensor<8xf32>
// CHECK:         [[j:%.+]] = arith.index_cast
// CHECK-NEXT:    [[size:%.+]] = arith.constant 8 : index
// CHECK-NEXT:    [[within:%.+]] = arith.cmpi ult, [[j]], [[size]] : index
// CHECK:         [[high:%.+]] = arith.maxsi [[j]],
// CHECK:         [[safe:%.+]] = arith.minsi [[high]],
// CHECK-NEXT:    [[v:%.+]] = tensor.extract [[x]][[[safe]]] : tensor<8xf32>
// CHECK:         arith.select [[within]], [[v]],
// CHECK:         [[q:%.+]] = arith.index_cast %{{.+}} : i32 to index
// CHECK-NEXT:    tensor.extract [[x]][[[q]]] : tensor<8xf32>
func.func @computed(%x: tensor<8xf32>, %n: tensor<16xi32>) -> tensor<16xf32> {
  %y = pattern.map (%i in 16) -> tensor<16xf32> {
    %a = pattern.read %x[%i floordiv 2] : tensor<8xf32>
    %k = pattern.read %n[%i] : tensor<16xi32>
    %j = arith.index_cast %k : i32 to index
    %b = pattern.read %x[%j] zero_outside : tensor<8xf32>
    %q = pattern.convert %a clamp 0, 7 : f32 to i32
    %c = pattern.gather %x[%q] : tensor<8xf32>, i32
    %ab = arith.addf %a, %b : f32
    %s = arith.addf %ab, %c : f32
    pattern.yield %s : f32
  }
  func.return %y : tensor<16xf32>
}

// A table is a constant that says what it samples. Of two coordinates only the one that may lie
// outside is compared.
// CHECK-LABEL: func.func @sampled
// CHECK-SAME:    ([[x:%.+]]: tensor<4x5xf32>
// CHECK:         [[t:%.+]] = arith.constant {pattern.table = {function = "exp", from = 0.000000e+00 : f64, to = 2.000000e+00 : f64}} dense<[1.000000e+00, 2.71828175]> : tensor<2xf32>
// CHECK:         [[row:%.+]] = affine.apply affine_map<(d0) -> ((d0 floordiv 2))>
// CHECK:         [[column:%.+]] = affine.apply affine_map<(d0) -> (((d0 floordiv 3) + -1))>
// CHECK-NOT:     arith.cmpi ult, [[row]]
// CHECK:         arith.cmpi ult, [[column]]
// CHECK:         tensor.extract [[x]][[[row]], %{{.+}}] : tensor<4x5xf32>
// CHECK:         tensor.extract [[t]]
func.func @sampled(%x: tensor<4x5xf32>) -> tensor<8xf32> {
  %t = pattern.table exp entries 2 from 0.0 to 2.0 : tensor<2xf32>
  %y = pattern.map (%i in 8) -> tensor<8xf32> {
    %a = pattern.read %x[%i floordiv 2, %i floordiv 3 - 1] zero_outside : tensor<4x5xf32>
    %b = pattern.read %t[%i mod 2] : tensor<2xf32>
    %s = arith.addf %a, %b : f32
    pattern.yield %s : f32
  }
  func.return %y : tensor<8xf32>
}
