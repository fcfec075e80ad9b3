// RUN: spatial-opt %s -p convert-linalg-to-pattern | filecheck %s

// What is put behind or into the middle of something else is a choice between two accesses.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    ([[x:%.+]]: tensor<4x6xf32>, [[y:%.+]]: tensor<3x6xf32>
// CHECK:         [[c:%.+]] = pattern.map ([[k:%.+]] in 7, [[l:%.+]] in 6) -> tensor<7x6xf32> {
// CHECK-NEXT:      [[b:%.+]] = pattern.read [[y]][[[k]] - 4, [[l]]] zero_outside : tensor<3x6xf32>
// CHECK-NEXT:      [[a:%.+]] = pattern.read [[x]][[[k]], [[l]]] zero_outside : tensor<4x6xf32>
// CHECK-NEXT:      [[four:%.+]] = arith.constant 4 : index
// CHECK-NEXT:      [[first:%.+]] = arith.cmpi ult, [[k]], [[four]] : index
// CHECK-NEXT:      [[r:%.+]] = arith.select [[first]], [[a]], [[b]] : f32
// CHECK:         [[s:%.+]] = pattern.map ([[m:%.+]] in 4, [[n:%.+]] in 6) -> tensor<4x6xf32> {
// CHECK-NEXT:      [[one:%.+]] = arith.constant 1 : index
// CHECK-NEXT:      [[from:%.+]] = arith.subi [[m]], [[one]] : index
// CHECK-NEXT:      [[three:%.+]] = arith.constant 3 : index
// CHECK-NEXT:      [[in:%.+]] = arith.cmpi ult, [[from]], [[three]] : index
// CHECK-NEXT:      [[new:%.+]] = pattern.read [[y]][[[m]] - 1, [[n]]] zero_outside : tensor<3x6xf32>
// CHECK-NEXT:      [[old:%.+]] = pattern.read [[x]][[[m]], [[n]]] : tensor<4x6xf32>
// CHECK-NEXT:      arith.select [[in]], [[new]], [[old]] : f32
// Padding is an access, written out only because it is a result.
// CHECK:         [[p:%.+]] = pattern.map ([[i:%.+]] in 6, [[j:%.+]] in 6) -> tensor<6x6xf32> {
// CHECK-NEXT:      [[v:%.+]] = pattern.read [[x]][[[i]] - 1, [[j]]] zero_outside : tensor<4x6xf32>
// CHECK-NEXT:      pattern.yield [[v]] : f32
// Columns of the transposed rows, every other one, spread over a new dimension.
// CHECK:         [[t:%.+]] = pattern.map ([[q:%.+]] in 3, [[u:%.+]] in 2, [[w:%.+]] in 4) -> tensor<3x2x4xf32> {
// CHECK-NEXT:      pattern.read [[x]][[[w]], 2 * [[q]] + 1] : tensor<4x6xf32>
// CHECK:         func.return [[p]], [[c]], [[s]], [[t]]
func.func @main(%x: tensor<4x6xf32>, %y: tensor<3x6xf32>)
    -> (tensor<6x6xf32>, tensor<7x6xf32>, tensor<4x6xf32>, tensor<3x2x4xf32>) {
  %z = arith.constant 0.0 : f32
  %p = tensor.pad %x low[1, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %z : f32
  } : tensor<4x6xf32> to tensor<6x6xf32>
  %c = tensor.concat dim(0) %x, %y : (tensor<4x6xf32>, tensor<3x6xf32>) -> tensor<7x6xf32>
  %s = tensor.insert_slice %y into %x[1, 0] [3, 6] [1, 1] : tensor<3x6xf32> into tensor<4x6xf32>
  %e0 = tensor.empty() : tensor<6x4xf32>
  %xt = linalg.transpose ins(%x : tensor<4x6xf32>) outs(%e0 : tensor<6x4xf32>) permutation = [1, 0]
  %odd = tensor.extract_slice %xt[1, 0] [3, 4] [2, 1] : tensor<6x4xf32> to tensor<3x4xf32>
  %e1 = tensor.empty() : tensor<3x2x4xf32>
  %b = linalg.broadcast ins(%odd : tensor<3x4xf32>) outs(%e1 : tensor<3x2x4xf32>) dimensions = [1]
  func.return %p, %c, %s, %b : tensor<6x6xf32>, tensor<7x6xf32>, tensor<4x6xf32>, tensor<3x2x4xf32>
}
