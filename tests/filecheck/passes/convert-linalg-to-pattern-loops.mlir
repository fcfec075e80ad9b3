// RUN: spatial-opt %s -p convert-linalg-to-pattern | filecheck %s

// A loop that counts in its condition, from 2 by twos; it reads backwards, carries a scalar and a
// count of its own, and fills a stack from its end.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    ([[x:%.+]]: tensor<9x4xf32>)
// CHECK:         [[half:%.+]] = arith.constant 5.000000e-01 : f32
// CHECK:         [[sum:%.+]], [[h:%.+]], [[all:%.+]] = pattern.scan ([[t:%.+]] in 3)
// CHECK-SAME:      carry ([[s:%.+]] = [[half]] : f32, [[c:%.+]] = {{%.+}} : tensor<4xf32>) -> (f32, tensor<4xf32>, tensor<3x4xf32>) {
// CHECK-NEXT:      [[n:%.+]] = pattern.map ([[i:%.+]] in 4) -> tensor<4xf32> {
// CHECK-NEXT:        [[a:%.+]] = pattern.read [[x]][6 - 2 * [[t]], [[i]]] : tensor<9x4xf32>
// CHECK-NEXT:        [[b:%.+]] = pattern.read [[c]][[[i]]] : tensor<4xf32>
// CHECK-NEXT:        [[d:%.+]] = arith.addf [[a]], [[b]] : f32
// CHECK:             [[k:%.+]] = arith.index_cast {{%.+}} : index to i32
// CHECK-NEXT:        [[f:%.+]] = pattern.convert [[k]] : i32 to f32
// CHECK-NEXT:        [[g:%.+]] = arith.addf [[d]], [[f]] : f32
// CHECK-NEXT:        [[m:%.+]] = arith.mulf [[g]], [[s]] : f32
// CHECK:           [[next:%.+]] = arith.addf [[s]], [[s]] : f32
// CHECK-NEXT:      pattern.next [[next]], [[n]] emit [[n]] : f32, tensor<4xf32>, tensor<4xf32>
// CHECK:         [[y:%.+]] = pattern.map ([[u:%.+]] in 3, [[v:%.+]] in 4) -> tensor<3x4xf32> {
// CHECK-NEXT:      pattern.read [[all]][2 - [[u]], [[v]]] : tensor<3x4xf32>
// CHECK:         func.return [[y]]
func.func @main(%x: tensor<9x4xf32>) -> tensor<3x4xf32> {
  %c2 = arith.constant 2 : i32
  %c3 = arith.constant 3 : i32
  %c8 = arith.constant 8 : i32
  %c10 = arith.constant 10 : i32
  %two = arith.constant 2 : index
  %one = arith.constant 1 : index
  %zero = arith.constant 0 : index
  %half = arith.constant 0.5 : f32
  %h0 = arith.constant dense<1.0> : tensor<4xf32>
  %e = tensor.empty() : tensor<3x4xf32>
  %i, %n, %sum, %h, %all = scf.while (%a = %c2, %b = %c10, %s = %half, %c = %h0, %d = %e) : (i32, i32, f32, tensor<4xf32>, tensor<3x4xf32>) -> (i32, i32, f32, tensor<4xf32>, tensor<3x4xf32>) {
    %more = arith.cmpi slt, %a, %c8 : i32
    scf.condition(%more) %a, %b, %s, %c, %d : i32, i32, f32, tensor<4xf32>, tensor<3x4xf32>
  } do {
  ^bb0(%a: i32, %b: i32, %s: f32, %c: tensor<4xf32>, %d: tensor<3x4xf32>):
    %back = arith.subi %c8, %a : i32
    %place = arith.index_cast %back : i32 to index
    %xt = tensor.extract_slice %x[%place, 0] [1, 4] [1, 1] : tensor<9x4xf32> to tensor<4xf32>
    %n = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
        ins(%xt, %c : tensor<4xf32>, tensor<4xf32>) outs(%h0 : tensor<4xf32>) {
    ^bb1(%p: f32, %q: f32, %o: f32):
      %u = arith.addf %p, %q : f32
      %f = arith.sitofp %b : i32 to f32
      %v = arith.addf %u, %f : f32
      %w = arith.mulf %v, %s : f32
      linalg.yield %w : f32
    } -> tensor<4xf32>
    %idx = arith.index_cast %a : i32 to index
    %step2 = arith.subi %idx, %two : index
    %step = arith.divsi %step2, %two : index
    %end = arith.subi %two, %step : index
    %new = tensor.insert_slice %n into %d[%end, 0] [1, 4] [1, 1] : tensor<4xf32> into tensor<3x4xf32>
    %twice = arith.addf %s, %s : f32
    %count = arith.addi %b, %c3 : i32
    %next = arith.addi %a, %c2 : i32
    scf.yield %next, %count, %twice, %n, %new : i32, i32, f32, tensor<4xf32>, tensor<3x4xf32>
  }
  func.return %all : tensor<3x4xf32>
}
