// RUN: spatial-opt %s -p convert-pattern-to-linalg | filecheck %s
// RUN: spatial-opt %s -p convert-pattern-to-linalg,convert-pattern-to-linalg | filecheck %s
// RUN: spatial-opt %s -p "convert-pattern-to-linalg{exact=true}" | filecheck %s --check-prefix=EXACT

// A recurrence: the weights become an argument, the step a slice of %x, the state a loop's.
// CHECK:       builtin.module attributes {pattern.weights = "w.npz"} {
// CHECK-NEXT:    func.func @main([[x:%.+]]: tensor<5x1x8xf32> {pattern.name = "x"},
// CHECK-SAME:      [[w:%.+]]: tensor<4x8xf32> {pattern.parameter = "W", pattern.scale = 2.000000e+00 : f32})
// CHECK-SAME:      -> (tensor<4xf32> {pattern.name = "last"}, tensor<5x4xf32>)
// CHECK-NEXT:      [[h0:%.+]] = arith.constant dense<0.000000e+00> : tensor<4xf32>
// CHECK-NEXT:      [[stack:%.+]] = tensor.empty() : tensor<5x4xf32>
// CHECK:           [[last:%.+]], [[all:%.+]] = scf.for [[t:%.+]] = %{{.+}} to %{{.+}} step
// CHECK-SAME:        iter_args([[h:%.+]] = [[h0]], [[into:%.+]] = [[stack]]) -> (tensor<4xf32>, tensor<5x4xf32>)
// CHECK:             [[zeros:%.+]] = linalg.fill
// CHECK-NEXT:        [[xt:%.+]] = tensor.extract_slice [[x]][[[t]], 0, 0] [1, 1, 8] [1, 1, 1] : tensor<5x1x8xf32> to tensor<8xf32>
// CHECK-NEXT:        [[s:%.+]] = linalg.generic
// CHECK-SAME:          (d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0)>]
// CHECK-SAME:          ["parallel", "reduction"]} ins([[w]], [[xt]] : tensor<4x8xf32>, tensor<8xf32>) outs([[zeros]] :
// CHECK-NEXT:        ^bb0([[a:%.+]]: f32, [[b:%.+]]: f32, [[sum:%.+]]: f32):
// CHECK-NEXT:          [[p:%.+]] = arith.mulf [[a]], [[b]] fastmath<contract> : f32
// CHECK-NEXT:          [[n:%.+]] = arith.addf [[sum]], [[p]] fastmath<reassoc,contract> : f32
// CHECK-NEXT:          linalg.yield [[n]] : f32
// CHECK:             [[new:%.+]] = linalg.generic
// CHECK-SAME:          ins([[s]], [[h]] : tensor<4xf32>, tensor<4xf32>)
// CHECK:             [[out:%.+]] = tensor.insert_slice [[new]] into [[into]][[[t]], 0] [1, 4] [1, 1]
// CHECK-NEXT:        scf.yield [[new]], [[out]] :
// CHECK:           func.return [[last]], [[all]] :

// EXACT-COUNT-2: arith.addf
// EXACT-NOT: fastmath

builtin.module attributes {pattern.weights = "w.npz"} {
  func.func @main(%x: tensor<5x1x8xf32>) -> (tensor<4xf32> {pattern.name = "last"}, tensor<5x4xf32>) {
    %w = pattern.parameter "W" scale 2.0 : tensor<4x8xf32>
    %h0 = arith.constant dense<0.0> : tensor<4xf32>
    %last, %all = pattern.scan (%t in 5) carry (%h = %h0 : tensor<4xf32>) -> (tensor<4xf32>, tensor<5x4xf32>) {
      %n = pattern.map (%i in 4) -> tensor<4xf32> {
        %s = pattern.reduce add (%k in 8) : f32 {
          %a = pattern.read %w[%i, %k] : tensor<4x8xf32>
          %b = pattern.read %x[%t, 0, %k] : tensor<5x1x8xf32>
          %p = arith.mulf %a, %b : f32
          pattern.yield %p : f32
        }
        %o = pattern.read %h[%i] : tensor<4xf32>
        %v = arith.addf %s, %o : f32
        pattern.yield %v : f32
      }
      pattern.next %n emit %n : tensor<4xf32>, tensor<4xf32>
    }
    func.return %last, %all : tensor<4xf32>, tensor<5x4xf32>
  }
}
