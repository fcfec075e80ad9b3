// RUN: spatial-opt %s -p convert-linalg-to-pattern | filecheck %s
// RUN: spatial-opt %s -p convert-linalg-to-pattern,convert-linalg-to-pattern | filecheck %s
// RUN: spatial-opt %s -p convert-linalg-to-pattern,fused | filecheck %s --check-prefix=MACHINE

// As torch-mlir writes a layer: the step is computed with 64 bits and clamped to the length, the
// weights are sliced and transposed, and the state is stacked at the step. The marked argument
// becomes a parameter again.
// CHECK:       func.func @main([[x:%.+]]: tensor<5x1x6xf32> {pattern.name = "x"}, [[w:%.+]]: tensor<1x8x6xf32>)
// CHECK-SAME:    -> tensor<5x1x1x4xf32> {
// CHECK-NEXT:    [[b:%.+]] = pattern.parameter "B" scale 2.0 : tensor<4xf32>
// CHECK-NEXT:    [[zero:%.+]] = arith.constant dense<0.000000e+00> : tensor<1x4xf32>
// CHECK-NEXT:    {{%.+}}, [[all:%.+]] = pattern.scan ([[t:%.+]] in 5) carry ([[h:%.+]] = [[zero]] : tensor<1x4xf32>) -> (tensor<1x4xf32>, tensor<5x1x4xf32>) {
// CHECK-NEXT:      [[p:%.+]] = pattern.map ({{%.+}} in 1, [[i:%.+]] in 4) -> tensor<1x4xf32> {
// CHECK-NEXT:        [[s:%.+]] = pattern.reduce add ([[k:%.+]] in 6) : f32 {
// CHECK-NEXT:          [[xv:%.+]] = pattern.read [[x]][[[t]], 0, [[k]]] : tensor<5x1x6xf32>
// CHECK-NEXT:          [[wv:%.+]] = pattern.read [[w]][0, [[i]] + 4, [[k]]] : tensor<1x8x6xf32>
// CHECK-NEXT:          [[m:%.+]] = arith.mulf [[xv]], [[wv]] : f32
// CHECK-NEXT:          pattern.yield [[m]] : f32
// CHECK:           [[n:%.+]] = pattern.map ({{%.+}} in 1, [[j:%.+]] in 4) -> tensor<1x4xf32> {
// CHECK-NEXT:        [[pv:%.+]] = pattern.read [[p]][{{%.+}}, [[j]]] : tensor<1x4xf32>
// CHECK-NEXT:        [[bv:%.+]] = pattern.read [[b]][[[j]]] : tensor<4xf32>
// CHECK-NEXT:        [[a:%.+]] = arith.addf [[pv]], [[bv]] : f32
// CHECK-NEXT:        [[hv:%.+]] = pattern.read [[h]]
// CHECK-NEXT:        [[c:%.+]] = arith.addf [[a]], [[hv]] : f32
// CHECK-NEXT:        [[v:%.+]] = pattern.activate sigmoid [[c]] : f32
// CHECK-NEXT:        pattern.yield [[v]] : f32
// CHECK:           pattern.next [[n]] emit [[n]] : tensor<1x4xf32>, tensor<1x4xf32>
// CHECK:         [[y:%.+]] = pattern.map ([[u:%.+]] in 5, {{%.+}} in 1, {{%.+}} in 1, [[q:%.+]] in 4)
// CHECK-NEXT:      pattern.read [[all]][[[u]], 0, [[q]]] : tensor<5x1x4xf32>
// CHECK:         func.return [[y]] : tensor<5x1x1x4xf32>

// MACHINE: spatial.config
// MACHINE: spatial.pcu

func.func @layer(%x: tensor<5x1x6xf32> {pattern.name = "x", torch.note = 1 : i64}, %w: tensor<1x8x6xf32>,
    %b: tensor<4xf32> {pattern.parameter = "B", pattern.scale = 2.0 : f32}) -> tensor<5x1x1x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x4xf32>
  %stack = arith.constant dense<0.0> : tensor<5x1x4xf32>
  %z = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %n0 = arith.constant 0 : i64
  %n5 = arith.constant 5 : i64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c5 = arith.constant 5 : index
  %flat = tensor.collapse_shape %w [[0, 1], [2]] : tensor<1x8x6xf32> into tensor<8x6xf32>
  %gate = tensor.extract_slice %flat[4, 0] [4, 6] [1, 1] : tensor<8x6xf32> to tensor<4x6xf32>
  %all, %last = scf.for %t = %c0 to %c5 step %c1 iter_args(%into = %stack, %h = %zero) -> (tensor<5x1x4xf32>, tensor<1x4xf32>) {
    %t64 = arith.index_cast %t : index to i64
    %negative = arith.cmpi slt, %t64, %n0 : i64
    %wrapped = arith.addi %t64, %n5 : i64
    %chosen = arith.select %negative, %wrapped, %t64 : i64
    %low = arith.maxsi %chosen, %n0 : i64
    %high = arith.minsi %low, %n5 : i64
    %place = arith.index_cast %high : i64 to index
    %part = tensor.extract_slice %x[%place, 0, 0] [1, 1, 6] [1, 1, 1] : tensor<5x1x6xf32> to tensor<1x1x6xf32>
    %xt = tensor.collapse_shape %part [[0, 1], [2]] : tensor<1x1x6xf32> into tensor<1x6xf32>
    %e0 = tensor.empty() : tensor<6x4xf32>
    %wt = linalg.transpose ins(%gate : tensor<4x6xf32>) outs(%e0 : tensor<6x4xf32>) permutation = [1, 0]
    %e1 = tensor.empty() : tensor<1x4xf32>
    %f = linalg.fill ins(%z : f32) outs(%e1 : tensor<1x4xf32>) -> tensor<1x4xf32>
    %p = linalg.matmul ins(%xt, %wt : tensor<1x6xf32>, tensor<6x4xf32>) outs(%f : tensor<1x4xf32>) -> tensor<1x4xf32>
    %n = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
        ins(%p, %b, %h : tensor<1x4xf32>, tensor<4xf32>, tensor<1x4xf32>) outs(%e1 : tensor<1x4xf32>) {
    ^bb0(%pv: f32, %bv: f32, %hv: f32, %o: f32):
      %a = arith.addf %pv, %bv fastmath<reassoc> : f32
      %s = arith.addf %a, %hv : f32
      %m = arith.negf %s : f32
      %q = math.exp %m : f32
      %d = arith.addf %q, %one : f32
      %r = arith.divf %one, %d : f32
      linalg.yield %r : f32
    } -> tensor<1x4xf32>
    %grown = tensor.expand_shape %n [[0, 1], [2]] output_shape [1, 1, 4] : tensor<1x4xf32> into tensor<1x1x4xf32>
    %new = tensor.insert_slice %grown into %into[%place, 0, 0] [1, 1, 4] [1, 1, 1] : tensor<1x1x4xf32> into tensor<5x1x4xf32>
    scf.yield %new, %n : tensor<5x1x4xf32>, tensor<1x4xf32>
  }
  %y = tensor.expand_shape %all [[0], [1, 2], [3]] output_shape [5, 1, 1, 4] : tensor<5x1x4xf32> into tensor<5x1x1x4xf32>
  func.return %y : tensor<5x1x1x4xf32>
}
