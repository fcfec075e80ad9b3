// RUN: spatial-opt %s -p convert-linalg-to-pattern --split-input-file | filecheck %s

// Functions of math are activations, or arithmetic; constants of other formats are rounded.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    ([[x:%.+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT:    [[y:%.+]] = pattern.map ([[i:%.+]] in 4) -> tensor<4xf32> {
// CHECK-NEXT:      [[a:%.+]] = pattern.read [[x]][[[i]]] : tensor<4xf32>
// CHECK-NEXT:      [[l:%.+]] = pattern.activate log [[a]] : f32
// CHECK-NEXT:      [[e:%.+]] = pattern.activate erf [[l]] : f32
// CHECK-NEXT:      [[q:%.+]] = arith.mulf [[e]], [[e]] : f32
// CHECK-NEXT:      [[p:%.+]] = arith.mulf [[e]], [[q]] : f32
// CHECK-NEXT:      [[slope:%.+]] = arith.constant 1.000000e-02 : f32
// CHECK-NEXT:      [[s:%.+]] = arith.mulf [[p]], [[slope]] : f32
// CHECK-NEXT:      [[half:%.+]] = arith.constant 5.000000e-01 : f32
// CHECK-NEXT:      [[c:%.+]] = arith.cmpf ogt, [[s]], [[half]] : f32
// CHECK-NEXT:      [[r:%.+]] = arith.select [[c]], [[s]], [[e]] : f32
// CHECK-NEXT:      pattern.yield [[r]] : f32
func.func @functions(%x: tensor<4xf32>) -> tensor<4xf32> {
  %slope = arith.constant 0.01 : f64
  %half = arith.constant 0.5 : f64
  %three = arith.constant 3 : i32
  %o = tensor.empty() : tensor<4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>],
                       iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%o : tensor<4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %l = math.log %a : f32
    %e = math.erf %l : f32
    %p = math.fpowi %e, %three : f32, i32
    %f = arith.truncf %slope : f64 to f32
    %s = arith.mulf %p, %f : f32
    %w = arith.extf %s : f32 to f64
    %c = arith.cmpf ogt, %w, %half : f64
    %r = arith.select %c, %s, %e : f32
    linalg.yield %r : f32
  } -> tensor<4xf32>
  func.return %y : tensor<4xf32>
}

// -----

// Conditions are combined by "or", which is the greatest of 0 and 1. Dimensions of one element stay.

// CHECK-LABEL: func.func @main
// CHECK-SAME:    ([[x:%.+]]: tensor<3x4xi1>) -> tensor<3x1xi1> {
// CHECK-NEXT:    [[y:%.+]] = pattern.map ([[i:%.+]] in 3, {{%.+}} in 1) -> tensor<3x1xi1> {
// CHECK-NEXT:      [[any:%.+]] = pattern.reduce max ([[k:%.+]] in 4) : i1 {
// CHECK-NEXT:        [[a:%.+]] = pattern.read [[x]][[[i]], [[k]]] : tensor<3x4xi1>
// CHECK-NEXT:        pattern.yield [[a]] : i1
// CHECK-NEXT:      }
// CHECK-NEXT:      pattern.yield [[any]] : i1
func.func @any(%x: tensor<3x4xi1>) -> tensor<3x1xi1> {
  %no = arith.constant false
  %o = tensor.empty() : tensor<3x1xi1>
  %f = linalg.fill ins(%no : i1) outs(%o : tensor<3x1xi1>) -> tensor<3x1xi1>
  %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
                                        affine_map<(d0, d1) -> (d0, 0)>],
                       iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<3x4xi1>) outs(%f : tensor<3x1xi1>) {
  ^bb0(%a: i1, %b: i1):
    %r = arith.ori %a, %b : i1
    linalg.yield %r : i1
  } -> tensor<3x1xi1>
  func.return %y : tensor<3x1xi1>
}

// -----

// A constant that holds the samples of a table is one again; with other numbers it is not.

// CHECK-LABEL: func.func @main
// CHECK:         [[t:%.+]] = pattern.table exp entries 2 from 0.0 to 2.0 : tensor<2xf32>
// CHECK-NEXT:    [[o:%.+]] = arith.constant dense<[1.000000e+00, 3.000000e+00]> : tensor<2xf32>
// CHECK-NEXT:    func.return [[t]], [[o]]
func.func @tables() -> (tensor<2xf32>, tensor<2xf32>) {
  %t = arith.constant {pattern.table = {function = "exp", from = 0.0 : f64, to = 2.0 : f64}}
      dense<[1.0, 2.71828175]> : tensor<2xf32>
  %o = arith.constant {pattern.table = {function = "exp", from = 0.0 : f64, to = 2.0 : f64}}
      dense<[1.0, 3.0]> : tensor<2xf32>
  func.return %t, %o : tensor<2xf32>, tensor<2xf32>
}
